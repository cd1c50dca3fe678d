//! IP protocol numbers: the one-byte `protocol` of a flow and its name.
//!
//! Every number the registry assigns is here, in lower case as a Unix
//! `/etc/protocols` writes it. Numbers 148 to 252 are unassigned and have no
//! name; the five "any …" entries of the registry, which have no keyword there,
//! get one so that each assigned number can be typed.
//!
//! Sources: IANA, *Assigned Internet Protocol Numbers*; what nfdump 1.7.1
//! prints for each number.

/// The numbers of ICMP: of IPv4, and of IPv6. Their flows have a type and a code.
pub const ICMP: [u8; 2] = [1, 58];

/// Whether flows of a protocol have a type and a code of ICMP, and no ports.
#[must_use]
#[inline]
pub const fn is_icmp(protocol: u8) -> bool {
    protocol == ICMP[0] || protocol == ICMP[1]
}

/// Type and code of an ICMP message that stand in the destination port, as version 5 has
/// them: 2048 is type 8, code 0. `None` for protocols that have ports.
#[must_use]
#[inline]
pub const fn icmp_of_port(protocol: Option<u8>, dst_port: Option<u16>) -> Option<[u8; 2]> {
    match (protocol, dst_port) {
        (Some(protocol), Some(port)) if is_icmp(protocol) => Some(port.to_be_bytes()),
        _ => None,
    }
}

/// Name of an IP protocol, such as `tcp` for 6; `None` if unassigned.
#[must_use]
pub fn protocol_name(number: u8) -> Option<&'static str> {
    let row = PROTOCOLS.binary_search_by_key(&number, |&(number, _)| number).ok()?;
    PROTOCOLS.get(row).map(|&(_, name)| name)
}

/// Number of an IP protocol by name or usual alias, in any case.
///
/// A decimal number is not a name: `protocol_number("6")` is `None`.
#[must_use]
pub fn protocol_number(name: &str) -> Option<u8> {
    PROTOCOLS
        .iter()
        .map(|&(number, name)| (name, number))
        .chain(ALIASES.iter().copied())
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, number)| number)
}

/// The number of a protocol that nfdump calls otherwise than IANA: all of its
/// names that differ, as it prints them for each number.
pub(crate) fn nfdump_protocol_number(name: &str) -> Option<u8> {
    NFDUMP_NAMES.iter().find(|(known, _)| *known == name).map(|(_, number)| *number)
}

/// Every name and alias, for suggestions.
pub(crate) fn protocol_names() -> impl Iterator<Item = &'static str> {
    PROTOCOLS.iter().map(|&(_, name)| name).chain(ALIASES.iter().map(|&(name, _)| name))
}

/// Other spellings people and programs use.
#[rustfmt::skip]
const ALIASES: &[(&str, u8)] = &[
    ("ip", 0), ("ipencap", 4), ("ip-in-ip", 4), ("ipv6-in-ip", 41),
    ("crypt", 50), ("ipsec-esp", 50), ("auth", 51), ("ipsec-ah", 51), ("min-ipv4", 55),
    ("icmp6", 58), ("icmpv6", 58), ("ospfigp", 89), ("ospfv2", 89), ("ax25", 93), ("carp", 112),
    ("l2tpv3", 115), ("udp-lite", 136), ("mpls", 137),
];

/// Number and name, sorted by number.
#[rustfmt::skip]
const PROTOCOLS: &[(u8, &str)] = &[
    (0, "hopopt"), (1, "icmp"), (2, "igmp"), (3, "ggp"), (4, "ipv4"), (5, "st"), (6, "tcp"),
    (7, "cbt"), (8, "egp"), (9, "igp"), (10, "bbn-rcc-mon"), (11, "nvp-ii"), (12, "pup"),
    (13, "argus"), (14, "emcon"), (15, "xnet"), (16, "chaos"), (17, "udp"), (18, "mux"),
    (19, "dcn-meas"), (20, "hmp"), (21, "prm"), (22, "xns-idp"), (23, "trunk-1"), (24, "trunk-2"),
    (25, "leaf-1"), (26, "leaf-2"), (27, "rdp"), (28, "irtp"), (29, "iso-tp4"), (30, "netblt"),
    (31, "mfe-nsp"), (32, "merit-inp"), (33, "dccp"), (34, "3pc"), (35, "idpr"), (36, "xtp"),
    (37, "ddp"), (38, "idpr-cmtp"), (39, "tp++"), (40, "il"), (41, "ipv6"), (42, "sdrp"),
    (43, "ipv6-route"), (44, "ipv6-frag"), (45, "idrp"), (46, "rsvp"), (47, "gre"), (48, "dsr"),
    (49, "bna"), (50, "esp"), (51, "ah"), (52, "i-nlsp"), (53, "swipe"), (54, "narp"),
    (55, "mobile"), (56, "tlsp"), (57, "skip"), (58, "ipv6-icmp"), (59, "ipv6-nonxt"),
    (60, "ipv6-opts"), (61, "any-host-internal"), (62, "cftp"), (63, "any-local-network"),
    (64, "sat-expak"), (65, "kryptolan"), (66, "rvd"), (67, "ippc"), (68, "any-file-system"),
    (69, "sat-mon"), (70, "visa"), (71, "ipcv"), (72, "cpnx"), (73, "cphb"), (74, "wsn"),
    (75, "pvp"), (76, "br-sat-mon"), (77, "sun-nd"), (78, "wb-mon"), (79, "wb-expak"),
    (80, "iso-ip"), (81, "vmtp"), (82, "secure-vmtp"), (83, "vines"), (84, "iptm"),
    (85, "nsfnet-igp"), (86, "dgp"), (87, "tcf"), (88, "eigrp"), (89, "ospf"), (90, "sprite-rpc"),
    (91, "larp"), (92, "mtp"), (93, "ax.25"), (94, "ipip"), (95, "micp"), (96, "scc-sp"),
    (97, "etherip"), (98, "encap"), (99, "any-encryption"), (100, "gmtp"), (101, "ifmp"),
    (102, "pnni"), (103, "pim"), (104, "aris"), (105, "scps"), (106, "qnx"), (107, "a/n"),
    (108, "ipcomp"), (109, "snp"), (110, "compaq-peer"), (111, "ipx-in-ip"), (112, "vrrp"),
    (113, "pgm"), (114, "any-0-hop"), (115, "l2tp"), (116, "ddx"), (117, "iatp"), (118, "stp"),
    (119, "srp"), (120, "uti"), (121, "smp"), (122, "sm"), (123, "ptp"), (124, "isis"),
    (125, "fire"), (126, "crtp"), (127, "crudp"), (128, "sscopmce"), (129, "iplt"), (130, "sps"),
    (131, "pipe"), (132, "sctp"), (133, "fc"), (134, "rsvp-e2e-ignore"), (135, "mobility-header"),
    (136, "udplite"), (137, "mpls-in-ip"), (138, "manet"), (139, "hip"), (140, "shim6"),
    (141, "wesp"), (142, "rohc"), (143, "ethernet"), (144, "aggfrag"), (145, "nsh"),
    (146, "homa"), (147, "bit-emu"), (253, "experiment-1"), (254, "experiment-2"),
    (255, "reserved"),
];

