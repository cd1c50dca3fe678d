//! A dump that is not as its manifest says: what the answer and the exit code
//! tell. Each test damages a copy of one demo.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// A demo in a folder of its own.
pub(crate) struct Demo {
    folder: tempfile::TempDir,
}

/// Names in a folder of the demo, with what the files hold.
type Files = Vec<(PathBuf, Vec<u8>)>;

impl Demo {
    /// What `flowkit demo` made, which takes a second: the program runs once.
    pub(crate) fn new() -> Self {
        static FILES: OnceLock<Files> = OnceLock::new();
        let files = FILES.get_or_init(|| {
            let demo = Self { folder: tempfile::tempdir().unwrap() };
            assert_eq!(demo.flowkit(&["demo"]).status.code(), Some(0));
            let mut files = Files::new();
            collect(demo.folder.path(), Path::new(""), &mut files);
            files
        });
        let demo = Self { folder: tempfile::tempdir().unwrap() };
        for (name, bytes) in files {
            let path = demo.folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        demo
    }

    pub(crate) fn flowkit(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_flowkit"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("FLOWKIT_DUMP")
            .env_remove("FLOWKIT_URL")
            .output()
            .unwrap()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("flowkit-demo").join(name)
    }

    /// The exit code, the number of flows, and what was said.
    pub(crate) fn summary(&self, more: &[&str]) -> (Option<i32>, u64, String) {
        let arguments = [&["summary", "flowkit-demo", "--format", "json"], more].concat();
        let output = self.flowkit(&arguments);
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let flows = answer["flows"].as_u64().unwrap_or(0);
        (output.status.code(), flows, String::from_utf8(output.stderr).unwrap())
    }
}

/// Every file below a folder, named from `root` on.
fn collect(root: &Path, folder: &Path, files: &mut Files) {
    for entry in fs::read_dir(root.join(folder)).unwrap().map(Result::unwrap) {
        let name = folder.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            collect(root, &name, files);
        } else {
            files.push((name, fs::read(entry.path()).unwrap()));
        }
    }
}

fn replace(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from} in {text}");
    fs::write(path, text.replace(from, to)).unwrap();
}

const FLOWS: u64 = 5494;
pub(crate) const PART: &str = "parts/0001-netflow-2018.09.21.ndjson.zst";

#[test]
fn a_complete_dump_is_answered_whole() {
    let (code, flows, said) = Demo::new().summary(&[]);
    assert_eq!((code, flows), (Some(0), FLOWS));
    assert!(!said.contains("incomplete") && !said.contains("skipped"), "{said}");
}

#[test]
fn an_incomplete_dump_is_answered_and_told() {
    let demo = Demo::new();
    replace(&demo.path("manifest.json"), "\"complete\"", "\"incomplete\"");
    let (code, flows, said) = demo.summary(&[]);
    assert_eq!((code, flows), (Some(3), FLOWS));
    assert!(said.contains("incomplete: flowkit-demo is an incomplete dump"), "{said}");
    assert_eq!(demo.summary(&["--allow-incomplete"]).0, Some(0));
}

/// A dump that was made of a damaged file says so for good: in answers, and when
/// it is verified.
#[test]
fn an_import_of_a_damaged_file_is_incomplete_ever_after() {
    let demo = Demo::new();
    let part = fs::read(demo.path(PART)).unwrap();
    fs::write(demo.folder.path().join("cut.ndjson.zst"), &part[..part.len() / 2]).unwrap();
    let said = |arguments: &[&str], code: i32, text: &str| {
        let output = demo.flowkit(arguments);
        let said = [output.stderr, output.stdout].concat();
        let said = String::from_utf8(said).unwrap();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(text), "{said}");
    };
    said(&["import", "cut.ndjson.zst", "-o", "cut"], 3, "incomplete: cut.ndjson.zst");
    let imported = "was imported from an incomplete source: cut.ndjson.zst";
    said(&["summary", "cut"], 3, &format!("incomplete: cut {imported}"));
    said(&["verify", "cut"], 3, imported);
    // What is kept byte for byte shows its damage when it is read.
    let capture = fs::read("../testdata/captures/padded-to-1408.pcap").unwrap();
    fs::write(demo.folder.path().join("cut.pcap"), &capture[..capture.len() - 9]).unwrap();
    said(&["import", "cut.pcap", "-o", "cut-capture"], 3, "incomplete: cut.pcap");
    said(&["summary", "cut-capture"], 3, "incomplete: cut-capture");
    said(&["verify", "cut-capture"], 3, "cut-capture");
}

