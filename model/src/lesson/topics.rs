//! What there is to teach about NetFlow v9 and IPFIX, beside their fields: how they
//! differ from version 5, what templates and options are, why a record cannot be read.

use super::basics::BASICS;

/// A page on something that is no field.
#[derive(Clone, Copy, Debug)]
pub struct Topic {
    /// What people call it, the usual name first.
    pub names: &'static [&'static str],
    /// One sentence on what it is.
    pub title: &'static str,
    /// Headings, each with a paragraph.
    pub sections: &'static [(&'static str, &'static str)],
    /// Where it stands.
    pub sources: &'static [&'static str],
}

/// NetFlow version 9.
const RFC_V9: &str = "https://www.rfc-editor.org/rfc/rfc3954";
/// IPFIX.
const RFC_IPFIX: &str = "https://www.rfc-editor.org/rfc/rfc7011";
/// Both directions in one record.
const RFC_BIFLOW: &str = "https://www.rfc-editor.org/rfc/rfc5103";
/// The list of elements.
pub const IANA_ELEMENTS: &str = "https://www.iana.org/assignments/ipfix/ipfix.xhtml";

/// Every topic: those with which the course begins, and those of v9 and IPFIX.
pub fn topics() -> impl Iterator<Item = &'static Topic> {
    BASICS.iter().chain(OF_TEMPLATES)
}

/// The topics of v9 and IPFIX.
const OF_TEMPLATES: &[Topic] = &[
    Topic {
        names: &["v9", "netflow9", "netflow_v9", "9"],
        title: "NetFlow version 9: the router first says what its records consist of, and then sends them",
        sections: &[
            (
                "What differs from version 5",
                "In version 5 a record is always the same 48 bytes. In version 9 the router sends a template: a number from 256 on, and a list of fields, each an element number and a length. Flowsets of records name their template. So a router can send IPv6, VLANs, MAC addresses, NAT or counters of 64 bits, and leave out what it does not know: what is not in the template is unknown, and not 0.",
            ),
            (
                "Flowsets",
                "Behind the header stand flowsets, each with a number and a length of 2 bytes. Number 0 holds templates, 1 holds options templates, and 256 and above the records of the template of that number, filled up to a multiple of 4 bytes. Nothing states the length of the datagram itself.",
            ),
            (
                "Header and times",
                "The header has whole seconds and no nanoseconds. First and Last are uptimes as in version 5: export time - (SysUptime - First). The sequence counts datagrams of the source id, not flows: a gap says that datagrams were lost, and not how many flows were in them. The sampling has left the header: options tell it.",
            ),
        ],
        sources: &[RFC_V9, IANA_ELEMENTS],
    },
    Topic {
        names: &["ipfix", "v10", "netflow10", "10"],
        title: "IPFIX: version 9 as an Internet standard, with the version number 10",
        sections: &[
            (
                "What differs from version 9",
                "The header has 16 bytes, states the length of the message, and has no uptime. The sequence counts data records of the observation domain, those of options included. Sets of templates have the number 2, of options templates 3. A template without fields withdraws the one of that number. The elements up to 127 are those of version 9 under other names: in_bytes is octetDeltaCount.",
            ),
            (
                "Times",
                "Most exporters send flowStartMilliseconds, which is absolute; some send seconds, or micro- and nanoseconds as NTP does (seconds since 1900). An uptime (flowStartSysUpTime) means nothing without the time of the start, systemInitTimeMilliseconds, which few send: the times are then unknown.",
            ),
            (
                "Lengths",
                "A number may have fewer bytes than its type (reduced-size encoding): 3 bytes for a counter of up to 16,777,215. A field of length 65535 is of variable length: its value starts with its length, in 1 byte, or in 3 if the first is 255. Records of one template then differ in length.",
            ),
            (
                "Enterprise fields",
                "If the top bit of the element is set, 4 bytes follow with the number of an enterprise, and the element is of its list. Enterprise 29305 stands for the other direction: 29305:1 is the octetDeltaCount of the way back (biflows), which is rev_bytes here and not part of bytes. Elements that flowkit does not know are passed over by their length.",
            ),
        ],
        sources: &[RFC_IPFIX, RFC_BIFLOW, IANA_ELEMENTS],
    },
    Topic {
        names: &["templates", "template"],
        title: "Templates: what says of which fields a record consists, and why a record cannot be read",
        sections: &[
            (
                "When a template holds",
                "From the datagram that carries it, until the same exporter sends another under that number. Routers send theirs again every few minutes or datagrams. A template belongs to one exporter and one source id or observation domain: number 256 of another exporter, or of another line card, is another template.",
            ),
            (
                "Why a record cannot be read",
                "The template was not seen yet: the capture or the collector started after it was sent, or the datagram with it was lost. It was withdrawn. It is cut short or impossible. flowkit names each such template with its exporter, says how many sets there were, and ends with exit code 3.",
            ),
            (
                "Why a record is read wrong",
                "A collector that tells templates apart by their numbers alone reads records of one exporter by the template of another: directions of 8, protocols of 241, times hours off. Logstash's codec does so, as its UDP input does not tell it who sent. flowkit keys templates by the exporter's address, the version, the domain and the number; what cannot be is unknown.",
            ),
            ("As a field", "The number of its template is the field flowset of a flow."),
        ],
        sources: &[
            RFC_V9,
            RFC_IPFIX,
            "https://github.com/logstash-plugins/logstash-codec-netflow/issues/9",
        ],
    },
    Topic {
        names: &["options", "options_template", "sampling_options"],
        title: "Options: records about the exporter, not about flows",
        sections: &[
            (
                "Scope and fields",
                "An options template has two kinds of fields. Those of the scope say what a record is about: the system, an interface, a line card, a sampler. The others say something of it: samplingInterval, interfaceName, systemInitTimeMilliseconds, totals of what was exported.",
            ),
            (
                "What they are good for",
                "Sampling: v9 and IPFIX have no sampling in the header. An options record says that one packet in so many was looked at, and a flow may name its sampler (samplerId); 0 is not sampled. Names: which interface number has which name. Both hold from when they come, and come seldom.",
            ),
            (
                "Beware",
                "They have counters, too, which are no traffic: flowkit counts options records apart, and never as flows. Counters of flows are as exported; nothing multiplies them by an interval unasked. Logstash makes a document of each options record, in the same index as flows.",
            ),
        ],
        sources: &[RFC_V9, RFC_IPFIX, IANA_ELEMENTS],
    },
];

/// The topic of a name, in any case.
#[must_use]
pub fn topic(name: &str) -> Option<&'static Topic> {
    let name = name.trim();
    topics().find(|topic| topic.names.iter().any(|known| known.eq_ignore_ascii_case(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Field;

    #[test]
    fn every_name_leads_to_one_topic_and_texts_are_plain() {
        let mut names = Vec::new();
        for topic in topics() {
            for name in topic.names {
                assert!(!names.contains(name), "{name}");
                names.push(name);
                assert_eq!(super::topic(&name.to_uppercase()).unwrap().title, topic.title);
                // The number of its template is a field, which its page says.
                assert!(*name == "template" || Field::by_name(name).is_none(), "{name}");
            }
            for (heading, text) in topic.sections {
                assert!(heading.is_ascii() && text.is_ascii() && text.len() > 40, "{heading}");
            }
            assert!(topic.sources.iter().all(|source| source.starts_with("https://")));
        }
        assert!(topic("v5").is_none());
    }
}
