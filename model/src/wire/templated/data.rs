//! The records of a data set, each with the template that says what it is made
//! of. Nothing is copied or allocated for a record.

use std::ops::Range;
use std::sync::Arc;

use super::element::Kind;
use super::header::Header;
use super::role::Role;
use super::template::{Specifier, Template, Value};

/// The whole records of one data set.
#[derive(Clone, Debug)]
pub struct Data<'a> {
    template: Arc<Template>,
    header: Header,
    boot_ms: Option<u64>,
    bytes: &'a [u8],
    n_records: usize,
}

impl<'a> Data<'a> {
    /// The whole records at the start of a set's bytes, and how many bytes
    /// follow them.
    pub(super) fn new(
        template: Arc<Template>,
        header: Header,
        boot_ms: Option<u64>,
        bytes: &'a [u8],
    ) -> (Self, usize) {
        let (n_records, end) = match template.record_length() {
            Some(0) => (0, 0),
            Some(length) => (bytes.len() / length, bytes.len() / length * length),
            None => {
                let (mut n_records, mut end) = (0, 0);
                while let Some(length) = template.first_length(&bytes[end..]) {
                    n_records += 1;
                    end += length;
                }
                (n_records, end)
            }
        };
        let data = Self { template, header, boot_ms, bytes: &bytes[..end], n_records };
        (data, bytes.len() - end)
    }

    /// The template of all its records.
    #[must_use]
    pub fn template(&self) -> &Arc<Template> {
        &self.template
    }

    /// The header of the datagram.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// When the exporter started, if options said so before this set, in
    /// milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub fn boot_ms(&self) -> Option<u64> {
        self.boot_ms
    }

    /// The bytes of all records, one after the other.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// How many records there are.
    #[must_use]
    pub fn n_records(&self) -> usize {
        self.n_records
    }

    /// The set apart from its bytes, for whoever reads its records later; `datagram` is
    /// that which it is in.
    #[must_use]
    pub fn held(&self, datagram: &[u8]) -> Held {
        let start = self.bytes.as_ptr().addr().saturating_sub(datagram.as_ptr().addr());
        Held {
            template: Arc::clone(&self.template),
            header: self.header,
            boot_ms: self.boot_ms,
            bytes: start..start + self.bytes.len(),
        }
    }

    /// The records, in order.
    #[must_use]
    pub fn records(&self) -> Records<'_, 'a> {
        Records { data: self, rest: self.bytes, n_left: self.n_records }
    }
}

/// A data set apart from its bytes: by which template they are read, and where in the
/// datagram they are. Templates change from datagram to datagram, so that which one it
/// is must be found in their order; the records may be read at any time.
#[derive(Clone, Debug)]
pub struct Held {
    template: Arc<Template>,
    header: Header,
    boot_ms: Option<u64>,
    bytes: Range<usize>,
}

impl Held {
    /// The set over the bytes of its datagram.
    #[must_use]
    pub fn over<'a>(&self, datagram: &'a [u8]) -> Data<'a> {
        let bytes = datagram.get(self.bytes.clone()).unwrap_or_default();
        Data::new(Arc::clone(&self.template), self.header, self.boot_ms, bytes).0
    }
}

/// The records of a data set, one by one.
#[derive(Clone, Debug)]
pub struct Records<'d, 'a> {
    data: &'d Data<'a>,
    rest: &'a [u8],
    n_left: usize,
}

impl<'d, 'a> Iterator for Records<'d, 'a> {
    type Item = Record<'d, 'a>;

    fn next(&mut self) -> Option<Self::Item> {
        self.n_left = self.n_left.checked_sub(1)?;
        let template = &self.data.template;
        let length = template.record_length().or_else(|| template.first_length(self.rest))?;
        let (bytes, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(Record { data: self.data, bytes })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.n_left, Some(self.n_left))
    }
}

impl ExactSizeIterator for Records<'_, '_> {}

/// One record.
#[derive(Clone, Copy, Debug)]
pub struct Record<'d, 'a> {
    data: &'d Data<'a>,
    bytes: &'a [u8],
}

/// One value of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'d, 'a> {
    /// What the template says of it.
    pub specifier: &'d Specifier,
    /// Its bytes, without the length that a variable one begins with.
    pub bytes: &'a [u8],
}

/// A value that flowkit reads, by what it says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Read<'a> {
    pub(super) role: Role,
    pub(super) kind: Kind,
    pub(super) bytes: &'a [u8],
}

impl<'d, 'a> Record<'d, 'a> {
    /// The set that it is of.
    #[must_use]
    pub fn data(&self) -> &'d Data<'a> {
        self.data
    }

