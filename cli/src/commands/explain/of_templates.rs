//! A document of NetFlow v9 or IPFIX: from which elements its fields came.

use flowkit_model::field::Wire;
use flowkit_model::lesson::added;
use flowkit_model::wire::templated::{ELEMENTS, Element};
use flowkit_model::{FIELDS, Field, FieldId, FlowRecord};

use crate::output::wrap::paragraph;

/// Whether a flow came in records of templates.
pub(super) fn is(flow: &FlowRecord) -> bool {
    flow.version > Some(5)
}

/// Where a field came from: the element of its name, else those that are read as it.
pub(super) fn origin(path: &str, field: Option<&Field>) -> String {
    match field.map(|field| (field.id, field.wire)) {
        Some((FieldId::Timestamp, _)) => return "header: whole seconds".into(),
        Some((FieldId::Version, _)) => return "header".into(),
        Some((FieldId::Domain, _)) => return "header: source id or domain".into(),
        Some((FieldId::Flowset, _)) => return "number of the set".into(),
        Some((FieldId::FlowSeqNum | FieldId::FlowRecords, _)) => {
            return "header: not of flows alone".into();
        }
        Some((FieldId::Exporter, _)) => return "sender of the packet".into(),
        _ => {}
    }
    if let Some(element) = by_name(path) {
        return text(&[element]);
    }
    let elements = field.map(|field| Element::of(field.id)).unwrap_or_default();
    match (elements.is_empty(), added(path)) {
        (false, _) => text(&elements),
        (true, Some(added)) => format!("{}: {}", added.adder.text(), added.from),
        (true, None) => "not in the packet".into(),
    }
}

/// The element that the last key of a path names, as IPFIX or Logstash calls it.
fn by_name(path: &str) -> Option<&'static Element> {
    let name = match path.rsplit('.').next()? {
        // The module's name.
        "ip_version" => "ipVersion",
        name => name,
    };
    let of_record = ["netflow.", "ipfix."].iter().any(|object| path.starts_with(object));
    let is = |element: &&Element| element.name == name || element.codec_name == name;
    ELEMENTS.iter().filter(|_| of_record && !name.is_empty()).find(is)
}

/// `element 61`, `element 8, 27`.
fn text(elements: &[&Element]) -> String {
    let number = |element: &&Element| match element.enterprise {
        0 => element.number.to_string(),
        enterprise => format!("{enterprise}:{}", element.number),
    };
    let numbers: Vec<String> = elements.iter().map(number).collect();
    format!("element {}", numbers.join(", "))
}

/// The fields that such a flow should have and lacks.
pub(super) fn unknown(flow: &FlowRecord) -> Vec<&'static str> {
    let is_expected = |field: &&Field| {
        field.is_expected() && !field.is_of_version_5() && field.wire != Wire::Nowhere
    };
    let unknown = FIELDS.iter().filter(is_expected).filter(|field| field.is_unknown(flow));
    unknown.map(|field| field.name).collect()
}

/// What the document does not say of its record.
pub(super) fn record() -> String {
    paragraph(
        "The document does not keep the template, hence neither the order nor the lengths of the fields; nor the uptimes, the sequence number, the UDP source port, and the other records of the packet. `flowkit explain v9`, `flowkit explain ipfix` and `flowkit explain templates` show such packets; `flowkit explain --packet` takes apart those of a capture.",
    )
}

#[cfg(test)]
mod tests {
    use super::super::document::{flow, page};
    use super::super::paint::Paint;
    use std::path::Path;

    /// Nothing of the page is of version 5.
    #[test]
    fn fields_of_templates_have_their_elements() {
        for (object, version) in [("netflow", 9), ("ipfix", 10)] {
            let json = format!(
                r#"{{"@timestamp": "2018-09-21T00:00:00.000Z", "host": "192.0.2.1", "type": "netflow", "{object}": {{
                    "version": {version}, "ipv6_src_addr": "2001:db8::1", "destinationIPv6Address":
                    "2001:db8::2", "octetDeltaCount": 5, "in_pkts": 1, "direction": 1,
                    "src_addr": "192.0.2.9", "ip_version": 4, "flow_seq_num": 0, "colour": 1,
                    "reverseOctetDeltaCount": 7, "first_switched": "2018-09-21T00:00:00.000Z"}}}}"#
            );
            let flow = flow(&json, Path::new("x"), 1).unwrap();
            let page = page(&json, &flow, false, Paint::OFF).unwrap();
            let words = page.split_whitespace().collect::<Vec<_>>().join(" ");
            for (name, origin) in [
                ("ipv6_src_addr", "element 27"),
                ("destinationIPv6Address", "element 28"),
                ("octetDeltaCount", "element 1"),
                ("in_pkts", "element 2"),
                ("direction", "element 61"),
                ("src_addr", "element 8, 27 "),
                ("ip_version", "element 60"),
                ("reverseOctetDeltaCount", "element 29305:1"),
                ("first_switched", "element 22"),
                ("colour", "not in the packet"),
                ("version", "header "),
            ] {
                let path = format!(" {object}.{name} ");
                let said = words.split_once(&path).and_then(|(_, said)| said.split_once(' '));
                assert!(said.is_some_and(|(_, said)| said.starts_with(origin)), "{name}: {page}");
            }
            for part in ["record 2", "header 0", "constant", "0.0.0.0", "srcaddr", "Written back"] {
                assert!(!page.contains(part), "{part}: {page}");
            }
            assert!(words.contains(" type netflow Logstash: UDP input "), "{page}");
            assert!(page.contains("flowkit explain v9"), "{page}");
        }
    }
}
