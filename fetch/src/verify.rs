//! Whether a dump is what its manifest says, offline; and, where a server is
//! given, whether that still counts the same.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use flowkit_model::document::Document;
use flowkit_model::dump::{
    self, MANIFEST, Manifest, Order, PARTS, Part, PartForm, Slice, Span, State,
};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::cancel::Cancel;
use crate::dump::checksum::sha256;
use crate::dump::lines::each_line;
use crate::error::FetchError;
use crate::page::document_id::{Identity, seed};
use crate::plan::counts::{counts, difference};
use crate::request::Request;
use crate::run::connect::connect;
use crate::server::Server;
use crate::server::retry::{RetryPolicy, Retrying};

/// Findings of one kind in one part that are listed; the rest is counted.
const LISTED: usize = 3;

/// Something that is wrong with a dump.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The part, or the index, or the dump as a whole if empty.
    pub place: String,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() {
            write!(out, "{}", self.what)
        } else {
            write!(out, "{}: {}", self.place, self.what)
        }
    }
}

/// Reads a dump whole, and lists what is wrong with it. With `server`, what that
/// counts is compared as well; its address is the dump's if it has none.
///
/// # Errors
/// If there is no dump, or the server cannot be asked.
pub fn verify(
    path: &Path,
    server: Option<&Request>,
) -> Result<(Manifest, Vec<Finding>), FetchError> {
    let manifest = read_manifest(path)?;
    let mut findings = Findings::default();
    if manifest.state != State::Complete {
        let left = manifest.pending.as_ref().map_or(0, Vec::len);
        findings.add("", format!("it is incomplete, {left} parts are planned and missing; flowkit fetch goes on with it"));
    }
    for missing in manifest.missing() {
        findings.add("", format!("it was imported from what was incomplete: {missing}"));
    }
    strays(path, &manifest, &mut findings)?;
    gaps(&manifest, &mut findings);
    let mut by_index = BTreeMap::<&str, Vec<&Part>>::new();
    for part in &manifest.parts {
        by_index.entry(&part.index).or_default().push(part);
    }
    let seed = seed();
    for parts in by_index.values() {
        let mut ids = Vec::new();
        for part in parts {
            PartCheck { part, seed, findings: &mut findings, ids: &mut ids }.run(path);
        }
        twice(parts, ids, &mut findings);
    }
    if let Some(request) = server {
        let cancel = Cancel::new();
        let client = connect(request, Some(&manifest.server.url), &cancel)?;
        let policy = RetryPolicy { retries: request.retries, first_wait: request.backoff, cancel };
        compare(&Retrying::new(&client, policy), &manifest, &mut findings)?;
    }
    Ok((manifest, findings.0))
}

fn read_manifest(path: &Path) -> Result<Manifest, FetchError> {
    let file = path.join(MANIFEST);
    let json = fs::read(&file).map_err(FetchError::disk("read", &file))?;
    match Manifest::from_json(&json) {
        Ok(manifest) if manifest.is_readable() => Ok(manifest),
        _ => {
            let why = "its manifest.json is not one this version of flowkit reads";
            Err(FetchError::NotADump { path: path.to_owned(), why })
        }
    }
}

#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, place: &str, what: String) {
        self.0.push(Finding { place: place.to_owned(), what });
    }
}

/// Files of ours that the manifest does not name.
fn strays(path: &Path, manifest: &Manifest, findings: &mut Findings) -> Result<(), FetchError> {
    let folder = path.join(PARTS);
    let entries = match fs::read_dir(&folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(FetchError::disk("read", &folder))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry.map_err(FetchError::disk("read", &folder))?.file_name());
    }
    names.sort();
    for name in names {
        let Some(name) = name.to_str().filter(|name| dump::is_ours(name)) else { continue };
        let is_named = manifest.parts.iter().any(|part| part.path() == format!("{PARTS}/{name}"));
        let is_part = PartForm::ALL.iter().any(|form| name.ends_with(form.end()));
        let is_in_work = !is_part && manifest.state == State::Incomplete;
        if !is_named && !is_in_work {
            findings.add("", format!("{PARTS}/{name} is no part that the manifest names"));
        }
    }
    Ok(())
}

