//! What programs write as csv, and what comes back of a flow.

use flowkit_model::FlowRecord;

use super::cells::{Column, Turn, address_numbers, as_it_is, duckdb_times, floats};
use super::columns::{
    CODEC, ES2CSV, FLOW_EXPORT, FLOWKIT, KIBANA, NFDUMP_1_7_1, NFDUMP_1_7_5, NFDUMP_1_7_6, NOBODY,
    PANDAS, RWCUT, RWCUT_DELIMITED,
};

/// What a program writes.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) name: &'static str,
    pub(super) columns: &'static [Column],
    /// What becomes of the columns' cells.
    pub(super) turn: Turn,
    /// What comes back of a flow.
    pub(super) kept: fn(&FlowRecord) -> FlowRecord,
    /// Between cells.
    pub(super) delimiter: char,
    /// Before the first name.
    pub(super) before: &'static str,
    /// Behind the last cell of each line.
    pub(super) behind: &'static str,
    /// Cells are padded to this width.
    pub(super) width: usize,
    /// nfdump's sums stand behind the rows.
    pub(super) has_summary: bool,
    /// An unknown field is an empty cell.
    pub(super) has_gaps: bool,
    /// Words of which a refusal has one, where it may be refused.
    pub(super) refused: &'static [&'static str],
}

const fn layout(
    name: &'static str,
    columns: &'static [Column],
    kept: fn(&FlowRecord) -> FlowRecord,
) -> Layout {
    Layout {
        name,
        columns,
        turn: as_it_is,
        kept,
        delimiter: ',',
        before: "",
        behind: "",
        width: 0,
        has_summary: false,
        has_gaps: false,
        refused: &[],
    }
}

/// Every layout.
#[rustfmt::skip]
pub(super) const LAYOUTS: &[Layout] = &[
    Layout { has_gaps: true, ..layout("flowkit's csv", FLOWKIT, FlowRecord::clone) },
    Layout { has_gaps: true, turn: address_numbers, ..layout("flowkit's csv with numbers for addresses", FLOWKIT, FlowRecord::clone) },
    Layout { has_gaps: true, turn: duckdb_times, ..layout("flowkit's csv through DuckDB", FLOWKIT, FlowRecord::clone) },
    Layout {
        has_summary: true,
        ..layout("nfdump 1.7.1", NFDUMP_1_7_1, |flow| FlowRecord {
            first_switched_ms: flow.first_switched_ms.map(|ms| ms - ms % 1000),
            last_switched_ms: flow.last_switched_ms.map(|ms| ms - flow.first_switched_ms.unwrap() % 1000),
            timestamp_ms: flow.timestamp_ms, exporter: flow.exporter.clone(), tos: flow.tos, tcp_flags: flow.tcp_flags,
            input_snmp: flow.input_snmp, output_snmp: flow.output_snmp, src_as: flow.src_as, dst_as: flow.dst_as,
            next_hop: flow.next_hop, engine_type: flow.engine_type, engine_id: flow.engine_id,
            ..conversation(flow)
        })
    },
    layout("nfdump 1.7.5", NFDUMP_1_7_5, conversation),
    layout("nfdump 1.7.6 with columns of one's own", NFDUMP_1_7_6, |flow| FlowRecord {
        exporter: flow.exporter.clone(), engine_type: flow.engine_type, engine_id: flow.engine_id,
        timestamp_ms: flow.timestamp_ms, next_hop: flow.next_hop,
        ..conversation(flow)
    }),
    Layout { delimiter: '|', behind: "|", width: 15, ..layout("rwcut", RWCUT, of_rwcut) },
    layout("rwcut --delimited=,", RWCUT_DELIMITED, of_rwcut),
    Layout {
        before: "#:",
        ..layout("flow-export", FLOW_EXPORT, |flow| FlowRecord { version: None, flow_records: None, flow_seq_num: None, sampling_algorithm: None, sampling_interval: None, ..flow.clone() })
    },
    Layout { has_gaps: true, ..layout("Kibana", KIBANA, of_kibana) },
    Layout { has_gaps: true, ..layout("es2csv", ES2CSV, of_kibana) },
    Layout { has_gaps: true, ..layout("pandas", PANDAS, of_kibana) },
    Layout { has_gaps: true, turn: floats, ..layout("pandas with floats", PANDAS, of_kibana) },
    layout("the codec's names", CODEC, |flow| FlowRecord { first_switched_ms: None, last_switched_ms: None, timestamp_ms: flow.timestamp_ms, ..conversation(flow) }),
    Layout { refused: &["whom"], ..layout("names of nobody", NOBODY, FlowRecord::clone) },
];

/// Who sent what to whom, and when.
fn conversation(flow: &FlowRecord) -> FlowRecord {
    FlowRecord {
        src_addr: flow.src_addr,
        dst_addr: flow.dst_addr,
        src_port: flow.src_port,
        dst_port: flow.dst_port,
        protocol: flow.protocol,
        packets: flow.packets,
        bytes: flow.bytes,
        first_switched_ms: flow.first_switched_ms,
        last_switched_ms: flow.last_switched_ms,
        ..FlowRecord::default()
    }
}

fn of_rwcut(flow: &FlowRecord) -> FlowRecord {
    FlowRecord { tcp_flags: flow.tcp_flags, ..conversation(flow) }
}

fn of_kibana(flow: &FlowRecord) -> FlowRecord {
    FlowRecord {
        timestamp_ms: flow.timestamp_ms,
        exporter: flow.exporter.clone(),
        version: flow.version,
        tcp_flags: flow.tcp_flags,
        ..conversation(flow)
    }
}
