//! What is imported can be had again: documents with their identities, and what
//! holds no documents byte for byte.

mod columns;
mod kept;
mod lacking;

use std::path::{Path, PathBuf};

use flowkit_analyze::import::{Imported, import};
use flowkit_analyze::{ReadOptions, Source};

fn saved(path: &Path, columns: bool) -> (PathBuf, Imported) {
    let dump = PathBuf::from(format!("{}.dump-{columns}", path.display()));
    let sources = [Source::open(path).unwrap()];
    let imported = import(&sources, &dump, String::new(), columns, ReadOptions::default()).unwrap();
    (dump, imported)
}

/// A hit that only its id and bytes tell from others.
fn hit(id: u32, bytes: u32) -> String {
    format!(
        r#"{{"_index":"a","_id":"{id}","_source":{{"@timestamp":"2018-09-21T00:00:00.008Z","host":"r{}","netflow":{{"version":5,"bytes":{bytes},"src_addr":"10.0.0.{}"}}}}}}"#,
        id % 3,
        id % 200
    )
}

fn hits(ids: std::ops::Range<u32>) -> String {
    ids.map(|id| hit(id, id) + "\n").collect()
}