/// Whether the parts of each query lie beside each other without a gap: spans
/// of time that join, and every slice.
fn gaps(manifest: &Manifest, findings: &mut Findings) {
    if manifest.state != State::Complete {
        return;
    }
    let mut spans = BTreeMap::<&str, Vec<(Span, Option<Slice>)>>::new();
    // Parts of an update overlap those before.
    for part in manifest.parts.iter().filter(|part| !part.without_time) {
        spans.entry(&part.index).or_default().push((part.window, part.slice));
    }
    for count in &manifest.counts {
        let of_index = manifest.parts.iter().filter(|part| part.index == count.index);
        let here: u64 = of_index.map(|part| part.received + part.left_out).sum();
        if here != count.received {
            findings.add(
                &count.index,
                format!("its parts say that {here} documents came, not {}", count.received),
            );
        }
    }
    for (index, mut spans) in spans {
        spans.sort_by_key(|(span, slice)| (span.from_ms, slice.map(|slice| slice.id)));
        let mut reached = spans.first().and_then(|(span, _)| span.from_ms);
        for (span, slice) in &spans {
            let joins =
                span.from_ms.is_none() || reached.is_none_or(|end| span.from_ms <= Some(end));
            if !joins {
                findings
                    .add(index, format!("no part covers the time before {:?} ms", span.from_ms));
            }
            reached = match (reached, span.to_ms) {
                (_, None) => Some(i64::MAX),
                (None, to) => to,
                (Some(end), Some(to)) => Some(end.max(to)),
            };
            if let Some(Slice { id, max }) = *slice {
                let there = spans.iter().filter(|(other, slice)| {
                    other == span && slice.is_some_and(|slice| slice.max == max)
                });
                let n = there.count();
                if n != max as usize && id == 0 {
                    findings.add(index, format!("{n} of {max} slices are here"));
                }
            }
        }
    }
}

/// Checks one part.
struct PartCheck<'a> {
    part: &'a Part,
    seed: u64,
    findings: &'a mut Findings,
    /// A number for each document, and the line it stands on.
    ids: &'a mut Vec<u128>,
}

/// One line of a part.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, rename = "_source")]
    source: Option<&'a RawValue>,
    #[serde(default)]
    sort: Vec<serde_json::Value>,
}

#[derive(Default)]
struct Tally {
    lines: u64,
    bytes: u64,
    not_json: u64,
    not_an_object: u64,
    not_a_document: u64,
    unsorted: u64,
    outside: u64,
    last: Option<i64>,
}

impl PartCheck<'_> {
    fn run(&mut self, root: &Path) {
        let path = root.join(self.part.path());
        self.checksum(&path);
        if !self.part.form.is_documents() {
            return self.unpack(&path);
        }
        let mut tally = Tally::default();
        let (seed, part) = (self.seed, self.part);
        let ids = &mut *self.ids;
        let read = each_line(&path, |line| {
            tally.lines += 1;
            tally.bytes += line.len() as u64 + 1;
            look(line, part, &mut tally);
            if let Ok(identity) = Identity::read(line) {
                ids.push(identity.hash(seed));
            }
        });
        if let Err(error) = read {
            self.add(format!("cannot be read to its end: {error}"));
        }
        self.tell(&tally);
    }

    fn add(&mut self, what: String) {
        self.findings.add(&self.part.name, what);
    }

    /// Whether what was imported byte for byte comes out again; what stands in
    /// it is read by the questions.
    fn unpack(&mut self, path: &Path) {
        let unpacked = File::open(path)
            .and_then(zstd::stream::read::Decoder::new)
            .and_then(|mut bytes| io::copy(&mut bytes, &mut io::sink()));
        match unpacked {
            Err(error) => self.add(format!("cannot be read to its end: {error}")),
            Ok(bytes) if bytes != self.part.bytes => {
                self.add(format!("{bytes} bytes are here, not {}", self.part.bytes));
            }
            Ok(_) => {}
        }
    }

    fn checksum(&mut self, path: &Path) {
        match sha256(path) {
            Err(error) => self.add(format!("{}: {error}", path.display())),
            Ok((bytes, _)) if bytes != self.part.file_bytes => {
                self.add(format!("the file has {bytes} bytes, not {}", self.part.file_bytes));
            }
            Ok((_, digest)) if digest != self.part.sha256 => {
                self.add(format!("the checksum is {digest}, not {}", self.part.sha256));
            }
            Ok(_) => {}
        }
    }

    fn tell(&mut self, tally: &Tally) {
        let part = self.part;
        if tally.lines != part.received {
            self.add(format!("{} documents are here, {} came", tally.lines, part.received));
        }
        if tally.bytes != part.bytes {
            self.add(format!("the lines have {} bytes, not {}", tally.bytes, part.bytes));
        }
        if part.received + part.left_out + part.known != part.expected {
            self.add(format!("{} documents came, {} were counted", part.received, part.expected));
        }
        for (n, what) in [
            (tally.not_json, "lines are no hits"),
            (tally.not_an_object, "lines are no JSON objects"),
            (tally.not_a_document, "documents cannot be read"),
            (tally.unsorted, "documents are not in the order of time"),
            (tally.outside, "documents are outside of the part's time"),
        ] {
            if n > 0 {
                self.add(format!("{n} {what}"));
            }
        }
    }
}

