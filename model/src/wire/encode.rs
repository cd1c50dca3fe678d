//! A flow as bytes again: what fits a version 5 packet, and what does not.
//!
//! A flow keeps times, the wire has uptimes. So a boot time has to be chosen,
//! see [`Uptime`]; any will do, since only differences of uptimes count. What
//! is unknown is written as 0, for the format has no other way to say it.
//! Padding is written as 0.

use std::net::Ipv4Addr;

use super::misfit::Misfit;
use super::{HEADER_LENGTH, Header, RECORD_LENGTH, Record};
use crate::address::Address;
use crate::field::FieldId;
use crate::names::adaptation::Adaptation;
use crate::record::FlowRecord;

/// A router's uptime clock, given by the time it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uptime {
    /// Milliseconds since 1970-01-01 UTC.
    pub boot_ms: i64,
}

impl Uptime {
    /// The uptime at a time (milliseconds since 1970-01-01 UTC), modulo 2³².
    #[must_use]
    pub fn at(self, ms: i64) -> u32 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "modulo 2^32")]
        (ms.wrapping_sub(self.boot_ms) as u32)
    }
}

/// Header and record of one flow.
///
/// # Errors
/// The first field that is known and does not fit. Unknown ones are written as
/// 0, times as the time of export.
pub fn encode(flow: &FlowRecord, uptime: Uptime) -> Result<(Header, Record), Misfit> {
    let (header, record, misfits) = encode_what_fits(flow, uptime);
    misfits.into_iter().find(|misfit| misfit.is_loss()).map_or(Ok((header, record)), Err)
}

/// Header and record of one flow, and all fields that do not fit; such a field is
/// written as 0, or as the time of export.
#[must_use]
pub fn encode_what_fits(flow: &FlowRecord, uptime: Uptime) -> (Header, Record, Vec<Misfit>) {
    let mut fit = Fit { flow, uptime, misfits: Vec::new() };
    let header = fit.header();
    let record = fit.record(&header);
    (header, record, fit.misfits)
}

struct Fit<'f> {
    flow: &'f FlowRecord,
    uptime: Uptime,
    misfits: Vec<Misfit>,
}

impl Fit<'_> {
    fn header(&mut self) -> Header {
        let export_ms = self.export_ms();
        let algorithm: u16 = self.number(FieldId::SamplingAlgorithm, 2);
        let interval: u16 = self.number(FieldId::SamplingInterval, 14);
        // Beside counters that are multiplied already it would be applied again.
        let is_scaled = self.flow.adapted.is_some_and(|number| {
            Adaptation::from_number(number.into()).is_some_and(Adaptation::is_scaled)
        });
        let (algorithm, interval) = if is_scaled { (0, 0) } else { (algorithm, interval) };
        let mut header = Header {
            count: self.number(FieldId::FlowRecords, 16),
            unix_nsecs: u32::try_from(export_ms % 1000).unwrap_or_default() * 1_000_000,
            flow_sequence: self.number(FieldId::FlowSeqNum, 32),
            engine_type: self.number(FieldId::EngineType, 8),
            engine_id: self.number(FieldId::EngineId, 8),
            sampling: algorithm << 14 | interval,
            ..Header::default()
        };
        match u32::try_from(export_ms / 1000) {
            Ok(unix_secs) => header.unix_secs = unix_secs,
            Err(_) => self.misfits.push(Misfit::TooLarge {
                field: FieldId::Timestamp.field().name,
                value: export_ms / 1000,
                bits: 32,
            }),
        }
        header.sys_uptime_ms = self.uptime.at(header.export_ms().cast_signed());
        header
    }

    /// Time of export; where it is unknown, the end of the flow.
    fn export_ms(&mut self) -> u64 {
        let flow = self.flow;
        flow.timestamp_ms.unwrap_or_else(|| {
            self.misfits.push(Misfit::Unknown { field: FieldId::Timestamp.field().name });
            flow.last_switched_ms.or(flow.first_switched_ms).unwrap_or_default()
        })
    }

    fn record(&mut self, header: &Header) -> Record {
        Record {
            src_addr: self.address(FieldId::SrcAddr),
            dst_addr: self.address(FieldId::DstAddr),
            next_hop: self.address(FieldId::NextHop),
            input_snmp: self.number(FieldId::InputSnmp, 16),
            output_snmp: self.number(FieldId::OutputSnmp, 16),
            packets: self.number(FieldId::Packets, 32),
            bytes: self.number(FieldId::Bytes, 32),
            first_uptime_ms: self.uptime_ms(header, FieldId::FirstSwitched),
            last_uptime_ms: self.uptime_ms(header, FieldId::LastSwitched),
            src_port: self.number(FieldId::SrcPort, 16),
            dst_port: self.number(FieldId::DstPort, 16),
            pad1: 0,
            tcp_flags: self.number(FieldId::TcpFlags, 8),
            protocol: self.number(FieldId::Protocol, 8),
            tos: self.number(FieldId::Tos, 8),
            src_as: self.number(FieldId::SrcAs, 16),
            dst_as: self.number(FieldId::DstAs, 16),
            src_mask_len: self.number(FieldId::SrcMaskLen, 8),
            dst_mask_len: self.number(FieldId::DstMaskLen, 8),
            pad2: 0,
        }
    }

    fn read(&mut self, id: FieldId) -> Option<u64> {
        let value = self.read_wide(id);
        value.and_then(|value| u64::try_from(value).ok())
    }

    fn read_wide(&mut self, id: FieldId) -> Option<u128> {
        let value = id.field().number(self.flow);
        if value.is_none() {
            self.misfits.push(Misfit::Unknown { field: id.field().name });
        }
        value
    }

    fn number<T: TryFrom<u64> + Default>(&mut self, id: FieldId, bits: u32) -> T {
        let Some(value) = self.read(id) else { return T::default() };
        let fitting = T::try_from(value).ok().filter(|_| value >> bits == 0);
        fitting.unwrap_or_else(|| {
            self.misfits.push(Misfit::TooLarge { field: id.field().name, value, bits });
            T::default()
        })
    }

    /// The record has room for IPv4 alone.
    fn address(&mut self, id: FieldId) -> Ipv4Addr {
        let Some(number) = self.read_wide(id) else { return Ipv4Addr::UNSPECIFIED };
        let bits = Address::from_number(number).ipv4_bits();
        if bits.is_none() {
            self.misfits.push(Misfit::Ipv6 { field: id.field().name });
        }
        Ipv4Addr::from_bits(bits.unwrap_or_default())
    }

    fn uptime_ms(&mut self, header: &Header, id: FieldId) -> u32 {
        let Some(ms) = self.read(id) else { return header.sys_uptime_ms };
        let age_ms = header.export_ms().cast_signed() - ms.cast_signed();
        if i32::try_from(age_ms).is_err() {
            self.misfits.push(Misfit::TooFar { field: id.field().name, age_ms });
            return header.sys_uptime_ms;
        }
        self.uptime.at(ms.cast_signed())
    }
}

