//! Service names: what usually listens on a transport port.
//!
//! A well-chosen part of the registry, not all of its 11,000 rows: the ports
//! people meet in flows. A name says what the port is registered for, not what
//! runs there. Some names differ from the product most people find on the port:
//! 3128 is `ndl-aas` (often a Squid proxy), 9200 is `wap-wsp` (often
//! Elasticsearch), 5000 is `commplex-main`. [`ALIASES`] takes everyday words for
//! typing; they are never printed.
//!
//! Source: IANA, *Service Name and Transport Protocol Port Number Registry*.

/// Name of a port of TCP (6), UDP (17), DCCP (33) or SCTP (132).
///
/// `None` for other protocols, which have no ports, and for ports not listed.
#[must_use]
pub fn service_name(protocol: u8, port: u16) -> Option<&'static str> {
    let transport = transport(protocol)?;
    rows_of(port).find(|row| row.1 & transport != 0).map(|row| row.2)
}

/// Name of a port whatever the protocol, for tables by port alone.
///
/// Where protocols differ the order is TCP, UDP, DCCP, SCTP: 514 is `shell`,
/// not `syslog`.
#[must_use]
pub fn service_name_any(port: u16) -> Option<&'static str> {
    rows_of(port).next().map(|row| row.2)
}

/// Port of a service by name or everyday word, in any case.
///
/// With a protocol only its services count: `syslog` is a port of UDP, none of
/// TCP.
#[must_use]
pub fn service_port(name: &str, protocol: Option<u8>) -> Option<u16> {
    let wanted = match protocol {
        Some(protocol) => transport(protocol)?,
        None => ALL,
    };
    let name = ALIASES
        .iter()
        .find(|(alias, _)| alias.eq_ignore_ascii_case(name))
        .map_or(name, |&(_, registered)| registered);
    SERVICES
        .iter()
        .chain(UNREGISTERED)
        .find(|row| row.1 & wanted != 0 && row.2.eq_ignore_ascii_case(name))
        .map(|row| row.0)
}

/// Every name and everyday word, for suggestions.
pub(crate) fn service_names() -> impl Iterator<Item = &'static str> {
    let aliases = ALIASES.iter().map(|&(name, _)| name);
    SERVICES.iter().chain(UNREGISTERED).map(|row| row.2).chain(aliases)
}

/// Port, transports, name.
type Service = (u16, u8, &'static str);

fn rows_of(port: u16) -> impl Iterator<Item = &'static Service> {
    let start = SERVICES.partition_point(|row| row.0 < port);
    SERVICES.iter().skip(start).chain(UNREGISTERED).filter(move |row| row.0 == port).take(4)
}

/// Whether flows of a protocol have ports: TCP, UDP, DCCP and SCTP.
#[inline]
#[must_use]
pub const fn has_ports(protocol: u64) -> bool {
    matches!(protocol, 6 | 17 | 33 | 132)
}

fn transport(protocol: u8) -> Option<u8> {
    match protocol {
        6 => Some(T),
        17 => Some(U),
        33 => Some(D),
        132 => Some(S),
        _ => None,
    }
}

// Transports as bits, so that one row can stand for several.
const T: u8 = 1;
const U: u8 = 2;
const D: u8 = 4;
const S: u8 = 8;
const TU: u8 = T | U;
const TS: u8 = T | S;
const TUS: u8 = T | U | S;
const TUD: u8 = T | U | D;
const ALL: u8 = T | U | D | S;

