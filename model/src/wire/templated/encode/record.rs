//! The bytes of a record, by its template, and of the template itself.

use std::net::IpAddr;

use super::fields::Sent;
use crate::address::Address;
use crate::field::FieldId;
use crate::record::FlowRecord;
use crate::wire::templated::definition::ENTERPRISE_BIT;
use crate::wire::{Misfit, Uptime};

/// When a datagram is exported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moment {
    /// Seconds since 1970-01-01 UTC.
    pub(super) unix_secs: u32,
    /// The router's clock of version 9.
    pub(super) uptime: Uptime,
}

impl Moment {
    /// The export of a flow, cut to a second; of one whose export is unknown, its end.
    pub(super) fn of(flow: &FlowRecord, uptime: Uptime) -> Result<Self, Misfit> {
        let end_ms = flow.last_switched_ms.or(flow.first_switched_ms);
        let seconds = flow.timestamp_ms.or(end_ms).unwrap_or_default() / 1000;
        let field = FieldId::Timestamp.field().name;
        let too_large = Misfit::TooLarge { field, value: seconds, bits: 32 };
        Ok(Self { unix_secs: u32::try_from(seconds).map_err(|_| too_large)?, uptime })
    }

    /// Milliseconds since 1970-01-01 UTC.
    pub(super) fn export_ms(self) -> u64 {
        u64::from(self.unix_secs) * 1000
    }

    /// The uptime of a time of a flow.
    fn uptime_ms(self, ms: u64, field: FieldId) -> Result<u32, Misfit> {
        let age_ms = self.export_ms().cast_signed().saturating_sub_unsigned(ms);
        match i32::try_from(age_ms) {
            Ok(_) => Ok(self.uptime.at(ms.cast_signed())),
            Err(_) => Err(Misfit::TooFar { field: field.field().name, age_ms }),
        }
    }
}

/// The values of a flow, one behind the other.
///
/// # Errors
/// If a time is too far from the export for an uptime.
pub(super) fn values(
    flow: &FlowRecord,
    fields: &[Sent],
    moment: Moment,
) -> Result<Vec<u8>, Misfit> {
    let mut bytes = Vec::new();
    for sent in fields {
        if sent.field.is_address() {
            let number = sent.field.field().number(flow).unwrap_or_default();
            match IpAddr::from(Address::from_number(number)) {
                IpAddr::V4(address) => bytes.extend(address.octets()),
                IpAddr::V6(address) => bytes.extend(address.octets()),
            }
            continue;
        }
        let is_time = matches!(sent.field, FieldId::FirstSwitched | FieldId::LastSwitched);
        let mut number = sent.field.field().number(flow).unwrap_or_default();
        if is_time && sent.length == 4 {
            let ms = u64::try_from(number).unwrap_or(u64::MAX);
            number = moment.uptime_ms(ms, sent.field)?.into();
        }
        let all = number.to_be_bytes();
        bytes.extend(&all[all.len() - usize::from(sent.length)..]);
    }
    Ok(bytes)
}

/// A template: number, fields, and of each its element and length.
pub(super) fn template(number: u16, fields: &[Sent]) -> Vec<u8> {
    let count = u16::try_from(fields.len()).unwrap_or(u16::MAX);
    let mut bytes = [number, count].map(u16::to_be_bytes).concat();
    for Sent { enterprise, element, length, .. } in fields {
        let bit = if *enterprise == 0 { 0 } else { ENTERPRISE_BIT };
        bytes.extend([element | bit, *length].map(u16::to_be_bytes).concat());
        if *enterprise != 0 {
            bytes.extend(enterprise.to_be_bytes());
        }
    }
    bytes
}
