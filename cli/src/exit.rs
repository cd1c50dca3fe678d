//! The exit codes, and wrong usage.

use std::io;
use std::process::ExitCode;

use flowkit_analyze::AskError;
use flowkit_analyze::export::ExportError;
use flowkit_fetch::FetchError;
use flowkit_model::filter::FilterError;
use flowkit_model::window::WindowError;

/// Wrong usage that the parser of arguments cannot detect.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

/// Standard input or a pipe would have to be read again.
pub(crate) fn read_twice(why: &str, name: &str) -> anyhow::Error {
    Usage(format!("{why}, and {name} can only be read once; save it to a file")).into()
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Answered or saved, also if nothing matched or documents were skipped.
    Done,
    /// No answer.
    Failed,
    /// Wrong usage; clap's own code.
    Usage,
    /// Answered or saved, but the source is known to be incomplete.
    Incomplete,
    /// Ctrl-C: 128 and the number of the signal, as in shells.
    Interrupted,
}

impl Exit {
    /// The code of an error.
    pub(crate) fn of(error: &anyhow::Error) -> Self {
        if is_broken_pipe(error) {
            // `flowkit top | head` is not a failure.
            Self::Done
        } else if error.is::<WindowError>()
            || error.is::<FilterError>()
            || error.is::<Usage>()
            || error.downcast_ref().is_some_and(AskError::is_wrong_usage)
        {
            Self::Usage
        } else {
            match error.downcast_ref() {
                Some(FetchError::Address { .. }) => Self::Usage,
                Some(FetchError::Interrupted) => Self::Interrupted,
                _ => Self::Failed,
            }
        }
    }
}

impl Exit {
    /// The number.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Incomplete => 3,
            Self::Interrupted => 130,
        }
    }
}

/// Whether the reader of our output has closed it.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let written = match error.downcast_ref() {
        Some(ExportError::Write(error)) => Some(error),
        _ => error.downcast_ref::<io::Error>(),
    };
    written.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_has_its_code() {
        let pipe = io::Error::from(io::ErrorKind::BrokenPipe);
        assert_eq!(Exit::of(&anyhow::Error::from(pipe)), Exit::Done);
        let pipe = ExportError::Write(io::ErrorKind::BrokenPipe.into());
        assert_eq!(Exit::of(&pipe.into()), Exit::Done);
        assert_eq!(Exit::of(&FetchError::Interrupted.into()), Exit::Interrupted);
        assert_eq!(Exit::of(&FetchError::Exists { path: "x".into() }.into()), Exit::Failed);
        assert_eq!(Exit::of(&WindowError::Day { text: "x".into() }.into()), Exit::Usage);
        let address = FetchError::Address { url: "x".into(), why: "y" };
        assert_eq!(Exit::of(&address.into()), Exit::Usage);
        assert_eq!(Exit::of(&anyhow::anyhow!("x")), Exit::Failed);
    }
}
