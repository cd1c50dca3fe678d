//! Columns of answers that are no fields: sums, shares, rates, what a report works out.

use flowkit_model::filter::nearest;
use flowkit_model::question::Measure;

use super::paint::Paint;
use crate::output::wrap::hanging;

/// Columns by their names, each with what it holds. Names with a `*` stand for all that
/// begin or end so.
const COLUMNS: &[(&[&str], &str)] = &[
    (
        &["flows"],
        "Number of flows. Never corrected for sampling: how many flows had no sampled packet is unknown.",
    ),
    (
        &["share", "bytes_share", "packets_share", "flows_share"],
        "Part of the total of bytes, packets or flows; in csv and json a fraction with six decimals, in tables percent. Of reports that count a flow at both ends shares add up to more than 1. In `flowkit check`: the part of the flows that a finding is about.",
    ),
    (&["cumulative"], "Share of this row and of all above it, in tables."),
    (
        &["duration"],
        "Time from the first packet to the last, in ms; unknown if a flow ends before it starts. Of a group: from the start of its first flow to the end of its last.",
    ),
    (
        &["bps", "pps", "window_bps"],
        "Bits or packets per second, cut to a whole number: of a group over its duration, of a bin of time over the bin as far as it lies in the window; window_bps over the whole window.",
    ),
    (
        &["bps_*", "pps_*"],
        "Smallest, mean, 95th percentile (nearest rank) or largest rate of the bins of a timeline, bins without flows included.",
    ),
    (&["bpp"], "Bytes per packet, cut to a whole number."),
    (
        &["sent_bytes", "received_bytes"],
        "Bytes of flows of which the address is the source, or the destination.",
    ),
    (
        &["to_service_bytes", "from_service_bytes"],
        "Bytes of flows to the port of the service, or from it.",
    ),
    (
        &["a_to_b_bytes", "b_to_a_bytes"],
        "Bytes of flows from the lower of the two addresses to the higher, or back.",
    ),
    (
        &["addr", "addr_a", "addr_b"],
        "An address at either end of a flow; addr_a is the lower of two, addr_b the higher.",
    ),
    (
        &["port", "as", "if", "mask"],
        "A value at either end of a flow: as a key, a flow counts for both, and once if they are equal.",
    ),
    (&["service"], "The lower of the two ports of a flow, which is mostly that of the server."),
    (&["peers"], "Number of distinct addresses at the other end; an address is not its own peer."),
    (&["hosts"], "Number of distinct addresses at either end."),
    (&["sources", "destinations"], "Number of distinct source or destination addresses."),
    (
        &["distinct_*", "distinct:*"],
        "Number of distinct values of a field in a group, exact; unknown is not counted.",
    ),
    (
        &["min_*", "max_*", "mean_*", "median_*", "p95_*"],
        "A point of the distribution over the flows of a group, of bytes or duration; median and p95 by nearest rank, mean cut to a whole number.",
    ),
    (
        &["lost_flows"],
        "Flows that an engine exported and that never came: gaps between the sequence numbers of its packets (flow_seq_num). Only without a filter on more than exporter and engine, else n/a.",
    ),
    (
        &["missing_documents"],
        "Flows that a packet said it carried (flow_records), and of which no document came: lost behind the collector. Only without a filter on more than exporter and engine, else n/a.",
    ),
    (&["export_packets"], "Number of export packets, told by their sequence numbers and times."),
    (
        &["sampling_interval_min", "sampling_interval_max"],
        "Smallest and largest interval that the flows of an exporter state: one packet in so many was looked at; 0 and 1 mean all.",
    ),
    (&["start", "hour", "day"], "Start of a bin of time, in the zone of --tz."),
    (
        &["kind"],
        "What a row is. Of a timeline: bin, edge (incomplete), before or after the window, unknown time. Of scans: many hosts on one port, or many ports of one host.",
    ),
    (
        &["port_kind"],
        "What the port of a row is: port; icmp, type × 256 + code; none, if the protocol has nothing there; mixed.",
    ),
    (
        &["targets", "targets_per_minute"],
        "Distinct hosts that a source tried on one port, or ports of one host; and how many a minute, from the first to the last.",
    ),
    (&["syn_only_flows"], "Flows with the flag SYN and no other: tries without an answer."),
    (&["beats"], "Number of connections of a beacon."),
    (
        &["interval", "jitter"],
        "Median of the times from the start of one connection to the start of the next; the jitter is the median deviation from it, as a part of it.",
    ),
    (&["mean_bytes"], "Bytes per flow, cut to a whole number."),
    (
        &["change"],
        "How a row of a diff differs: appeared, vanished, grew, shrank, or changed in another measure.",
    ),
    (
        &["a_*", "b_*", "*_change"],
        "Sum of the first window or source of a diff, of the second, and the second minus the first.",
    ),
    (
        &["finding", "place", "count", "of", "meaning"],
        "A row of `flowkit check`: what was found, at which exporter, in how many of how many flows (or what the meaning says), and what it means.",
    ),
    (
        &["other", "total"],
        "Rows below a ranking: the sum of the keys that have no row, and of all.",
    ),
    (
        &["field", "unit", "packet", "type"],
        "A row of `flowkit fields`: name, unit, place in the packet, type of the column in Parquet.",
    ),
];

