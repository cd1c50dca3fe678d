//! Columns of every kind in every encoding are read back, as values and as
//! dictionary codes, and the crate's reader agrees.

use flowkit_model::{Address, FIELDS, Field, Kind};
use parquet::file::reader::{FileReader, SerializedFileReader};

use super::*;
use crate::batch::icmp::ICMP;
use crate::batch::{Column, Values};
use crate::store::encoding::Encoding;
use crate::store::schema::Addresses;
use crate::store::tuning::PAGE_ROWS;
use crate::store::writer::tests::{
    batch_of, expected_columns, file_with, flows, found_columns, layout_of,
};

/// A value for each row, to be truncated to the width of its field.
type Shape = fn(u64) -> Option<u64>;

/// Kinds of columns; each name says what is special about it.
const SHAPES: [(&str, Shape); 11] = [
    ("one value", |_| Some(7)),
    ("none known", |_| None),
    ("runs", |row| Some(row / 90)),
    ("runs among others", |row| Some(if row % 64 < 40 { 3 } else { mixed(row) })),
    ("few values", |row| Some(mixed(row) % 5)),
    ("many values", |row| Some(mixed(row))),
    ("ascending", |row| Some(1_537_488_000_000 + row * 1000)),
    ("descending", |row| Some(u64::MAX - row * 3)),
    ("ends of the range", |row| Some(if row % 2 == 0 { 0 } else { u64::MAX })),
    ("one known", |row| (row == 77).then_some(u64::MAX)),
    ("some known", |row| (!mixed(row).is_multiple_of(3)).then_some(row)),
];

