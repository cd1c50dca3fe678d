//! Which key of a document is which field, in each way that pipelines write
//! flows: one table, [`DIALECTS`].
//!
//! The module's and the codec's names differ in ten keys and in nothing else,
//! and no key has two meanings there, so a document may use either without
//! saying which. The other dialects give some of these keys other meanings; a
//! document that has their marks is read again by their rows alone.
//!
//! Sources: logstash-codec-netflow (`Netflow5PDU`); Logstash's netflow module
//! (`netflow.conf.erb`); elastic/beats `x-pack/filebeat/input/netflow` and
//! elastic/integrations `packages/netflow`; robcowart/elastiflow 3.5.3 and
//! 4.0.1; netsampler/goflow2 `producer/proto` and `pb/flow.proto`; for the rest,
//! `collectors` and `nfdump`.

mod adapters;
mod collectors;
mod keys;
mod nfdump;
mod place;
#[cfg(test)]
pub(in crate::document) mod sample;
mod templates;
mod templates_of_filebeat;

use crate::field::{FIELDS, Field, FieldId};
use crate::names::Adaptation;
use adapters::{ELASTIFLOW_3, ELASTIFLOW_4, FILEBEAT, GOFLOW2};
use collectors::{AKVORADO, FLAT, PMACCT};
use nfdump::NFDUMP;

pub(in crate::document) use keys::{Keys, Node, Signs};
pub use place::{Dialect, Form, Place};
pub(in crate::document) use templates::version_of_word;
pub use templates::{layer_2_paths, logstash_places};

/// Every dialect. The first two are read together; the order of the rest is
/// that in which their marks are looked for.
pub const DIALECTS: &[Dialect] = &[
    Dialect {
        name: "Logstash netflow module",
        changes: None,
        marks: &[],
        places: module,
        templates: templates::logstash,
    },
    Dialect {
        name: "Logstash netflow codec",
        changes: None,
        marks: &[],
        places: codec,
        templates: templates::logstash,
    },
    FILEBEAT,
    GOFLOW2,
    ELASTIFLOW_3,
    ELASTIFLOW_4,
    NFDUMP,
    FLAT,
    PMACCT,
    AKVORADO,
];

/// Dialects that are read together as the base.
const BASE: usize = 2;

fn module() -> Vec<Place> {
    let place =
        |field: &Field| Place { field: field.id, path: field.module_key, form: Form::Plain };
    let mut places: Vec<Place> = of_version_5().map(place).collect();
    // Logstash 8 puts the exporter's address under `host`.
    for path in ["host.ip", "host.name"] {
        places.push(Place { field: FieldId::Exporter, path, form: Form::Plain });
    }
    // Where the codec's target is another; nothing else of version 5 stands there.
    places.push(Place { field: FieldId::Version, path: "ipfix.version", form: Form::Plain });
    places
}

fn codec() -> Vec<Place> {
    let place = |field: &Field| Place { field: field.id, path: field.codec_key, form: Form::Plain };
    of_version_5().map(place).collect()
}

/// The fields that documents of version 5 have.
fn of_version_5() -> impl Iterator<Item = &'static Field> {
    FIELDS.iter().filter(|field| !field.is_of_templates())
}

/// What the pipeline of a dialect changed of a flow, given whether its counters are
/// of a place that it multiplies, and the sampling interval.
pub(in crate::document) fn adaptation(
    dialect: usize,
    scaled: bool,
    interval: Option<u64>,
) -> Option<Adaptation> {
    let (always, if_scaled) = DIALECTS[dialect].changes?;
    Some(if scaled && interval > Some(1) { if_scaled } else { always })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every dialect but the codec names all that identifies a conversation.
    #[test]
    fn every_dialect_has_the_fields_that_matter() {
        for dialect in DIALECTS {
            let places = (dialect.places)();
            for field in [
                FieldId::Timestamp,
                FieldId::Exporter,
                FieldId::Version,
                FieldId::SrcAddr,
                FieldId::DstAddr,
                FieldId::SrcPort,
                FieldId::DstPort,
                FieldId::Protocol,
                FieldId::Bytes,
                FieldId::Packets,
                FieldId::FirstSwitched,
                FieldId::LastSwitched,
            ] {
                // nfdump's and Akvorado's do not say from which format they came.
                let is_left_out = match field {
                    FieldId::Version => ["nfdump -o json", "Akvorado"].contains(&dialect.name),
                    FieldId::FirstSwitched | FieldId::LastSwitched => dialect.name == "Akvorado",
                    _ => false,
                };
                let has = is_left_out || places.iter().any(|place| place.field == field);
                assert!(has, "{} has no {field:?}", dialect.name);
            }
        }
    }
}
