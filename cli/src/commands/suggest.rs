//! Wrong usage: one form of error messages, and suggestions.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory};
use flowkit_model::filter::nearest;
use flowkit_model::harmless::is_harmful;

use super::Program;
use crate::screen::{self, err_is_terminal};

/// Commands, and their names in other tools.
const OTHER_WORDS: &[(&str, &[&str])] = &[
    ("demo", &["practice", "practise", "tutorial", "example", "quiz"]),
    ("fetch", &["download", "dump", "elasticdump", "get", "pull", "scroll", "esdump", "sync"]),
    ("import", &["load", "read", "ingest", "open"]),
    ("export", &["convert", "save", "csv", "parquet", "pcap"]),
    ("verify", &["validate", "checksum", "fsck"]),
    ("top", &["topn", "group", "group-by", "aggregate", "rank", "rwstats", "sort", "by"]),
    ("talkers", &["hosts", "addresses", "ips", "clients", "servers", "top-talkers"]),
    ("ports", &["services", "applications", "apps"]),
    ("protocols", &["proto", "protos"]),
    ("pairs", &["conversations", "matrix", "peers", "links"]),
    ("exporters", &["routers", "interfaces", "sensors", "sources", "devices"]),
    (
        "timeline",
        &["time", "series", "graph", "plot", "chart", "rate", "bandwidth", "rwcount", "histogram"],
    ),
    ("scans", &["portscan", "scanners", "sweep", "rwscan"]),
    ("beacons", &["c2", "periodic", "callbacks"]),
    ("diff", &["compare", "delta", "changes"]),
    ("summary", &["stats", "statistics", "totals", "count", "info", "total", "stat"]),
    ("check", &["quality", "lint", "doctor", "health", "loss"]),
    ("list", &["flows", "search", "query", "find", "rwcut", "rwsort", "head"]),
    ("show", &["cat", "print", "view"]),
    ("fields", &["columns", "schema", "keys"]),
    ("explain", &["teach", "learn", "describe", "what", "decode", "dissect"]),
    ("synth", &["generate", "fake", "make", "synthesize"]),
    ("send", &["replay", "nfreplay", "udp"]),
    ("guide", &["manual", "handbook", "docs", "documentation", "chapter", "chapters"]),
];

/// Options, and their names in other tools.
const OTHER_OPTIONS: &[(&str, &[&str])] = &[
    ("by", &["group-by", "groupby", "aggregate", "fields", "key", "keys", "field"]),
    ("limit", &["top", "count", "number", "rows", "size", "head"]),
    ("sort", &["order", "order-by", "orderby", "rank", "rank-by"]),
    ("bottom", &["asc", "ascending", "reverse"]),
    ("having", &["least", "threshold", "min"]),
    ("filter", &["where", "query", "match", "expression"]),
    ("from", &["since", "start", "begin", "after", "stime"]),
    ("to", &["until", "end", "before", "etime"]),
    ("last", &["since-last", "window", "period"]),
    ("day", &["date"]),
    ("tz", &["timezone", "time-zone", "zone"]),
    ("format", &["output-format", "json", "csv", "ndjson", "markdown", "parquet", "pcap"]),
    ("output", &["out", "file", "out-file", "output-file"]),
    ("raw", &["exact", "plain", "no-units"]),
    ("quiet", &["silent"]),
    ("color", &["colour"]),
    ("stats", &["time", "timing"]),
    ("dedupe", &["deduplicate", "distinct", "unique"]),
    ("scale-sampling", &["scale", "sampling"]),
    ("url", &["host", "input", "server"]),
    ("insecure", &["no-verify", "skip-verify"]),
    ("update", &["append", "sync"]),
    ("force", &["overwrite", "yes"]),
    ("max-rate", &["throttle", "rate-limit", "rate"]),
    ("jobs", &["threads", "parallel", "workers"]),
    ("bin", &["interval", "bin-size", "step", "bucket"]),
    ("load", &["distribution", "spread"]),
];

/// Prints wrong usage on standard error, or the help that was asked for on
/// standard output, and gives the exit code.
///
/// # Errors
/// If what was asked for cannot be written.
pub(crate) fn refuse(error: clap::Error) -> io::Result<ExitCode> {
    let typed: Vec<OsString> = std::env::args_os().skip(1).collect();
    let error = improve(error, &typed);
    let code = u8::try_from(error.exit_code()).unwrap_or(2).into();
    if !error.use_stderr() {
        error.print()?;
        screen::out().flush()?;
        return Ok(code);
    }
    let text = error.render();
    // Colours of what was typed, such as the name of a file, cannot be told from ours.
    let is_harmful = typed.iter().any(|typed| typed.to_string_lossy().contains(is_harmful));
    let is_plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let (text, mut err) = if err_is_terminal() && !is_plain && !is_harmful {
        (text.ansi().to_string(), screen::err_in_color())
    } else {
        (text.to_string(), screen::err())
    };
    // The prefix of every other error.
    let _ = write!(err, "{}", text.replacen("error:", "flowkit:", 1)).and_then(|()| err.flush());
    Ok(code)
}

/// Corrects the suggestions of clap, which compares letters and does not know
/// the names that other tools use.
fn improve(error: clap::Error, typed: &[OsString]) -> clap::Error {
    match error.kind() {
        ErrorKind::InvalidSubcommand => improve_command(error),
        ErrorKind::UnknownArgument => improve_option(error, typed),
        ErrorKind::InvalidValue => improve_value(error),
        _ => error,
    }
}

