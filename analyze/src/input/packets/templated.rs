//! Datagrams of NetFlow v9 and IPFIX, walked in their order for their templates: the
//! records are read later, on any thread.

use std::net::IpAddr;

use flowkit_model::wire::templated::{Fault, Held, Part, Templates, Version, messages};

/// What stands in a datagram, by the templates that were known when it came.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    pub(crate) data: Vec<Held>,
    pub(crate) faults: Vec<Fault>,
}

/// The templates of a capture, or of a file of datagrams, so far.
#[derive(Debug, Default)]
pub(in crate::input) struct Learning(Templates);

impl Learning {
    /// Walks the next datagram; `None` if it is not of these versions.
    pub(in crate::input) fn walk(
        &mut self,
        exporter: Option<IpAddr>,
        datagram: &[u8],
    ) -> Option<Box<Walked>> {
        let mut walked = Walked::default();
        for message in messages(datagram) {
            for part in self.0.read(exporter, message).ok()? {
                match part {
                    Part::Data(data) => walked.data.push(data.held(datagram)),
                    Part::Fault(fault) => walked.faults.push(fault),
                    Part::Template { .. } | Part::Withdrawn { .. } | Part::AllWithdrawn { .. } => {}
                }
            }
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
