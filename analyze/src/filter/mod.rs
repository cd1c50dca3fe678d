//! Evaluates a filter column by column: which rows of a batch match.
//!
//! The result is that of [`Expression::matches`] for each flow, but a comparison
//! looks at one column of plain values at a time, in loops that the compiler can
//! vectorise. Tests of narrow fields are compiled to tables, long lists of networks
//! to an index, so that a row costs a lookup and not a search.

pub(crate) mod compiled;
pub(crate) mod dictionary_masks;

use flowkit_model::filter::{
    Bounds, Comparison, Derived, Expression, Outcomes, Subject, Test, bits_per_second,
    bytes_per_packet, duration_ms, packets_per_second, service,
};
use flowkit_model::{FieldId, FlowRecord, Kind};

use self::compiled::Compiled;
pub(crate) use self::dictionary_masks::DictionaryMasks;
use crate::batch::dictionary::{FIRST_CODED, has_coded};
use crate::batch::{Batch, FieldSet, Values, rows_where};

/// A filter that is compiled to be evaluated on batches.
#[derive(Debug)]
pub(crate) struct Filter {
    expression: Expression,
    node: Node,
}

/// The expression with its tests compiled.
#[derive(Debug)]
enum Node {
    Any,
    Compare(Compare),
    Not(Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
}

/// A test, compiled.
#[derive(Debug)]
struct Compare {
    /// Its number among the tests of the filter, from 0.
    number: usize,
    subject: Subject,
    differs: bool,
    test: Test,
    compiled: Compiled,
}

/// Which rows of a batch match a filter.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Matching {
    /// No row.
    None,
    /// Every row.
    All,
    /// This many rows, whose indices are given in ascending order.
    Some(usize),
}

impl Filter {
    /// Compiles a filter.
    #[must_use]
    pub(crate) fn new(expression: Expression) -> Self {
        let node = Node::of(&expression, &mut 0);
        Self { expression, node }
    }

    /// Fields that may arrive dictionary-encoded: those that no derived value needs.
    pub(crate) fn dictionary_fields(&self) -> FieldSet {
        let derived = self.node.derived();
        self.fields().iter().filter(|field| !derived.contains(*field)).collect()
    }

    /// The fields it reads.
    #[must_use]
    pub(crate) fn fields(&self) -> FieldSet {
        self.expression.fields().into_iter().collect()
    }

    /// Whether it matches every flow.
    #[must_use]
    pub(crate) fn is_any(&self) -> bool {
        matches!(self.expression, Expression::Any)
    }

    /// Whether it matches a flow.
    #[must_use]
    pub(crate) fn matches(&self, flow: &FlowRecord) -> bool {
        self.expression.matches(flow)
    }

    /// One flag per row of a batch that has the filter's fields.
    #[must_use]
    pub(crate) fn mask(&self, batch: &Batch) -> Vec<bool> {
        self.node.mask(batch, &mut DictionaryMasks::default())
    }

    /// The matching rows of a batch that has the filter's fields, plain or
    /// dictionary-encoded; if they are some, their indices are at the front of `rows`.
    pub(crate) fn matching_rows(
        &self,
        batch: &Batch,
        rows: &mut Vec<u32>,
        masks: &mut DictionaryMasks,
    ) -> Matching {
        match rows_where(&self.node.mask(batch, masks), rows) {
            0 => Matching::None,
            n if n == batch.rows() => Matching::All,
            n => Matching::Some(n),
        }
    }

    /// Whether some flows may match, by the min/max statistics of their fields: if not,
    /// they are pruned. Text has no statistics.
    pub(crate) fn may_match(&self, bounds: &dyn Fn(FieldId) -> Option<Bounds>) -> bool {
        self.outcomes(bounds).may_match
    }

    /// Whether some flows may match, and whether some may not, by the min/max
    /// statistics of their fields: if all match, they need no mask.
    pub(crate) fn outcomes(&self, bounds: &dyn Fn(FieldId) -> Option<Bounds>) -> Outcomes {
        self.expression.outcomes(bounds)
    }
}

