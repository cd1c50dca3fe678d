//! What the value of a port is in flows that may have none.

/// What the value of a port is, in the order of the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PortKind {
    /// Type and code, or nothing: all flows are of ICMP.
    Icmp,
    /// Different things in different flows.
    Mixed,
    /// Nothing: all flows are of other protocols without ports.
    None,
    /// A port: all flows are of TCP, UDP, DCCP or SCTP.
    Port,
}

impl PortKind {
    /// The name of each variant.
    pub const NAMES: [&'static str; 4] = ["icmp", "mixed", "none", "port"];

    /// Its name in csv and json.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}