/// The bytes of a datagram of one record.
#[must_use]
pub fn single(header: &Header, record: &Record) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_LENGTH + RECORD_LENGTH);
    bytes.extend(Header { count: 1, ..*header }.to_bytes());
    bytes.extend(record.to_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::{Access, FIELDS, Wire};
    use crate::wire::decode;
    use proptest::prelude::*;

    const EXPORT_MS: u64 = 1_537_514_621_231;

    fn write(flow: &mut FlowRecord, id: FieldId, value: u64) {
        let Access::Number { write, .. } = id.field().access else { unreachable!() };
        write(flow, Some(value));
    }

    /// A flow that fits: each field has a value of its own.
    fn fitting() -> FlowRecord {
        let mut flow = FlowRecord::default();
        for (field, value) in FIELDS.iter().zip(1..) {
            match field.access {
                Access::Number { write, .. } if field.wire != Wire::Nowhere => {
                    write(&mut flow, Some(value));
                }
                Access::Address { write, .. } if field.wire != Wire::Nowhere => {
                    write(&mut flow, Some(Address::from_number(value.into())));
                }
                _ => {}
            }
        }
        flow.timestamp_ms = Some(EXPORT_MS);
        flow.first_switched_ms = Some(EXPORT_MS - 5001);
        flow.last_switched_ms = Some(EXPORT_MS + 77);
        flow.version = Some(5);
        flow.sampling_algorithm = Some(2);
        flow
    }

    /// Else whoever reads the packets multiplies once more.
    #[test]
    fn scaled_counters_stand_beside_no_interval() {
        for (adapted, sampling) in [
            (None, 2 << 14 | 8),
            (Some(Adaptation::ElastiFlow), 2 << 14 | 8),
            (Some(Adaptation::ElastiFlowScaled), 0),
            (Some(Adaptation::NfcapdScaled), 0),
        ] {
            let number = adapted.map(|adapted| u8::try_from(adapted.number()).unwrap());
            let flow = FlowRecord { adapted: number, sampling_interval: Some(8), ..fitting() };
            let (header, _) = encode(&flow, Uptime { boot_ms: 0 }).unwrap();
            assert_eq!(header.sampling, sampling, "{adapted:?}");
        }
    }

    #[test]
    fn what_fits_is_read_again() {
        let flow = fitting();
        for boot_ms in [0, 1_535_948_725_118, EXPORT_MS.cast_signed() + 1_000_000, -1] {
            let (header, record) = encode(&flow, Uptime { boot_ms }).unwrap();
            assert_eq!(record.flow(&header, None), flow, "boot at {boot_ms}");
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (id, value, misfit) in [
            (
                FieldId::Bytes,
                1 << 32,
                Misfit::TooLarge { field: "bytes", value: 1 << 32, bits: 32 },
            ),
            (
                FieldId::Packets,
                u64::MAX,
                Misfit::TooLarge { field: "packets", value: u64::MAX, bits: 32 },
            ),
            (
                FieldId::SamplingInterval,
                16_384,
                Misfit::TooLarge { field: "sampling_interval", value: 16_384, bits: 14 },
            ),
            (
                FieldId::SamplingAlgorithm,
                4,
                Misfit::TooLarge { field: "sampling_algorithm", value: 4, bits: 2 },
            ),
            (
                FieldId::FirstSwitched,
                EXPORT_MS + (1 << 31) + 1,
                Misfit::TooFar { field: "first_switched", age_ms: -(1 << 31) - 1 },
            ),
            (
                FieldId::LastSwitched,
                EXPORT_MS - (1 << 31),
                Misfit::TooFar { field: "last_switched", age_ms: 1 << 31 },
            ),
            (
                FieldId::Timestamp,
                (1 << 32) * 1000,
                Misfit::TooLarge { field: "timestamp", value: 1 << 32, bits: 32 },
            ),
        ] {
            let mut flow = fitting();
            write(&mut flow, id, value);
            assert_eq!(encode(&flow, Uptime::default()), Err(misfit));
        }
    }

    #[test]
    fn what_is_unknown_is_zero_and_told() {
        let (header, record, misfits) =
            encode_what_fits(&FlowRecord::default(), Uptime { boot_ms: -9 });
        assert_eq!(header, Header { sys_uptime_ms: 9, ..Header::default() });
        let times = Record { first_uptime_ms: 9, last_uptime_ms: 9, ..Record::default() };
        assert_eq!(record, times);
        assert!(misfits.iter().all(|misfit| !misfit.is_loss()));
        let told: Vec<&str> = misfits.iter().map(|misfit| misfit.field()).collect();
        let mut expected: Vec<&str> = FIELDS
            .iter()
            .filter(|field| field.wire != Wire::Nowhere && field.id != FieldId::Version)
            .map(|field| field.name)
            .collect();
        expected.sort_unstable();
        let mut sorted = told.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, expected);
    }

    proptest! {
        /// Bytes to flow to bytes: all but padding, and nanoseconds below a
        /// millisecond, come back if the boot time is the same.
        #[test]
        fn bytes_come_back(bytes in prop::collection::vec(any::<u8>(), 72)) {
            let mut bytes = bytes;
            bytes[..4].copy_from_slice(&[0, 5, 0, 1]);
            let datagram = decode(&bytes).unwrap();
            let header = *datagram.header();
            let record = datagram.records().next().unwrap();
            let flow = record.flow(&header, None);
            let (again, record_again, misfits) =
                encode_what_fits(&flow, Uptime { boot_ms: header.boot_ms() });
            if !header.nanoseconds_overflow() && misfits.is_empty() {
                let unix_nsecs = header.unix_nsecs / 1_000_000 * 1_000_000;
                prop_assert_eq!(again, Header { unix_nsecs, ..header });
                prop_assert_eq!(record_again, Record { pad1: 0, pad2: 0, ..record });
            }
            prop_assert_eq!(&Record::from_bytes(&record.to_bytes()), &record);
            prop_assert_eq!(&record.to_bytes()[..], &bytes[HEADER_LENGTH..]);
            prop_assert_eq!(&header.to_bytes()[..], &bytes[..HEADER_LENGTH]);
            prop_assert_eq!(decode(&single(&header, &record)).unwrap().records().len(), 1);
        }

        #[test]
        fn no_flow_makes_it_panic(
            values in prop::collection::vec(any::<Option<u64>>(), FIELDS.len()),
            boot_ms in any::<i64>(),
        ) {
            let mut flow = FlowRecord::default();
            for (field, value) in FIELDS.iter().zip(values) {
                if let Access::Number { write, .. } = field.access {
                    write(&mut flow, value);
                }
            }
            let _ = encode(&flow, Uptime { boot_ms });
        }
    }
}
