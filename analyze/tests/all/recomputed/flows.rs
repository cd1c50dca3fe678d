//! Flows as documents say them, member by member: what is missing, null, a list of
//! several or no value of its field is unknown.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::Value;

use super::dialects::Dialect;

/// A value of a field; unknown sorts last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Datum {
    Number(u128),
    Text(String),
    Unknown,
}

/// The fields of a flow by name; what is not there is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Flow(pub(super) BTreeMap<&'static str, Datum>);

/// How a field is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Number,
    Address,
    Time,
    Text,
}

/// Name of a field, its paths under the names of the module and of the codec (of an
/// exporter those of Logstash up to 7 and from 8 on), its width in bits.
pub(crate) type Field = (&'static str, [&'static str; 2], u32, Form);

/// The fields of a flow.
#[rustfmt::skip]
pub(crate) const FIELDS: [Field; 33] = [
    ("timestamp", ["@timestamp", "@timestamp"], 48, Form::Time),
    ("exporter", ["host", "host.ip"], 0, Form::Text),
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

/// Fields of the header of version 5.
const HEADER: [&str; 6] = [
    "flow_records",
    "flow_seq_num",
    "engine_type",
    "engine_id",
    "sampling_algorithm",
    "sampling_interval",
];

impl Flow {
    pub(crate) fn get(&self, name: &str) -> Datum {
        self.0.get(name).cloned().unwrap_or(Datum::Unknown)
    }

    pub(crate) fn number(&self, name: &str) -> Option<u128> {
        match self.0.get(name) {
            Some(Datum::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// Whether a field that it should have is unknown: what the header of version 5 says
    /// other versions have not.
    pub(crate) fn lacks(&self, name: &str) -> bool {
        let is_expected = !self.is_of_templates() || !HEADER.contains(&name);
        is_expected && self.get(name) == Datum::Unknown
    }

    /// A counter; an unknown one adds nothing.
    pub(crate) fn counter(&self, name: &str) -> u128 {
        self.number(name).unwrap_or(0)
    }

    /// The time of its export, in ms since 1970.
    pub(crate) fn exported(&self) -> Option<i64> {
        self.ms("timestamp")
    }

    pub(crate) fn ms(&self, name: &str) -> Option<i64> {
        self.number(name).map(|ms| i64::try_from(ms).unwrap())
    }

    /// Whether it is of a version with templates.
    pub(crate) fn is_of_templates(&self) -> bool {
        self.number("version").is_some_and(|version| version > 5)
    }

    /// From its first packet to its last; unknown if inverted.
    pub(crate) fn duration(&self) -> Option<u128> {
        self.number("last_switched")?.checked_sub(self.number("first_switched")?)
    }
}

/// Whether flows of a protocol have ports.
pub(crate) fn has_ports(protocol: u128) -> bool {
    [6, 17, 33, 132].contains(&protocol)
}

/// What a document holds in the place of a field.
fn held<'v>(field: &Field, source: &'v Value, dialect: Dialect) -> Option<&'v Value> {
    // Exporters may be an object, which holds them.
    let holds = |value: &&Value| !value.is_null() && (field.0 == "version" || !value.is_object());
    let mut paths = dialect.paths(field).into_iter();
    paths.find_map(|path| at(source, path).filter(holds))
}

/// The value of a field; interfaces and AS have 32 bits in versions 9 and 10.
pub(super) fn of_field(name: &str, source: &Value) -> Option<Datum> {
    let field = FIELDS.iter().find(|field| field.0 == name).unwrap();
    let (name, _, bits, form) = *field;
    let dialect = Dialect::of(source);
    let value = held(field, source, dialect)?;
    let is_wide = ["input_snmp", "output_snmp", "src_as", "dst_as"].contains(&name)
        && matches!(of_field("version", source), Some(Datum::Number(9 | 10)));
    let bits = if is_wide { 32 } else { bits };
    match dialect {
        Dialect::Filebeat => of_filebeat(name, value, bits, form),
        _ => datum(name, value, bits, form),
    }
}

/// The flow of a document, or why it is none.
pub(super) fn of(source: &Value) -> Result<Flow, &'static str> {
    let (mut flow, dialect) = (Flow::default(), Dialect::of(source));
    let held = |field: &Field| held(field, source, dialect);
    for (name, ..) in &FIELDS {
        if let Some(datum) = of_field(name, source) {
            flow.0.insert(name, datum);
        }
    }
    let members = source.as_object().ok_or("no_source")?;
    let is_netflow =
        dialect != Dialect::Logstash || members.keys().any(|key| key.starts_with("netflow"));
    // What is stated and is not 5, in whatever form, is another version.
    let version = FIELDS.iter().find(|field| field.0 == "version").unwrap();
    let stated = held(version).is_some_and(|version| match version.as_array() {
        Some(list) => list.iter().any(|value| !value.is_null()),
        None => true,
    });
    let version = if stated { flow.number("version") } else { Some(5) };
    let is_of_templates = matches!(version, Some(9 | 10));
    if is_of_templates {
        of_templates(&mut flow);
        // Filebeat's `network.bytes` is the sum of both ways, and its exporters state no
        // sampling; elsewhere a number is the uptime of a device.
        let is_of_filebeat = dialect == Dialect::Filebeat;
        for field in FIELDS.iter().filter(|field| match field.0 {
            "bytes" | "packets" | "sampling_interval" | "sampling_algorithm" => is_of_filebeat,
            "first_switched" | "last_switched" => {
                !is_of_filebeat && !held(field).is_some_and(is_date)
            }
            _ => false,
        }) {
            flow.0.remove(field.0);
        }
    }
    // Logstash works times of text out from uptimes, a second late.
    let is_late = |time: &&str| flow.ms(time).is_some();
    if version == Some(9)
        && matches!(dialect, Dialect::Logstash | Dialect::Fluentd)
        && ["first_switched", "last_switched"].iter().any(is_late)
    {
        flow.0.insert(ADAPTED, Datum::Number(LATE));
    }
    if dialect == Dialect::ElastiFlow {
        let is_counted = flow.number("bytes").or(flow.number("packets")).is_some();
        let is_scaled = is_counted && flow.number("sampling_interval") > Some(1);
        flow.0.insert(ADAPTED, Datum::Number(1 + u128::from(is_scaled)));
    }
    let has_address = ["src_addr", "dst_addr"].iter().any(|end| flow.number(end).is_some());
    match version {
        _ if !is_netflow => Err("no_netflow"),
        _ if is_of_templates && !has_address => Err("options"),
        Some(5 | 9 | 10) => Ok(flow),
        _ => Err("other_version"),
    }
}

fn is_date(value: &Value) -> bool {
    value.to_string().contains('T')
}

/// Versions 9 and 10 have no header of version 5; and what their exporters write is
/// checked: no mask is longer than an address, and no flow is of a day after its export
/// or of two months before.
fn of_templates(flow: &mut Flow) {
    for name in HEADER.into_iter().filter(|name| !name.starts_with("sampling")) {
        flow.0.remove(name);
    }
    for (mask, address) in [("src_mask_len", "src_addr"), ("dst_mask_len", "dst_addr")] {
        let longest = if flow.number(address).is_some() { 32 } else { 128 };
        if flow.number(mask).is_some_and(|length| length > longest) {
            flow.0.remove(mask);
        }
    }
    let Some(exported) = flow.exported() else { return };
    for time in ["first_switched", "last_switched"] {
        let day = 86_400_000;
        let can_be = |ms: i64| (exported - 60 * day..=exported + day).contains(&ms);
        if !flow.ms(time).is_none_or(can_be) {
            flow.0.remove(time);
        }
    }
}

/// What a pipeline has done to a flow: `ElastiFlow` 2 if it multiplied its counters,
/// else 1.
pub(crate) const ADAPTED: &str = "adapted";

/// Logstash made its times a second late.
pub(crate) const LATE: u128 = 4;

/// Exporters have a port, which does not count; the sampling of the header is there as
/// it came: two bits of how, 14 of how many.
fn of_filebeat(name: &str, value: &Value, bits: u32, form: Form) -> Option<Datum> {
    if name == "exporter" {
        let text = value.as_str()?.trim();
        return Some(Datum::Text(text.split(':').next()?.to_owned()));
    }
    match (name, datum(name, value, 16, form)) {
        ("sampling_interval", Some(Datum::Number(word))) => Some(Datum::Number(word & 0x3fff)),
        ("sampling_algorithm", Some(Datum::Number(word))) => Some(Datum::Number(word >> 14)),
        ("sampling_interval" | "sampling_algorithm", _) => None,
        _ => datum(name, value, bits, form),
    }
}

/// `a.b` is `b` in `a`, or a member that is called so.
pub(crate) fn at<'v>(source: &'v Value, path: &str) -> Option<&'v Value> {
    let nested = || {
        let (outer, inner) = path.split_once('.')?;
        at(source.get(outer)?, inner)
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

/// What a port is in flows of a protocol.
pub(super) fn kind_of(protocol: u128) -> &'static str {
    match protocol {
        1 | 58 => "icmp",
        _ if has_ports(protocol) => "port",
        _ => "none",
    }
}
