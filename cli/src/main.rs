//! The program: read the command line, run the command, pick the exit code.

#![expect(clippy::doc_markdown, reason = "comments of arguments are the help that people read")]

mod args;
mod commands;
mod destination;
mod exit;
mod interrupt;
mod output;
mod report;
mod warn;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use crate::commands::{Program, refuse};
use crate::exit::Exit;

/// Text of an error, which may quote what a stranger wrote, with nothing in it that
/// moves a terminal's cursor.
fn harmless(text: &str) -> String {
    let shown =
        |letter: char| if letter.is_control() && letter != '\n' { '\u{fffd}' } else { letter };
    text.chars().map(shown).collect()
}

fn main() -> ExitCode {
    let begun = Instant::now();
    let program = match Program::read() {
        Ok(program) => program,
        Err(error) => return refuse(error),
    };
    interrupt::listen();
    let exit = program.run().unwrap_or_else(|error| {
        let exit = Exit::of(&error);
        if exit != Exit::Done {
            // An error of writing that names no file is of standard output.
            let place = if error.is::<io::Error>() && error.chain().count() == 1 {
                "cannot write to standard output: "
            } else {
                ""
            };
            // If standard error is closed too, only the exit code is left.
            let text = harmless(&format!("{error:#}"));
            let _ = writeln!(io::stderr(), "flowkit: {place}{text}");
        }
        exit
    });
    if program.general.stats {
        let _ = writeln!(io::stderr(), "time: {:.3} s", begun.elapsed().as_secs_f64());
    }
    exit.into()
}
