//! An export whose addresses are hidden holds none of them in clear, in any form:
//! not as text, not as a number, not as bytes; what it holds instead is what the
//! key gives.
//!
//! The fields are those of the catalogue, so that one which is added later is
//! looked for, too.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use flowkit_analyze::export::anonymise::Anonymiser;
use flowkit_analyze::export::{Addresses, Export, Form};
use flowkit_analyze::import::import;
use flowkit_analyze::{ReadOptions, Selection, Source};
use flowkit_model::{Address, FIELDS, Field, FieldId, FlowRecord, Kind, Row};
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::{Value, json};

const FORMS: [Form; 6] = [
    Form::Parquet,
    Form::Csv { safe: false },
    Form::Csv { safe: true },
    Form::Ndjson,
    Form::Hits,
    Form::V5Pcap,
];

/// A router that is known by a name, and one by an address of the other family.
const NAMES: [&str; 2] = ["marked-router.example", "2001:db8:cafe::77"];

/// An Ethernet address.
const ETHERNET: &str = "c6:33:64:0a:0b:0c";

fn anonymiser() -> Anonymiser {
    Anonymiser::new(b"16 bytes for AES16 bytes to fill")
}

/// The address that stands in a field, another in each.
fn marker(field: &Field) -> Address {
    Address::from_bits(0xc633_6465 + field.id as u32) // 198.51.100.101 and following
}

/// Whether an address may stand in a field, or a word that tells whose it is.
fn may_tell(field: &Field) -> bool {
    matches!(field.kind, Kind::Address | Kind::Text)
}

/// A hit with a value in every field, which also has addresses where no field is.
fn hit(n: usize, change: impl Fn(&mut Value)) -> String {
    let address = "198.51.100.99";
    let mut document = json!({ "message": format!("from {address}"), "tags": [address] });
    for field in FIELDS {
        let value = match field.kind {
            Kind::Address | Kind::Text => json!(marker(field).to_string()),
            Kind::Time => match field.id {
                FieldId::FirstSwitched => json!("2018-09-21T00:00:01.000Z"),
                _ => json!("2018-09-21T00:00:09.000Z"),
            },
            Kind::Version => json!(9),
            _ => json!(3),
        };
        match field.module_key.split_once('.') {
            Some((object, key)) => document[object][key] = value,
            None => document[field.module_key] = value,
        }
    }
    document["geoip_src"]["ip"] = json!(address);
    change(&mut document);
    json!({ "_index": format!("of-{address}"), "_id": format!("{address}-{n}"), "_source": document })
        .to_string()
}

/// A row of csv with a value in every field.
fn row(exporter: &str, next_hop: &str) -> String {
    let cell = |field: &Field| match (field.id, field.kind) {
        (FieldId::Exporter, _) => exporter.to_owned(),
        (FieldId::NextHop, _) => next_hop.to_owned(),
        (FieldId::FirstSwitched, _) => "2018-09-21T00:00:01.000Z".into(),
        (FieldId::Version, _) => "9".into(),
        (FieldId::Family, _) => String::new(),
        (_, Kind::Address | Kind::Text) => marker(field).to_string(),
        (_, Kind::Time) => "2018-09-21T00:00:09.000Z".into(),
        (_, Kind::Mac) => ETHERNET.into(),
        _ => "3".into(),
    };
    FIELDS.iter().map(cell).collect::<Vec<_>>().join(",") + "\n"
}

