//! Flows by version and by family of addresses, for the summary of sources that hold more
//! than NetFlow v5 over IPv4.

use flowkit_model::FieldId;
use flowkit_model::answer::{Cell, Meaning, Tally};

use crate::batch::Batch;

/// A single value of an answer: name, meaning, value.
type Fact = (&'static str, Meaning, Cell);

/// Counts of flows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Versions {
    v5: u64,
    v9: u64,
    ipfix: u64,
    /// Flows that do not state a version.
    unstated: u64,
    ipv4: u64,
    ipv6: u64,
    /// Flows without addresses.
    neither: u64,
    /// Flows of an event without a counter.
    events: u64,
    rev_bytes: u128,
    rev_packets: u128,
}

impl Versions {
    /// What it needs of flows of v9 and IPFIX, beside the version and the addresses.
    pub(super) const FIELDS_IF_ANY: [FieldId; 4] =
        [FieldId::Family, FieldId::Event, FieldId::RevBytes, FieldId::RevPackets];

    /// Adds the flows of a batch.
    pub(super) fn add(&mut self, batch: &Batch) {
        let rows = batch.rows() as u64;
        let versions = batch.column(FieldId::Version);
        let most = versions.min_max().map(|(_, most)| most);
        if most.is_none_or(|most| most <= 5) {
            let unstated = versions.n_unknown();
            self.unstated += unstated;
            self.v5 += rows - unstated;
        } else {
            for row in 0..batch.rows() {
                *match versions.get(row) {
                    None => &mut self.unstated,
                    Some(9) => &mut self.v9,
                    Some(10) => &mut self.ipfix,
                    Some(_) => &mut self.v5,
                } += 1;
            }
            self.add_of_templates(batch);
        }
        let Some(families) = batch.column_if_any(FieldId::Family) else {
            let neither = without_addresses(batch);
            self.neither += neither;
            self.ipv4 += rows - neither;
            return;
        };
        let neither = families.n_unknown();
        self.neither += neither;
        match families.constant() {
            Some(Some(6)) => self.ipv6 += rows,
            Some(Some(_)) => self.ipv4 += rows,
            Some(None) => {}
            None => {
                let is_ipv6 = |row: &usize| families.get(*row) == Some(6);
                let ipv6 = (0..batch.rows()).filter(is_ipv6).count() as u64;
                self.ipv6 += ipv6;
                self.ipv4 += rows - neither - ipv6;
            }
        }
    }

    fn add_of_templates(&mut self, batch: &Batch) {
        let [bytes, packets] = [FieldId::Bytes, FieldId::Packets].map(|field| batch.column(field));
        let of_templates = [FieldId::Event, FieldId::RevBytes, FieldId::RevPackets];
        let [Some(events), Some(rev_bytes), Some(rev_packets)] =
            of_templates.map(|field| batch.column_if_any(field))
        else {
            return;
        };
        for row in 0..batch.rows() {
            let is_uncounted = [bytes, packets, rev_bytes, rev_packets]
                .iter()
                .all(|column| column.is_unknown(row));
            self.events += u64::from(events.get(row).is_some() && is_uncounted);
            self.rev_bytes += u128::from(rev_bytes.get(row).unwrap_or(0));
            self.rev_packets += u128::from(rev_packets.get(row).unwrap_or(0));
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (n, more) in [
            (&mut self.v5, other.v5),
            (&mut self.v9, other.v9),
            (&mut self.ipfix, other.ipfix),
            (&mut self.unstated, other.unstated),
            (&mut self.ipv4, other.ipv4),
            (&mut self.ipv6, other.ipv6),
            (&mut self.neither, other.neither),
            (&mut self.events, other.events),
        ] {
            *n += more;
        }
        self.rev_bytes += other.rev_bytes;
        self.rev_packets += other.rev_packets;
    }

    /// Whether there is more than version 5 and IPv4.
    fn is_mixed(&self) -> bool {
        self.v9 + self.ipfix + self.ipv6 > 0
    }

    /// The counts as single values; none of version 5 over IPv4 alone.
    pub(super) fn facts(&self) -> Vec<Fact> {
        if !self.is_mixed() {
            return Vec::new();
        }
        let flows = |name, n: u64| (name, Meaning::Count, Cell::from(n));
        let mut facts = vec![
            flows("flows_v5", self.v5),
            flows("flows_v9", self.v9),
            flows("flows_ipfix", self.ipfix),
        ];
        let rare = |name, n: u64| (n > 0).then(|| flows(name, n));
        facts.extend(rare("flows_of_unstated_version", self.unstated));
        facts.extend([flows("flows_ipv4", self.ipv4), flows("flows_ipv6", self.ipv6)]);
        facts.extend(rare("flows_without_addresses", self.neither));
        facts.extend(rare("events_without_counters", self.events));
        for (name, meaning, sum) in [
            ("rev_packets", Meaning::Count, self.rev_packets),
            ("rev_bytes", Meaning::Bytes, self.rev_bytes),
        ] {
            facts.extend((sum > 0).then_some((name, meaning, Cell::Number(sum))));
        }
        facts
    }
}

/// Flows of version 5 without an address of source or destination.
fn without_addresses(batch: &Batch) -> u64 {
    let ends = [FieldId::SrcAddr, FieldId::DstAddr].map(|field| batch.column(field));
    let [Some(src), Some(dst)] = ends.map(|column| column.unknown.as_ref()) else { return 0 };
    src.iter().zip(dst).filter(|(src, dst)| **src && **dst).count() as u64
}

/// Most interfaces that a note names.
const MOST_NAMED: usize = 8;

/// What exporters call their interfaces, in options records: a note for each.
pub(super) fn interfaces(tally: &Tally) -> Vec<String> {
    let named = tally.exporters.iter().filter(|(_, of)| !of.interfaces.is_empty());
    named
        .map(|(exporter, of)| {
            let list: Vec<String> = of
                .interfaces
                .iter()
                .take(MOST_NAMED)
                .map(|(number, name)| format!("{number} {name}"))
                .collect();
            let more = match of.interfaces.len().saturating_sub(MOST_NAMED) {
                0 => String::new(),
                n => format!(" and {n} more"),
            };
            let exporter = exporter.unwrap_or("the unknown exporter");
            format!("interfaces of {exporter}, by its options records: {}{more}", list.join(", "))
        })
        .collect()
}
