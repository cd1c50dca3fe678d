//! One field: where it is on the wire, how pipelines store it, what it is used
//! for, what goes wrong, and a flow of the practice day.

use flowkit_model::document::dialect::DIALECTS;
use flowkit_model::field::Wire;
use flowkit_model::filter::nearest;
use flowkit_model::lesson::{self, CISCO, IANA_ELEMENTS, MODULE};
use flowkit_model::wire::layout::{HEADER, Member, RECORD};
use flowkit_model::wire::templated::{ELEMENTS, Element};
use flowkit_model::{FIELDS, Field, FieldId};

use super::format::{in_words, type_name};
use super::paint::Paint;
use super::record::value_text;
use super::{column, examples, keys, topic};
use crate::exit::Usage;
use crate::output::wrap::{add, hanging};

/// Where the texts begin.
const INDENT: usize = 19;

/// The page of a topic, of a field, or of a member of the packet that is not a field.
pub(super) fn page(name: &str, paint: Paint) -> anyhow::Result<String> {
    if let Some(found) = lesson::topic(name) {
        return Ok(topic::page(found, paint));
    }
    if let Some(field) = by_any_name(name) {
        return Ok(field_page(field, paint));
    }
    let member = HEADER.iter().map(|member| ("header", member));
    let member = member.chain(RECORD.iter().map(|member| ("record", member)));
    let found = member.into_iter().find(|(_, member)| member.name.eq_ignore_ascii_case(name));
    found
        .map(|(part, member)| member_page(part, member, paint))
        .or_else(|| column::page(name, paint))
        .ok_or_else(|| no_field(name).into())
}

fn no_field(name: &str) -> Usage {
    // Aliases of two or three letters are similar to everything.
    let aliases = |field: &'static Field| field.aliases.iter().filter(|alias| alias.len() > 3);
    let known =
        FIELDS.iter().flat_map(|field| [field.name].into_iter().chain(aliases(field).copied()));
    let topics = lesson::topics().flat_map(|topic| topic.names).copied();
    let topics = topics.filter(|topic| topic.len() > 3);
    let near = nearest(name, known).or_else(|| column::near(name));
    let hint = near.or_else(|| nearest(name, topics)).map_or_else(
        || "`flowkit fields` lists them".to_owned(),
        |near| format!("did you mean {near}?"),
    );
    Usage(format!("no field is called {name}; {hint}"))
}

/// A field by its name, an alias, a document's key with or without `netflow.`,
/// its name in Cisco's table, or that of an element of IPFIX.
fn by_any_name(name: &str) -> Option<&'static Field> {
    let name = name.trim();
    let of_packet = || {
        let mut members = HEADER.iter().chain(RECORD);
        let member = members.find(|member| member.name.eq_ignore_ascii_case(name))?;
        member.fields.last().map(|id| id.field())
    };
    Field::by_name(name)
        .or_else(|| Field::by_name(&format!("netflow.{name}")))
        .or_else(of_packet)
        .or_else(|| by_key(name))
        .or_else(|| by_element(name))
}

/// A field by the name of an element that says it.
fn by_element(name: &str) -> Option<&'static Field> {
    let element = ELEMENTS.iter().find(|element| element.name.eq_ignore_ascii_case(name))?;
    element.field().map(FieldId::field)
}

/// A field by its key in a document of any dialect.
pub(super) fn by_key(path: &str) -> Option<&'static Field> {
    let of_version_5 = DIALECTS.iter().flat_map(|dialect| (dialect.places)());
    let of_templates = DIALECTS.iter().flat_map(|dialect| (dialect.templates)());
    let mut places = of_version_5.chain(of_templates);
    let found = places.find(|place| place.path.eq_ignore_ascii_case(path));
    found.map(|place| place.field.field())
}

/// The members of the packet that a field is made of.
fn members(field: &Field) -> Vec<&'static Member> {
    HEADER.iter().chain(RECORD).filter(|member| member.fields.contains(&field.id)).collect()
}

fn row(label: &str, text: &str) -> String {
    hanging(&format!("  {label}"), label.len() + 2, INDENT, text)
}

