//! `flowkit guide`: the chapters of the user guide.
//!
//! A chapter is a Markdown file in `cli/guide`; its first line is its title. The
//! sessions in it are run by `cli/tests/cli.rs`.

use std::io::Write;

use flowkit_model::filter::nearest;

use crate::exit::{Exit, Usage};
use crate::screen;

const EXAMPLES: &str = "\
Examples:
  flowkit guide
  flowkit guide questions
  flowkit guide fetch | less";

/// Print a chapter of the user guide, or the list of chapters
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Guide {
    /// Chapter; without it the chapters are listed
    #[arg(value_name = "CHAPTER")]
    chapter: Option<String>,
}

/// A chapter: its name, its text, and other words for what it is about.
struct Chapter {
    name: &'static str,
    text: &'static str,
    words: &'static [&'static str],
}

/// The chapters, in the order of the list.
const CHAPTERS: &[Chapter] = &[
    Chapter {
        name: "fetch",
        text: include_str!("../../guide/fetch.md"),
        words: &["elasticsearch", "opensearch", "scroll", "server", "update", "verify"],
    },
    Chapter {
        name: "questions",
        text: include_str!("../../guide/questions.md"),
        words: &["question", "reports", "ask", "query", "top", "answers", "keys", "measures"],
    },
    Chapter {
        name: "filters",
        text: include_str!("../../guide/filters.md"),
        words: &["filter", "window", "time", "zone"],
    },
    Chapter {
        name: "formats",
        text: include_str!("../../guide/formats.md"),
        words: &["format", "csv", "json", "ndjson", "programs", "scripts", "output", "exit"],
    },
    Chapter {
        name: "dump",
        text: include_str!("../../guide/dump.md"),
        words: &["import", "export", "parquet", "sources", "input", "pcap", "anonymise"],
    },
    Chapter {
        name: "quality",
        text: include_str!("../../guide/quality.md"),
        words: &["check", "loss", "sampling", "duplicates", "repair", "data-quality"],
    },
    Chapter {
        name: "templates",
        text: include_str!("../../guide/templates.md"),
        words: &["v9", "ipfix", "netflow9", "ipv6", "options", "send", "synth"],
    },
    Chapter {
        name: "peers",
        text: include_str!("../../guide/peers.md"),
        words: &["nfdump", "silk", "kibana", "elasticdump", "rwstats", "rwfilter", "migration"],
    },
];

impl Chapter {
    fn title(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default().trim_start_matches("# ")
    }
}

impl Guide {
    pub(crate) fn run(&self) -> anyhow::Result<Exit> {
        let mut out = screen::out();
        let Some(name) = &self.chapter else {
            out.write_all(list().as_bytes())?;
            return Ok(Exit::Done);
        };
        let chapter = CHAPTERS.iter().find(|chapter| chapter.name.eq_ignore_ascii_case(name));
        out.write_all(chapter.ok_or_else(|| unknown(name))?.text.as_bytes())?;
        Ok(Exit::Done)
    }
}

fn list() -> String {
    let chapters: Vec<String> = CHAPTERS
        .iter()
        .map(|chapter| format!("  {:<10} {}\n", chapter.name, chapter.title()))
        .collect();
    format!(
        "Chapters of the user guide:\n{}\n\
         `flowkit guide CHAPTER` prints one. In its examples ... stands for lines that are left \
         out.\n\
         Options are explained by `flowkit COMMAND --help` and `flowkit help options`.\n",
        chapters.concat()
    )
}

