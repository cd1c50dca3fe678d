//! Rows of csv: the columns of `nfdump -o csv`, and those of flowkit's own csv,
//! which bear the names of fields.
//!
//! nfdump writes times in the zone of its own process, without saying which;
//! they are read as UTC (`TZ=UTC nfdump …`). Its csv cuts first and last to
//! seconds, but has the duration in milliseconds.
//!
//! Source: what nfdump 1.7.1 writes; phaag/nfdump
//! `src/output/output_csv_fast.c` for the names of later 1.7 versions.

use super::dialect::{Form, Place, places};
use super::value::{Scalar, write};
use crate::field::{FIELDS, FieldId as F, Kind};
use crate::record::FlowRecord;

use Form::{AnyAddress, BlankTime, EngineId, EngineType, FlagLetters, NfdumpProtocol, Plain};

/// Columns of `nfdump -o csv`: of 1.7.1, then those that later ones name
/// otherwise.
#[rustfmt::skip]
const COLUMNS: &[(F, &str, Form)] = &[
    (F::FirstSwitched, "ts", BlankTime), (F::LastSwitched, "te", BlankTime),
    (F::SrcAddr, "sa", Plain), (F::DstAddr, "da", Plain),
    (F::SrcPort, "sp", Plain), (F::DstPort, "dp", Plain),
    (F::Protocol, "pr", NfdumpProtocol), (F::TcpFlags, "flg", FlagLetters), (F::Tos, "stos", Plain),
    (F::Packets, "ipkt", Plain), (F::Bytes, "ibyt", Plain),
    (F::InputSnmp, "in", Plain), (F::OutputSnmp, "out", Plain),
    (F::SrcAs, "sas", Plain), (F::DstAs, "das", Plain), (F::NextHop, "nh", Plain),
    (F::Exporter, "ra", Plain), (F::EngineType, "eng", EngineType), (F::EngineId, "eng", EngineId),
    (F::Timestamp, "tr", BlankTime),
    (F::FirstSwitched, "firstSeen", BlankTime), (F::LastSwitched, "lastSeen", BlankTime),
    (F::Protocol, "proto", NfdumpProtocol), (F::SrcAddr, "srcAddr", Plain), (F::SrcPort, "srcPort", Plain),
    (F::DstAddr, "dstAddr", Plain), (F::DstPort, "dstPort", Plain),
    (F::SrcAs, "srcAS", Plain), (F::DstAs, "dstAS", Plain),
    (F::InputSnmp, "input", Plain), (F::OutputSnmp, "output", Plain),
    (F::TcpFlags, "flags", FlagLetters), (F::Tos, "srcTos", Plain),
    (F::Packets, "packets", Plain), (F::Bytes, "bytes", Plain),
];

/// Columns that hold the duration in seconds.
const DURATIONS: [&str; 2] = ["td", "duration"];

/// What stands in a column of a file of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// One field, or two that share a cell.
    Fields(Vec<Place>),
    /// The duration, from which the end follows to the millisecond.
    Duration,
    /// Nothing that a flow has.
    Nothing,
}

impl Column {
    /// The column of a name: nfdump's, or that of a field, as flowkit's own csv
    /// has them.
    #[must_use]
    pub fn of(name: &str) -> Self {
        if DURATIONS.contains(&name) {
            return Self::Duration;
        }
        let known: Vec<Place> =
            places(COLUMNS).into_iter().filter(|place| place.path == name).collect();
        let field = FIELDS.iter().find(|field| field.name == name);
        match (known.is_empty(), field) {
            (false, _) => Self::Fields(known),
            (true, Some(field)) => {
                let form = if field.kind == Kind::Address { AnyAddress } else { Plain };
                Self::Fields(vec![Place { field: field.id, path: field.name, form }])
            }
            (true, None) => Self::Nothing,
        }
    }

    /// Writes a cell into its fields; what is no value of a field is unknown.
    pub fn write(&self, cell: &str, flow: &mut FlowRecord) {
        let Self::Fields(places) = self else { return };
        for place in places {
            let scalar = Scalar::Text(cell.trim());
            write(flow, place, scalar, false);
        }
    }
}