/// Looks at one line.
fn look(line: &[u8], part: &Part, tally: &mut Tally) {
    let hit = serde_json::from_slice::<Line<'_>>(line).ok();
    let is_imported = part.holds_imported_documents();
    if is_imported && hit.as_ref().is_none_or(|hit| hit.source.is_none()) {
        // A bare document, which any object is.
        tally.not_an_object += u64::from(!is_object(line));
        return;
    }
    let has_identity = is_imported || Identity::read(line).is_ok();
    let Some(Line { source, sort }) = hit.filter(|_| has_identity) else {
        tally.not_json += 1;
        return;
    };
    let Some(document) = source.and_then(|source| Document::parse(source.get().as_bytes()).ok())
    else {
        tally.not_a_document += 1;
        return;
    };
    let sorted = (part.order == Order::Time).then(|| sort.first()?.as_i64()).flatten();
    if let Some(value) = sorted {
        if tally.last.is_some_and(|last| value < last) {
            tally.unsorted += 1;
        }
        tally.last = Some(value);
    }
    let flow = document.into_flow().ok();
    let ms = flow.and_then(|flow| flow.timestamp_ms).and_then(|ms| i64::try_from(ms).ok());
    if let (Some(ms), false) = (ms, part.without_time) {
        let Span { from_ms, to_ms } = part.window;
        if from_ms.is_some_and(|from| ms < from) || to_ms.is_some_and(|to| ms >= to) {
            tally.outside += 1;
        }
    }
}

/// Whether a line is one JSON object, whatever is in it.
fn is_object(line: &[u8]) -> bool {
    let is_json = |text| serde_json::from_str::<IgnoredAny>(text).is_ok();
    line.trim_ascii_start().starts_with(b"{") && str::from_utf8(line).is_ok_and(is_json)
}

/// Documents of an index that are there twice, in one part or in two.
fn twice(parts: &[&Part], mut ids: Vec<u128>, findings: &mut Findings) {
    ids.sort_unstable();
    let n = ids.windows(2).filter(|pair| pair[0] == pair[1]).count();
    if n > 0 {
        let names: Vec<_> = parts.iter().take(LISTED).map(|part| part.name.as_str()).collect();
        let more = if parts.len() > LISTED { " …" } else { "" };
        let index = parts.first().map_or("", |part| part.index.as_str());
        findings
            .add(index, format!("{n} documents are there twice, in {}{more}", names.join(", ")));
    }
}

/// Compares with what a server counts now.
fn compare<S: Server>(
    server: &S,
    manifest: &Manifest,
    findings: &mut Findings,
) -> Result<(), FetchError> {
    for count in counts(server, manifest)? {
        if count.counted != count.received {
            let what = difference(server, manifest, &count)?;
            findings.add("", what);
        }
    }
    Ok(())
}
