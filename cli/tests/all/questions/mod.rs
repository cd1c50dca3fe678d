//! `--print-question` and `flowkit ask`: a saved question gives what the command
//! line gives.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod guide;
mod wrong;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::{slice, thread};

use flowkit_model::question::{Question, Report};

/// Options of every report: which flows, and what is done to them. The files
/// are those of [`Place`].
const FLOWS: &[&str] = &[
    "-f 'proto tcp and dst port in [80 443]' --day 2018-09-21 --tz Asia/Tokyo",
    "-f @web.nf --last 6h",
    "-f 'bytes > 500 and (@include web.nf)' --from '2018-09-21 03:00' --to 2018-09-21T08:30",
    "-f 'not ip in @hosts.txt' --quiet --repair-times --dedupe",
    "-f 'first >= 2018-09-21T01:00' --to '2018-09-21 12:00' --tz -09:30",
    "-f 'proto udp' --scale-sampling --last 12h --repair-times",
];

/// Options of rankings whose keys are fixed.
const ROWS: &[&str] = &[
    "--sort flows -n 3",
    "--bottom -n 0",
    "--min-percent 0.5",
    "--min-percent 33.333333 --sort packets",
    "--having 'bytes > 1M and flows >= 2'",
    "--columns flows,bps,p95_bytes,distinct:dst_addr",
    "--sort distinct:dst_port --having 'distinct:dst_port > 1 and packets < 100k' -n 4",
    "--sort median_duration --columns first,last,duration,bytes_share",
];

/// Options of one report. A new report does not compile without.
fn options(report: &Report) -> &'static [&'static str] {
    match report {
        Report::Top(_) => &[
            "--by dst_port",
            "--by src_addr/24,service --sort flows -n 3",
            "--by hour,protocol --having 'bytes > 1M' --tz Asia/Tokyo",
            "--by hour --having 'hour >= 2018-09-21T07:00' --tz Asia/Tokyo",
            "--by addr --bottom --sort packets",
            "--by l4_dst_port,5m -n 0 --min-percent 1",
            "--by exporter,input_snmp --columns flows,distinct:dst_addr,mean_bytes",
            "--by src_addr --sort distinct:dst_port --columns flows,bps",
            "--by tcp_flags,tos,port,if,as,mask -n 7",
            "--by hour,exporter --sort hour --bottom --having 'exporter != r9 and bytes_share > 1 %'",
            "--by bytes --sort bytes_key --having 'first >= 2018-09-21T01:00' --tz Asia/Tokyo",
        ],
        Report::Talkers(_) | Report::Ports(_) | Report::Protocols(_) | Report::Pairs(_) => ROWS,
        Report::Summary | Report::Check => &[],
        Report::List(_) => &[
            "-n 3",
            "-n 0 --columns first,src_addr,dst_port,bps",
            "--sort bytes -n 4",
            "--sort duration --bottom --columns exporter,dst_port -n 5",
            "--sort exporter -n 0",
            "--columns src_country,icmp_type,vlan,service -n 7",
        ],
        Report::Exporters(_) => &[
            "--sort lost_flows --bottom --having 'bytes_share > 1 % and exporter != r9' -n 2",
            "--interfaces --sort output_snmp --having 'bytes > 1k' -n 3",
        ],
        Report::Timeline(_) => &[
            "--load start",
            "--sort bps -n 3 --having 'kind = bin and start >= 2018-09-21T03:00'",
            "--load export --by exporter --sort exporter --bottom --having 'packets > 1'",
            "--load uniform --by protocol -n 2",
            "--load export --bin 5m --from '2018-09-21 07:00' --to '2018-09-21 08:00'",
            "--load end --bin day --by src_addr/16,protocol -n 0 --tz America/New_York",
        ],
        Report::Scans(_) => &[
            "--min-targets 3 -n 2",
            "-n 0",
            "--min-targets 2 --sort bytes --having 'targets < 1k and first > 2018-09-21' -n 3",
            "--min-targets 2 --bottom",
        ],
        Report::Beacons(_) => &[
            "--min-connections 3 --max-jitter 40 -n 0",
            "--max-jitter 0",
            "--min-connections 3 --max-jitter 90 --sort interval --having 'jitter < 50 %' -n 3",
        ],
        Report::Diff(_) => &[
            "--by dst_port --sort flows -n 5",
            "--by exporter,dst_port --sort bytes_change --bottom --having 'change != grew'",
            "--by bytes --sort bytes_key --having 'bytes_change < -1.5k and packets >= 2' -n 3",
            "--by src_addr/16,protocol -n 0",
            "--by service --a ..2018-09-21T08:00 --b 2018-09-21T08:00..",
            "--by protocol --a 2018-09-21 --b 2018-09-22 --tz Asia/Tokyo",
            "--by dst_port --a 2018-09-21T00:00..2018-09-21T06:00 --b 2018-09-21T06:00.. -n 3",
        ],
    }
}

