//! Answers that do not mislead: what a filter, a window or a protocol without ports
//! does to a number is said, or the number is not given.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod csv;
mod icmp;
mod loss;
mod named;
mod ports;
mod time;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A folder with a file of flows.
struct Flows {
    folder: TempDir,
}

/// A flow as Logstash's module writes it; times are seconds after 10:00 with their
/// milliseconds, as `0:05.200`.
#[derive(Clone)]
struct Flow {
    exporter: &'static str,
    day: &'static str,
    exported: &'static str,
    first: &'static str,
    last: &'static str,
    sequence: u32,
    records: u32,
    protocol: u8,
    ports: (u16, u16),
    bytes: u64,
}

/// A flow of one packet that carried nothing else.
const FLOW: Flow = Flow {
    exporter: "192.0.2.1",
    day: "2018-09-21",
    exported: "10:00:00.000",
    first: "10:00:00.000",
    last: "10:00:00.000",
    sequence: 0,
    records: 1,
    protocol: 6,
    ports: (51_000, 443),
    bytes: 1500,
};

impl Flow {
    fn document(&self) -> String {
        let Self { exporter, day, exported, first, last, sequence, records, .. } = self;
        let Self { protocol, ports: (src_port, dst_port), bytes, .. } = self;
        format!(
            r#"{{"@timestamp":"{day}T{exported}Z","host":"{exporter}","netflow":{{"version":5,"flow_seq_num":{sequence},"flow_records":{records},"engine_type":0,"engine_id":0,"sampling_interval":0,"sampling_algorithm":0,"src_addr":"192.0.2.10","dst_addr":"198.51.100.20","next_hop":"0.0.0.0","input_snmp":1,"output_snmp":2,"packets":10,"bytes":{bytes},"first_switched":"{day}T{first}Z","last_switched":"{day}T{last}Z","src_port":{src_port},"dst_port":{dst_port},"tcp_flags":27,"protocol":{protocol},"tos":0,"src_as":0,"dst_as":0,"src_mask_len":0,"dst_mask_len":0}}}}"#
        )
    }
}

impl Flows {
    fn new(flows: &[Flow]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut text = String::new();
        for flow in flows {
            writeln!(text, "{}", flow.document()).unwrap();
        }
        std::fs::write(folder.path().join("flows.ndjson"), text).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Imports the flows as `dump`, and changes members of its manifest.
    fn dump(&self, members: &[(&str, serde_json::Value)]) {
        if !self.path("dump").exists() {
            self.out(&["import", "flows.ndjson", "-o", "dump", "-q"]);
        }
        let path = self.path("dump/manifest.json");
        let mut manifest: serde_json::Value =
            serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        for (name, value) in members {
            manifest[name] = value.clone();
        }
        std::fs::write(path, manifest.to_string()).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        run(self.folder.path(), arguments)
    }

    /// What is printed; the command must succeed.
    fn out(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {told}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What is told on standard error.
    fn told(&self, arguments: &[&str]) -> String {
        String::from_utf8(self.run(arguments).stderr).unwrap()
    }
}

/// The practice day as a dump, `flowkit-demo`.
fn practice() -> Flows {
    let flows = Flows { folder: tempfile::tempdir().unwrap() };
    flows.out(&["demo", "-q"]);
    flows
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowkit"));
    command.current_dir(folder).args(arguments).output().unwrap()
}