fn field_page(field: &Field, paint: Paint) -> String {
    let title = format!("{}:", paint.bold(field.name));
    let looks = field.name.len() + 1;
    let mut out = hanging(&title, looks, looks + 1, field.meaning);
    out.push('\n');
    out += &row("on the wire", &place(field));
    let elements = in_templates(field);
    if !elements.is_empty() {
        out += &row("in v9 and IPFIX", &elements);
    }
    out += &row("unit", field.unit);
    if !field.aliases.is_empty() {
        out += &row("other names", &field.aliases.join(", "));
    }
    out += &row("in documents", &keys::text(field));
    if let Some(lesson) = lesson::of(field.id) {
        out += &row("Logstash", &format!("{}.", lesson.logstash));
        out += &row("Elasticsearch", &format!("type {} in the module's template", lesson.es_type));
        out += &row("good for", &format!("{}.", lesson.good_for));
        out += &row("beware", &format!("{}.", lesson.trap));
    }
    if let Some(lesson) = lesson::of_templates(field.id) {
        out += &row("good for", &format!("{}.", lesson.good_for));
        out += &row("beware", &format!("{}.", lesson.trap));
    }
    out += &example(field);
    let more = lesson::of(field.id).map_or(&[][..], |lesson| lesson.sources);
    let table = if field.is_of_templates() { IANA_ELEMENTS } else { CISCO };
    out += "\n  sources\n";
    for source in [table, MODULE].iter().chain(more) {
        add(&mut out, format_args!("    {source}\n"));
    }
    out
}

fn place(field: &Field) -> String {
    let members = members(field);
    let part = match field.wire {
        Wire::Header(..) => "header",
        Wire::Record(..) => "record",
        Wire::Nowhere if field.id == FieldId::IcmpType => {
            return "record 34, the first byte of dstport, of ICMP".into();
        }
        Wire::Nowhere if field.id == FieldId::IcmpCode => {
            return "record 35, the second byte of dstport, of ICMP".into();
        }
        Wire::Nowhere if field.is_of_templates() => return "not in version 5".into(),
        Wire::Nowhere => return "not in the packet".into(),
    };
    let each: Vec<String> = members
        .iter()
        .map(|member| {
            format!("{part} {}, {} ({})", in_words(member), member.name, type_name(member))
        })
        .collect();
    let bits = match field.name {
        "sampling_algorithm" => ", the top 2 bits",
        "sampling_interval" => ", the low 14 bits",
        _ => "",
    };
    format!("{}{bits}; big endian", each.join(" and "))
}

/// The elements that say a field, the one that counts first of each family, with their
/// lengths; of what is no element, where it is.
fn in_templates(field: &Field) -> String {
    match field.id {
        FieldId::Timestamp => return "header: whole seconds".into(),
        FieldId::Version => return "header: 9, or 10 for IPFIX".into(),
        FieldId::Family => return "worked out from the addresses".into(),
        FieldId::Flowset => return "number of the set that the record is in".into(),
        FieldId::Domain => {
            return "header: source id of v9 (bytes 16-19), observation domain of IPFIX (bytes 12-15)"
                .into();
        }
        FieldId::SamplingInterval | FieldId::SamplingAlgorithm => {
            return "told by options, which are no part of the flow; in some records, too".into();
        }
        _ => {}
    }
    let each: Vec<String> = Element::of(field.id).into_iter().map(element).collect();
    each.join("; ")
}

/// `29305:1 reverseOctetDeltaCount (8 bytes)`.
fn element(element: &'static Element) -> String {
    let enterprise = match element.enterprise {
        0 => String::new(),
        enterprise => format!("{enterprise}:"),
    };
    let length = element.length().map_or_else(String::new, |length| {
        let plural = if length == 1 { "" } else { "s" };
        format!(" ({length} byte{plural})")
    });
    format!("{enterprise}{} {}{length}", element.number, element.name)
}

