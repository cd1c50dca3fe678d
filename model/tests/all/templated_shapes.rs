//! Documents of NetFlow v9 and IPFIX that are read by the shape of one before: the same
//! flows as by the JSON reader, over all recorded forms.
//!
//! Runs where `FLOWKIT_CORPORA` names the folder, and says so where not.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the test reads files, the crate does not"
)]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use flowkit_model::document::shape::{DayCache, Narrowing, Shape};
use flowkit_model::{Entry, FlowRecord, Row};

/// The flow of a document and whether it is a hit, by the JSON reader.
fn slowly(text: &[u8]) -> Option<(FlowRecord, bool)> {
    match Entry::parse(text).ok()? {
        Entry::Hit(hit) => Some((hit.into_flow().ok()?, true)),
        Entry::Bare(document) => Some((document.into_flow().ok()?, false)),
        _ => None,
    }
}

fn quickly(shape: &Shape, text: &[u8]) -> Option<FlowRecord> {
    let mut row = Row::default();
    shape.read(text, &mut row, &mut DayCache::default())?;
    Some(row.record())
}

/// A shape, and what was seen of the values of its documents.
struct Learnt {
    shape: Shape,
    narrowing: Option<Narrowing>,
    /// The shape without the values that never changed, and how many these are.
    narrowed: Option<(usize, Shape)>,
}

impl Learnt {
    /// Reads a document by the shape; by the narrowed one, too, if that fits.
    fn read(&self, text: &[u8]) -> Option<(FlowRecord, bool)> {
        let flow = quickly(&self.shape, text);
        let narrowly = self.narrowed.as_ref().and_then(|(_, narrowed)| quickly(narrowed, text));
        if narrowly.is_some() {
            assert_eq!(flow, narrowly, "{}", String::from_utf8_lossy(text));
        }
        flow.map(|flow| (flow, narrowly.is_some()))
    }

    fn look(&mut self, text: &[u8]) {
        let Some(narrowing) = &mut self.narrowing else {
            self.narrowing = Narrowing::new(&self.shape, text);
            return;
        };
        narrowing.look(&self.shape, text);
        let n_same = narrowing.n_same();
        if n_same > 0 && self.narrowed.as_ref().is_none_or(|(n, _)| *n != n_same) {
            self.narrowed = narrowing.narrowed(&self.shape).map(|narrowed| (n_same, narrowed));
        }
    }
}

/// What was read by shapes.
#[derive(Default)]
struct ByShapes {
    flows: u64,
    /// By version: documents that were read by the shape of another.
    by_version: BTreeMap<Option<u16>, u64>,
    narrowly: u64,
    shapes: Vec<Learnt>,
}

/// One document in so many is held against all shapes, the others until one fits.
const ALL_SHAPES_EVERY: u64 = 8;

impl ByShapes {
    /// Holds the shapes so far against the JSON reader, and learns that of the document
    /// if none fits.
    fn document(&mut self, text: &[u8]) {
        let slow = slowly(text);
        self.flows += u64::from(slow.is_some());
        let mut is_read = false;
        for learnt in &mut self.shapes {
            let Some((flow, is_narrow)) = learnt.read(text) else { continue };
            let expected = slow.as_ref().map(|(flow, _)| flow);
            assert_eq!(Some(&flow), expected, "{}", String::from_utf8_lossy(text));
            learnt.look(text);
            if !is_read {
                *self.by_version.entry(flow.version).or_default() += 1;
                self.narrowly += u64::from(is_narrow);
            }
            is_read = true;
            if !self.flows.is_multiple_of(ALL_SHAPES_EVERY) {
                break;
            }
        }
        if let Some((_, is_hit)) = slow.filter(|_| !is_read) {
            let shape = Shape::learn(text, is_hit);
            let learnt = |shape| Learnt { shape, narrowing: None, narrowed: None };
            self.shapes.extend(shape.map(learnt));
        }
    }

    /// A line: a document, a hit, or a page of them.
    fn line(&mut self, line: &str) {
        match Entry::parse(line.as_bytes()).unwrap() {
            Entry::Page(page) => page.hits.iter().for_each(|hit| self.line(hit.get())),
            _ => self.document(line.as_bytes()),
        }
    }

    fn file(path: &Path) -> Self {
        let file = BufReader::new(File::open(path).unwrap());
        let is_packed = path.extension().is_some_and(|extension| extension == "gz");
        let reader: Box<dyn io::Read> =
            if is_packed { Box::new(GzDecoder::new(file)) } else { Box::new(file) };
        let mut read = Self::default();
        BufReader::new(reader).lines().for_each(|line| read.line(&line.unwrap()));
        read
    }
}

fn files(folder: &Path, kinds: &[&str]) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_of = |path: &PathBuf| kinds.iter().any(|kind| path.to_string_lossy().contains(kind));
    files.filter(is_of).collect()
}

#[test]
fn recorded_documents_are_read_by_shapes_as_by_the_json_reader() {
    let Some(folder) = std::env::var_os("FLOWKIT_CORPORA").map(|path| Path::new(&path).join("v9"))
    else {
        eprintln!("skipped: FLOWKIT_CORPORA does not name the corpora");
        return;
    };
    let mixed = files(&folder.join("mixed"), &["elasticdump", "pages.jsonl"]);
    assert_eq!(mixed.len(), 7);
    for path in mixed {
        let read = ByShapes::file(&path);
        let n_read: u64 = read.by_version.values().sum();
        let name = path.file_name().unwrap().to_string_lossy();
        eprintln!(
            "{name}: {} flows, {} shapes, {:?} read by them, {} narrowly",
            read.flows,
            read.shapes.len(),
            read.by_version,
            read.narrowly
        );
        // Each flow had a shape, or was the first to have it.
        assert_eq!(n_read + read.shapes.len() as u64, read.flows, "{name}");
        assert!(read.by_version[&Some(9)] > 2000 && read.narrowly > read.flows / 2, "{name}");
    }
    for path in files(&folder.join("collision"), &["elasticdump", "ndjson"]) {
        assert!(ByShapes::file(&path).flows > 500, "{}", path.display());
    }
    assert_eq!(ByShapes::file(&folder.join("robust/documents.ndjson")).flows, 27);
}
