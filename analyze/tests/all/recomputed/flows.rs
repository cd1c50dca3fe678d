//! Flows as documents say them, member by member: what is missing, null, a list of
//! several or no value of its field is unknown.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::Value;

/// A value of a field; unknown sorts last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Datum {
    Number(u128),
    Text(String),
    Unknown,
}

/// The fields of a flow by name; what is not there is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Flow(pub(super) BTreeMap<&'static str, Datum>);

/// How a field is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Number,
    Address,
    Time,
    Text,
}

/// Name of a field, its paths under the names of the module and of the codec, its
/// width in bits.
pub(super) type Field = (&'static str, [&'static str; 2], u32, Form);

/// The fields of a flow.
#[rustfmt::skip]
pub(super) const FIELDS: [Field; 33] = [
    ("timestamp", ["@timestamp", "@timestamp"], 48, Form::Time),
    ("exporter", ["host", "host"], 0, Form::Text),
    ("version", ["netflow.version", "netflow.version"], 16, Form::Number),
    ("flow_records", ["netflow.flow_records", "netflow.flow_records"], 16, Form::Number),
    ("flow_seq_num", ["netflow.flow_seq_num", "netflow.flow_seq_num"], 32, Form::Number),
    ("engine_type", ["netflow.engine_type", "netflow.engine_type"], 8, Form::Number),
    ("engine_id", ["netflow.engine_id", "netflow.engine_id"], 8, Form::Number),
    ("sampling_algorithm", ["netflow.sampling_algorithm", "netflow.sampling_algorithm"], 8, Form::Number),
    ("sampling_interval", ["netflow.sampling_interval", "netflow.sampling_interval"], 16, Form::Number),
    ("src_addr", ["netflow.src_addr", "netflow.ipv4_src_addr"], 32, Form::Address),
    ("dst_addr", ["netflow.dst_addr", "netflow.ipv4_dst_addr"], 32, Form::Address),
    ("next_hop", ["netflow.next_hop", "netflow.ipv4_next_hop"], 32, Form::Address),
    ("input_snmp", ["netflow.input_snmp", "netflow.input_snmp"], 16, Form::Number),
    ("output_snmp", ["netflow.output_snmp", "netflow.output_snmp"], 16, Form::Number),
    ("packets", ["netflow.packets", "netflow.in_pkts"], 64, Form::Number),
    ("bytes", ["netflow.bytes", "netflow.in_bytes"], 64, Form::Number),
    ("first_switched", ["netflow.first_switched", "netflow.first_switched"], 48, Form::Time),
    ("last_switched", ["netflow.last_switched", "netflow.last_switched"], 48, Form::Time),
    ("src_port", ["netflow.src_port", "netflow.l4_src_port"], 16, Form::Number),
    ("dst_port", ["netflow.dst_port", "netflow.l4_dst_port"], 16, Form::Number),
    ("tcp_flags", ["netflow.tcp_flags", "netflow.tcp_flags"], 8, Form::Number),
    ("protocol", ["netflow.protocol", "netflow.protocol"], 8, Form::Number),
    ("tos", ["netflow.tos", "netflow.src_tos"], 8, Form::Number),
    ("src_as", ["netflow.src_as", "netflow.src_as"], 16, Form::Number),
    ("dst_as", ["netflow.dst_as", "netflow.dst_as"], 16, Form::Number),
    ("src_mask_len", ["netflow.src_mask_len", "netflow.src_mask"], 8, Form::Number),
    ("dst_mask_len", ["netflow.dst_mask_len", "netflow.dst_mask"], 8, Form::Number),
    ("src_country", ["geoip_src.country_code2", "geoip_src.country_code2"], 0, Form::Text),
    ("dst_country", ["geoip_dst.country_code2", "geoip_dst.country_code2"], 0, Form::Text),
    ("src_city", ["geoip_src.city_name", "geoip_src.city_name"], 0, Form::Text),
    ("dst_city", ["geoip_dst.city_name", "geoip_dst.city_name"], 0, Form::Text),
    ("src_as_name", ["geoip_src.autonomous_system", "geoip_src.autonomous_system"], 0, Form::Text),
    ("dst_as_name", ["geoip_dst.autonomous_system", "geoip_dst.autonomous_system"], 0, Form::Text),
];

impl Flow {
    pub(super) fn get(&self, name: &str) -> Datum {
        self.0.get(name).cloned().unwrap_or(Datum::Unknown)
    }

