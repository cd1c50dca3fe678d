//! What commands have in common on the command line: which sources, which
//! flows, which rows, which server, and where the result goes.
//!
//! An option is written once here, so that it means, and is called, the same
//! in every command; the tests of `commands/mod.rs` hold all commands to that.

pub(crate) mod choice;
pub(crate) mod export_version;
pub(crate) mod general;
pub(crate) mod keys;
pub(crate) mod numbers;
pub(crate) mod output;
pub(crate) mod rows;
pub(crate) mod selection;
pub(crate) mod server;
pub(crate) mod sources;

use clap::{Args, Command};

/// A command with every option that has its place in `flowkit help options`:
/// those that many commands take.
pub(crate) fn shared() -> Command {
    let options = selection::Select::augment_args(Command::new("options"));
    let options = sources::Reading::augment_args(options);
    let options = output::Output::augment_args(options);
    let options = server::ServerArgs::augment_args(options);
    general::General::augment_args(options)
}
