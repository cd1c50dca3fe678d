//! Our Parquet in the hands of others: each reads every value as flowkit does.
//!
//! Runs where `FLOWKIT_PYTHON` names a Python that has them (`pip install pyarrow
//! polars pandas fastparquet duckdb chdb datafusion pyspark`, the last with a Java),
//! and says so where not. `other_readers.py` beside this file asks each.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::Command;

use flowkit_analyze::export::{Addresses, Form};
use flowkit_analyze::import::import;
use flowkit_analyze::{ReadOptions, Selection, Source};

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

#[test]
fn every_reader_reads_the_same_values() {
    let Some(python) = std::env::var_os("FLOWKIT_PYTHON").map(PathBuf::from) else {
        eprintln!("skipped: FLOWKIT_PYTHON does not name a Python with readers of Parquet");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("dump");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/three-flows.ndjson");
    let corpus = std::env::var_os("FLOWKIT_CORPORA")
        .map(|folder| Path::new(&folder).join("day/es6.elasticdump.ndjson.gz"));
    let sources = [Source::open(&corpus.unwrap_or(file)).unwrap()];
    import(&sources, &dump, String::new(), true, ReadOptions::default()).unwrap();
    let (dump_sources, selection) = ([Source::open(&dump).unwrap()], Selection::default());
    let export = |form, name: &str| {
        let path = folder.path().join(name);
        let out = BufWriter::new(File::create(&path).unwrap());
        let export = export_of(&dump_sources, &selection, Addresses::Number);
        assert!(export.write(form, out).unwrap().flows > 2);
        path
    };
    let expected = digest(&python, "csv", &[export(Form::Csv { safe: false }, "flows.csv")]);
    let columns = fs::read_dir(dump.join("columns")).unwrap();
    let columns: Vec<PathBuf> = columns.map(|entry| entry.unwrap().path()).collect();
    let exported = [export(Form::Parquet, "flows.parquet")];
    for reader in READERS {
        assert_eq!(digest(&python, reader, &columns), expected, "{reader} of the columns");
        assert_eq!(digest(&python, reader, &exported), expected, "{reader} of an export");
        eprintln!("{reader}: {expected}");
    }
    assert_eq!(digest(&python, "fastparquet", &exported), expected, "fastparquet of an export");
}
