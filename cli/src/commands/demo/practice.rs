//! Questions about the practice day, and the commands that answer them.
//!
//! An answer is computed when it is printed: the command runs, and its json is
//! put into words.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use flowkit_model::harmless;
use flowkit_testdata::practice_day;
use flowkit_testdata::synth::dump::write_hit;

use super::DUMP;
use super::questions::{LEVELS, Question};
use crate::output::wrap::{WIDTH, hanging};

/// Prints the questions; with `answers` also what the commands find.
pub(super) fn write(answers: bool, out: &mut impl Write) -> anyhow::Result<()> {
    let source = answers.then(Day::find).transpose()?;
    let mut number = 0;
    for (level, questions) in LEVELS {
        writeln!(out, "{}{level}", if number == 0 { "" } else { "\n" })?;
        for question in *questions {
            number += 1;
            write!(out, "{}", hanging(&format!("{number:>4}. "), 6, 6, question.text))?;
            if let Some(day) = &source {
                out.write_all(pasteable(&question.words()).as_bytes())?;
                write!(out, "{}", hanging("", 0, 6, &question.answer(day.path())?))?;
            }
        }
    }
    if !answers {
        writeln!(
            out,
            "\n`flowkit demo` saves the day in {DUMP}; `flowkit demo --answers` has the answers."
        )?;
    }
    Ok(())
}

/// A command for a shell in 80 columns: longer ones are continued on the next
/// line after a backslash, so that they can be pasted. An option and its value
/// stay on one line.
fn pasteable(words: &[String]) -> String {
    let mut pieces: Vec<String> = Vec::new();
    for word in words {
        match pieces.last_mut().filter(|piece| piece.starts_with('-') && !piece.contains(' ')) {
            Some(option) if !word.starts_with('-') => {
                option.push(' ');
                option.push_str(word);
            }
            _ => pieces.push(word.clone()),
        }
    }
    let mut out = "      $".to_owned();
    let mut column = out.len();
    for (place, piece) in pieces.iter().enumerate() {
        let looks = 1 + piece.chars().count();
        if place > 0 && column + looks + " \\".len() > WIDTH {
            out.push_str(" \\\n         ");
            column = 9;
        }
        out.push(' ');
        out.push_str(piece);
        column += looks;
    }
    out.push('\n');
    out
}

impl Question {
    /// The command as typed, word by word.
    fn words(&self) -> Vec<String> {
        let quoted = |word: &&str| {
            let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "-_,.:/=".contains(c));
            if plain { (*word).to_owned() } else { format!("'{word}'") }
        };
        let command = self.command.iter().chain(&[DUMP]).map(quoted);
        ["flowkit".to_owned()].into_iter().chain(command).collect()
    }

    /// The command in one line.
    fn shown(&self) -> String {
        self.words().join(" ")
    }

    /// What the command finds, in words.
    fn answer(&self, source: &Path) -> anyhow::Result<String> {
        let program = std::env::current_exe().context("cannot find this program")?;
        let output = Command::new(program)
            .args(self.command)
            .args(["--format", "json"])
            .arg(source)
            .output()
            .context("cannot run this program")?;
        if !output.status.success() {
            bail!("{}: {}", self.shown(), String::from_utf8_lossy(&output.stderr).trim());
        }
        let answer = serde_json::from_slice(&output.stdout)
            .with_context(|| format!("{}: no json", self.shown()))?;
        (self.say)(&answer).with_context(|| format!("{}: nothing found", self.shown()))
    }
}

/// The documents of the day: the dump of an earlier demo, or a temporary file.
enum Day {
    Dump(PathBuf),
    File(PathBuf),
}

impl Day {
    fn find() -> anyhow::Result<Self> {
        let dump = PathBuf::from(DUMP);
        if super::is_a_demo(&dump) {
            return Ok(Self::Dump(dump));
        }
        let name = format!("flowkit-practice-day-{}.ndjson", std::process::id());
        let path = std::env::temp_dir().join(name);
        let cannot = || format!("cannot write {}", harmless::path(&path));
        let file = File::create_new(&path).with_context(cannot)?;
        let day = Self::File(path.clone());
        let mut out = BufWriter::new(file);
        for document in practice_day() {
            write_hit(&document, &mut out).with_context(cannot)?;
        }
        out.flush().with_context(cannot)?;
        Ok(day)
    }

    fn path(&self) -> &Path {
        match self {
            Self::Dump(path) | Self::File(path) => path,
        }
    }
}

impl Drop for Day {
    fn drop(&mut self) {
        if let Self::File(path) = self {
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shell ignores a backslash before a line end.
    #[test]
    fn commands_fit_in_80_columns_and_are_whole() {
        for question in LEVELS.iter().flat_map(|(_, questions)| *questions) {
            let text = pasteable(&question.words());
            assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
            let pasted = text.replace("\\\n", " ");
            let pasted: Vec<&str> = pasted.split_whitespace().collect();
            assert_eq!(pasted.join(" "), format!("$ {}", question.shown()));
        }
    }
}
