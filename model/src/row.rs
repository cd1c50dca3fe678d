//! A flow as one row of a table: a value or nothing for each field of the
//! catalogue, by its place there.
//!
//! It holds what a [`FlowRecord`] holds, in the form that columns are filled
//! from: texts are borrowed, and nothing is allocated for a flow.
//!
//! Fourth shape of a flow. Each number takes as many bits as its field has on
//! the wire, but counters, which have 64, and times, which are milliseconds.
//!
//! ```
//! use flowkit_model::{FieldId, FlowRecord, Row};
//!
//! let flow = FlowRecord { dst_port: Some(443), ..FlowRecord::default() };
//! let row = Row::of(&flow);
//! assert_eq!(row.number(FieldId::DstPort), Some(443));
//! assert_eq!(row.number(FieldId::SrcPort), None); // null in the column
//! assert_eq!(row.record(), flow);
//! ```

use crate::address::Address;
use crate::field::{Access, FIELDS, FieldId};
use crate::record::FlowRecord;

/// Number of fields.
pub const N_FIELDS: usize = FIELDS.len();

/// One flow.
#[derive(Clone, Debug)]
pub struct Row<'t> {
    numbers: [u64; N_FIELDS],
    texts: [&'t str; N_FIELDS],
    /// One bit for each field that is known.
    known: u64,
}

impl Default for Row<'_> {
    fn default() -> Self {
        Self { numbers: [0; N_FIELDS], texts: [""; N_FIELDS], known: 0 }
    }
}

impl<'t> Row<'t> {
    /// The row of a record.
    #[must_use]
    pub fn of(flow: &'t FlowRecord) -> Self {
        let mut row = Self::default();
        for field in FIELDS {
            match field.access {
                Access::Number { read, .. } => {
                    if let Some(value) = read(flow) {
                        row.set(field.id, value);
                    }
                }
                Access::Text { read, .. } => {
                    if let Some(text) = read(flow) {
                        row.set_text(field.id, text);
                    }
                }
            }
        }
        row
    }

    /// Forgets all values.
    pub fn clear(&mut self) {
        self.known = 0;
    }

    /// The value of a number field; unknown is `None`.
    #[must_use]
    #[inline]
    pub fn number(&self, field: FieldId) -> Option<u64> {
        self.is_known(field).then_some(self.numbers[field as usize])
    }

    /// The address in a field of addresses; unknown is `None`.
    #[must_use]
    #[inline]
    pub fn address(&self, field: FieldId) -> Option<Address> {
        self.number(field).and_then(Address::from_number)
    }

    /// The value of a text field; unknown is `None`.
    #[must_use]
    #[inline]
    pub fn text(&self, field: FieldId) -> Option<&'t str> {
        self.is_known(field).then_some(self.texts[field as usize])
    }

    /// Which fields are known: a bit for each, by its place in the catalogue.
    #[must_use]
    #[inline]
    pub fn known(&self) -> u64 {
        self.known
    }

    /// Sets a number that fits its field.
    #[inline]
    pub fn set(&mut self, field: FieldId, value: u64) {
        self.known |= 1 << field as u64;
        self.numbers[field as usize] = value;
    }

    /// Sets a text.
    #[inline]
    pub fn set_text(&mut self, field: FieldId, text: &'t str) {
        self.known |= 1 << field as u64;
        self.texts[field as usize] = text;
    }

    /// The record of this row.
    #[must_use]
    pub fn record(&self) -> FlowRecord {
        let mut flow = FlowRecord::default();
        for field in FIELDS {
            match field.access {
                Access::Number { write, .. } => write(&mut flow, self.number(field.id)),
                Access::Text { write, .. } => write(&mut flow, self.text(field.id).map(Into::into)),
            }
        }
        flow
    }

    #[inline]
    fn is_known(&self, field: FieldId) -> bool {
        self.known >> field as u64 & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_one() {
        let address = Address::from([192, 0, 2, 1]);
        let flow = FlowRecord { src_addr: Some(address), ..FlowRecord::default() };
        assert_eq!(Row::of(&flow).address(FieldId::SrcAddr), Some(address));
        assert_eq!(Row::of(&flow).address(FieldId::DstAddr), None);
    }

    /// A record with only one field known survives the way there and back, for
    /// each field.
    #[test]
    fn a_record_becomes_a_row_and_a_record() {
        for field in FIELDS {
            let mut flow = FlowRecord::default();
            match field.access {
                Access::Number { write, .. } => write(&mut flow, Some(7)),
                Access::Text { write, .. } => write(&mut flow, Some("r7".into())),
            }
            let row = Row::of(&flow);
            assert_eq!(row.record(), flow, "{}", field.name);
            assert_eq!(row.known.count_ones(), 1);
        }
    }
}
