//! What a document of an options record tells of its exporter: how it samples, what its
//! interfaces are called.
//!
//! Such a document is no flow ([`templated`](super::templated)). It has the exporter
//! where a flow has it. The rest stands in `netflow` or `ipfix` under the names of the
//! codec, and in Filebeat's documents in `netflow.options` and `netflow.scope`.
//!
//! Sources: logstash-codec-netflow (`netflow.yaml`, `ipfix.yaml`); elastic/beats
//! `x-pack/filebeat/input/netflow`, which shows the scopes of version 9 under the names
//! of the elements of the same number: that of an interface as `packet_delta_count`.

use serde_json::{Map, Value};

use super::Entry;
use crate::wire::templated::{Interface, OptionsFound, Sampling, Scope};

/// One packet in so many.
const INTERVAL: &[&str] = &[
    "sampling_interval",
    "samplingInterval",
    "flow_sampler_random_interval",
    "samplerRandomInterval",
    "sampler_random_interval",
];
/// Packets that are sampled one after the other, and those that are then passed over.
const IN_A_ROW: &[&str] = &["samplingPacketInterval", "sampling_packet_interval"];
const SPACE: &[&str] = &["samplingPacketSpace", "sampling_packet_space"];
const SAMPLER: &[&str] =
    &["flow_sampler_id", "samplerId", "sampler_id", "selectorId", "selector_id"];
/// Numbers of an interface, that of the scope first.
const INTERFACE: &[&str] = &[
    "scope_interface",
    "input_snmp",
    "ingressInterface",
    "ingress_interface",
    "output_snmp",
    "egressInterface",
    "egress_interface",
];
const NAME: &[&str] = &["if_name", "interfaceName", "interface_name"];
const DESCRIPTION: &[&str] = &["if_desc", "interfaceDescription", "interface_description"];

/// The paths of the members of documents that may tell something, for whoever asks a
/// server for them.
pub fn paths() -> impl Iterator<Item = String> {
    let names = [INTERVAL, IN_A_ROW, SPACE, SAMPLER, INTERFACE, NAME, DESCRIPTION];
    let objects = ["netflow", "ipfix", "netflow.options", "netflow.scope"];
    let of_name = move |name: &&str| objects.map(|object| format!("{object}.{name}"));
    names.into_iter().flatten().flat_map(of_name).collect::<Vec<_>>().into_iter()
}

/// The exporter of a document, if it says so, and what the document tells of it.
///
/// The document is a hit or a bare one, as it stands in a file; of anything else there
/// is nothing told.
#[must_use]
pub fn told(json: &[u8]) -> (Option<String>, OptionsFound<'static>) {
    let exporter = match Entry::parse(json) {
        Ok(Entry::Hit(hit)) => hit.source.and_then(|document| document.flow.exporter),
        Ok(Entry::Bare(document)) => document.flow.exporter,
        _ => None,
    };
    let document = serde_json::from_slice(json).unwrap_or_default();
    (exporter, Members::of(&document).found())
}

/// The members that may hold something, one list of each object.
struct Members<'v> {
    options: Vec<(&'v str, &'v Value)>,
    scope: Vec<(&'v str, &'v Value)>,
}

impl<'v> Members<'v> {
    fn of(document: &'v Value) -> Self {
        let mut members = Self { options: Vec::new(), scope: Vec::new() };
        let parts = ["_source", "fields"].map(|part| document.get(part));
        for part in parts.into_iter().flatten().chain([document]) {
            let Some(part) = part.as_object() else { continue };
            members.object("", part);
        }
        members
    }

    /// Takes the members of an object; `path` ends with a dot, if it is not empty.
    fn object(&mut self, path: &str, object: &'v Map<String, Value>) {
        for (key, value) in object {
            let path = format!("{path}{key}");
            let is_above = ["netflow", "ipfix", "netflow.options", "netflow.scope"];
            if let (Some(object), true) = (value.as_object(), is_above.contains(&path.as_str())) {
                self.object(&format!("{path}."), object);
                continue;
            }
            let name = &key[key.rfind('.').map_or(0, |dot| dot + 1)..];
            match path.strip_suffix(name) {
                Some("netflow." | "ipfix." | "netflow.options.") => {
                    self.options.push((name, value));
                }
                Some("netflow.scope.") => self.scope.push((name, value)),
                _ => {}
            }
        }
    }

