//! Bytes as a page of a column, for fuzzers: a file's checksums would keep them from
//! the decoders.

use std::sync::Arc;

use super::buffers::Buffers;
use super::page_rows::{Decoder, PageValues, Wanted};
use crate::batch::Values;
use crate::batch::dictionary::Dictionary;
use crate::store::encoding::{Encoding, Fault, levels};
use crate::store::layout::Layout;
use crate::store::outline;
use crate::store::page_header::PageHeader;

/// Rows of a page that fuzzers make at most, so that each is fast.
const MOST_ROWS: usize = 2000;

/// Decodes bytes as a page header, as a footer, and as a page: its field, encoding and
/// rows, the length of its dictionary and of its levels, and then all three.
pub(crate) fn any_page(bytes: &[u8]) {
    let _ = PageHeader::read(bytes);
    let _ = outline::check(bytes);
    let _ = page(bytes);
}

fn page(bytes: &[u8]) -> Result<(), Fault> {
    let Some((head, mut rest)) = bytes.split_first_chunk::<8>() else { return Ok(()) };
    let [field, encoding, ..] = head.map(usize::from);
    let pair = |at: usize| usize::from(u16::from_le_bytes([head[at], head[at + 1]]));
    let rows = pair(2) % (MOST_ROWS + 1);
    let (texts, mut buffers) = (Dictionary::default(), Buffers::default());
    let columns = Layout::All.columns();
    let column = columns[field % columns.len()];
    let encoding = Encoding::ALL[encoding / 2 % Encoding::ALL.len()];
    let mut part = |length: usize| rest.split_off(..length.min(rest.len())).unwrap_or_default();
    let dictionary = part(pair(4));
    let levels = part(pair(6));
    let decoder = Decoder { column, wants_codes: head[1] & 1 == 1, codes: &texts };
    let dictionary: Option<Arc<Values>> = match dictionary {
        [] => None,
        [n, values @ ..] => Some(Arc::new(decoder.plain(values, (*n).into(), &mut buffers)?)),
    };
    let unknown = if levels.is_empty() { None } else { Some(levels::read(levels, rows)?) };
    let nulls = unknown.iter().flatten().filter(|unknown| **unknown).count();
    let some: Vec<u32> = (0..).step_by(3).take(rows / 3).collect();
    for wanted in [Wanted::All, Wanted::Some(&some, rows)] {
        let unknown = unknown.clone();
        let page = PageValues { bytes: rest, encoding, n: rows - nulls, unknown };
        decoder.rows(page, dictionary.as_ref(), wanted, &mut buffers)?;
    }
    Ok(())
}
