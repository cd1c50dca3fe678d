//! A record under a header: a flow, two flows, or something aside.

use super::cells::cells;
use super::header::Header;
use super::layout::Role;
use super::value::{address_of, element, flags, is_missing, number_of, time_of, whole};
use crate::document::NotAFlow;
use crate::document::dialect::Form;
use crate::document::templated::{self, VERSIONS};
use crate::field::{Access, FieldId as F};
use crate::names::is_icmp;
use crate::record::FlowRecord;
use crate::time;
use crate::wire;
use crate::wire::templated::Impossibles;

/// What a record is.
#[derive(Clone, Debug, PartialEq)]
pub enum Row {
    /// One flow or two.
    Flows(Box<Flows>),
    /// The header, also a repeated one.
    Header,
    /// A comment, or a line of what nfdump says after the rows.
    Aside,
    /// How many flows nfdump counted for the rows before.
    Summary(u64),
    /// Text between the rows, of a single cell, or a row of nothing.
    Text,
    /// No flow, and why; it may have been meant for one.
    Wrong(NotAFlow, String),
}

impl Row {
    /// Why a record is skipped, if it is.
    #[must_use]
    pub fn cause(&self) -> Option<NotAFlow> {
        match self {
            Self::Text => Some(NotAFlow::NotARow),
            Self::Wrong(cause, _) => Some(*cause),
            Self::Flows(_) | Self::Header | Self::Aside | Self::Summary(_) => None,
        }
    }
}

/// The flows of a row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flows {
    /// The flow.
    pub flow: FlowRecord,
    /// The flow of the other direction, if the row counts it.
    pub back: Option<FlowRecord>,
    /// How many flows the row stands for, of which one or two are here.
    pub stands_for: u64,
}

impl Flows {
    /// A flow with what counts beside it: packets and bytes of the way back, and
    /// the flows that were aggregated. Flags, service and next hop of the way
    /// back are not known.
    #[must_use]
    pub fn new(flow: FlowRecord, [packets, bytes]: [u64; 2], flows: Option<u64>) -> Self {
        let is_icmp = flow.protocol.is_some_and(is_icmp);
        let back = (packets > 0 || bytes > 0).then(|| FlowRecord {
            src_addr: flow.dst_addr,
            dst_addr: flow.src_addr,
            src_port: if is_icmp { flow.src_port } else { flow.dst_port },
            dst_port: if is_icmp { None } else { flow.src_port },
            input_snmp: flow.output_snmp,
            output_snmp: flow.input_snmp,
            src_as: flow.dst_as,
            dst_as: flow.src_as,
            src_mask_len: flow.dst_mask_len,
            dst_mask_len: flow.src_mask_len,
            src_country: flow.dst_country.clone(),
            dst_country: flow.src_country.clone(),
            src_city: flow.dst_city.clone(),
            dst_city: flow.src_city.clone(),
            src_as_name: flow.dst_as_name.clone(),
            dst_as_name: flow.src_as_name.clone(),
            packets: Some(packets),
            bytes: Some(bytes),
            tcp_flags: None,
            tos: None,
            next_hop: None,
            ..flow.clone()
        });
        let n_flows = 1 + u64::from(back.is_some());
        Self { flow, back, stands_for: flows.unwrap_or(n_flows).max(n_flows) }
    }
    /// The flow, and the one of the other direction.
    pub fn each(&self) -> impl Iterator<Item = &FlowRecord> {
        std::iter::once(&self.flow).chain(&self.back)
    }

    /// How many flows are here.
    #[must_use]
    pub fn n_flows(&self) -> u64 {
        1 + u64::from(self.back.is_some())
    }
}

/// What a row says beside the values of fields.
#[derive(Default)]
struct Cells {
    flow: FlowRecord,
    n_known: usize,
    other_version: bool,
    duration: Option<u64>,
    /// The end of the flow has decimals of a second.
    has_exact_end: bool,
    /// The destination port, as a number and as type and code of ICMP.
    port: Option<u64>,
    type_and_code: Option<(u8, u8)>,
    icmp: [Option<u64>; 2],
    flows: Option<u64>,
    back: [u64; 2],
    export: [Option<u64>; 2],
    uptimes: [Option<u64>; 3],
}

/// How lines begin that nfdump prints behind the rows, and comments.
const BEGINNINGS: [&str; 9] = [
    "#",
    "sep=",
    "Time window: ",
    "Total flows processed: ",
    "Total records processed: ",
    "Sys: ",
    "No matched flows",
    "No matching flows",
    "flows,bytes,packets,avg_bps,",
];

