//! The reports that group flows: by which keys, with which columns. An engine
//! reads this, gives group rows, and [`Ranker`](crate::answer::Ranker) does the
//! rest.

use super::{Counted, Key, Measure, Of, Order, Report};
use crate::filter::End;
use crate::{FieldId, Metric};

/// Flows by key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grouping {
    /// The parts of a key, the most significant first; without one, all flows are
    /// one group.
    pub keys: Vec<Key>,
    /// The columns behind the keys, by name.
    pub columns: Vec<(String, Measure)>,
    /// Which rows, in which order.
    pub order: Order,
    /// Which way a flow goes, for what is told of each direction.
    pub forward: Forward,
    /// Only flows whose protocol has ports have a group; the others are counted.
    pub with_ports_only: bool,
}

/// What is forward for a key that has no end of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forward {
    /// The key is an end: what it sent. Other keys: everything.
    Sent,
    /// From the lower address to the higher.
    Upward,
    /// To the service.
    ToService,
}

impl Report {
    /// How the flows are grouped, if that is what the report does.
    #[must_use]
    pub fn grouping(&self) -> Option<Grouping> {
        let distinct = Measure::Distinct;
        Some(match self {
            Self::Top(top) => {
                let grouping = Grouping::new(top.by.clone(), top.order.clone());
                match &top.columns {
                    None => grouping.with_sorted(),
                    Some(columns) => {
                        let columns = columns.iter().map(|measure| (measure.name(), *measure));
                        Grouping { columns: columns.collect(), ..grouping }
                    }
                }
            }
            Self::Talkers(ranked) => {
                Grouping::new(vec![Key::Either(End::Address, None)], ranked.order.clone())
                    .with_columns(
                        &[("sent_bytes", Measure::Forward), ("received_bytes", Measure::Backward)],
                        &[("peers", distinct(Counted::Peer))],
                    )
            }
            Self::Ports(ranked) => {
                let keys = vec![Key::Field(FieldId::Protocol), Key::Service];
                let grouping = Grouping::new(keys, ranked.order.clone()).with_columns(
                    &[],
                    &[
                        ("to_service_bytes", Measure::Forward),
                        ("from_service_bytes", Measure::Backward),
                        ("hosts", distinct(Counted::End(End::Address))),
                        ("bpp", Measure::BytesPerPacket),
                    ],
                );
                Grouping { forward: Forward::ToService, with_ports_only: true, ..grouping }
            }
            Self::Protocols(ranked) => {
                Grouping::new(vec![Key::Field(FieldId::Protocol)], ranked.order.clone())
                    .with_columns(
                        &[],
                        &[
                            ("sources", distinct(Counted::Field(FieldId::SrcAddr))),
                            ("destinations", distinct(Counted::Field(FieldId::DstAddr))),
                            ("hosts", distinct(Counted::End(End::Address))),
                            ("bpp", Measure::BytesPerPacket),
                        ],
                    )
            }
            Self::Pairs(ranked) => {
                let keys = [false, true].map(|higher| Key::Pair { higher });
                let grouping = Grouping::new(keys.into(), ranked.order.clone()).with_columns(
                    &[("a_to_b_bytes", Measure::Forward), ("b_to_a_bytes", Measure::Backward)],
                    &[],
                );
                Grouping { forward: Forward::Upward, ..grouping }
            }
            Self::Exporters
            | Self::Timeline(_)
            | Self::Scans(_)
            | Self::Beacons(_)
            | Self::Diff(_)
            | Self::Summary
            | Self::Check => return None,
        })
    }
}

impl Grouping {
    /// Groups by some keys, with the usual columns.
    #[must_use]
    pub fn new(keys: Vec<Key>, order: Order) -> Self {
        let columns = Measure::USUAL.map(|measure| (measure.name(), measure)).into();
        Self { keys, columns, order, forward: Forward::Sent, with_ports_only: false }
    }

    /// Sums of bytes, packets and flows alone, by some keys.
    #[must_use]
    pub fn sums(keys: Vec<Key>) -> Self {
        let columns = Metric::ALL.map(Measure::Sum).map(|measure| (measure.name(), measure));
        Self { columns: columns.into(), ..Self::new(keys, Order::default()) }
    }

    /// With columns before and behind the usual ones, and what is sorted by.
    fn with_columns(self, before: &[(&str, Measure)], behind: &[(&str, Measure)]) -> Self {
        let named = |list: &[(&str, Measure)]| -> Vec<_> {
            list.iter().map(|(name, measure)| ((*name).to_owned(), *measure)).collect()
        };
        let mut columns = named(before);
        columns.extend(self.columns);
        columns.extend(named(behind));
        Self { columns, ..self }.with_sorted()
    }

    /// With what rows are sorted by as the last column, if it has none.
    fn with_sorted(mut self) -> Self {
        let sort = self.order.sort;
        if self.columns.iter().all(|(_, measure)| *measure != sort) {
            self.columns.push((sort.name(), sort));
        }
        self
    }

    /// Whether a flow can be in two groups.
    #[must_use]
    pub fn is_overlapping(&self) -> bool {
        self.keys.iter().any(Key::is_either)
    }

    /// The name of the column that is sorted by, as it is called here.
    #[must_use]
    pub fn sorted_by(&self) -> String {
        let sort = self.order.sort;
        let column = self.columns.iter().find(|(_, measure)| *measure == sort);
        column.map_or_else(|| sort.name(), |(name, _)| name.clone())
    }

    /// Every measure that is told, sorted by or in a condition.
    pub fn measures(&self) -> impl Iterator<Item = Measure> {
        let conditions = self.order.having.iter().map(|condition| condition.measure);
        let columns = self.columns.iter().map(|(_, measure)| *measure);
        columns.chain(conditions).chain([self.order.sort])
    }

    /// What is counted once per value, in the order of
    /// [`More::distinct`](crate::answer::More).
    #[must_use]
    pub fn counted(&self) -> Vec<Counted> {
        let mut counted = Vec::new();
        for measure in self.measures() {
            if let Measure::Distinct(of) = measure
                && !counted.contains(&of)
            {
                counted.push(of);
            }
        }
        counted
    }

    /// Of what the distribution is told, in the order of
    /// [`More::quantiles`](crate::answer::More).
    #[must_use]
    pub fn distributions(&self) -> Vec<Of> {
        let mut distributions = Vec::new();
        for measure in self.measures() {
            if let Measure::Spread(of, _) = measure
                && !distributions.contains(&of)
            {
                distributions.push(of);
            }
        }
        distributions
    }
}