fn improve_command(mut error: clap::Error) -> clap::Error {
    let Some(typed) = text(&error, ContextKind::InvalidSubcommand) else { return error };
    error.remove(ContextKind::SuggestedSubcommand);
    error.remove(ContextKind::Suggested);
    if let Some(meant) = command_of(&typed) {
        let meant = ContextValue::Strings(vec![meant.to_owned()]);
        error.insert(ContextKind::SuggestedSubcommand, meant);
    } else if std::path::Path::new(&typed).exists() {
        tip(&mut error, format!("name a command before a source: 'flowkit summary {typed}'"));
    }
    error
}

fn improve_option(mut error: clap::Error, typed: &[OsString]) -> clap::Error {
    error.remove(ContextKind::SuggestedArg);
    error.remove(ContextKind::Suggested);
    let Some(option) = text(&error, ContextKind::InvalidArg) else { return error };
    let Some(word) = option.strip_prefix("--").filter(|word| !word.is_empty()) else {
        return error;
    };
    let word = word.split('=').next().unwrap_or_default();
    let mut program = Program::command();
    program.build();
    let name = typed.iter().find(|word| program.find_subcommand(word).is_some());
    let Some(command) = name.and_then(|name| program.find_subcommand_mut(name)) else {
        return error;
    };
    // clap's own names the option that it would have suggested.
    error.insert(ContextKind::Usage, ContextValue::StyledStr(command.render_usage()));
    let command: &Command = command;
    let meant = OTHER_OPTIONS
        .iter()
        .filter(|(_, words)| words.contains(&word))
        .map(|(option, _)| *option)
        .find(|option| has(command, option))
        .or_else(|| nearest(word, options(command)));
    if let Some(meant) = meant {
        error.insert(ContextKind::SuggestedArg, ContextValue::String(format!("--{meant}")));
        return error;
    }
    let others: Vec<&str> =
        program.get_subcommands().filter(|other| has(other, word)).map(Command::get_name).collect();
    if !others.is_empty() {
        tip(&mut error, format!("--{word} is an option of: {}", others.join(", ")));
    }
    error
}

/// Drops a suggestion that shares only some letters.
fn improve_value(mut error: clap::Error) -> clap::Error {
    if let (Some(typed), Some(near)) =
        (text(&error, ContextKind::InvalidValue), text(&error, ContextKind::SuggestedValue))
        && nearest(&typed, [near.as_str()].into_iter()).is_none()
    {
        error.remove(ContextKind::SuggestedValue);
    }
    error
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        _ => None,
    }
}

fn tip(error: &mut clap::Error, text: String) {
    let tip = ContextValue::StyledStrs(vec![StyledStr::from(text)]);
    error.insert(ContextKind::Suggested, tip);
}

/// Long names of the options that a command shows.
fn options(command: &Command) -> impl Iterator<Item = &str> {
    let shown = command.get_arguments().filter(|arg| !arg.is_hide_set());
    shown.filter_map(clap::Arg::get_long)
}

fn has(command: &Command, option: &str) -> bool {
    options(command).any(|other| other == option)
}

/// The command that a word stands for or is similar to.
pub(super) fn command_of(typed: &str) -> Option<&'static str> {
    of_word(typed).or_else(|| near(typed))
}

/// The command that a word stands for.
fn of_word(typed: &str) -> Option<&'static str> {
    let has = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(typed));
    OTHER_WORDS.iter().find(|(_, words)| has(words)).map(|(command, _)| *command)
}

/// The command whose name, or name in another tool, is similar.
fn near(typed: &str) -> Option<&'static str> {
    let commands = || OTHER_WORDS.iter().map(|(command, _)| *command);
    let words = OTHER_WORDS.iter().flat_map(|(_, words)| words.iter().copied());
    let near = nearest(typed, commands().chain(words))?;
    of_word(near).or_else(|| commands().find(|command| *command == near))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn told(typed: &str) -> String {
        let typed: Vec<OsString> = typed.split(' ').map(OsString::from).collect();
        let line = [OsString::from("flowkit")].into_iter().chain(typed.iter().cloned());
        let error = Program::command().try_get_matches_from(line).unwrap_err();
        improve(error, &typed).to_string()
    }

    #[test]
    fn words_lead_to_commands_that_there_are() {
        let args = Program::command();
        for (command, words) in OTHER_WORDS {
            assert!(args.find_subcommand(command).is_some(), "{command}");
            for word in *words {
                assert!(args.find_subcommand(word).is_none(), "{word} is a command");
                assert!(told(word).contains(&format!("exists: '{command}'")), "{}", told(word));
            }
        }
        assert!(!told("xyzzy").contains("exist"));
        assert!(told("statistcs").contains("exists: 'summary'"), "{}", told("statistcs"));
        assert!(told("tpo").contains("exists: 'top'"), "{}", told("tpo"));
    }

    /// clap would suggest `--last` for `--least`, or to pass an option as a
    /// value.
    #[test]
    fn words_lead_to_options_that_the_command_has() {
        let mut program = Program::command();
        program.build();
        for (option, words) in OTHER_OPTIONS {
            let mut commands = program.get_subcommands();
            assert!(commands.any(|command| has(command, option)), "{option}");
            assert!(!words.contains(option), "{option}");
        }
        for (typed, tip) in [
            ("top --group-by dst_port", "exists: '--by'"),
            ("top --by dst_port --since 2018-09-21", "exists: '--from'"),
            ("top --by dst_port --fliter tcp", "exists: '--filter'"),
            ("top --by dst_port --bin 5m", "--bin is an option of: timeline"),
        ] {
            assert!(told(typed).contains(tip), "{typed}: {}", told(typed));
        }
        for typed in ["top --by dst_port --xyzzy", "protocols --leave", "fields --by x"] {
            let told = told(typed);
            assert!(!told.contains("similar") && !told.contains("as a value"), "{typed}: {told}");
        }
    }
}