    pub(super) fn number(&self, name: &str) -> Option<u128> {
        match self.0.get(name) {
            Some(Datum::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// A counter; an unknown one adds nothing.
    pub(super) fn counter(&self, name: &str) -> u128 {
        self.number(name).unwrap_or(0)
    }

    /// The time of its export, in ms since 1970.
    pub(super) fn exported(&self) -> Option<i64> {
        self.ms("timestamp")
    }

    pub(super) fn ms(&self, name: &str) -> Option<i64> {
        self.number(name).map(|ms| i64::try_from(ms).unwrap())
    }

    /// From its first packet to its last; unknown if inverted.
    pub(super) fn duration(&self) -> Option<u128> {
        self.number("last_switched")?.checked_sub(self.number("first_switched")?)
    }
}

/// Whether flows of a protocol have ports.
pub(super) fn has_ports(protocol: u128) -> bool {
    [6, 17, 33, 132].contains(&protocol)
}

/// The flows of documents, the first of each identity, and how many documents are
/// no flows.
pub(super) fn of_documents(documents: &[Value]) -> (Vec<Flow>, u64) {
    let (mut ids, mut flows, mut skipped) = (BTreeSet::new(), Vec::new(), 0);
    for document in documents {
        let identity = ["_index", "_id", "_routing"].map(|name| document[name].to_string());
        let is_new = document["_id"].is_null() || ids.insert(identity);
        match of(&document["_source"]) {
            None => skipped += 1,
            Some(flow) if is_new => flows.push(flow),
            Some(_) => {}
        }
    }
    (flows, skipped)
}

/// The flow of a document, if it is one.
fn of(source: &Value) -> Option<Flow> {
    let mut flow = Flow::default();
    for (name, paths, bits, form) in FIELDS {
        let held = paths.iter().find_map(|path| at(source, path).filter(|value| !value.is_null()));
        if let Some(datum) = held.and_then(|value| datum(name, value, bits, form)) {
            flow.0.insert(name, datum);
        }
    }
    let is_netflow = source.as_object()?.keys().any(|key| key.starts_with("netflow"));
    // What is stated and is not 5, in whatever form, is another version.
    let stated = at(source, "netflow.version").is_some_and(|version| match version.as_array() {
        Some(list) => list.iter().any(|value| !value.is_null()),
        None => !version.is_null(),
    });
    let is_5 = !stated || flow.number("version") == Some(5);
    (is_netflow && is_5).then_some(flow)
}

/// `a.b` is `b` in `a`, or a member that is called so.
fn at<'v>(source: &'v Value, path: &str) -> Option<&'v Value> {
    let nested = || {
        let (outer, inner) = path.split_once('.')?;
        source.get(outer)?.get(inner)
    };
    source.get(path).or_else(nested)
}

fn datum(name: &str, value: &Value, bits: u32, form: Form) -> Option<Datum> {
    let value = match value.as_array() {
        Some(list) => {
            let mut known = list.iter().filter(|value| !value.is_null());
            match (known.next(), known.next()) {
                (Some(one), None) => one,
                (Some(first), Some(_)) if name == "exporter" => first,
                _ => return None,
            }
        }
        None => value,
    };
    let number = match form {
        Form::Text => {
            let text = value.as_str().map(str::trim).filter(|text| !text.is_empty())?;
            return Some(Datum::Text(text.to_owned()));
        }
        Form::Address => address(value.as_str()?)?,
        Form::Time => time(value)?,
        Form::Number => number(value)?,
    };
    (number >> bits == 0).then_some(Datum::Number(number))
}

fn address(text: &str) -> Option<u128> {
    let mapped = || text.trim().parse::<Ipv6Addr>().ok()?.to_ipv4_mapped();
    let address = text.trim().parse::<Ipv4Addr>().ok().or_else(mapped)?;
    Some(address.octets().into_iter().fold(0, |all, byte| all * 256 + u128::from(byte)))
}

/// A date with a time, or milliseconds since 1970 up to the year 9999; cut to
/// milliseconds.
fn time(value: &Value) -> Option<u128> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    if text.contains('T') {
        let time: jiff::Timestamp = text.parse().ok()?;
        return u128::try_from(time.as_microsecond().div_euclid(1000)).ok();
    }
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let ms: u128 = (is_digits(whole) && is_digits(decimals)).then(|| whole.parse().ok())??;
    (ms <= 253_402_300_799_999).then_some(ms)
}

/// Digits, or a number that is whole all the same: `443.0`, `1e3`.
fn number(value: &Value) -> Option<u128> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => {
            let text = text.trim();
            text.strip_prefix("Netflow v").unwrap_or(text).to_owned()
        }
        _ => return None,
    };
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    if text.bytes().any(|byte| byte.is_ascii_alphabetic() && byte != b'e') {
        return None;
    }
    let float = text.parse::<f64>().ok()? + 0.0;
    let is_whole = float.fract() == 0.0 && (0.0..1e15).contains(&float);
    is_whole.then(|| format!("{float:.0}").parse().unwrap())
}