/// An import keeps documents as they stand, which need not be hits; a fetch
/// leaves nothing but hits.
#[test]
fn an_import_of_bare_documents_is_as_its_manifest_says() {
    let demo = Demo::new();
    let place = demo.folder.path();
    let verified = |dump: &str| {
        let output = demo.flowkit(&["verify", dump]);
        let said = [output.stderr, output.stdout].concat();
        (output.status.code(), String::from_utf8(said).unwrap())
    };
    let bare = "{\"netflow\":{\"bytes\":2}}\n{\"message\":\"x\",\"sort\":\"y\"}\n\
                {\"_source\":{\"netflow\":{\"bytes\":3}}}\n";
    let hit = "{\"_index\":\"a\",\"_id\":\"1\",\"_source\":{\"netflow\":{\"bytes\":4}}}\n";
    for (name, lines, code, words) in [
        ("bare", bare.to_owned(), 0, ""),
        ("mixed", format!("{hit}{bare}"), 0, ""),
        ("twice", format!("{hit}{bare}{hit}"), 3, "1 document is there twice"),
    ] {
        fs::write(place.join("given.ndjson"), lines).unwrap();
        assert_eq!(demo.flowkit(&["import", "given.ndjson", "-o", name]).status.code(), Some(0));
        let (found, said) = verified(name);
        assert_eq!(found, Some(code), "{name}: {said}");
        assert!(said.contains(words) && !said.contains("are no"), "{name}: {said}");
    }
    let damaged = bare.replacen("}}", "}?", 1).replacen("{\"message\":\"x\"", "[\"x\"", 1);
    let part = zstd::encode_all(damaged.as_bytes(), 1).unwrap();
    fs::write(place.join("bare/parts/0001-given.ndjson.ndjson.zst"), part).unwrap();
    let (code, said) = verified("bare");
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("2 lines are no JSON objects"), "{said}");
    fs::write(demo.path(PART), zstd::encode_all(bare.as_bytes(), 1).unwrap()).unwrap();
    let (code, said) = verified("flowkit-demo");
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("3 lines are no hits"), "{said}");
}

#[test]
fn a_part_that_was_cut_is_answered_as_far_as_it_goes() {
    let demo = Demo::new();
    let part = fs::read(demo.path(PART)).unwrap();
    fs::write(demo.path(PART), &part[..part.len() / 2]).unwrap();
    let (code, flows, said) = demo.summary(&[]);
    assert_eq!(code, Some(3), "{said}");
    assert!(flows > 1000 && flows < FLOWS, "{flows}");
    assert!(said.contains("of 5492 documents"), "{said}");
    fs::write(demo.path(PART), part).unwrap();
    assert_eq!(demo.summary(&[]).1, FLOWS, "the answer of the damaged part did not stay");
}

/// A flipped bit is found by the checksum of its frame, where the documents
/// are read; columns were made before it flipped.
#[test]
fn a_damaged_part_is_told() {
    let demo = Demo::new();
    let mut part = fs::read(demo.path(PART)).unwrap();
    let middle = part.len() / 2;
    part[middle] ^= 1;
    fs::write(demo.path(PART), part).unwrap();
    fs::remove_dir_all(demo.path("columns")).unwrap();
    let (code, _, said) = demo.summary(&[]);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("damaged"), "{said}");
    // No columns are left that would outlive the damage.
    assert_eq!(demo.flowkit(&["verify", "flowkit-demo"]).status.code(), Some(3));
}

#[test]
fn a_missing_part_is_an_error() {
    let demo = Demo::new();
    fs::remove_file(demo.path(PART)).unwrap();
    let (code, _, said) = demo.summary(&[]);
    assert_eq!(code, Some(1));
    assert!(said.contains(PART) && said.contains("make the dump again"), "{said}");
}

