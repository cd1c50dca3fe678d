//! The list of layouts whose rows are read, and of those that are no flows.

use super::layout::{Layout, Refused};
use super::{nfdump, others, paths};

/// Every layout that is read. Of those that know equally many names of a header
/// the first one reads it.
pub const LAYOUTS: &[&Layout] =
    &[&nfdump::FIXED, &nfdump::NAMED, &others::FLOW_TOOLS, &others::SILK, &paths::PATHS];

const STATISTICS: &str =
    "statistics that `nfdump -s` counted, not flows; print the flows: `nfdump -r FILE -o csv`";
const ANSWER: &str = "an answer of flowkit, not flows; ask the source it was made from, or write its flows: `flowkit export SOURCE --format csv`";
const UNIQ: &str =
    "counts of rwuniq or rwstats, not flows; print the flows: `rwcut --delimited=, FILE`";

/// Rows that are no flows; the first whose names are all there says what they
/// are.
pub const REFUSED: &[Refused] = &[
    Refused { marks: &["val", "fl", "flP"], why: STATISTICS },
    Refused {
        marks: &["flows", "bytes", "packets", "avg_bps"],
        why: "the summary that nfdump prints at its end, not flows; print the flows: `nfdump -r FILE -o csv`",
    },
    Refused { marks: &["bytes_share", "flows"], why: ANSWER },
    Refused {
        marks: &["flows", "packets", "bytes", "first", "last", "first_switched"],
        why: ANSWER,
    },
    Refused { marks: &["start", "bytes", "packets", "flows", "bps", "pps"], why: ANSWER },
    Refused { marks: &["targets", "flows", "src_addr"], why: ANSWER },
    Refused { marks: &["beats", "interval", "jitter"], why: ANSWER },
    Refused { marks: &["finding", "place", "count"], why: ANSWER },
    Refused { marks: &["cumul_%"], why: UNIQ },
    Refused { marks: &["sIP", "Records"], why: UNIQ },
    Refused { marks: &["dIP", "Records"], why: UNIQ },
    Refused { marks: &["sPort", "Records"], why: UNIQ },
    Refused { marks: &["dPort", "Records"], why: UNIQ },
    Refused {
        marks: &["Date", "Records", "Bytes", "Packets"],
        why: "counts of rwcount, not flows; print the flows: `rwcut --delimited=, FILE`",
    },
    Refused {
        marks: &["IPV4_SRC_ADDR"],
        why: "flows of nProbe, both directions in one and none of version 5; let it export version 5 (`-V 5 -n HOST:PORT`) and collect that",
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::csv::{Header, NoHeader, Role, Row};

    /// Each header of a layout is told as that layout, with no name unread, by
    /// any delimiter and quoted.
    #[test]
    fn every_header_is_recognised() {
        for layout in LAYOUTS {
            for text in layout.headers {
                let delimiter = if text.contains('|') { "|" } else { "," };
                let quoted = text
                    .split(delimiter)
                    .map(|name| format!("\"{}\"", name.trim()))
                    .collect::<Vec<_>>()
                    .join(",");
                let forms = [",", ";", "\t", "|"].map(|other| text.replace(delimiter, other));
                for header in forms.iter().chain([&quoted]) {
                    let header = header.trim_start_matches("#:");
                    let found =
                        Header::of(header).unwrap_or_else(|error| panic!("{header}: {error}"));
                    assert_eq!(found.layout().name, layout.name, "{header}");
                    assert!(found.unread().is_empty(), "{header}: {:?}", found.unread());
                }
                assert!(Header::of(text).is_ok(), "{text}");
            }
        }
    }

    /// A name has one meaning in a layout.
    #[test]
    fn no_name_stands_twice() {
        for layout in LAYOUTS {
            for text in layout.headers {
                let names: Vec<&str> = text.split([',', '|']).map(str::trim).collect();
                let roles = (layout.roles)(&names);
                assert_eq!(roles.len(), names.len(), "{}", layout.name);
                let values = roles.iter().flatten().filter(|role| **role != Role::Nothing).count();
                assert!(values >= 2, "{text}");
            }
        }
    }

    /// Which of several columns of a field counts does not depend on their order.
    #[test]
    fn of_columns_of_one_field_the_first_of_the_table_that_holds_a_value_counts() {
        for (names, cells, expected) in [
            ("netflow.bytes,bytes,netflow.in_bytes,in_bytes", "1,2,3,4", 1),
            ("netflow.bytes,bytes,netflow.in_bytes,in_bytes", ",2,3,4", 3),
            ("netflow.bytes,bytes,netflow.in_bytes,in_bytes", "x,2,-,4", 2),
            ("netflow.bytes,bytes,netflow.in_bytes,in_bytes", ",,,4", 4),
            ("_source.netflow.bytes,in_bytes,bytes_twice", "1,2,3", 1),
        ] {
            let columns: Vec<(&str, &str)> = names.split(',').zip(cells.split(',')).collect();
            for first in 0..columns.len() {
                let mut columns = columns.clone();
                columns.rotate_left(first);
                for _ in 0..2 {
                    columns.reverse();
                    let (names, cells): (Vec<_>, Vec<_>) = columns.iter().copied().unzip();
                    let header = format!("src_addr,dst_addr,{}", names.join(","));
                    let row = format!("192.0.2.1,192.0.2.2,{}", cells.join(","));
                    let found = Header::of(&header).unwrap().row(row.as_bytes());
                    let Row::Flows(flows) = found else { panic!("{header}: {found:?}") };
                    assert_eq!(flows.flow.bytes, Some(expected), "{header}: {row}");
                }
            }
        }
        for header in ["sIP,sTime+msec,sTime", "sIP,sTime,sTime+msec"] {
            let times = ["2018/09/21T10:00:00.123", "2018/09/21T10:00:00"];
            let row = if header.ends_with("msec") { [times[1], times[0]] } else { times };
            let row = format!("192.0.2.1,{}", row.join(","));
            let found = Header::of(header).unwrap().row(row.as_bytes());
            let Row::Flows(flows) = found else { panic!("{header}: {found:?}") };
            assert_eq!(flows.flow.first_switched_ms, Some(1_537_524_000_123), "{header}");
        }
    }

    #[test]
    fn statistics_and_answers_are_refused_by_what_they_are() {
        for (header, word) in [
            ("ts,te,td,pr,val,fl,flP,pkt,pktP,byt,bytP,pps,bps,bpp", "statistics"),
            ("ts,te,td,pr,val,fl,flP,ipkt,ipktP,ibyt,ibytP,ipps,ibps,ibpp", "statistics"),
            ("ts,te,td,pr,val,fl,flP,opkt,opktP,obyt,obytP,opps,obps,obpp", "statistics"),
            (
                "src_addr,dst_port,bytes,packets,flows,bytes_share,packets_share,flows_share",
                "answer",
            ),
            (
                "addr_a,addr_b,a_to_b_bytes,b_to_a_bytes,bytes,packets,flows,bytes_share,packets_share,flows_share",
                "answer",
            ),
            ("flows,packets,bytes,first,last,first_switched,last_switched", "answer"),
            ("start,bytes,packets,flows,bps,pps", "answer"),
            (
                "src_addr,dst_addr,protocol,dst_port,beats,interval,jitter,flows,bytes,mean_bytes,first,last",
                "answer",
            ),
            ("            sIP|   Records|          Bytes|  %Bytes|   cumul_%|", "rwuniq"),
            ("sIP|dPort|Records|Bytes|", "rwuniq"),
            (
                "               Date|        Records|               Bytes|          Packets|",
                "rwcount",
            ),
            ("IPV4_SRC_ADDR|IPV4_DST_ADDR|IN_PKTS|IN_BYTES|FIRST_SWITCHED", "nProbe"),
            ("netflow.src_addr,sum(netflow.bytes)", "sums"),
            ("\"Top 5 values of netflow.src_addr\",\"Sum of netflow.bytes\"", "sums"),
            ("netflow.src_addr: Descending,Count", "sums"),
            ("src_addr,dst_addr,bytes,bytes,packets", "one name"),
            ("sa,da,ibyt,ipkt,ibyt", "one name"),
            ("sa,da,dp,dp,ibyt", "one name"),
            ("sa,da,ibyt,fl,fl", "one name"),
            ("\"sa\";\"da\";\"ibyt\";\" ibyt \"\r", "one name"),
        ] {
            match Header::of(header) {
                Err(NoHeader::Refused(why)) => assert!(why.contains(word), "{header}: {why}"),
                found => panic!("{header}: {found:?}"),
            }
        }
    }
}