/// Everyday words and the registered names they stand for.
#[rustfmt::skip]
pub const ALIASES: &[(&str, &str)] = &[
    ("dns", "domain"), ("dot", "domain-s"), ("www", "http"), ("quic", "https"),
    ("rdp", "ms-wbt-server"), ("smb", "microsoft-ds"), ("cifs", "microsoft-ds"),
    ("kerberos-sec", "kerberos"), ("rpcbind", "sunrpc"), ("portmap", "sunrpc"), ("msrpc", "epmap"),
    ("whois", "nicname"), ("dhcp", "bootps"), ("dhcps", "bootps"), ("dhcpc", "bootpc"),
    ("rip", "router"), ("ike", "isakmp"), ("imap2", "imap"), ("smtps", "submissions"),
    ("ident", "auth"), ("modbus", "mbap"), ("afp", "afpovertcp"), ("printer-raw", "hp-pdl-datastr"),
    ("jetdirect", "hp-pdl-datastr"), ("mssql", "ms-sql-s"), ("oracle", "ncube-lm"),
    ("l2f", "l2tp"), ("rtmp", "macromedia-fcs"), ("squid", "ndl-aas"), ("winrm", "wsman"),
    ("vnc", "rfb"), ("postgres", "postgresql"), ("memcached", "memcache"), ("ipmi", "asf-rmcp"),
    ("sip-tls", "sips"), ("nat-pmp", "pcp"), ("irc-default", "ircu"), ("https-alt", "pcsync-https"),
];

/// Ports in wide use that go by a name the registry does not have.
#[rustfmt::skip]
const UNREGISTERED: &[Service] = &[
    (5938, TU, "teamviewer"), (8333, T, "bitcoin"), (25565, T, "minecraft"),
    (27017, T, "mongodb"), (51820, U, "wireguard"),
];

