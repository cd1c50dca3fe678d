//! Footers that count, name or nest what no footer of flowkit does.

use parquet::basic::{Repetition, Type as Physical};
use parquet::schema::types::{SchemaDescriptor, Type};

use super::*;

/// Counts that a footer states are those of its rows, and no sum of them overflows.
#[test]
fn what_a_forger_counts_is_refused() {
    for (pointer, value) in [
        ("/facts/total/2", serde_json::json!(131)),
        ("/facts/total/0", serde_json::json!(u128::MAX.to_string())),
        ("/facts/duplicates/0", serde_json::json!(u64::MAX)),
        ("/facts/quality/timed", serde_json::json!(u64::MAX)),
        ("/facts/seen", serde_json::json!([0, u64::MAX])),
        ("/facts/seen", serde_json::json!([2, 1])),
    ] {
        let count = |footer: &mut Footer| {
            let mut json = serde_json::to_value(&*footer).unwrap();
            *json.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value.clone();
            *footer = serde_json::from_value(json).unwrap();
        };
        let said = why(&forged(&good(DICTIONARIES), |_| {}, count, |group| group));
        assert!(said.contains("it counts other flows than it has"), "{pointer}: {said}");
    }
    for rows in [-1, 0, 99, 1 << 61] {
        let group =
            |group: RowGroupMetaData| group.into_builder().set_num_rows(rows).build().unwrap();
        let said = why(&forged(&good(DICTIONARIES), |_| {}, |_| {}, group));
        assert!(said.contains("it counts other flows than it has"), "{rows}: {said}");
    }
}

/// A file with our footer over another schema.
fn with_schema(columns: Vec<Type>) -> Vec<u8> {
    let bytes = good(DICTIONARIES);
    let file = ColumnFile::of_bytes(&bytes).unwrap();
    let columns = columns.into_iter().map(Arc::new).collect();
    let root = Type::group_type_builder("flows").with_fields(columns).build().unwrap();
    let schema = Arc::new(SchemaDescriptor::new(Arc::new(root)));
    let pairs =
        vec![KeyValue::new(footer::KEY.to_owned(), serde_json::to_string(file.footer()).unwrap())];
    let of_file = FileMetaData::new(2, 0, None, Some(pairs), schema, None);
    let metadata = ParquetMetaData::new(of_file, Vec::new());
    let mut out = b"PAR1".to_vec();
    ParquetMetaDataWriter::new(&mut out, &metadata).finish().unwrap();
    out
}

#[test]
fn columns_that_are_others_are_refused_by_name() {
    let column = |name: &str, physical| {
        Type::primitive_type_builder(name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .build()
            .unwrap()
    };
    let layout = Layout::Version5;
    let with = |addresses| -> Vec<Type> {
        let physical = |stored| schema::types_with(layout, stored, addresses).0;
        layout.columns().iter().map(|stored| column(&stored.name(), physical(*stored))).collect()
    };
    let ours = || with(Addresses::Number);
    let port = FieldId::DstPort as usize;
    let mut lacking = ours();
    lacking.remove(port);
    let mut twice = ours();
    twice.push(column("dst_port", Physical::INT32));
    let mut other = ours();
    other.push(column("\u{1b}[2J", Physical::INT32));
    let mut typed = ours();
    typed[port] = column("dst_port", Physical::INT64);
    let mut list = ours();
    list[port] = Type::primitive_type_builder("dst_port", Physical::INT32)
        .with_repetition(Repetition::REPEATED)
        .build()
        .unwrap();
    let mut swapped = ours();
    swapped.swap(0, 1);
    let mut nested = ours();
    nested[port] = Type::group_type_builder("dst_port")
        .with_repetition(Repetition::OPTIONAL)
        .with_fields(vec![Arc::new(column("x", Physical::INT32))])
        .build()
        .unwrap();
    // One column of those that only other versions have.
    let mut more = ours();
    more.push(column("src_addr_ipv6", Physical::BYTE_ARRAY));
    for (columns, expected) in [
        (lacking, "lacks the column dst_port"),
        (twice, "has the column dst_port twice"),
        (other, "has a column \\u{1b}[2J that no flow has"),
        (typed, "its column dst_port is of another type"),
        (list, "its column dst_port is of another type"),
        (swapped, "its columns are in another order"),
        (nested, "its column dst_port has others inside"),
        (more, "lacks the column family"),
        (with(Addresses::Text), "has addresses as text"),
        (Vec::new(), "lacks the column timestamp"),
    ] {
        let said = why(&with_schema(columns));
        assert!(said.contains(expected), "{said}, not {expected}");
    }
}

/// A footer in which structures are inside of each other without end, or which claims
/// more than it holds: it is refused before anything is made of it.
#[test]
fn a_footer_that_claims_is_refused() {
    let file = |footer: &[u8], length: usize| {
        let length = u32::try_from(length).unwrap().to_le_bytes();
        [&b"PAR1"[..], footer, &length, b"PAR1"].concat()
    };
    // The schema: groups of one, each inside of the one before.
    let mut deep = vec![0x29, 0xfc];
    varint::write(60_000, &mut deep);
    (0..60_000).for_each(|_| deep.extend([0x48, 1, b'a', 0x15, 2, 0]));
    deep.push(0);
    // A root that has 2^31 - 1 columns.
    let mut many = vec![0x29, 0x1c, 0x48, 1, b'a', 0x15];
    varint::write((1 << 32) - 2, &mut many);
    many.extend([0, 0]);
    // A list of row groups that is not there.
    let mut groups = vec![0x49, 0xfc];
    varint::write(1 << 31, &mut groups);
    // Lists in lists.
    let lists = vec![0x99; 100_000];
    for (footer, what) in [(deep, "deep"), (many, "many"), (groups, "groups"), (lists, "lists")] {
        let said = why(&file(&footer, footer.len()));
        let is_known = ["flowkit did not write it", "its footer is damaged"];
        assert!(is_known.iter().any(|words| said.contains(words)), "{what}: {said}");
        // The same with our key in it, so that it is not for that.
        let mut ours = footer.clone();
        if ours.last() == Some(&0) {
            ours.pop();
            ours.extend([0x39, 0x1c, 0x18, 7]);
            ours.extend(b"flowkit");
            ours.extend([0, 0]);
            let said = why(&file(&ours, ours.len()));
            assert!(said.contains("has others inside") || said.contains("lacks"), "{what}: {said}");
        }
    }
    for (bytes, expected) in [
        (file(&[0], 1), "flowkit did not write it"),
        (file(&[0], 2_000_000_000), "does not end as a Parquet file does"),
        (b"PAR1".to_vec(), "does not end as a Parquet file does"),
        (Vec::new(), "does not end as a Parquet file does"),
        (file(&[], 0), "its footer is damaged"),
    ] {
        let said = why(&bytes);
        assert!(said.contains(expected), "{said}, not {expected}");
    }
}
