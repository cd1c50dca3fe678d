//! Flows are listed in the order of their sources: file after file, block after block,
//! page after page, whichever thread reads which.

use std::fs::File;
use std::path::{Path, PathBuf};

use flowkit_analyze::export::{Addresses, Form};
use flowkit_analyze::import::import;
use flowkit_analyze::{ReadOptions, Selection, Source};
use flowkit_model::answer::Cell;
use flowkit_model::question::{FlowColumn, List, Report};

use crate::asking::{answer, question};
use crate::exporting::export_of;

/// Flows of a file, of several blocks of text and pages of columns.
const N: u64 = 40_000;

/// The bytes of a flow: in the order of flows they go up and down.
fn bytes(file: u64, n: u64) -> u128 {
    u128::from((file * N + n) * 7_919 % 100_003)
}

fn file(folder: &Path, number: u64) -> PathBuf {
    let path = folder.join(format!("{number}.ndjson"));
    let line = |n| format!("{{\"netflow\":{{\"version\":5,\"in_bytes\":{}}}}}\n", bytes(number, n));
    std::fs::write(&path, (0..N).map(line).collect::<String>()).unwrap();
    path
}

fn listed(sources: &[&Path], limit: u64) -> Vec<u128> {
    let sources: Vec<Source> = sources.iter().map(|path| Source::open(path).unwrap()).collect();
    let columns = Some(vec![FlowColumn::parse("bytes").unwrap()]);
    let limit = Some(usize::try_from(limit).unwrap());
    let list = List { columns, limit, ..List::default() };
    let rows = answer(&sources, &question(Report::List(list))).table.rows;
    let number = |row: &Vec<Cell>| match row[0] {
        Cell::Number(number) => number,
        ref other => panic!("{other:?}"),
    };
    rows.iter().map(number).collect()
}

#[test]
fn flows_are_listed_in_the_order_of_their_sources() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second] = [0, 1].map(|number| file(folder.path(), number));
    let of = |number: u64| (0..N).map(move |n| bytes(number, n));
    let both: Vec<u128> = of(1).chain(of(0)).collect();
    let dump = folder.path().join("dump");
    let sources = [&second, &first].map(|path| Source::open(path).unwrap());
    import(&sources, &dump, String::new(), true, ReadOptions::default()).unwrap();
    assert!(listed(&[&second, &first], 0) == both, "two files");
    assert!(listed(&[&dump], 0) == both, "the columns of a dump");
    for limit in [1, 20_000, 50_000] {
        let expected = &both[..usize::try_from(limit).unwrap()];
        assert!(listed(&[&second, &first], limit) == expected, "{limit} of two files");
        assert!(listed(&[&dump], limit) == expected, "{limit} of a dump");
    }
    let mixed: Vec<u128> = of(0).chain(both.iter().copied()).chain(of(1)).collect();
    assert!(listed(&[&first, &dump, &second], 0) == mixed, "a dump between two files");
    let parquet = folder.path().join("both.parquet");
    let out = File::create(&parquet).unwrap();
    let dump = [Source::open(&dump).unwrap()];
    export_of(&dump, &Selection::default(), Addresses::Number).write(Form::Parquet, out).unwrap();
    assert!(listed(&[&first, &parquet, &second], 0) == mixed, "Parquet between two files");
}
