//! Where an answer or an export goes: standard output, or a file that appears
//! when it is complete.

use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

use anyhow::bail;
use clap::ValueEnum;
use flowkit_dump::NewNamed;
use flowkit_model::harmless;

use crate::exit::Usage;
use crate::screen::{Content, Harmless, out_is_terminal, stdout};

/// A buffered file or standard output.
pub(crate) type Out = BufWriter<Box<dyn Write + Send>>;

const BUFFER: usize = 1 << 18;

/// Lets `write` write to a file, or to standard output if none is named or its
/// name is `-`; what `content` says is made harmless.
///
/// The file takes its name when `write` is done: until then, and for good if it
/// fails or is interrupted, what had that name before stays as it is. Devices and
/// pipes are written to as they are.
///
/// # Errors
/// Those of `write`; an [`io::Error`] names the file.
pub(crate) fn write_to<T>(
    path: Option<&Path>,
    content: Content,
    write: impl FnOnce(&mut Out) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let Some(path) = named(path) else {
        let out = Box::new(stdout());
        return filled(made_harmless(out, content, out_is_terminal()), write);
    };
    let cannot = || format!("cannot write {}", harmless::path(path));
    let is_special = fs::metadata(path).is_ok_and(|found| !found.is_file());
    let written = if is_special {
        let opened = File::create(path).map_err(Into::into);
        opened.and_then(|file| {
            let to_terminal = file.is_terminal();
            filled(made_harmless(Box::new(file), content, to_terminal), write)
        })
    } else {
        replaced(path, content, write)
    };
    written.map_err(|error| if error.is::<io::Error>() { error.context(cannot()) } else { error })
}

/// Whether what goes to a file, or to standard output if none is named, goes to a
/// terminal.
pub(crate) fn to_terminal(path: Option<&Path>) -> bool {
    named(path).is_none() && out_is_terminal()
}

/// Refuses to write a format that is not text to a terminal.
pub(crate) fn refuse_terminal(path: Option<&Path>, format: &impl ValueEnum) -> anyhow::Result<()> {
    if !to_terminal(path) {
        return Ok(());
    }
    let format = format.to_possible_value().map(|format| format.get_name().to_owned());
    let format = format.as_deref().unwrap_or("this format");
    Err(Usage(format!("{format} is not text for a terminal; name a file with -o, or use > or |"))
        .into())
}

/// The file that is named, if any: `-` is standard output.
pub(crate) fn named(path: Option<&Path>) -> Option<&Path> {
    path.filter(|path| path.as_os_str() != "-")
}

fn made_harmless(
    out: Box<dyn Write + Send>,
    content: Content,
    to_terminal: bool,
) -> Box<dyn Write + Send> {
    if content.is_made_harmless(to_terminal) { Box::new(Harmless::new(out, content)) } else { out }
}

fn filled<T>(
    out: Box<dyn Write + Send>,
    write: impl FnOnce(&mut Out) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let mut out = BufWriter::with_capacity(BUFFER, out);
    let written = write(&mut out)?;
    out.flush()?;
    Ok(written)
}

/// Writes a file beside another and renames it.
fn replaced<T>(
    path: &Path,
    content: Content,
    write: impl FnOnce(&mut Out) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    // A symbolic link is kept, and its target replaced.
    let place = fs::canonicalize(path).unwrap_or_else(|_| path.into());
    if place.file_name().is_none() {
        bail!("{} does not name a file", harmless::path(&place));
    }
    let (new, file) = NewNamed::create(&place)?;
    let written = filled(made_harmless(Box::new(file), content, false), write)?;
    new.finish()?;
    Ok(written)
}