/// Sorted by port, then by transport in the order TCP, UDP, DCCP, SCTP.
#[rustfmt::skip]
const SERVICES: &[Service] = &[
    (1, TU, "tcpmux"), (5, TU, "rje"), (7, TU, "echo"), (9, ALL, "discard"), (11, TU, "systat"),
    (13, TU, "daytime"), (17, TU, "qotd"), (18, TU, "msp"), (19, TU, "chargen"),
    (20, TS, "ftp-data"), (21, TS, "ftp"), (22, TS, "ssh"), (23, T, "telnet"), (25, T, "smtp"),
    (37, TU, "time"), (42, TU, "nameserver"), (43, T, "nicname"), (49, TU, "tacacs"),
    (50, TU, "re-mail-ck"), (53, TU, "domain"), (67, TU, "bootps"), (68, TU, "bootpc"),
    (69, U, "tftp"), (70, T, "gopher"), (79, T, "finger"), (80, TUS, "http"),
    (88, TU, "kerberos"), (102, TU, "iso-tsap"), (104, TU, "acr-nema"), (107, TU, "rtelnet"),
    (109, T, "pop2"), (110, T, "pop3"), (111, TU, "sunrpc"), (113, T, "auth"), (115, T, "sftp"),
    (117, T, "uucp-path"), (118, TU, "sqlserv"), (119, T, "nntp"), (123, U, "ntp"),
    (135, TU, "epmap"), (137, TU, "netbios-ns"), (138, TU, "netbios-dgm"),
    (139, TU, "netbios-ssn"), (143, T, "imap"), (152, TU, "bftp"), (153, U, "sgmp"),
    (156, TU, "sqlsrv"), (161, TU, "snmp"), (162, TU, "snmptrap"), (163, TU, "cmip-man"),
    (164, TU, "cmip-agent"), (170, T, "print-srv"), (174, T, "mailq"), (177, TU, "xdmcp"),
    (179, TS, "bgp"), (194, TU, "irc"), (199, TU, "smux"), (201, TU, "at-rtmp"),
    (209, TU, "qmtp"), (210, TU, "z39.50"), (213, U, "ipx"), (220, TU, "imap3"), (256, TU, "rap"),
    (259, TU, "esro-gen"), (264, TU, "bgmp"), (280, TU, "http-mgmt"), (311, TU, "asip-webadmin"),
    (318, TU, "pkix-timestamp"), (319, U, "ptp-event"), (320, U, "ptp-general"),
    (350, TU, "matip-type-a"), (366, TU, "odmr"), (369, TU, "rpc2portmap"),
    (371, TU, "clearcase"), (383, TU, "hp-alarm-mgr"), (384, TU, "arns"), (387, TU, "aurp"),
    (389, TU, "ldap"), (401, TU, "ups"), (427, TU, "svrloc"), (434, TU, "mobileip-agent"),
    (443, TUS, "https"), (444, TU, "snpp"), (445, TU, "microsoft-ds"), (464, TU, "kpasswd"),
    (465, T, "submissions"), (475, TU, "tcpnethaspsrv"), (487, TU, "saft"), (491, TU, "go-login"),
    (496, U, "pim-rp-disc"), (500, U, "isakmp"), (502, TU, "mbap"), (504, TU, "citadel"),
    (512, T, "exec"), (512, U, "comsat"), (513, T, "login"), (513, U, "who"), (514, T, "shell"),
    (514, U, "syslog"), (515, T, "printer"), (517, U, "talk"), (518, U, "ntalk"),
    (520, U, "router"), (521, U, "ripng"), (524, TU, "ncp"), (525, U, "timed"),
    (530, T, "courier"), (532, T, "netnews"), (533, U, "netwall"), (540, T, "uucp"),
    (543, T, "klogin"), (544, T, "kshell"), (546, TU, "dhcpv6-client"),
    (547, TU, "dhcpv6-server"), (548, T, "afpovertcp"), (554, TU, "rtsp"), (556, T, "remotefs"),
    (563, TU, "nntps"), (587, T, "submission"), (593, TU, "http-rpc-epmap"),
    (601, TU, "syslog-conn"), (604, TU, "tunnel"), (623, T, "oob-ws-http"), (623, U, "asf-rmcp"),
    (631, TU, "ipp"), (635, TU, "rlzdbase"), (636, TU, "ldaps"), (639, TU, "msdp"),
    (646, TU, "ldp"), (647, TU, "dhcp-failover"), (648, TU, "rrp"), (654, TU, "aodv"),
    (655, TU, "tinc"), (657, TU, "rmc"), (660, TU, "mac-srvr-admin"), (666, TU, "doom"),
    (674, TU, "acap"), (691, TU, "msexch-routing"), (694, TU, "ha-cluster"), (698, U, "olsr"),
    (700, T, "epp"), (701, U, "lmp"), (702, T, "iris-beep"), (706, TU, "silc"),
    (749, TU, "kerberos-adm"), (751, T, "pump"), (830, TU, "netconf-ssh"),
    (831, TU, "netconf-beep"), (832, TU, "netconfsoaphttp"), (833, TU, "netconfsoapbeep"),
    (847, TU, "dhcp-failover2"), (853, TU, "domain-s"), (860, TU, "iscsi"),
    (861, TU, "owamp-control"), (862, TU, "twamp-control"), (873, T, "rsync"),
    (902, T, "ideafarm-door"), (903, T, "ideafarm-panic"), (953, T, "rndc"),
    (989, TU, "ftps-data"), (990, TU, "ftps"), (992, TU, "telnets"), (993, T, "imaps"),
    (995, T, "pop3s"), (1080, TU, "socks"), (1085, TU, "webobjects"), (1093, TU, "proofd"),
    (1099, TU, "rmiregistry"), (1167, TUS, "cisco-ipsla"), (1194, TU, "openvpn"),
    (1241, TU, "nessus"), (1293, TU, "pkt-krb-ipsec"), (1311, TU, "rxmon"),
    (1352, TU, "lotusnote"), (1433, TU, "ms-sql-s"), (1434, TU, "ms-sql-m"), (1494, TU, "ica"),
    (1512, TU, "wins"), (1521, TU, "ncube-lm"), (1524, TU, "ingreslock"), (1526, TU, "pdap-np"),
    (1533, TU, "virtual-places"), (1547, TU, "laplink"), (1582, TU, "msims"),
    (1604, TU, "icabrowser"), (1645, TU, "sightline"), (1646, TU, "sa-msg-port"),
    (1649, TU, "kermit"), (1677, TU, "groupwise"), (1701, TU, "l2tp"), (1719, TU, "h323gatestat"),
    (1720, TU, "h323hostcall"), (1723, TU, "pptp"), (1755, TU, "ms-streaming"),
    (1761, TU, "cft-0"), (1801, TU, "msmq"), (1812, TU, "radius"), (1813, TU, "radius-acct"),
    (1863, TU, "msnp"), (1883, TU, "mqtt"), (1900, TU, "ssdp"), (1935, TU, "macromedia-fcs"),
    (1967, TU, "sns-quote"), (1984, TU, "bb"), (1985, TU, "hsrp"), (1998, TU, "x25-svc-port"),
    (2000, TU, "cisco-sccp"), (2049, TUS, "nfs"), (2082, TU, "infowave"), (2083, TU, "radsec"),
    (2086, TU, "gnunet"), (2087, TU, "eli"), (2095, TU, "nbx-ser"), (2096, TU, "nbx-dir"),
    (2102, TU, "zephyr-srv"), (2103, TU, "zephyr-clt"), (2104, TU, "zephyr-hm"),
    (2123, TU, "gtp-control"), (2152, TU, "gtp-user"), (2181, TU, "eforward"),
    (2195, TU, "autocueds"), (2222, TU, "ethernet-ip-1"), (2223, TU, "rockwell-csp2"),
    (2261, TU, "comotionmaster"), (2375, T, "docker"), (2376, T, "docker-s"), (2377, T, "swarm"),
    (2379, T, "etcd-client"), (2380, T, "etcd-server"), (2401, TU, "cvspserver"),
    (2404, TU, "iec-104"), (2427, TU, "mgcp-gateway"), (2483, TU, "ttc"), (2484, TU, "ttc-ssl"),
    (2598, TU, "citriximaclient"), (2601, TU, "discp-client"), (2604, TU, "nsc-ccs"),
    (2605, TU, "nsc-posa"), (2628, TU, "dict"), (2638, TU, "sybaseanywhere"),
    (2727, TU, "mgcp-callagent"), (2775, TU, "smpp"), (2809, TU, "corbaloc"),
    (2811, TU, "gsiftp"), (2905, TS, "m3ua"), (2944, TUS, "megaco-h248"),
    (2945, TUS, "h248-binary"), (2947, TU, "gpsd"), (2948, TU, "wap-push"), (3050, TU, "gds-db"),
    (3074, TU, "xbox"), (3128, TU, "ndl-aas"), (3130, TU, "icpv2"), (3205, TU, "isns"),
    (3225, TU, "fcip-port"), (3260, TU, "iscsi-target"), (3268, TU, "msft-gc"),
    (3269, TU, "msft-gc-ssl"), (3283, TU, "net-assistant"), (3306, TU, "mysql"),
    (3343, TU, "ms-cluster-net"), (3351, TU, "btrieve"), (3389, TU, "ms-wbt-server"),
    (3396, TU, "printer-agent"), (3455, TU, "prsvp"), (3478, TU, "stun"),
    (3483, TU, "slim-devices"), (3493, TU, "nut"), (3527, TU, "beserver-msg-rx"),
    (3544, U, "teredo"), (3632, TU, "distcc"), (3689, TU, "daap"), (3690, TU, "svn"),
    (3702, TU, "ws-discovery"), (3724, TU, "blizwow"), (3784, TU, "bfd-control"),
    (3785, TU, "bfd-echo"), (3799, TU, "radius-dynauth"), (3868, TS, "diameter"),
    (3880, TU, "igrs"), (3979, TU, "smwan"), (4172, TU, "pcoip"), (4190, T, "sieve"),
    (4333, TU, "msql"), (4341, U, "lisp-data"), (4342, T, "lisp-cons"), (4342, U, "lisp-control"),
    (4353, TU, "f5-iquery"), (4369, TU, "epmd"), (4444, TU, "krb524"), (4460, T, "ntske"),
    (4500, TU, "ipsec-nat-t"), (4555, TU, "rsip"), (4569, TU, "iax"), (4662, TU, "oms"),
    (4728, TU, "capmux"), (4739, TUS, "ipfix"), (4740, TUS, "ipfixs"), (4786, T, "smart-install"),
    (4789, U, "vxlan"), (4790, U, "vxlan-gpe"), (4791, U, "roce"), (4840, T, "opcua-tcp"),
    (4843, TU, "opcua-tls"), (4899, TU, "radmin-port"), (4949, TU, "munin"),
    (5000, TU, "commplex-main"), (5003, TU, "fmpro-internal"), (5004, TUD, "avt-profile-1"),
    (5005, TUD, "avt-profile-2"), (5007, TU, "wsm-server-ssl"), (5009, TU, "winfs"),
    (5050, TU, "mmcc"), (5051, TU, "ita-agent"), (5060, TUS, "sip"), (5061, TUS, "sips"),
    (5090, S, "car"), (5094, TU, "hart-ip"), (5190, TU, "aol"), (5222, T, "xmpp-client"),
    (5246, U, "capwap-control"), (5247, U, "capwap-data"), (5269, T, "xmpp-server"),
    (5280, T, "xmpp-bosh"), (5298, TU, "presence"), (5349, TU, "stuns"), (5351, TU, "pcp"),
    (5353, TU, "mdns"), (5355, TU, "llmnr"), (5357, TU, "wsdapi"), (5358, TU, "wsdapi-s"),
    (5402, TU, "mftp"), (5405, TU, "netsupport"), (5432, TU, "postgresql"),
    (5500, TU, "fcp-addr-srvr1"), (5554, TU, "sgi-esphttp"), (5601, TU, "esmagent"),
    (5631, TU, "pcanywheredata"), (5632, TU, "pcanywherestat"), (5671, TU, "amqps"),
    (5672, TUS, "amqp"), (5683, TU, "coap"), (5684, TU, "coaps"), (5900, TU, "rfb"),
    (5984, TU, "couchdb"), (5985, TU, "wsman"), (5986, TU, "wsmans"), (6000, TU, "x11"),
    (6081, U, "geneve"), (6343, TU, "sflow"), (6346, TU, "gnutella-svc"),
    (6347, TU, "gnutella-rtr"), (6379, T, "redis"), (6443, T, "sun-sr-https"),
    (6513, T, "netconf-tls"), (6514, TUD, "syslog-tls"), (6566, T, "sane-port"),
    (6568, TU, "canit-store"), (6600, TU, "mshvlm"), (6619, TU, "odette-ftps"),
    (6653, TU, "openflow"), (6667, TU, "ircu"), (6697, T, "ircs-u"),
    (7000, TU, "afs3-fileserver"), (7001, TU, "afs3-callback"), (7070, TU, "arcp"),
    (7100, TU, "font-service"), (7547, TU, "cwmp"), (7680, TU, "pando-pub"), (7777, TU, "cbt"),
    (8000, TU, "irdmi"), (8005, TU, "mxi"), (8009, T, "nvme-disc"), (8080, TU, "http-alt"),
    (8086, T, "d-s-n"), (8088, TU, "radan-http"), (8116, TU, "cp-cluster"), (8140, T, "puppet"),
    (8194, TU, "blp1"), (8443, TU, "pcsync-https"), (8448, T, "matrix-fed"),
    (8554, TU, "rtsp-alt"), (8612, TU, "canon-bjnp2"), (8883, TU, "secure-mqtt"),
    (8888, TU, "ddi-tcp-1"), (9000, TU, "cslistener"), (9001, TU, "etlservicemgr"),
    (9050, TU, "versiera"), (9080, TU, "glrpc"), (9090, TU, "websm"),
    (9091, TU, "xmltec-xmlmail"), (9092, TU, "xmlipcregsvc"), (9100, TU, "hp-pdl-datastr"),
    (9101, TU, "bacula-dir"), (9102, TU, "bacula-fd"), (9103, TU, "bacula-sd"),
    (9160, T, "apani1"), (9200, TU, "wap-wsp"), (9300, TU, "vrace"), (9389, T, "adws"),
    (9418, TU, "git"), (9443, TU, "tungsten-https"), (9535, TU, "mngsuite"), (9800, TU, "davsrc"),
    (9899, U, "sctp-tunneling"), (9995, TU, "palace-4"), (9996, TU, "palace-5"),
    (9998, TU, "distinct32"), (9999, TU, "distinct"), (10000, TU, "ndmp"),
    (10050, TU, "zabbix-agent"), (10051, TU, "zabbix-trapper"), (10080, TU, "amanda"),
    (10161, T, "snmptls"), (10161, U, "snmpdtls"), (10162, T, "snmptls-trap"),
    (10162, U, "snmpdtls-trap"), (10809, T, "nbd"), (11211, TU, "memcache"), (11371, TU, "hkp"),
    (12345, T, "italk"), (13720, TU, "bprd"), (13782, TU, "bpcd"), (13818, TU, "dsmcc-config"),
    (17500, TU, "db-lsp"), (20000, TU, "dnp"), (22273, TU, "wnn6"), (24554, TU, "binkp"),
    (26000, TU, "quake"), (33434, TU, "traceroute"), (34962, TU, "profinet-rt"),
    (34963, TU, "profinet-rtm"), (34964, TU, "profinet-cm"), (36412, S, "s1-control"),
    (36422, S, "x2-control"), (38412, S, "ng-control"), (38422, S, "xn-control"),
    (38472, S, "f1-control"), (44818, TU, "ethernet-ip-2"), (47808, TU, "bacnet"),
];

