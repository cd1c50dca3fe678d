//! Written files are read back, and damage in them is detected.

use flowkit_model::FIELDS;

use super::*;
use crate::store::writer::tests::{batch_of, file_of, flows};

fn batch() -> Batch {
    batch_of(flows(2200))
}

#[test]
fn every_column_comes_back_and_by_codes_too() {
    let bytes = file_of(&batch(), 500);
    let file = ColumnFile::of_bytes(&bytes).unwrap();
    assert_eq!(file.groups(), 5);
    let (expected, dictionary, mut buffers) = (batch(), Arc::default(), Buffers::default());
    let texts = expected.dictionary().codebook();
    for coded in std::iter::once(None).chain(FIELDS.iter().map(|field| Some(field.id))) {
        let mut at = 0;
        let request =
            Request { columns: FieldSet::all(), coded, filter: None, dictionary: &dictionary };
        for group in 0..file.groups() {
            file.read(group, &request, &mut buffers, |batch| {
                if let Some(field) = coded {
                    batch.materialise(field);
                }
                let now = dictionary.codebook();
                for row in 0..batch.rows() {
                    assert_eq!(
                        format!("{:?}", batch.row(row, &now)),
                        format!("{:?}", expected.row(at + row, &texts)),
                        "row {}",
                        at + row
                    );
                }
                at += batch.rows();
            })
            .unwrap();
        }
        assert_eq!(at, expected.rows());
    }
}

/// For any flipped bit of a footer the file is refused, or nothing that questions
/// rely on has changed.
#[test]
fn a_damaged_footer_is_seen() {
    let good = file_of(&batch(), 1000);
    let relied_on = |file: &ColumnFile| {
        let bounds = |group| FIELDS.iter().map(move |field| file.bounds(group, field.id));
        let all = (0..file.groups()).flat_map(bounds);
        format!("{:?} {:?}", file.footer(), all.collect::<Vec<_>>())
    };
    let expected = relied_on(&ColumnFile::of_bytes(&good).unwrap());
    let end = good.len() - 8;
    let length = u32::from_le_bytes(good[end..end + 4].try_into().unwrap()) as usize;
    let mut refused = 0;
    for at_byte in (end - length..end).step_by(7) {
        let mut bad = good.clone();
        bad[at_byte] ^= 1 << (at_byte % 8);
        match ColumnFile::of_bytes(&bad) {
            Err(_) => refused += 1,
            Ok(file) => assert_eq!(relied_on(&file), expected, "byte {at_byte}"),
        }
    }
    assert!(refused > length / 7 / 2, "{refused} of {length} / 7");
}

/// All flows of a file.
fn read_all(file: &ColumnFile) -> Result<Vec<String>, StoreError> {
    let (dictionary, columns) = (Arc::default(), FieldSet::all());
    let request = Request { columns, coded: None, filter: None, dictionary: &dictionary };
    let (mut buffers, mut flows) = (Buffers::default(), Vec::new());
    for group in 0..file.groups() {
        file.read(group, &request, &mut buffers, |batch| {
            let texts = dictionary.codebook();
            let flow = |row| format!("{:?}", batch.row(row, &texts));
            flows.extend((0..batch.rows()).map(flow));
        })?;
    }
    Ok(flows)
}

/// A page with a flipped bit, in it or in its header, is refused or reads as before.
#[test]
fn a_damaged_page_is_seen() {
    let good = file_of(&batch_of(flows(130)), 50);
    let file = ColumnFile::of_bytes(&good).unwrap();
    let expected = read_all(&file).unwrap();
    let chunks = file.metadata.row_groups().iter().flat_map(RowGroupMetaData::columns);
    let end = chunks.map(|chunk| chunk_range(chunk, file.file_bytes).unwrap());
    let end = usize::try_from(end.map(|(start, length)| start + length).max().unwrap()).unwrap();
    let (mut tried, mut refused) = (0, 0);
    // More of them in an optimised build, which CI runs too.
    let step = if cfg!(debug_assertions) { 149 } else { 37 };
    for bit in (4 * 8..end * 8).step_by(step) {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        tried += 1;
        match read_all(&ColumnFile::of_bytes(&bad).unwrap()) {
            Err(_) => refused += 1,
            Ok(found) => assert_eq!(found, expected, "bit {bit}"),
        }
    }
    // A bit that makes our extension a foreign one disables its checksum.
    assert!(refused > tried * 8 / 10, "{refused} of {tried}");
}
