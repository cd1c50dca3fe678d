//! How each report is computed from record batches: one file each.
//!
//! The reports and their options are [`Report`](flowkit_model::question::Report);
//! those that group flows share [`grouping`].

pub(crate) mod beacons;
pub(crate) mod check;
pub(crate) mod diff;
pub(crate) mod exporters;
pub(crate) mod fields;
pub(crate) mod grouping;
pub(crate) mod list;
pub(crate) mod scans;
pub(crate) mod summary;
pub(crate) mod timeline;
mod versions;
