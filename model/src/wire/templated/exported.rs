//! What a record says, whichever elements say it: its values with their units.

use std::net::IpAddr;

use super::class::Class;
use super::data::Record;
use super::header::Version;
use super::impossible::Impossibles;
use super::reading::Reading;

/// At which side of the router a flow was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Where the packets came in: 0.
    Ingress,
    /// Where they left: 1.
    Egress,
}

impl Direction {
    /// Name in csv and json.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }
}

/// The values of a record. What was not sent, and what cannot be, is `None`.
///
/// An IPv4 address within IPv6 (`::ffff:192.0.2.1`) is the IPv4 address. Where a
/// template has fields of both families, the one that is not all zeros counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exported {
    /// What the record is.
    pub class: Class,
    /// The version it came in.
    pub version: Version,
    /// Time of export, milliseconds since 1970-01-01 UTC; a whole second.
    pub timestamp_ms: u64,
    /// The sequence number of its datagram, see
    /// [`Header::sequence`](super::Header::sequence).
    pub sequence: u32,
    /// Source id of version 9, observation domain of IPFIX.
    pub domain: u32,
    /// Number of its template.
    pub flowset: u16,
    /// Source address.
    pub src_addr: Option<IpAddr>,
    /// Destination address.
    pub dst_addr: Option<IpAddr>,
    /// Next router.
    pub next_hop: Option<IpAddr>,
    /// Source port, of any transport protocol.
    pub src_port: Option<u16>,
    /// Destination port.
    pub dst_port: Option<u16>,
    /// IP protocol.
    pub protocol: Option<u8>,
    /// OR of the TCP flags of all packets; the lower 8 of the 16 bits that IPFIX
    /// has.
    pub tcp_flags: Option<u8>,
    /// Type of service.
    pub tos: Option<u8>,
    /// Bytes, by the first element there is of: delta, delta that left, total,
    /// total that left, initiator, layer 2. They are never added.
    pub bytes: Option<u64>,
    /// Packets, likewise.
    pub packets: Option<u64>,
    /// Bytes of the other direction, in a record of both.
    pub rev_bytes: Option<u64>,
    /// Packets of the other direction.
    pub rev_packets: Option<u64>,
    /// First packet, milliseconds since 1970-01-01 UTC. Unknown where only an
    /// uptime was sent by IPFIX and the start of the exporter was not.
    pub first_ms: Option<u64>,
    /// Last packet.
    pub last_ms: Option<u64>,
    /// `ifIndex` the packets came in by.
    pub input_snmp: Option<u32>,
    /// `ifIndex` they left by.
    pub output_snmp: Option<u32>,
    /// Autonomous system of the source.
    pub src_as: Option<u32>,
    /// Autonomous system of the destination.
    pub dst_as: Option<u32>,
    /// Prefix length of the source's route.
    pub src_mask_len: Option<u8>,
    /// Prefix length of the destination's route.
    pub dst_mask_len: Option<u8>,
    /// Whether it was seen coming in or leaving.
    pub direction: Option<Direction>,
    /// VLAN.
    pub vlan: Option<u16>,
    /// MAC address the packets came from.
    pub src_mac: Option<[u8; 6]>,
    /// MAC address they went to.
    pub dst_mac: Option<[u8; 6]>,
    /// What happened, for firewalls and NAT: 1 created, 2 deleted, 3 denied, and
    /// more.
    pub event: Option<u8>,
    /// ICMP type; only of protocols 1 and 58.
    pub icmp_type: Option<u8>,
    /// ICMP code; only of protocols 1 and 58.
    pub icmp_code: Option<u8>,
    /// Source address after translation (NAT).
    pub nat_src_addr: Option<IpAddr>,
    /// Destination address after translation.
    pub nat_dst_addr: Option<IpAddr>,
    /// Source port after translation.
    pub nat_src_port: Option<u16>,
    /// Destination port after translation.
    pub nat_dst_port: Option<u16>,
    /// The sampler that chose its packets; options say its rate. 0 is none.
    pub sampler_id: Option<u64>,
    /// One packet in so many, where the record itself says so.
    pub sampling_interval: Option<u16>,
    /// What was sent and cannot be.
    pub impossible: Impossibles,
}

