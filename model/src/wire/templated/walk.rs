//! A datagram gone through in the order of its bytes: templates are learnt,
//! records are handed out with theirs, faults are told.

use std::net::IpAddr;
use std::sync::Arc;

use super::data::Data;
use super::definition::{Definitions, Told};
use super::fault::Fault;
use super::header::Header;
use super::sets::{Content, Set, Sets, is_padding};
use super::template::Template;
use super::templates::{Source, Templates};

/// The most bytes that align the next set.
const MOST_ALIGNMENT: usize = 3;

/// What a datagram consists of.
#[derive(Clone, Debug)]
pub enum Part<'a> {
    /// A template.
    Template {
        /// What it says.
        template: Arc<Template>,
        /// Whether it was not known, or was another one; exporters send
        /// theirs again and again.
        is_new: bool,
    },
    /// IPFIX: the template of this number is gone.
    Withdrawn {
        /// Its number.
        template: u16,
    },
    /// IPFIX: all templates of data, or all of options, are gone.
    AllWithdrawn {
        /// Which of the two.
        is_options: bool,
    },
    /// The records of a data set.
    Data(Data<'a>),
    /// Something is wrong.
    Fault(Fault),
}

/// The parts of a datagram.
#[derive(Debug)]
#[must_use = "templates are learnt while the parts are gone through"]
pub struct Walk<'t, 'a> {
    templates: &'t mut Templates,
    header: Header,
    source: Source,
    sets: Sets<'a>,
    set: Option<Set<'a>>,
    definitions: Definitions<'a>,
    fault: Option<Fault>,
}

impl<'t, 'a> Walk<'t, 'a> {
    pub(super) fn new(
        templates: &'t mut Templates,
        exporter: Option<IpAddr>,
        header: Header,
        datagram: &'a [u8],
    ) -> Self {
        Self {
            templates,
            header,
            source: Source { exporter, version: header.version, domain: header.domain },
            sets: Sets::new(&header, datagram),
            set: None,
            definitions: Definitions::none(header.version),
            fault: None,
        }
    }

    /// The header.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// What the numbers of its templates belong to.
    #[must_use]
    pub fn source(&self) -> Source {
        self.source
    }

    /// The set that the last part is from; `None` before the first.
    #[must_use]
    pub fn set(&self) -> Option<Set<'a>> {
        self.set
    }

    /// The next record of the template set that is being read.
    fn told(&mut self) -> Option<Part<'a>> {
        let is_options = self.definitions.is_options();
        Some(match self.definitions.next()? {
            Ok(Told::Defined(definition)) => {
                match self.templates.define(self.source, &definition) {
                    Ok((template, is_new)) => {
                        let empty = Fault::EmptyTemplate { template: template.number() };
                        self.fault = template.is_empty().then_some(empty);
                        Part::Template { template, is_new }
                    }
                    Err(fault) => Part::Fault(fault),
                }
            }
            Ok(Told::Withdrawn(template)) => {
                self.templates.withdraw(self.source, template);
                Part::Withdrawn { template }
            }
            Ok(Told::AllWithdrawn) => {
                self.templates.withdraw_all(self.source, is_options);
                Part::AllWithdrawn { is_options }
            }
            Err(fault) => Part::Fault(fault),
        })
    }

    /// The records of a data set; none is told as a fault.
    fn data(&mut self, number: u16, set: &Set<'a>) -> Part<'a> {
        let found = self.templates.find_with_boot(self.source, number);
        let Some((template, boot_ms)) = found else {
            return Part::Fault(Fault::NoTemplate { template: number, bytes: set.bytes.len() });
        };
        if template.is_empty() {
            return Part::Fault(Fault::EmptyTemplate { template: number });
        }
        let (data, left) = Data::new(Arc::clone(template), self.header, boot_ms, set.bytes);
        if data.template().is_options()
            && data.template().plan().has_boot
            && let Some(boot_ms) =
                data.records().filter_map(|record| record.options().boot_ms).last()
        {
            self.templates.learn_boot(self.source, boot_ms);
        }
        // Of a set that is cut, it is known that the last record is. Up to 3 bytes
        // align the next set, and are not always zeros (MikroTik).
        let rest = &set.bytes[set.bytes.len() - left..];
        let is_more = left > MOST_ALIGNMENT && (data.n_records() == 0 || !is_padding(rest));
        let odd = is_more && !set.is_cut;
        self.fault = odd.then_some(Fault::NotARecord { template: number, bytes: left });
        Part::Data(data)
    }
}

