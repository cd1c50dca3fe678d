//! What a layout of rows is made of: its names, and what stands under each.

use crate::document::dialect::Form;
use crate::field::FieldId;

/// What stands under a name of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The value of a field.
    Value(FieldId, Form),
    /// Engine type and id, `0/7`.
    Engine,
    /// The destination port; of ICMP, type and code as `8.0`.
    PortOrIcmp,
    /// The type of ICMP, 0 for other protocols.
    IcmpType,
    /// The code of ICMP, 0 for other protocols.
    IcmpCode,
    /// TCP flags as SiLK writes them: nothing where none is set.
    BlankFlags,
    /// The duration in seconds, from which the end follows to the millisecond.
    Duration,
    /// How many flows the row stands for.
    Flows,
    /// Packets of the way back.
    PacketsBack,
    /// Bytes of the way back.
    BytesBack,
    /// Seconds of the time of export since 1970.
    ExportSeconds,
    /// Nanoseconds of the time of export.
    ExportNanoseconds,
    /// Uptime of the exporter at the export, in milliseconds.
    Uptime,
    /// Uptime at the first packet, in milliseconds.
    FirstUptime,
    /// Uptime at the last packet, in milliseconds.
    LastUptime,
    /// Something that a flow of version 5 does not have.
    Nothing,
}

/// A way in which a program writes rows.
#[derive(Debug)]
pub struct Layout {
    /// What writes it.
    pub name: &'static str,
    /// Headers as the versions of the program write them, for people and tests.
    pub headers: &'static [&'static str],
    /// What stands under each of the names of a header; `None` under a name that
    /// the layout does not know.
    pub roles: fn(&[&str]) -> Vec<Option<Role>>,
    /// Of columns that hold one field, the one of the lowest rank that holds a value
    /// counts.
    pub ranks: fn(&[&str]) -> Vec<usize>,
    /// Names that it knows are the program's own; others may be the user's, as
    /// the members of a document are.
    pub is_closed: bool,
}

/// Rows that are no flows, known by names that all stand in their header.
#[derive(Debug)]
pub struct Refused {
    /// Names of the header.
    pub marks: &'static [&'static str],
    /// What the rows are, and what to do.
    pub why: &'static str,
}

/// Roles by a table of names.
pub(super) fn by_name(table: &[(&str, Role)], names: &[&str]) -> Vec<Option<Role>> {
    let role = |name: &&str| table.iter().find(|(known, _)| known == name).map(|(_, role)| *role);
    names.iter().map(role).collect()
}

/// Ranks of names of which none is another one's copy.
pub(super) fn alike(names: &[&str]) -> Vec<usize> {
    vec![0; names.len()]
}
