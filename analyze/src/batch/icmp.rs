//! Type and code of ICMP messages as version 5 has them: in the destination port.

use flowkit_model::FieldId;
use flowkit_model::names::{icmp_of_port, is_icmp};

use super::{Batch, Column, Values};

/// The fields in which type and code stand that a flow states.
pub(crate) const ICMP: [FieldId; 2] = [FieldId::IcmpType, FieldId::IcmpCode];

/// The fields by which those of version 5 are known.
pub(crate) const OF_PORT: [FieldId; 2] = [FieldId::Protocol, FieldId::DstPort];

impl Batch {
    /// Columns of the type and the code that stand in the destination port, given as
    /// columns or codes of protocol and port.
    pub(crate) fn icmp_of_ports(&self) -> [Column; 2] {
        let of = |field| self.dictionary_column(field).map(super::DictionaryColumn::to_column);
        let [coded_protocol, coded_port] = OF_PORT.map(of);
        let protocol = coded_protocol.as_ref().unwrap_or_else(|| self.column(FieldId::Protocol));
        let mut columns = ICMP.map(|field| Column::unknown(field, self.rows));
        let Values::U8(protocols) = &protocol.values else { return columns };
        if !protocols.iter().any(|protocol| is_icmp(*protocol)) {
            return columns;
        }
        let port = coded_port.as_ref().unwrap_or_else(|| self.column(FieldId::DstPort));
        for (row, protocol) in protocols.iter().enumerate().filter(|(_, number)| is_icmp(**number))
        {
            let port = port.get(row).and_then(|port| u16::try_from(port).ok());
            let Some(icmp) = icmp_of_port(Some(*protocol), port) else { continue };
            for (column, byte) in columns.iter_mut().zip(icmp) {
                column.put_byte(row, byte);
            }
        }
        columns
    }

    /// Whether type and code of every flow are those of its destination port.
    pub(crate) fn has_icmp_of_ports(&self) -> bool {
        let stated = ICMP.map(|field| self.column(field));
        let of_ports = self.icmp_of_ports();
        stated
            .into_iter()
            .zip(&of_ports)
            .all(|(stated, of_port)| (0..self.rows).all(|row| stated.get(row) == of_port.get(row)))
    }
}

impl Column {
    /// Makes the value of a row of an unknown column of bytes known.
    fn put_byte(&mut self, row: usize, byte: u8) {
        if let (Values::U8(values), Some(unknown)) = (&mut self.values, &mut self.unknown) {
            (values[row], unknown[row]) = (byte, false);
        }
    }
}

#[cfg(test)]
mod tests {
    use flowkit_model::FlowRecord;

    use super::*;
    use crate::batch::tests::batch;

    fn flow(protocol: Option<u8>, dst_port: Option<u16>) -> FlowRecord {
        FlowRecord { protocol, dst_port, ..FlowRecord::default() }
    }

    #[test]
    fn a_port_of_icmp_is_type_and_code() {
        let flows = [
            flow(Some(1), Some(0x0801)),
            flow(Some(6), Some(0x0801)),
            flow(Some(58), Some(0x8000)),
            flow(Some(1), None),
            flow(None, Some(0x0801)),
        ];
        let all = batch(&flows);
        let [kinds, codes] = all.icmp_of_ports();
        let rows = |column: &Column| (0..5).map(|row| column.get(row)).collect::<Vec<_>>();
        assert_eq!(rows(&kinds), [Some(8), None, Some(128), None, None]);
        assert_eq!(rows(&codes), [Some(1), None, Some(0), None, None]);
        assert!(all.has_icmp_of_ports());
        let stated = FlowRecord { icmp_type: Some(3), ..flow(Some(1), Some(0)) };
        assert!(!batch(&[stated]).has_icmp_of_ports());
        assert!(batch(&flows[1..2]).has_icmp_of_ports());
    }
}