/// What a report cannot be without.
fn required(report: &Report) -> &'static str {
    match report {
        Report::Top(_) => "--by dst_port",
        Report::Diff(_) => "--by protocol",
        _ => "",
    }
}

/// The words of a command line; quotes keep blanks together.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('\'').enumerate();
    parts
        .flat_map(|(place, part)| match place % 2 {
            1 => vec![part.to_owned()],
            _ => part.split_whitespace().map(str::to_owned).collect(),
        })
        .collect()
}

/// A folder with sources and the files that filters read, and another where
/// there are none.
struct Place {
    folder: tempfile::TempDir,
    elsewhere: tempfile::TempDir,
}

impl Place {
    /// With a few hundred flows in `other.ndjson`.
    fn new() -> Self {
        Self::with("synth 400 --seed 3 --format hits -o other.ndjson --quiet")
    }

    /// With the practice day in `flowkit-demo`, too.
    fn with_day() -> Self {
        let place = Self::new();
        let output = run(place.folder.path(), &words("demo --quiet"), None);
        assert!(output.status.success(), "{}", told(&output));
        place
    }

    fn with(line: &str) -> Self {
        let place =
            Self { folder: tempfile::tempdir().unwrap(), elsewhere: tempfile::tempdir().unwrap() };
        let folder = place.folder.path();
        fs::write(folder.join("web.nf"), "# web\ndst port 80 or\ndst port 443\n").unwrap();
        fs::write(folder.join("hosts.txt"), "192.168.10.20, 192.0.2.0/24\n").unwrap();
        let output = run(folder, &words(line), None);
        assert!(output.status.success(), "{line}: {}", told(&output));
        place
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// Prints the question of a command line.
    fn question(&self, line: &[String]) -> String {
        let line = [line, &["--print-question".to_owned()]].concat();
        let output = run(self.folder.path(), &line, None);
        assert!(output.status.success(), "{line:?}: {}", told(&output));
        assert!(output.stderr.is_empty(), "{line:?}: {}", told(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Holds what is asked by the question of a command line to what the command
    /// line gives.
    fn compare(&self, line: &str, sources: &[String], formats: &[&str]) {
        let line = words(line);
        // A question is about no source, so none is needed to print it.
        let question = self.question(&line);
        let read = Question::from_json(&question).unwrap();
        assert_eq!(read.to_json(), question.trim_end(), "{line:?}");
        assert_eq!(Question::from_json(&read.to_json()).unwrap(), read, "{line:?}");
        let ask = ["ask".to_owned(), "-".into()];
        let quiet: Vec<String> = line.iter().filter(|word| *word == "--quiet").cloned().collect();
        for format in formats {
            let rest = [&["--format".to_owned(), (*format).into()], sources].concat();
            let typed = run(self.folder.path(), &[&line[..], &rest].concat(), None);
            let asked = [&ask[..], &rest, &quiet].concat();
            let asked = run(self.elsewhere.path(), &asked, Some(&question));
            let texts = |output: &Output| {
                (String::from_utf8_lossy(&output.stdout).into_owned(), told(output))
            };
            assert_eq!(texts(&asked), texts(&typed), "{line:?} --format {format}\n{question}");
            assert_eq!(asked.status.code(), typed.status.code(), "{line:?}\n{question}");
            assert_ne!(typed.status.code(), Some(2), "{line:?}: {}", told(&typed));
        }
    }
}

fn run(folder: &Path, line: &[String], input: Option<&str>) -> Output {
    let mut flowkit = Command::new(env!("CARGO_BIN_EXE_flowkit"))
        .args(line)
        .current_dir(folder)
        .env_remove("FLOWKIT_DUMP")
        .env("COLUMNS", "100")
        .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    if let Some(text) = input {
        flowkit.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    }
    flowkit.wait_with_output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const FORMATS: &[&str] = &["table", "csv", "json", "ndjson"];

#[test]
fn a_saved_question_gives_what_the_command_line_gives() {
    let place = &Place::with_day();
    thread::scope(|scope| {
        for report in Report::every() {
            scope.spawn(move || {
                let mut sources = vec![place.path("flowkit-demo")];
                if matches!(report, Report::Diff(_)) {
                    sources.push(place.path("other.ndjson"));
                }
                let (name, required) = (report.name(), required(&report));
                let flows = FLOWS.iter().map(|flows| format!("{name} {required} {flows}"));
                let own = options(&report).iter().map(|own| format!("{name} {own}"));
                // Every format without options, and each option in one of them.
                place.compare(&format!("{name} {required}"), &sources, FORMATS);
                for (line, format) in flows.chain(own).zip(FORMATS.iter().cycle()) {
                    let sources = if line.contains("--a ") { &sources[..1] } else { &sources };
                    place.compare(&line, sources, &[*format]);
                }
            });
        }
    });
}

/// What is known to be missing is told, and the exit code is 3, of a saved
/// question too.
#[test]
fn a_saved_question_of_a_source_that_is_cut_off_ends_with_3() {
    let place = Place::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/cut-off.ndjson");
    let source = source.to_str().unwrap().to_owned();
    for report in Report::every() {
        let sources = if matches!(report, Report::Diff(_)) {
            vec![source.clone(); 2]
        } else {
            vec![source.clone()]
        };
        let line = format!("{} {}", report.name(), required(&report));
        place.compare(&line, &sources, &["csv"]);
        let typed = [&words(&line)[..], &sources].concat();
        let output = run(place.folder.path(), &typed, None);
        assert_eq!(output.status.code(), Some(3), "{line}: {}", told(&output));
    }
}

#[test]
fn a_question_that_is_asked_prints_itself() {
    let place = Place::new();
    for line in ["top --by src_addr/24 --min-percent 0.5 --last 6h", "check", "beacons -n 3"] {
        let question = place.question(&words(line));
        fs::write(place.folder.path().join("q.json"), &question).unwrap();
        assert_eq!(place.question(&words("ask q.json")), question, "{line}");
        let output = run(place.folder.path(), &words("ask - --print-question"), Some(&question));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), question, "{line}");
    }
}

/// What is left out of a question has the default of the command line.
#[test]
fn the_shortest_question_is_the_command_without_options() {
    let place = Place::new();
    let source = place.path("other.ndjson");
    for report in Report::every() {
        let name = report.name();
        let line = words(&format!("{name} {} --format csv", required(&report)));
        let short = match &report {
            Report::Top(_) => r#"{"top": {"by": ["dst_port"]}}"#.to_owned(),
            Report::Diff(_) => r#"{"diff": {"by": ["protocol"]}}"#.to_owned(),
            Report::Exporters(_) | Report::Summary | Report::Check => format!("\"{name}\""),
            _ => format!(r#"{{"{name}": {{}}}}"#),
        };
        let short = format!(r#"{{"flowkit_question": 1, "report": {short}}}"#);
        let mut sources = vec![source.clone()];
        if matches!(report, Report::Diff(_)) {
            sources.push(place.path("other.ndjson"));
        }
        let typed = run(place.folder.path(), &[&line[..], &sources].concat(), None);
        let ask = [&words("ask - --format csv")[..], &sources].concat();
        let asked = run(place.folder.path(), &ask, Some(&short));
        assert!(asked.status.success(), "{short}: {}", told(&asked));
        assert_eq!(asked.stdout, typed.stdout, "{short}");
        assert_eq!(told(&asked), told(&typed), "{short}");
    }
}

/// How an answer looks is no part of a question.
#[test]
fn columns_can_be_chosen_when_a_question_is_asked() {
    let place = Place::new();
    let source = place.path("other.ndjson");
    for (line, columns) in [
        ("top --by protocol -n 2", "flows,bps"),
        ("talkers -n 2", "packets"),
        ("list -n 4 --sort bps", "last,dst_port,bps"),
        ("timeline", "flows,bytes"),
        ("scans", "flows"),
    ] {
        let output = format!("--columns {columns} --format csv");
        let typed = words(&format!("{line} {output}"));
        let typed =
            run(place.folder.path(), &[&typed[..], slice::from_ref(&source)].concat(), None);
        let question = place.question(&words(line));
        let ask = [&words(&format!("ask - {output}"))[..], slice::from_ref(&source)].concat();
        let asked = run(place.folder.path(), &ask, Some(&question));
        assert!(typed.status.success(), "{}", told(&typed));
        assert_eq!(
            String::from_utf8_lossy(&asked.stdout),
            String::from_utf8_lossy(&typed.stdout),
            "{line}: {}",
            told(&asked)
        );
    }
}
