//! Written files are read by the crate's readers.

use flowkit_model::answer::Tally;
use flowkit_model::{Address, FieldId, FlowRecord};
use parquet::basic::Encoding as Parquet;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::statistics::Statistics;
use parquet::record::Field as Found;
use parquet::schema::types::SchemaDescriptor;

use super::*;
use crate::scan::batch_tally::BatchTally;
use crate::store::tuning::MOST_PAGE;

/// A Parquet file of some flows, in row groups of `group_rows`.
pub(crate) fn file_of(batch: &Batch, group_rows: usize) -> Vec<u8> {
    file_with(batch, group_rows, Addresses::Number, tuning::encoding).unwrap()
}

/// A Parquet file of some flows, with the encoding of each field.
pub(crate) fn file_with(
    batch: &Batch,
    group_rows: usize,
    addresses: Addresses,
    encoding: fn(FieldId) -> Encoding,
) -> Result<Vec<u8>, StoreError> {
    let dictionary = Arc::clone(batch.dictionary());
    let mut writer = FlowWriter::new(Vec::new(), "test", &dictionary, (None, addresses))?;
    (writer.group_rows, writer.encoding) = (group_rows, encoding);
    let writer = writer.push(batch)?;
    let (mut measures, mut tally) = (BatchTally::default(), Tally::default());
    measures.add(batch);
    measures.finish(&mut tally, FieldSet::all(), &dictionary.codebook());
    let belongs = Belongs {
        version: schema::VERSION,
        catalogue: schema::fingerprint(Layout::default()),
        part: String::new(),
        file_bytes: 0,
        sha256: String::new(),
        after: Vec::new(),
    };
    writer.finish(belongs, StoredTally::of(&tally))
}

/// Flows with columns that are constant, have runs, few values, many values, some
/// nulls or only nulls.
pub(crate) fn flows(n: u64) -> impl Iterator<Item = FlowRecord> {
    let mixed = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let address = |bits: u64| flowkit_model::Address::from_bits(u32::try_from(bits >> 32).unwrap());
    (0..n).map(move |n| FlowRecord {
        timestamp_ms: Some(1_537_488_000_000 + n),
        exporter: Some(format!("router {}", n / 900 % 3)),
        src_as_name: (n % 7 > 2).then(|| "x".repeat((n % 70) as usize)),
        version: Some(5),
        flow_seq_num: (n > 30).then(|| u32::try_from(n * 30).unwrap()),
        src_addr: Some(address(mixed(n))),
        dst_addr: Some(address(mixed(n % 300))),
        packets: Some(if n % 50 == 3 { u64::MAX - n } else { n % 9 }),
        bytes: (n % 3 > 0).then_some(mixed(n)),
        src_port: Some(u16::try_from(mixed(n) >> 48).unwrap()),
        dst_port: Some(u16::try_from(n / 20 % 5).unwrap()),
        protocol: Some([6, 17][usize::from(n % 40 > 25)]),
        tos: (n < 17_000).then_some(0),
        ..FlowRecord::default()
    })
}

/// The same flows, some with IPv6 addresses and what only NetFlow v9 and IPFIX have.
pub(crate) fn both_families(n: u64) -> impl Iterator<Item = FlowRecord> {
    let edges = ["::", "::1", "::ffff:192.0.2.1", "255.255.255.255", "240.0.0.0", "fe80::1"];
    flows(n).zip(0..).map(move |(flow, n)| {
        let ipv6 = |n: u64| Some(Address::from_number(u128::from(n) << 70 | u128::from(n % 9)));
        let edge = edges[usize::try_from(n % 6).unwrap()].parse().ok();
        match n % 4 {
            0 => FlowRecord { src_addr: ipv6(n + 3), dst_addr: ipv6(n % 40 + 1), ..flow },
            1 => FlowRecord { src_addr: edge, direction: Some(1), src_mac: Some(n), ..flow },
            2 => FlowRecord { dst_addr: None, next_hop: edge, input_snmp: Some(70_000), ..flow },
            _ => flow,
        }
    })
}

pub(crate) fn batch_of(flows: impl Iterator<Item = FlowRecord>) -> Batch {
    let mut batch = Batch::new(FieldSet::all(), 0, Arc::default());
    flows.for_each(|flow| batch.push(&flow));
    batch
}

