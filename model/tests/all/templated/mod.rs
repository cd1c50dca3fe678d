//! Datagrams of version 9 and IPFIX of real devices and broken ones, against
//! the values that other readers gave.
//!
//! Those of `testdata/templated` are always read; the others where
//! `FLOWKIT_CORPORA` names their folder.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the test reads files, the crate does not"
)]

mod broken;
mod captures;
mod devices;
mod mixed;

use std::fmt::Write;
use std::fs::File;
use std::io::BufReader;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use flowkit_model::time;
use flowkit_model::wire::templated::{Direction, Exported, Fault, Part, Record, Templates};
use serde_json::{Map, Value, json};

fn corpora() -> Option<PathBuf> {
    let folder = std::env::var_os("FLOWKIT_CORPORA").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: FLOWKIT_CORPORA does not name the corpora");
    }
    folder.map(|folder| folder.join("v9"))
}

fn read_json(path: &Path) -> Value {
    serde_json::from_reader(BufReader::new(File::open(path).unwrap())).unwrap()
}

/// The datagrams of a file, by the lengths that its answers state. Cut without
/// them they are the same, but for what stands behind the end of one.
fn datagrams<'a>(bytes: &'a [u8], expected: &Value) -> Vec<&'a [u8]> {
    let mut rest = bytes;
    let mut datagrams = Vec::new();
    for length in expected["datagram_lengths"].as_array().unwrap() {
        let length = usize::try_from(length.as_u64().unwrap()).unwrap();
        let (datagram, next) = rest.split_at(length);
        datagrams.push(datagram);
        rest = next;
    }
    assert!(rest.is_empty());
    datagrams
}

/// One packet in how many, and the sampler that chooses it.
type Rate = (u64, Option<u64>);

/// What a reader took from some datagrams.
#[derive(Default)]
struct Taken {
    records: Vec<Exported>,
    fields: Vec<Vec<(String, String)>>,
    sampling: Vec<Rate>,
    faults: Vec<Fault>,
}

impl Taken {
    fn of(datagrams: &[&[u8]]) -> Self {
        let mut taken = Self::default();
        let mut templates = Templates::new();
        for datagram in datagrams {
            for part in templates.read(Some("192.0.2.1".parse().unwrap()), datagram).unwrap() {
                match part {
                    Part::Data(data) => {
                        assert_eq!(data.records().len(), data.records().count());
                        for record in data.records() {
                            taken.take(&record);
                        }
                    }
                    Part::Fault(fault) => taken.faults.push(fault),
                    _ => {}
                }
            }
        }
        taken
    }

    fn take(&mut self, record: &Record<'_, '_>) {
        let exported = record.exported();
        self.records.push(exported);
        self.fields.push(fields(record));
        let sampling = record.options().sampling;
        self.sampling
            .extend(sampling.map(|sampling| (sampling.interval().unwrap(), sampling.sampler_id)));
    }

    fn n_without_template(&self) -> u128 {
        self.faults.iter().filter(|fault| is_no_template(fault)).count() as u128
    }

    fn flows(&self) -> impl Iterator<Item = &Exported> {
        self.records.iter().filter(|record| record.class.is_flow())
    }

    fn sum(&self, read: impl Fn(&Exported) -> Option<u64>) -> u128 {
        self.flows().filter_map(read).map(u128::from).sum()
    }
}

/// Names and bytes of the fields, as the answers write them.
fn fields(record: &Record<'_, '_>) -> Vec<(String, String)> {
    record
        .fields()
        .map(|field| {
            let specifier = field.specifier;
            let is_v9 = record.template().version().number() == 9;
            let name = match (specifier.is_scope && is_v9, specifier.enterprise) {
                (true, _) => format!("scope.{}", specifier.element),
                (false, 0) => specifier.element.to_string(),
                (false, enterprise) => format!("{enterprise}.{}", specifier.element),
            };
            let hex = field.bytes.iter().fold(String::new(), |mut hex, byte| {
                write!(hex, "{byte:02x}").unwrap();
                hex
            });
            (name, hex)
        })
        .collect()
}

fn mac(octets: [u8; 6]) -> String {
    octets.map(|octet| format!("{octet:02x}")).join(":")
}

/// Values that the answers have beside the records.
const OF_THE_HEADER: [&str; 4] = ["version", "domain", "timestamp", "sequence"];

/// A record by the names of the answers, without what is unknown.
fn values(record: &Exported) -> Map<String, Value> {
    let address = |addr: Option<IpAddr>| json!(addr.map(|addr| addr.to_string()));
    let time = |ms: Option<u64>| json!(ms.map(time::format_ms));
    let family = record.src_addr.or(record.dst_addr).map(|addr| if addr.is_ipv4() { 4 } else { 6 });
    let values = json!({
        "version": record.version.number(),
        "domain": record.domain,
        "timestamp": time(Some(record.timestamp_ms)),
        "sequence": record.sequence,
        "template": record.flowset,
        "class": record.class.name(),
        "family": family,
        "src_addr": address(record.src_addr),
        "dst_addr": address(record.dst_addr),
        "next_hop": address(record.next_hop),
        "src_port": record.src_port,
        "dst_port": record.dst_port,
        "protocol": record.protocol,
        "tcp_flags": record.tcp_flags,
        "tos": record.tos,
        "bytes": record.bytes,
        "packets": record.packets,
        "rev_bytes": record.rev_bytes,
        "rev_packets": record.rev_packets,
        "first": time(record.first_ms),
        "last": time(record.last_ms),
        "input_snmp": record.input_snmp,
        "output_snmp": record.output_snmp,
        "src_as": record.src_as,
        "dst_as": record.dst_as,
        "src_mask": record.src_mask_len,
        "dst_mask": record.dst_mask_len,
        "direction": record.direction.map(Direction::name),
        "vlan": record.vlan,
        "src_mac": record.src_mac.map(mac),
        "dst_mac": record.dst_mac.map(mac),
        "event": record.event,
        "icmp_type": record.icmp_type,
        "icmp_code": record.icmp_code,
    });
    let Value::Object(values) = values else { unreachable!() };
    values.into_iter().filter(|(_, value)| !value.is_null()).collect()
}

/// A value of the answers; an IPv4 address within IPv6 is the IPv4 address.
fn by_value(value: &Value) -> Value {
    let address = value.as_str().and_then(|text| text.parse::<IpAddr>().ok());
    address.map_or_else(|| value.clone(), |address| json!(address.to_canonical().to_string()))
}

fn number(value: &Value) -> u128 {
    value.as_u64().unwrap().into()
}

fn is_no_template(fault: &Fault) -> bool {
    matches!(fault, Fault::NoTemplate { .. })
}
