//! How an exporter samples, told by options: an options template and one record.

use crate::names::adaptation::Adaptation;
use crate::record::FlowRecord;
use crate::wire::templated::header::Version;

/// Number of the options template. Those of flows are above it.
pub(super) const NUMBER: u16 = 256;

/// `samplingInterval` in 4 bytes and `samplingAlgorithm` in 1.
const FIELDS: [[u16; 2]; 2] = [[34, 4], [35, 1]];

/// In version 9, options about the system as a whole; its value says nothing.
const SYSTEM: [u16; 2] = [1, 4];

/// In IPFIX, `observationDomainId`.
const DOMAIN: [u16; 2] = [149, 4];

/// One packet in so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sampling {
    interval: u32,
    /// 1 systematic, 2 random, 0 if that is unknown.
    algorithm: u8,
}

impl Sampling {
    /// The sampling of a flow, if it states one. An interval of 0 means every packet.
    pub(super) fn of(flow: &FlowRecord) -> Option<Self> {
        let number = flow.adapted.map(u64::from);
        // Beside counters that are multiplied already it would be applied again.
        let is_scaled = number.and_then(Adaptation::from_number).is_some_and(Adaptation::is_scaled);
        let interval = flow.sampling_interval.filter(|_| !is_scaled)?;
        let algorithm = flow.sampling_algorithm.unwrap_or_default();
        Some(Self { interval: u32::from(interval).max(1), algorithm })
    }

    /// The options template, without a set around it.
    pub(super) fn template(version: Version) -> Vec<u8> {
        let (lengths, scope) = match version {
            // Bytes of the scope, and of the fields.
            Version::V9 => ([4, 8], SYSTEM),
            // All fields, and those of the scope.
            Version::Ipfix => ([3, 1], DOMAIN),
        };
        let numbers = [&[NUMBER], &lengths[..], &scope, FIELDS.as_flattened()].concat();
        numbers.into_iter().flat_map(u16::to_be_bytes).collect()
    }

    /// The record of it.
    pub(super) fn record(self, version: Version, domain: u32) -> Vec<u8> {
        let scope = if version == Version::Ipfix { domain } else { 0 };
        let mut bytes = [scope, self.interval].map(u32::to_be_bytes).concat();
        bytes.push(self.algorithm);
        bytes
    }
}