/// The value that the crate's reader should return for one of ours.
pub(crate) fn expected(
    (layout, stored): (Layout, StoredColumn),
    value: Option<u64>,
    codes: &Codebook,
    addresses: Addresses,
) -> Found {
    let Some(value) = value else { return Found::Null };
    let field = stored.field();
    match (field.kind, layout.bits(field)) {
        (Kind::Text, _) => Found::Str(codes.text(value).unwrap().to_owned()),
        (Kind::Address, _) => {
            let address = codes.address(value).unwrap();
            match (stored, addresses, address.ipv4_bits()) {
                (StoredColumn::Field(_), Addresses::Number, Some(bits)) => Found::UInt(bits),
                (StoredColumn::Field(_), Addresses::Text, _)
                | (StoredColumn::Ipv6(_), Addresses::Number, None) => {
                    Found::Str(address.to_string())
                }
                _ => Found::Null,
            }
        }
        (Kind::Time, _) => Found::TimestampMillis(i64::try_from(value).unwrap()),
        (_, Some(0..=8)) => Found::UByte(u8::try_from(value).unwrap()),
        (_, Some(9..=16)) => Found::UShort(u16::try_from(value).unwrap()),
        (_, Some(17..=32)) => Found::UInt(u32::try_from(value).unwrap()),
        _ => Found::ULong(value),
    }
}

/// The columns that a file has.
pub(crate) fn layout_of(file: &ParquetMetaData) -> Layout {
    let n_columns = file.file_metadata().schema_descr().num_columns();
    let layout = Layout::EACH.into_iter().find(|layout| layout.columns().len() == n_columns);
    layout.unwrap()
}

fn number(found: &Found) -> u64 {
    match found {
        Found::UByte(value) => (*value).into(),
        Found::UShort(value) => (*value).into(),
        Found::UInt(value) => (*value).into(),
        Found::ULong(value) => *value,
        Found::TimestampMillis(value) => u64::try_from(*value).unwrap(),
        _ => 0,
    }
}

/// Checks the footer's minimum, maximum and null count of a column with some values.
fn check_bounds(column: &ColumnChunkMetaData, values: &[Found]) {
    let known: Vec<u64> =
        values.iter().filter(|value| **value != Found::Null).map(number).collect();
    let (statistics, name) = (column.statistics().unwrap(), column.column_path());
    let n_unknown = (values.len() - known.len()) as u64;
    assert_eq!(statistics.null_count_opt(), Some(n_unknown), "{name}");
    let bounds = match statistics {
        Statistics::Int32(found) => {
            let wide = |bound: &i32| u64::from(bound.cast_unsigned());
            (found.min_opt().map(wide), found.max_opt().map(wide))
        }
        Statistics::Int64(found) => {
            let wide = |bound: &i64| bound.cast_unsigned();
            (found.min_opt().map(wide), found.max_opt().map(wide))
        }
        _ => return,
    };
    assert_eq!(bounds, (known.iter().min().copied(), known.iter().max().copied()), "{name}");
}

/// The values of each column of a file, as the crate's reader should return them.
pub(crate) fn expected_columns(
    batch: &Batch,
    layout: Layout,
    addresses: Addresses,
) -> Vec<Vec<Found>> {
    let codes = batch.dictionary().codebook();
    let column = |stored: &StoredColumn| {
        let column = batch.column(stored.field().id);
        let value = |row| expected((layout, *stored), column.get(row), &codes, addresses);
        (0..batch.rows()).map(value).collect()
    };
    layout.columns().iter().map(column).collect()
}

/// The columns of a file with their names, as the crate's reader returns them.
pub(crate) fn found_columns(file: &SerializedFileReader<Bytes>) -> Vec<(String, Vec<Found>)> {
    let schema = file.metadata().file_metadata().schema_descr();
    let mut columns: Vec<_> =
        schema.columns().iter().map(|column| (column.name().to_owned(), Vec::new())).collect();
    for row in file.get_row_iter(None).unwrap() {
        for (column, (_, value)) in columns.iter_mut().zip(row.unwrap().get_column_iter()) {
            column.1.push(value.clone());
        }
    }
    columns
}

