//! `flowkit man`: manual pages, with every option of each command.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::CommandFactory;
use flowkit_model::harmless;

use super::Program;
use crate::exit::Exit;
use crate::screen;

const EXAMPLES: &str = "\
Examples:
  flowkit man | man -l -
  flowkit man -o /usr/local/share/man/man1";

/// Print the manual page, or write all pages to a directory
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Man {
    /// Directory to write flowkit.1, flowkit-top.1 … to
    #[arg(short, long, value_name = "DIRECTORY", help_heading = "Output")]
    output: Option<PathBuf>,
}

impl Man {
    pub(crate) fn run(&self) -> anyhow::Result<Exit> {
        let mut command = Program::command();
        command.build();
        let page = |command: &clap::Command| -> io::Result<Vec<u8>> {
            let mut page = Vec::new();
            clap_mangen::Man::new(command.clone()).render(&mut page)?;
            Ok(page)
        };
        let Some(directory) = &self.output else {
            screen::out().write_all(&page(&command)?)?;
            return Ok(Exit::Done);
        };
        write(directory, "flowkit", &page(&command)?)?;
        for command in command.get_subcommands() {
            write(directory, &format!("flowkit-{}", command.get_name()), &page(command)?)?;
        }
        Ok(Exit::Done)
    }
}

fn write(directory: &Path, name: &str, page: &[u8]) -> anyhow::Result<()> {
    let path = directory.join(format!("{name}.1"));
    fs::write(&path, page).with_context(|| format!("cannot write {}", harmless::path(&path)))
}
