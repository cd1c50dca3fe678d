//! Templates as they are sent: the records of a template set, before anything
//! is kept of them.
//!
//! Sources: RFC 3954, sections 5.2 and 6.1; RFC 7011, sections 3.4 and 8.1
//! (withdrawal).

use super::fault::Fault;
use super::header::Version;
use super::sets::{LEAST_TEMPLATE, is_padding};
use crate::wire::bytes_at;

/// Bytes of a field in a template: element and length.
pub(super) const SPECIFIER: usize = 4;

/// Bytes of the enterprise number behind some of them.
pub(super) const ENTERPRISE: usize = 4;

/// The bit of an element of IPFIX that says that its enterprise follows.
pub(super) const ENTERPRISE_BIT: u16 = 0x8000;

/// A template over the bytes it came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Definition<'a> {
    /// Its number.
    pub(super) number: u16,
    /// The version it is written in.
    pub(super) version: Version,
    /// Whether its records are about the exporter and not about flows.
    pub(super) is_options: bool,
    /// Fields of the scope: the first ones.
    pub(super) n_scopes: usize,
    /// All fields.
    pub(super) n_fields: usize,
    /// The specifiers of the fields, enterprise numbers among them.
    pub(super) specifiers: &'a [u8],
}

/// One record of a template set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told<'a> {
    /// A template.
    Defined(Definition<'a>),
    /// IPFIX: the template of this number is gone.
    Withdrawn(u16),
    /// IPFIX: all templates of the set's own kind are gone.
    AllWithdrawn,
}

/// The records of a template set.
#[derive(Clone, Debug)]
pub(super) struct Definitions<'a> {
    version: Version,
    is_options: bool,
    is_cut: bool,
    rest: &'a [u8],
}

/// What stands before the fields.
struct Head {
    length: usize,
    n_scopes: usize,
    n_fields: usize,
    fault: Option<Fault>,
}

impl<'a> Definitions<'a> {
    /// The records in the content of a template set; of one that `is_cut` the
    /// whole ones, without a word on the last.
    pub(super) fn new(version: Version, is_options: bool, bytes: &'a [u8], is_cut: bool) -> Self {
        Self { version, is_options, is_cut, rest: bytes }
    }

    /// None is read any more.
    pub(super) fn none(version: Version) -> Self {
        Self::new(version, false, &[], true)
    }

    /// Whether the set is one of options templates.
    pub(super) fn is_options(&self) -> bool {
        self.is_options
    }

    /// The head of the next record; `None` if it is cut.
    fn head(&self, number: u16) -> Option<Head> {
        let half = |offset| {
            self.rest
                .get(offset..offset + 2)
                .map(|_| u16::from_be_bytes(bytes_at(self.rest, offset)))
        };
        let first = half(2)?;
        if !self.is_options {
            return Some(Head { length: 4, n_scopes: 0, n_fields: first.into(), fault: None });
        }
        let second = half(4)?;
        let (one, two) = (usize::from(first), usize::from(second));
        Some(match self.version {
            Version::V9 => {
                let odd = one % SPECIFIER != 0 || two % SPECIFIER != 0;
                let fault =
                    Fault::ImpossibleOptions { template: number, scope: first, options: second };
                let n_scopes = one / SPECIFIER;
                let n_fields = n_scopes + two / SPECIFIER;
                Head { length: 6, n_scopes, n_fields, fault: odd.then_some(fault) }
            }
            Version::Ipfix => {
                let fault = Fault::ImpossibleScope { template: number, scopes: two, fields: one };
                Head {
                    length: 6,
                    n_scopes: two,
                    n_fields: one,
                    fault: (two > one).then_some(fault),
                }
            }
        })
    }

    /// Bytes of this many specifiers; `None` if there are not so many.
    fn specifiers_length(&self, bytes: &[u8], n_fields: usize) -> Option<usize> {
        let mut length = 0;
        match self.version {
            Version::V9 => length = n_fields * SPECIFIER,
            Version::Ipfix => {
                for _ in 0..n_fields {
                    let element = bytes.get(length..length + 2)?;
                    let has_enterprise = element[0] & 0x80 != 0;
                    length += SPECIFIER + if has_enterprise { ENTERPRISE } else { 0 };
                }
            }
        }
        (length <= bytes.len()).then_some(length)
    }

    /// A template, or what is wrong with it.
    fn definition(&mut self, number: u16) -> Option<Result<Told<'a>, Fault>> {
        let bytes = self.rest;
        let head = self.head(number);
        self.rest = &[];
        let n_fields = head.as_ref().map_or(0, |head| head.n_fields);
        let whole = head.and_then(|head| {
            let specifiers = &bytes[head.length..];
            let (own, rest) = specifiers.split_at(self.specifiers_length(specifiers, n_fields)?);
            Some((head, own, rest))
        });
        let Some((head, specifiers, rest)) = whole else {
            let fault = Fault::TemplateCut { template: number, fields: n_fields };
            return (!self.is_cut).then_some(Err(fault));
        };
        if let Some(fault) = head.fault {
            return Some(Err(fault));
        }
        self.rest = rest;
        Some(Ok(Told::Defined(Definition {
            number,
            version: self.version,
            is_options: self.is_options,
            n_scopes: head.n_scopes,
            n_fields,
            specifiers,
        })))
    }
}

