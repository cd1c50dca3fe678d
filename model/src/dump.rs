//! What is inside a dump: the names of its files, and what its manifest says.
//!
//! ```text
//! flowkit-dump/
//! ├── manifest.json               what was asked of whom, and what came
//! ├── .lock                       held while a fetch writes here
//! ├── parts/NAME.ndjson.zst       the hits as the server sent them, one a line
//! ├── parts/NAME.pcap.zst         or a capture, datagrams or rows, byte for byte
//! ├── parts/NAME.partial, .state  a part in work, and how far it is
//! └── columns/NAME.parquet        the same flows as columns, derived
//! ```
//!
//! Plain data: reading and writing the files is not done here. A reader of an
//! older or newer dump finds members it does not know ignored and members it
//! misses empty; [`Manifest::from_json`] and [`Manifest::is_readable`] say where
//! that ends.

use std::path::{Path, PathBuf};

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::window::{Window, optional_ms};

/// Name of the manifest in a dump.
pub const MANIFEST: &str = "manifest.json";
/// Name of the file that is locked while a fetch writes.
pub const LOCK: &str = ".lock";
/// Folder of the parts.
pub const PARTS: &str = "parts";
/// Folder of the columns.
pub const COLUMNS: &str = "columns";
/// End of the name of a finished part of documents.
pub const PART_END: &str = PartForm::Documents.end();
/// End of the name of a part in work.
pub const PARTIAL_END: &str = ".partial";
/// End of the name of the state of a part in work.
pub const STATE_END: &str = ".state";
/// End of the name of a file of columns.
pub const COLUMNS_END: &str = ".parquet";
/// End of the name of a file that is about to replace the one without it.
pub const NEW_END: &str = ".new";

/// Number of the layout described here. It grows only when a reader of the
/// last one would misunderstand the dump.
pub const FORMAT: u32 = 1;

/// What the documents of an import were counted against.
pub const DOCUMENTS_READ: &str = "the documents that were read";

/// Longest part name in bytes, so that it fits any file system with its end.
const NAME_LIMIT: usize = 120;

/// Everything a dump says about itself; the content of `manifest.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Manifest {
    /// Number of the layout; also the mark by which a dump is known.
    pub flowkit_dump: u32,
    /// Version of flowkit that wrote it.
    pub written_by: String,
    /// Whether all that was asked for is here.
    pub state: State,
    /// When the fetch began, RFC 3339.
    pub started: String,
    /// When the last document was safe on disk, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished: Option<String>,
    /// Who was asked.
    pub server: Server,
    /// Indices asked for, as typed.
    pub index: String,
    /// Window asked for, as typed and as resolved.
    pub window: Window,
    /// The filter asked for, as typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// What it means, in words that need no file and no zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_means: Option<String>,
    /// The query asked for beside window and filter, as given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_query: Option<serde_json::Value>,
    /// Members of the documents that were asked for; none is all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub source_fields: Vec<String>,
    /// Window and query that were sent; a part has its own share of it.
    pub query: serde_json::Value,
    /// How the indices were paged through: `scroll` or `pit`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub method: String,
    /// What is wanted of each index.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wanted: Vec<Wanted>,
    /// Parts that are whole, by name.
    pub parts: Vec<Part>,
    /// Parts that are planned and not whole yet; none while nothing is planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending: Option<Vec<Pending>>,
    /// Counts that were asked after the last part, against what is here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub counts: Vec<Count>,
    /// Indices that hold nothing of the window, by count; they have no part.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub empty_indices: Vec<String>,
    /// What a reader should know beside the numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Whether a dump holds all that was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Each document that was asked for is in a part.
    Complete,
    /// A fetch is at work, or it stopped; also any word a later version adds.
    #[default]
    #[serde(other)]
    Incomplete,
}

/// The server a dump came from, without credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Server {
    /// Address, without credentials.
    pub url: String,
    /// `elasticsearch`, `opensearch`, or what else it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// Version it states.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Name of its cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
}

