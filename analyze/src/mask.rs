//! A filter column by column: which rows of a batch it means.
//!
//! The same as [`Expression::matches`] says of each flow, but a comparison
//! looks at one column of plain values at a time, in loops that a compiler can
//! make wide. Tests of narrow fields become tables once, long lists of networks
//! an index, so that a row costs a look-up and not a search.

mod values;

use flowkit_model::filter::{
    Bounds, Comparison, Derived, Expression, Outcomes, Subject, Test, bits_per_second,
    bytes_per_packet, duration_ms, packets_per_second, service,
};
use flowkit_model::{FieldId, FlowRecord, Kind};

use self::values::Compiled;
use crate::columns::{Batch, Column, FieldSet};

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
    Compare { subject: Subject, differs: bool, test: Test, compiled: Compiled },
    Not(Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
}

impl Filter {
    /// Compiles a filter.
    #[must_use]
    pub fn new(expression: Expression) -> Self {
        let node = Node::of(&expression);
        Self { expression, node }
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
        self.node.mask(batch)
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
    fn of(expression: &Expression) -> Self {
        let list = |list: &[Expression]| list.iter().map(Self::of).collect();
        match expression {
            Expression::Any => Self::Any,
            Expression::Not(inner) => Self::Not(Box::new(Self::of(inner))),
            Expression::And(all) => Self::And(list(all)),
            Expression::Or(any) => Self::Or(list(any)),
            Expression::Compare(Comparison { subject, differs, test }) => Self::Compare {
                subject: *subject,
                differs: *differs,
                compiled: Compiled::new(*subject, test),
                test: test.clone(),
            },
        }
    }

    fn mask(&self, batch: &Batch) -> Vec<bool> {
        match self {
            Self::Any => vec![true; batch.rows()],
            Self::Not(inner) => {
                let mut mask = inner.mask(batch);
                flip(&mut mask);
                mask
            }
            Self::And(all) => joined(all, batch, true, |row, other| row & other),
            Self::Or(any) => joined(any, batch, false, |row, other| row | other),
            Self::Compare { subject, differs, test, compiled } => {
                let of_field = |field| field_mask(field, test, compiled, *differs, batch);
                match subject {
                    Subject::Field(field) => of_field(*field),
                    Subject::Either(end) => {
                        let [mut mask, other] = end.fields().map(of_field);
                        // `!=` must hold at both ends.
                        for (row, other) in mask.iter_mut().zip(other) {
                            *row = if *differs { *row & other } else { *row | other };
                        }
                        mask
                    }
                    Subject::Derived(derived) => derived_values(*derived, batch)
                        .map(|value| value.is_some_and(|value| test.passes(value) != *differs))
                        .collect(),
                }
            }
        }
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
    empty: bool,
    join: impl Fn(bool, bool) -> bool,
) -> Vec<bool> {
    let mut masks = nodes.iter();
    let Some(first) = masks.next() else { return vec![empty; batch.rows()] };
    let mut mask = first.mask(batch);
    for node in masks {
        // Nothing more can change it.
        if !mask.contains(&empty) {
            break;
        }
        for (row, other) in mask.iter_mut().zip(node.mask(batch)) {
            *row = join(*row, other);
        }
    }
    mask
}

/// Which rows of a field are known and pass, or fail if it `differs`.
fn field_mask(
    field: FieldId,
    test: &Test,
    compiled: &Compiled,
    differs: bool,
    batch: &Batch,
) -> Vec<bool> {
    let column = batch.column(field);
    let mut mask = if field.field().kind == Kind::Text {
        texts_mask(column, test, batch)
    } else {
        compiled.mask(&column.values)
    };
    if differs {
        flip(&mut mask);
    }
    if let Some(unknown) = &column.unknown {
        for (row, unknown) in mask.iter_mut().zip(unknown) {
            *row &= !unknown;
        }
    }
    mask
}

/// Each distinct text is tested once.
fn texts_mask(column: &Column, test: &Test, batch: &Batch) -> Vec<bool> {
    batch.dictionary().with_texts(|texts| {
        let mut passes: Vec<Option<bool>> = vec![None; texts.len()];
        (0..column.len())
            .map(|row| {
                let code = column.get(row).and_then(|code| usize::try_from(code).ok());
                code.and_then(|code| Some((texts.get(code)?, passes.get_mut(code)?))).is_some_and(
                    |(name, passes)| *passes.get_or_insert_with(|| test.passes_text(name)),
                )
            })
            .collect()
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
mod tests;