fn mixed(row: u64) -> u64 {
    (row + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_right(29)
}

/// An address for a value: of IPv6 where the layout has it and the value is odd.
fn address(layout: Layout, value: u64) -> Address {
    match layout {
        Layout::All if value % 2 == 1 => Address::from_number(u128::from(value) << 64 | 1),
        _ => Address::from_number((value & u64::from(u32::MAX)).into()),
    }
}

/// A column of a field with values of a shape.
fn column(
    layout: Layout,
    field: &Field,
    rows: u64,
    shape: Shape,
    dictionary: &Dictionary,
) -> Column {
    let text = |value: u64| format!("{value:x}").repeat((value % 40) as usize);
    let unknown: Vec<bool> = (0..rows).map(|row| shape(row).is_none()).collect();
    let values: Vec<u64> = (0..rows)
        .map(|row| match (shape(row), field.kind, layout.bits(field)) {
            (None, ..) => 0,
            (Some(value), Kind::Text, _) => dictionary.code(&text(value)).into(),
            (Some(value), Kind::Address, _) => {
                dictionary.address_code(address(layout, value)).into()
            }
            (Some(value), Kind::Time, _) => value % (u64::try_from(field.most()).unwrap() + 1),
            (Some(value), _, bits) => value & (u64::MAX >> (64 - bits.unwrap())),
        })
        .collect();
    let narrow = |value: &u64| u32::try_from(*value).unwrap();
    let values = match Column::for_field(field.id, 0).values {
        Values::U8(_) => Values::U8(values.iter().map(|v| u8::try_from(*v).unwrap()).collect()),
        Values::U16(_) => Values::U16(values.iter().map(|v| u16::try_from(*v).unwrap()).collect()),
        Values::U32(_) => Values::U32(values.iter().map(narrow).collect()),
        Values::U64(_) => Values::U64(values),
    };
    Column { values, unknown: unknown.contains(&true).then_some(unknown) }
}

/// Flows whose fields have the shapes in turn, beginning with `first`, as far as a layout
/// has them.
fn shaped(layout: Layout, rows: u64, first: usize) -> Batch {
    let dictionary = Arc::default();
    let shapes = SHAPES.iter().cycle().skip(first);
    let n_rows = usize::try_from(rows).unwrap();
    let columns: Vec<_> = FIELDS
        .iter()
        .zip(shapes)
        .map(|(field, (_, shape))| match layout {
            Layout::Version5 if field.is_of_templates() => {
                (field.id, Column::unknown(field.id, n_rows))
            }
            _ => (field.id, column(layout, field, rows, *shape, &dictionary)),
        })
        .collect();
    let mut batch = Batch::of_columns(n_rows, columns, dictionary);
    if layout == Layout::Version5 {
        let family = |row| {
            let ends = [FieldId::SrcAddr, FieldId::DstAddr];
            ends.iter().any(|end| !batch.column(*end).is_unknown(row)).then_some(4)
        };
        let mut column = Column::for_field(FieldId::Family, n_rows);
        (0..n_rows).for_each(|row| column.push(family(row)));
        batch.set_column(FieldId::Family, column);
        for (field, column) in ICMP.into_iter().zip(batch.icmp_of_ports()) {
            batch.set_column(field, column);
        }
    }
    batch
}

/// Writes every field with an encoding that fits it.
fn everywhere(encoding: Encoding) -> fn(FieldId) -> Encoding {
    match encoding {
        Encoding::Dictionary => |_| Encoding::Dictionary,
        Encoding::Plain => |_| Encoding::Plain,
        Encoding::Delta => |field| {
            let fits = Encoding::Delta.fits(field.field());
            if fits { Encoding::Delta } else { Encoding::Dictionary }
        },
    }
}

/// The values of a batch, field by field, as text.
fn values_of(batch: &Batch, fields: &[&Field]) -> Vec<Vec<Option<String>>> {
    let codes = batch.dictionary().codebook();
    let column = |field: &&Field| {
        let value = |value: u64| match field.kind {
            Kind::Text => codes.text(value).unwrap().to_owned(),
            Kind::Address => codes.address(value).unwrap().to_string(),
            _ => value.to_string(),
        };
        let column = batch.column(field.id);
        (0..batch.rows()).map(|row| column.get(row).map(value)).collect()
    };
    fields.iter().map(column).collect()
}

/// Reads some fields of a file, `coded` as dictionary codes.
fn read(file: &ColumnFile, fields: &[&Field], coded: Option<FieldId>) -> Vec<Vec<Option<String>>> {
    let dictionary = Arc::default();
    let columns = fields.iter().map(|field| field.id).filter(|field| coded != Some(*field));
    let request =
        Request { columns: columns.collect(), coded, filter: None, dictionary: &dictionary };
    let (mut buffers, mut found) = (Buffers::default(), vec![Vec::new(); fields.len()]);
    for group in 0..file.groups() {
        let read = file.read(group, &request, &mut buffers, |batch| {
            if let Some(field) = coded {
                batch.materialise(field);
            }
            let values = values_of(batch, fields);
            found.iter_mut().zip(values).for_each(|(found, values)| found.extend(values));
        });
        read.unwrap();
    }
    found
}

/// Checks that the crate's reader finds the values of a batch in a file, with the
/// encoding of each column.
fn judge(bytes: Vec<u8>, batch: &Batch, addresses: Addresses, encoding: fn(FieldId) -> Encoding) {
    let file = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
    let layout = layout_of(file.metadata());
    for group in file.metadata().row_groups() {
        for (stored, column) in layout.columns().iter().zip(group.columns()) {
            let pages: Vec<_> = column.page_encoding_stats_mask().unwrap().encodings().collect();
            let expected = match stored {
                StoredColumn::Field(field) => encoding(*field),
                StoredColumn::Ipv6(_) => Encoding::Dictionary,
            };
            assert_eq!(pages, [expected.parquet()], "{}", stored.name());
        }
    }
    let expected = expected_columns(batch, layout, addresses);
    for (expected, (name, found)) in expected.iter().zip(&found_columns(&file)) {
        assert!(found == expected, "{name}");
    }
}

/// Each field has each shape once, so that each width and kind does.
#[test]
fn every_encoding_is_read_as_it_was_written() {
    for layout in Layout::EACH {
        for encoding in Encoding::ALL {
            for first in 0..SHAPES.len() {
                is_read_as_it_was_written(layout, encoding, first);
            }
        }
    }
}

fn is_read_as_it_was_written(layout: Layout, encoding: Encoding, first: usize) {
    let fields: Vec<&Field> = FIELDS.iter().collect();
    let (encodings, (name, _)) = (everywhere(encoding), SHAPES[first]);
    let batch = shaped(layout, 400, first);
    let expected = values_of(&batch, &fields);
    let bytes = file_with(&batch, 250, Addresses::Number, encodings).unwrap();
    let file = ColumnFile::of_bytes(&bytes).unwrap();
    assert_eq!(file.layout, layout, "{name} on");
    for (field, (found, expected)) in
        fields.iter().zip(read(&file, &fields, None).iter().zip(&expected))
    {
        assert!(found == expected, "{encoding:?}, {name} on: {}", field.name);
        let by_code = read(&file, &[field], Some(field.id));
        assert!(by_code[0] == *expected, "{encoding:?}, {name} on: codes of {}", field.name);
    }
    judge(bytes, &batch, Addresses::Number, encodings);
    if encoding != Encoding::Delta {
        let bytes = file_with(&batch, 250, Addresses::Text, encodings).unwrap();
        judge(bytes, &batch, Addresses::Text, encodings);
    }
}

/// Values of one page do not leak into the next.
#[test]
fn every_encoding_goes_on_in_the_next_page() {
    let fields: Vec<&Field> = FIELDS.iter().collect();
    for layout in Layout::EACH {
        let batch = shaped(layout, PAGE_ROWS as u64 + 300, 3);
        let expected = values_of(&batch, &fields);
        for encoding in Encoding::ALL {
            let bytes = file_with(&batch, 2 * PAGE_ROWS, Addresses::Number, everywhere(encoding));
            let found = read(&ColumnFile::of_bytes(&bytes.unwrap()).unwrap(), &fields, None);
            assert!(found == expected, "{layout:?} {encoding:?}");
        }
    }
}

#[test]
fn differences_of_narrow_numbers_and_of_texts_are_refused() {
    let written = file_with(&batch_of(flows(9)), 9, Addresses::Number, |_| Encoding::Delta);
    assert!(written.unwrap_err().to_string().contains("cannot use the columns test"));
}
