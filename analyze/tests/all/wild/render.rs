//! An input of a combination: its bytes, and the flows that it holds.

use flowkit_model::FlowRecord;

use super::axes::{Axis, Kind};
use super::captures::{self, FILES, LINKS};
use super::csv::{self, DELIMITERS, QUOTINGS};
use super::dialects::DIALECTS;
use super::flows::{Limits, flows};
use super::form::{Form, random};
use super::frames::{TAGS, TUNNELS, ipv4, udp_packet};
use super::framing::{Context, ENVELOPES, FRAMINGS, STYLES};
use super::layouts::LAYOUTS;
use super::members::{DATES, GAPS, Gaps, Members, NUMBERS, written};
use super::nesting::{LISTS, NESTINGS, ORDERS, object, shuffled};
use super::packing::PACKINGS;
use super::text::{BETWEENS, CHARSETS, ENDS, LINE_ENDS, joined};
use super::wire::datagrams;
use crate::random::Random;

/// An input.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) bytes: Vec<u8>,
    /// What is in it, as far as its form keeps it.
    pub(super) flows: Vec<FlowRecord>,
}

/// The input of a combination.
pub(super) fn render(form: &Form) -> Input {
    let mut random = random(!form.seed);
    let packing = &PACKINGS[form.at(Axis::Packing)];
    let n_files = if packing.is_archive && packing.name != "zip" { 1 + random.below(3) } else { 1 };
    let (mut files, mut flows) = (Vec::new(), Vec::new());
    for _ in 0..n_files {
        let file = match form.kind() {
            Kind::Documents => documents(form, files.len(), &mut random),
            Kind::Csv => rows(form, &mut random),
            Kind::Capture => capture(form, &mut random),
            Kind::Datagrams => payloads(form, &mut random),
        };
        files.push(file.bytes);
        flows.extend(file.flows);
    }
    Input { bytes: (packing.pack)(&files, &mut random), flows }
}

fn documents(form: &Form, n_files: usize, random: &mut Random) -> Input {
    let dialect = &DIALECTS[form.at(Axis::Dialect)];
    let gaps = GAPS[form.at(Axis::Gaps)].1;
    let limits = Limits {
        has_gaps: gaps != Gaps::None,
        has_names: dialect.has_names,
        has_wide_counters: true,
    };
    let flows = flows(random, form.n_flows, limits);
    let (numbers, dates) = (NUMBERS[form.at(Axis::Numbers)].1, DATES[form.at(Axis::Dates)].1);
    let (nesting, lists) = (NESTINGS[form.at(Axis::Nesting)].1, LISTS[form.at(Axis::Lists)].1);
    let mut documents = Vec::new();
    for flow in &flows {
        let mut members = Members::default();
        (dialect.write)(flow, &mut members);
        let members = written(members, (numbers, dates, gaps), random);
        let document = object(members, nesting, lists, random);
        let is_shuffled = ORDERS[form.at(Axis::Order)].1;
        documents.push(if is_shuffled { shuffled(document, random) } else { document });
    }
    let framing = &FRAMINGS[form.at(Axis::Framing)];
    let mut context = Context {
        style: STYLES[form.at(Axis::Style)].1,
        envelope: ENVELOPES[form.at(Axis::Envelope)].1,
        has_fields: framing.has_fields,
        random,
        n_hits: 1000 * n_files,
    };
    let pieces = (framing.pieces)(documents, &mut context);
    let text = joined(&pieces, framing.between, &BETWEENS[form.at(Axis::Between)], random);
    Input { bytes: bytes(form, text), flows: flows.into_iter().map(dialect.kept).collect() }
}

fn rows(form: &Form, random: &mut Random) -> Input {
    let layout = &LAYOUTS[form.at(Axis::Layout)];
    let has_gaps = GAPS[form.at(Axis::Gaps)].1 != Gaps::None;
    let flows =
        flows(random, form.n_flows, Limits { has_gaps, has_names: false, has_wide_counters: true });
    let quoting = QUOTINGS[form.at(Axis::Quoting)].1;
    let lines = csv::lines(&flows, layout, quoting, DELIMITERS[form.at(Axis::Delimiter)].1);
    Input { bytes: bytes(form, lines.join("\n")), flows: flows.iter().map(layout.kept).collect() }
}

/// A text as bytes, with its end and line ends.
fn bytes(form: &Form, text: String) -> Vec<u8> {
    let text = text + ENDS[form.at(Axis::End)].1;
    let text = text.replace('\n', LINE_ENDS[form.at(Axis::LineEnd)].1);
    (CHARSETS[form.at(Axis::Charset)].bytes)(&text)
}

/// What fits a packet.
const ON_THE_WIRE: Limits = Limits { has_gaps: false, has_names: false, has_wide_counters: false };

fn capture(form: &Form, random: &mut Random) -> Input {
    let flows = flows(random, form.n_flows, ON_THE_WIRE);
    let (link, tags) = (&LINKS[form.at(Axis::Link)], &TAGS[form.at(Axis::Tags)]);
    // A length in place of a type is below 1501, tunnels and all.
    let most = if tags.is_ethernet { 20 } else { 30 };
    let (datagrams, sent) = datagrams(&flows, most, random);
    let tunnel = &TUNNELS[form.at(Axis::Tunnel)];
    let mut frames = Vec::new();
    let frame = |ip: Vec<u8>| {
        let (kind, payload) = (tags.wrap)(ip);
        (link.frame)(kind, payload)
    };
    for datagram in datagrams {
        if captures::TRAFFIC[form.at(Axis::Traffic)].1 && random.below(2) == 0 {
            frames.push(frame(other_traffic(random)));
        }
        let source: std::net::Ipv4Addr = datagram.exporter.parse().unwrap();
        let port = [2055, 9995, 2100][usize::try_from(random.below(3)).unwrap()];
        frames.push(frame((tunnel.wrap)(udp_packet(source.octets(), port, &datagram.bytes))));
    }
    let numbers = captures::Numbers {
        is_big: captures::ORDERS[form.at(Axis::ByteOrder)].1,
        is_nanoseconds: captures::RESOLUTIONS[form.at(Axis::Resolution)].1,
    };
    Input { bytes: (FILES[form.at(Axis::File)].1)(&frames, link, numbers), flows: sent }
}

/// A packet of something else: an echo request, a segment of TCP, a query of DNS.
fn other_traffic(random: &mut Random) -> Vec<u8> {
    let source = [192, 0, 2, 99];
    match random.below(3) {
        0 => ipv4(source, 1, &[8, 0, 0xf7, 0xff, 0, 0, 0, 0]),
        1 => ipv4(
            source,
            6,
            &[0xc7, 0x38, 1, 0xbb, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0, 0, 0, 0],
        ),
        _ => udp_packet(
            source,
            53,
            b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x07example\x03net\0\0\x01\0\x01",
        ),
    }
}

/// Datagrams one after the other, of which the exporter is not known.
fn payloads(form: &Form, random: &mut Random) -> Input {
    let flows = flows(random, form.n_flows, ON_THE_WIRE);
    let (datagrams, sent) = datagrams(&flows, 30, random);
    let bytes = datagrams.into_iter().flat_map(|datagram| datagram.bytes).collect();
    let unknown = |flow| FlowRecord { exporter: None, ..flow };
    Input { bytes, flows: sent.into_iter().map(unknown).collect() }
}
