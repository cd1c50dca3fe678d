//! A flow as one row of a table: a value or nothing for each field of the
//! catalogue, by its place there.
//!
//! It holds what a [`FlowRecord`] holds, in the form that columns are filled
//! from: texts are borrowed, and nothing is allocated for a flow.
//!
//! Fourth shape of a flow. Each number takes as many bits as its field has, counters 64;
//! times are milliseconds, and addresses stand apart.
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
use crate::names::icmp_of_port;
use crate::record::FlowRecord;

/// Number of fields.
pub const N_FIELDS: usize = FIELDS.len();

/// Fields of one kind that stand apart, and room for one that does not.
const N_APART: usize = 8;

/// Where the texts, and where the addresses stand: for each field its place among those
/// of its kind, from 1.
const PLACES: [u8; N_FIELDS] = places();

const fn places() -> [u8; N_FIELDS] {
    let (mut places, mut field) = ([0; N_FIELDS], 0);
    let (mut n_texts, mut n_addresses) = (0, 0);
    while field < N_FIELDS {
        match FIELDS[field].access {
            Access::Text { .. } => {
                n_texts += 1;
                places[field] = n_texts;
            }
            Access::Address { .. } => {
                n_addresses += 1;
                places[field] = n_addresses;
            }
            Access::Number { .. } | Access::Worked { .. } => {}
        }
        field += 1;
    }
    assert!((n_texts as usize) < N_APART && (n_addresses as usize) < N_APART);
    places
}

/// One flow.
#[derive(Clone, Debug)]
pub struct Row<'t> {
    numbers: [u64; N_FIELDS],
    texts: [&'t str; N_APART],
    addresses: [Address; N_APART],
    /// One bit for each field that is known.
    known: u64,
}

impl Default for Row<'_> {
    fn default() -> Self {
        Self {
            numbers: [0; N_FIELDS],
            texts: [""; N_APART],
            addresses: [Address::UNSPECIFIED; N_APART],
            known: 0,
        }
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
                Access::Address { read, .. } => {
                    if let Some(address) = read(flow) {
                        row.set_address(field.id, address);
                    }
                }
                Access::Text { read, .. } => {
                    if let Some(text) = read(flow) {
                        row.set_text(field.id, text);
                    }
                }
                Access::Worked { .. } => {}
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
        self.is_known(field).then_some(self.addresses[usize::from(PLACES[field as usize])])
    }

    /// The value of a text field; unknown is `None`.
    #[must_use]
    #[inline]
    pub fn text(&self, field: FieldId) -> Option<&'t str> {
        self.is_known(field).then_some(self.texts[usize::from(PLACES[field as usize])])
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

    /// Sets an address, and the family of the flow with one of its ends.
    #[inline]
    pub fn set_address(&mut self, field: FieldId, address: Address) {
        self.known |= 1 << field as u64;
        self.addresses[usize::from(PLACES[field as usize])] = address;
        let is_source = field == FieldId::SrcAddr;
        if is_source || (field == FieldId::DstAddr && !self.is_known(FieldId::SrcAddr)) {
            self.set(FieldId::Family, address.family().number().into());
        }
    }

    /// Sets type and code of an ICMP message that stand in the destination port, if the
    /// flow states none.
    #[inline]
    pub fn set_icmp_of_port(&mut self) {
        if let Some([kind, code]) = self.icmp_of_port()
            && !self.is_known(FieldId::IcmpType)
            && !self.is_known(FieldId::IcmpCode)
        {
            self.set(FieldId::IcmpType, kind.into());
            self.set(FieldId::IcmpCode, code.into());
        }
    }

    /// Type and code of an ICMP message as the destination port has them.
    #[must_use]
    #[inline]
    pub fn icmp_of_port(&self) -> Option<[u8; 2]> {
        let protocol = u8::try_from(self.number(FieldId::Protocol)?).ok();
        let port = u16::try_from(self.number(FieldId::DstPort)?).ok();
        icmp_of_port(protocol, port)
    }

    /// Sets a text.
    #[inline]
    pub fn set_text(&mut self, field: FieldId, text: &'t str) {
        self.known |= 1 << field as u64;
        self.texts[usize::from(PLACES[field as usize])] = text;
    }

    /// Forgets a value.
    pub fn forget(&mut self, field: FieldId) {
        self.known &= !(1 << field as u64);
    }

    /// The record of this row.
    #[must_use]
    pub fn record(&self) -> FlowRecord {
        let mut flow = FlowRecord::default();
        for field in FIELDS {
            match field.access {
                Access::Number { write, .. } => write(&mut flow, self.number(field.id)),
                Access::Address { write, .. } => write(&mut flow, self.address(field.id)),
                Access::Text { write, .. } => write(&mut flow, self.text(field.id).map(Into::into)),
                Access::Worked { .. } => {}
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
                Access::Address { write, .. } => write(&mut flow, "2001:db8::7".parse().ok()),
                Access::Text { write, .. } => write(&mut flow, Some("r7".into())),
                Access::Worked { .. } => {}
            }
            let row = Row::of(&flow);
            assert_eq!(row.record(), flow, "{}", field.name);
            for other in FIELDS {
                let is_known = row.known >> other.id as u64 & 1 == 1;
                assert_eq!(is_known, !other.is_unknown(&flow), "{} {}", field.name, other.name);
            }
        }
    }
}
