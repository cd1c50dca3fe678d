//! Adds the rows of a csv file to what was parsed, and counts the flows that they
//! stand for.

use flowkit_model::document::csv::{Flows, Header, Row as TextRow};
use flowkit_model::{NotAFlow, Row};

use super::parse::{Odd, Parsed};

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
                    self.odd(Odd { kind: "columns not read", what, n: 1, line, is_missing: false });
                }
            }
            TextRow::Summary(flows) => {
                self.rows.summed += flows;
                self.rows.is_summed = true;
            }
            TextRow::Aside => {}
            TextRow::Wrong(cause, why) => {
                // Rows of another version are flows that are not asked for.
                self.rows.wrong += u64::from(cause == NotAFlow::NotARow);
                self.skip(cause, line, Some(why));
            }
        }
    }

    fn flows_of_row(&mut self, flows: &Flows, line: u64) {
        self.n_values += 1;
        self.rows.read += 1;
        self.rows.stand_for += flows.stands_for;
        self.row(&Row::of(&flows.flow), None, line);
        if let Some(back) = &flows.back {
            self.row(&Row::of(back), None, line);
            let what = "a row counts both directions (nfdump -b) and is read as two flows, \
                        of which the second has no flags"
                .into();
            self.odd(Odd { kind: "both directions", what, n: 1, line, is_missing: false });
        }
        let n = flows.stands_for;
        if n > flows.n_flows() {
            self.rows.has_aggregated = true;
            let what = format!(
                "a row stands for {n} aggregated flows and counts as {}: numbers of flows are too \
                 low; print them without aggregation (nfdump without -a, -A, -b, -s)",
                flows.n_flows()
            );
            self.odd(Odd { kind: "aggregated", what, n: 1, line, is_missing: true });
        }
    }
}
