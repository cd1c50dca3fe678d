//! Whether a filter matches one flow. The evaluation column by column is held to
//! it by tests.

use super::{Comparison, Derived, Expression, Ranges, Subject, Test};
use crate::address::Address;
use crate::field::{Access, FieldId};
use crate::names::has_ports;
use crate::record::FlowRecord;

/// Length of a flow in ms; unknown if it ends before it begins.
#[inline]
#[must_use]
pub fn duration_ms(first_ms: u64, last_ms: u64) -> Option<u64> {
    last_ms.checked_sub(first_ms)
}

/// Bits a second over a duration in ms, cut; 0 if the duration is.
#[inline]
#[must_use]
pub fn bits_per_second(bytes: u64, duration_ms: u64) -> u64 {
    rate(u128::from(bytes) * 8, duration_ms)
}

/// Packets a second over a duration in ms, cut; 0 if the duration is.
#[inline]
#[must_use]
pub fn packets_per_second(packets: u64, duration_ms: u64) -> u64 {
    rate(packets.into(), duration_ms)
}

fn rate(amount: u128, duration_ms: u64) -> u64 {
    let rate = (amount * 1000).checked_div(duration_ms.into()).unwrap_or(0);
    rate.try_into().unwrap_or(u64::MAX)
}

/// Bytes a packet, cut; 0 without packets.
#[inline]
#[must_use]
pub fn bytes_per_packet(bytes: u64, packets: u64) -> u64 {
    bytes.checked_div(packets).unwrap_or(0)
}

/// The lower of two ports, if the protocol has ports.
#[inline]
#[must_use]
pub fn service(protocol: u64, src_port: u64, dst_port: u64) -> Option<u64> {
    has_ports(protocol).then(|| src_port.min(dst_port))
}

impl Expression {
    /// Whether this flow matches.
    #[must_use]
    pub fn matches(&self, flow: &FlowRecord) -> bool {
        match self {
            Self::Any => true,
            Self::Compare(comparison) => comparison.matches(flow),
            Self::Not(inner) => !inner.matches(flow),
            Self::And(all) => all.iter().all(|expression| expression.matches(flow)),
            Self::Or(any) => any.iter().any(|expression| expression.matches(flow)),
        }
    }
}

impl Comparison {
    fn matches(&self, flow: &FlowRecord) -> bool {
        let passes = |value: Option<bool>| value.is_some_and(|passes| passes != self.differs);
        match self.subject {
            Subject::Field(field) => passes(self.of_field(field, flow)),
            Subject::Either(end) => {
                let mut ends = end.fields().into_iter().map(|field| self.of_field(field, flow));
                if self.differs { ends.all(passes) } else { ends.any(passes) }
            }
            Subject::Derived(derived) => {
                passes(value(derived, flow).map(|value| self.test.passes(value)))
            }
        }
    }

    /// Whether the value passes the test; `None` if it is unknown.
    fn of_field(&self, field: FieldId, flow: &FlowRecord) -> Option<bool> {
        match field.field().access {
            Access::Text { read, .. } => read(flow).map(|text| self.test.passes_text(text)),
            _ => field.field().number(flow).map(|value| self.test.passes(value)),
        }
    }
}

impl Test {
    /// Whether a number passes.
    #[inline]
    #[must_use]
    pub fn passes(&self, value: impl Into<u128>) -> bool {
        let value = value.into();
        match self {
            Self::In(ranges) => ranges.contains(value),
            Self::Flags { mask, all: true } => value & u128::from(*mask) == u128::from(*mask),
            Self::Flags { mask, all: false } => value & u128::from(*mask) != 0,
            Self::Text(_) => false,
        }
    }

    /// Whether a text passes.
    #[must_use]
    pub fn passes_text(&self, text: &str) -> bool {
        match self {
            Self::In(ranges) => {
                text.parse::<Address>().is_ok_and(|address| ranges.contains(address.number()))
            }
            Self::Flags { .. } => false,
            Self::Text(texts) => texts.iter().any(|known| known.eq_ignore_ascii_case(text)),
        }
    }

    /// The ranges, if it is a test of ranges.
    #[must_use]
    pub fn ranges(&self) -> Option<&Ranges> {
        match self {
            Self::In(ranges) => Some(ranges),
            _ => None,
        }
    }
}

fn value(derived: Derived, flow: &FlowRecord) -> Option<u64> {
    let duration = || duration_ms(flow.first_switched_ms?, flow.last_switched_ms?);
    match derived {
        Derived::Duration => duration(),
        Derived::BitsPerSecond => Some(bits_per_second(flow.bytes?, duration()?)),
        Derived::PacketsPerSecond => Some(packets_per_second(flow.packets?, duration()?)),
        Derived::BytesPerPacket => Some(bytes_per_packet(flow.bytes?, flow.packets?)),
        Derived::Service => {
            service(flow.protocol?.into(), flow.src_port?.into(), flow.dst_port?.into())
        }
    }
}