fn unknown(name: &str) -> Usage {
    let lower = name.to_lowercase();
    let of_word = |word: &str| {
        CHAPTERS.iter().find(|chapter| chapter.name == word || chapter.words.contains(&word))
    };
    let words = CHAPTERS
        .iter()
        .flat_map(|chapter| [chapter.name].into_iter().chain(chapter.words.iter().copied()));
    let meant = of_word(&lower).or_else(|| of_word(nearest(&lower, words)?));
    let hint = meant.map_or_else(
        || "`flowkit guide` lists the chapters".to_owned(),
        |chapter| format!("did you mean {}?", chapter.name),
    );
    Usage(format!("no chapter is called {name}; {hint}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use clap::error::ErrorKind;
    use clap::{Arg, Command, CommandFactory};

    use super::super::{Program, help};
    use super::*;

    const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

    /// README and chapters, by name.
    fn texts() -> Vec<(String, String)> {
        let readme = fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap();
        let chapters =
            CHAPTERS.iter().map(|chapter| (chapter.name.to_owned(), chapter.text.into()));
        [("README.md".to_owned(), readme)].into_iter().chain(chapters).collect()
    }

    #[test]
    fn every_file_of_the_guide_is_a_chapter_with_a_title_and_a_session() {
        let files = fs::read_dir(Path::new(ROOT).join("cli/guide")).unwrap();
        let names = files.map(|file| file.unwrap().path().file_stem().unwrap().to_owned());
        let names: BTreeSet<_> = names.map(|name| name.into_string().unwrap()).collect();
        assert_eq!(names, CHAPTERS.iter().map(|chapter| chapter.name.to_owned()).collect());
        for Chapter { name, text, .. } in CHAPTERS {
            assert!(text.starts_with("# "), "{name}");
            assert!(text.contains("\n```console\n$ flowkit "), "{name} has no session");
            assert!(list().contains(&format!("  {name} ")), "{name}");
        }
    }

    #[test]
    fn a_word_leads_to_its_chapter() {
        for (typed, meant) in [
            ("nfdump", "did you mean peers?"),
            ("fetsh", "did you mean fetch?"),
            ("Parquet", "did you mean dump?"),
            ("elasticserch", "did you mean fetch?"),
            ("xyzzy", "lists the chapters"),
        ] {
            assert!(unknown(typed).to_string().contains(meant), "{}", unknown(typed));
        }
        let mut all = BTreeSet::new();
        for word in CHAPTERS.iter().flat_map(|chapter| chapter.words.iter().chain([&chapter.name]))
        {
            assert!(all.insert(word), "{word} leads to two chapters");
        }
    }

    #[test]
    fn the_readme_is_short_and_names_every_chapter() {
        let readme = &texts()[0].1;
        assert!(readme.lines().count() <= 150, "{} lines", readme.lines().count());
        for Chapter { name, .. } in CHAPTERS {
            assert!(readme.contains(&format!("](cli/guide/{name}.md)")), "{name}");
        }
    }

    /// Words of a command line; quotes keep blanks together.
    fn words(line: &str) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut quote = None;
        for letter in line.chars() {
            match (quote, letter) {
                (Some(open), _) if letter == open => quote = None,
                (None, '\'' | '"') => quote = Some(letter),
                (None, ' ') => words.push(String::new()),
                _ => words.last_mut().expect("there is one").push(letter),
            }
        }
        words.retain(|word| !word.is_empty());
        words
    }

    /// Command lines in blocks of code and in backticks, up to a pipe or
    /// a comment.
    fn command_lines(text: &str) -> Vec<&str> {
        let shell = text.lines().map(|line| line.trim_start_matches("$ "));
        let spans = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
        shell
            .chain(spans)
            .flat_map(|line| line.split(" | "))
            .filter(|line| line.starts_with("flowkit ") && !line.ends_with('|'))
            .map(|line| line.split("  ").next().unwrap_or_default())
            .collect()
    }

    /// What the texts say can be typed: no command line names an option or a
    /// value that does not exist.
    #[test]
    fn every_command_line_is_understood() {
        let mut wrong = Vec::new();
        for (name, text) in texts() {
            let lines = command_lines(&text);
            assert!(lines.len() >= 3, "{name}: {lines:?}");
            for line in lines.into_iter().filter(|line| !line.contains(" COMMAND ")) {
                let read = help::short(Program::command()).try_get_matches_from(words(line));
                // A command is also named without its arguments.
                let is_bare = line.split(' ').count() == 2;
                let is_known = |kind| match kind {
                    ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => true,
                    ErrorKind::MissingRequiredArgument => is_bare,
                    // Wrong on purpose, with its exit code below.
                    _ => text.contains(&format!("{line}\n? 2\n")),
                };
                if let Err(error) = read
                    && !is_known(error.kind())
                {
                    wrong.push(format!("{name}: {line}\n{error}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// An option in backticks is one that a command shows. What other tools take
    /// is named in the chapter on them alone, after their name.
    #[test]
    fn every_option_that_is_named_exists() {
        let mut program = Program::command();
        program.build();
        let all: BTreeSet<String> = program
            .get_subcommands()
            .flat_map(Command::get_arguments)
            .filter(|arg| !arg.is_hide_set())
            .filter_map(Arg::get_long)
            .map(|long| format!("--{long}"))
            .collect();
        for (name, text) in texts() {
            let spans = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
            for span in spans.filter(|span| span.starts_with("--")) {
                let option = span.split([' ', '=']).next().unwrap_or_default();
                assert!(all.contains(option), "{name}: {option}");
            }
        }
    }
}
