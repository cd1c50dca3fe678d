//! The questions, by level: each with the command that finds its answer.

use serde_json::Value;

use crate::output::units::{bytes, grouped};

/// A question, the command that finds the answer, and how to say it.
pub(super) struct Question {
    pub(super) text: &'static str,
    pub(super) command: &'static [&'static str],
    pub(super) say: fn(&Value) -> Option<String>,
}

/// What a reader has to know for the questions below it.
pub(super) const LEVELS: &[(&str, &[Question])] =
    &[("To begin with", EASY), ("With filters", FILTERS), ("For detectives", DETECTIVES)];

const EASY: &[Question] = &[
    Question {
        text: "How many flows are there, how many packets and bytes, from how many routers?",
        command: &["summary"],
        say: |answer| {
            let routers = answer["exporters"].as_array()?.len();
            let (packets, volume) = (number(answer, "packets")?, number(answer, "bytes")?);
            let flows = number(answer, "flows")?;
            Some(format!(
                "{} flows, {} packets, {} ({} B), from {routers} routers",
                grouped(flows.into()),
                grouped(packets.into()),
                bytes(volume.into()),
                grouped(volume.into())
            ))
        },
    },
    Question {
        text: "Which two hosts exchanged the most bytes?",
        command: &["pairs", "-n", "1"],
        say: |answer| {
            let row = first(answer)?;
            let (a, b) = (text(row, "addr_a")?, text(row, "addr_b")?);
            Some(format!("{a} and {b}: {} of the day", share(row)?))
        },
    },
    Question {
        text: "Which service had the most flows, both directions together?",
        command: &["ports", "--sort", "flows", "-n", "1"],
        say: |answer| {
            let row = first(answer)?;
            let flows = number(row, "flows")?;
            Some(format!(
                "port {} of protocol {}: {} flows",
                row["service"],
                row["protocol"],
                grouped(flows.into())
            ))
        },
    },
    Question {
        text: "In which hour (UTC) were the most bytes exported?",
        command: &["top", "--by", "hour", "-n", "1"],
        say: |answer| {
            let row = first(answer)?;
            Some(format!(
                "the hour from {}: {}",
                text(row, "hour")?,
                bytes(number(row, "bytes")?.into())
            ))
        },
    },
];

const FILTERS: &[Question] = &[
    Question {
        text: "Somebody was in a video call, marked for expedited forwarding (ToS 184). Who, with whom?",
        command: &[
            "top",
            "--by",
            "src_addr,dst_addr",
            "-f",
            "tos 184 and src net 192.168.0.0/16",
            "-n",
            "1",
        ],
        say: |answer| {
            let row = first(answer)?;
            Some(format!(
                "{} with {}, {} sent",
                text(row, "src_addr")?,
                text(row, "dst_addr")?,
                bytes(number(row, "bytes")?.into())
            ))
        },
    },
    Question {
        text: "Which web server has the most different clients, and how many?",
        command: &[
            "top",
            "--by",
            "dst_addr",
            "-f",
            "dst port 80 or dst port 443",
            "--sort",
            "distinct:src_addr",
            "--columns",
            "flows,distinct:src_addr",
            "-n",
            "1",
        ],
        say: |answer| {
            let row = first(answer)?;
            Some(format!(
                "{} with {} clients",
                text(row, "dst_addr")?,
                number(row, "distinct_src_addr")?
            ))
        },
    },
    Question {
        text: "An encrypted tunnel has no ports. Between which hosts is it, and which protocol?",
        command: &[
            "top",
            "--by",
            "src_addr,dst_addr,protocol",
            "-f",
            "not proto tcp and not proto udp and not proto icmp",
            "-n",
            "1",
        ],
        say: |answer| {
            let row = first(answer)?;
            Some(format!(
                "{} to {}, protocol {} (ESP is 50)",
                text(row, "src_addr")?,
                text(row, "dst_addr")?,
                row["protocol"]
            ))
        },
    },
    Question {
        text: "One router samples. What would it have counted, had it looked at every packet?",
        command: &["top", "--by", "exporter", "-f", "sampling_interval > 1", "--scale-sampling"],
        say: |answer| {
            let row = first(answer)?;
            let packets = number(row, "packets")?;
            Some(format!(
                "{}: about {} packets, {}",
                text(row, "exporter")?,
                grouped(packets.into()),
                bytes(number(row, "bytes")?.into())
            ))
        },
    },
];

