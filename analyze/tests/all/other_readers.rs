//! Our Parquet in the hands of others: each reads every value as flowkit does.
//!
//! Runs where `FLOWKIT_PYTHON` names a Python that has them (`pip install pyarrow
//! polars pandas fastparquet duckdb chdb datafusion pyspark`, the last with a Java),
//! and says so where not. `other_readers.py` beside this file asks each.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::process::Command;

use flowkit_analyze::export::{Addresses, Form};
use flowkit_analyze::import::import;
use flowkit_analyze::{ReadOptions, Selection, Source};
use serde_json::{Value, json};

use crate::exporting::export_of;

/// Who reads the columns of a dump. fastparquet (2026.9) is not among them: it
/// reads other numbers than were written from delta-encoded pages, also from those
/// of pyarrow.
const READERS: &[&str] =
    &["pyarrow", "polars", "pandas", "duckdb", "clickhouse", "datafusion", "spark"];

/// What a reader finds in files: number of rows and columns, and a digest of all
/// values.
fn digest(python: &Path, reader: &str, files: &[PathBuf]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/all/other_readers.py");
    let output = Command::new(python).arg(script).arg(reader).args(files).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{reader} of {files:?}: {error}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The Python that `FLOWKIT_PYTHON` names.
fn python() -> Option<PathBuf> {
    let python = std::env::var_os("FLOWKIT_PYTHON").map(PathBuf::from);
    if python.is_none() {
        eprintln!("skipped: FLOWKIT_PYTHON does not name a Python with readers of Parquet");
    }
    python
}

fn corpora() -> Option<PathBuf> {
    std::env::var_os("FLOWKIT_CORPORA").map(PathBuf::from)
}

/// A dump of some sources, and what is exported of it.
struct Exports {
    folder: tempfile::TempDir,
    dump: [Source; 1],
}

impl Exports {
    fn of(file: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dump = folder.path().join("dump");
        let sources = [Source::open(file).unwrap()];
        import(&sources, &dump, String::new(), true, ReadOptions::default()).unwrap();
        Self { dump: [Source::open(&dump).unwrap()], folder }
    }

    /// The files of columns of the dump.
    fn columns(&self) -> Vec<PathBuf> {
        let columns = fs::read_dir(self.folder.path().join("dump/columns")).unwrap();
        columns.map(|entry| entry.unwrap().path()).collect()
    }

    fn export(&self, form: Form, addresses: Addresses, name: &str) -> [PathBuf; 1] {
        let path = self.folder.path().join(name);
        let out = BufWriter::new(File::create(&path).unwrap());
        let export = export_of(&self.dump, &Selection::default(), addresses).write(form, out);
        assert!(export.unwrap().flows > 2);
        [path]
    }
}

/// Columns and exports of a file, by every reader.
fn check(python: &Path, file: &Path) {
    let exports = Exports::of(file);
    let csv = Form::Csv { safe: false };
    for (addresses, form) in [(Addresses::Number, "numbers"), (Addresses::Text, "text")] {
        let expected = exports.export(csv, addresses, &format!("{form}.csv"));
        let expected = digest(python, "csv", &expected);
        let parquet = exports.export(Form::Parquet, addresses, &format!("{form}.parquet"));
        for reader in READERS {
            if addresses == Addresses::Number {
                let columns = digest(python, reader, &exports.columns());
                assert_eq!(columns, expected, "{reader} of the columns");
            }
            assert_eq!(digest(python, reader, &parquet), expected, "{reader} of {form}");
            eprintln!("{reader} of {form}: {expected}");
        }
        assert_eq!(digest(python, "fastparquet", &parquet), expected, "fastparquet of {form}");
    }
}

#[test]
fn every_reader_reads_the_same_values() {
    let Some(python) = python() else { return };
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/three-flows.ndjson");
    let corpus = corpora().map(|folder| folder.join("day/es6.elasticdump.ndjson.gz"));
    check(&python, &corpus.unwrap_or(file));
}

/// The same of flows of versions 5, 9 and IPFIX, with addresses of both families; and
/// what two readers answer by address is what was worked out from the packets.
#[test]
fn every_reader_reads_both_families() {
    let Some(python) = python() else { return };
    let Some(folder) = corpora().map(|folder| folder.join("v9/mixed")) else {
        eprintln!("skipped: FLOWKIT_CORPORA does not name the corpora");
        return;
    };
    let file = folder.join("es7.elasticdump.ndjson.gz");
    check(&python, &file);
    let expected = File::open(folder.join("expected.json")).unwrap();
    let expected: Value = serde_json::from_reader(BufReader::new(expected)).unwrap();
    let expected = &expected["all"];
    let exports = Exports::of(&file);
    let text = exports.export(Form::Parquet, Addresses::Text, "text.parquet");
    for (form, files) in [("numbers", exports.columns()), ("text", text.to_vec())] {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/all/ask_addresses.py");
        let output = Command::new(&python).arg(script).arg(form).args(files).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let answers: Value = serde_json::from_slice(&output.stdout).unwrap();
        for reader in ["duckdb", "pyarrow"] {
            let answer = &answers[reader];
            let sums = |group: &Value| json!([group["flows"], group["bytes"]]);
            for family in ["4", "6"] {
                let group = &expected["by_family"][format!("ipv{family}")];
                let found = &answer[format!("family {family}")];
                assert_eq!(*found, sums(group), "{reader} of {form}: family {family}");
            }
            let top = expected["top"]["src_addr"]["by_bytes"].as_array().unwrap();
            let is_ipv6 = |group: &&Value| group["key"].as_str().unwrap().contains(':');
            assert!(
                top.iter().any(|group| is_ipv6(&group)) && !top.iter().all(|group| is_ipv6(&group))
            );
            for group in top {
                let key = group["key"].as_str().unwrap();
                assert_eq!(answer[key], sums(group), "{reader} of {form}: {key}");
            }
        }
    }
}
