//! The program: parse the command line, run the command, pick the exit code.

mod commands;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

/// Offline analysis of `NetFlow` v5 from Elasticsearch and OpenSearch
#[derive(Parser)]
#[command(version, propagate_version = true)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    Fetch(commands::fetch::Fetch),
}

fn main() -> ExitCode {
    let Args { command: Command::Fetch(fetch) } = Args::parse();
    match fetch.run() {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(io::stderr(), "flowkit: {error:#}");
            commands::fetch::exit_code(&error)
        }
    }
}
