//! What options records tell of the exporter: how it samples, what its
//! interfaces are called, when it started.
//!
//! A rate is told, never applied: what to do with counters of sampled packets is
//! the reader's to say.

use std::borrow::Cow;

use super::data::Record;
use super::number::{number, text};
use super::role::Role;

/// What an options record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The exporter as a whole.
    System,
    /// One interface, by its `ifIndex`.
    Interface(u32),
    /// Something else: a line card, a cache, a sampler, or nothing that flowkit
    /// knows.
    Other,
}

/// How packets are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// By counting or by the clock.
    Systematic,
    /// At random.
    Random,
    /// By something else, such as a hash of the packet.
    Other,
}

impl Algorithm {
    /// Name in json.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Systematic => "systematic",
            Self::Random => "random",
            Self::Other => "other",
        }
    }
}

/// A sampling rate: of `of` packets, `packets` are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sampling {
    /// Packets looked at; at least 1.
    pub packets: u64,
    /// Packets there were; at least as many.
    pub of: u64,
    /// How they are chosen, if that was told.
    pub algorithm: Option<Algorithm>,
    /// The sampler that chooses them, if they have numbers; flows name it in
    /// [`Exported::sampler_id`](super::Exported::sampler_id).
    pub sampler_id: Option<u64>,
}

impl Sampling {
    /// One packet in how many; `None` if that is no whole number.
    #[must_use]
    pub fn interval(&self) -> Option<u64> {
        self.of.is_multiple_of(self.packets).then(|| self.of / self.packets)
    }
}

/// What an interface is called.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Interface<'a> {
    /// Its `ifIndex`.
    pub number: u32,
    /// Its short name, such as `Gi0/1`.
    pub name: Option<Cow<'a, str>>,
    /// Its description.
    pub description: Option<Cow<'a, str>>,
}

/// What a record tells of the exporter; mostly one thing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OptionsFound<'a> {
    /// What it is about.
    pub scope: Scope,
    /// A sampling rate.
    pub sampling: Option<Sampling>,
    /// The name of an interface.
    pub interface: Option<Interface<'a>>,
    /// When the exporter started, milliseconds since 1970-01-01 UTC.
    pub boot_ms: Option<u64>,
}

/// What was read of a record, before it is put together.
#[derive(Clone, Debug, Default)]
struct Found<'a> {
    interval: Option<u64>,
    packet_interval: Option<u64>,
    packet_space: Option<u64>,
    algorithm: Option<Algorithm>,
    sampler_id: Option<u64>,
    input: Option<u32>,
    output: Option<u32>,
    scope_interface: Option<u32>,
    name: Option<Cow<'a, str>>,
    description: Option<Cow<'a, str>>,
    boot_ms: Option<u64>,
}

impl<'a> Record<'_, 'a> {
    /// What an options record tells of its exporter. Any record can be asked;
    /// [`Template::tells_of_exporter`] says where it is worth it.
    ///
    /// [`Template::tells_of_exporter`]: super::Template::tells_of_exporter
    #[must_use]
    pub fn options(&self) -> OptionsFound<'a> {
        let mut found = Found::default();
        for read in self.read() {
            found.take(read.role, read.bytes);
        }
        let scope = self.template().plan().scope;
        let is_scope = |specifier: &super::template::Specifier| {
            specifier.is_scope && matches!((specifier.enterprise, specifier.element), (0, 10 | 14))
        };
        let ifindex_is_scope = self.template().fields().iter().any(is_scope);
        let ifindex = found.input.or(found.output);
        let of_scope = found.scope_interface.or(ifindex.filter(|_| ifindex_is_scope));
        OptionsFound {
            scope: of_scope.map_or(scope, Scope::Interface),
            sampling: found.sampling(),
            boot_ms: found.boot_ms,
            interface: found.interface(ifindex.or(of_scope)),
        }
    }
}

impl<'a> Found<'a> {
    fn take(&mut self, role: Role, bytes: &'a [u8]) {
        let number = number(bytes).ok().flatten();
        let ifindex = || number.and_then(|number| u32::try_from(number).ok());
        match role {
            Role::SamplingInterval => self.interval = number,
            Role::PacketInterval => self.packet_interval = number,
            Role::PacketSpace => self.packet_space = number,
            Role::SamplingAlgorithm => {
                self.algorithm = self.algorithm.or(number.and_then(sampling_algorithm));
            }
            Role::SelectorAlgorithm => {
                self.algorithm = number.and_then(selector_algorithm).or(self.algorithm);
            }
            Role::Sampler => self.sampler_id = number,
            Role::Input => self.input = ifindex(),
            Role::Output => self.output = ifindex(),
            Role::ScopeInterface => self.scope_interface = ifindex(),
            Role::InterfaceName => self.name = Some(text(bytes)),
            Role::InterfaceDescription => self.description = Some(text(bytes)),
            Role::Boot => self.boot_ms = number.filter(|ms| *ms > 0),
            _ => {}
        }
    }

    /// The rate: one packet in so many, else so many packets and then a gap. A
    /// rate of 0 says nothing.
    fn sampling(&self) -> Option<Sampling> {
        let one_in = self.interval.filter(|of| *of > 0).map(|of| (1, of));
        let in_a_row = || {
            let packets = self.packet_interval.filter(|packets| *packets > 0)?;
            Some((packets, packets.checked_add(self.packet_space?)?))
        };
        let (packets, of) = one_in.or_else(in_a_row)?;
        let (algorithm, sampler_id) = (self.algorithm, self.sampler_id);
        Some(Sampling { packets, of, algorithm, sampler_id })
    }