#[test]
fn another_reader_reads_what_was_written() {
    for (batch, layout) in [
        (batch_of(flows(20_000)), Layout::Version5),
        (batch_of(both_families(20_000)), Layout::All),
    ] {
        for addresses in [Addresses::Number, Addresses::Text] {
            let bytes = file_with(&batch, 18_000, addresses, tuning::encoding).unwrap();
            let file = SerializedFileReader::new(Bytes::from(bytes)).unwrap();
            assert_eq!(layout_of(file.metadata()), layout);
            let expected = expected_columns(&batch, layout, addresses);
            let found = found_columns(&file);
            for ((stored, expected), (name, found)) in
                layout.columns().iter().zip(&expected).zip(&found)
            {
                assert_eq!(*name, stored.name());
                assert!(found == expected, "{name}");
            }
            for (group, rows) in
                file.metadata().row_groups().iter().zip([0..18_000, 18_000..20_000])
            {
                for (column, values) in group.columns().iter().zip(&expected) {
                    check_bounds(column, &values[rows.clone()]);
                }
            }
        }
    }
}

/// Flows that need more columns than a file was begun with are refused, and nothing else
/// is: neither no flows at all, nor those of version 5 in a file of all columns.
#[test]
fn a_file_of_version_5_takes_no_other_flows() {
    let (narrow, wide) = (batch_of(flows(9)), batch_of(both_families(9)));
    let writer = |layout| {
        let how = (layout, Addresses::Number);
        FlowWriter::new(Vec::new(), "test", &Arc::default(), how).unwrap()
    };
    let of_wider = |error| matches!(error, StoreError::Wider { .. });
    let none = batch_of(both_families(0));
    let begun = |layout| writer(layout).push(&none).unwrap().push(&narrow).unwrap();
    assert!(of_wider(begun(None).push(&wide).err().unwrap()));
    assert!(of_wider(writer(Some(Layout::Version5)).push(&wide).err().unwrap()));
    begun(Some(Layout::All)).push(&wide).unwrap();
    writer(None).push(&wide).unwrap().push(&narrow).unwrap();
}

/// Texts after the dictionary is full are plain-encoded.
#[test]
fn texts_are_plain_when_the_dictionary_is_full() {
    let mut batch = Batch::new(FieldSet::all(), 0, Arc::default());
    let text = |n: usize| format!("{n:05}").repeat(7000);
    for n in 0..PAGE_ROWS + 10 {
        let exporter = Some(text(n % 300));
        batch.push(&FlowRecord { exporter, ..FlowRecord::default() });
    }
    let file = SerializedFileReader::new(Bytes::from(file_of(&batch, 1 << 19))).unwrap();
    let column = file.metadata().row_group(0).column(FieldId::Exporter as usize);
    let of_pages: Vec<_> = column.page_encoding_stats_mask().unwrap().encodings().collect();
    assert_eq!(of_pages, [Parquet::PLAIN, Parquet::RLE_DICTIONARY]);
    for (row, found) in file.get_row_iter(None).unwrap().enumerate().skip(PAGE_ROWS - 10) {
        let (_, found) = found.unwrap().into_columns().swap_remove(FieldId::Exporter as usize);
        assert!(found == Found::Str(text(row % 300)), "row {row}");
    }
}

/// No page is written that would be refused when it is read.
#[test]
fn a_page_is_not_written_longer_than_it_is_read() {
    let table = SchemaDescriptor::new(schema::schema(Layout::All, Addresses::Number).unwrap());
    let description = table.column(FieldId::Exporter as usize);
    for (bytes, is_refused) in [(MOST_PAGE, false), (MOST_PAGE + 1, true)] {
        let long = vec![0; bytes];
        let statistics = Statistics::byte_array(None, None, None, Some(0), false);
        let chunk = chunk::Chunk::new().unwrap();
        let written = chunk.finish(description.clone(), &long, 1, statistics);
        assert_eq!(written.is_err(), is_refused, "{bytes}");
        let page = chunk::ValuePage {
            n_rows: 1,
            n_unknown: 0,
            levels: Vec::new(),
            encoding: Encoding::Plain,
            content: long,
            may_be_compressed: true,
        };
        let written = chunk::Chunk::new().unwrap().add(page);
        assert_eq!(written.is_err(), is_refused, "{bytes}");
        let Err(error) = written else { continue };
        let error = StoreError::of_writing("x".into(), error);
        let said = "x cannot hold these flows: a page of long values would have more than 64 MiB";
        assert_eq!(error.to_string(), said);
    }
}
