//! Written files are read by the crate's readers.

use flowkit_model::answer::Tally;
use flowkit_model::{Address, FieldId, FlowRecord};
use parquet::basic::Encoding as Parquet;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::statistics::Statistics;
use parquet::record::Field as Found;
use parquet::schema::types::SchemaDescriptor;

use super::*;
use crate::batch::Column;
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
    let dictionary = Arc::clone(batch.shared_dictionary());
    let mut writer = FlowWriter::new(Vec::new(), "test", &dictionary, addresses)?;
    (writer.group_rows, writer.encoding) = (group_rows, encoding);
    writer.push(batch)?;
    let (mut measures, mut tally) = (BatchTally::default(), Tally::default());
    measures.add(batch);
    measures.finish(&mut tally, FieldSet::all(), &dictionary.texts());
    let belongs = Belongs {
        version: schema::VERSION,
        catalogue: schema::fingerprint(),
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

pub(crate) fn batch_of(flows: impl Iterator<Item = FlowRecord>) -> Batch {
    let mut batch = Batch::new(FieldSet::all(), 0, Arc::default());
    flows.for_each(|flow| batch.push(&flow));
    batch
}

/// The value that the crate's reader should return for one of ours.
pub(crate) fn expected(
    field: &Field,
    value: Option<u64>,
    texts: &[String],
    addresses: Addresses,
) -> Found {
    let Some(value) = value else { return Found::Null };
    match (field.kind, field.bits()) {
        (Kind::Text, _) => Found::Str(texts[usize::try_from(value).unwrap()].clone()),
        (Kind::Address, _) if addresses == Addresses::Text => {
            Found::Str(Address::from_bits(u32::try_from(value).unwrap()).to_string())
        }
        (Kind::Time, _) => Found::TimestampMillis(i64::try_from(value).unwrap()),
        (_, Some(0..=8)) => Found::UByte(u8::try_from(value).unwrap()),
        (_, Some(9..=16)) => Found::UShort(u16::try_from(value).unwrap()),
        (_, Some(17..=32)) => Found::UInt(u32::try_from(value).unwrap()),
        _ => Found::ULong(value),
    }
}

/// Checks the footer's minimum, maximum and null count of a column.
fn check_bounds(group: &RowGroupMetaData, field: &Field, column: &Column, from: usize) {
    let rows = from..from + usize::try_from(group.num_rows()).unwrap();
    let known: Vec<u64> = rows.clone().filter_map(|row| column.get(row)).collect();
    let statistics = group.column(field.id as usize).statistics().unwrap();
    let n_unknown = (rows.len() - known.len()) as u64;
    assert_eq!(statistics.null_count_opt(), Some(n_unknown), "{}", field.name);
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
    assert_eq!(
        bounds,
        (known.iter().min().copied(), known.iter().max().copied()),
        "{}",
        field.name
    );
}

#[test]
fn another_reader_reads_what_was_written() {
    let batch = batch_of(flows(20_000));
    let texts = batch.dictionary().texts();
    for addresses in [Addresses::Number, Addresses::Text] {
        let bytes = file_with(&batch, 18_000, addresses, tuning::encoding).unwrap();
        let file = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
        let mut rows = 0;
        for (row, found) in file.get_row_iter(None).unwrap().enumerate() {
            let found = found.unwrap();
            for (field, (name, found)) in FIELDS.iter().zip(found.get_column_iter()) {
                let value = expected(field, batch.column(field.id).get(row), &texts, addresses);
                assert_eq!((&**name, found), (field.name, &value), "row {row}");
            }
            rows += 1;
        }
        assert_eq!(rows, 20_000);
        for (group, from) in file.metadata().row_groups().iter().zip([0, 18_000]) {
            for field in FIELDS {
                if (field.kind, addresses) != (Kind::Address, Addresses::Text) {
                    check_bounds(group, field, batch.column(field.id), from);
                }
            }
        }
    }
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
    let file = SerializedFileReader::new(bytes::Bytes::from(file_of(&batch, 1 << 19))).unwrap();
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
    let table = SchemaDescriptor::new(schema::schema(Addresses::Number).unwrap());
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
