//! A filter column by column: which rows of a batch it means.
//!
//! The same as [`Expression::matches`] says of each flow, but a comparison
//! looks at one column of plain values at a time, in loops that a compiler can
//! make wide. Tests of narrow fields become tables once, long lists of networks
//! an index, so that a row costs a look-up and not a search.

pub(crate) mod compiled;
pub(crate) mod dictionary_masks;

use flowkit_model::filter::{
    Bounds, Comparison, Derived, Expression, Outcomes, Subject, Test, bits_per_second,
    bytes_per_packet, duration_ms, packets_per_second, service,
};
use flowkit_model::{FieldId, FlowRecord, Kind};

use self::compiled::Compiled;
pub(crate) use self::dictionary_masks::Lists;
use crate::batch::{Batch, FieldSet, Values, rows_of};

/// A filter, ready for batches.
#[derive(Debug)]
pub struct Filter {
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
    /// Which of the filter's it is, from 0.
    number: usize,
    subject: Subject,
    differs: bool,
    test: Test,
    compiled: Compiled,
}

/// Which rows of a batch a filter means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Meant {
    /// Not one.
    None,
    /// Every one.
    All,
    /// So many, whose numbers are told in ascending order.
    Some(usize),
}

impl Filter {
    /// Compiles a filter.
    #[must_use]
    pub fn new(expression: Expression) -> Self {
        let node = Node::of(&expression, &mut 0);
        Self { expression, node }
    }

    /// The fields that may be there by places: those of which no value is worked
    /// out with others.
    pub(crate) fn by_place(&self) -> FieldSet {
        let derived = self.node.derived();
        self.fields().iter().filter(|field| !derived.contains(*field)).collect()
    }

    /// The fields it reads.
    #[must_use]
    pub fn fields(&self) -> FieldSet {
        self.expression.fields().into_iter().collect()
    }

    /// Whether it means every flow.
    #[must_use]
    pub fn is_any(&self) -> bool {
        matches!(self.expression, Expression::Any)
    }

    /// Whether it means a flow.
    #[must_use]
    pub fn matches(&self, flow: &FlowRecord) -> bool {
        self.expression.matches(flow)
    }

    /// One flag per row of a batch that has the filter's fields.
    #[must_use]
    pub fn mask(&self, batch: &Batch) -> Vec<bool> {
        self.node.mask(batch, &mut Lists::default())
    }

    /// The rows it means of a batch that has its fields, in any form; if they are
    /// some, their numbers are at the front of `rows`.
    pub(crate) fn meant(&self, batch: &Batch, rows: &mut Vec<u32>, lists: &mut Lists) -> Meant {
        match rows_of(&self.node.mask(batch, lists), rows) {
            0 => Meant::None,
            n if n == batch.rows() => Meant::All,
            n => Meant::Some(n),
        }
    }

    /// Whether it may mean some of the flows of which so much is known: the
    /// smallest and largest value of each field. Text has no bounds.
    pub fn may_match(&self, bounds: &dyn Fn(FieldId) -> Option<Bounds>) -> bool {
        self.outcomes(bounds).may_match
    }

    /// The same, and whether it may leave some of them out: if not, they need
    /// no mask.
    pub fn outcomes(&self, bounds: &dyn Fn(FieldId) -> Option<Bounds>) -> Outcomes {
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

    fn mask(&self, batch: &Batch, lists: &mut Lists) -> Vec<bool> {
        match self {
            Self::Any => vec![true; batch.rows()],
            Self::Not(inner) => {
                let mut mask = inner.mask(batch, lists);
                flip(&mut mask);
                mask
            }
            Self::And(all) => joined(all, batch, lists, true, |row, other| row & other),
            Self::Or(any) => joined(any, batch, lists, false, |row, other| row | other),
            Self::Compare(compare) => compare.mask(batch, lists),
        }
    }

    /// The fields of values that are worked out.
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
    fn mask(&self, batch: &Batch, lists: &mut Lists) -> Vec<bool> {
        match self.subject {
            Subject::Field(field) => self.field_mask(field, 0, batch, lists),
            Subject::Either(end) => {
                let [field, other] = end.fields();
                let mut mask = self.field_mask(field, 0, batch, lists);
                let other = self.field_mask(other, 1, batch, lists);
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
        lists: &mut Lists,
    ) -> Vec<bool> {
        if let Some(coded) = batch.coded(field) {
            let test = |list: &Values| self.passing(field, list, batch);
            return lists.mask(2 * self.number + end, coded, test);
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

/// Masks joined row by row; of none, `empty`.
fn joined(
    nodes: &[Node],
    batch: &Batch,
    lists: &mut Lists,
    empty: bool,
    join: impl Fn(bool, bool) -> bool,
) -> Vec<bool> {
    let mut masks = nodes.iter();
    let Some(first) = masks.next() else { return vec![empty; batch.rows()] };
    let mut mask = first.mask(batch, lists);
    for node in masks {
        // Nothing more can change it.
        if !mask.contains(&empty) {
            break;
        }
        for (row, other) in mask.iter_mut().zip(node.mask(batch, lists)) {
            *row = join(*row, other);
        }
    }
    mask
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

/// Values that are worked out, one per row.
fn derived_values(derived: Derived, batch: &Batch) -> Box<dyn Iterator<Item = Option<u64>> + '_> {
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
