//! A datagram read in its place among the others: the templates that came before it
//! say what its records are.

use std::net::IpAddr;
use std::sync::Arc;

use flowkit_model::wire::templated::{
    Data, Fault, Header, Held, NotTemplated, Part, Template, Templates,
};
use flowkit_model::wire::{self, NotV5};

/// What a datagram is.
#[derive(Debug)]
pub(super) enum Read {
    /// Version 5, which needs nothing that came before.
    V5,
    /// Version 9 or IPFIX.
    Templated(Templated),
    /// Neither, and why.
    Other {
        /// What is wrong with it.
        why: String,
        /// Whether it is cut short.
        is_cut: bool,
    },
}

/// A datagram of version 9 or IPFIX.
#[derive(Debug)]
pub(super) struct Templated {
    pub(super) header: Header,
    pub(super) steps: Vec<Step>,
}

/// A part of a datagram, and the set that it is from.
#[derive(Debug)]
pub(super) struct Step {
    /// Number of the set, where its header begins, and its bytes with the header.
    pub(super) set: Option<(u16, usize, usize)>,
    pub(super) what: What,
}

/// What a part says.
#[derive(Debug)]
pub(super) enum What {
    /// A template; whether it is another one than was known.
    Template(Arc<Template>, bool),
    /// The template of this number is gone.
    Withdrawn(u16),
    /// All templates are gone, of options or of flows.
    AllWithdrawn(bool),
    /// Records.
    Data(Held),
    /// Something is wrong.
    Fault(Fault),
}

/// Reads datagrams in their order.
#[derive(Debug, Default)]
pub(super) struct Reader {
    templates: Templates,
}

impl Reader {
    /// Reads the next datagram.
    pub(super) fn read(&mut self, exporter: Option<IpAddr>, payload: &[u8]) -> Read {
        let mut walk = match self.templates.read(exporter, payload) {
            Ok(walk) => walk,
            Err(NotTemplated::OtherVersion { .. } | NotTemplated::NoVersion { .. }) => {
                return match wire::decode(payload) {
                    Ok(_) => Read::V5,
                    Err(error) => Read::Other {
                        why: error.to_string(),
                        is_cut: matches!(error, NotV5::CutInHeader { .. }),
                    },
                };
            }
            Err(error) => return Read::Other { why: error.to_string(), is_cut: true },
        };
        let header = *walk.header();
        let mut steps = Vec::new();
        while let Some(part) = walk.next() {
            let set = walk.set().map(|set| (set.number, set.offset, 4 + set.bytes.len()));
            let what = match part {
                Part::Template { template, is_new } => What::Template(template, is_new),
                Part::Withdrawn { template } => What::Withdrawn(template),
                Part::AllWithdrawn { is_options } => What::AllWithdrawn(is_options),
                Part::Data(data) => What::Data(data.held(payload)),
                Part::Fault(fault) => What::Fault(fault),
            };
            steps.push(Step { set, what });
        }
        Read::Templated(Templated { header, steps })
    }
}

impl Templated {
    /// The records of its data sets.
    pub(super) fn data<'a>(&'a self, payload: &'a [u8]) -> impl Iterator<Item = Data<'a>> {
        self.steps.iter().filter_map(move |step| match &step.what {
            What::Data(held) => Some(held.over(payload)),
            _ => None,
        })
    }

    /// Number of those records.
    pub(super) fn n_records(&self, payload: &[u8]) -> u64 {
        self.data(payload).map(|data| data.n_records() as u64).sum()
    }

    /// What is wrong with it.
    pub(super) fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.steps.iter().filter_map(|step| match &step.what {
            What::Fault(fault) => Some(fault),
            _ => None,
        })
    }
}
