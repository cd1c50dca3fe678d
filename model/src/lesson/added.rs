//! Fields of a document that were not in the packet: who added them, and from
//! what.
//!
//! Source: Logstash's netflow module, `netflow.conf.erb` and its dictionaries.

/// Who added a field to a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adder {
    /// Logstash itself, or its UDP input.
    Logstash,
    /// The netflow module's filter.
    Module,
    /// The module's look-up of addresses.
    GeoIp,
}

impl Adder {
    /// For people.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Logstash => "Logstash",
            Self::Module => "module",
            Self::GeoIp => "geoip",
        }
    }
}

/// An added field, or with a final dot all fields of an object.
#[derive(Clone, Copy, Debug)]
pub struct Added {
    /// Dotted path in the document.
    pub path: &'static str,
    /// Who added it.
    pub adder: Adder,
    /// From what.
    pub from: &'static str,
}

/// Every added field; the first row that fits counts.
#[rustfmt::skip]
pub const ADDED: &[Added] = &[
    Added { path: "@version", adder: Adder::Logstash, from: "the event's form" },
    Added { path: "type", adder: Adder::Logstash, from: "UDP input" },
    Added { path: "tags", adder: Adder::Logstash, from: "marks of filters" },
    Added { path: "netflow.direction", adder: Adder::Module, from: "constant for v5" },
    Added { path: "netflow.ip_version", adder: Adder::Module, from: "constant for v5" },
    Added { path: "netflow.protocol_name", adder: Adder::Module, from: "name of protocol" },
    Added { path: "netflow.src_port_name", adder: Adder::Module, from: "name of src_port" },
    Added { path: "netflow.dst_port_name", adder: Adder::Module, from: "name of dst_port" },
    Added { path: "netflow.tcp_flags_label", adder: Adder::Module, from: "names of tcp_flags" },
    Added { path: "netflow.tcp_flag_tags", adder: Adder::Module, from: "names of tcp_flags" },
    Added { path: "netflow.src_locality", adder: Adder::Module, from: "from src_addr" },
    Added { path: "netflow.dst_locality", adder: Adder::Module, from: "from dst_addr" },
    Added { path: "netflow.flow_locality", adder: Adder::Module, from: "from both ends" },
    Added { path: "geoip_src.", adder: Adder::GeoIp, from: "of src_addr" },
    Added { path: "geoip_dst.", adder: Adder::GeoIp, from: "of dst_addr" },
    Added { path: "geoip.", adder: Adder::GeoIp, from: "of the public end" },
];

/// The row of a field that was not in the packet.
#[must_use]
pub fn added(path: &str) -> Option<&'static Added> {
    ADDED.iter().find(|added| {
        added.path == path || (added.path.ends_with('.') && path.starts_with(added.path))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Field;

    #[test]
    fn objects_stand_for_their_members() {
        assert_eq!(added("geoip_src.autonomous_system").unwrap().adder, Adder::GeoIp);
        assert_eq!(added("netflow.direction").unwrap().adder, Adder::Module);
        assert!(added("netflow.colour").is_none());
        assert!(added("geoip_srcs").is_none());
    }

    /// Nothing is both in the packet and added.
    #[test]
    fn fields_of_the_packet_are_not_added() {
        for added in ADDED {
            // What is a constant in documents of version 5 is exported by others.
            let field = Field::by_name(added.path).filter(|field| !field.is_of_templates());
            assert_eq!(field, None, "{}", added.path);
        }
    }
}
