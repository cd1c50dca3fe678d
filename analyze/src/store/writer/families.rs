//! Addresses of a batch as the columns of a file have them: IPv4 by its number in one,
//! IPv6 as text in another.

use std::borrow::Cow;

use flowkit_model::{Address, FIELDS, Field, FieldId};

use crate::batch::dictionary::{FIRST_CODED, address_of, has_coded};
use crate::batch::icmp::ICMP;
use crate::batch::{Batch, Column, Values};
use crate::store::layout::StoredColumn;
use crate::store::schema::Addresses;

/// Whether the flows of a batch have nothing that the columns of version 5 lack.
pub(super) fn fits_version_5(batch: &Batch) -> bool {
    let fits = |field: &Field| {
        let column = batch.column(field.id);
        if field.id == FieldId::Family || ICMP.contains(&field.id) {
            return true;
        }
        if field.is_of_templates() {
            return column.n_unknown() == column.len() as u64;
        }
        match &column.values {
            Values::U32(codes) if field.id.is_address() => {
                let is_ipv4 = |code: &u32| *code < FIRST_CODED || is_coded_ipv4(*code, batch);
                codes.iter().all(is_ipv4)
            }
            Values::U32(values) if field.bits_of_version_5() == Some(16) => {
                values.iter().fold(0, |bits, value| bits | value) <= u16::MAX.into()
            }
            _ => true,
        }
    };
    FIELDS.iter().all(fits) && batch.has_icmp_of_ports()
}

fn is_coded_ipv4(code: u32, batch: &Batch) -> bool {
    batch.dictionary().with_addresses(|addresses| {
        address_of(code, addresses).is_some_and(|address| address.ipv4_bits().is_some())
    })
}

/// The values of a stored column; those of IPv6 stay codes.
pub(super) fn stored_values<'b>(
    stored: StoredColumn,
    batch: &'b Batch,
    addresses: Addresses,
    dictionary: &[Address],
) -> Cow<'b, Column> {
    let column = batch.column(stored.field().id);
    let Values::U32(codes) = &column.values else { return Cow::Borrowed(column) };
    let is_known = |row: usize| !column.is_unknown(row);
    let value = |row: usize, code: u32| -> Option<u64> {
        let address = address_of(code, dictionary).filter(|_| is_known(row))?;
        match (stored, address.ipv4_bits()) {
            (StoredColumn::Field(_), Some(bits)) => Some(bits.into()),
            (StoredColumn::Ipv6(_), None) => Some(code.into()),
            _ => None,
        }
    };
    match stored {
        _ if !stored.field().id.is_address() => Cow::Borrowed(column),
        // Text has both families.
        StoredColumn::Field(_) if addresses == Addresses::Text || !has_coded(codes) => {
            Cow::Borrowed(column)
        }
        StoredColumn::Ipv6(field) if addresses == Addresses::Text => {
            Cow::Owned(Column::unknown(field, codes.len()))
        }
        StoredColumn::Field(field) | StoredColumn::Ipv6(field) => {
            let mut values = Column::for_field(field, codes.len());
            for (row, code) in codes.iter().enumerate() {
                values.push(value(row, *code));
            }
            Cow::Owned(values)
        }
    }
}
