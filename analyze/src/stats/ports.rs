//! `ports`: services by protocol. The service of a flow is the lower of its
//! two ports, so both directions of a conversation count for one.
//!
//! Only TCP, UDP, SCTP and DCCP have ports; flows of other protocols, ICMP
//! with its type and code in the port field among them, are in the total and
//! in no row.

use flowkit_model::FieldId;
use flowkit_model::filter::End;

use super::Order;
use super::grouping::{Forward, Grouping, around_usual};
use crate::question::dimension::Dimension;
use crate::question::measure::{Counted, Measure};

/// Flows by protocol and service.
#[must_use]
pub fn ports(order: Order) -> Grouping {
    let title = format!("ports by {}", order.words());
    let by = vec![Dimension::Field(FieldId::Protocol), Dimension::Service];
    Grouping::new(title, by, order)
        .forward(Forward::ToService)
        .with_ports_only()
        .with_columns(around_usual(
            &[],
            &[
                ("to_service_bytes", Measure::Forward),
                ("from_service_bytes", Measure::Backward),
                ("hosts", Measure::Distinct(Counted::End(End::Address))),
                ("bpp", Measure::BytesPerPacket),
            ],
        ))
        .telling_sorted()
}
