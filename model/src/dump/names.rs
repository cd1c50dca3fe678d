//! The names of the files and folders in a dump.

use std::path::{Path, PathBuf};

use super::part_form::PartForm;

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

/// Longest part name in bytes, so that it fits any file system with its end.
pub(super) const NAME_LIMIT: usize = 120;

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
