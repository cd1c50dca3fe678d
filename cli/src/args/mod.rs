//! What commands have in common on the command line: which sources, which
//! flows, which rows, which server, and where the result goes.

pub(crate) mod keys;
pub(crate) mod output;
pub(crate) mod rows;
pub(crate) mod selection;
pub(crate) mod server;
pub(crate) mod sources;
