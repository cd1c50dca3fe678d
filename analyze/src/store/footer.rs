//! Our metadata in the footer of a file: the part that the flows are from,
//! checksums, and the tally, so that answers from Parquet and from documents are
//! equal, notes included.
//!
//! Kept as JSON in the file's key-value metadata under the key `flowkit`.

use std::collections::BTreeMap;
use std::fmt::Write;

use flowkit_model::answer::{Duplicates, Position, Quality, Sampling, Sequences, Skipped, Tally};
use flowkit_model::dump::Part;
use flowkit_model::{FieldId, NotAFlow, Sums, time};
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use xxhash_rust::xxh3::Xxh3;

use super::before::Before;
use super::layout::Layout;
use super::stored_exporters::{self, StoredExporter};
use super::{schema, statistics};

/// Key of the metadata.
pub(crate) const KEY: &str = "flowkit";

/// Placeholder for the name of the part's file in sentences; the name depends on
/// the path by which the dump is opened.
pub(crate) const THIS_FILE: &str = "\u{1}";

/// The metadata. Its JSON is part of the file format: another name or order of
/// fields needs another version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Footer {
    /// The part that the file was made from.
    pub(crate) belongs: Belongs,
    /// The tally of the part.
    #[serde(rename = "facts")]
    pub(crate) tally: StoredTally,
    /// XXH3 of the columns' bytes, group by group, as 16 hexadecimal digits.
    ///
    /// Checked by `flowkit verify`. Questions read only some columns, and check
    /// the checksums of the pages that they read.
    pub(crate) checksum: String,
    /// Checksums of the page headers.
    pub(crate) headers: Headers,
    /// XXH3 of what questions rely on in the footer: the fields above, and
    /// position and statistics of each column chunk. Every question checks it.
    #[serde(rename = "footer")]
    pub(crate) own_checksum: String,
}

impl Footer {
    /// The metadata of a file with these row groups.
    pub(crate) fn new<'g>(
        belongs: Belongs,
        tally: StoredTally,
        checksum: String,
        headers: Headers,
        groups: impl Iterator<Item = &'g RowGroupMetaData>,
    ) -> serde_json::Result<Self> {
        let mut footer = Self { belongs, tally, checksum, headers, own_checksum: String::new() };
        footer.own_checksum = footer.checksum_over(groups)?;
        Ok(footer)
    }

    /// The value that `own_checksum` must have.
    pub(crate) fn checksum_over<'g>(
        &self,
        groups: impl Iterator<Item = &'g RowGroupMetaData>,
    ) -> serde_json::Result<String> {
        let mut hash = Xxh3::new();
        let ours = (&self.belongs, &self.tally, &self.checksum, &self.headers);
        hash.update(&serde_json::to_vec(&ours)?);
        for group in groups {
            hash.update(&group.num_rows().to_le_bytes());
            for place in 0..group.num_columns() {
                let range = chunk_range(group.column(place), u64::MAX);
                let min_max = statistics::of(group, place);
                hash.update(format!("{range:?} {min_max:?};").as_bytes());
            }
        }
        Ok(format!("{:016x}", hash.digest()))
    }
}

/// The CRC-32 of each page header, as 8 hexadecimal digits: a text for each column
/// chunk, row group by row group, the dictionary's first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Headers(Vec<String>);

impl Headers {
    /// Adds those of the next column chunk.
    pub(crate) fn push(&mut self, of_chunk: &[u32]) {
        let mut text = String::with_capacity(8 * of_chunk.len());
        for checksum in of_chunk {
            // Writing to a text does not fail.
            let _ = write!(text, "{checksum:08x}");
        }
        self.0.push(text);
    }

    /// Those of a column chunk in the order of its pages; none if there is no such
    /// chunk.
    pub(crate) fn of_chunk(
        &self,
        layout: Layout,
        (group, place): (usize, usize),
    ) -> HeaderChecksums<'_> {
        let text = self.0.get(group * layout.columns().len() + place);
        HeaderChecksums(text.map_or("", |text| text))
    }
}

/// The checksums of the headers that were not read yet.
#[derive(Debug)]
pub(crate) struct HeaderChecksums<'f>(&'f str);

impl Iterator for HeaderChecksums<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let (next, rest) = self.0.split_at_checked(8)?;
        self.0 = rest;
        u32::from_str_radix(next, 16).ok()
    }
}

