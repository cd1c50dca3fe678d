//! Every command's options side by side: what is called the same is the same.

use std::collections::BTreeMap;

use clap::{Arg, Command, CommandFactory};

use super::{Program, help};

/// Where an option differs on purpose: its name, the command, what differs, and
/// why.
const REASONS: &[(&str, &str, &str, &str)] = &[
    ("format", "export", "default", "no format is usual for all programs that read flows"),
    ("format", "show", "default", "documents are JSON, and no table"),
    ("format", "synth", "default", "the other commands read a dump"),
    ("format", "explain", "default", "a page of text has no table"),
    ("limit", "timeline", "default", "more than five series cannot be told apart"),
    ("limit", "exporters", "default", "a list of what there is, not the largest"),
    ("limit", "list", "default", "formats that are written row by row have all flows"),
    ("limit", "diff", "default", "what grew and what shrank share the rows"),
    ("bottom", "timeline", "help", "bins are in the order of time, which has no smallest"),
    ("bottom", "list", "help", "flows are in the order of the sources, which is no column"),
    ("bottom", "beacons", "help", "the steadiest are first, which is no column"),
    ("sort", "timeline", "default", "bins are in the order of time"),
    ("sort", "list", "default", "flows are in the order of the sources"),
    ("sort", "beacons", "default", "the steadiest are first, of these the most frequent"),
    ("sort", "scans", "default", "many targets make a scan, not many bytes"),
    ("max-rate", "send", "help", "counts flows, and UDP may lose them"),
    ("max-rate", "send", "default", "the server sets the pace of a fetch, nobody that of UDP"),
    ("version", "send", "heading", "packets are sent, where synth puts them out"),
    ("output", "fetch", "value name", "a dump is a directory"),
    ("output", "fetch", "help", "a dump is a directory"),
    ("output", "fetch", "default", "the dump that the other commands read"),
    ("output", "import", "value name", "a dump is a directory"),
    ("output", "import", "help", "a dump is a directory"),
    ("output", "synth", "value name", "a dump or a file, by its format"),
    ("output", "synth", "help", "a dump or a file, by its format"),
    ("output", "man", "value name", "a page for each command"),
    ("output", "man", "help", "a page for each command"),
];

/// What is compared of an option.
fn facts(arg: &Arg) -> [(&'static str, String); 5] {
    let names = arg.get_value_names().unwrap_or_default();
    let names = if arg.get_action().takes_values() { names } else { &[] };
    let defaults: Vec<_> =
        arg.get_default_values().iter().map(|text| text.to_string_lossy()).collect();
    [
        ("short", arg.get_short().map(String::from).unwrap_or_default()),
        ("value name", names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")),
        ("heading", arg.get_help_heading().unwrap_or_default().to_owned()),
        ("help", arg.get_help().map(ToString::to_string).unwrap_or_default()),
        ("default", defaults.join(" ")),
    ]
}

/// Every command with all of its options.
fn program() -> Command {
    let mut program = Program::command();
    program.build();
    program
}

#[test]
fn an_option_is_the_same_in_every_command() {
    let program = program();
    let mut options: BTreeMap<&str, Vec<(&str, &Arg)>> = BTreeMap::new();
    for command in program.get_subcommands() {
        for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
            if let Some(name) = arg.get_long() {
                options.entry(name).or_default().push((command.get_name(), arg));
            }
        }
    }
    let mut used = vec![false; REASONS.len()];
    for (name, uses) in options {
        // What most commands have is the rule.
        for (fact, _) in facts(uses[0].1) {
            let value = |arg: &Arg| {
                facts(arg).into_iter().find(|(name, _)| *name == fact).map(|(_, value)| value)
            };
            let count = |wanted| uses.iter().filter(|(_, arg)| value(arg) == wanted).count();
            let (_, rule) = uses.iter().rev().max_by_key(|(_, arg)| count(value(arg))).unwrap();
            let rule = value(rule);
            for (command, arg) in uses.iter().filter(|(_, arg)| value(arg) != rule) {
                let reason = REASONS.iter().position(|(option, of, what, _)| {
                    option == &name && of == command && *what == fact
                });
                let all = value(arg);
                let reason = reason.unwrap_or_else(|| {
                    panic!("{command} --{name}: {fact} {all:?}, elsewhere {rule:?}")
                });
                used[reason] = true;
            }
        }
    }
    let unused: Vec<_> = REASONS.iter().zip(&used).filter(|(_, used)| !**used).collect();
    assert!(unused.is_empty(), "no longer needed: {unused:?}");
}

/// After `-o` stands a file, also for who knows it as nfdump's option of formats.
#[test]
fn a_format_of_any_command_is_no_file() {
    let mut n = 0;
    for command in program().get_subcommands() {
        let option = |id: &str| command.get_arguments().find(|arg| arg.get_id() == id);
        let (Some(format), Some(output)) = (option("format"), option("output")) else { continue };
        // The others write dumps and packets.
        if facts(output).iter().all(|(_, value)| value != "FILE") {
            continue;
        }
        for value in format.get_possible_values() {
            let typed = ["flowkit", command.get_name(), "-o", value.get_name()];
            let error = Program::command().try_get_matches_from(typed).unwrap_err().to_string();
            assert!(error.contains("a format?"), "{typed:?}: {error}");
            n += 1;
        }
    }
    assert!(n > 50, "{n}");
}

#[test]
fn every_option_has_a_heading_and_help() {
    for command in program().get_subcommands() {
        for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
            let name = format!("{} {}", command.get_name(), arg.get_id());
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(!help.is_empty(), "{name} has no help");
            assert!(!help.ends_with('.'), "{name}: {help}");
            assert!(help.starts_with(char::is_uppercase), "{name}: {help}");
        }
    }
}

