//! `ports`: services by protocol. The service of a flow is the lower of its
//! two ports, so both directions of a conversation count for one.
//!
//! Only TCP, UDP, SCTP and DCCP have ports; flows of other protocols, ICMP
//! with its type and code in the port field among them, are in the total and
//! in no row.

use flowkit_model::{FieldId, Kind};

use super::{Order, Statistic, ranking};
use crate::answer::Answer;
use crate::columns::{Batch, Column, Values};
use crate::group::Counters;
use crate::group::key::{KeyLayout, KeyPart};
use crate::group::table::Table;
use crate::tally::Tally;

/// TCP, UDP, DCCP, SCTP.
const WITH_PORTS: [u64; 4] = [6, 17, 33, 132];

/// Sums by protocol and service.
#[derive(Debug)]
pub struct Ports {
    layout: KeyLayout,
    order: Order,
}

/// Sums, and the flows that have no port.
#[derive(Debug)]
pub struct PortSums {
    table: Table<Counters>,
    without: u64,
}

impl Ports {
    /// In this order.
    #[must_use]
    pub fn new(order: Order) -> Self {
        let layout = KeyLayout::new(vec![
            KeyPart::of(FieldId::Protocol.field()),
            KeyPart { name: "service".into(), kind: Kind::Port, bits: 16 },
        ]);
        Self { layout, order }
    }
}

/// The lower of two ports; unknown if either is.
fn services(src: &Column, dst: &Column) -> Column {
    let ports: Vec<Option<u64>> =
        (0..src.len()).map(|row| Some(src.get(row)?.min(dst.get(row)?))).collect();
    let known = |port: &Option<u64>| port.and_then(|port| u16::try_from(port).ok()).unwrap_or(0);
    Column {
        values: Values::U16(ports.iter().map(known).collect()),
        unknown: Some(ports.iter().map(Option::is_none).collect()),
    }
}

impl Statistic for Ports {
    type Partial = PortSums;

    fn fields(&self) -> Vec<FieldId> {
        vec![FieldId::Protocol, FieldId::SrcPort, FieldId::DstPort]
    }

    fn start(&self) -> PortSums {
        PortSums { table: Table::new(&self.layout), without: 0 }
    }

    fn add(&self, sums: &mut PortSums, batch: &Batch) {
        let protocols = batch.column(FieldId::Protocol);
        let services = services(batch.column(FieldId::SrcPort), batch.column(FieldId::DstPort));
        let selected: Vec<bool> = (0..batch.rows())
            .map(|row| protocols.get(row).is_some_and(|protocol| WITH_PORTS.contains(&protocol)))
            .collect();
        sums.without += selected.iter().filter(|selected| !**selected).count() as u64;
        let (bytes, packets) = (batch.counters(FieldId::Bytes), batch.counters(FieldId::Packets));
        sums.table.add(&self.layout, &[protocols, &services], Some(&selected), |sums, row| {
            sums.add(bytes[row], packets[row]);
        });
    }

    fn merge(&self, sums: &mut PortSums, other: PortSums) {
        sums.table.merge(other.table);
        sums.without += other.without;
    }

    fn answer(&self, sums: PortSums, texts: &[String], tally: &Tally) -> Answer {
        let ranked = sums.table.rank(&self.layout, self.order.sort, self.order.limit, texts);
        let title = format!("ports by {}", self.order.sort.name());
        let mut answer =
            ranking::answer(title, &self.layout, &ranked, &[], self.order, texts, tally);
        if sums.without > 0 {
            answer.notes.push(format!(
                "{} flows are not TCP, UDP, SCTP or DCCP and have no port: in the total, in no row",
                sums.without
            ));
        }
        answer
    }
}