    fn interface(self, number: Option<u32>) -> Option<Interface<'a>> {
        let (name, description) = (self.name, self.description);
        let is_named = name.is_some() || description.is_some();
        number.filter(|_| is_named).map(|number| Interface { number, name, description })
    }
}

/// Cisco's numbers: `samplingAlgorithm`, `samplerMode`.
fn sampling_algorithm(number: u64) -> Option<Algorithm> {
    match number {
        0 => None,
        1 => Some(Algorithm::Systematic),
        2 => Some(Algorithm::Random),
        _ => Some(Algorithm::Other),
    }
}

/// IANA's list of packet selection methods: `selectorAlgorithm`.
fn selector_algorithm(number: u64) -> Option<Algorithm> {
    match number {
        0 => None,
        1 | 2 => Some(Algorithm::Systematic),
        3..=5 => Some(Algorithm::Random),
        _ => Some(Algorithm::Other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::templated::made_up::{ipfix, ipfix_options, set, template, v9, v9_options};
    use crate::wire::templated::{Part, Templates};

    /// What each record of a datagram tells.
    fn found(datagram: &[u8], check: impl Fn(&[OptionsFound<'_>])) {
        let mut templates = Templates::new();
        let mut found = Vec::new();
        for part in templates.read(None, datagram).unwrap() {
            match part {
                Part::Data(data) => found.extend(data.records().map(|record| record.options())),
                Part::Fault(fault) => panic!("{fault}"),
                _ => {}
            }
        }
        check(&found);
    }

    fn of_v9(scope: &[(u16, u16)], fields: &[(u16, u16)], record: &[u8]) -> Vec<u8> {
        v9(&[set(1, &v9_options(256, scope, fields)), set(256, record)].concat())
    }

    fn of_ipfix(n_scopes: u16, fields: &[(u16, u16)], record: &[u8]) -> Vec<u8> {
        ipfix(&[set(3, &ipfix_options(256, n_scopes, fields)), set(256, record)].concat())
    }

    #[test]
    fn rates_have_several_forms() {
        use Algorithm::{Other, Random, Systematic};
        for (fields, record, expected) in [
            (&[(35, 1), (34, 4)][..], &[2, 0, 0, 3, 232][..], Some((1, 1000, Some(Random), None))),
            (
                &[(48, 1), (49, 1), (50, 4)],
                &[7, 1, 0, 0, 0, 50],
                Some((1, 50, Some(Systematic), Some(7))),
            ),
            (
                &[(305, 1), (306, 2), (304, 1)],
                &[2, 7, 206, 1],
                Some((2, 2000, Some(Systematic), None)),
            ),
            (
                &[(302, 2), (304, 2), (50, 1)],
                &[1, 0, 0, 7, 9],
                Some((1, 9, Some(Other), Some(256))),
            ),
            // Not sampled by the one, nothing said by the other; no gap is known.
            (&[(34, 4)], &[0; 4], None),
            (&[(305, 4)], &[0, 0, 0, 9], None),
            (&[(41, 4)], &[0, 0, 0, 9], None),
        ] {
            let expected = expected.map(|(packets, of, algorithm, sampler_id)| Sampling {
                packets,
                of,
                algorithm,
                sampler_id,
            });
            found(&of_v9(&[(1, 0)], fields, record), |found| {
                assert_eq!((found[0].scope, found[0].sampling), (Scope::System, expected));
            });
        }
        let sampling = |packets, of| Sampling { packets, of, algorithm: None, sampler_id: None };
        assert_eq!(sampling(2, 2000).interval(), Some(1000));
        assert_eq!(sampling(3, 10).interval(), None);
    }

    #[test]
    fn interfaces_have_names() {
        let named = |number, name: Option<&'static str>, description: Option<&'static str>| {
            let (name, description) = (name.map(Cow::from), description.map(Cow::from));
            Some(Interface { number, name, description })
        };
        let both = named(7, Some("lo"), Some("loop"));
        let datagram = of_v9(&[(2, 4)], &[(82, 4), (83, 4)], b"\0\0\0\x07lo\0\0loop");
        found(&datagram, |found| {
            assert_eq!((found[0].scope, &found[0].interface), (Scope::Interface(7), &both));
        });
        let datagram = of_v9(&[(1, 4)], &[(10, 4), (83, 4)], b"\x01\x02\x03\x04\0\0\0\x07loop");
        found(&datagram, |found| {
            let expected = named(7, None, Some("loop"));
            assert_eq!((found[0].scope, &found[0].interface), (Scope::System, &expected));
        });
        let fields = [(14, 4), (82, 65_535), (34, 1)];
        found(&of_ipfix(1, &fields, b"\0\0\0\x07\x02lo\x09"), |found| {
            assert_eq!(found[0].interface, named(7, Some("lo"), None));
            assert_eq!(found[0].scope, Scope::Interface(7));
            assert_eq!(found[0].sampling.and_then(|sampling| sampling.interval()), Some(9));
        });
        // As data, without a scope.
        let datagram =
            ipfix(&[set(2, &template(256, &[(10, 1), (82, 2)])), set(256, b"\x07lo")].concat());
        found(&datagram, |found| {
            assert_eq!(
                (found[0].scope, &found[0].interface),
                (Scope::Other, &named(7, Some("lo"), None))
            );
        });
    }

    #[test]
    fn a_start_of_0_is_none() {
        for boot_ms in [0, 1_557_000_000_000_u64] {
            let record = [&[0, 0, 0, 1][..], &boot_ms.to_be_bytes()].concat();
            found(&of_ipfix(1, &[(143, 4), (160, 8)], &record), |found| {
                assert_eq!(found[0].boot_ms, Some(boot_ms).filter(|ms| *ms > 0));
                assert_eq!((found[0].scope, found[0].sampling), (Scope::System, None));
            });
        }
    }
}