    /// Its template.
    #[must_use]
    pub fn template(&self) -> &'d Template {
        &self.data.template
    }

    /// All its bytes.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Its values, in the order of the template.
    pub fn fields(&self) -> impl Iterator<Item = Field<'d, 'a>> + use<'d, 'a> {
        let record = *self;
        let mut place = Place::default();
        record.template().fields().iter().map_while(move |specifier| {
            let bytes = place.of(&record, specifier)?;
            Some(Field { specifier, bytes })
        })
    }

    /// The value of an element; of the first if there are several.
    #[must_use]
    pub fn field(&self, enterprise: u32, element: u16) -> Option<&'a [u8]> {
        let is_it = |specifier: &Specifier| {
            (specifier.enterprise, specifier.element) == (enterprise, element)
                && !specifier.is_scope
        };
        self.fields().find(|field| is_it(field.specifier)).map(|field| field.bytes)
    }

    /// The values that flowkit reads.
    pub(super) fn read(&self) -> impl Iterator<Item = Read<'a>> + use<'d, 'a> {
        let record = *self;
        let mut place = Place::default();
        record.template().plan().steps.iter().map_while(move |step| {
            let bytes = place.of(&record, &step.specifier)?;
            Some(Read { role: step.role, kind: step.kind, bytes })
        })
    }
}

/// How far a record was gone through: where the segment of a field starts.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    segment: u16,
    start: usize,
}

impl Place {
    /// The bytes of a field that does not stand before those asked so far.
    #[inline]
    fn of<'a>(&mut self, record: &Record<'_, 'a>, specifier: &Specifier) -> Option<&'a [u8]> {
        let template = record.template();
        while self.segment < specifier.segment {
            self.start = template.variable_value(record.bytes, self.segment, self.start)?.end;
            self.segment += 1;
        }
        if specifier.is_variable() {
            let Value { start, end } =
                template.variable_value(record.bytes, self.segment, self.start)?;
            return record.bytes.get(start..end);
        }
        let start = self.start + specifier.offset as usize;
        record.bytes.get(start..start + usize::from(specifier.length))
    }
}

#[cfg(test)]
mod tests {
    use crate::wire::templated::made_up::{enterprise, ipfix, set, template};
    use crate::wire::templated::{Part, Templates};

    /// Fixed fields before and behind two of variable length, of which nothing is
    /// read: each record has its own lengths, one of them in 3 bytes.
    #[test]
    fn values_stand_behind_those_of_variable_length() {
        let content = [
            &[1, 0, 0, 5, 0, 4, 0, 1][..],
            &enterprise(9999, 1, 65_535),
            &enterprise(9999, 2, 65_535),
            &[0, 7, 0, 2, 0, 1, 0, 3],
        ]
        .concat();
        let long = vec![b'x'; 300];
        let records = [
            vec![6, 2, 8, 8, 2, b'l', b'o', 1, 187, 0, 0, 9],
            [&[17, 0, 255, 1, 44][..], &long, &[0, 53, 1, 0, 0]].concat(),
        ];
        let sets = [set(2, &content), set(256, &records.concat())].concat();
        let datagram = ipfix(&sets);
        let mut templates = Templates::new();
        let data = templates
            .read(None, &datagram)
            .unwrap()
            .find_map(|part| if let Part::Data(data) = part { Some(data) } else { None })
            .unwrap();
        assert_eq!(data.template().record_length(), None);
        let read: Vec<Vec<&[u8]>> = data
            .records()
            .map(|record| record.fields().map(|field| field.bytes).collect())
            .collect();
        assert_eq!(
            read,
            [
                [&[6][..], &[8, 8], b"lo", &[1, 187], &[0, 0, 9]],
                [&[17], &[], &long, &[0, 53], &[1, 0, 0]],
            ]
        );
        let second = data.records().nth(1).unwrap();
        assert_eq!(second.bytes(), records[1]);
        assert_eq!(second.field(9999, 2), Some(&long[..]));
        assert_eq!((second.field(9999, 1), second.field(0, 2)), (Some(&[][..]), None));
        let exported = second.exported();
        assert_eq!((exported.src_port, exported.bytes), (Some(53), Some(65_536)));
    }

    /// A list of records in a record (RFC 6313) names the template of its own; nothing
    /// follows it, and where all of a record is of no length, there are as many as bytes
    /// say so.
    #[test]
    fn a_template_that_names_itself_ends() {
        const SUB_TEMPLATE_LIST: u16 = 292;
        let fields = [(4, 1), (SUB_TEMPLATE_LIST, 65_535)];
        // Semantic 3 (all of), template 256, and in it a record with such a list again.
        let inner = [&[3, 1, 0][..], &[17, 0]].concat();
        let record = [&[6, u8::try_from(inner.len()).unwrap()][..], &inner].concat();
        for (fields, record, n_records) in [
            (&fields[..], [&record[..], &record].concat(), 2),
            (&[(SUB_TEMPLATE_LIST, 65_535)][..], vec![0; 9], 9),
            (&[(SUB_TEMPLATE_LIST, 65_535), (4, 0)][..], vec![0; 9], 9),
        ] {
            let sets = [set(2, &template(256, fields)), set(256, &record)].concat();
            let datagram = ipfix(&sets);
            let mut templates = Templates::new();
            let parts = templates.read(None, &datagram).unwrap();
            let data = parts.filter_map(|part| match part {
                Part::Data(data) => Some(data.records().count()),
                _ => None,
            });
            assert_eq!(data.sum::<usize>(), n_records, "{fields:?}");
        }
    }
}