fn example(field: &Field) -> String {
    let Some(found) = examples::example(field.id) else { return String::new() };
    let Some((datagram, _)) = found.parts() else { return String::new() };
    let record = datagram.record_bytes(found.index).map_or(&[][..], |bytes| bytes);
    let part = if matches!(field.wire, Wire::Header(..)) { datagram.bytes() } else { record };
    let hex: Vec<String> = members(field)
        .iter()
        .filter_map(|member| member.of(part))
        .map(|bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "))
        .collect();
    let value = value_text(field, &found.flow);
    let bytes = if hex.is_empty() { String::new() } else { format!("bytes {}: ", hex.join("  ")) };
    row("on the demo day", &format!("{}. {bytes}{value}", found.story))
}

fn member_page(part: &str, member: &Member, paint: Paint) -> String {
    let mut out = format!("{}: {}\n\n", paint.bold(member.name), member.meaning);
    let place = format!("{part} {} ({}); big endian", in_words(member), type_name(member));
    out += &row("on the wire", &place);
    let (logstash, beware) = match member.name {
        "SysUptime" => (
            "computes the times of First and Last from it; no document keeps it",
            "it wraps after 49 days 17:02:47.296, so differences are taken modulo 2^32",
        ),
        _ => (
            "skips it; no document keeps it",
            "it is not always 0: some exporters put the direction of a flow into pad2",
        ),
    };
    out += &row("Logstash", &format!("{logstash}."));
    out += &row("beware", &format!("{beware}."));
    let mut sources = vec![CISCO, lesson::CODEC];
    if member.fields.is_empty() && member.name != "SysUptime" {
        sources.push(lesson::PADDING_USED);
    }
    let sources: Vec<String> = sources.iter().map(|source| format!("    {source}\n")).collect();
    out + "\n  sources\n" + &sources.concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::wrap::WIDTH;

    #[test]
    fn every_name_has_its_page_and_the_page_fits() {
        for field in FIELDS {
            let cisco: Vec<&str> = members(field).iter().map(|member| member.name).collect();
            let names = field.aliases.iter().copied().chain([field.module_key, field.codec_key]);
            for name in names.chain([field.name]) {
                assert_eq!(by_any_name(name), Some(field), "{name}");
            }
            for name in cisco.iter().filter(|name| **name != "sampling") {
                assert_eq!(by_any_name(name), Some(field), "{name}");
            }
            let of_templates = DIALECTS.iter().flat_map(|dialect| (dialect.templates)());
            let places = DIALECTS.iter().flat_map(|dialect| (dialect.places)()).chain(of_templates);
            for place in places {
                assert!(by_any_name(place.path).is_some(), "{}", place.path);
            }
            let page = field_page(field, Paint::OFF);
            for line in page.lines().filter(|line| !line.contains("https://")) {
                assert!(line.len() <= WIDTH, "{line}");
            }
        }
    }

    /// By the number, the name and the length of each element, and where there is none.
    #[test]
    fn elements_of_templates_are_on_the_page() {
        for (name, parts) in [
            ("icmp_type", &["record 34, the first byte of dstport", "176 icmpTypeIPv4"][..]),
            ("family", &["worked out from the addresses", "not in version 5"]),
            ("src_mac", &["56 sourceMacAddress (6 bytes); 81 postSourceMacAddress (6 bytes)"]),
            ("rev_bytes", &["29305:1 reverseOctetDeltaCount (8 bytes)", "232 responderOctets"]),
            ("domain", &["header: source id of v9 (bytes 16-19)"]),
            ("src_addr", &["8 sourceIPv4Address (4 bytes); 27 sourceIPv6Address (16 bytes)"]),
            ("postNAPTSourceTransportPort", &["nat_src_port", "227"]),
        ] {
            let page = page(name, Paint::OFF).unwrap();
            let words = page.split_whitespace().collect::<Vec<_>>().join(" ");
            for part in parts {
                assert!(words.contains(part), "{name}: {part}\n{page}");
            }
        }
    }

    #[test]
    fn what_no_flow_keeps_has_a_page_too() {
        for name in ["SysUptime", "sysuptime", "pad1", "pad2"] {
            let words = page(name, Paint::OFF).unwrap();
            let words: Vec<&str> = words.split_whitespace().collect();
            assert!(words.join(" ").contains("no document keeps it"), "{name}");
        }
        assert!(page("colour", Paint::OFF).is_err());
    }
}
