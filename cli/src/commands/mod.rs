//! The commands: one file each, thin, over the libraries.

mod demo;
mod fetch;
mod fields;
mod pairs;
mod ports;
mod progress;
mod protocols;
mod server;
mod show;
mod summary;
mod talkers;
mod top;
mod verify;

use crate::exit::Exit;

/// What to do.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    Demo(demo::Demo),
    Fetch(Box<fetch::Fetch>),
    Verify(verify::Verify),
    Top(top::Top),
    Talkers(talkers::Talkers),
    Ports(ports::Ports),
    Protocols(protocols::Protocols),
    Pairs(pairs::Pairs),
    Summary(summary::Summary),
    Show(show::Show),
    Fields(fields::Fields),
}

impl Command {
    /// Does it.
    pub(crate) fn run(&self) -> anyhow::Result<Exit> {
        match self {
            Self::Demo(command) => command.run(),
            Self::Fetch(command) => command.run(),
            Self::Verify(command) => command.run(),
            Self::Top(command) => command.run(),
            Self::Talkers(command) => command.run(),
            Self::Ports(command) => command.run(),
            Self::Protocols(command) => command.run(),
            Self::Pairs(command) => command.run(),
            Self::Summary(command) => command.run(),
            Self::Show(command) => command.run(),
            Self::Fields(command) => command.run(),
        }
    }
}
