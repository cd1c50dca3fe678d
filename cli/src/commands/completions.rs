//! `flowkit completions`: completion scripts of shells.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;

use super::Program;
use crate::exit::Exit;
use crate::screen;

const EXAMPLES: &str = "\
Examples:
  flowkit completions zsh > ~/.zfunc/_flowkit
  flowkit completions bash > /etc/bash_completion.d/flowkit
  flowkit completions fish > ~/.config/fish/completions/flowkit.fish";

/// Print the completion script of a shell
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Completions {
    /// Shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(&self) -> anyhow::Result<Exit> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Program::command(), "flowkit", &mut script);
        screen::out().write_all(&script)?;
        Ok(Exit::Done)
    }
}
