//! `flowkit help`: the page of a command, and the page of the options that many
//! commands take.
//!
//! A command's own page has its own options and names the others, which are
//! explained on one page. Manual pages and completions have all options.

use std::io::Write;

use clap::{Arg, ArgAction, Args, Command, CommandFactory};

use super::Program;
use super::suggest::command_of;
use crate::args::general::General;
use crate::args::shared;
use crate::exit::{Exit, Usage};
use crate::output::wrap::{WIDTH, add, lines};
use crate::screen::{self, out_is_terminal};

const EXAMPLES: &str = "\
Examples:
  flowkit help top
  flowkit help options
  flowkit help options | less";

/// Print help of a command, or of the options of many commands
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Help {
    /// Command, or `options`; all commands without it
    #[arg(value_name = "COMMAND")]
    topic: Option<String>,
}

/// The topic that is not a command.
const OPTIONS: &str = "options";

impl Help {
    pub(crate) fn run(&self, general: &General) -> anyhow::Result<Exit> {
        let mut program = short(Program::command());
        program.build();
        let page = match self.topic.as_deref() {
            None => program.render_help(),
            Some(OPTIONS) => page_of_options().render_long_help(),
            Some(name) => match program.find_subcommand_mut(name) {
                Some(command) => command.render_help(),
                None => return Err(unknown(name).into()),
            },
        };
        let is_coloured = general.color.is_on(out_is_terminal());
        let (page, mut out) = if is_coloured {
            (page.ansi().to_string(), screen::out_in_color())
        } else {
            (page.to_string(), screen::out())
        };
        writeln!(out, "{}", page.trim_end())?;
        out.flush()?;
        Ok(Exit::Done)
    }
}

fn unknown(name: &str) -> Usage {
    let hint = command_of(name).map_or_else(
        || "`flowkit help` lists the commands".to_owned(),
        |command| format!("did you mean {command}?"),
    );
    Usage(format!("no command is called {name}; {hint}"))
}

const INTRODUCTION: &str = "\
Options of many commands. They mean the same everywhere; each command's --help
names those that it takes. A command's own options are explained by its --help.

SOURCE, which most commands take, is a dump or a file; - is standard input. A
dump is a directory that flowkit fetch or flowkit import saved; of another
directory all files are read. The format of a file is detected from its content,
also compressed with gzip, zstd, xz or bzip2. A pattern in quotes, such as
'dumps/*.ndjson.zst', stands for all files that match it. Without SOURCE it is
FLOWKIT_DUMP, or ./flowkit-dump.";

const AFTER: &str = "\
Examples:
  flowkit top --by dst_port -f 'proto tcp and not dst port 443'
  flowkit talkers --last 24h --tz Asia/Tokyo --format csv -o talkers.csv
  flowkit ports --from '2018-09-21 07:00' --to '2018-09-21 08:00' hits.ndjson.gz
  zstdcat hits.ndjson.zst | flowkit summary -
  flowkit help filter     the filter language";

/// The page of the options that many commands take.
pub(super) fn page_of_options() -> Command {
    shared()
        .disable_help_flag(true)
        .about(INTRODUCTION)
        .after_help(AFTER)
        .help_template("{about-with-newline}\n{all-args}{after-help}")
        .max_term_width(100)
}

/// The program with short pages: each command's own options, and the names of
/// the others.
pub(super) fn short(program: Command) -> Command {
    let shared = shared();
    program.mut_subcommands(|command| with_own_options(command, &shared))
}

/// Hides the shared options of a command and names them below its own.
fn with_own_options(command: Command, shared: &Command) -> Command {
    // Otherwise clap would add the options of all commands to the page.
    let general = General::augment_args(Command::new("general"));
    let command = command.args(general.get_arguments().cloned());
    let is_shared = |arg: &Arg| {
        !arg.is_hide_set()
            && !matches!(arg.get_action(), ArgAction::HelpShort)
            && shared.get_arguments().any(|other| is_same(arg, other))
    };
    let names: Vec<String> =
        command.get_arguments().filter(|arg| is_shared(arg)).map(name).collect();
    let command = command.mut_args(|arg| {
        let hides = is_shared(&arg);
        if hides { arg.hide_short_help(true) } else { arg }
    });
    let mut more = "Options of many commands (see flowkit help options):\n".to_owned();
    for line in lines(&names.join(" "), WIDTH - 2) {
        add(&mut more, format_args!("  {line}\n"));
    }
    if let Some(own) = command.get_after_help() {
        add(&mut more, format_args!("\n{own}"));
    }
    command.after_help(more)
}

/// Whether an option is explained by the shared one of its name.
fn is_same(arg: &Arg, shared: &Arg) -> bool {
    let values = |arg: &Arg| -> Vec<String> {
        arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect()
    };
    let text = |arg: &Arg| arg.get_help().map(ToString::to_string);
    arg.get_id() == shared.get_id()
        && text(arg) == text(shared)
        && values(arg) == values(shared)
        && arg.get_default_values() == shared.get_default_values()
}

/// An option as it is typed: `-f/--filter`.
fn name(arg: &Arg) -> String {
    let short = arg.get_short().map(|short| format!("-{short}/")).unwrap_or_default();
    format!("{short}--{}", arg.get_long().unwrap_or_default())
}
