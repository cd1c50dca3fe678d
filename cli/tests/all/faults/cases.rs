//! The commands that write, what they write, and whether it is whole.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use flowkit_testdata::{Server, practice_day};

/// A command that writes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) arguments: &'static [&'static str],
    pub(super) writes: Writes,
}

/// What a command writes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Writes {
    /// This file.
    File(&'static str),
    /// This dump, whole or not at all.
    Dump(&'static str),
    /// This dump, which may be resumed.
    Resumable(&'static str),
    /// Columns of the dump `dump`, beside its answer.
    Columns,
}

const fn file(arguments: &'static [&'static str]) -> Case {
    Case { arguments, writes: Writes::File("out") }
}

#[rustfmt::skip]
pub(super) const CASES: &[Case] = &[
    Case { arguments: &["import", "flows.ndjson", "-o", "new", "-q"], writes: Writes::Dump("new") },
    Case { arguments: &["synth", "1200", "-o", "new", "-q"], writes: Writes::Dump("new") },
    Case { arguments: &["summary", "dump", "--format", "csv"], writes: Writes::Columns },
    Case { arguments: &["fetch", "-o", "new", "--size", "30", "--part-size", "100", "-q"], writes: Writes::Resumable("new") },
    Case { arguments: &["fetch", "--update", "-o", "old", "--size", "30", "-q"], writes: Writes::Resumable("old") },
    Case { arguments: &["demo", "-q"], writes: Writes::Resumable("flowkit-demo") },
    file(&["export", "flows.ndjson", "--format", "csv", "-o", "out"]),
    file(&["export", "flows.ndjson", "--format", "documents", "-o", "out"]),
    file(&["export", "flows.ndjson", "--format", "hits", "-o", "out"]),
    file(&["export", "flows.ndjson", "--format", "pcap", "-q", "-o", "out"]),
    file(&["export", "flows.ndjson", "--format", "parquet", "-o", "out"]),
    file(&["show", "flows.ndjson", "-n", "0", "-o", "out"]),
    file(&["top", "flows.ndjson", "--by", "src_addr,dst_port", "-n", "0", "--format", "json", "-o", "out"]),
    file(&["synth", "1200", "--format", "pcap", "-o", "out"]),
];

/// How many points of a kind of fault each command meets: some for every run, more by
/// `FLOWKIT_FAULT_POINTS`.
pub(super) fn points() -> u64 {
    let given = std::env::var("FLOWKIT_FAULT_POINTS").ok();
    given.map_or(1, |given| given.parse().expect("FLOWKIT_FAULT_POINTS is a number"))
}

/// The place of a point in a run of this length; of few points, commands have each its own.
pub(super) fn at(length: u64, point: u64, number: usize) -> u64 {
    let own = number as u64 * 3 % 10;
    length * (point * 10 + own) / (points() * 10)
}

/// A server of all documents.
fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start(documents(10), 0).unwrap())
}

fn documents(step: usize) -> Vec<flowkit_testdata::Document> {
    practice_day().into_iter().step_by(step).collect()
}

/// A program that runs flowkit, with what it needs.
pub(super) fn command(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env_remove("FLOWKIT_DUMP").env("FLOWKIT_URL", server().url());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// flowkit itself.
pub(super) const FLOWKIT: &str = env!("CARGO_BIN_EXE_flowkit");

pub(super) fn flowkit(arguments: &[&str], folder: &Path) -> Output {
    command(FLOWKIT, folder).args(arguments).output().unwrap()
}

/// A new folder with what the commands read.
pub(super) fn folder() -> tempfile::TempDir {
    static MADE: OnceLock<tempfile::TempDir> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let part = Server::start(documents(30), 0).unwrap();
        for arguments in [
            &["synth", "1200", "--format", "hits", "-o", "flows.ndjson"][..],
            &["import", "flows.ndjson", "-o", "dump", "--no-columns", "-q"],
            &["fetch", "--url", &part.url(), "-o", "old", "-q"],
        ] {
            let output = flowkit(arguments, folder.path());
            assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        }
        folder
    });
    let new = tempfile::tempdir().unwrap();
    let copied = Command::new("cp").arg("-r").arg(made.path().join(".")).arg(new.path()).status();
    assert!(copied.unwrap().success());
    new
}

pub(super) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// All files below a folder, with their sizes.
pub(super) fn files(folder: &Path) -> BTreeMap<PathBuf, u64> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.metadata() {
            Ok(met) if met.is_dir() => {
                found.insert(path.clone(), 0);
                found.extend(files(&path));
            }
            Ok(met) => drop(found.insert(path, met.len())),
            // It has gone since.
            Err(_) => {}
        }
    }
    found
}

