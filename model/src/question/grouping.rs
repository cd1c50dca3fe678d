//! The reports that group flows: by which keys, with which columns. An engine
//! returns group rows for a grouping, and [`Ranker`](crate::answer::Ranker) does
//! the rest.

use jiff::tz::TimeZone;

use super::{Condition, Counted, Key, Measure, Of, Order, Report, Top};
use crate::filter::{End, nearest};
use crate::{FieldId, Meaning, Metric};

/// Flows grouped by key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grouping {
    /// The parts of the key, most significant first; if empty, there are no groups,
    /// only the total of all flows.
    pub keys: Vec<Key>,
    /// The columns after the keys, with their names.
    pub columns: Vec<(String, Measure)>,
    /// Which rows, in which order.
    pub order: Order,
    /// Which direction is forward, for measures by direction.
    pub forward: Forward,
    /// Only flows whose protocol has ports are in a group; the others are counted
    /// as left out.
    pub with_ports_only: bool,
    /// Rows say what their ports are: ports, or what protocols without ports have in
    /// their place.
    pub tells_port_kinds: bool,
}

/// Which direction of a flow is forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forward {
    /// From the endpoint that is the key; if the key is no endpoint, every flow.
    Sent,
    /// From the lower address to the higher.
    Upward,
    /// To the service.
    ToService,
}

impl Report {
    /// The grouping, if the report groups flows.
    #[must_use]
    pub fn grouping(&self) -> Option<Grouping> {
        match self {
            Self::Top(top) => Some(Grouping::top(top)),
            Self::Talkers(ranked) => {
                Some(Grouping::talkers(&ranked.order).only(ranked.columns.as_deref()))
            }
            Self::Ports(ranked) => {
                Some(Grouping::ports(&ranked.order).only(ranked.columns.as_deref()))
            }
            Self::Protocols(ranked) => {
                Some(Grouping::protocols(&ranked.order).only(ranked.columns.as_deref()))
            }
            Self::Pairs(ranked) => {
                Some(Grouping::pairs(&ranked.order).only(ranked.columns.as_deref()))
            }
            Self::Exporters(_)
            | Self::Timeline(_)
            | Self::Scans(_)
            | Self::Beacons(_)
            | Self::Diff(_)
            | Self::Summary
            | Self::Check
            | Self::List(_) => None,
        }
    }
}

/// The groupings of the reports.
impl Grouping {
    fn top(top: &Top) -> Self {
        let mut grouping = Self::new(top.by.clone(), top.order.clone()).with_sorted();
        grouping.tells_port_kinds = top.by.iter().any(Key::is_port);
        if grouping.tells_port_kinds {
            let kind = Measure::PortKind;
            grouping.columns.retain(|(_, measure)| *measure != kind);
            grouping.columns.push((kind.name(), kind));
        }
        grouping.only(top.columns.as_deref())
    }

    fn talkers(order: &Order) -> Self {
        Self::new(vec![Key::Either(End::Address, None)], order.clone()).with_columns(
            &[("sent_bytes", Measure::Forward), ("received_bytes", Measure::Backward)],
            &[("peers", Measure::Distinct(Counted::Peer))],
        )
    }

    fn ports(order: &Order) -> Self {
        let keys = vec![Key::Field(FieldId::Protocol), Key::Service];
        let grouping = Self::new(keys, order.clone()).with_columns(
            &[],
            &[
                ("to_service_bytes", Measure::Forward),
                ("from_service_bytes", Measure::Backward),
                ("hosts", Measure::Distinct(Counted::End(End::Address))),
                ("bpp", Measure::BytesPerPacket),
            ],
        );
        Self { forward: Forward::ToService, with_ports_only: true, ..grouping }
    }

    fn protocols(order: &Order) -> Self {
        let distinct = |field| Measure::Distinct(Counted::Field(field));
        Self::new(vec![Key::Field(FieldId::Protocol)], order.clone()).with_columns(
            &[],
            &[
                ("sources", distinct(FieldId::SrcAddr)),
                ("destinations", distinct(FieldId::DstAddr)),
                ("hosts", Measure::Distinct(Counted::End(End::Address))),
                ("bpp", Measure::BytesPerPacket),
            ],
        )
    }