/// What a file was made from; if this has changed, the file is stale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Belongs {
    /// Version of the layout.
    pub(crate) version: u32,
    /// Fingerprint of the catalogue of fields.
    pub(crate) catalogue: u64,
    /// Name of the part.
    pub(crate) part: String,
    /// Size of the part's file.
    pub(crate) file_bytes: u64,
    /// SHA-256 of the part's file, from the manifest.
    pub(crate) sha256: String,
    /// The earlier parts that may hold the same documents, which were dropped as
    /// duplicates here: the SHA-256 of one, a digest over those of several. Earlier
    /// versions wrote the SHA-256 of each.
    pub(crate) after: Vec<String>,
}

impl Belongs {
    /// What an up-to-date file of a part must have.
    pub(crate) fn of(part: &Part, after: Vec<String>) -> Self {
        Self {
            version: schema::VERSION,
            catalogue: schema::fingerprint(Layout::default()),
            part: part.name.clone(),
            file_bytes: part.file_bytes,
            sha256: part.sha256.clone(),
            after,
        }
    }

    /// The same, of a file with these columns.
    #[must_use]
    pub(crate) fn with(self, layout: Layout) -> Self {
        Self { catalogue: schema::fingerprint(layout), ..self }
    }

    /// Whether a file that was made from this is up to date. Earlier versions listed each
    /// of the parts before.
    pub(crate) fn is(&self, wanted: &Self) -> bool {
        // Which columns it has depends on its flows.
        let wanted = Self { catalogue: self.catalogue, ..wanted.clone() };
        *self == wanted || {
            let parts = self.after.iter().map(String::as_str);
            Self { after: Before::of(parts).names(), ..self.clone() } == wanted
        }
    }
}

/// Smallest and largest sampling interval of an exporter, if it states one.
type Intervals = Option<(u64, u64)>;

/// The tally of a part, as the footer keeps it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredTally {
    skipped: Vec<StoredSkip>,
    duplicates: (u64, u64, Option<u64>),
    incomplete: Vec<String>,
    notes: Vec<String>,
    /// Bytes and packets are text, since other JSON readers are exact only up to
    /// 2^53.
    total: (String, String, u64),
    unknown: BTreeMap<String, u64>,
    seen: Option<(u64, u64)>,
    sampling: Vec<(Option<String>, Intervals)>,
    /// Flows that their pipeline changed, by what it changed.
    adapted: BTreeMap<u64, u64>,
    quality: Quality,
    /// Missing in files of an earlier flowkit.
    #[serde(default)]
    sequences: Sequences,
    /// Quality of times by exporter; missing in files of an earlier flowkit, whose
    /// checksum is over what is written of them again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    times: Option<Vec<(Option<String>, Quality)>>,
    /// Not every flow of each engine is here: an export of some flows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_filtered: bool,
    /// What exporters of v9 and IPFIX told; missing where none did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    exporters: Vec<StoredExporter>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct StoredSkip {
    cause: String,
    n: u64,
    line: u64,
    reason: Option<String>,
}

impl StoredTally {
    /// From the tally of a complete part, which is called [`THIS_FILE`] in it.
    pub(crate) fn of(tally: &Tally) -> Self {
        let skipped = tally.skipped.iter().map(|skipped| StoredSkip {
            cause: skipped.cause.name().into(),
            n: skipped.n,
            line: skipped.first.line,
            reason: skipped.reason.clone(),
        });
        let duplicates = &tally.duplicates;
        let unknown = tally.unknown.iter().map(|(field, n)| (field.field().name.to_owned(), *n));
        let sampling = tally.sampling.iter();
        Self {
            skipped: skipped.collect(),
            duplicates: (
                duplicates.n,
                duplicates.conflicting,
                duplicates.first.as_ref().map(|first| first.line),
            ),
            incomplete: tally.incomplete.clone(),
            notes: tally.notes.clone(),
            total: (
                tally.total.bytes.to_string(),
                tally.total.packets.to_string(),
                tally.total.flows,
            ),
            unknown: unknown.collect(),
            seen: tally.seen,
            sampling: sampling
                .map(|(exporter, sampling)| {
                    (exporter.clone(), sampling.map(|sampling| (sampling.least, sampling.most)))
                })
                .collect(),
            adapted: tally.adapted.clone(),
            quality: tally.quality,
            sequences: tally.sequences.clone(),
            times: tally.times.clone().map(|times| times.into_iter().collect()),
            is_filtered: tally.is_filtered,
            exporters: stored_exporters::of(&tally.exporters),
        }
    }

