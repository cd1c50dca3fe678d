//! What somebody who types another word for a command may have meant.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use flowkit_model::filter::nearest;

/// Commands, and what they are called elsewhere.
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
    (
        "show",
        &["list", "cat", "print", "view", "flows", "search", "query", "find", "rwcut", "head"],
    ),
    ("fields", &["columns", "schema", "keys"]),
    ("explain", &["teach", "learn", "describe", "what", "decode", "dissect"]),
    ("synth", &["generate", "fake", "make", "synthesize"]),
    ("send", &["replay", "nfreplay", "udp"]),
];

/// Adds a command to the error of an unknown one. clap looks at the letters
/// alone, so a word that is known goes before what it found.
pub(crate) fn improve(mut error: clap::Error) -> clap::Error {
    if error.kind() != ErrorKind::InvalidSubcommand {
        return error;
    }
    let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidSubcommand) else {
        return error;
    };
    let is_suggested = error.get(ContextKind::SuggestedSubcommand).is_some();
    let meant = of_word(typed).or_else(|| if is_suggested { None } else { near(typed) });
    if let Some(meant) = meant {
        let meant = ContextValue::Strings(vec![meant.to_owned()]);
        error.insert(ContextKind::SuggestedSubcommand, meant);
    }
    error
}

/// The command that a word stands for.
fn of_word(typed: &str) -> Option<&'static str> {
    let has = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(typed));
    OTHER_WORDS.iter().find(|(_, words)| has(words)).map(|(command, _)| *command)
}

/// The command that is near to what was typed, or has a word that is.
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
        let error = crate::Args::command().try_get_matches_from(["flowkit", typed]).unwrap_err();
        improve(error).to_string()
    }

    #[test]
    fn words_lead_to_commands_that_there_are() {
        let args = crate::Args::command();
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
}