    fn pairs(order: &Order) -> Self {
        let keys = [false, true].map(|higher| Key::Pair { higher });
        let grouping = Self::new(keys.into(), order.clone()).with_columns(
            &[("a_to_b_bytes", Measure::Forward), ("b_to_a_bytes", Measure::Backward)],
            &[],
        );
        Self { forward: Forward::Upward, ..grouping }
    }
}

impl Grouping {
    /// Groups by some keys, with the usual columns.
    #[must_use]
    pub fn new(keys: Vec<Key>, order: Order) -> Self {
        let columns = Measure::USUAL.map(|measure| (measure.name(), measure)).into();
        Self {
            keys,
            columns,
            order,
            forward: Forward::Sent,
            with_ports_only: false,
            tells_port_kinds: false,
        }
    }

    /// Only sums of bytes, packets and flows, by some keys.
    #[must_use]
    pub fn sums(keys: Vec<Key>) -> Self {
        let columns = Metric::ALL.map(Measure::Sum).map(|measure| (measure.name(), measure));
        Self { columns: columns.into(), ..Self::new(keys, Order::default()) }
    }

    /// Adds columns before and after the usual ones, and the measure that rows
    /// are sorted by.
    fn with_columns(self, before: &[(&str, Measure)], behind: &[(&str, Measure)]) -> Self {
        let named = |list: &[(&str, Measure)]| -> Vec<_> {
            list.iter().map(|(name, measure)| ((*name).to_owned(), *measure)).collect()
        };
        let mut columns = named(before);
        columns.extend(self.columns);
        columns.extend(named(behind));
        Self { columns, ..self }.with_sorted()
    }

    /// Replaces the columns, if any were asked for.
    fn only(self, columns: Option<&[Measure]>) -> Self {
        match columns {
            None => self,
            Some(columns) => {
                let mut shown: Vec<(String, Measure)> = Vec::new();
                for measure in columns {
                    // The keys stand before the columns already.
                    let is_key = matches!(measure, Measure::Key(_));
                    if !is_key && shown.iter().all(|(_, known)| known != measure) {
                        shown.push((measure.name(), *measure));
                    }
                }
                Self { columns: shown, ..self }
            }
        }
    }

    /// Adds the measure that rows are sorted by as the last column, if it is
    /// missing and no key.
    fn with_sorted(mut self) -> Self {
        let sort = self.order.sort;
        let is_key = matches!(sort, Measure::Key(_));
        if !is_key && self.columns.iter().all(|(_, measure)| *measure != sort) {
            self.columns.push((sort.name(), sort));
        }
        self
    }

    /// Names of the columns of the keys: as the keys, but no two columns have one
    /// name.
    pub fn key_names(&self) -> impl Iterator<Item = String> {
        self.keys.iter().map(Key::beside_measures)
    }

    /// The measure that a name stands for here, and what its values mean: a column that
    /// is shown, a key, or any measure.
    ///
    /// # Errors
    /// If there is none; the message lists what there is.
    pub fn named(&self, name: &str) -> Result<(Measure, Meaning), String> {
        let is = |known: &str| known.eq_ignore_ascii_case(name.trim());
        if let Some((_, measure)) = self.columns.iter().find(|(known, _)| is(known)) {
            return Ok((*measure, measure.meaning()));
        }
        let keys = self.keys.iter().zip(self.key_names());
        for (place, (key, known)) in (0..).zip(keys) {
            if is(&known) || is(&format!("key_{}", u16::from(place) + 1)) {
                return Ok((Measure::Key(place), key.meaning()));
            }
        }
        // Tables have these columns; both are of the measure that is ranked by.
        if is("share") || is("cumulative") {
            let share = Measure::Share(match self.order.sort {
                Measure::Sum(metric) | Measure::Share(metric) => metric,
                _ => Metric::Bytes,
            });
            let name = name.trim();
            return Err(format!("tables alone have a column {name}; did you mean {share}?"));
        }
        let columns = self.columns.iter().map(|(name, _)| name.clone());
        let shown: Vec<String> = self.key_names().chain(columns).collect();
        let is_here = |measure: &Measure| match measure {
            Measure::PortKind => self.tells_port_kinds,
            measure => !measure.is_of_some(),
        };
        match Measure::parse_column(name) {
            Ok(measure) if is_here(&measure) => Ok((measure, measure.meaning())),
            Err(why) if nearest(name, shown.iter().map(String::as_str)).is_none() => Err(why),
            _ => {
                let (name, near) = (name.trim(), nearest(name, shown.iter().map(String::as_str)));
                let near =
                    near.map_or_else(|| ";".into(), |near| format!("; did you mean {near}?"));
                Err(format!(
                    "no column is called {name}{near} there are: {}, and the measures that \
                     `flowkit top --help` lists",
                    shown.join(", ")
                ))
            }
        }
    }