/// A file of flows in which everything is marked, a dump of it with columns, and csv
/// of such flows.
fn sources(folder: &Path) -> [PathBuf; 3] {
    let (file, dump) = (folder.join("hits.ndjson"), folder.join("dump"));
    let csv = folder.join("flows.csv");
    let [exporter, next_hop] =
        [FieldId::Exporter, FieldId::NextHop].map(|field| marker(field.field()).to_string());
    let names: Vec<&str> = FIELDS.iter().map(|field| field.name).collect();
    let rows = [
        names.join(",") + "\n",
        row(&exporter, &next_hop),
        row(NAMES[0], &next_hop),
        row(NAMES[1], &next_hop),
        row(&exporter, "0.0.0.0"),
    ];
    fs::write(&csv, rows.concat()).unwrap();
    let hits = [
        hit(0, |_| ()),
        hit(1, |document| document["host"] = json!(NAMES[0])),
        hit(2, |document| document["host"] = json!(NAMES[1])),
        hit(3, |document| document["netflow"]["next_hop"] = json!("0.0.0.0")),
    ];
    fs::write(&file, hits.join("\n") + "\n").unwrap();
    let source = [Source::open(&file).unwrap()];
    import(&source, &dump, String::new(), true, ReadOptions::default()).unwrap();
    [file, dump, csv]
}

/// Everything that came out: the bytes, and the rows of columns as another reader
/// gives them, since these may be compressed.
fn export(source: &Path, form: Form, addresses: Addresses, hide: bool, to: &Path) -> Vec<u8> {
    let anonymiser = anonymiser();
    let export = Export {
        sources: &[Source::open(source).unwrap()],
        selection: &Selection::default(),
        anonymiser: hide.then_some(&anonymiser),
        addresses,
        options: ReadOptions::default(),
    };
    let exported = export.write(form, File::create(to).unwrap()).unwrap();
    assert_eq!((exported.flows, exported.left_out), (4, BTreeMap::new()), "{form:?}");
    let mut out = fs::read(to).unwrap();
    if form == Form::Parquet {
        let rows = SerializedFileReader::new(File::open(to).unwrap()).unwrap();
        for row in rows.get_row_iter(None).unwrap() {
            out.extend(row.unwrap().to_string().bytes());
        }
    }
    out
}

/// All that a marker may look like.
fn looks(address: Address) -> Vec<Vec<u8>> {
    let number = address.ipv4_bits().unwrap();
    let texts = [address.to_string(), number.to_string(), format!("{number:x}")];
    let bytes = [number.to_be_bytes(), number.to_le_bytes()];
    texts.map(String::into_bytes).into_iter().chain(bytes.map(Vec::from)).collect()
}

fn holds(out: &[u8], what: &[u8]) -> bool {
    out.windows(what.len()).any(|window| window == what)
}

/// The flows of an export, if it can be read again.
fn flows(path: &Path, form: Form, addresses: Addresses) -> Option<Vec<FlowRecord>> {
    if (form, addresses) == (Form::Parquet, Addresses::Text) {
        return None; // for other tools
    }
    let export = Export {
        sources: &[Source::open(path).unwrap()],
        selection: &Selection::default(),
        anonymiser: None,
        addresses,
        options: ReadOptions::default(),
    };
    let mut flows = Vec::new();
    let read = export.flows(|flow| {
        flows.push(flow.clone());
        Ok(())
    });
    assert!(read.unwrap().incomplete.is_empty(), "{form:?}");
    Some(flows)
}

/// Every form of export of a file and of a dump, with both kinds of addresses, and
/// a file to write it to.
fn each(check: impl Fn(&Path, Form, Addresses, &Path)) {
    let folder = tempfile::tempdir().unwrap();
    let (sources, to) = (sources(folder.path()), folder.path().join("out"));
    for source in &sources {
        for form in FORMS {
            check(source, form, Addresses::Text, &to);
            check(source, form, Addresses::Number, &to);
        }
    }
}