impl<'a> Iterator for Walk<'_, 'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(fault) = self.fault.take() {
            return Some(Part::Fault(fault));
        }
        loop {
            if let Some(part) = self.told() {
                return Some(part);
            }
            let set = match self.sets.next()? {
                Ok(set) => set,
                Err(fault) => return Some(Part::Fault(fault)),
            };
            self.set = Some(set);
            let Header { version, .. } = self.header;
            match set.content {
                Content::Templates | Content::OptionsTemplates => {
                    let is_options = set.content == Content::OptionsTemplates;
                    self.definitions = Definitions::new(version, is_options, set.bytes, set.is_cut);
                }
                Content::Records(number) => return Some(self.data(number, &set)),
                Content::Unknown => {
                    return Some(Part::Fault(Fault::ReservedSet { set: set.number }));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::templated::made_up::{Taken, ipfix, set, template, v9};

    /// A template set of two, then a data set.
    #[test]
    fn each_part_is_from_a_set() {
        let two = [template(256, &[(8, 4), (1, 4)]), template(257, &[(1, 4)])].concat();
        let datagram = v9(&[set(0, &two), set(256, &counted(7))].concat());
        let mut templates = Templates::new();
        let mut walk = templates.read(None, &datagram).unwrap();
        assert_eq!(walk.set(), None);
        let mut from = Vec::new();
        while walk.next().is_some() {
            from.extend(walk.set().map(|set| (set.number, set.offset)));
        }
        assert_eq!(from, [(0, 20), (0, 20), (256, 44)]);
    }

    /// Bytes and packets of 4 bytes each, as template 256 of version 9.
    fn counters() -> Vec<u8> {
        set(0, &template(256, &[(8, 4), (1, 4)]))
    }

    /// A record of it.
    fn counted(bytes: u8) -> Vec<u8> {
        vec![192, 0, 2, 1, 0, 0, 0, bytes]
    }

    fn bytes(taken: &Taken) -> Vec<u64> {
        taken.records.iter().filter_map(|record| record.bytes).collect()
    }

    #[test]
    fn data_before_its_template_is_told_and_later_data_is_read() {
        let data = set(256, &counted(7));
        let taken = Taken::of(&[v9(&data), v9(&[data.clone(), counters()].concat()), v9(&data)]);
        assert_eq!(taken.faults, [Fault::NoTemplate { template: 256, bytes: 8 }; 2]);
        assert_eq!(bytes(&taken), [7]);
    }

    /// In one datagram: a definition holds from its place on.
    #[test]
    fn the_newest_definition_holds_from_its_place_on() {
        let other = set(0, &template(256, &[(8, 4), (1, 2), (2, 2)]));
        let data = set(256, &[192, 0, 2, 1, 0, 5, 0, 9]);
        let taken = Taken::of(&[v9(&[counters(), data.clone(), other, data].concat())]);
        assert_eq!(taken.faults, []);
        assert_eq!(bytes(&taken), [5 << 16 | 9, 5]);
    }

    #[test]
    fn parts_come_in_order() {
        let sets = [
            set(2, &[template(256, &[(1, 4)]), template(257, &[])].concat()),
            set(256, &[0; 8]),
            set(3, &template(3, &[])),
            set(9, &[1]),
        ]
        .concat();
        let mut templates = Templates::new();
        for is_new in [true, false] {
            let datagram = ipfix(&sets);
            let parts: Vec<Part<'_>> = templates.read(None, &datagram).unwrap().collect();
            let [
                Part::Template { template, is_new: new },
                Part::Withdrawn { template: 257 },
                Part::Data(data),
                Part::AllWithdrawn { is_options: true },
                Part::Fault(Fault::ReservedSet { set: 9 }),
            ] = &parts[..]
            else {
                panic!("{parts:?}")
            };
            assert_eq!((template.number(), *new), (256, is_new));
            assert_eq!((data.n_records(), data.template()), (2, template));
        }
    }

    /// Up to 3 bytes align the next set, zeros of any number fill up; anything
    /// else is told.
    #[test]
    fn what_is_left_of_a_set_is_padding_or_told() {
        for (left, is_told) in
            [(&[][..], false), (&[7; 3], false), (&[0; 7], false), (&[0, 0, 0, 1], true)]
        {
            let data = set(256, &[counted(7), left.to_vec()].concat());
            let taken = Taken::of(&[v9(&[counters(), data].concat())]);
            let fault = Fault::NotARecord { template: 256, bytes: left.len() };
            assert_eq!(taken.faults, if is_told { vec![fault] } else { vec![] }, "{left:?}");
            assert_eq!(bytes(&taken), [7]);
        }
        let taken = Taken::of(&[v9(&[counters(), set(256, &[0; 7])].concat())]);
        assert_eq!(taken.faults, [Fault::NotARecord { template: 256, bytes: 7 }]);
        let taken = Taken::of(&[v9(&[counters(), set(256, &[])].concat())]);
        assert_eq!(taken.faults, []);
    }

    #[test]
    fn records_without_bytes_are_none() {
        for fields in [&[][..], &[(8, 0)], &[(8, 0), (12, 0)]] {
            let sets = [set(0, &template(256, fields)), set(256, &[7; 16])].concat();
            let taken = Taken::of(&[v9(&sets)]);
            assert_eq!(taken.faults, [Fault::EmptyTemplate { template: 256 }; 2]);
            assert_eq!(taken.records, []);
        }
    }
}