#[cfg(test)]
mod tests {
    use super::*;

    const PROTOCOLS: [u8; 4] = [6, 17, 33, 132];

    #[test]
    fn protocols_with_ports_are_the_transports_of_the_table() {
        for protocol in 0..=255 {
            assert_eq!(has_ports(protocol.into()), transport(protocol).is_some(), "{protocol}");
            assert_eq!(has_ports(protocol.into()), PROTOCOLS.contains(&protocol));
        }
        assert!(!has_ports(6 + 256));
    }

    #[test]
    fn the_table_is_sorted_and_no_port_has_two_names() {
        let first = |row: &Service| (row.0, row.1.trailing_zeros());
        assert!(SERVICES.windows(2).all(|pair| first(&pair[0]) < first(&pair[1])));
        assert!(
            SERVICES.windows(2).all(|pair| pair[0].0 != pair[1].0 || pair[0].1 & pair[1].1 == 0)
        );
        for row in UNREGISTERED {
            assert!(SERVICES.iter().all(|registered| registered.0 != row.0), "{row:?}");
        }
    }

    #[test]
    fn each_name_leads_back_to_its_port() {
        for row in SERVICES.iter().chain(UNREGISTERED) {
            assert_eq!(row.2, row.2.to_ascii_lowercase());
            for protocol in
                PROTOCOLS.into_iter().filter(|&number| row.1 & transport(number).unwrap() != 0)
            {
                assert_eq!(service_name(protocol, row.0), Some(row.2));
                assert_eq!(service_port(row.2, Some(protocol)), Some(row.0), "{row:?}");
            }
        }
    }

