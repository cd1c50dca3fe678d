//! An information element: what a field of a template is called, what its bytes are, and
//! what flowkit takes from it. Those that there are: [`ELEMENTS`](super::ELEMENTS).

use super::role::Role;
use crate::field::FieldId;

/// What the bytes of an element are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A number, big endian, in as many bytes as the template says.
    Number,
    /// An IPv4 address, 4 bytes.
    Ipv4,
    /// An IPv6 address, 16 bytes.
    Ipv6,
    /// A MAC address, 6 bytes.
    Mac,
    /// Text, filled up with zeros where its length is fixed.
    Text,
    /// Bytes of some other form.
    Octets,
    /// Seconds since 1970-01-01 UTC.
    Seconds,
    /// Milliseconds since 1970-01-01 UTC.
    Milliseconds,
    /// 32 bits of seconds since 1900-01-01 UTC, and 32 bits of a fraction: how
    /// IPFIX sends micro- and nanoseconds.
    Ntp,
    /// Milliseconds since the exporter started, modulo 2³².
    Uptime,
}

/// One element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element {
    /// Whose number it is; 0 is IANA, whose elements version 9 has, too.
    pub enterprise: u32,
    /// Its number.
    pub number: u16,
    /// Name in IANA's list; the maker's own name from 32768 on, which only
    /// version 9 can send without an enterprise.
    pub name: &'static str,
    /// Name in documents of Logstash's codec for version 9; empty if it knows
    /// none.
    pub codec_name: &'static str,
    /// What its bytes are.
    pub kind: Kind,
    /// What flowkit takes from it, and its rank among the elements that say the
    /// like, 0 first.
    pub(super) says: Option<(Role, u8)>,
}

impl Element {
    /// Whether flowkit takes something from it; otherwise it has only a name.
    #[must_use]
    pub const fn is_read(&self) -> bool {
        self.says.is_some()
    }

    /// The field of a flow that is read from it.
    #[must_use]
    pub fn field(&self) -> Option<FieldId> {
        self.says.and_then(|(role, _)| role.field())
    }

    /// Bytes of a value as IANA's list has its type, where that is known. Exporters may
    /// send fewer of a number, and some send other lengths.
    #[must_use]
    pub fn length(&self) -> Option<u16> {
        Some(match self.kind {
            Kind::Ipv4 | Kind::Seconds | Kind::Uptime => 4,
            Kind::Ipv6 => 16,
            Kind::Mac => 6,
            Kind::Milliseconds | Kind::Ntp => 8,
            Kind::Text | Kind::Octets => return None,
            Kind::Number => {
                let (role, _) = self.says?;
                // The flags of TCP are 12 bits today, and type and code two numbers.
                if role.is_type_and_code() || role == Role::TcpFlags {
                    return Some(2);
                }
                u16::try_from(role.field()?.field().bits()? / 8).ok()?
            }
        })
    }
}
