//! Pages on what is no field: how a flow comes about, the parts of a packet of version 5,
//! how v9 and IPFIX differ, with their headers and a datagram taken apart beside its
//! template.

use flowkit_model::lesson::Topic;
use flowkit_model::wire::layout::{HEADER, Member, RECORD};
use flowkit_model::wire::packets::BootTimes;
use flowkit_model::wire::templated::Version;
use flowkit_model::wire::templated::encode::Packetizer;
use flowkit_model::wire::templated::layout as templated_layout;
use flowkit_model::{FieldId, FlowRecord};

use super::examples;
use super::format::picture;
use super::load::Piece;
use super::paint::Paint;
use super::sets::{self, Shown};
use super::walked::{Read, Reader};
use crate::output::wrap::{add, hanging, paragraph};

/// What of a datagram is shown on a page.
struct Shot {
    title: &'static str,
    piece: Piece,
}

/// An IPFIX message of a template with an address, a counter in 3 bytes, a name of
/// variable length and a counter of the other direction; and one record.
#[rustfmt::skip]
const LENGTHS: &[u8] = &[
    0, 10, 0, 69, 0x5c, 0xda, 0x75, 0x80, 0, 0, 0, 0, 0, 0, 0, 3,
    0, 2, 0, 28, 1, 44, 0, 4,
    0, 8, 0, 4, 0, 1, 0, 3, 1, 115, 255, 255, 0x80, 1, 0, 8, 0, 0, 0x72, 0x79,
    1, 44, 0, 25, 192, 0, 2, 1, 0, 5, 220, 5, b'a', b'l', b'i', b'c', b'e', 0, 0, 0, 0, 0, 0, 2, 88,
];

/// The page of a topic.
pub(super) fn page(topic: &Topic, paint: Paint) -> String {
    let mut out = format!("{}\n", paint.bold(topic.names[0]));
    out += &paragraph(&format!("{}.", topic.title));
    for (heading, text) in topic.sections {
        add(&mut out, format_args!("\n{}\n\n", paint.bold(heading)));
        out += &paragraph(text);
    }
    for (name, title, members) in PARTS {
        if *name == topic.names[0] {
            add(&mut out, format_args!("\n{}\n\n{}", paint.bold(title), picture(members, paint)));
        }
    }
    let version = match topic.names[0] {
        "v9" => Some(Version::V9),
        "ipfix" => Some(Version::Ipfix),
        _ => None,
    };
    if let Some(version) = version {
        let length = version.header_length();
        let title = paint.bold(&format!("Header, {length} bytes"));
        add(
            &mut out,
            format_args!("\n{title}\n\n{}", picture(templated_layout::header(version), paint)),
        );
        for shot in shots(version) {
            add(&mut out, format_args!("\n{}\n", paint.bold(shot.title)));
            out += &taken_apart(&shot.piece, paint);
        }
    }
    out += "\nMore:\n  flowkit explain                  version 5, with which the course begins\n";
    for (name, about) in MORE.iter().filter(|(name, _)| *name != topic.names[0]) {
        out += &hanging(&format!("  flowkit explain {name}"), 18 + name.len(), 35, about);
    }
    out += "  flowkit explain --packet FILE    a capture of packets, taken apart\n\nSources:\n";
    for source in topic.sources {
        add(&mut out, format_args!("  {source}\n"));
    }
    out
}

/// The parts of a packet of version 5.
const PARTS: &[(&str, &str, &[Member])] =
    &[("header", "Header, 24 bytes", HEADER), ("record", "Record, 48 bytes", RECORD)];

/// The topics, as they are listed at the end of each.
const MORE: &[(&str, &str)] = &[
    ("flow", "how a flow comes about"),
    ("header", "what holds for all records of a packet"),
    ("record", "what is one flow"),
    ("duration", "times and rates"),
    ("service", "which of the two ports"),
    ("glossary", "the words"),
    ("v9", "NetFlow version 9"),
    ("ipfix", "IPFIX, version 10"),
    ("templates", "why a record cannot be read"),
    ("options", "sampling and names of interfaces"),
];