/// A page fits on a screen, and says all that is the command's own.
#[test]
fn a_page_has_at_most_60_lines_of_80_columns_and_an_example() {
    let mut short = help::short(Program::command()).term_width(80);
    short.build();
    let names: Vec<String> =
        short.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    for name in names {
        let command = short.find_subcommand_mut(&name).unwrap();
        let page = command.render_help().to_string();
        let lines: Vec<&str> = page.trim_end().lines().collect();
        assert!(lines.len() <= 60, "{name}: {} lines\n{page}", lines.len());
        for line in &lines {
            assert!(line.chars().count() <= 80, "{name}: {line}");
        }
        let example = format!("  flowkit {name}");
        assert!(page.contains("Examples:") && page.contains(&example), "{page}");
        assert!(page.contains("help options"), "{page}");
    }
    let page = short.render_help().to_string();
    assert!(page.trim_end().lines().count() <= 60, "{page}");
}

/// What is written below the options is not broken by a terminal of 80
/// columns: an example that is broken cannot be pasted.
#[test]
fn texts_fit_in_80_columns() {
    let program = program();
    for command in program.get_subcommands().chain([&program]) {
        let texts = command.get_about().into_iter().chain(command.get_after_help());
        for text in texts.map(ToString::to_string) {
            for line in text.lines() {
                assert!(line.chars().count() <= 80, "{}: {line}", command.get_name());
            }
        }
    }
}

/// What a command's page only names is explained on the page of options.
#[test]
fn every_option_is_on_one_page_or_the_other() {
    let options = help::page_of_options().term_width(80).render_long_help().to_string();
    for line in options.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let mut short = help::short(Program::command());
    short.build();
    for command in program().get_subcommands() {
        let page = short.find_subcommand_mut(command.get_name()).unwrap();
        let page = page.render_help().to_string();
        let shown = command.get_arguments().filter(|arg| !arg.is_hide_set());
        for long in shown.filter_map(Arg::get_long) {
            let option = format!("--{long}");
            let has = |page: &str| page.split([' ', ',', '\n']).any(|word| word == option);
            assert!(has(&page) || has(&options), "{} {option}\n{page}", command.get_name());
        }
    }
}

/// Manual pages and completions leave nothing to another page.
#[test]
fn manual_pages_and_completions_have_every_option() {
    let mut script = Vec::new();
    let shell = clap_complete::Shell::Bash;
    clap_complete::generate(shell, &mut Program::command(), "flowkit", &mut script);
    let script = String::from_utf8(script).unwrap();
    for command in program().get_subcommands() {
        let mut page = Vec::new();
        clap_mangen::Man::new(command.clone()).render(&mut page).unwrap();
        let page = String::from_utf8(page).unwrap().replace('\\', "");
        let shown = command.get_arguments().filter(|arg| !arg.is_hide_set());
        for long in shown.filter_map(Arg::get_long) {
            let option = format!("--{long}");
            assert!(page.contains(&option), "{} {option}\n{page}", command.get_name());
            assert!(script.contains(&option), "{} {option}", command.get_name());
        }
    }
}

/// Old names are parsed for one more version, and shown nowhere.
#[test]
fn old_names_still_parse() {
    for line in [
        "scans --least 5",
        "beacons --least 5 --jitter 3",
        "send dump host:2055 --rate 5",
        "show --format ndjson",
        "export --format ndjson",
        "export --format v5-pcap",
        "synth 5 --format ndjson",
        "synth 5 --format raw",
        "explain --flow 1 --source dump",
        "explain --document file",
        "summary --input-format capture",
        "summary --input-format columns",
    ] {
        let words = ["flowkit"].into_iter().chain(line.split(' '));
        let parsed = help::short(Program::command()).try_get_matches_from(words);
        assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
    }
}

/// A zone west of Greenwich begins with a hyphen.
#[test]
fn a_zone_may_begin_with_a_hyphen() {
    for line in ["summary --tz -09:30", "fetch --tz -09:30", "filter any --tz -03:00"] {
        let words = ["flowkit"].into_iter().chain(line.split(' '));
        let parsed = help::short(Program::command()).try_get_matches_from(words);
        assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
    }
}
