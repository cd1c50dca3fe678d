//! A template as it is kept: where each field of a record stands, and what
//! flowkit takes from it. Worked out once, when the template comes.

use std::fmt;

use super::definition::{Definition, ENTERPRISE, ENTERPRISE_BIT, SPECIFIER};
use super::element::{Element, Kind};
use super::header::Version;
use super::plan::Plan;
use crate::wire::bytes_at;

/// The length by which a template says that each record has its own.
pub const VARIABLE: u16 = u16::MAX;

/// What options of version 9 can be about, by the number of the scope.
const V9_SCOPES: [(u16, &str); 5] =
    [(1, "system"), (2, "interface"), (3, "line card"), (4, "cache"), (5, "template")];

/// The last of them: above it a scope is an element.
const LAST_V9_SCOPE: u16 = 5;

/// A field of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Specifier {
    /// The information element; in a scope of version 9 the kind of the scope:
    /// 1 system, 2 interface, 3 line card, 4 cache, 5 template.
    pub element: u16,
    /// Whose element it is; 0 is IANA.
    pub enterprise: u32,
    /// Bytes of its value, or [`VARIABLE`].
    pub length: u16,
    /// Whether it says what an options record is about.
    pub is_scope: bool,
    /// Fields of variable length before it.
    pub(super) segment: u16,
    /// Bytes between it and the end of the last of those, or the start of the
    /// record.
    pub(super) offset: u32,
}

impl Specifier {
    /// Whether each record states its length.
    #[must_use]
    pub fn is_variable(&self) -> bool {
        self.length == VARIABLE
    }

    /// The element, if flowkit knows it; none for a scope of version 9.
    #[must_use]
    pub fn known(&self, version: Version) -> Option<&'static Element> {
        let is_kind = self.is_scope && version == Version::V9 && self.element <= LAST_V9_SCOPE;
        if is_kind { None } else { Element::find(self.enterprise, self.element) }
    }

    /// What it is called: the element, or the kind of a scope of version 9.
    #[must_use]
    pub fn name(&self, version: Version) -> Option<&'static str> {
        if let Some(element) = self.known(version) {
            return Some(element.name);
        }
        let is_kind = self.is_scope && version == Version::V9;
        V9_SCOPES.iter().find(|(kind, _)| is_kind && *kind == self.element).map(|(_, name)| *name)
    }

    /// What its bytes are; octets if flowkit does not know the element.
    #[must_use]
    pub fn kind(&self, version: Version) -> Kind {
        self.known(version).map_or(Kind::Octets, |element| element.kind)
    }
}

/// `34`, `29305:1` with an enterprise, `scope 1` where it is of the scope.
impl fmt::Display for Specifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_scope {
            formatter.write_str("scope ")?;
        }
        if self.enterprise != 0 {
            write!(formatter, "{}:", self.enterprise)?;
        }
        write!(formatter, "{}", self.element)
    }
}

/// What the records of one number consist of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    number: u16,
    version: Version,
    is_options: bool,
    n_scopes: usize,
    fields: Box<[Specifier]>,
    /// As it was sent, to see that it is sent again.
    sent: Box<[u8]>,
    /// Indices of the fields of variable length.
    variable: Box<[u16]>,
    /// Bytes after the last of them; all if there is none.
    tail: usize,
    plan: Plan,
}

impl Template {
    /// Works out a template of at most 65,535 fields.
    pub(super) fn new(definition: &Definition<'_>) -> Self {
        let mut fields: Vec<Specifier> = Vec::with_capacity(definition.n_fields);
        let mut variable = Vec::new();
        let (mut segment, mut offset) = (0, 0);
        let mut rest = definition.specifiers;
        while let Some((specifier, next)) = rest.split_first_chunk::<SPECIFIER>() {
            rest = next;
            let mut element = u16::from_be_bytes(bytes_at(specifier, 0));
            let length = u16::from_be_bytes(bytes_at(specifier, 2));
            let mut enterprise = 0;
            if definition.version == Version::Ipfix && element & ENTERPRISE_BIT != 0 {
                element &= !ENTERPRISE_BIT;
                enterprise = u32::from_be_bytes(bytes_at(rest, 0));
                rest = &rest[ENTERPRISE..];
            }
            let is_scope = fields.len() < definition.n_scopes;
            fields.push(Specifier { element, enterprise, length, is_scope, segment, offset });
            if length == VARIABLE {
                variable.push(fields.len() - 1);
                segment += 1;
                offset = 0;
            } else {
                offset += u32::from(length);
            }
        }
        let index = |index| u16::try_from(index).expect("a count of fields has 16 bits");
        Self {
            number: definition.number,
            version: definition.version,
            is_options: definition.is_options,
            n_scopes: definition.n_scopes,
            plan: Plan::new(&fields, definition.version),
            fields: fields.into(),
            sent: definition.specifiers.into(),
            variable: variable.into_iter().map(index).collect(),
            tail: offset as usize,
        }
    }

