//! What there is to teach about each field: what Logstash makes of it, how
//! Elasticsearch holds it, what it is good for, what goes wrong, and who says so.
//!
//! One row a field; [`FIELDS`](crate::FIELDS) has the name, the place on the
//! wire and the unit, [`layout`](crate::wire::layout) the bytes between.
//!
//! ```
//! use flowkit_model::{FieldId, lesson};
//!
//! let lesson = lesson::of(FieldId::DstPort).unwrap();
//! assert_eq!(lesson.es_type, "keyword");
//! assert!(lesson.trap.contains("ICMP"));
//! ```

mod added;
mod basics;
mod of_templates;
mod rows;
mod topics;

use crate::field::FieldId;

pub use added::{ADDED, Added, Adder, added};
pub use of_templates::{OF_TEMPLATES, OfTemplates, of_templates};
pub use rows::LESSONS;
pub use topics::{IANA_ELEMENTS, Topic, topic, topics};

/// What there is to teach about one field.
#[derive(Clone, Copy, Debug)]
pub struct Lesson {
    /// The field.
    pub field: FieldId,
    /// What Logstash's netflow module makes of it; the codec's own name is in
    /// the catalogue.
    pub logstash: &'static str,
    /// Type in the index template of the module.
    pub es_type: &'static str,
    /// What questions it answers.
    pub good_for: &'static str,
    /// What goes wrong with it.
    pub trap: &'static str,
    /// Public sources of what is said here, besides [`CISCO`] and [`MODULE`].
    pub sources: &'static [&'static str],
}

/// The format: Cisco's tables B-3 (header) and B-4 (record).
pub const CISCO: &str = "https://www.cisco.com/c/en/us/td/docs/net_mgmt/netflow_collection_engine/3-6/user/guide/format.html";

/// What Logstash's netflow module does: its filter and its index template.
pub const MODULE: &str =
    "https://github.com/elastic/logstash/tree/v7.17.0/modules/netflow/configuration";

/// The codec that decodes the packets.
pub const CODEC: &str = "https://github.com/logstash-plugins/logstash-codec-netflow";

/// A collector that reads the direction of a flow from the padding.
pub const PADDING_USED: &str = "https://github.com/OpenNMS/opennms/pull/1819";

/// The lesson of a field; none for what only a pipeline adds.
#[must_use]
pub fn of(field: FieldId) -> Option<&'static Lesson> {
    LESSONS.iter().find(|lesson| lesson.field == field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::{FIELDS, Wire};

    /// Each field of the packet, and the exporter, has one lesson, in the
    /// order of the catalogue, and every text says something.
    #[test]
    fn every_field_of_the_packet_is_taught() {
        let taught: Vec<FieldId> = LESSONS.iter().map(|lesson| lesson.field).collect();
        let wanted: Vec<FieldId> = FIELDS
            .iter()
            .filter(|field| field.wire != Wire::Nowhere || field.id == FieldId::Exporter)
            .map(|field| field.id)
            .collect();
        assert_eq!(taught, wanted);
        for lesson in LESSONS {
            for text in [lesson.logstash, lesson.good_for, lesson.trap] {
                assert!(text.len() > 20, "{:?}: {text}", lesson.field);
                assert!(text.is_ascii(), "{:?}: {text}", lesson.field);
            }
        }
    }

    #[test]
    fn every_source_is_a_public_page() {
        let sources = LESSONS.iter().flat_map(|lesson| lesson.sources);
        for source in sources.chain(&[CISCO, MODULE, CODEC, PADDING_USED]) {
            assert!(source.starts_with("https://"), "{source}");
        }
    }

    /// The types of Elasticsearch that the module's template uses.
    #[test]
    fn types_are_those_of_the_template() {
        for lesson in LESSONS {
            assert!(
                ["date", "keyword", "integer", "long", "ip"].contains(&lesson.es_type),
                "{:?}",
                lesson.field
            );
        }
    }
}