/// 38 (IDPR-CMTP) is printed as 35 (IDPR) is, and is read as that.
#[rustfmt::skip]
const NFDUMP_NAMES: &[(&str, u8)] = &[
    ("IPIP", 4), ("BBN", 10), ("NVPII", 11), ("ENCOM", 14), ("DCN", 19), ("XNS", 22), ("Trnk1", 23),
    ("Trnk2", 24), ("Leaf1", 25), ("Leaf2", 26), ("ISO-4", 29), ("NETBK", 30), ("MFESP", 31),
    ("MEINP", 32), ("Rte6", 43), ("Frag6", 44), ("MHRP", 48), ("INLSP", 52), ("MOBIL", 55),
    ("NOHE6", 59), ("OPTS6", 60), ("HOST", 61), ("NET", 63), ("SATNT", 64), ("KLAN", 65), ("FS", 68),
    ("SATM", 69), ("BSATM", 76), ("SUNND", 77), ("WBMON", 78), ("WBEXP", 79), ("ISOIP", 80),
    ("SVMTP", 82), ("TTP", 84), ("NSIGP", 85), ("S-RPC", 90), ("OS", 94), ("SCCSP", 96), ("ETHIP", 97),
    ("IPcmp", 108), ("CpqPP", 110), ("IPXIP", 111), ("0hop", 114), ("ISIS4", 124), ("MHEAD", 135),
    ("UDP-L", 136),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_each_name_leads_back_to_its_number() {
        assert!(PROTOCOLS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(PROTOCOLS.len(), 151);
        for &(number, name) in PROTOCOLS {
            assert_eq!(protocol_name(number), Some(name));
            assert_eq!(protocol_number(name), Some(number), "{name}");
            assert_eq!(name, name.to_ascii_lowercase());
        }
    }

    #[test]
    fn an_alias_is_no_second_name_for_another_number() {
        for &(alias, number) in ALIASES {
            assert_eq!(protocol_number(alias), Some(number), "{alias}");
            assert!(protocol_name(number).is_some());
        }
    }

    #[test]
    fn known_numbers() {
        let known = [
            (1, "icmp"),
            (2, "igmp"),
            (6, "tcp"),
            (17, "udp"),
            (33, "dccp"),
            (41, "ipv6"),
            (47, "gre"),
            (50, "esp"),
            (51, "ah"),
            (58, "ipv6-icmp"),
            (88, "eigrp"),
            (89, "ospf"),
            (103, "pim"),
            (112, "vrrp"),
            (115, "l2tp"),
            (132, "sctp"),
            (136, "udplite"),
            (143, "ethernet"),
            (147, "bit-emu"),
        ];
        for (number, name) in known {
            assert_eq!(protocol_name(number), Some(name));
        }
        assert_eq!(protocol_name(148), None);
        assert_eq!(protocol_name(252), None);
        assert_eq!(protocol_number("TCP"), Some(6));
        assert_eq!(protocol_number("icmp6"), Some(58));
        assert_eq!(protocol_number("6"), None);
        assert_eq!(protocol_number(""), None);
    }

    #[test]
    fn nfdumps_names_are_those_that_iana_does_not_have() {
        for (name, number) in NFDUMP_NAMES {
            assert_eq!(nfdump_protocol_number(name), Some(*number));
            assert_ne!(protocol_number(name), Some(*number), "{name}");
        }
    }
}