/// Takes the end of a flow from its start and its duration in seconds, such as
/// `43.156`, where the start is known.
pub fn set_end(flow: &mut FlowRecord, seconds: &str) {
    let (whole, decimals) = seconds.trim().split_once('.').unwrap_or((seconds.trim(), ""));
    let ms = format!("{decimals:0<3}");
    let ms = ms.get(..3).and_then(|ms| ms.parse::<u64>().ok());
    let duration =
        whole.parse::<u64>().ok().and_then(|whole| whole.checked_mul(1000)?.checked_add(ms?));
    if let (Some(first), Some(duration)) = (flow.first_switched_ms, duration) {
        flow.last_switched_ms = first.checked_add(duration).and_then(crate::time::from_epoch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each column, written as nfdump writes it.
    #[test]
    fn every_column_of_nfdump_is_read() {
        let mut flow = FlowRecord::default();
        for (name, cell) in [
            ("ts", "2018-09-21 00:38:02"),
            ("te", "2018-09-21 00:38:45"),
            ("sa", "192.168.2.4"),
            ("da", "91.253.176.65"),
            ("sp", "0"),
            ("dp", "771"),
            ("pr", "ICMP"),
            ("flg", "...AP.SF"),
            ("stos", "8"),
            ("ipkt", "10"),
            ("ibyt", "560"),
            ("in", "3"),
            ("out", "4"),
            ("sas", "64506"),
            ("das", "64507"),
            ("nh", "198.51.100.4"),
            ("ra", "127.0.0.11"),
            ("eng", "1/7"),
            ("tr", "2026-11-24 10:31:48.941"),
            ("smk", "0"),
            ("dmk", "0"),
        ] {
            Column::of(name).write(cell, &mut flow);
        }
        set_end(&mut flow, "43.156");
        let expected = FlowRecord {
            timestamp_ms: crate::time::parse_ms("2026-11-24T10:31:48.941"),
            exporter: Some("127.0.0.11".into()),
            engine_type: Some(1),
            engine_id: Some(7),
            src_addr: Some([192, 168, 2, 4].into()),
            dst_addr: Some([91, 253, 176, 65].into()),
            next_hop: Some([198, 51, 100, 4].into()),
            input_snmp: Some(3),
            output_snmp: Some(4),
            packets: Some(10),
            bytes: Some(560),
            first_switched_ms: crate::time::parse_ms("2018-09-21T00:38:02"),
            last_switched_ms: crate::time::parse_ms("2018-09-21T00:38:45.156"),
            src_port: Some(0),
            dst_port: Some(771),
            tcp_flags: Some(27),
            protocol: Some(1),
            tos: Some(8),
            src_as: Some(64506),
            dst_as: Some(64507),
            ..FlowRecord::default()
        };
        assert_eq!(flow, expected);
    }

    #[test]
    fn a_duration_that_is_none_leaves_the_end_as_it_is() {
        for (seconds, end) in [
            ("0.000", Some(1000)),
            ("1.5", Some(2500)),
            ("2", Some(3000)),
            ("", Some(7)),
            ("-1.0", Some(7)),
            ("1.é00", Some(7)),
            ("18446744073709551615.0", Some(7)),
            ("999999999999999.0", None),
        ] {
            let mut flow = FlowRecord {
                first_switched_ms: Some(1000),
                last_switched_ms: Some(7),
                ..FlowRecord::default()
            };
            set_end(&mut flow, seconds);
            assert_eq!(flow.last_switched_ms, end, "{seconds}");
        }
    }

    #[test]
    fn fields_are_columns_under_their_own_names() {
        for field in FIELDS {
            let Column::Fields(places) = Column::of(field.name) else { panic!("{}", field.name) };
            assert!(places.iter().all(|place| place.field == field.id), "{}", field.name);
        }
        assert_eq!(Column::of("fwd"), Column::Nothing);
        assert_eq!(Column::of("td"), Column::Duration);
    }
}