impl Record<'_, '_> {
    /// What the record says. Of an options record only what the header says:
    /// see [`Record::options`].
    #[must_use]
    pub fn exported(&self) -> Exported {
        let mut exported = self.blank();
        if !self.template().is_options() {
            let mut reading = Reading::default();
            for read in self.read() {
                reading.take(read, &mut exported);
            }
            reading.finish(self, &mut exported);
            exported.class = Class::of(&exported, self.template().plan().is_layer_2);
        }
        exported
    }

    /// What the header says of every record.
    fn blank(&self) -> Exported {
        let header = self.data().header();
        Exported {
            class: Class::Options,
            version: header.version,
            timestamp_ms: header.export_ms(),
            sequence: header.sequence,
            domain: header.domain,
            flowset: self.template().number(),
            src_addr: None,
            dst_addr: None,
            next_hop: None,
            src_port: None,
            dst_port: None,
            protocol: None,
            tcp_flags: None,
            tos: None,
            bytes: None,
            packets: None,
            rev_bytes: None,
            rev_packets: None,
            first_ms: None,
            last_ms: None,
            input_snmp: None,
            output_snmp: None,
            src_as: None,
            dst_as: None,
            src_mask_len: None,
            dst_mask_len: None,
            direction: None,
            vlan: None,
            src_mac: None,
            dst_mac: None,
            event: None,
            icmp_type: None,
            icmp_code: None,
            nat_src_addr: None,
            nat_dst_addr: None,
            nat_src_port: None,
            nat_dst_port: None,
            sampler_id: None,
            sampling_interval: None,
            impossible: Impossibles::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::templated::Impossible;
    use crate::wire::templated::made_up::record;

    const V4: [u8; 4] = [192, 0, 2, 1];
    const V6: [u8; 16] = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    const MAPPED: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 1];

    #[test]
    fn a_record_is_a_flow_by_its_addresses() {
        let one: (u16, &[u8]) = (1, &[9]);
        for (fields, class) in [
            (vec![(8, &V4[..])], Class::Flow),
            (vec![(28, &V6[..]), one], Class::Flow),
            (vec![one, (56, &[2; 6])], Class::Layer2),
            (vec![(86, &[1]), (59, &[0, 7])], Class::Layer2),
            (vec![(2, &[1]), (365, &[2; 6])], Class::Layer2),
            (vec![(56, &[2; 6])], Class::Options),
            (vec![one, (10, &[4])], Class::Options),
            (vec![(8, &V4), (233, &[3])], Class::Event),
            (vec![(8, &V4), (230, &[1])], Class::Event),
            (vec![(8, &V4), (233, &[2]), one], Class::Flow),
            (vec![(8, &V4), (40_005, &[5]), (299, &[0])], Class::Flow),
            (vec![(8, &V4), (40_005, &[5])], Class::Event),
        ] {
            assert_eq!(record(9, &fields).class, class, "{fields:?}");
        }
        assert!(Class::Event.is_flow() && !Class::Options.is_flow());
    }

    #[test]
    fn of_two_families_that_counts_which_is_not_zero() {
        let (no_v4, no_v6) = ([0; 4], [0; 16]);
        for (fields, src, dst) in [
            ([(8, &V4[..]), (27, &no_v6), (12, &V4), (28, &no_v6)], &V4[..], &V4[..]),
            ([(8, &no_v4), (27, &V6), (12, &no_v4), (28, &V6)], &V6, &V6),
            // Of a source that is all zeros the destination says the family.
            ([(8, &no_v4), (27, &no_v6), (12, &no_v4), (28, &V6)], &no_v6, &V6),
            ([(8, &no_v4), (27, &no_v6), (12, &V4), (28, &no_v6)], &no_v4, &V4),
            ([(8, &no_v4), (27, &V6), (12, &no_v4), (28, &no_v6)], &V6, &no_v6),
            ([(8, &no_v4), (27, &MAPPED), (12, &no_v4), (28, &MAPPED)], &V4, &V4),
        ] {
            let exported = record(10, &fields);
            for (addr, octets) in [(exported.src_addr, src), (exported.dst_addr, dst)] {
                let expected = match octets.len() {
                    4 => IpAddr::from(<[u8; 4]>::try_from(octets).unwrap()),
                    _ => IpAddr::from(<[u8; 16]>::try_from(octets).unwrap()),
                };
                assert_eq!(addr, Some(expected), "{fields:?}");
            }
        }
    }

    #[test]
    fn prefixes_are_those_of_the_family() {
        for (fields, mask) in [
            (vec![(8, &V4[..]), (9, &[24])], Some(24)),
            (vec![(27, &V6), (29, &[48])], Some(48)),
            (vec![(8, &V4), (27, &[0; 16]), (9, &[24]), (29, &[0])], Some(24)),
            (vec![(8, &[0; 4]), (27, &V6), (9, &[0]), (29, &[48])], Some(48)),
            (vec![(27, &MAPPED), (29, &[120])], Some(24)),
            (vec![(27, &MAPPED), (29, &[0])], Some(0)),
            (vec![(56, &[2; 6]), (9, &[24])], Some(24)),
        ] {
            let exported = record(9, &fields);
            assert_eq!((exported.src_mask_len, exported.impossible.is_empty()), (mask, true));
        }
    }

    #[test]
    fn counters_have_any_length_and_are_never_added() {
        let exported = record(9, &[(1, &[1, 0, 0]), (23, &[9]), (2, &[0]), (24, &[7])]);
        assert_eq!((exported.bytes, exported.packets), (Some(65_536), Some(0)));
        let exported = record(10, &[(85, &[9; 8]), (231, &[1]), (232, &[2]), (298, &[3])]);
        assert_eq!(exported.bytes, Some(0x0909_0909_0909_0909));
        assert_eq!((exported.packets, exported.rev_bytes), (Some(3), Some(2)));
    }

    #[test]
    fn times_are_those_of_the_finest_member() {
        let ms = 1_557_820_000_123_u64;
        let secs = 1_557_820_005_u32;
        let late = ms + 2 * 86_400_000;
        let ntp = ((ms / 1000 + 2_208_988_800) << 32) + (1 << 31);
        let uptime = 89_000_u32.to_be_bytes();
        for (version, fields, first_ms) in [
            (9, vec![(22, &uptime[..])], Some(1_557_820_799_000)),
            (9, vec![(22, &uptime), (152, &ms.to_be_bytes())], Some(ms)),
            (10, vec![(150, &secs.to_be_bytes()), (152, &ms.to_be_bytes())], Some(ms)),
            (
                10,
                vec![(150, &secs.to_be_bytes()), (154, &ntp.to_be_bytes())],
                Some(1_557_820_005_000),
            ),
            (10, vec![(156, &ntp.to_be_bytes()), (22, &uptime)], Some(1_557_820_000_500)),
            (10, vec![(22, &uptime)], None),
            (10, vec![(22, &uptime), (160, &ms.to_be_bytes())], Some(ms + 89_000)),
            (10, vec![(22, &uptime), (160, &[0; 8])], None),
            // Started two days after the export: that start is none.
            (10, vec![(22, &uptime), (160, &late.to_be_bytes())], None),
        ] {
            let exported = record(version, &fields);
            assert_eq!(exported.first_ms, first_ms, "{version}: {fields:?}");
            assert!(exported.impossible.is_empty());
            assert_eq!(exported.last_ms, None);
        }
    }

    #[test]
    fn icmp_is_read_of_icmp_alone() {
        for (fields, expected) in [
            (vec![(4, &[1][..]), (176, &[3]), (177, &[1]), (32, &[8, 0])], (Some(3), Some(1))),
            (vec![(4, &[1]), (32, &[8, 0]), (11, &[3, 3])], (Some(8), Some(0))),
            (vec![(4, &[58]), (32, &[0, 0]), (139, &[135, 0])], (Some(135), Some(0))),
            (vec![(4, &[58]), (178, &[136]), (11, &[0, 0])], (Some(136), None)),
            (vec![(4, &[1]), (11, &[3, 1])], (Some(3), Some(1))),
            (vec![(4, &[1])], (None, None)),
            (vec![(4, &[6]), (32, &[8, 0]), (11, &[1, 187])], (None, None)),
        ] {
            let exported = record(10, &fields);
            assert_eq!((exported.icmp_type, exported.icmp_code), expected, "{fields:?}");
        }
    }

    #[test]
    fn the_rest_is_read_by_its_name() {
        let exported = record(
            9,
            &[
                (182, &[0, 80]),
                (181, &[0, 53]),
                (6, &[1, 27]),
                (5, &[184]),
                (10, &[0, 1, 0, 0]),
                (14, &[7]),
                (16, &[0, 1, 0, 0]),
                (17, &[9]),
                (61, &[1]),
                (243, &[0, 110]),
                (81, &[2; 6]),
                (57, &[3; 6]),
                (62, &V6),
                (225, &V4),
                (282, &V6),
                (227, &[0, 9]),
                (40_004, &[0, 8]),
                (302, &[4]),
            ],
        );
        assert_eq!((exported.src_port, exported.dst_port), (Some(80), Some(53)));
        assert_eq!((exported.tcp_flags, exported.tos), (Some(27), Some(184)));
        assert_eq!((exported.input_snmp, exported.output_snmp), (Some(65_536), Some(7)));
        assert_eq!((exported.src_as, exported.dst_as), (Some(65_536), Some(9)));
        assert_eq!(exported.direction, Some(Direction::Egress));
        assert_eq!((exported.vlan, exported.sampler_id), (Some(110), Some(4)));
        assert_eq!((exported.src_mac, exported.dst_mac), (Some([2; 6]), Some([3; 6])));
        assert_eq!(exported.next_hop, Some(V6.into()));
        assert_eq!(
            (exported.nat_src_addr, exported.nat_dst_addr),
            (Some(V4.into()), Some(V6.into()))
        );
        assert_eq!((exported.nat_src_port, exported.nat_dst_port), (Some(9), Some(8)));
        assert_eq!((exported.timestamp_ms, exported.flowset), (1_557_820_800_000, 256));
        assert_eq!((exported.sequence, exported.domain), (7, 0));
    }

    #[test]
    fn what_cannot_be_is_unknown_and_told() {
        let ahead = (1_557_820_800_000_u64 + 86_400_001).to_be_bytes();
        let past = (1_557_820_800_000_u64 - 60 * 86_400_000 - 1).to_be_bytes();
        for (field, kind) in [
            ((61, &[2][..]), Impossible::Direction),
            ((60, &[1]), Impossible::IpVersion),
            ((4, &[1, 0]), Impossible::Protocol),
            ((9, &[33]), Impossible::Mask),
            ((30, &[129]), Impossible::Mask),
            ((152, &ahead), Impossible::First),
            ((153, &past), Impossible::Last),
            ((153, &[0; 8]), Impossible::Last),
            ((7, &[1, 0, 0]), Impossible::Number),
            ((1, &[1; 9]), Impossible::Number),
            ((12, &[1; 5]), Impossible::Address),
            ((80, &[1; 8]), Impossible::Address),
        ] {
            let exported = record(10, &[(8, &V4), field]);
            assert!(exported.impossible.iter().eq([kind]), "{field:?}");
            let unknown = record(10, &[(8, &V4)]);
            assert_eq!(Exported { impossible: unknown.impossible, ..exported }, unknown);
        }
        let exported = record(9, &[(27, &MAPPED), (29, &[64])]);
        assert!(exported.impossible.contains(Impossible::Mask));
    }
}