/// One file of documents that is whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Part {
    /// Name, without folder and end.
    pub name: String,
    /// What its file holds.
    #[serde(skip_serializing_if = "PartForm::is_documents")]
    pub form: PartForm,
    /// Index its documents are in, or the pattern where no index could be named.
    pub index: String,
    /// Its share of the window.
    pub window: Span,
    /// Its share of the index; none is all of it.
    pub slice: Option<Slice>,
    /// Whether it holds those without an `@timestamp`, and none with one.
    #[serde(skip_serializing_if = "is_false")]
    pub without_time: bool,
    /// The query whose documents it holds, all but the slice.
    pub query: serde_json::Value,
    /// How its documents are sorted.
    pub order: Order,
    /// Documents the server counted.
    pub expected: u64,
    /// Documents that came, one a line; of an import without documents, its
    /// datagrams or rows.
    pub received: u64,
    /// Documents that came and are left out, since the filter does not mean
    /// them: the server's reading of it was wider.
    #[serde(skip_serializing_if = "is_zero")]
    pub left_out: u64,
    /// Documents that came and are left out, since another part has them.
    #[serde(skip_serializing_if = "is_zero")]
    pub known: u64,
    /// Bytes of the lines, before compression.
    pub bytes: u64,
    /// Bytes of the file.
    pub file_bytes: u64,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// Smallest `@timestamp`, in milliseconds since 1970; none if no document has one.
    #[serde(with = "optional_ms", rename = "first")]
    pub first_ms: Option<i64>,
    /// Largest `@timestamp`, likewise.
    #[serde(with = "optional_ms", rename = "last")]
    pub last_ms: Option<i64>,
    /// Documents without an `@timestamp`.
    pub undated: u64,
    /// What is known about its completeness.
    pub proof: Proof,
}

/// What the file of a part holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PartForm {
    /// Documents, one a line.
    #[default]
    Documents,
    /// A capture, pcap or pcapng, as it was imported.
    Capture,
    /// NetFlow datagrams, one after the other, as they were imported.
    Datagrams,
    /// Rows of csv, as they were imported.
    Rows,
}

impl PartForm {
    /// Every form.
    pub const ALL: [Self; 4] = [Self::Documents, Self::Capture, Self::Datagrams, Self::Rows];

    /// End of the name of a finished part.
    #[must_use]
    pub const fn end(self) -> &'static str {
        match self {
            Self::Documents => ".ndjson.zst",
            Self::Capture => ".pcap.zst",
            Self::Datagrams => ".v5.zst",
            Self::Rows => ".csv.zst",
        }
    }

    /// Whether it is documents.
    #[must_use]
    pub fn is_documents(&self) -> bool {
        *self == Self::Documents
    }
}

/// One file of documents that is still to come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pending {
    /// Name, without folder and end.
    pub name: String,
    /// Index its documents are in.
    pub index: String,
    /// Its share of the window.
    pub window: Span,
    /// Its share of the index.
    pub slice: Option<Slice>,
    /// Whether it holds those without an `@timestamp`.
    #[serde(skip_serializing_if = "is_false")]
    pub without_time: bool,
    /// Whether documents that other parts have are left out.
    #[serde(skip_serializing_if = "is_false")]
    pub skips_known: bool,
    /// The query whose documents it will hold, all but the slice.
    pub query: serde_json::Value,
    /// Documents in it when it was planned, if the server would count.
    pub documents: Option<u64>,
}

/// What is wanted of one index.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wanted {
    /// The index.
    pub index: String,
    /// Window, filter and query in its terms.
    pub query: serde_json::Value,
}

/// What the server counted in an index after its last part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Count {
    /// The index.
    pub index: String,
    /// Documents the server counted.
    pub counted: u64,
    /// Documents of it that came.
    pub received: u64,
    /// When it was asked, RFC 3339.
    pub at: String,
}

/// How the documents of a part are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// By `@timestamp`: a fetch that broke off can go on at the last one.
    Time,
    /// As the server stores them; also any word a later version adds.
    #[default]
    #[serde(other)]
    Storage,
}

/// A half-open span of `@timestamp`, in milliseconds since 1970; none is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Span {
    /// First instant inside.
    #[serde(with = "optional_ms", rename = "from")]
    pub from_ms: Option<i64>,
    /// First instant after it.
    #[serde(with = "optional_ms", rename = "to")]
    pub to_ms: Option<i64>,
}

