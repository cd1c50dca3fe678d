//! Small inputs of every form, and whole dumps, with bytes flipped, cut, doubled and
//! spliced: no panic, no hang, and no answer that differs in silence.
//!
//! `FLOWKIT_MUTATIONS` is the number of inputs, and of dumps; `FLOWKIT_SEED` the first
//! seed, one for each. What fails is run again by its seed and a number of 1. Memory
//! is limited from outside: `(ulimit -v 4000000; FLOWKIT_MUTATIONS=100000 cargo test …)`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "helpers of tests"
)]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use flowkit_analyze::{ReadOptions, Source, ask, documents};
use flowkit_model::answer::Answer;
use flowkit_model::question::{Flows, Key, Order, Question, Report, Top};
use flowkit_testdata::{Server, practice_day};

/// Larger inputs are no small ones.
const MOST_BYTES: u64 = 20_000;
/// What takes as long hangs: nothing here takes a tenth of it.
const HANGS: Duration = Duration::from_secs(60);

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A generator, one for each seed.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % end.max(1)
    }

    fn range(&mut self, end: usize) -> std::ops::Range<usize> {
        let from = self.below(end + 1);
        let length = [1, 4, 16, 300, end][self.below(5)];
        from..(from + self.below(length) + 1).min(end).max(from)
    }
}

/// Texts and numbers that readers stumble over.
const ODD: [&[u8]; 12] = [
    b"\0",
    b"\xff\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\0\0\0\x80",
    b"18446744073709551615",
    b"-1",
    b"1e999",
    b"\"",
    b"[[[[{\"",
    b"../../x",
    b"\x1b]0;x\x07",
    b"null",
];

/// Changes some bytes; `other` is what is spliced in.
fn mutated(bytes: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(out.len());
        match random.below(7) {
            0 | 1 if !out.is_empty() => out[at] ^= 1 << random.below(8),
            2 => {
                let range = random.range(out.len());
                out.drain(range);
            }
            3 => out.truncate(at),
            4 => {
                let range = random.range(out.len());
                let doubled = out[range.clone()].to_vec();
                out.splice(range.end..range.end, doubled);
            }
            5 => {
                let from = random.range(other.len());
                let over = random.range(out.len());
                out.splice(over, other[from].iter().copied());
            }
            _ => {
                let odd = ODD[random.below(ODD.len())];
                let over = at..(at + random.below(odd.len() + 1)).min(out.len());
                out.splice(over, odd.iter().copied());
            }
        }
    }
    out
}

/// Ends the process if one case takes too long, and names it.
struct Watch {
    case: Mutex<(String, Instant)>,
    is_done: AtomicBool,
}

impl Watch {
    fn over(run: impl FnOnce(&Self)) {
        let watch = Self {
            case: Mutex::new((String::new(), Instant::now())),
            is_done: AtomicBool::new(false),
        };
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !watch.is_done.load(Ordering::Relaxed) {
                    std::thread::sleep(Duration::from_millis(100));
                    let (case, since) = &*watch.case.lock().unwrap();
                    if since.elapsed() > HANGS {
                        eprintln!("hangs: {case}");
                        std::process::exit(101);
                    }
                }
            });
            let ended = catch_unwind(AssertUnwindSafe(|| run(&watch)));
            watch.is_done.store(true, Ordering::Relaxed);
            ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        });
    }

    /// Runs a case; one that panics is named.
    fn case<T>(&self, name: &str, run: impl FnOnce() -> T) -> T {
        *self.case.lock().unwrap() = (name.to_owned(), Instant::now());
        catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| panic!("panics: {name}"))
    }
}

/// Every regular file below a folder.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Everything by port.
fn by_port() -> Question {
    let order = Order { limit: 0, ..Order::default() };
    let by = vec![Key::parse("dst_port").unwrap()];
    Question::new(Report::Top(Top { by, columns: None, order }), Flows::default())
}

/// Looks at a source as a question and as `show` do; whatever it holds, they end.
fn looked_at(path: &Path) {
    if let Ok(source) = Source::open(path) {
        let _ = ask(&[source], &by_port());
    }
    if let Ok(source) = Source::open(path) {
        let sources = [source];
        let _ = documents::each(&sources, ReadOptions::default(), |found| {
            let _ = found.flow();
            true
        });
    }
}