    #[test]
    fn an_alias_stands_for_a_row_and_hides_none() {
        for (alias, name) in ALIASES {
            assert!(SERVICES.iter().any(|row| row.2 == *name), "{name}");
            assert!(SERVICES.iter().all(|row| row.2 != *alias), "{alias}");
        }
    }

    #[test]
    fn known_ports() {
        let known = [
            (6, 22, "ssh"),
            (6, 25, "smtp"),
            (17, 53, "domain"),
            (6, 80, "http"),
            (17, 123, "ntp"),
            (6, 443, "https"),
            (17, 443, "https"),
            (6, 445, "microsoft-ds"),
            (6, 514, "shell"),
            (17, 514, "syslog"),
            (6, 587, "submission"),
            (6, 3389, "ms-wbt-server"),
            (17, 3478, "stun"),
            (132, 3868, "diameter"),
            (33, 5004, "avt-profile-1"),
            (6, 8080, "http-alt"),
            (6, 9100, "hp-pdl-datastr"),
            (17, 51820, "wireguard"),
        ];
        for (protocol, port, name) in known {
            assert_eq!(service_name(protocol, port), Some(name));
        }
        assert_eq!(service_name(1, 80), None, "ICMP has no ports");
        assert_eq!(service_name(132, 53), None);
        assert_eq!(service_name(6, 65535), None);
        assert_eq!(service_name_any(514), Some("shell"));
        assert_eq!(service_name_any(0), None);
        assert_eq!(service_port("HTTPS", None), Some(443));
        assert_eq!(service_port("dns", Some(17)), Some(53));
        assert_eq!(service_port("syslog", Some(6)), None);
        assert_eq!(service_port("nonsense", None), None);
    }
}