    /// Whether a definition says what is known already.
    pub(super) fn is_sent_again(&self, definition: &Definition<'_>) -> bool {
        (self.is_options, self.n_scopes) == (definition.is_options, definition.n_scopes)
            && *self.sent == *definition.specifiers
    }

    /// Its number: that of the sets that hold its records.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.number
    }

    /// The version in which it was sent.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// Whether its records are about the exporter (sampling, interfaces,
    /// counters of its own) and not about flows.
    #[must_use]
    pub fn is_options(&self) -> bool {
        self.is_options
    }

    /// Its fields, in the order of a record; those of the scope first.
    #[must_use]
    pub fn fields(&self) -> &[Specifier] {
        &self.fields
    }

    /// Bytes of each record; `None` if records differ in length.
    #[must_use]
    pub fn record_length(&self) -> Option<usize> {
        self.variable.is_empty().then_some(self.tail)
    }

    /// Whether its records have no bytes, so that none can be read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.record_length() == Some(0)
    }

    /// Whether its records tell of the exporter: how it samples, what an
    /// interface is called, when it started. Some send that as data.
    #[must_use]
    pub fn tells_of_exporter(&self) -> bool {
        self.plan.steps.iter().any(|step| step.role.is_of_exporter())
    }

    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The place of the value of variable length that ends a segment, which
    /// starts there; `None` if the record ends before the value does.
    pub(super) fn variable_value(
        &self,
        record: &[u8],
        segment: u16,
        start: usize,
    ) -> Option<Value> {
        let index = *self.variable.get(usize::from(segment))?;
        let start = start + self.fields[usize::from(index)].offset as usize;
        let (first, rest) = record.get(start..)?.split_first()?;
        let (prefix, length) = match first {
            255 => (3, u16::from_be_bytes(*rest.first_chunk()?).into()),
            length => (1, usize::from(*length)),
        };
        let value = Value { start: start + prefix, end: start + prefix + length };
        (value.end <= record.len()).then_some(value)
    }

    /// Bytes of the first record; `None` if no whole one is there.
    pub(super) fn first_length(&self, bytes: &[u8]) -> Option<usize> {
        let mut end = 0;
        for segment in 0..self.variable.len() {
            let segment = u16::try_from(segment).ok()?;
            end = self.variable_value(bytes, segment, end)?.end;
        }
        Some(end + self.tail).filter(|end| *end <= bytes.len())
    }
}

/// Where the bytes of a value stand in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) start: usize,
    pub(super) end: usize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::templated::definition::{Definitions, Told};
    use crate::wire::templated::made_up::{enterprise, ipfix_options, template, v9_options};

    fn read(version: Version, is_options: bool, bytes: &[u8]) -> Template {
        let mut told = Definitions::new(version, is_options, bytes, false);
        let Some(Ok(Told::Defined(definition))) = told.next() else { panic!("no template") };
        Template::new(&definition)
    }

    /// How the fields are written, and their names.
    fn names(template: &Template) -> Vec<(String, Option<&'static str>)> {
        let fields = template.fields().iter();
        fields.map(|field| (field.to_string(), field.name(template.version()))).collect()
    }

    #[test]
    fn fields_have_the_names_of_their_version() {
        let options = [(34, 4), (47_000, 1)];
        let v9 = read(Version::V9, true, &v9_options(256, &[(1, 4), (2, 4), (302, 1)], &options));
        let expected = [
            ("scope 1", Some("system")),
            ("scope 2", Some("interface")),
            ("scope 302", Some("selectorId")),
            ("34", Some("samplingInterval")),
            ("47000", None),
        ];
        assert_eq!(names(&v9), expected.map(|(field, name)| (field.to_owned(), name)));
        assert!(v9.is_options() && v9.tells_of_exporter());
        let ipfix = read(Version::Ipfix, true, &ipfix_options(256, 1, &[(1, 4), (2, 4)]));
        let expected = [("scope 1", Some("octetDeltaCount")), ("2", Some("packetDeltaCount"))];
        assert_eq!(names(&ipfix), expected.map(|(field, name)| (field.to_owned(), name)));
        assert!(!ipfix.tells_of_exporter());
        let reverse = [vec![1, 0, 0, 1], enterprise(29_305, 1, 8)].concat();
        let reverse = read(Version::Ipfix, false, &reverse);
        assert_eq!(names(&reverse), [("29305:1".to_owned(), Some("reverseOctetDeltaCount"))]);
        assert_eq!(reverse.fields()[0].kind(Version::Ipfix), Kind::Number);
    }

    #[test]
    fn a_record_is_as_long_as_its_fields() {
        for (fields, length) in [
            (vec![(8, 4), (1, 3), (47_000, 65_534)], Some(65_541)),
            (vec![(8, 0)], Some(0)),
            (vec![(8, 4), (82, 65_535)], None),
        ] {
            let template = read(Version::V9, false, &template(256, &fields));
            assert_eq!(template.record_length(), length);
            assert_eq!(template.is_empty(), length == Some(0));
        }
    }
}