impl Header {
    /// Reads a record under this header.
    #[must_use]
    pub fn row(&self, record: &[u8]) -> Row {
        // A name in another encoding leaves the numbers of its row as they are.
        let text = &String::from_utf8_lossy(record);
        if let Some(row) = self.aside(text) {
            return row;
        }
        let mut found = Cells::default();
        let (mut n_cells, mut n_filled, mut last_is_empty) = (0, 0, false);
        for cell in cells(text, self.delimiter) {
            let cell = element(&cell).unwrap_or(&cell);
            last_is_empty = cell.is_empty();
            n_filled += usize::from(!is_missing(cell));
            if let Some(role) = self.columns.get(n_cells)
                && (!is_missing(cell) || *role == Role::BlankFlags)
            {
                found.read(*role, cell);
            }
            n_cells += 1;
        }
        let n_names = self.columns.len();
        if n_cells != n_names && !(n_cells == n_names + 1 && last_is_empty) {
            if n_cells == 1 && !text.contains('{') {
                return Row::Text;
            }
            return Row::Wrong(NotAFlow::NotARow, other_cells(n_cells, n_names));
        }
        for (column, role) in &self.copies {
            let cell = cells(text, self.delimiter).nth(*column).unwrap_or_default();
            let cell = element(&cell).unwrap_or(&cell);
            if found.lacks(*role) && !is_missing(cell) {
                found.read(*role, cell);
            }
        }
        if n_filled == 0 { Row::Text } else { found.finish(|| self.is_of_flows()) }
    }

    /// Whether rows are of flows alone, as in flowkit's own csv, which has their family;
    /// that of an index may have documents of options.
    fn is_of_flows(&self) -> bool {
        self.columns.iter().any(|role| matches!(role, Role::Value(F::Family, _)))
    }

    /// What is no row: the header, a comment, a line of nfdump's summary.
    fn aside(&self, line: &str) -> Option<Row> {
        let line = line.trim_start_matches('\u{feff}');
        let first = line.as_bytes().first().copied().unwrap_or(b'\n');
        // Rows of most layouts begin with a digit and are never looked at closer.
        if first.is_ascii_digit() {
            return self.numbers_of_summary(line);
        }
        if self.is_here(line) {
            return Some(Row::Header);
        }
        let total = line.strip_prefix("Summary: total flows: ").map(|rest| rest.split(',').next());
        if let Some(total) = total {
            return Some(total.and_then(whole).map_or(Row::Aside, Row::Summary));
        }
        let is_aside = line == "Summary" || BEGINNINGS.iter().any(|text| line.starts_with(text));
        is_aside.then_some(Row::Aside)
    }

    /// `flows,bytes,packets,avg_bps,avg_pps,avg_bpp` as nfdump ends its csv.
    fn numbers_of_summary(&self, line: &str) -> Option<Row> {
        const SUMMARY: usize = 6;
        let is_number =
            |cell: &str| !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit());
        // Long rows are told by their second cell, a time.
        let looks_so = self.columns.len() != SUMMARY && line.split(',').take(3).all(is_number);
        (looks_so && line.split(',').count() == SUMMARY && line.split(',').all(is_number))
            .then(|| line.split(',').next().and_then(whole).map_or(Row::Aside, Row::Summary))
    }
}

fn other_cells(n_cells: usize, n_names: usize) -> String {
    let text = format!("{n_cells} cells under {n_names} names");
    match n_cells {
        // nfdump 1.7.0 wrote no line ends, and empty cells around addresses.
        _ if n_names >= 40 && n_cells > n_names => {
            format!(
                "{text}; nfdump 1.7.0 writes rows without line ends, so print them by a later version"
            )
        }
        _ => text,
    }
}

impl Cells {
    /// Whether the field of a column has no value yet.
    fn lacks(&self, role: Role) -> bool {
        let Role::Value(field, _) = role else { return false };
        field.field().is_unknown(&self.flow)
    }

    fn read(&mut self, role: Role, cell: &str) {
        let number = || whole(cell);
        match role {
            Role::Value(field, form) => {
                self.n_known += usize::from(self.read_value(field, form, cell));
                match field {
                    F::Version => {
                        let is_read = |version| version == 5 || VERSIONS.contains(&version);
                        self.other_version = !self.flow.version.is_some_and(is_read)
                            || cell.get(..5).is_some_and(|word| word.eq_ignore_ascii_case("sflow"));
                    }
                    F::LastSwitched => self.has_exact_end = cell.contains('.'),
                    _ => {}
                }
            }
            Role::BlankFlags => {
                let flags = if cell.is_empty() { Some(0) } else { flags(cell) };
                self.flow.tcp_flags = flags.and_then(|flags| u8::try_from(flags).ok());
            }
            Role::Engine => {
                let mut parts = cell.split('/').map(|part| u8::try_from(whole(part)?).ok());
                self.flow.engine_type = parts.next().flatten();
                self.flow.engine_id = parts.next().flatten();
            }
            Role::PortOrIcmp => {
                let byte = |text: &str| text.parse::<u8>().ok();
                let icmp = cell.split_once('.').and_then(|(t, c)| Some((byte(t)?, byte(c)?)));
                (self.port, self.type_and_code) = (number(), icmp);
            }
            Role::IcmpType => self.icmp[0] = number(),
            Role::IcmpCode => self.icmp[1] = number(),
            Role::Duration => self.duration = time_of(&seconds(cell), true),
            Role::Flows => self.flows = number(),
            Role::PacketsBack => self.back[0] = number().unwrap_or(0),
            Role::BytesBack => self.back[1] = number().unwrap_or(0),
            Role::ExportSeconds => self.export[0] = number(),
            Role::ExportNanoseconds => self.export[1] = number(),
            Role::Uptime => self.uptimes[0] = number(),
            Role::FirstUptime => self.uptimes[1] = number(),
            Role::LastUptime => self.uptimes[2] = number(),
            Role::Nothing => {}
        }
    }

