//! The program: read the command line, run the command, pick the exit code.

#![expect(clippy::doc_markdown, reason = "comments of arguments are the help that people read")]

mod args;
mod commands;
mod destination;
mod exit;
mod interrupt;
mod output;
mod report;
mod screen;
mod warn;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use flowkit_analyze::AskError;
use flowkit_model::filter::FilterError;
use flowkit_model::harmless::harmless;

use crate::commands::{Program, refuse};
use crate::exit::Exit;
use crate::screen::err;

/// An error in one line, since it may quote what a stranger wrote. That of a filter has
/// two more: the filter, and a caret under the mistake.
fn said(error: &anyhow::Error) -> String {
    let text = format!("{error:#}");
    let is_of_filter = |cause: &(dyn std::error::Error + 'static)| {
        cause.is::<FilterError>() || matches!(cause.downcast_ref(), Some(AskError::Filter(_)))
    };
    if error.chain().any(is_of_filter) {
        return text;
    }
    harmless(&text).into_owned()
}

/// Says why there is no answer; the exit code.
fn failed(error: &anyhow::Error) -> Exit {
    let exit = Exit::of(error);
    if exit != Exit::Done {
        // An error of writing that names no file is of standard output.
        let place = if error.is::<io::Error>() && error.chain().count() == 1 {
            "cannot write to standard output: "
        } else {
            ""
        };
        // If standard error is closed too, only the exit code is left.
        let _ = writeln!(err(), "flowkit: {place}{}", said(error));
    }
    exit
}

fn main() -> ExitCode {
    let begun = Instant::now();
    let program = match Program::read() {
        Ok(program) => program,
        Err(error) => {
            return refuse(error).unwrap_or_else(|error| failed(&error.into()).into());
        }
    };
    interrupt::listen();
    let exit = program.run().unwrap_or_else(|error| failed(&error));
    if program.general.stats {
        let _ = writeln!(err(), "time: {:.3} s", begun.elapsed().as_secs_f64());
    }
    exit.into()
}
