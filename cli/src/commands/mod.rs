//! The commands: one file each, thin, over the libraries.

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
mod import;
mod man;
mod pairs;
mod ports;
mod protocols;
mod scans;
mod send;
mod show;
pub(crate) mod suggest;
mod summary;
mod synth;
mod talkers;
mod timeline;
mod top;
mod verify;

use crate::exit::Exit;

/// What to do.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
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
    Exporters(exporters::Exporters),
    Timeline(timeline::Timelines),
    Scans(scans::Scans),
    Beacons(beacons::Beacons),
    Diff(diff::Diff),
    Summary(summary::Summary),
    Check(check::Check),
    Show(show::Show),
    Fields(fields::Fields),
    Explain(explain::Explain),
    Synth(synth::Synth),
    Send(send::Send),
    Filter(filter::Filter),
    Completions(completions::Completions),
    Man(man::Man),
}

impl Command {
    /// Does it.
    pub(crate) fn run(&self) -> anyhow::Result<Exit> {
        match self {
            Self::Demo(command) => command.run(),
            Self::Fetch(command) => command.run(),
            Self::Import(command) => command.run(),
            Self::Verify(command) => command.run(),
            Self::Export(command) => command.run(),
            Self::Top(command) => command.run(),
            Self::Talkers(command) => command.run(),
            Self::Ports(command) => command.run(),
            Self::Protocols(command) => command.run(),
            Self::Pairs(command) => command.run(),
            Self::Summary(command) => command.run(),
            Self::Show(command) => command.run(),
            Self::Fields(command) => command.run(),
            Self::Explain(command) => command.run(),
            Self::Synth(command) => command.run(),
            Self::Send(command) => command.run(),
            Self::Exporters(command) => command.run(),
            Self::Timeline(command) => command.run(),
            Self::Scans(command) => command.run(),
            Self::Beacons(command) => command.run(),
            Self::Diff(command) => command.run(),
            Self::Check(command) => command.run(),
            Self::Filter(command) => command.run(),
            Self::Completions(command) => command.run(),
            Self::Man(command) => command.run(),
        }
    }
}