impl<'a> Iterator for Definitions<'a> {
    type Item = Result<Told<'a>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.len() < SPECIFIER || is_padding(self.rest) {
            self.rest = &[];
            return None;
        }
        let number = u16::from_be_bytes(bytes_at(self.rest, 0));
        let count = u16::from_be_bytes(bytes_at(self.rest, 2));
        if self.version == Version::Ipfix && count == 0 {
            let all = if self.is_options { 3 } else { 2 };
            if number == all || number >= LEAST_TEMPLATE {
                self.rest = &self.rest[SPECIFIER..];
                let told = if number == all { Told::AllWithdrawn } else { Told::Withdrawn(number) };
                return Some(Ok(told));
            }
        }
        if number < LEAST_TEMPLATE {
            self.rest = &[];
            return Some(Err(Fault::ReservedTemplate { template: number }));
        }
        self.definition(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::templated::made_up::{enterprise, ipfix_options, template, v9_options};

    fn read(version: Version, is_options: bool, bytes: &[u8]) -> Vec<Result<Told<'_>, Fault>> {
        Definitions::new(version, is_options, bytes, false).collect()
    }

    /// Number, scope fields, fields and bytes of specifiers of each template.
    fn shapes(version: Version, is_options: bool, bytes: &[u8]) -> Vec<(u16, usize, usize, usize)> {
        let shape = |told| {
            let Ok(Told::Defined(Definition { number, n_scopes, n_fields, specifiers, .. })) = told
            else {
                panic!("{told:?}")
            };
            (number, n_scopes, n_fields, specifiers.len())
        };
        read(version, is_options, bytes).into_iter().map(shape).collect()
    }

    #[test]
    fn templates_stand_one_after_the_other() {
        let two = [template(256, &[(8, 4), (12, 4)]), template(257, &[(1, 8)])].concat();
        for padding in [0, 2, 3, 4, 8] {
            let bytes = [two.clone(), vec![0; padding]].concat();
            for version in [Version::V9, Version::Ipfix] {
                let expected = [(256, 0, 2, 8), (257, 0, 1, 4)];
                assert_eq!(shapes(version, false, &bytes), expected, "{version:?}, {padding}");
            }
        }
    }

    #[test]
    fn enterprises_take_four_bytes_more() {
        let bytes = [
            vec![1, 0, 0, 3],
            enterprise(29_305, 1, 8),
            vec![0, 8, 0, 4],
            enterprise(9999, 7, 65_535),
            template(257, &[(1, 8)]),
        ]
        .concat();
        assert_eq!(shapes(Version::Ipfix, false, &bytes), [(256, 0, 3, 20), (257, 0, 1, 4)]);
        // Version 9 has no enterprises: the numbers of Cisco and others go on.
        let bytes = template(256, &[(40_005, 1), (57_590, 2)]);
        assert_eq!(shapes(Version::V9, false, &bytes), [(256, 0, 2, 8)]);
    }

    #[test]
    fn options_have_a_scope() {
        let v9 = [v9_options(256, &[(1, 0)], &[(34, 4), (35, 1)]), vec![0, 0]].concat();
        assert_eq!(shapes(Version::V9, true, &v9), [(256, 1, 3, 12)]);
        let ipfix = [ipfix_options(512, 1, &[(144, 4), (34, 4)]), vec![0, 0]].concat();
        assert_eq!(shapes(Version::Ipfix, true, &ipfix), [(512, 1, 2, 8)]);

        let odd = v9_options(256, &[(1, 0)], &[(34, 4)]);
        let odd = [&odd[..5], &[6], &odd[6..]].concat();
        let fault = Fault::ImpossibleOptions { template: 256, scope: 4, options: 6 };
        assert_eq!(read(Version::V9, true, &odd), [Err(fault)]);
        let scopes = ipfix_options(512, 3, &[(144, 4), (34, 4)]);
        let fault = Fault::ImpossibleScope { template: 512, scopes: 3, fields: 2 };
        assert_eq!(read(Version::Ipfix, true, &scopes), [Err(fault)]);
    }

    #[test]
    fn more_fields_than_bytes_are_told() {
        for version in [Version::V9, Version::Ipfix] {
            let fault = Fault::TemplateCut { template: 256, fields: 65_535 };
            let bytes = [1, 0, 255, 255, 0, 8, 0, 4];
            assert_eq!(read(version, false, &bytes), [Err(fault)]);
            let none = Definitions::new(version, false, &bytes, true).next();
            assert_eq!(none, None, "the set is known to be cut");
            let fault = Fault::TemplateCut { template: 256, fields: 0 };
            assert_eq!(read(version, true, &[1, 0, 0, 4]), [Err(fault)]);
        }
    }

    #[test]
    fn ipfix_withdraws() {
        let bytes = [template(256, &[]), template(2, &[]), template(257, &[(1, 8)])].concat();
        let told = read(Version::Ipfix, false, &bytes);
        assert_eq!(told[..2], [Ok(Told::Withdrawn(256)), Ok(Told::AllWithdrawn)]);
        assert!(matches!(told[2], Ok(Told::Defined(Definition { number: 257, .. }))));
        let all = template(3, &[]);
        assert_eq!(read(Version::Ipfix, true, &all), [Ok(Told::AllWithdrawn)]);
        let reserved = [Err(Fault::ReservedTemplate { template: 3 })];
        assert_eq!(read(Version::Ipfix, false, &all), reserved);
        assert_eq!(read(Version::V9, false, &all), reserved);
        assert_eq!(shapes(Version::V9, false, &template(256, &[])), [(256, 0, 0, 0)]);
    }
}
