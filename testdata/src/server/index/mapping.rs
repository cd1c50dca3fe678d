//! The mapping of the netflow module's template: each field and its type.
//!
//! Ports, protocol and interfaces are keywords there, so a range over them
//! compares texts. Source: `netflow.json` of the Logstash module.

/// How values of a field compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) enum Kind {
    /// As times.
    Date,
    /// As addresses; a term may be a network.
    Ip,
    /// As texts.
    Keyword,
    /// As whole numbers.
    Number,
}

/// Dotted name and Elasticsearch's type.
#[rustfmt::skip]
const FIELDS: &[(&str, &str)] = &[
    ("@timestamp", "date"), ("@version", "keyword"),
    ("geoip.as_org", "keyword"), ("geoip.asn", "keyword"), ("geoip.autonomous_system", "keyword"),
    ("geoip.ip", "ip"),
    ("geoip_dst.as_org", "keyword"), ("geoip_dst.asn", "keyword"),
    ("geoip_dst.autonomous_system", "keyword"), ("geoip_dst.ip", "ip"),
    ("geoip_src.as_org", "keyword"), ("geoip_src.asn", "keyword"),
    ("geoip_src.autonomous_system", "keyword"), ("geoip_src.ip", "ip"),
    ("host", "keyword"),
    ("netflow.bytes", "long"), ("netflow.direction", "keyword"), ("netflow.dst_addr", "ip"),
    ("netflow.dst_as", "integer"), ("netflow.dst_locality", "keyword"),
    ("netflow.dst_mask_len", "integer"), ("netflow.dst_port", "keyword"),
    ("netflow.dst_port_name", "keyword"), ("netflow.engine_id", "integer"),
    ("netflow.engine_type", "integer"), ("netflow.first_switched", "date"),
    ("netflow.flow_locality", "keyword"), ("netflow.flow_records", "integer"),
    ("netflow.flow_seq_num", "long"), ("netflow.input_snmp", "keyword"),
    ("netflow.ip_version", "keyword"), ("netflow.last_switched", "date"),
    ("netflow.next_hop", "ip"), ("netflow.output_snmp", "keyword"), ("netflow.packets", "long"),
    ("netflow.protocol", "keyword"), ("netflow.protocol_name", "keyword"),
    ("netflow.sampling_algorithm", "integer"), ("netflow.sampling_interval", "integer"),
    ("netflow.src_addr", "ip"), ("netflow.src_as", "integer"), ("netflow.src_locality", "keyword"),
    ("netflow.src_mask_len", "integer"), ("netflow.src_port", "keyword"),
    ("netflow.src_port_name", "keyword"), ("netflow.tcp_flag_tags", "keyword"),
    ("netflow.tcp_flags", "integer"), ("netflow.tcp_flags_label", "keyword"),
    ("netflow.tos", "keyword"), ("netflow.version", "keyword"),
    ("type", "keyword"),
];

/// How a field's values compare; `None` if it is not mapped.
pub(in crate::server) fn kind(field: &str) -> Option<Kind> {
    if field == "_index" {
        return Some(Kind::Keyword);
    }
    let row = FIELDS.iter().find(|(name, _)| *name == field)?;
    Some(match row.1 {
        "date" => Kind::Date,
        "ip" => Kind::Ip,
        "keyword" => Kind::Keyword,
        _ => Kind::Number,
    })
}

/// `{"properties":{…}}`, as `_mapping` shows it.
pub(in crate::server) fn mapping() -> String {
    let mut parts: Vec<String> = Vec::new();
    for group in FIELDS.chunk_by(|a, b| object(a.0).is_some() && object(a.0) == object(b.0)) {
        let leaves: Vec<String> = group
            .iter()
            .map(|(name, kind)| {
                let leaf = name.rsplit('.').next().unwrap_or(name);
                format!(r#""{leaf}":{{"type":"{kind}"}}"#)
            })
            .collect();
        parts.push(match object(group[0].0) {
            Some(object) => format!(r#""{object}":{{"properties":{{{}}}}}"#, leaves.join(",")),
            None => leaves.join(","),
        });
    }
    format!(r#"{{"properties":{{{}}}}}"#, parts.join(","))
}

fn object(field: &str) -> Option<&str> {
    field.split_once('.').map(|(object, _)| object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_a_document_is_mapped() {
        for document in crate::practice_day().iter().take(200) {
            let source: serde_json::Value = serde_json::from_str(&document.source).unwrap();
            for (name, value) in source.as_object().unwrap() {
                match value.as_object() {
                    None => assert!(kind(name).is_some(), "{name}"),
                    Some(object) => {
                        for key in object.keys() {
                            assert!(kind(&format!("{name}.{key}")).is_some(), "{name}.{key}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_mapping_is_json() {
        let mapping: serde_json::Value = serde_json::from_str(&mapping()).unwrap();
        assert_eq!(mapping["properties"]["netflow"]["properties"]["dst_port"]["type"], "keyword");
        assert_eq!(mapping["properties"]["@timestamp"]["type"], "date");
    }
}
