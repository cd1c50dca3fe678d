//! `protocols`: IP protocols, with how many addresses send, receive and take
//! part, and the mean size of a packet.

use flowkit_model::FieldId;
use flowkit_model::filter::End;

use super::Order;
use super::grouping::{Grouping, around_usual};
use crate::question::dimension::Dimension;
use crate::question::measure::{Counted, Measure};

/// Flows by protocol.
#[must_use]
pub fn protocols(order: Order) -> Grouping {
    let title = format!("protocols by {}", order.words());
    let by = vec![Dimension::Field(FieldId::Protocol)];
    Grouping::new(title, by, order)
        .with_columns(around_usual(
            &[],
            &[
                ("sources", Measure::Distinct(Counted::Field(FieldId::SrcAddr))),
                ("destinations", Measure::Distinct(Counted::Field(FieldId::DstAddr))),
                ("hosts", Measure::Distinct(Counted::End(End::Address))),
                ("bpp", Measure::BytesPerPacket),
            ],
        ))
        .telling_sorted()
}
