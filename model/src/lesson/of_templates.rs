//! Lessons of the fields that v9 and IPFIX add.

use crate::field::FieldId;

/// What there is to teach about a field that only v9 and IPFIX have.
#[derive(Clone, Copy, Debug)]
pub struct OfTemplates {
    /// The field.
    pub field: FieldId,
    /// What questions it answers.
    pub good_for: &'static str,
    /// What goes wrong with it.
    pub trap: &'static str,
}

/// One row a field, in the order of the catalogue.
#[rustfmt::skip]
pub const OF_TEMPLATES: &[OfTemplates] = &[
    OfTemplates { field: FieldId::Family,
        good_for: "how much of the network is IPv6",
        trap: "it is worked out from the addresses: what ipVersion claims is not asked, and ::ffff:192.0.2.1 is IPv4" },
    OfTemplates { field: FieldId::Direction,
        good_for: "telling flows apart that a router reports twice, where they come in and where they leave",
        trap: "some exporters mean the two sides of a conversation by it, so that egress cannot be dropped by rule; many do not send it. In documents of version 5 it is a constant of Logstash's module, ingress, which was not in the packet: it is left unknown" },
    OfTemplates { field: FieldId::Vlan,
        good_for: "traffic by network segment, also without addresses",
        trap: "several elements say it: vlanId counts first, that of the way out last" },
    OfTemplates { field: FieldId::SrcMac,
        good_for: "finding the device behind an address",
        trap: "behind a router it is that of the router; phones change theirs" },
    OfTemplates { field: FieldId::DstMac,
        good_for: "finding the next device on the way",
        trap: "behind a router it is that of the router" },
    OfTemplates { field: FieldId::Event,
        good_for: "what a firewall denied; connections by their beginning and end",
        trap: "of one connection there are several records, some of them without counters; an event number alone does not make a record one of them" },
    OfTemplates { field: FieldId::RevBytes,
        good_for: "the way back, of exporters that send both ways in one record",
        trap: "it is not in bytes, and reports of bytes do not add it" },
    OfTemplates { field: FieldId::RevPackets,
        good_for: "whether an answer came, of exporters that send both ways in one record",
        trap: "it is not in packets" },
    OfTemplates { field: FieldId::IcmpType,
        good_for: "pings, unreachable hosts, router advertisements",
        trap: "8 is an echo request of ICMP, 128 that of ICMPv6; version 5 has it in dst_port (2048 is type 8, code 0); exporters of v9 fill it in for TCP, too, where it means nothing and is unknown here" },
    OfTemplates { field: FieldId::IcmpCode,
        good_for: "why a host was unreachable",
        trap: "it means something only beside its type" },
    OfTemplates { field: FieldId::NatSrcAddr,
        good_for: "which inner address was behind an outer one",
        trap: "0.0.0.0 where nothing was translated, of some exporters" },
    OfTemplates { field: FieldId::NatDstAddr,
        good_for: "which server was behind a public address",
        trap: "0.0.0.0 where nothing was translated, of some exporters" },
    OfTemplates { field: FieldId::NatSrcPort,
        good_for: "which inner connection was behind an outer port",
        trap: "0 where nothing was translated, of some exporters" },
    OfTemplates { field: FieldId::NatDstPort,
        good_for: "which service was behind a public port",
        trap: "0 where nothing was translated, of some exporters" },
    OfTemplates { field: FieldId::Flowset,
        good_for: "which kinds of records an exporter sends; which template a strange value came by",
        trap: "the number means something only beside exporter and domain, and documents of IPFIX do not have it" },
    OfTemplates { field: FieldId::Domain,
        good_for: "telling line cards of one exporter apart",
        trap: "most exporters send 0, and documents of Logstash do not have it" },
];

/// The row of a field.
#[must_use]
pub fn of_templates(field: FieldId) -> Option<&'static OfTemplates> {
    OF_TEMPLATES.iter().find(|row| row.field == field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::FIELDS;

    #[test]
    fn every_field_that_templates_add_is_taught() {
        let added = FIELDS.iter().filter(|field| field.is_of_templates()).map(|field| field.id);
        assert!(OF_TEMPLATES.iter().map(|row| row.field).eq(added));
        for row in OF_TEMPLATES {
            for text in [row.good_for, row.trap] {
                assert!(text.is_ascii() && text.len() > 15 && !text.ends_with('.'), "{text}");
            }
        }
    }
}
