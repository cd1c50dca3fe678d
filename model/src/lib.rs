//! A course on the NetFlow v5 flow record, and the code that reads it.
//!
//! A router adds up the packets that go one way between two sockets, and sends
//! the sums now and then. Such a **flow** takes four shapes on its way to an
//! answer. Each is a module here, which teaches it and has an example that runs:
//!
//! ```text
//!     1 bytes            2 document            3 record             4 row
//!  48 on the wire  ──►  JSON in an index  ──►  typed fields  ──►  one value a column
//!     wire               document              record              row
//! ```
//!
//! 1. [`wire`]: what the router sends. Start here; `flowkit explain` shows the
//!    same as a picture.
//! 2. [`document`]: what Logstash makes of it, what it adds, and what it gets
//!    wrong ([`logstash_times`]).
//! 3. [`record`]: the flow as Rust sees it, each field with unit and caveat.
//! 4. [`row`]: the flow as columns see it, by the places of the catalogue.
//!
//! What is true in all four is in one list, the catalogue: [`field`].
//!
//! | to learn | read |
//! | --- | --- |
//! | what each field is good for, and what goes wrong with it | [`lesson`] |
//! | what a field is called, in flowkit and elsewhere | [`field`], [`document::dialect`] |
//! | what an address and a network are | [`address`] |
//! | what a protocol, a port or a flag is called | [`names`] |
//! | how a time is read and written | [`time`] |
//! | which flows a filter matches | [`filter`] |
//! | how a window of time is typed and read | [`window`] |
//! | what a fetch leaves on the disk | [`dump`] |
//! | what may reach a terminal, and a spreadsheet | [`harmless`], [`spreadsheet`] |
//!
//! This crate never opens a file or a socket, starts no thread and asks no
//! clock. Bytes come in, [`FlowRecord`]s go out, so everything here can be
//! tested with a string. Modules use those of the floors below them:
//!
//! ```text
//! 4  document (shape, dialect)  logstash_times
//! 3  filter  wire  lesson  row
//! 2  field  dump
//! 1  address  record  names  time  window
//! ```
//!
//! # One flow through all four
//!
//! ```
//! use flowkit_model::wire::{self, Header, Record, encode};
//! use flowkit_model::{Document, FieldId, Row};
//!
//! // 1. On the wire: a web request, 5.2 s long, exported 3.1 s after its end.
//! let header = Header {
//!     count: 1,
//!     sys_uptime_ms: 1_565_896_113,
//!     unix_secs: 1_537_514_621,
//!     unix_nsecs: 231_000_000,
//!     ..Header::default()
//! };
//! let record = Record {
//!     src_addr: [192, 168, 100, 65].into(),
//!     dst_addr: [203, 0, 113, 70].into(),
//!     packets: 8,
//!     bytes: 502,
//!     first_uptime_ms: header.sys_uptime_ms - 8_300,
//!     last_uptime_ms: header.sys_uptime_ms - 3_100,
//!     src_port: 47_228,
//!     dst_port: 80,
//!     tcp_flags: 27,
//!     protocol: 6,
//!     ..Record::default()
//! };
//! let bytes = encode::single(&header, &record);
//! assert_eq!(bytes.len(), 24 + 48);
//!
//! // 2. The document that Logstash 7 makes of it: first_switched is 1 s late.
//! let document = r#"{"@timestamp": "2018-09-21T07:23:41.231Z", "netflow": {
//!     "version": "Netflow v5", "src_addr": "192.168.100.65", "dst_port": 80, "bytes": 502,
//!     "first_switched": "2018-09-21T07:23:33.931Z"}}"#;
//! let from_document = Document::parse(document.as_bytes())?.into_flow().unwrap();
//!
//! // 3. The record, from the bytes and from the document: equal but for that second.
//! let flow = wire::decode(&bytes)?.flows(None).next().unwrap();
//! assert_eq!(flow.bytes, from_document.bytes);
//! assert_eq!(flow.timestamp_ms, from_document.timestamp_ms);
//! let late = from_document.first_switched_ms.unwrap() - flow.first_switched_ms.unwrap();
//! assert_eq!(late, 1000);
//!
//! // 4. The row, from which columns are filled.
//! assert_eq!(Row::of(&flow).number(FieldId::DstPort), Some(80));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Sources: Cisco, *NetFlow Export Datagram Format* (version 5 header and
//! record); `logstash-codec-netflow` (`Netflow5PDU`); Logstash's netflow
//! module (`netflow.conf.erb` and its index template).

pub mod address;
pub mod answer;
pub mod document;
pub mod dump;
pub mod exported_row;
pub mod field;
pub mod filter;
pub mod harmless;
pub mod lesson;
pub mod logstash_times;
pub mod meaning;
pub mod names;
pub mod question;
pub mod record;
pub mod row;
pub mod spreadsheet;
pub mod sums;
pub mod time;
pub mod window;
pub mod wire;

pub use address::{Address, Family, Network};
pub use answer::Answer;
pub use document::{Document, Entry, NotAFlow};
pub use field::{FIELDS, Field, FieldId, Kind};
pub use filter::Expression;
pub use meaning::Meaning;
pub use question::Question;
pub use record::FlowRecord;
pub use row::Row;
pub use sums::{Metric, Sums};