impl Node {
    /// Compiles an expression, and numbers its tests from `number`.
    fn of(expression: &Expression, number: &mut usize) -> Self {
        let mut list =
            |list: &[Expression]| list.iter().map(|node| Self::of(node, number)).collect();
        match expression {
            Expression::Any => Self::Any,
            Expression::Not(inner) => Self::Not(Box::new(Self::of(inner, number))),
            Expression::And(all) => Self::And(list(all)),
            Expression::Or(any) => Self::Or(list(any)),
            Expression::Compare(Comparison { subject, differs, test }) => {
                let compare = Compare {
                    number: *number,
                    subject: *subject,
                    differs: *differs,
                    compiled: Compiled::new(*subject, test),
                    test: test.clone(),
                };
                *number += 1;
                Self::Compare(compare)
            }
        }
    }

    fn mask(&self, batch: &Batch, masks: &mut DictionaryMasks) -> Vec<bool> {
        match self {
            Self::Any => vec![true; batch.rows()],
            Self::Not(inner) => {
                let mut mask = inner.mask(batch, masks);
                flip(&mut mask);
                mask
            }
            Self::And(all) => joined(all, batch, masks, true, |row, other| row & other),
            Self::Or(any) => joined(any, batch, masks, false, |row, other| row | other),
            Self::Compare(compare) => compare.mask(batch, masks),
        }
    }

    /// The fields that derived values need.
    fn derived(&self) -> FieldSet {
        match self {
            Self::Not(inner) => inner.derived(),
            Self::And(nodes) | Self::Or(nodes) => {
                nodes.iter().map(Self::derived).fold(FieldSet::default(), FieldSet::union)
            }
            Self::Compare(Compare { subject: Subject::Derived(derived), .. }) => {
                derived.fields().iter().copied().collect()
            }
            Self::Compare(_) | Self::Any => FieldSet::default(),
        }
    }
}

impl Compare {
    fn mask(&self, batch: &Batch, masks: &mut DictionaryMasks) -> Vec<bool> {
        match self.subject {
            Subject::Field(field) => self.field_mask(field, 0, batch, masks),
            Subject::Either(end) => {
                let [field, other] = end.fields();
                let mut mask = self.field_mask(field, 0, batch, masks);
                let other = self.field_mask(other, 1, batch, masks);
                // `!=` must hold at both ends.
                for (row, other) in mask.iter_mut().zip(other) {
                    *row = if self.differs { *row & other } else { *row | other };
                }
                mask
            }
            Subject::Derived(derived) => derived_values(derived, batch)
                .map(|value| value.is_some_and(|value| self.test.passes(value) != self.differs))
                .collect(),
        }
    }

    /// Which rows of a field are known and pass, or fail if it `differs`.
    fn field_mask(
        &self,
        field: FieldId,
        end: usize,
        batch: &Batch,
        masks: &mut DictionaryMasks,
    ) -> Vec<bool> {
        if let Some(column) = batch.dictionary_column(field) {
            let test = |values: &Values| self.passing(field, values, batch);
            return masks.mask(2 * self.number + end, column, test);
        }
        let column = batch.column(field);
        let mut mask = self.passing(field, &column.values, batch);
        if let Some(unknown) = &column.unknown {
            for (row, unknown) in mask.iter_mut().zip(unknown) {
                *row &= !unknown;
            }
        }
        mask
    }

    /// Which values pass, or fail if it `differs`.
    fn passing(&self, field: FieldId, values: &Values, batch: &Batch) -> Vec<bool> {
        let mut mask = match values {
            Values::U32(codes) if field.field().kind == Kind::Text => {
                texts_mask(codes, &self.test, batch)
            }
            Values::U32(codes) if field.field().kind == Kind::Address => {
                let mut mask = self.compiled.mask(values);
                test_coded(codes, &self.test, batch, &mut mask);
                mask
            }
            values => self.compiled.mask(values),
        };
        if self.differs {
            flip(&mut mask);
        }
        mask
    }
}

