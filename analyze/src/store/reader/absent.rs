//! Fields that a file has no column of: a file of version 5 asked for what only NetFlow
//! v9 and IPFIX have. They are unknown, but for those that are worked out: the family,
//! which is that of IPv4 where a flow has an address, and type and code of ICMP, which
//! stand in the destination port.

use flowkit_model::filter::Bounds;
use flowkit_model::names::protocol;
use flowkit_model::{Family, FieldId};

use super::ColumnFile;
use crate::batch::icmp::{ICMP, OF_PORT};
use crate::batch::{Batch, Column, FieldSet, Values};
use crate::store::layout::StoredColumn;

/// The fields by which the family is known.
const ENDS: [FieldId; 2] = [FieldId::SrcAddr, FieldId::DstAddr];

impl ColumnFile {
    fn has(&self, field: FieldId) -> bool {
        self.layout.place(StoredColumn::Field(field)).is_some()
    }

    /// Those of some fields that the file has a column of.
    pub(crate) fn those_it_has(&self, fields: FieldSet) -> FieldSet {
        fields.iter().filter(|field| self.has(*field)).collect()
    }

    /// The fields that are read for some that are asked for, of which the file may have
    /// none.
    pub(super) fn present(&self, fields: FieldSet) -> FieldSet {
        let (present, absent): (Vec<FieldId>, Vec<FieldId>) =
            fields.iter().partition(|field| self.has(*field));
        let mut read: FieldSet = present.into_iter().collect();
        if absent.contains(&FieldId::Family) {
            read = read.union(ENDS.into_iter().collect());
        }
        if absent.iter().any(|field| ICMP.contains(field)) {
            read = read.union(OF_PORT.into_iter().collect());
        }
        // How many rows there are, some column must say.
        if read.is_empty() && !absent.is_empty() {
            read = [FieldId::Timestamp].into_iter().collect();
        }
        read
    }

    /// Adds the fields that the file has no column of to a batch of what it has.
    pub(super) fn with_absent(&self, mut batch: Batch, fields: FieldSet) -> Batch {
        let rows = batch.rows();
        let absent = fields.iter().filter(|field| !self.has(*field));
        let (icmp, absent): (Vec<FieldId>, Vec<FieldId>) =
            absent.partition(|field| ICMP.contains(field));
        for field in absent {
            let column = match field {
                FieldId::Family => family(&batch),
                _ => Column::unknown(field, rows),
            };
            batch.set_column(field, column);
        }
        if !icmp.is_empty() {
            for (field, column) in ICMP.into_iter().zip(batch.icmp_of_ports()) {
                if icmp.contains(&field) {
                    batch.set_column(field, column);
                }
            }
        }
        batch
    }

    /// Whether some flow of a row group may be of ICMP.
    fn may_have_icmp(&self, group: usize) -> bool {
        self.bounds(group, FieldId::Protocol).is_none_or(|bounds| {
            let is_within = |(least, most): (u128, u128)| {
                protocol::ICMP.iter().any(|icmp| (least..=most).contains(&u128::from(*icmp)))
            };
            bounds.known.is_some_and(is_within)
        })
    }

    /// What is known of an absent field in a row group.
    pub(super) fn bounds_of_absent(&self, group: usize, field: FieldId) -> Bounds {
        let has_every =
            |end: FieldId| self.bounds(group, end).is_some_and(|bounds| !bounds.unknown);
        let ipv4 = u128::from(Family::Ipv4.number());
        match field {
            FieldId::Family => {
                Bounds { known: Some((ipv4, ipv4)), unknown: !ENDS.into_iter().any(has_every) }
            }
            FieldId::IcmpType | FieldId::IcmpCode if self.may_have_icmp(group) => {
                Bounds { known: Some((0, u8::MAX.into())), unknown: true }
            }
            _ => Bounds { known: None, unknown: true },
        }
    }
}

/// The family of flows of version 5.
fn family(batch: &Batch) -> Column {
    let rows = batch.rows();
    let mut is_unknown = vec![true; rows];
    for end in ENDS {
        if let Some(column) = batch.dictionary_column(end) {
            let unknown = column.values().len();
            let codes = is_unknown.iter_mut().zip(column.codes());
            codes.for_each(|(flag, code)| *flag &= *code as usize == unknown);
        } else if let Some(mask) = &batch.column(end).unknown {
            is_unknown.iter_mut().zip(mask).for_each(|(flag, unknown)| *flag &= unknown);
        } else {
            is_unknown.fill(false);
        }
    }
    let value = |unknown: &bool| if *unknown { 0 } else { Family::Ipv4.number() };
    let values = Values::U8(is_unknown.iter().map(value).collect());
    Column { values, unknown: is_unknown.contains(&true).then_some(is_unknown) }
}
