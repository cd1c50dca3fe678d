//! Flows to bytes and back, and what does not fit.

use super::*;
use crate::field::{FIELDS, Wire};
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
        (FieldId::Bytes, 1 << 32, Misfit::TooLarge { field: "bytes", value: 1 << 32, bits: 32 }),
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
