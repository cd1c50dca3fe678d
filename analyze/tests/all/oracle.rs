//! The flows of a corpus as they were on the wire, from its `records.csv.gz`.

use std::io::Read;
use std::path::PathBuf;

use flowkit_model::field::Access;
use flowkit_model::{FIELDS, FlowRecord, Kind, time};

/// The folder of the corpora, if there is one; says so if not.
pub(crate) fn corpora() -> Option<PathBuf> {
    let folder = std::env::var_os("FLOWKIT_CORPORA").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: FLOWKIT_CORPORA does not name the folder of the corpora");
    }
    folder
}

/// Reads a file that is packed with gzip.
pub(crate) fn unpacked(path: PathBuf) -> String {
    let file = std::fs::File::open(path).unwrap();
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
    text
}

/// Every record of a set.
pub(crate) fn flows(set: &str) -> Vec<FlowRecord> {
    let path = corpora().unwrap().join(set).join("records.csv.gz");
    let text = unpacked(path);
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    lines
        .map(|line| {
            let mut flow = FlowRecord::default();
            for (name, value) in names.iter().zip(line.split(',')) {
                set_field(&mut flow, name, value);
            }
            flow.version = Some(5);
            // Version 5 has type and code of ICMP in the destination port.
            if flow.protocol == Some(1) {
                let [kind, code] = flow.dst_port.unwrap().to_be_bytes();
                (flow.icmp_type, flow.icmp_code) = (Some(kind), Some(code));
            }
            flow
        })
        .collect()
}

fn set_field(flow: &mut FlowRecord, name: &str, value: &str) {
    let name = match name {
        "host" => "exporter",
        "first" => "first_switched",
        "last" => "last_switched",
        name => name,
    };
    let Some(field) = FIELDS.iter().find(|field| field.name == name) else { return };
    match field.access {
        Access::Text { write, .. } => write(flow, Some(value.to_owned())),
        Access::Address { write, .. } => write(flow, Some(value.parse().unwrap())),
        Access::Worked { .. } => {}
        Access::Number { write, .. } => {
            let number = match field.kind {
                Kind::Time => time::parse_ms(value).unwrap(),
                _ => value.parse().unwrap(),
            };
            write(flow, Some(number));
        }
    }
}
