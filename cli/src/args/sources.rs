//! Where the flows come from: dumps, files and standard input.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use flowkit_analyze::input::{INPUTS, InputForm};
use flowkit_analyze::{ReadError, ReadOptions, Source};
use flowkit_dump::named::is_same_pipe;
use flowkit_model::harmless;

use super::numbers::bytes;
use super::selection::Select;
use crate::destination::named;
use crate::exit::{Usage, read_twice};

/// The dump that commands write and read by default.
pub(crate) const DEFAULT: &str = "flowkit-dump";
/// The environment variable that names another dump.
pub(crate) const VARIABLE: &str = "FLOWKIT_DUMP";

/// The source of a command that was given none.
pub(crate) fn default_source() -> PathBuf {
    let named = std::env::var_os(VARIABLE).filter(|name| !name.is_empty());
    named.map_or_else(|| DEFAULT.into(), PathBuf::from)
}

/// Sources of an answer, and which flows of them.
#[derive(clap::Args)]
pub(crate) struct Sources {
    /// Dumps and files to read; - is standard input [default: ./flowkit-dump]
    #[arg(
        value_name = "SOURCE",
        env = VARIABLE,
        default_value = DEFAULT,
        hide_default_value = true,
        hide_env = true,
        help_heading = None::<&str>
    )]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) select: Select,

    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// How sources are read.
#[derive(clap::Args, Debug, Default)]
#[command(next_help_heading = "Reading")]
pub(crate) struct Reading {
    #[command(flatten)]
    pub(crate) format: InputFormat,

    /// Stop at the first document that is not a flow, instead of skipping it
    #[arg(long)]
    strict: bool,

    /// Exit with 0 even if a source is known to be incomplete
    #[arg(long)]
    pub(crate) allow_incomplete: bool,

    /// Memory limit for aggregation; spills to disk beyond it
    #[arg(
        long,
        env = MEMORY,
        hide_env_values = true,
        value_name = "BYTES",
        value_parser = memory
    )]
    memory: Option<usize>,
}

/// The variable of `--memory`.
const MEMORY: &str = "FLOWKIT_MEMORY";

/// A number of bytes; of one that is none it is told where it comes from.
fn memory(text: &str) -> Result<usize, String> {
    bytes(text).map_err(|why| match std::env::var(MEMORY) {
        Ok(set) if set == text => format!("{why}; {MEMORY} says so"),
        _ => why,
    })
}

impl Reading {
    /// How to read sources.
    pub(crate) fn options(&self) -> ReadOptions {
        ReadOptions { strict: self.strict, memory: self.memory }
    }
}

/// The format of a source, where it is given.
#[derive(clap::Args, Debug, Default)]
#[command(next_help_heading = "Reading")]
pub(crate) struct InputFormat {
    /// Format of the sources, instead of detecting it from their content
    #[arg(long = "input-format", value_name = "FORMAT", value_parser = forms())]
    form: Option<&'static InputForm>,
}

/// Old names of formats, still understood.
const OLD_NAMES: [(&str, &str); 2] = [("capture", "pcap"), ("columns", "parquet")];

/// The names of the list of formats.
fn forms() -> impl TypedValueParser<Value = &'static InputForm> {
    let names = INPUTS.iter().map(|form| {
        let old = OLD_NAMES.iter().filter(|(_, name)| *name == form.name).map(|(old, _)| *old);
        PossibleValue::new(form.name).help(form.about).aliases(old)
    });
    PossibleValuesParser::new(names).map(|typed| {
        let name = OLD_NAMES.iter().find(|(old, _)| *old == typed).map(|(_, name)| *name);
        InputForm::by_name(name.unwrap_or(&typed)).expect("the parser knows no other names")
    })
}

impl InputFormat {
    /// Opens a source of this format.
    pub(crate) fn open(&self, path: &Path) -> Result<Source, ReadError> {
        Source::open_as(path, self.form)
    }
}

impl Sources {
    /// Opens all of them.
    pub(crate) fn open(&self) -> anyhow::Result<Vec<Source>> {
        let mut sources = Vec::new();
        for path in &self.paths {
            for path in matches(path, &self.paths)? {
                sources.push(open(&path, &self.reading.format)?);
            }
        }
        for (number, source) in sources.iter().enumerate() {
            let Some(pipe) = source.pipe() else { continue };
            if sources[..number].iter().any(|earlier| earlier.is_pipe_of(pipe)) {
                return Err(read_twice(
                    &format!("{} is named twice", harmless::path(pipe)),
                    source.name(),
                ));
            }
        }
        Ok(sources)
    }

    /// Whether one of them is the same pipe as a path, or both are standard input.
    pub(crate) fn read_pipe(&self, path: &Path) -> bool {
        self.paths.iter().any(|source| is_same_pipe(source, path))
    }

    /// How to read them.
    pub(crate) fn options(&self) -> ReadOptions {
        self.reading.options()
    }
}

