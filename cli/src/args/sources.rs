//! Where the flows come from: dumps, files and standard input.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use flowkit_analyze::input::{INPUTS, InputForm};
use flowkit_analyze::scan::ReadOptions;
use flowkit_analyze::{ReadError, Source};

use super::selection::Select;
use crate::exit::{Usage, read_twice};
use crate::output::destination::named;

/// The dump that `flowkit fetch` saves unless it is told otherwise.
const DEFAULT: &str = "flowkit-dump";

/// Sources of an answer.
#[derive(clap::Args)]
pub(crate) struct Sources {
    /// Dumps and files to read; - is standard input [default: ./flowkit-dump]
    ///
    /// A dump is a directory that `flowkit fetch` saved; of another directory
    /// all files are read. Files are told by their content, also packed with
    /// gzip, zstd, xz or bzip2; --input-format lists what they may hold. A
    /// pattern in quotes, such as 'dumps/*.ndjson.zst', is all files it matches.
    #[arg(
        value_name = "SOURCE",
        env = "FLOWKIT_DUMP",
        default_value = DEFAULT,
        hide_default_value = true,
        hide_env_values = true,
        help_heading = None::<&str>
    )]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) select: Select,

    /// Stop at the first document that is no flow, instead of skipping it
    #[arg(long, help_heading = "Reading")]
    strict: bool,

    /// Exit with 0 even if a source is known to be incomplete
    #[arg(long, help_heading = "Reading")]
    pub(crate) allow_incomplete: bool,

    /// Bytes of groups to keep in memory; more go to temporary files
    #[arg(long, hide = true, env = "FLOWKIT_MEMORY", value_name = "BYTES")]
    memory: Option<usize>,

    #[command(flatten)]
    format: InputFormat,
}

/// The form of a source, where it is given.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct InputFormat {
    /// What the sources hold, instead of telling it by their content
    #[arg(
        long = "input-format",
        value_name = "FORM",
        value_parser = forms(),
        help_heading = "Reading"
    )]
    form: Option<&'static InputForm>,
}

/// The names of the list of forms.
fn forms() -> impl TypedValueParser<Value = &'static InputForm> {
    let names = INPUTS.iter().map(|form| PossibleValue::new(form.name).help(form.about));
    PossibleValuesParser::new(names).map(|name| {
        InputForm::by_name(&name).expect("the parser knows the names of the list alone")
    })
}

impl InputFormat {
    /// Opens a source of this form.
    pub(crate) fn open(&self, path: &Path) -> Result<Source, ReadError> {
        Source::open_as(path, self.form)
    }
}

impl Sources {
    /// Finds all of them.
    pub(crate) fn open(&self) -> anyhow::Result<Vec<Source>> {
        let mut sources = Vec::new();
        for path in &self.paths {
            for path in matches(path)? {
                sources.push(open(&path, &self.format)?);
            }
        }
        if sources.iter().filter(|source| source.is_stdin()).count() > 1 {
            return Err(read_twice("- is named twice"));
        }
        Ok(sources)
    }

    /// How to read them.
    pub(crate) fn options(&self) -> ReadOptions {
        ReadOptions { strict: self.strict, memory: self.memory }
    }
}

/// The path itself if there is such a file, or else, if it is a pattern, the
/// files that it matches, in order of their names.
fn matches(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let is_pattern = |text: &&str| text.contains(['*', '?', '[']);
    let Some(pattern) = path.to_str().filter(is_pattern).filter(|_| !path.exists()) else {
        return Ok(vec![path.into()]);
    };
    let found = glob::glob(pattern)
        .with_context(|| format!("{pattern} is no file, and no pattern of files either"))?
        .collect::<Result<Vec<_>, _>>()
        .with_context(|| format!("cannot look for files that {pattern} matches"))?;
    if found.is_empty() {
        bail!("no file matches {pattern}; `ls` shows what is there");
    }
    Ok(found)
}

/// Opens a source; who named none and has no dump yet is told how to get one.
pub(crate) fn open(path: &Path, format: &InputFormat) -> anyhow::Result<Source> {
    format.open(path).map_err(|error| match error {
        ReadError::Open { ref source, .. }
            if path == Path::new(DEFAULT) && source.kind() == ErrorKind::NotFound =>
        {
            anyhow!(
                "there is no {DEFAULT} here; name a dump or a file, save one with `flowkit fetch`, \
                 or practise with `flowkit demo`"
            )
        }
        error => error.into(),
    })
}

/// Refuses to write over one of the sources.
pub(crate) fn refuse_sources(path: Option<&Path>, sources: &[Source]) -> anyhow::Result<()> {
    match named(path) {
        Some(path) if sources.iter().any(|source| source.reads(path)) => {
            Err(Usage(format!("{} is what is read; name another with -o", path.display())).into())
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
            let found = matches(&folder.path().join(pattern)).unwrap();
            let expected: Vec<_> = expected.iter().map(|name| folder.path().join(name)).collect();
            assert_eq!(found, expected, "{pattern}");
        }
        for (pattern, expected) in
            [("*.gz", "no file matches "), ("***", "is no file, and no pattern")]
        {
            let error = matches(&folder.path().join(pattern)).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
