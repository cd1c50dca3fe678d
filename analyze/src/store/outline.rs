//! What the footer of a file claims, before anything is made of it: its length, its
//! columns by name, and that every list in it is as long as it says.
//!
//! The crate that reads the footer takes memory for as many members of a structure
//! and elements of a list as a file claims, and follows structures inside of each
//! other without an end. So the bytes are walked here first, taking no memory.
//!
//! Source: Apache Parquet, `parquet.thrift` (`FileMetaData`).

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::encoding::Fault;
use super::footer::KEY;
use super::layout::Layout;
use super::thrift::{self, BINARY, I32, LIST, STRUCT};
use super::tuning::MOST_FOOTER;

/// The length of a footer and the letters behind it.
const TAIL: usize = 8;

/// The bytes of a file's footer, or what is wrong with it.
pub(super) fn footer(file: &File, file_bytes: u64) -> io::Result<Result<Vec<u8>, String>> {
    let none = || Ok(Err("it does not end as a Parquet file does".to_owned()));
    let Some(before_tail) = file_bytes.checked_sub(TAIL as u64) else { return none() };
    let mut tail = [0; TAIL];
    file.read_exact_at(&mut tail, before_tail)?;
    let (length, magic) = tail.split_at(4);
    let length = u64::from(u32::from_le_bytes(length.try_into().unwrap_or_default()));
    let Some(start) = before_tail.checked_sub(length).filter(|_| magic == b"PAR1") else {
        return none();
    };
    if length > MOST_FOOTER as u64 {
        return Ok(Err(format!("its footer has more than {} MiB", MOST_FOOTER >> 20)));
    }
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
    file.read_exact_at(&mut bytes, start)?;
    Ok(Ok(bytes))
}

/// Checks that a footer is one of flowkit's, and gives its columns.
///
/// # Errors
/// What is wrong, as the rest of a sentence about the file.
pub(super) fn check(footer: &[u8]) -> Result<Layout, String> {
    let damaged = |fault: Fault| format!("its footer is damaged ({fault})");
    let (mut columns, mut is_ours, mut n_chunks_each) = (Vec::new(), false, BTreeSet::new());
    thrift::fields(&mut &*footer, |field, kind, rest| match (field, kind) {
        (2, LIST) => each(rest, |rest| {
            columns.push(Column::read(rest)?);
            Ok(())
        }),
        (4, LIST) => each(rest, |rest| {
            n_chunks_each.insert(n_chunks(rest)?);
            Ok(())
        }),
        (5, LIST) => each(rest, |rest| {
            is_ours |= key(rest)? == KEY.as_bytes();
            Ok(())
        }),
        _ => thrift::skip(kind, rest),
    })
    .map_err(damaged)?;
    if !is_ours {
        return Err("flowkit did not write it".into());
    }
    let layout = named(&columns)?;
    match n_chunks_each.iter().find(|n| **n != layout.columns().len()) {
        Some(n) => Err(format!("a row group has {n} columns")),
        None => Ok(layout),
    }
}

/// Passes each structure of a list to `take`.
fn each<'f>(
    rest: &mut &'f [u8],
    mut take: impl FnMut(&mut &'f [u8]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let (kind, n) = thrift::list(rest)?;
    if n > 0 && kind != STRUCT {
        return Err("a list of something else");
    }
    (0..n).try_for_each(|_| take(rest))
}

/// A column of the schema, or a group of them.
struct Column<'f> {
    name: &'f [u8],
    n_inside: u64,
}

impl<'f> Column<'f> {
    fn read(rest: &mut &'f [u8]) -> Result<Self, Fault> {
        let mut column = Self { name: b"", n_inside: 0 };
        thrift::fields(rest, |field, kind, rest| {
            match (field, kind) {
                (4, BINARY) => column.name = thrift::binary(rest)?,
                (5, I32) => column.n_inside = thrift::size(rest)? as u64,
                _ => thrift::skip(kind, rest)?,
            }
            Ok(())
        })?;
        Ok(column)
    }

    /// Its name in messages.
    fn text(&self) -> String {
        let text = String::from_utf8_lossy(self.name);
        let short: String = text.chars().take(40).flat_map(char::escape_default).collect();
        if text.chars().count() > 40 { short + "…" } else { short }
    }
}

/// How many column chunks a row group lists.
fn n_chunks(rest: &mut &[u8]) -> Result<usize, Fault> {
    let mut n = 0;
    thrift::fields(rest, |field, kind, rest| match (field, kind) {
        (1, LIST) => each(rest, |rest| {
            n += 1;
            thrift::skip(STRUCT, rest)
        }),
        _ => thrift::skip(kind, rest),
    })?;
    Ok(n)
}

/// The key of a pair of the metadata.
fn key<'f>(rest: &mut &'f [u8]) -> Result<&'f [u8], Fault> {
    let mut key: &[u8] = b"";
    thrift::fields(rest, |field, kind, rest| {
        match (field, kind) {
            (1, BINARY) => key = thrift::binary(rest)?,
            _ => thrift::skip(kind, rest)?,
        }
        Ok(())
    })?;
    Ok(key)
}

/// The layout whose columns these are, each once and in its order, and none has others
/// inside.
fn named(columns: &[Column<'_>]) -> Result<Layout, String> {
    let Some((root, columns)) = columns.split_first() else {
        return Err("it has no columns".into());
    };
    if let Some(nested) = columns.iter().find(|column| column.n_inside > 0) {
        return Err(format!("its column {} has others inside", nested.text()));
    }
    let names = |layout: Layout| -> Vec<String> {
        layout.columns().iter().map(|column| column.name()).collect()
    };
    let has = |name: &str| columns.iter().any(|column| column.name == name.as_bytes());
    let [few, all] = Layout::EACH.map(names);
    let has_more = all.iter().any(|name| !few.contains(name) && has(name));
    let (layout, names) = if has_more { (Layout::All, &all) } else { (Layout::Version5, &few) };
    for name in names {
        match columns.iter().filter(|column| column.name == name.as_bytes()).count() {
            0 => return Err(format!("it lacks the column {name}")),
            1 => {}
            _ => return Err(format!("it has the column {name} twice")),
        }
    }
    let is_known = |column: &&Column<'_>| names.iter().any(|name| name.as_bytes() == column.name);
    if let Some(other) = columns.iter().find(|column| !is_known(column)) {
        return Err(format!("it has a column {} that no flow has", other.text()));
    }
    let in_order = columns.iter().zip(names).all(|(column, name)| column.name == name.as_bytes());
    if !in_order || root.n_inside != columns.len() as u64 {
        return Err("its columns are in another order".into());
    }
    Ok(layout)
}
