//! Columns that are named by the paths of a document, or by flowkit's names of
//! fields: Kibana's csv, es2csv, pandas, DuckDB, and what flowkit exports.
//!
//! A path may stand behind `_source.` or `fields.`, and may lack `netflow.`, as
//! the codec's names often do. A header that has the marks of another pipeline
//! (see [`DIALECTS`]) is read by its paths, else by those of Logstash's module
//! and codec.

use super::layout::{Layout, Role};
use crate::document::dialect::{DIALECTS, Form};
use crate::field::{FIELDS, FieldId, Kind};

/// flowkit's own csv, and columns by paths.
pub(super) const PATHS: Layout = Layout {
    name: "flowkit export --format csv, or paths of documents as Kibana, es2csv and pandas write",
    headers: &[
        "timestamp,exporter,version,flow_seq_num,engine_type,engine_id,sampling_algorithm,sampling_interval,flow_records,src_addr,dst_addr,next_hop,input_snmp,output_snmp,packets,bytes,first_switched,last_switched,src_port,dst_port,tcp_flags,protocol,tos,src_as,dst_as,src_mask_len,dst_mask_len",
        "@timestamp,host,netflow.src_addr,netflow.dst_addr,netflow.dst_port,netflow.protocol,netflow.bytes,netflow.packets,_id,_index",
        ",_source.@timestamp,_source.host,_source.netflow.ipv4_src_addr,_source.netflow.ipv4_dst_addr,_source.netflow.in_bytes,_source.netflow.in_pkts",
        "@timestamp,ipv4_src_addr,ipv4_dst_addr,l4_src_port,l4_dst_port,protocol,in_bytes,in_pkts",
    ],
    roles,
    ranks,
    is_closed: false,
};

fn roles(names: &[&str]) -> Vec<Option<Role>> {
    places(names).into_iter().map(|place| Some(place?.1)).collect()
}

fn ranks(names: &[&str]) -> Vec<usize> {
    places(names).into_iter().map(|place| place.map_or(0, |(rank, _)| rank)).collect()
}

/// What stands under each name, and its rank among the names of a field, which is
/// that of documents.
fn places(names: &[&str]) -> Vec<Option<(usize, Role)>> {
    let paths: Vec<&str> = names.iter().map(|name| path(name)).collect();
    let has = |mark: &&str| {
        paths.iter().any(|path| {
            path.strip_prefix(*mark).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    };
    let is_other = |marks: &[&[&str]]| marks.iter().any(|row| row.iter().all(has));
    let other = DIALECTS.iter().find(|dialect| is_other(dialect.marks));
    let place = |path: &&str| match other {
        Some(dialect) => {
            let places = (dialect.places)();
            let rank = places.iter().position(|place| place.path == *path)?;
            Some((rank, Role::Value(places[rank].field, places[rank].form)))
        }
        None => logstash(path).or_else(|| own(path)),
    };
    paths.iter().map(place).collect()
}

/// A column's name as the path in a document.
fn path(name: &str) -> &str {
    let path = ["_source.", "fields."].iter().find_map(|before| name.strip_prefix(before));
    let path = path.unwrap_or(name);
    path.strip_suffix(".keyword").unwrap_or(path)
}

/// A path of Logstash's netflow module or codec; those of the module come first, and
/// whole ones before those without `netflow.`.
fn logstash(path: &str) -> Option<(usize, Role)> {
    if let Some(rank) = ["host.ip", "host.name"].iter().position(|key| *key == path) {
        return Some((1 + rank, Role::Value(FieldId::Exporter, Form::Plain)));
    }
    FIELDS.iter().find_map(|field| {
        let [module, codec] = [field.module_key, field.codec_key];
        let is_short = |key: &str| key.strip_prefix("netflow.") == Some(path);
        let fits = [module == path, false, false, codec == path, is_short(module), is_short(codec)];
        Some((fits.iter().position(|fits| *fits)?, value(field)))
    })
}

/// A name of a field, or of its count of flows.
fn own(path: &str) -> Option<(usize, Role)> {
    const RANK: usize = 6;
    if path == "flows" {
        return Some((RANK, Role::Flows));
    }
    let field = FIELDS.iter().find(|field| field.name == path)?;
    Some((RANK, value(field)))
}

fn value(field: &crate::Field) -> Role {
    // Addresses are numbers with `--addresses number`.
    let form = if field.kind == Kind::Address { Form::AnyAddress } else { Form::Plain };
    Role::Value(field.id, form)
}