impl Span {
    /// Whether some instant is in both.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        let ends_before =
            |to: Option<i64>, from: Option<i64>| to.zip(from).is_some_and(|(to, from)| to <= from);
        !ends_before(self.to_ms, other.from_ms) && !ends_before(other.to_ms, self.from_ms)
    }
}

/// One of `max` disjoint shares of an index, as the server cuts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Slice {
    /// Number of this share, from 0.
    pub id: u32,
    /// Number of shares.
    pub max: u32,
}

/// Why a part is believed to be whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Proof {
    /// How many snapshots of the index it was read from.
    pub read: Read,
    /// The count that `received` was compared with.
    pub against: String,
    /// When it was compared, RFC 3339.
    pub counted: String,
}

/// How many snapshots of an index a part was read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Read {
    /// One: the index as it was in one instant.
    OneSnapshot,
    /// Several, joined after an interruption; also any word a later version adds.
    #[default]
    #[serde(other)]
    Joined,
}

/// How far a part in work is; the content of `NAME.state`.
///
/// All that a later run needs to go on by reading this alone: cut the file
/// back to `file_bytes`, ask for `@timestamp >= last`, and leave out the
/// documents in `at_last`. In storage order it has to begin anew.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PartState {
    /// Number of the layout.
    pub flowkit_dump: u32,
    /// Name of the part.
    pub name: String,
    /// Index it is read from.
    pub index: String,
    /// Its share of the window.
    pub window: Span,
    /// Its share of the index.
    pub slice: Option<Slice>,
    /// Whether it holds those without an `@timestamp`.
    #[serde(skip_serializing_if = "is_false")]
    pub without_time: bool,
    /// The query whose documents it will hold.
    pub query: serde_json::Value,
    /// How its documents are sorted.
    pub order: Order,
    /// Documents the server counted, by what is known so far.
    pub expected: u64,
    /// Documents that are safe on disk.
    pub rows: u64,
    /// Documents left out, since the filter does not mean them.
    #[serde(skip_serializing_if = "is_zero")]
    pub left_out: u64,
    /// Documents left out, since another part has them.
    #[serde(skip_serializing_if = "is_zero")]
    pub known: u64,
    /// Whether it was read from more than one snapshot.
    #[serde(skip_serializing_if = "is_false")]
    pub is_joined: bool,
    /// Bytes of their lines, before compression.
    pub bytes: u64,
    /// Bytes of the file up to there; what follows is to be cut off.
    pub file_bytes: u64,
    /// Smallest `@timestamp` so far.
    #[serde(with = "optional_ms", rename = "first")]
    pub first_ms: Option<i64>,
    /// Largest `@timestamp` so far, which is the last one written.
    #[serde(with = "optional_ms", rename = "last")]
    pub last_ms: Option<i64>,
    /// SHA-256 of the file up to there, in hexadecimal.
    pub sha256: String,
    /// Documents that came and whose `@timestamp` is `last`.
    pub at_last: Vec<DocumentId>,
}

/// What tells a document from all others of its part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct DocumentId {
    /// `_index`, where it is not the part's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    /// `_id`.
    pub id: String,
    /// `_routing`, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub routing: Option<String>,
}

/// How a note begins that tells what is missing.
const MISSING: &str = "incomplete: ";

/// What a manifest is not believed without: every flowkit wrote it, also where
/// there is no part, and damage to its name would look like a dump without flows.
#[derive(Deserialize)]
struct Required {
    #[serde(rename = "parts")]
    _parts: IgnoredAny,
}

impl Manifest {
    /// Reads a manifest; whether it is one that is readable is asked of it then.
    ///
    /// # Errors
    /// If it is no JSON of this form, or is readable and names no parts at all.
    pub fn from_json(json: &[u8]) -> Result<Self, serde_json::Error> {
        let manifest: Self = serde_json::from_slice(json)?;
        if manifest.is_readable() {
            serde_json::from_slice::<Required>(json)?;
        }
        Ok(manifest)
    }