/// The datagrams that a page shows.
fn shots(version: Version) -> Vec<Shot> {
    let of_day = of_practice_day(version).map(|payload| Shot {
        title: "A flow of the demo day, sent with its template",
        piece: Piece::alone(payload),
    });
    let lengths = (version == Version::Ipfix).then(|| Shot {
        title: "Fewer bytes than the type, a variable length, an enterprise field",
        piece: Piece::alone(LENGTHS.to_vec()),
    });
    of_day.into_iter().chain(lengths).collect()
}

/// The largest flow of the practice day in a few fields, and how its router samples.
fn of_practice_day(version: Version) -> Option<Vec<u8>> {
    let flow = examples::example(FieldId::Bytes)?.flow;
    let few = FlowRecord {
        timestamp_ms: flow.timestamp_ms,
        src_addr: flow.src_addr,
        dst_addr: flow.dst_addr,
        protocol: flow.protocol,
        dst_port: flow.dst_port,
        bytes: flow.bytes,
        first_switched_ms: flow.first_switched_ms,
        last_switched_ms: flow.last_switched_ms,
        sampling_algorithm: Some(2),
        sampling_interval: Some(100),
        ..FlowRecord::default()
    };
    let mut boot_times = BootTimes::default();
    boot_times.learn(&few);
    let mut packetizer = Packetizer::new(version, boot_times);
    packetizer.push(&few).ok()?;
    packetizer.finish().pop().map(|packet| packet.bytes)
}

fn taken_apart(piece: &Piece, paint: Paint) -> String {
    match Reader::default().read(None, &piece.payload) {
        Read::Templated(read) => {
            sets::datagram(piece, &read, Shown { number: 1, first: 1, wanted: None }, paint)
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use flowkit_model::lesson::topics;

    use super::*;
    use crate::output::wrap::WIDTH;

    /// Every page fits; what it shows is read without a fault.
    #[test]
    fn every_topic_has_a_page_that_fits() {
        for topic in topics() {
            let text = page(topic, Paint::OFF);
            for line in text.lines().filter(|line| !line.contains("https://")) {
                assert!(line.chars().count() <= WIDTH, "{line}");
            }
            assert!(MORE.iter().any(|(name, _)| *name == topic.names[0]), "{}", topic.title);
        }
        for version in [Version::V9, Version::Ipfix] {
            let shots = shots(version);
            assert_eq!(shots.len(), if version == Version::V9 { 1 } else { 2 });
            for shot in shots {
                let Read::Templated(read) = Reader::default().read(None, &shot.piece.payload)
                else {
                    panic!("{}", shot.title)
                };
                assert_eq!(read.faults().count(), 0, "{}", shot.title);
                assert!(read.n_records(&shot.piece.payload) > 0);
            }
        }
    }

    /// The course begins with what a flow is; its packet is drawn where its parts are
    /// taught.
    #[test]
    fn the_basics_have_pages() {
        let of = |name| page(flowkit_model::lesson::topic(name).unwrap(), Paint::OFF);
        for (name, parts) in [
            ("flow", &["seven", "inactive time-out", "active time-out", "pairs"][..]),
            ("timeouts", &["Key fields"]),
            ("header", &["SysUptime", "flow_sequence", "|  engine_type  |   engine_id   |"]),
            ("record", &["dOctets", "48 bytes", "|                            srcaddr"]),
            ("duration", &["Last - First"]),
            ("service", &["lower of the two ports"]),
            ("glossary", &["DSCP", "Five-tuple", "Biflow"]),
        ] {
            let page = of(name);
            let words = page.split_whitespace().collect::<Vec<_>>().join(" ");
            for part in parts {
                let is_there = page.contains(part) || words.contains(part);
                assert!(is_there, "{name}: {part}\n{page}");
            }
        }
        assert!(!of("flow").contains("+-+-"));
    }

    #[test]
    fn lengths_enterprises_and_options_are_shown() {
        let of = |name| {
            let page = page(flowkit_model::lesson::topic(name).unwrap(), Paint::OFF);
            page.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let ipfix = of("ipfix");
        for part in [
            "29305:1 reverseOctetDeltaCount",
            "00 05 dc = 1500",
            "61 6c 69 63 65 = \"alice\"",
            "variable",
            "02 58 = 600",
        ] {
            assert!(ipfix.contains(part), "{part}\n{ipfix}");
        }
        let v9 = of("V9");
        for part in ["Flowset 0 at byte", "sourceIPv4Address", "samples 1 packet in 100, random"] {
            assert!(v9.contains(part), "{part}\n{v9}");
        }
    }
}
