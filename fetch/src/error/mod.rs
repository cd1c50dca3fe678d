//! What can go wrong between a server and the disk.
//!
//! A message says what failed, where, and what to try; `source` says why. Texts of a
//! server are truncated and without control characters; none holds credentials, also
//! where a server repeats them ([`secrets`]).

mod disk;
mod excess;
mod kinds;
mod lack;
mod printable;
mod secrets;
mod stranger;
mod unsearchable;
mod unsent;

pub use excess::Excess;
pub use kinds::FetchError;
pub use lack::{Denied, Lack};
pub(crate) use printable::{is_harmless, printable, told};
pub(crate) use secrets::{blank, remember};
pub use stranger::Stranger;
pub use unsearchable::{Unsearchable, Why};
pub use unsent::Unsent;