    /// Reads the value of a field; gives whether it is known then.
    fn read_value(&mut self, field: F, form: Form, cell: &str) -> bool {
        match field.field().access {
            Access::Text { write, .. } => {
                write(&mut self.flow, Some(cell.to_owned()));
                true
            }
            Access::Address { read, write } => {
                let address = address_of(form, cell);
                if address.is_some() {
                    write(&mut self.flow, address);
                }
                read(&self.flow).is_some()
            }
            Access::Number { read, write, .. } => {
                let value = number_of(form, field.field().kind, cell);
                if value.is_some() {
                    write(&mut self.flow, value);
                }
                read(&self.flow).is_some()
            }
            Access::Worked { .. } => false,
        }
    }

    fn finish(mut self, is_of_flows: impl Fn() -> bool) -> Row {
        if self.other_version {
            return Row::Wrong(NotAFlow::OtherVersion, "another version".into());
        }
        self.ports();
        self.times();
        if self.n_known == 0 {
            return Row::Wrong(NotAFlow::NotARow, "no cell holds a value of its column".into());
        }
        if self.flow.version.is_some_and(|version| VERSIONS.contains(&version)) {
            // What came back is of the same flow there.
            for (back, counter) in
                self.back.into_iter().zip([&mut self.flow.rev_packets, &mut self.flow.rev_bytes])
            {
                *counter = counter.or((back > 0).then_some(back));
            }
            self.back = [0; 2];
            // What made a flow one of layer 2 may have no column.
            if !templated::finish(&mut self.flow, is_of_flows(), &mut Impossibles::default()) {
                return Row::Wrong(NotAFlow::Options, "neither an address nor layer 2".into());
            }
        }
        Row::Flows(Box::new(Flows::new(self.flow, self.back, self.flows)))
    }

    fn is_icmp(&self) -> bool {
        self.flow.protocol.is_some_and(is_icmp)
    }

    /// The destination port, of ICMP type and code.
    fn ports(&mut self) {
        if self.port.is_some() || self.type_and_code.is_some() {
            self.flow.dst_port = match (self.type_and_code, self.flow.protocol) {
                (Some((kind, code)), Some(protocol)) if is_icmp(protocol) => {
                    Some(u16::from(kind) << 8 | u16::from(code))
                }
                // A port that became a float, or ICMP: only the protocol tells.
                (Some(_), None) => None,
                _ => self.port.and_then(|port| u16::try_from(port).ok()),
            };
            self.n_known += usize::from(self.flow.dst_port.is_some());
        }
        if let ([Some(kind), Some(code)], true) = (self.icmp, self.is_icmp())
            && let (Ok(kind), Ok(code)) = (u8::try_from(kind), u8::try_from(code))
        {
            self.flow.dst_port = Some(u16::from(kind) << 8 | u16::from(code));
        }
    }

    /// Times that follow from others.
    fn times(&mut self) {
        let word = |value: Option<u64>| value.and_then(|value| u32::try_from(value).ok());
        if let Some(unix_secs) = word(self.export[0]) {
            let unix_nsecs = word(self.export[1]).unwrap_or(0);
            let sys_uptime_ms = word(self.uptimes[0]);
            let header = wire::Header {
                unix_secs,
                unix_nsecs,
                sys_uptime_ms: sys_uptime_ms.unwrap_or(0),
                ..wire::Header::default()
            };
            self.flow.timestamp_ms = Some(header.export_ms());
            if sys_uptime_ms.is_some() {
                let at = |uptime| header.time_ms(word(uptime)?);
                self.flow.first_switched_ms = at(self.uptimes[1]);
                self.flow.last_switched_ms = at(self.uptimes[2]);
            }
            self.n_known += 1;
        }
        if !self.has_exact_end
            && let (Some(first), Some(duration)) = (self.flow.first_switched_ms, self.duration)
        {
            self.flow.last_switched_ms = first.checked_add(duration).and_then(time::from_epoch);
        }
    }
}

/// A duration in seconds: as it is, or nfdump's `00:01:02.500` and `1d 00:01:02`.
fn seconds(cell: &str) -> String {
    let parse = || {
        let (days, clock) = cell.split_once("d ").unwrap_or(("0", cell));
        let (hours, rest) = clock.trim().split_once(':')?;
        let (minutes, seconds) = rest.split_once(':')?;
        let (whole, decimals) = seconds.split_once('.').unwrap_or((seconds, "0"));
        let number =
            |text: &str| text.trim().parse::<u64>().ok().filter(|number| *number < 1 << 32);
        let total =
            (number(days)? * 24 + number(hours)?) * 3600 + number(minutes)? * 60 + number(whole)?;
        Some(format!("{total}.{decimals}"))
    };
    if cell.contains(':') { parse().unwrap_or_default() } else { cell.to_owned() }
}