#[test]
fn no_marked_address_is_found_in_any_form() {
    each(|source, form, addresses, to| {
        let place = format!("{form:?} with {addresses:?} of {}", source.display());
        let clear = export(source, form, addresses, false, to);
        let hidden = export(source, form, addresses, true, to);
        // Packets have no room for what was looked up, nor for names.
        let has_texts = form != Form::V5Pcap;
        for field in FIELDS.iter().filter(|field| may_tell(field)) {
            let looks_in_clear = looks(marker(field));
            let is_there = looks_in_clear.iter().any(|look| holds(&clear, look));
            let is_of_packets = !field.is_looked_up() && !field.is_of_templates();
            let can_be_there = has_texts || is_of_packets;
            assert_eq!(is_there, can_be_there, "{} in clear in {place}", field.name);
            let found = looks_in_clear.iter().find(|look| holds(&hidden, look));
            assert_eq!(found, None, "{} in {place}", field.name);
            // What stands there instead is what the key gives.
            let of_key = looks(anonymiser().address(marker(field)));
            let is_there = of_key.iter().any(|look| holds(&hidden, look));
            let can_be_there = can_be_there && !field.is_looked_up();
            assert_eq!(is_there, can_be_there, "{} under the key in {place}", field.name);
        }
        assert!(!holds(&hidden, ETHERNET.as_bytes()), "an Ethernet address in {place}");
        assert!(!holds(&hidden, b"198.51.100."), "an address of no field in {place}");
        for name in NAMES.map(str::as_bytes) {
            assert_eq!(holds(&clear, name), has_texts, "{name:?} in {place}");
            assert!(!holds(&hidden, name), "{name:?} in {place}");
        }
    });
}

#[test]
fn what_is_read_again_is_what_the_key_gives() {
    let anonymiser = anonymiser();
    each(|source, form, addresses, to| {
        export(source, form, addresses, true, to);
        let Some(flows) = flows(to, form, addresses) else { return };
        assert_eq!(flows.len(), 4, "{form:?}");
        // Of the router with a name nothing is left; packets say 0.0.0.0, also of the one
        // with an address of IPv6.
        let is_address = |exporter: &String| exporter != "0.0.0.0";
        let known: Vec<&FlowRecord> =
            flows.iter().filter(|flow| flow.exporter.as_ref().is_some_and(is_address)).collect();
        assert_eq!(known.len(), if form == Form::V5Pcap { 2 } else { 3 }, "{form:?}");
        let row = Row::of(known[0]);
        let is_written = |field: &&Field| !field.is_of_templates() || form != Form::V5Pcap;
        for field in FIELDS.iter().filter(is_written).filter(|field| may_tell(field)) {
            let hidden = anonymiser.address(marker(field)).to_string();
            let found = match field.kind {
                Kind::Address => row.address(field.id).map(|address| address.to_string()),
                _ => row.text(field.id).map(str::to_owned),
            };
            let expected = (!field.is_looked_up()).then_some(hidden);
            assert_eq!(found, expected, "{} in {form:?}", field.name);
        }
        // A next hop that is none stays none.
        let is_none = |flow: &&FlowRecord| flow.next_hop == Some(Address::UNSPECIFIED);
        assert_eq!(flows.iter().filter(is_none).count(), 1, "{form:?}");
    });
}

/// Why a source is incomplete names its file, and where in it.
#[test]
fn that_a_source_is_incomplete_is_kept_and_no_name_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let (source, to) = (folder.path().join("198.51.100.99.ndjson"), folder.path().join("out"));
    fs::write(&source, hit(0, |_| ()) + "\n{\"broken\": \n").unwrap();
    let (anonymiser, sources) = (anonymiser(), [Source::open(&source).unwrap()]);
    let export = |anonymiser| {
        let export = Export {
            sources: &sources,
            selection: &Selection::default(),
            anonymiser,
            addresses: Addresses::Text,
            options: ReadOptions::default(),
        };
        export.write(Form::Parquet, File::create(&to).unwrap()).unwrap();
        fs::read(&to).unwrap()
    };
    assert!(holds(&export(None), b"198.51.100.99.ndjson"));
    let hidden = export(Some(&anonymiser));
    assert!(!holds(&hidden, b"198.51.100.99"));
    assert!(holds(&hidden, b"was incomplete"));
}