    /// Whether it counts the rows of these row groups, and nothing more often than any
    /// program could, so that sums over parts do not overflow.
    pub(crate) fn is_of(&self, groups: &[RowGroupMetaData]) -> bool {
        let mut rows = 0_u64;
        for group in groups {
            let Some(more) = u64::try_from(group.num_rows()).ok().filter(|n| *n <= MOST) else {
                return false;
            };
            rows = rows.saturating_add(more);
        }
        let most_sum = u128::from(rows) * u128::from(u64::MAX);
        let is_sum = |text: &str| text.parse::<u128>().is_ok_and(|sum| sum <= most_sum);
        let are_in_order = self.seen.is_none_or(|(first, last)| first <= last);
        rows == self.total.2
            && rows <= MOST
            && is_sum(&self.total.0)
            && is_sum(&self.total.1)
            && are_in_order
            && serde_json::to_value(self).is_ok_and(|tally| are_counts(&tally, MOST))
    }

    /// The tally, with the part called `name`; `None` if this flowkit did not
    /// write it.
    pub(crate) fn tally(&self, name: &str) -> Option<Tally> {
        let position = |line| Position { file: name.to_owned(), line };
        let with_name = |text: &String| text.replace(THIS_FILE, name);
        let skipped = self.skipped.iter().map(|skip| {
            Some(Skipped {
                cause: NotAFlow::ALL.into_iter().find(|cause| cause.name() == skip.cause)?,
                n: skip.n,
                first: position(skip.line),
                reason: skip.reason.clone(),
            })
        });
        let unknown = self.unknown.iter().map(|(name, n)| Some((field(name)?, *n)));
        Some(Tally {
            total: Sums {
                bytes: self.total.0.parse().ok()?,
                packets: self.total.1.parse().ok()?,
                flows: self.total.2,
            },
            unknown: unknown.collect::<Option<_>>()?,
            seen: self.seen,
            sampling: self
                .sampling
                .iter()
                .map(|(name, ends)| {
                    (name.clone(), ends.map(|(least, most)| Sampling { least, most }))
                })
                .collect(),
            adapted: self.adapted.clone(),
            skipped: skipped.collect::<Option<_>>()?,
            duplicates: Duplicates {
                n: self.duplicates.0,
                conflicting: self.duplicates.1,
                first: self.duplicates.2.map(position),
            },
            incomplete: self.incomplete.iter().map(with_name).collect(),
            notes: self.notes.iter().map(with_name).collect(),
            quality: self.quality,
            times: self.times.clone().map(|times| times.into_iter().collect()),
            sequences: self.sequences.clone(),
            is_filtered: self.is_filtered,
            exporters: stored_exporters::exporters(&self.exporters),
        })
    }
}

/// More of anything is in no part.
const MOST: u64 = 1 << 40;

/// Whether no number of a value is over `most`, or, where it says when something was
/// seen, beyond all times.
fn are_counts(value: &Value, most: u64) -> bool {
    match value {
        Value::Number(number) => number.as_u64().is_some_and(|number| number <= most),
        Value::Array(list) => list.iter().all(|value| are_counts(value, most)),
        Value::Object(members) => members.iter().all(|(name, value)| {
            are_counts(value, if name == "seen" { time::LAST_MS } else { most })
        }),
        _ => true,
    }
}

fn field(name: &str) -> Option<FieldId> {
    flowkit_model::FIELDS.iter().find(|field| field.name == name).map(|field| field.id)
}

/// Start and length of a column chunk; `None` if it is not inside a file of
/// `file_bytes`.
pub(super) fn chunk_range(chunk: &ColumnChunkMetaData, file_bytes: u64) -> Option<(u64, u64)> {
    let start = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
    let (start, length) =
        (u64::try_from(start).ok()?, u64::try_from(chunk.compressed_size()).ok()?);
    let end = start.checked_add(length)?;
    (end <= file_bytes).then_some((start, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files that list every part before, as earlier versions wrote them, stay in use
    /// until one of these changes.
    #[test]
    fn a_file_that_lists_the_parts_before_is_up_to_date() {
        let sha = |n: usize| format!("{n:064x}");
        for n in [0, 1, 2, 70] {
            let list: Vec<String> = (0..n).map(sha).collect();
            let before = Before::of(list.iter().map(String::as_str));
            let wanted = Belongs::of(&Part::default(), before.names());
            assert!(wanted.after.len() < 2 && wanted.after.concat().len() < 65);
            let of = |after: Vec<String>| Belongs { after, ..wanted.clone() };
            assert!(wanted.is(&wanted) && of(list.clone()).is(&wanted), "{n}");
            let others = [[list.clone(), vec![sha(n)]].concat(), vec![sha(90), sha(91)]];
            assert!(others.into_iter().all(|other| !of(other).is(&wanted)), "{n}");
            assert!(n < 2 || !of(list.into_iter().rev().collect()).is(&wanted));
        }
    }
}
