//! The program: parse the command line, run the command, pick the exit code.

#![expect(clippy::doc_markdown, reason = "comments of arguments are the help that people read")]

mod args;
mod commands;
mod exit;
mod interrupt;
mod output;
mod report;
mod warn;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::commands::Command;
use crate::exit::Exit;

const ABOUT: &str = "\
Offline analysis of NetFlow v5 from Elasticsearch or OpenSearch (Logstash)

flowkit fetch saves the flows of a time window as a dump on disk; every other
command answers from the dump, or from files, without a server in reach.";

const MORE: &str = "\
Start here:
  flowkit demo                      practise on a made-up day, without a server
  flowkit fetch --day 2018-09-21    save a day into ./flowkit-dump
  flowkit top --by dst_port         what carried the most bytes?
  flowkit top --by dst_port hits.ndjson.gz
  flowkit fields                    what can be grouped by

Amounts for people are in SI units: 1 kB is 1000 B. Times are UTC.
Exit codes: 0 answered; 1 failed, no answer; 2 wrong usage; 3 answered or saved,
but the source is known to be incomplete; 130 interrupted.";

#[derive(Parser)]
#[command(name = "flowkit", version, about = ABOUT, after_help = MORE, max_term_width = 100)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let args = Args::try_parse().unwrap_or_else(|error| commands::suggest::improve(error).exit());
    let exit = args.command.run().unwrap_or_else(|error| {
        let exit = Exit::of(&error);
        if exit != Exit::Done {
            // Nobody is left to tell if this fails too.
            // An error of writing that names no file is of standard output.
            let place = if error.is::<io::Error>() && error.chain().count() == 1 {
                "cannot write to standard output: "
            } else {
                ""
            };
            let _ = writeln!(io::stderr(), "flowkit: {place}{error:#}");
        }
        exit
    });
    exit.into()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// What is written beside the options is not broken by a terminal of 80
    /// columns: an example that is can't be pasted.
    #[test]
    fn help_fits_in_80_columns() {
        let program = Args::command();
        for command in program.get_subcommands().chain([&program]) {
            let about = command.get_about().into_iter();
            let texts = about.chain(command.get_after_help()).map(ToString::to_string);
            for line in texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()) {
                assert!(line.chars().count() <= 80, "{}: {line}", command.get_name());
            }
        }
    }
}