/// What a command writes where nothing fails.
#[derive(PartialEq)]
pub(super) struct Right {
    answer: Vec<u8>,
    file: Option<Vec<u8>>,
    /// Bytes of all that it writes, and of the largest file of it.
    pub(super) bytes: u64,
    pub(super) largest: u64,
}

impl Case {
    /// What it writes.
    pub(super) fn right(&self) -> Right {
        let folder = folder();
        let files_before = files(folder.path());
        let before: BTreeMap<_, _> = files_before
            .iter()
            .map(|(path, size)| (path.strip_prefix(folder.path()).unwrap(), *size))
            .collect();
        let output = flowkit(self.arguments, folder.path());
        assert!(output.status.success(), "{self:?}: {}", said(&output));
        let files = files(folder.path());
        let is_new = |path: &Path, size| {
            before.get(path.strip_prefix(folder.path()).unwrap()) != Some(&size)
        };
        let new = files.iter().filter(|(path, size)| is_new(path, **size));
        let largest = new.map(|(_, size)| *size).max();
        let (answer, file) = self.result(&output, folder.path());
        let bytes = files.values().sum::<u64>() - before.values().sum::<u64>();
        Right { answer, file, bytes, largest: largest.unwrap_or(0) }
    }

    /// What is asked of it, and the file that it writes.
    fn result(&self, output: &Output, folder: &Path) -> (Vec<u8>, Option<Vec<u8>>) {
        match self.writes {
            Writes::File(name) => (Vec::new(), fs::read(folder.join(name)).ok()),
            Writes::Columns => (output.stdout.clone(), None),
            Writes::Dump(name) | Writes::Resumable(name) => {
                (flowkit(&["summary", name, "--format", "csv"], folder).stdout, None)
            }
        }
    }

    /// The file or dump that it writes.
    pub(super) fn name(&self) -> &'static str {
        match self.writes {
            Writes::File(name) | Writes::Dump(name) | Writes::Resumable(name) => name,
            Writes::Columns => "dump",
        }
    }

    /// What it left is whole or not there, and nothing is unfinished; run again, it is as if
    /// nothing had been.
    pub(super) fn check(&self, right: &Right, output: &Output, folder: &Path, fault: &str) {
        let told = format!("{:?}, {fault}: {:?}, {}", self.arguments, output.status, said(output));
        assert!(!said(output).contains("panicked"), "{told}");
        let was_killed = output.status.code().is_none();
        let codes = [None, Some(0), Some(1), Some(3), Some(130)];
        assert!(codes.contains(&output.status.code()), "{told}");
        assert!(output.status.success() || was_killed || !said(output).is_empty(), "{told}");
        if !was_killed {
            assert_eq!(unfinished(folder), [""; 0], "{told}");
        }
        if output.status.success() {
            self.is_whole(right, output, folder, &told);
            return;
        }
        let is_there = folder.join(self.name()).exists();
        match self.writes {
            Writes::File(_) if is_there => self.is_whole(right, output, folder, &told),
            Writes::Dump(_) if is_there => return self.is_whole(right, output, folder, &told),
            _ => {}
        }
        if self.arguments.contains(&"--update") {
            // What broke off is completed first.
            flowkit(&["fetch", "-o", self.name()], folder);
        }
        let again = flowkit(self.arguments, folder);
        let told = format!("{told}; again: {}", said(&again));
        let is_done = said(&again).contains("holds a complete dump");
        assert!(again.status.success() || is_done, "{told}");
        // A question of a dump that was complete by then is the next that writes there.
        self.is_whole(right, &again, folder, &told);
        assert_eq!(unfinished(folder), [""; 0], "{told}");
    }

    fn is_whole(&self, right: &Right, output: &Output, folder: &Path, told: &str) {
        let (answer, file) = self.result(output, folder);
        assert!(answer == right.answer && file == right.file, "{told}");
        if let Writes::Dump(name) | Writes::Resumable(name) = self.writes {
            let verify = flowkit(&["verify", name], folder);
            let said = String::from_utf8_lossy(&verify.stdout).into_owned();
            assert!(verify.status.success(), "{told}: {said}");
        }
    }
}

/// What is unfinished below a folder.
pub(super) fn unfinished(folder: &Path) -> Vec<String> {
    let names = files(folder).into_keys().map(|path| path.display().to_string());
    names.filter(|name| name.contains(".new")).collect()
}
