//! The axes along which inputs differ, and the values of each: the one list from
//! which combinations are made.

use super::captures::{FILES, LINKS, ORDERS as BYTE_ORDERS, RESOLUTIONS, TRAFFIC};
use super::csv::{DELIMITERS, OTHER_DELIMITER, QUOTINGS};
use super::dialects::DIALECTS;
use super::frames::{TAGS, TUNNELS};
use super::framing::{ENVELOPES, FRAMINGS, STYLES};
use super::layouts::LAYOUTS;
use super::members::{DATES, GAPS, NUMBERS};
use super::nesting::{LISTS, NESTINGS, ORDERS};
use super::packing::PACKINGS;
use super::text::{BETWEENS, CHARSETS, ENDS, LINE_ENDS};

/// An axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Axis {
    Kind,
    Dialect,
    Nesting,
    Lists,
    Numbers,
    Dates,
    Order,
    Gaps,
    Framing,
    Envelope,
    Style,
    Between,
    Charset,
    LineEnd,
    End,
    Layout,
    Quoting,
    Delimiter,
    File,
    ByteOrder,
    Resolution,
    Link,
    Tags,
    Tunnel,
    Traffic,
    Packing,
    Door,
}

/// What kind of input it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Documents,
    Csv,
    Capture,
    Datagrams,
}

/// Every kind.
pub(super) const KINDS: &[(&str, Kind)] = &[
    ("documents", Kind::Documents),
    ("csv", Kind::Csv),
    ("a capture", Kind::Capture),
    ("datagrams", Kind::Datagrams),
];

/// How an input is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    File,
    /// From a dump that it was imported to.
    Dump,
    /// Likewise, with columns.
    Columns,
}

/// The ways to read.
pub(super) const DOORS: &[(&str, Door)] =
    &[("as it is", Door::File), ("imported", Door::Dump), ("imported with columns", Door::Columns)];

/// A value: its name, and words of which a refusal has one, where an input with
/// it may be refused.
pub(super) type Value = (&'static str, &'static [&'static str]);

/// The values of an axis, and the kinds of input that have it.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) axis: Axis,
    pub(super) of: &'static [Kind],
    pub(super) values: Vec<Value>,
}

fn names<T>(rows: &'static [(&'static str, T)]) -> Vec<Value> {
    rows.iter().map(|row| (row.0, &[][..])).collect()
}

const DOCUMENTS: &[Kind] = &[Kind::Documents];
const CSV: &[Kind] = &[Kind::Csv];
const TEXTS: &[Kind] = &[Kind::Documents, Kind::Csv];
const CAPTURES: &[Kind] = &[Kind::Capture];
const ALL: &[Kind] = &[Kind::Documents, Kind::Csv, Kind::Capture, Kind::Datagrams];

/// Every axis, in the order of [`Axis`]. The first value of each is the plainest.
pub(super) fn axes() -> Vec<Row> {
    let row = |axis, of, values| Row { axis, of, values };
    let delimiters = DELIMITERS
        .iter()
        .map(|(name, delimiter)| (*name, if delimiter.is_some() { OTHER_DELIMITER } else { &[] }));
    vec![
        row(Axis::Kind, ALL, names(KINDS)),
        row(Axis::Dialect, DOCUMENTS, DIALECTS.iter().map(|row| (row.name, row.refused)).collect()),
        row(Axis::Nesting, DOCUMENTS, names(NESTINGS)),
        row(Axis::Lists, DOCUMENTS, names(LISTS)),
        row(Axis::Numbers, DOCUMENTS, names(NUMBERS)),
        row(Axis::Dates, DOCUMENTS, names(DATES)),
        row(Axis::Order, DOCUMENTS, names(ORDERS)),
        row(Axis::Gaps, TEXTS, names(GAPS)),
        row(Axis::Framing, DOCUMENTS, FRAMINGS.iter().map(|row| (row.name, row.refused)).collect()),
        row(Axis::Envelope, DOCUMENTS, names(ENVELOPES)),
        row(Axis::Style, DOCUMENTS, names(STYLES)),
        row(Axis::Between, DOCUMENTS, BETWEENS.iter().map(|row| (row.name, &[][..])).collect()),
        row(Axis::Charset, TEXTS, CHARSETS.iter().map(|row| (row.name, row.refused)).collect()),
        row(Axis::LineEnd, TEXTS, names(LINE_ENDS)),
        row(Axis::End, TEXTS, names(ENDS)),
        row(Axis::Layout, CSV, LAYOUTS.iter().map(|row| (row.name, row.refused)).collect()),
        row(Axis::Quoting, CSV, names(QUOTINGS)),
        row(Axis::Delimiter, CSV, delimiters.collect()),
        row(Axis::File, CAPTURES, names(FILES)),
        row(Axis::ByteOrder, CAPTURES, names(BYTE_ORDERS)),
        row(Axis::Resolution, CAPTURES, names(RESOLUTIONS)),
        row(Axis::Link, CAPTURES, LINKS.iter().map(|row| (row.name, row.refused)).collect()),
        row(Axis::Tags, CAPTURES, TAGS.iter().map(|row| (row.name, &[][..])).collect()),
        row(Axis::Tunnel, CAPTURES, TUNNELS.iter().map(|row| (row.name, row.refused)).collect()),
        row(Axis::Traffic, CAPTURES, names(TRAFFIC)),
        row(Axis::Packing, ALL, PACKINGS.iter().map(|row| (row.name, row.refused)).collect()),
        row(Axis::Door, ALL, names(DOORS)),
    ]
}
