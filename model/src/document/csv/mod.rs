//! Rows of csv as flows: which programs' layouts are known, one list
//! ([`LAYOUTS`]), and how a row of each is read.
//!
//! A header tells the layout. Its delimiter may be a comma, a tab, a semicolon or
//! `|`. A header that no layout knows is refused with the names that were not
//! understood; rows that are no flows, such as statistics, are refused by what
//! they are.
//!
//! ```
//! use flowkit_model::document::csv::{Header, Row};
//!
//! let header = Header::of("srcAddr,dstPort,proto,bytes").unwrap();
//! let Row::Flows(flows) = header.row(b"192.0.2.1,8.0,1,84") else { panic!() };
//! assert_eq!(flows.flow.dst_port, Some(8 * 256));
//! assert!(Header::of("name,price,stock").is_err());
//! ```
//!
//! | to learn | read |
//! | --- | --- |
//! | which names a program's columns have | `nfdump`, `others`, `paths` |
//! | how a cell becomes a value | `value` |
//! | what is quoted, and where a record ends | [`cells`] |
//! | how the start of a text is recognised | [`start`](fn@start) |

pub mod cells;
mod header;
mod layout;
mod layouts;
mod nfdump;
mod others;
mod paths;
mod row;
mod start;
mod value;

pub use header::{Header, NoHeader};
pub use layout::{Layout, Refused, Role};
pub use layouts::{LAYOUTS, REFUSED};
pub use row::{Flows, Row};
pub use start::{Start, start};