    /// Conditions joined by `and`, on columns and measures.
    ///
    /// # Errors
    /// If one of them is invalid.
    pub fn conditions(&self, text: &str) -> Result<Vec<Condition>, String> {
        let named =
            |name: &str| self.named(name).map(|(measure, meaning)| (measure, Some(meaning)));
        Condition::parse_all_with(text, &named)
    }

    /// With moments in conditions by the clock of this zone.
    #[must_use]
    pub fn in_zone(mut self, zone: &TimeZone) -> Self {
        let having = std::mem::take(&mut self.order.having).into_iter();
        self.order.having = having.map(|condition| condition.in_zone(zone)).collect();
        self
    }

    /// Whether a flow can be in two groups.
    #[must_use]
    pub fn is_overlapping(&self) -> bool {
        self.keys.iter().any(Key::is_either)
    }

    /// Where in the key the protocol is.
    #[must_use]
    pub fn protocol_key(&self) -> Option<usize> {
        self.keys.iter().position(|key| *key == Key::Field(FieldId::Protocol))
    }

    /// Whether an engine must give the protocols of each group, since they are not in
    /// its key.
    #[must_use]
    pub fn needs_protocols(&self) -> bool {
        self.tells_port_kinds && self.protocol_key().is_none()
    }

    /// Whether the key has a bin of time, over which rates are then.
    #[must_use]
    pub fn is_binned(&self) -> bool {
        self.keys.iter().any(|key| matches!(key, Key::Bin { .. }))
    }

    /// Name of the column that rows are sorted by, in this grouping.
    #[must_use]
    pub fn sorted_by(&self) -> String {
        let sort = self.order.sort;
        if let Measure::Key(place) = sort {
            return self.key_names().nth(place.into()).unwrap_or_else(|| sort.name());
        }
        let column = self.columns.iter().find(|(_, measure)| *measure == sort);
        column.map_or_else(|| sort.name(), |(name, _)| name.clone())
    }

    /// Every measure that is shown, sorted by or used in a condition.
    pub fn measures(&self) -> impl Iterator<Item = Measure> {
        let conditions = self.order.having.iter().map(|condition| condition.measure);
        let columns = self.columns.iter().map(|(_, measure)| *measure);
        columns.chain(conditions).chain([self.order.sort])
    }

    /// The distinct counts that are needed, in the order of
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

    /// The distributions that are needed, in the order of
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Tables show both of whatever rows are ranked by, csv and json each share by name.
    #[test]
    fn the_share_of_a_table_leads_to_that_of_the_measure_sorted_by() {
        for (sort, share) in [
            (Measure::Sum(Metric::Bytes), "bytes_share"),
            (Measure::Sum(Metric::Flows), "flows_share"),
            (Measure::Share(Metric::Packets), "packets_share"),
            (Measure::Duration, "bytes_share"),
        ] {
            let order = Order { sort, ..Order::default() };
            let grouping = Grouping::new(vec![Key::Field(FieldId::DstPort)], order);
            for name in ["share", "cumulative"] {
                let why = grouping.named(&format!(" {name} ")).unwrap_err();
                assert_eq!(
                    why,
                    format!("tables alone have a column {name}; did you mean {share}?")
                );
            }
        }
    }
}