#[test]
fn inputs_of_every_form_are_read_or_refused() {
    let mut inputs = Vec::new();
    for folder in ["../testdata", "../fuzz/corpus"] {
        let mut found = Vec::new();
        files(Path::new(folder), &mut found);
        inputs.extend(found.into_iter().filter(|path| {
            let is_source = path.extension().is_some_and(|ending| ending == "rs");
            !is_source && fs::metadata(path).unwrap().len() <= MOST_BYTES
        }));
    }
    assert!(inputs.len() > 100, "{} inputs", inputs.len());
    let texts: Vec<Vec<u8>> = inputs.iter().map(|path| fs::read(path).unwrap()).collect();
    let (seed, n) = (setting("FLOWKIT_SEED", 1), setting("FLOWKIT_MUTATIONS", 300));
    println!("FLOWKIT_SEED={seed} FLOWKIT_MUTATIONS={n}: {} inputs", inputs.len());
    let folder = tempfile::tempdir().unwrap();
    Watch::over(|watch| {
        for seed in seed..seed + n {
            let mut random = Random::new(seed);
            let (one, other) = (random.below(inputs.len()), random.below(inputs.len()));
            let bytes = mutated(&texts[one], &texts[other], &mut random);
            let ending = inputs[one].extension().unwrap_or_default();
            let path = folder.path().join("x").with_extension(ending);
            fs::write(&path, &bytes).unwrap();
            let name = format!("FLOWKIT_SEED={seed} of {}", inputs[one].display());
            watch.case(&name, || looked_at(&path));
            fs::remove_file(&path).unwrap();
        }
    });
}

fn flowkit(arguments: &[&str], folder: &Path) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowkit"));
    command.args(arguments).current_dir(folder).env_remove("FLOWKIT_DUMP");
    let ended = command.env_remove("FLOWKIT_URL").output().unwrap();
    assert!(ended.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ended.stderr));
}

/// Dumps of every kind, each whole.
fn dumps(folder: &Path) -> Vec<PathBuf> {
    flowkit(&["synth", "400", "--format", "ndjson", "-o", "a.ndjson"], folder);
    flowkit(&["import", "a.ndjson", "-o", "imported"], folder);
    flowkit(&["import", "a.ndjson", "-o", "without-columns", "--no-columns"], folder);
    let capture = fs::canonicalize("../testdata/../fuzz/corpus/wire/three-flows.pcap").unwrap();
    flowkit(&["import", capture.to_str().unwrap(), "-o", "of-packets"], folder);
    let server = Server::start(practice_day().into_iter().step_by(40).collect(), 0).unwrap();
    let url = server.url();
    flowkit(
        &["fetch", "--url", &url, "--part-size", "100", "--size", "50", "-o", "fetched"],
        folder,
    );
    flowkit(&["summary", "fetched"], folder);
    let names = ["imported", "without-columns", "of-packets", "fetched"];
    names.iter().map(|name| folder.join(name)).collect()
}

/// What an answer says in numbers.
fn numbers(answer: &Answer) -> String {
    format!("{:?} {:?}", answer.table.rows, answer.ranking)
}

/// Whether an answer says that something is odd.
fn is_told(answer: &Answer) -> bool {
    let tally = &answer.tally;
    !(tally.incomplete.is_empty() && tally.notes.is_empty() && tally.skipped.is_empty())
        || tally.duplicates.n > 0
}

fn copied(from: &Path, to: &Path) {
    let mut found = Vec::new();
    files(from, &mut found);
    for file in found {
        let copy = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(&file, copy).unwrap();
    }
}

#[test]
fn a_changed_dump_is_told_or_answers_as_before() {
    let folder = tempfile::tempdir().unwrap();
    let dumps = dumps(folder.path());
    let expected: Vec<String> = dumps
        .iter()
        .map(|dump| {
            let answer = ask(&[Source::open(dump).unwrap()], &by_port()).unwrap();
            assert!(!is_told(&answer), "{}: {:?}", dump.display(), answer.tally);
            numbers(&answer)
        })
        .collect();
    let (seed, n) = (setting("FLOWKIT_SEED", 1), setting("FLOWKIT_MUTATIONS", 100));
    println!("FLOWKIT_SEED={seed} FLOWKIT_MUTATIONS={n}: {} dumps", dumps.len());
    let (mut n_same, mut n_told) = (0, 0);
    Watch::over(|watch| {
        for seed in seed..seed + n {
            let mut random = Random::new(seed);
            let one = random.below(dumps.len());
            let copy = folder.path().join("copy");
            copied(&dumps[one], &copy);
            let mut found = Vec::new();
            files(&copy, &mut found);
            let (file, other) = (random.below(found.len()), random.below(found.len()));
            let bytes = fs::read(&found[file]).unwrap();
            let changed = mutated(&bytes, &fs::read(&found[other]).unwrap(), &mut random);
            fs::write(&found[file], &changed).unwrap();
            let what = found[file].strip_prefix(&copy).unwrap().display();
            let name = format!("FLOWKIT_SEED={seed} of {}, {what}", dumps[one].display());
            let answer = watch.case(&name, || {
                let answer = Source::open(&copy).ok().map(|source| ask(&[source], &by_port()));
                looked_at(&copy);
                answer.and_then(Result::ok)
            });
            match answer {
                Some(answer) if numbers(&answer) == expected[one] => n_same += 1,
                Some(answer) => {
                    assert!(is_told(&answer), "differs in silence: {name}");
                    n_told += 1;
                }
                None => n_told += 1,
            }
            fs::remove_dir_all(&copy).unwrap();
        }
    });
    println!("{n_same} answer as before, {n_told} are told");
    assert!(n < 100 || n_same > 0 && n_told > 0);
}