const DETECTIVES: &[Question] = &[
    Question {
        text: "Somebody scanned a host: SYN, and nothing after it. Who, whom, how many ports?",
        command: &[
            "top",
            "--by",
            "src_addr,dst_addr",
            "-f",
            "flags S and not flags AFRPU",
            "--sort",
            "distinct:dst_port",
            "--columns",
            "flows,distinct:dst_port",
            "-n",
            "1",
        ],
        say: |answer| {
            let row = first(answer)?;
            Some(format!(
                "{} scanned {} ports of {}",
                text(row, "src_addr")?,
                number(row, "distinct_dst_port")?,
                text(row, "dst_addr")?
            ))
        },
    },
    Question {
        text: "Which port did the scan find open?",
        command: &[
            "top",
            "--by",
            "src_port",
            "-f",
            "dst ip 198.51.100.66 and flags SA and not flags R",
            "-n",
            "1",
        ],
        say: |answer| Some(format!("port {}", number(first(answer)?, "src_port")?)),
    },
    Question {
        text: "Then somebody guessed passwords there. From where, and how often?",
        command: &[
            "top",
            "--by",
            "src_addr",
            "-f",
            "dst ip 192.0.2.10 and dst port 22",
            "--sort",
            "flows",
            "-n",
            "1",
        ],
        say: |answer| {
            let row = first(answer)?;
            Some(format!("{}, {} connections", text(row, "src_addr")?, number(row, "flows")?))
        },
    },
    Question {
        text: "Large DNS answers that nobody asked for: who is the victim, of how many resolvers?",
        command: &[
            "top",
            "--by",
            "dst_addr",
            "-f",
            "proto udp and src port 53 and bpp > 1000",
            "--sort",
            "distinct:src_addr",
            "--columns",
            "flows,distinct:src_addr",
            "-n",
            "1",
        ],
        say: |answer| {
            let row = first(answer)?;
            Some(format!(
                "{}, flooded by {} resolvers",
                text(row, "dst_addr")?,
                number(row, "distinct_src_addr")?
            ))
        },
    },
    Question {
        text: "A host calls home by TCP with a few bytes, again and again. Which one, where, how often?",
        command: &["beacons", "-f", "proto tcp and bytes < 1000", "-n", "1"],
        say: |answer| {
            let row = first(answer)?;
            let seconds = (number(row, "interval")? + 500) / 1000;
            let (from, to) = (text(row, "src_addr")?, text(row, "dst_addr")?);
            Some(format!("{from} calls {to}, port {}, every {seconds} s", row["dst_port"]))
        },
    },
    Question {
        text: "Packets of one router were lost on the way. Of which, and how many flows?",
        command: &["exporters"],
        say: |answer| {
            let rows = answer["rows"].as_array()?;
            let row = rows.iter().max_by_key(|row| number(row, "lost_flows"))?;
            Some(format!("{}: {} flows", text(row, "exporter")?, number(row, "lost_flows")?))
        },
    },
];

fn first(answer: &Value) -> Option<&Value> {
    answer["rows"].as_array()?.first()
}

fn number(row: &Value, key: &str) -> Option<u64> {
    row[key].as_u64()
}

fn text<'v>(row: &'v Value, key: &str) -> Option<&'v str> {
    row[key].as_str()
}

/// `71.8 %`.
fn share(row: &Value) -> Option<String> {
    Some(format!("{:.1} %", row["bytes_share"].as_f64()? * 100.0))
}
