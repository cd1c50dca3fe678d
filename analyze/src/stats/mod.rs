//! How each report is worked out from batches of columns: one file each.
//!
//! Which reports there are, and what each can be asked, is
//! [`Report`](flowkit_model::question::Report); the reports that group flows
//! share [`grouping`].

pub(crate) mod beacons;
pub(crate) mod check;
pub(crate) mod diff;
pub(crate) mod exporters;
pub(crate) mod fields;
pub(crate) mod grouping;
pub(crate) mod scans;
pub(crate) mod summary;
pub(crate) mod timeline;
