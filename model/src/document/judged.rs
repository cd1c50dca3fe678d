//! A document that was read to its end: a flow, or why it is none, and what it holds that
//! cannot be.

use super::dialect::{self, Form};
use super::json::Json;
use super::{Document, NONE, NotAFlow, Signs, templated};
use crate::field::FieldId;
use crate::names::Adaptation;
use crate::record::FlowRecord;
use crate::wire::templated::{Impossible, Impossibles};

impl Document {
    /// The flow, if it is one.
    ///
    /// # Errors
    /// Says why it is none.
    pub fn into_flow(self) -> Result<FlowRecord, NotAFlow> {
        self.into_read().0
    }

    /// The flow, if it is one, else why it is none; and what the document holds that
    /// cannot be, where it is of v9 or IPFIX.
    pub fn into_read(mut self) -> (Result<FlowRecord, NotAFlow>, Impossibles) {
        let shows_layer_2 = self.signs.layer_2;
        let is_options = self.of_templates
            && !templated::finish(&mut self.flow, shows_layer_2, &mut self.impossible);
        let impossible = self.impossible;
        (self.flow(is_options), impossible)
    }

    fn flow(mut self, is_options: bool) -> Result<FlowRecord, NotAFlow> {
        match self {
            Self { signs: Signs { flow: false, .. }, .. } => Err(NotAFlow::NoNetflow),
            Self { is_too_deep: true, .. } => Err(NotAFlow::TooDeep),
            Self { other_version: true, .. } => Err(NotAFlow::OtherVersion),
            _ if is_options => Err(NotAFlow::Options),
            _ => {
                if self.ranks[FieldId::DstPort as usize] == NONE {
                    self.flow.dst_port = self.halves.and_then(|port| port.try_into().ok());
                }
                let interval = self.flow.sampling_interval.map(u64::from);
                if let Some(adapted) =
                    dialect::adaptation(self.dialect, self.scaled.contains(&true), interval)
                {
                    self.flow.adapted = Some(adapted as u8);
                } else if self.flow.version == Some(9)
                    && self.flow.adapted.is_none()
                    && self.has_text_time()
                {
                    self.flow.adapted = Some(Adaptation::LogstashUptimes as u8);
                }
                Ok(self.flow)
            }
        }
    }

    /// Whether a time is known of text, which Logstash works out from an uptime.
    fn has_text_time(&self) -> bool {
        let times = [self.flow.first_switched_ms, self.flow.last_switched_ms];
        let is_text =
            |(form, time): (&Form, Option<u64>)| *form == Form::TextTime && time.is_some();
        self.time_forms.iter().zip(times).any(is_text)
    }

    /// Looks for what cannot be in a member of v9 or IPFIX that is no field.
    pub(super) fn suspect(&mut self, key: &str, value: &str) {
        if templated::IP_VERSIONS.contains(&key) && !templated::is_ip_version(&Json::of(value)) {
            self.impossible.add(Impossible::IpVersion);
        }
    }
}
