//! Datagrams that tests make up, piece by piece, and what is read of them.

use std::net::IpAddr;

use super::{Exported, Fault, Part, Templates};

/// The time of export in all of them, seconds since 1970: 2019-05-14T08:00:00Z.
pub(super) const UNIX_SECS: u32 = 1_557_820_800;

/// The uptime in those of version 9, milliseconds.
pub(super) const UPTIME_MS: u32 = 90_000;

/// A datagram of version 9 of source id 0 with these sets.
pub(super) fn v9(sets: &[u8]) -> Vec<u8> {
    v9_of(0, sets)
}

/// A datagram of version 9 with these sets.
pub(super) fn v9_of(source_id: u32, sets: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 9, 0, 1];
    for word in [UPTIME_MS, UNIX_SECS, 7, source_id] {
        bytes.extend(word.to_be_bytes());
    }
    bytes.extend(sets);
    bytes
}

/// A datagram of IPFIX of domain 0 with these sets.
pub(super) fn ipfix(sets: &[u8]) -> Vec<u8> {
    ipfix_of(0, sets)
}

/// A datagram of IPFIX with these sets.
pub(super) fn ipfix_of(domain: u32, sets: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 10];
    bytes.extend(half(16 + sets.len()));
    for word in [UNIX_SECS, 7, domain] {
        bytes.extend(word.to_be_bytes());
    }
    bytes.extend(sets);
    bytes
}

/// A set of this content.
pub(super) fn set(number: u16, content: &[u8]) -> Vec<u8> {
    [&number.to_be_bytes()[..], &half(4 + content.len()), content].concat()
}

/// A template of elements and lengths, without a set around it.
pub(super) fn template(number: u16, fields: &[(u16, u16)]) -> Vec<u8> {
    [&number.to_be_bytes()[..], &half(fields.len()), &specifiers(fields)].concat()
}

/// An options template of version 9 of scope types and elements.
pub(super) fn v9_options(number: u16, scope: &[(u16, u16)], fields: &[(u16, u16)]) -> Vec<u8> {
    let lengths = [half(4 * scope.len()), half(4 * fields.len())].concat();
    [&number.to_be_bytes()[..], &lengths, &specifiers(scope), &specifiers(fields)].concat()
}

/// An options template of IPFIX, of which the first fields are the scope.
pub(super) fn ipfix_options(number: u16, n_scopes: u16, fields: &[(u16, u16)]) -> Vec<u8> {
    let counts = [&half(fields.len())[..], &n_scopes.to_be_bytes()].concat();
    [&number.to_be_bytes()[..], &counts, &specifiers(fields)].concat()
}

/// An enterprise's element in a template of IPFIX.
pub(super) fn enterprise(number: u32, element: u16, length: u16) -> Vec<u8> {
    let element = element | 0x8000;
    [&element.to_be_bytes()[..], &length.to_be_bytes(), &number.to_be_bytes()].concat()
}

fn specifiers(fields: &[(u16, u16)]) -> Vec<u8> {
    fields
        .iter()
        .flat_map(|field| [field.0.to_be_bytes(), field.1.to_be_bytes()])
        .flatten()
        .collect()
}

fn half(number: usize) -> [u8; 2] {
    u16::try_from(number).unwrap().to_be_bytes()
}

/// What was read of datagrams of one exporter.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Taken {
    pub(super) records: Vec<Exported>,
    pub(super) faults: Vec<Fault>,
}

impl Taken {
    /// What a reader that knew nothing takes.
    pub(super) fn of(datagrams: &[Vec<u8>]) -> Self {
        let mut taken = Self::default();
        let mut templates = Templates::new();
        for datagram in datagrams {
            taken.add(&mut templates, datagram);
        }
        taken
    }

    /// Takes one more datagram.
    pub(super) fn add(&mut self, templates: &mut Templates, datagram: &[u8]) {
        let Ok(walk) = templates.read(None, datagram) else { return };
        for part in walk {
            match part {
                Part::Data(data) => {
                    self.records.extend(data.records().map(|record| record.exported()));
                }
                Part::Fault(fault) => self.faults.push(fault),
                _ => {}
            }
        }
    }
}

/// The one record of a data template of these elements and values.
pub(super) fn record(version: u16, fields: &[(u16, &[u8])]) -> Exported {
    let lengths: Vec<(u16, u16)> = fields
        .iter()
        .map(|(element, bytes)| (*element, u16::try_from(bytes.len()).unwrap()))
        .collect();
    let values: Vec<u8> = fields.iter().flat_map(|(_, bytes)| *bytes).copied().collect();
    let data = set(256, &values);
    let template = template(256, &lengths);
    let datagram = match version {
        9 => v9(&[set(0, &template), data].concat()),
        _ => ipfix(&[set(2, &template), data].concat()),
    };
    let taken = Taken::of(&[datagram]);
    assert_eq!(taken.faults, []);
    assert_eq!(taken.records.len(), 1);
    taken.records[0]
}

/// Goes through a datagram, and gives the faults.
pub(super) fn faults(
    templates: &mut Templates,
    exporter: Option<IpAddr>,
    datagram: &[u8],
) -> Vec<Fault> {
    let parts = templates.read(exporter, datagram).unwrap();
    let fault = |part| if let Part::Fault(fault) = part { Some(fault) } else { None };
    parts.filter_map(fault).collect()
}