    /// The value of the first name that is there; a list of one is its value.
    fn get(&self, names: &[&str]) -> Option<&'v Value> {
        let value = names.iter().find_map(|name| {
            self.options.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
        })?;
        Some(alone(value))
    }

    fn number(&self, names: &[&str]) -> Option<u64> {
        number(self.get(names)?)
    }

    fn text(&self, names: &[&str]) -> Option<String> {
        let text = self.get(names)?.as_str()?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn found(&self) -> OptionsFound<'static> {
        let of_scope = self.scope.iter().find(|(name, _)| {
            ["packet_delta_count", "ingress_interface", "egress_interface"].contains(name)
        });
        let scope = of_scope.and_then(|(_, value)| number(alone(value)));
        let interface = |number: u64| u32::try_from(number).ok();
        let ifindex = self.number(INTERFACE).or(scope).and_then(interface);
        OptionsFound {
            scope: ifindex.map_or(Scope::Other, Scope::Interface),
            sampling: self.sampling(),
            interface: ifindex.and_then(|number| self.interface(number)),
            boot_ms: None,
        }
    }

    /// As of a record of options: one packet in so many, else so many and then a gap.
    fn sampling(&self) -> Option<Sampling> {
        let one_in = self.number(INTERVAL).filter(|of| *of > 0).map(|of| (1, of));
        let in_a_row = || {
            let packets = self.number(IN_A_ROW).filter(|packets| *packets > 0)?;
            Some((packets, packets.checked_add(self.number(SPACE)?)?))
        };
        let (packets, of) = one_in.or_else(in_a_row)?;
        Some(Sampling { packets, of, algorithm: None, sampler_id: self.number(SAMPLER) })
    }

    fn interface(&self, number: u32) -> Option<Interface<'static>> {
        let (name, description) = (self.text(NAME), self.text(DESCRIPTION));
        let is_named = name.is_some() || description.is_some();
        is_named.then(|| Interface {
            number,
            name: name.map(Into::into),
            description: description.map(Into::into),
        })
    }
}

/// A list of one is its value.
fn alone(value: &Value) -> &Value {
    match value.as_array().map(Vec::as_slice) {
        Some([one]) => one,
        _ => value,
    }
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(json: &str) -> Option<(Option<String>, u64, u64, Option<u64>)> {
        let (exporter, found) = told(json.as_bytes());
        found.sampling.map(|rate| (exporter, rate.packets, rate.of, rate.sampler_id))
    }

    fn name(json: &str) -> Option<(u32, Option<String>, Option<String>)> {
        let found = told(json.as_bytes()).1.interface?;
        Some((
            found.number,
            found.name.map(std::borrow::Cow::into_owned),
            found.description.map(std::borrow::Cow::into_owned),
        ))
    }

    #[test]
    fn rates_are_told_in_each_form() {
        let r1 = || Some("r1".to_owned());
        for (json, expected) in [
            (
                r#"{"host":"r1","netflow":{"version":9,"flow_sampler_id":1,"flow_sampler_random_interval":512}}"#,
                Some((r1(), 1, 512, Some(1))),
            ),
            (
                r#"{"_id":"1","_source":{"host":"r1","ipfix":{"version":10,"samplingInterval":"1000"}}}"#,
                Some((r1(), 1, 1000, None)),
            ),
            (
                r#"{"_id":"1","_index":"i","fields":{"host":["r1"],"netflow.version":[9],"netflow.sampling_interval":[100]}}"#,
                Some((r1(), 1, 100, None)),
            ),
            (
                r#"{"netflow":{"type":"netflow_options","exporter":{"version":9,"address":"r1:2055"},"options":{"sampler_id":1,"sampler_random_interval":512},"scope":{"octet_delta_count":0}}}"#,
                Some((r1(), 1, 512, Some(1))),
            ),
            (
                r#"{"host":"r1","netflow":{"version":10,"samplingPacketInterval":2,"samplingPacketSpace":1998}}"#,
                Some((r1(), 2, 2000, None)),
            ),
            (r#"{"host":"r1","netflow":{"version":10,"samplingPacketInterval":2}}"#, None),
            (r#"{"host":"r1","netflow":{"version":9,"sampling_interval":0}}"#, None),
            (r#"{"host":"r1","netflow":{"version":9,"sampling_interval":[1,2]}}"#, None),
            (r#"{"host":"r1","sampling_interval":5,"netflow":{"version":9}}"#, None),
            (r#"{"hits":{"hits":[]}}"#, None),
            ("{", None),
        ] {
            assert_eq!(rate(json), expected, "{json}");
        }
    }

    #[test]
    fn interfaces_are_named_in_each_form() {
        let named = |number, name: &str, description: &str| {
            let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            Some((number, text(name), text(description)))
        };
        for (json, expected) in [
            (
                r#"{"netflow":{"version":9,"scope_interface":3,"if_name":"Gi0/3","if_desc":"up"}}"#,
                named(3, "Gi0/3", "up"),
            ),
            (
                r#"{"netflow":{"version":10,"ingressInterface":3,"interfaceName":"Gi0/3"}}"#,
                named(3, "Gi0/3", ""),
            ),
            (
                r#"{"netflow":{"exporter":{"version":9},"options":{"interface_name":"Gi0/3"},"scope":{"packet_delta_count":3}}}"#,
                named(3, "Gi0/3", ""),
            ),
            (
                r#"{"netflow":{"exporter":{"version":9},"options":{"ingress_interface":74,"interface_description":"Te0"},"scope":{"octet_delta_count":3250896451}}}"#,
                named(74, "", "Te0"),
            ),
            // Of which interface, nothing says.
            (r#"{"netflow":{"version":10,"interfaceName":"eth0"}}"#, None),
            (r#"{"netflow":{"version":9,"scope_interface":4294967296,"if_name":"x"}}"#, None),
            (r#"{"netflow":{"version":9,"scope_interface":3,"if_name":" "}}"#, None),
        ] {
            assert_eq!(name(json), expected, "{json}");
        }
    }
}
