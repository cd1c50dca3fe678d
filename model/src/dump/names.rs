//! The names of the files and folders in a dump.

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
/// End of the name of what is about to replace the one without it and the number before.
const NEW_END: &str = ".new";

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

/// Whether a name is one that flowkit gives to a part: what a manifest says is not
/// believed before.
#[must_use]
pub fn is_part_name(name: &str) -> bool {
    let digits = name.bytes().take_while(u8::is_ascii_digit).count();
    let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    digits >= 4
        && name.as_bytes().get(digits) == Some(&b'-')
        && name.len() <= NAME_LIMIT
        && name.bytes().all(is_safe)
        && !name.contains("..")
        && !name.ends_with('.')
}

/// Whether a name is that of one thing in a folder, and leads nowhere else.
#[must_use]
pub fn is_plain_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains(['/', '\\', '\0'])
}

/// Who began something unfinished, as its name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Somebody who holds a lock on it; its number is random.
    Locked,
    /// This process: an earlier flowkit, which had no locks.
    By(i32),
    /// Nobody knows: a flowkit before that.
    Unknown,
}

/// The name of something unfinished that will have this name.
#[must_use]
pub fn unfinished_name(name: &str, random: u64) -> String {
    format!("{name}.{random:016x}{NEW_END}")
}

/// The name that something unfinished will have, and who began it; `None` if it is not
/// the name of something unfinished.
#[must_use]
pub fn unfinished(name: &str) -> Option<(&str, Begun)> {
    let new = name.strip_suffix(NEW_END)?;
    let begun = |number: &str| {
        if number.len() == 16 && number.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Some(Begun::Locked);
        }
        number.parse().ok().filter(|process| *process > 0).map(Begun::By)
    };
    let numbered = new.rsplit_once('.').and_then(|(stem, number)| Some((stem, begun(number)?)));
    Some(numbered.unwrap_or((new, Begun::Unknown)))
}

/// Whether a file in `parts` or `columns` has a name that flowkit gives.
#[must_use]
pub fn is_ours(file_name: &str) -> bool {
    let whole = unfinished(file_name).map_or(file_name, |(whole, _)| whole);
    let stem = PartForm::ALL
        .iter()
        .map(|form| form.end())
        .chain([PARTIAL_END, STATE_END, COLUMNS_END])
        .find_map(|end| whole.strip_suffix(end));
    stem.is_some_and(|stem| {
        let digits = stem.bytes().take_while(u8::is_ascii_digit).count();
        digits >= 4 && stem.as_bytes().get(digits) == Some(&b'-')
    })
}