/// The path itself if there is such a file, or else, if it is a pattern, the
/// files that it matches, in order of their names.
///
/// # Errors
/// If a file has a pattern for its name that matches others, which are not `named`.
fn matches(path: &Path, named: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let is_pattern = |text: &&str| text.contains(['*', '?', '[']);
    let Some(pattern) = path.to_str().filter(is_pattern) else {
        return Ok(vec![path.into()]);
    };
    if path.exists() {
        refuse_others(path, pattern, named)?;
        return Ok(vec![path.into()]);
    }
    let found = glob::glob(pattern)
        .with_context(|| format!("{pattern} is not a file, and not a pattern of files either"))?
        .collect::<Result<Vec<_>, _>>()
        .with_context(|| format!("cannot look for files that {pattern} matches"))?;
    if found.is_empty() {
        bail!("no file matches {pattern}");
    }
    if let Some(other) =
        found.iter().find(|path| path.exists() && !path.is_file() && !path.is_dir())
    {
        let name = harmless::path(other);
        bail!("{name}, which {pattern} matches, is no file but a pipe or a device");
    }
    Ok(found)
}

/// Refuses a file whose name is a pattern that matches files which nobody named: either
/// may be meant. A shell names all of them.
fn refuse_others(path: &Path, pattern: &str, named: &[PathBuf]) -> Result<(), Usage> {
    let place = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.into());
    let named: Vec<PathBuf> = named.iter().map(|path| place(path)).collect();
    let found = glob::glob(pattern).into_iter().flatten().flatten();
    let others = found.filter(|found| *found != path && !named.contains(&place(found))).count();
    if others == 0 {
        return Ok(());
    }
    let (files, escaped) =
        (if others == 1 { "file" } else { "files" }, glob::Pattern::escape(pattern));
    Err(Usage(format!(
        "{pattern} is a file, and a pattern that matches {others} other {files}; \
         name that file as '{escaped}', and the others by their names"
    )))
}

/// Opens a source. Without a dump, the error says how to get one.
pub(crate) fn open(path: &Path, format: &InputFormat) -> anyhow::Result<Source> {
    format.open(path).map_err(|error| match error {
        ReadError::Open { ref source, .. }
            if path == Path::new(DEFAULT) && source.kind() == ErrorKind::NotFound =>
        {
            anyhow!(
                "no {DEFAULT} in this directory; name a dump, a file or - (standard input), \
                 save a dump with `flowkit fetch`, or practise with `flowkit demo`"
            )
        }
        error => error.into(),
    })
}

/// Refuses to write over one of the sources.
pub(crate) fn refuse_sources(path: Option<&Path>, sources: &[Source]) -> anyhow::Result<()> {
    match named(path) {
        Some(path) if sources.iter().any(|source| source.reads(path)) => {
            Err(Usage(format!("{} is a source; name another file with -o", harmless::path(path)))
                .into())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_the_files_it_matches_unless_there_is_a_file_of_that_name() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.ndjson", "a.ndjson", "c.txt", "x[1].ndjson"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        for (pattern, expected) in [
            ("*.ndjson", &["a.ndjson", "b.ndjson", "x[1].ndjson"][..]),
            ("?.ndjson", &["a.ndjson", "b.ndjson"]),
            ("[bc].*", &["b.ndjson", "c.txt"]),
            ("x[1].ndjson", &["x[1].ndjson"]),
            ("missing", &["missing"]),
        ] {
            let found = matches(&folder.path().join(pattern), &[]).unwrap();
            let expected: Vec<_> = expected.iter().map(|name| folder.path().join(name)).collect();
            assert_eq!(found, expected, "{pattern}");
        }
        for (pattern, expected) in
            [("*.gz", "no file matches "), ("***", "is not a file, and not a pattern")]
        {
            let error = matches(&folder.path().join(pattern), &[]).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_file_hides_no_others_that_its_name_matches() {
        let folder = tempfile::tempdir().unwrap();
        let [star, a, b] = ["*.ndjson", "a.ndjson", "b.ndjson"].map(|name| {
            let path = folder.path().join(name);
            std::fs::write(&path, "").unwrap();
            path
        });
        let named = [star.clone(), a.clone()];
        let error = matches(&star, &named).unwrap_err();
        assert!(error.is::<Usage>());
        let said = error.to_string();
        assert!(said.contains("is a file, and a pattern that matches 1 other file;"), "{said}");
        let literal = folder.path().join("[*].ndjson");
        assert!(said.contains(literal.to_str().unwrap()), "{said}");
        assert_eq!(matches(&literal, &named).unwrap(), named[..1]);
        // As a shell names them.
        let all = [star.clone(), a.clone(), folder.path().join("./b.ndjson")];
        assert_eq!(matches(&star, &all).unwrap(), named[..1]);
        std::fs::remove_file(b).unwrap();
        assert_eq!(matches(&star, &named).unwrap(), [star]);
    }
}
