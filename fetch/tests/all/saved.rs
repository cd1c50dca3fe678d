//! What is in a dump, read as `zstdcat` and a JSON parser do.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use flowkit_model::dump::Manifest;
use flowkit_testdata::Document;
use serde_json::value::RawValue;

/// The bytes of `_source`, by index and id.
pub(crate) type Documents = BTreeMap<(String, String), String>;

/// The manifest of a dump.
pub(crate) fn manifest(root: &Path) -> Manifest {
    serde_json::from_slice(&fs::read(root.join("manifest.json")).unwrap()).unwrap()
}

/// The documents of a dump. No document may be there twice.
pub(crate) fn saved(root: &Path) -> Documents {
    #[derive(serde::Deserialize)]
    struct Hit<'a> {
        #[serde(rename = "_index")]
        index: String,
        #[serde(rename = "_id")]
        id: String,
        #[serde(borrow, rename = "_source")]
        source: &'a RawValue,
    }
    let mut saved = BTreeMap::new();
    for part in manifest(root).parts {
        let lines = zstd::decode_all(&fs::read(root.join(part.path())).unwrap()[..]).unwrap();
        for line in String::from_utf8(lines).unwrap().lines() {
            let hit: Hit = serde_json::from_str(line).unwrap();
            let old = saved.insert((hit.index, hit.id), hit.source.get().to_owned());
            assert_eq!(old, None, "no document twice");
        }
    }
    saved
}

/// What the practice server holds.
pub(crate) fn of_practice(documents: &[Document]) -> Documents {
    documents
        .iter()
        .map(|document| ((document.index.clone(), document.id.clone()), document.source.clone()))
        .collect()
}
