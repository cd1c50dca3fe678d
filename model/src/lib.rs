//! The NetFlow v5 flow record: what each field means, and how to read it.
//!
//! This crate never opens a file or a socket, starts no thread and asks no
//! clock. Bytes come in, [`FlowRecord`]s go out, so everything here can be
//! tested with a string.
//!
//! | to learn | read |
//! | --- | --- |
//! | what a flow is, and the unit of each field | [`record`] |
//! | what a field is called on the wire, in a document and on the command line | [`field`] |
//! | the same flow as a row of a table | [`row`] |
//! | how a document of Elasticsearch becomes a record | [`document`] |
//! | which flows a filter means | [`filter`] |
//! | what a protocol, a port or a flag is called | [`names`] |
//! | how a time is read and written | [`time`] |
//! | what a fetch leaves on the disk | [`dump`] |
//! | which span of time a person means | [`window`] |
//! | what the bytes of an export packet are | [`wire`] |
//!
//! Sources: Cisco, *NetFlow Export Datagram Format* (version 5 header and
//! record); `logstash-codec-netflow` (`Netflow5PDU`); Logstash's netflow
//! module (`netflow.conf.erb` and its index template).

pub mod document;
pub mod dump;
pub mod field;
pub mod filter;
pub mod late;
pub mod lesson;
pub mod names;
pub mod record;
pub mod row;
pub mod time;
pub mod window;
pub mod wire;

pub use document::{Document, Entry, NotAFlow};
pub use field::{FIELDS, Field, FieldId, Kind};
pub use filter::Expression;
pub use record::FlowRecord;
pub use row::Row;
