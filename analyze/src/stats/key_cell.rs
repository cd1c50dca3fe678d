//! Cells of keys.

use flowkit_model::Kind;
use flowkit_model::answer::Cell;

/// A key's value; text is looked up.
pub(super) fn key_cell(kind: Kind, value: Option<u64>, texts: &[String]) -> Cell {
    match (kind, value) {
        (_, None) => Cell::Unknown,
        (Kind::Text, Some(number)) => usize::try_from(number)
            .ok()
            .and_then(|number| texts.get(number))
            .map_or(Cell::Unknown, |text| Cell::Text(text.clone())),
        (_, Some(value)) => Cell::from(value),
    }
}
