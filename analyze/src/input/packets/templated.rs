//! Datagrams of NetFlow v9 and IPFIX, walked in their order for their templates: the
//! records are read later, on any thread.

use std::net::IpAddr;

use flowkit_model::answer::SequenceCounts;
use flowkit_model::wire::templated::{Fault, Held, Part, Templates, Version, messages};

use super::sequences::Sequences;

/// What stands in a datagram, by the templates that were known when it came.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    pub(crate) data: Vec<Held>,
    pub(crate) faults: Vec<Fault>,
    /// Of each message, version and domain, and what the sequence number says beside
    /// those before it.
    pub(crate) sequences: Vec<((u16, u32), SequenceCounts)>,
}

/// The templates of a capture, or of a file of datagrams, so far.
#[derive(Debug, Default)]
pub(in crate::input) struct Learning {
    templates: Templates,
    sequences: Sequences,
}

impl Learning {
    /// Walks the next datagram; `None` if it is not of these versions.
    pub(in crate::input) fn walk(
        &mut self,
        exporter: Option<IpAddr>,
        datagram: &[u8],
    ) -> Option<Box<Walked>> {
        let mut walked = Walked::default();
        for message in messages(datagram) {
            let (mut records, n_faults) = (0, walked.faults.len());
            let walk = self.templates.read(exporter, message).ok()?;
            let (source, number) = (walk.source(), walk.header().sequence);
            for part in walk {
                match part {
                    Part::Data(data) => {
                        records += data.n_records();
                        walked.data.push(data.held(datagram));
                    }
                    Part::Fault(fault) => walked.faults.push(fault),
                    Part::Template { .. } | Part::Withdrawn { .. } | Part::AllWithdrawn { .. } => {}
                }
            }
            // Records that cannot be read cannot be counted.
            let is_whole = walked.faults.len() == n_faults;
            let counts = self.sequences.follow(source, number, is_whole.then_some(records));
            walked.sequences.push(((source.version.number(), source.domain), counts));
        }
        Some(Box::new(walked))
    }
}

/// Whether a payload begins as a datagram of these versions does.
pub(in crate::input) fn may_be_templated(payload: &[u8]) -> bool {
    let versions = [Version::V9, Version::Ipfix];
    versions.iter().any(|version| {
        payload.starts_with(&version.number().to_be_bytes())
            && payload.len() >= version.header_length()
    })
}
