//! NetFlow version 9 and IPFIX as they cross the network: datagrams whose
//! records mean nothing without a template that came before.
//!
//! Version 5 is one record of 48 bytes. Version 9 and IPFIX send a **template**
//! first, which says of which fields a record consists, by number and length,
//! and then sets of records that name the template. Who joins late cannot read
//! anything until the template is sent again, and who confuses the templates of
//! two exporters reads nonsense in silence. **Options** are records about the
//! exporter: how it samples, what its interfaces are called.
//!
//! | to learn | read |
//! | --- | --- |
//! | what the headers say, and how uptime becomes a time | [`header`] |
//! | where each member of the headers stands, as a table | [`layout`] |
//! | where the sets of a datagram begin and end | [`sets`] |
//! | what a template says of its records | [`template`] |
//! | which templates are kept, and how many | [`templates`], [`limits`] |
//! | how a datagram is gone through | [`walk`] |
//! | what a record consists of | [`data`] |
//! | what the numbers of fields mean | [`element`], [`elements`] |
//! | what a record says of a flow | [`class`], [`exported`], [`impossible`] |
//! | what a record says of the exporter | [`options`] |
//! | what a datagram can have wrong with it | [`fault`] |
//! | how payloads in a row, and messages in one, are cut | [`fn@split`], [`messages`] |
//! | how flows become datagrams | [`encode`] |
//!
//! ```
//! use flowkit_model::wire::templated::{Part, Templates};
//!
//! let mut bytes = vec![0, 9, 0, 2]; // version, count
//! bytes.extend(90_000_u32.to_be_bytes()); // SysUptime
//! bytes.extend(1_557_820_800_u32.to_be_bytes()); // unix_secs
//! bytes.extend([0, 0, 0, 7, 0, 0, 0, 0]); // sequence, source id
//!
//! // Flowset 0 is of templates. Template 256: source and destination address,
//! // bytes, and the uptime at the last packet.
//! bytes.extend([0, 0, 0, 24]); // number and length of the flowset
//! bytes.extend([1, 0, 0, 4]); // number of the template, fields
//! bytes.extend([0, 8, 0, 4, 0, 12, 0, 4, 0, 1, 0, 4, 0, 21, 0, 4]);
//!
//! // Flowset 256 is of records of template 256: here one, of 16 bytes.
//! bytes.extend([1, 0, 0, 20]);
//! bytes.extend([10, 0, 2, 2, 10, 0, 2, 15]);
//! bytes.extend(1500_u32.to_be_bytes());
//! bytes.extend(89_000_u32.to_be_bytes()); // 1 s before the export
//!
//! let mut templates = Templates::new();
//! let mut flows = Vec::new();
//! for part in templates.read(None, &bytes)? {
//!     if let Part::Data(data) = part {
//!         flows.extend(data.records().map(|record| record.exported()));
//!     }
//! }
//! assert_eq!(flows.len(), 1);
//! assert_eq!(flows[0].src_addr, Some([10, 0, 2, 2].into()));
//! assert_eq!((flows[0].bytes, flows[0].packets), (Some(1500), None));
//! assert_eq!(flows[0].last_ms, Some(1_557_820_799_000));
//!
//! // The template is known from now on.
//! assert_eq!(templates.n_templates(), 1);
//! # Ok::<(), flowkit_model::wire::templated::NotTemplated>(())
//! ```
//!
//! Sources: RFC 3954 (version 9); RFC 7011 and 7012 (IPFIX and its elements);
//! RFC 5103 (both directions in one record); RFC 5477 (sampling).

pub mod class;
pub mod data;
mod definition;
pub mod element;
pub mod elements;
pub mod encode;
pub mod exported;
pub mod fault;
pub mod header;
pub mod impossible;
pub mod layout;
pub mod limits;
#[cfg(test)]
mod made_up;
mod number;
pub mod options;
mod plan;
#[cfg(test)]
mod random;
mod reading;
mod role;
pub mod sets;
pub mod split;
pub mod template;
pub mod templates;
mod value_text;
pub mod walk;

pub use class::Class;
pub use data::{Data, Field, Held, Record, Records};
pub use element::{Element, Kind};
pub use elements::ELEMENTS;
pub use exported::{Direction, Exported};
pub use fault::Fault;
pub use header::{Header, NotTemplated, Version};
pub use impossible::{Impossible, Impossibles};
pub use limits::Limits;
pub use options::{Algorithm, Interface, OptionsFound, Sampling, Scope};
pub use sets::{Content, Set, Sets};
pub use split::{messages, split};
pub use template::{Specifier, Template, VARIABLE};
pub use templates::{Source, Templates};
pub use walk::{Part, Walk};