fn flip(mask: &mut [bool]) {
    for row in mask {
        *row = !*row;
    }
}

/// Combines the masks of some nodes row by row; `empty` for every row if there are none.
fn joined(
    nodes: &[Node],
    batch: &Batch,
    masks: &mut DictionaryMasks,
    empty: bool,
    join: impl Fn(bool, bool) -> bool,
) -> Vec<bool> {
    let mut nodes = nodes.iter();
    let Some(first) = nodes.next() else { return vec![empty; batch.rows()] };
    let mut mask = first.mask(batch, masks);
    for node in nodes {
        // Nothing can change the mask any more.
        if !mask.contains(&empty) {
            break;
        }
        for (row, other) in mask.iter_mut().zip(node.mask(batch, masks)) {
            *row = join(*row, other);
        }
    }
    mask
}

/// Tests the addresses that are not their own number: each distinct one once, unless the
/// dictionary has more of them than the batch has rows.
fn test_coded(codes: &[u32], test: &Test, batch: &Batch, mask: &mut [bool]) {
    if !has_coded(codes) {
        return;
    }
    batch.dictionary().with_addresses(|addresses| {
        let n_kept = if addresses.len() <= codes.len() { addresses.len() } else { 0 };
        let mut kept: Vec<Option<bool>> = vec![None; n_kept];
        for (code, mask) in codes.iter().zip(mask) {
            let Some(place) = code.checked_sub(FIRST_CODED) else { continue };
            *mask = addresses.get(place as usize).is_some_and(|address| {
                let passes = || test.passes(address.number());
                kept.get_mut(place as usize)
                    .map_or_else(passes, |kept| *kept.get_or_insert_with(passes))
            });
        }
    });
}

/// Each distinct text is tested once.
fn texts_mask(codes: &[u32], test: &Test, batch: &Batch) -> Vec<bool> {
    batch.dictionary().with_texts(|texts| {
        let mut passes: Vec<Option<bool>> = vec![None; texts.len()];
        let mut passes = |code: usize| -> Option<bool> {
            let (name, passes) = (texts.get(code)?, passes.get_mut(code)?);
            Some(*passes.get_or_insert_with(|| test.passes_text(name)))
        };
        codes.iter().map(|code| passes(*code as usize).unwrap_or(false)).collect()
    })
}

/// Derived values, one per row.
pub(crate) fn derived_values(
    derived: Derived,
    batch: &Batch,
) -> Box<dyn Iterator<Item = Option<u64>> + '_> {
    let column = |field| batch.column(field);
    let (first, last) = (FieldId::FirstSwitched, FieldId::LastSwitched);
    let duration = move |row| duration_ms(column(first).get(row)?, column(last).get(row)?);
    let rows = 0..batch.rows();
    match derived {
        Derived::Duration => Box::new(rows.map(duration)),
        Derived::BitsPerSecond => Box::new(rows.map(move |row| {
            Some(bits_per_second(column(FieldId::Bytes).get(row)?, duration(row)?))
        })),
        Derived::PacketsPerSecond => Box::new(rows.map(move |row| {
            Some(packets_per_second(column(FieldId::Packets).get(row)?, duration(row)?))
        })),
        Derived::BytesPerPacket => Box::new(rows.map(move |row| {
            Some(bytes_per_packet(
                column(FieldId::Bytes).get(row)?,
                column(FieldId::Packets).get(row)?,
            ))
        })),
        Derived::Service => Box::new(rows.map(move |row| {
            service(
                column(FieldId::Protocol).get(row)?,
                column(FieldId::SrcPort).get(row)?,
                column(FieldId::DstPort).get(row)?,
            )
        })),
    }
}

#[cfg(test)]
pub(crate) mod tests;