#[test]
fn a_manifest_that_is_none_is_an_error() {
    let demo = Demo::new();
    for text in ["", "{}", "[", "{\"flowkit_dump\": 99}"] {
        fs::write(demo.path("manifest.json"), text).unwrap();
        let (code, _, said) = demo.summary(&[]);
        assert_eq!(code, Some(1), "{text}");
        assert!(said.contains("manifest"), "{said}");
    }
}

/// A flipped bit in the name of what every manifest has is not a dump without flows.
#[test]
fn a_manifest_without_parts_is_an_error() {
    let demo = Demo::new();
    replace(&demo.path("manifest.json"), "\"parts\"", "\"qarts\"");
    let (code, _, said) = demo.summary(&[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("flowkit-demo/manifest.json is no manifest"), "{said}");
    assert!(said.contains("missing field `parts`"), "{said}");
    assert_eq!(demo.flowkit(&["verify", "flowkit-demo"]).status.code(), Some(1));
}

/// A part that fell out of a damaged manifest is missing from answers, which say so.
#[test]
fn a_part_that_the_manifest_no_longer_names_is_told() {
    let demo = Demo::new();
    let read = || fs::read_to_string(demo.path("manifest.json")).unwrap();
    let mut manifest: serde_json::Value = serde_json::from_str(&read()).unwrap();
    let name = manifest["parts"].as_array_mut().unwrap().remove(0)["name"].clone();
    fs::write(demo.path("manifest.json"), manifest.to_string()).unwrap();
    let (code, _, said) = demo.summary(&[]);
    assert_eq!(code, Some(3), "{said}");
    let told =
        format!("parts/{}.ndjson.zst is no part that the manifest names", name.as_str().unwrap());
    assert!(said.contains(&told), "{said}");
    // What lies there beside is nobody's.
    fs::write(demo.path("parts/notes.txt"), "").unwrap();
    let verified = demo.flowkit(&["verify", "flowkit-demo"]);
    assert_eq!(verified.status.code(), Some(3));
    assert!(!String::from_utf8(verified.stderr).unwrap().contains("notes.txt"));
}

/// A demo replaces an earlier demo, and nothing else.
#[test]
fn a_demo_replaces_no_other_dump() {
    let demo = Demo::new();
    assert_eq!(demo.flowkit(&["demo"]).status.code(), Some(0));
    replace(&demo.path("manifest.json"), "flowkit-practice", "production");
    let output = demo.flowkit(&["demo"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("is not a demo"));
    assert_eq!(demo.summary(&[]).1, FLOWS);
}

/// `flowkit show | head -1` is no failure.
#[test]
fn a_broken_pipe_is_success() {
    let demo = Demo::new();
    for arguments in [&["show", "-n", "0"][..], &["top", "--by", "src_port", "-n", "0"]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_flowkit"))
            .args(arguments)
            .arg("flowkit-demo")
            .current_dir(demo.folder.path())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// What `show` prints is what is stored: the lines of the parts.
#[test]
fn shown_hits_are_the_stored_bytes() {
    let demo = Demo::new();
    let shown = demo.flowkit(&["show", "-n", "0", "--format", "stored", "flowkit-demo"]).stdout;
    let hits = demo.folder.path().join("hits.ndjson");
    fs::write(&hits, &shown).unwrap();
    assert_eq!(String::from_utf8(shown).unwrap().lines().count() as u64, FLOWS);
    let [dump, file] = ["flowkit-demo", "hits.ndjson"].map(|source| {
        demo.flowkit(&["top", "--by", "src_addr,dst_port", "-n", "0", "--format", "csv", source])
            .stdout
    });
    assert!(dump.len() > 10_000 && dump == file);
}

/// `verify` writes nothing, so it has no other place to choose.
#[test]
fn a_manifest_that_cannot_be_read_is_told_without_options_that_verify_has_not() {
    let demo = Demo::new();
    fs::write(demo.path("manifest.json"), "{").unwrap();
    let output = demo.flowkit(&["verify", "flowkit-demo"]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.starts_with("flowkit: flowkit-demo cannot be checked: "), "{told}");
    assert!(told.ends_with("; make the dump again\n") && !told.contains("-o"), "{told}");
}
