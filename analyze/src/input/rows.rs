//! Adds the rows of a csv file, and objects of nfdump that count more than one
//! flow, to what was parsed, and counts the flows that they stand for.

use flowkit_model::document::csv::{Flows, Header, Row as TextRow};
use flowkit_model::{FlowRecord, NotAFlow, Row};
use memchr::memmem;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::odd::Odd;
use super::parse::Parsed;

/// Flows of a csv file: those that its rows stand for, and those that nfdump
/// counted at its end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RowCounts {
    stand_for: u64,
    summed: u64,
    is_summed: bool,
    /// Rows of several flows were told already.
    has_aggregated: bool,
    /// Rows that are no flows, and those that are.
    wrong: u64,
    read: u64,
}

impl RowCounts {
    /// Accumulates the counts of a later block.
    pub(crate) fn add(&mut self, other: &Self) {
        self.stand_for += other.stand_for;
        self.summed += other.summed;
        self.is_summed |= other.is_summed;
        self.has_aggregated |= other.has_aggregated;
        self.wrong += other.wrong;
        self.read += other.read;
    }

    /// What the flows of nfdump's summary lack in the rows.
    pub(crate) fn missing(&self) -> Option<String> {
        let Self { stand_for, summed, .. } = *self;
        (self.is_summed && stand_for < summed && !self.has_aggregated).then(|| {
            format!(
                "nfdump's summary counts {summed} flows, its rows stand for {stand_for}: they are \
                 aggregated (-a, -A, -b, -s record), or some were left out (-n); \
                 print all flows without these: nfdump -r FILE -o csv"
            )
        })
    }

    /// Whether there are rows, and none of them is a flow.
    pub(crate) fn are_all_wrong(&self) -> bool {
        self.wrong > 0 && self.read == 0
    }
}

impl Parsed {
    /// Adds a row of a csv file.
    pub(super) fn text_row(&mut self, header: &Header, row: TextRow, line: u64) {
        match row {
            TextRow::Flows(flows) => self.flows_of_row(&flows, line),
            TextRow::Header => {
                if let Some(what) = header.about_unread() {
                    self.odd(Odd::new("columns not read", what, line, false));
                }
            }
            TextRow::Summary(flows) => {
                self.rows.summed += flows;
                self.rows.is_summed = true;
            }
            TextRow::Aside => {}
            TextRow::Text => {
                self.skip(NotAFlow::NotARow, line, Some("text, or a row of nothing".into()));
            }
            TextRow::Wrong(cause, why) => {
                // Rows of another version are flows that are not asked for.
                if cause == NotAFlow::NotARow {
                    self.rows.wrong += 1;
                    let what = format!("a row that cannot be read ({why})");
                    self.odd(Odd::new("rows not read", what, line, true));
                }
                self.skip(cause, line, Some(why));
            }
        }
    }

    /// Adds a flow of `nfdump -o json` whose object counts more than it; false if
    /// it is another one.
    pub(super) fn flows_of_object(&mut self, text: &[u8], flow: &FlowRecord, line: u64) -> bool {
        let Some(counts) = Counts::of(text) else { return false };
        let back = [counts.out_packets, counts.out_bytes].map(Option::unwrap_or_default);
        let flows = Flows::new(flow.clone(), back, counts.aggr_flows);
        self.flows(&flows, line);
        if counts.has_no_address() && counts.aggr_flows.is_none() {
            let what = "this has no address: it is an aggregated row that stands for an unknown \
                        number of flows; print them without aggregation (nfdump without -A)"
                .into();
            self.odd(Odd::new("without an address", what, line, true));
        }
        true
    }

    fn flows_of_row(&mut self, flows: &Flows, line: u64) {
        self.n_values += 1;
        self.rows.read += 1;
        self.rows.stand_for += flows.stands_for;
        self.flows(flows, line);
    }

    /// Adds one flow or two, and says what else they stand for.
    fn flows(&mut self, flows: &Flows, line: u64) {
        self.row(&Row::of(&flows.flow), None, line);
        if let Some(back) = &flows.back {
            self.row(&Row::of(back), None, line);
            let what = "this counts both directions (nfdump -b) and is read as two flows, \
                        of which the second has no flags"
                .into();
            self.odd(Odd::new("both directions", what, line, false));
        }
        let n = flows.stands_for;
        if n > flows.n_flows() {
            self.rows.has_aggregated = true;
            let what = format!(
                "this stands for {n} aggregated flows and counts as {}: numbers of flows are too \
                 low; print them without aggregation (nfdump without -a, -A, -b, -s)",
                flows.n_flows()
            );
            self.odd(Odd::new("aggregated", what, line, true));
        }
    }
}

/// Members of an object of nfdump that count more than one flow; they are there
/// after `-a`, `-A` and `-b`, and addresses are not after `-A` of other fields.
#[derive(Deserialize)]
struct Counts {
    #[serde(rename = "in_packets")]
    _packets: u64,
    #[serde(alias = "src4_addr", alias = "src6_addr", rename = "src_addr")]
    source: Option<IgnoredAny>,
    #[serde(alias = "dst4_addr", alias = "dst6_addr", rename = "dst_addr")]
    target: Option<IgnoredAny>,
    /// Every object of nfdump says which exporter it is from.
    #[serde(rename = "export_sysid")]
    exporter: Option<IgnoredAny>,
    out_packets: Option<u64>,
    out_bytes: Option<u64>,
    aggr_flows: Option<u64>,
}

impl Counts {
    fn of(text: &[u8]) -> Option<Self> {
        let has = |member: &str| memmem::find(text, member.as_bytes()).is_some();
        let counts = has("\"out_bytes\"") || has("\"out_packets\"") || has("\"aggr_flows\"");
        if !counts && !has("\"in_packets\"") {
            return None;
        }
        let found: Self = serde_json::from_slice(text).ok()?;
        let is_flow = counts && (found.source.is_some() || found.exporter.is_some());
        (is_flow || found.has_no_address()).then_some(found)
    }

    /// Neither source nor destination: of nfdump that is a sum of flows.
    fn has_no_address(&self) -> bool {
        self.exporter.is_some() && self.source.is_none() && self.target.is_none()
    }
}
