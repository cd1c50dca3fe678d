//! The program's command line, and its commands: one file each, thin, over the
//! libraries.

mod ask;
mod beacons;
mod check;
mod completions;
mod demo;
mod diff;
mod explain;
mod export;
mod exporters;
mod fetch;
mod fields;
mod filter;
mod guide;
mod help;
mod import;
mod list;
mod man;
#[cfg(test)]
mod options_test;
mod pairs;
mod ports;
mod protocols;
mod scans;
mod send;
mod show;
mod suggest;
mod summary;
mod synth;
mod talkers;
mod timeline;
mod top;
mod verify;

use std::ffi::OsString;
use std::path::Path;

use clap::{CommandFactory, FromArgMatches, Parser};
use flowkit_model::harmless;

pub(crate) use self::suggest::refuse;
use crate::args::general::General;
use crate::exit::Exit;

const ABOUT: &str = "\
Offline analysis of NetFlow v5, v9 and IPFIX from Elasticsearch or OpenSearch

flowkit fetch saves the flows of a time window as a dump on disk; every other
command answers from the dump, or from files, without a server.";

const MORE: &str = "\
Start here:
  flowkit demo                      practise without a server
  flowkit fetch --day 2018-09-21    save a day into ./flowkit-dump
  flowkit top --by dst_port         top 10 destination ports by bytes
  flowkit top --by dst_port hits.ndjson.gz
  flowkit fields                    list the fields to group by
  flowkit help options              filters, time windows, formats
  flowkit guide                     the user guide

Tables have SI units: 1 kB is 1000 B. Times are UTC, unless --tz is given.
Exit codes: 0 done, also if nothing matched; 1 failed, no answer; 2 wrong usage;
3 done, but the source is known to be incomplete; 130 interrupted.";

/// The command line of the program.
#[derive(Parser)]
#[command(
    name = "flowkit",
    version,
    about = ABOUT,
    after_help = MORE,
    max_term_width = 100,
    disable_help_flag = true,
    disable_help_subcommand = true
)]
pub(crate) struct Program {
    #[command(flatten)]
    pub(crate) general: General,

    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(clap::Subcommand)]
enum Command {
    Demo(demo::Demo),
    Import(import::Import),
    Fetch(Box<fetch::Fetch>),
    Verify(verify::Verify),
    Export(export::Export),
    Top(top::Top),
    Talkers(talkers::Talkers),
    Ports(ports::Ports),
    Protocols(protocols::Protocols),
    Pairs(pairs::Pairs),
    List(list::List),
    Exporters(exporters::Exporters),
    Timeline(timeline::Timelines),
    Scans(scans::Scans),
    Beacons(beacons::Beacons),
    Diff(diff::Diff),
    Summary(summary::Summary),
    Check(check::Check),
    Ask(ask::Ask),
    Show(show::Show),
    Fields(fields::Fields),
    Explain(explain::Explain),
    Synth(synth::Synth),
    Send(send::Send),
    Filter(filter::Filter),
    Guide(guide::Guide),
    Completions(completions::Completions),
    Man(man::Man),
    Help(help::Help),
}

impl Program {
    /// Reads the arguments of the process.
    ///
    /// # Errors
    /// If they are wrong, or ask for help or the version.
    pub(crate) fn read() -> Result<Self, clap::Error> {
        let typed: Vec<OsString> = std::env::args_os().collect();
        Self::parse(&typed).map_err(|error| {
            // It quotes what was typed, or put there by a script.
            let harmless = |word: &OsString| harmless::path(Path::new(word)).to_string().into();
            let shown: Vec<OsString> = typed.iter().map(harmless).collect();
            if shown == typed { error } else { Self::parse(&shown).err().unwrap_or(error) }
        })
    }

    fn parse(typed: &[OsString]) -> Result<Self, clap::Error> {
        let mut parser = help::short(Self::command());
        let read = Self::from_arg_matches(&parser.try_get_matches_from_mut(typed)?);
        read.map_err(|error| error.format(&mut parser))
    }

    /// Runs the command.
    pub(crate) fn run(&self) -> anyhow::Result<Exit> {
        let general = &self.general;
        match &self.command {
            Command::Demo(command) => command.run(general),
            Command::Fetch(command) => command.run(general),
            Command::Import(command) => command.run(general),
            Command::Verify(command) => command.run(),
            Command::Export(command) => command.run(general),
            Command::Top(command) => command.run(general),
            Command::Talkers(command) => command.run(general),
            Command::Ports(command) => command.run(general),
            Command::Protocols(command) => command.run(general),
            Command::Pairs(command) => command.run(general),
            Command::List(command) => command.run(general),
            Command::Summary(command) => command.run(general),
            Command::Show(command) => command.run(general),
            Command::Fields(command) => command.run(general),
            Command::Explain(command) => command.run(general),
            Command::Synth(command) => command.run(general),
            Command::Send(command) => command.run(general),
            Command::Exporters(command) => command.run(general),
            Command::Timeline(command) => command.run(general),
            Command::Scans(command) => command.run(general),
            Command::Beacons(command) => command.run(general),
            Command::Diff(command) => command.run(general),
            Command::Check(command) => command.run(general),
            Command::Ask(command) => command.run(general),
            Command::Filter(command) => command.run(),
            Command::Guide(command) => command.run(),
            Command::Completions(command) => command.run(),
            Command::Man(command) => command.run(),
            Command::Help(command) => command.run(general),
        }
    }
}