    /// Whether it is a manifest, of a layout this version knows.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        (1..=FORMAT).contains(&self.flowkit_dump)
    }

    /// What was known to be missing when it was imported, one sentence each.
    pub fn missing(&self) -> impl Iterator<Item = &str> {
        self.notes.iter().filter_map(|note| note.strip_prefix(MISSING))
    }

    /// Notes that something is missing.
    pub fn add_missing(&mut self, sentences: &[String]) {
        self.notes.extend(sentences.iter().map(|sentence| format!("{MISSING}{sentence}")));
    }

    /// Documents in all parts.
    #[must_use]
    pub fn documents(&self) -> u64 {
        self.parts.iter().map(|part| part.received).sum()
    }

    /// Documents without an `@timestamp` in all parts.
    #[must_use]
    pub fn undated(&self) -> u64 {
        self.parts.iter().map(|part| part.undated).sum()
    }
}

impl Part {
    /// Whether its documents were imported. They stand as they stood, hits or
    /// not; those of any other part are hits. Damage to one member of a part
    /// that was fetched does not make it one that was imported.
    #[must_use]
    pub fn holds_imported_documents(&self) -> bool {
        self.form.is_documents() && self.index.is_empty() && self.proof.against == DOCUMENTS_READ
    }

    /// Where its file is, from the folder of the dump: `parts/NAME.ndjson.zst`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{PARTS}/{}{}", self.name, self.form.end())
    }

    /// Where its columns are, from the folder of the dump.
    #[must_use]
    pub fn columns_path(&self) -> String {
        format!("{COLUMNS}/{}{COLUMNS_END}", self.name)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_false(value: &bool) -> bool {
    !*value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(value: &u64) -> bool {
    *value == 0
}

/// Names a part: its number from 1, then as much of the index name as is safe
/// in any file system. The number alone makes it unique.
#[must_use]
pub fn part_name(number: usize, index: &str) -> String {
    let safe = |letter: char| match letter {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' => letter,
        '.' => '.',
        _ => '_',
    };
    let mut name = format!("{number:04}-");
    name.extend(index.chars().map(safe).take(NAME_LIMIT - name.len()));
    // Neither `..` nor an end that means something.
    while name.contains("..") {
        name = name.replace("..", "_.");
    }
    name.trim_end_matches('.').to_owned()
}

/// Where a dump or a file of it stands until it is whole: beside its place, also
/// where that is named with a slash at its end. Only what one process makes has
/// this name.
#[must_use]
pub fn unfinished(place: &Path, process: u32) -> PathBuf {
    let mut name = place.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{process}{NEW_END}"));
    place.with_file_name(name)
}

/// Whether a file in `parts` or `columns` has a name that flowkit gives.
#[must_use]
pub fn is_ours(file_name: &str) -> bool {
    let stem = file_name.strip_suffix(NEW_END).unwrap_or(file_name);
    let stem = PartForm::ALL
        .iter()
        .map(|form| form.end())
        .chain([PARTIAL_END, STATE_END, COLUMNS_END])
        .find_map(|end| stem.strip_suffix(end));
    stem.is_some_and(|stem| {
        let digits = stem.bytes().take_while(u8::is_ascii_digit).count();
        digits >= 4 && stem.as_bytes().get(digits) == Some(&b'-')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_name_cannot_leave_its_folder() {
        let hostile =
            ["../../x", "..", "/etc/passwd", "a\0b", "C:\\x", "a b", "netflow-*,x", ".", ""];
        for index in hostile {
            let name = part_name(1, index);
            assert!(!name.contains(['/', '\\', '\0', ':', ' ']) && !name.contains(".."), "{name}");
            assert!(name.starts_with("0001-") && !name.ends_with('.'), "{name}");
        }
        assert_eq!(part_name(1, "netflow-2018.09.21"), "0001-netflow-2018.09.21");
        assert_eq!(part_name(7, "été"), "0007-_t_");
        assert!(part_name(12_345, &"x".repeat(1_000)).len() <= NAME_LIMIT);
    }

    #[test]
    fn every_name_we_give_is_known_as_ours_and_no_other() {
        for index in ["netflow-2018.09.21", "../../x", ""] {
            let parts = PartForm::ALL.iter().map(|form| form.end());
            for end in parts.chain([PARTIAL_END, STATE_END, COLUMNS_END]) {
                let name = part_name(3, index) + end;
                assert!(is_ours(&name) && is_ours(&(name.clone() + NEW_END)), "{name}");
            }
        }
        for name in ["notes.txt", "0001-x", "x.ndjson.zst", "001-x.state", "0001x.state", ".new"] {
            assert!(!is_ours(name), "{name}");
        }
    }

    #[test]
    fn what_is_unfinished_stands_beside_its_place() {
        for (place, expected) in [
            ("d", "d.7.new"),
            ("d/", "d.7.new"),
            ("a/d//", "a/d.7.new"),
            ("/d/.", "/d.7.new"),
            ("a/0001-x.parquet", "a/0001-x.parquet.7.new"),
        ] {
            assert_eq!(unfinished(Path::new(place), 7), Path::new(expected), "{place}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_is_unfinished_keeps_bytes_that_are_no_text() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let place = Path::new(OsStr::from_bytes(b"a\xff/d\xfe/"));
        assert_eq!(unfinished(place, 7).as_os_str().as_bytes(), b"a\xff/d\xfe.7.new");
    }

    #[test]
    fn a_manifest_of_a_later_version_is_read_as_far_as_it_is_known() {
        let later = r#"{"flowkit_dump": 1, "state": "verified", "colour": "red",
            "parts": [{"name": "0001-x", "received": 3, "first": "2018-09-21T00:00:00.001Z",
                       "proof": {"read": "three_snapshots"}}]}"#;
        let manifest: Manifest = serde_json::from_str(later).unwrap();
        assert_eq!(manifest.state, State::Incomplete);
        assert_eq!(manifest.documents(), 3);
        assert_eq!(manifest.parts[0].first_ms, Some(1_537_488_000_001));
        assert_eq!(manifest.parts[0].proof.read, Read::Joined);
        assert_eq!(manifest.parts[0].path(), "parts/0001-x.ndjson.zst");
        assert!(manifest.is_readable());
    }

    /// One bit of a name that is always there would otherwise be a dump without
    /// flows.
    #[test]
    fn a_manifest_without_parts_is_an_error() {
        let manifest = Manifest { flowkit_dump: FORMAT, ..Manifest::default() };
        let json = serde_json::to_string(&manifest).unwrap();
        assert_eq!(Manifest::from_json(json.as_bytes()).unwrap(), manifest);
        let damaged = json.replace("\"parts\"", "\"qarts\"");
        let error = Manifest::from_json(damaged.as_bytes()).unwrap_err();
        assert!(error.to_string().contains("parts"), "{error}");
        // What is no manifest is told as such.
        for json in ["{}", r#"{"flowkit_dump": 2}"#] {
            assert!(!Manifest::from_json(json.as_bytes()).unwrap().is_readable(), "{json}");
        }
    }

    #[test]
    fn other_json_and_other_layouts_are_not_readable() {
        for json in ["{}", r#"{"flowkit_dump": 2}"#, r#"{"name": "npm package"}"#] {
            assert!(!serde_json::from_str::<Manifest>(json).unwrap().is_readable(), "{json}");
        }
    }

    #[test]
    fn a_manifest_and_a_state_survive_json() {
        let part = Part { name: "0001-x".into(), last_ms: Some(1), ..Part::default() };
        let manifest = Manifest {
            flowkit_dump: FORMAT,
            state: State::Complete,
            parts: vec![part],
            ..Manifest::default()
        };
        let json = serde_json::to_string_pretty(&manifest).unwrap();
        assert_eq!(serde_json::from_str::<Manifest>(&json).unwrap(), manifest);
        let state = PartState {
            at_last: vec![DocumentId { id: "a".into(), ..DocumentId::default() }],
            order: Order::Time,
            ..PartState::default()
        };
        let json = serde_json::to_string(&state).unwrap();
        assert_eq!(serde_json::from_str::<PartState>(&json).unwrap(), state);
    }
}