/// The page of a column, if there is one of this name.
pub(super) fn page(name: &str, paint: Paint) -> Option<String> {
    let name = name.trim().to_ascii_lowercase();
    let is_so = |known: &&str| match known.split_once('*') {
        None => **known == name,
        Some((begin, end)) => {
            name.len() > begin.len() + end.len() && name.starts_with(begin) && name.ends_with(end)
        }
    };
    let (_, meaning) = COLUMNS.iter().find(|(names, _)| names.iter().any(is_so))?;
    // `min_colour` is no column, although it begins like one.
    let is_measure = name.contains(':')
        || ["min_", "max_", "mean_", "median_", "p95_", "distinct_"]
            .iter()
            .any(|begin| name.starts_with(begin));
    if is_measure && name != "mean_bytes" && Measure::parse(&name).is_err() {
        return None;
    }
    let title = format!("{}:", paint.bold(&name));
    let looks = name.chars().count() + 1;
    let about = "\n  A column of answers, no field of a flow. --explain of a report says how its\n  numbers were computed.\n";
    Some(hanging(&title, looks, looks + 1, meaning) + about)
}

/// The column that was meant, if one is near.
pub(super) fn near(name: &str) -> Option<&'static str> {
    let whole = COLUMNS.iter().flat_map(|(names, _)| *names).filter(|name| !name.contains('*'));
    nearest(name, whole.copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::wrap::WIDTH;

    #[test]
    fn columns_have_pages_that_fit_and_nothing_else_has() {
        for name in [
            "lost_flows",
            "bpp",
            "share",
            "Flows",
            "distinct:dst_addr",
            "p95_bytes",
            "a_bytes",
            "flows_change",
            "bps_p95",
        ] {
            let page = page(name, Paint::OFF).unwrap_or_else(|| panic!("{name}"));
            for line in page.lines() {
                assert!(line.chars().count() <= WIDTH, "{line}");
            }
        }
        for name in ["colour", "min_colour", "distinct:colour", "a_", "", "bps_"] {
            assert!(page(name, Paint::OFF).is_none(), "{name}");
        }
        assert_eq!(near("lostflows"), Some("lost_flows"));
    }

    #[test]
    fn no_column_is_there_twice() {
        let names: Vec<&str> = COLUMNS.iter().flat_map(|(names, _)| *names).copied().collect();
        for name in &names {
            assert_eq!(names.iter().filter(|other| *other == name).count(), 1, "{name}");
        }
    }
}
