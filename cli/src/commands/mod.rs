//! One file per subcommand.

pub(crate) mod fetch;
mod progress;
