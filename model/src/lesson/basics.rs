//! What there is to teach before the first field: how a flow comes about, what a packet
//! of version 5 consists of, what duration and service of a flow mean, and the words.

use super::topics::Topic;

/// NetFlow version 9, which says when a flow ends.
const RFC_V9: &str = "https://www.rfc-editor.org/rfc/rfc3954#section-3.2";
/// The architecture of IPFIX: metering, flow keys, time-outs.
const RFC_ARCHITECTURE: &str = "https://www.rfc-editor.org/rfc/rfc5470";
/// Cisco's table of version 5.
const CISCO: &str = "https://www.cisco.com/c/en/us/td/docs/net_mgmt/netflow_collection_engine/3-6/user/guide/format.html";
/// Both directions in one record.
const RFC_BIFLOW: &str = "https://www.rfc-editor.org/rfc/rfc5103";

/// The topics with which the course begins.
pub(super) const BASICS: &[Topic] = &[
    Topic {
        names: &["flow", "netflow_flow", "timeouts", "time-outs"],
        title: "Flow: packets of one direction that agree in a few fields, counted by a router until it forgets them",
        sections: &[
            (
                "Key fields",
                "For each packet the router looks at source and destination address, source and destination port, protocol, ToS and the interface that the packet came in by. Packets that agree in all seven are one flow. Everything else of the record, bytes and packets, flags, times, the interface it leaves by, AS numbers, is noted of these packets and tells no flow apart.",
            ),
            (
                "Cache",
                "The router keeps a table of the flows that it sees now. The first packet makes an entry (First is its time); each later one adds to packets and bytes, is joined to tcp_flags by OR, and sets Last. What leaves the table is exported as one record; up to 30 records go in a packet of version 5.",
            ),
            (
                "When a flow is exported",
                "The inactive time-out: no packet came for some seconds, often 15. The active time-out: the flow lasts longer than some minutes, often 30 and better 1; what was counted is exported and counting begins again, so that a long download is many records. A TCP connection that ended by FIN or RST. A full table, or a counter near its end.",
            ),
            (
                "Both directions",
                "A flow is one way: a connection makes two, source and destination exchanged, each exported by itself and at its own time. `flowkit pairs` adds both ways up. Whoever asks `src port 443` sees what a server answered, `dst port 443` what was asked of it.",
            ),
            (
                "Beware",
                "Flows are not connections: count sources or pairs rather than flows. A record is dated by its export, which may be minutes after the traffic: First and Last say when. A packet that passes two routers, or one router in and out, may be counted twice.",
            ),
        ],
        sources: &[RFC_V9, RFC_ARCHITECTURE, CISCO],
    },
    Topic {
        names: &["header"],
        title: "Header: the first 24 bytes of a packet of version 5, which hold for each of its records",
        sections: &[
            (
                "What it says",
                "How many records follow (count, at most 30), when the packet was sent (unix_secs and unix_nsecs) and how long the router was up then (SysUptime), which engine of the router counted, and how it samples. All numbers are big endian: the byte of most weight comes first.",
            ),
            (
                "The clock of the records",
                "First and Last of a record are in milliseconds since the router started, as SysUptime is. So a time is unix_secs.unix_nsecs - (SysUptime - First): only the header makes a date of it. After 49.7 days the 32 bits begin again at 0.",
            ),
            (
                "What is lost",
                "flow_sequence counts the flows that the engine exported before this packet. The next packet of that engine should begin at flow_sequence + count: if it begins later, flows are missing. `flowkit check` and `flowkit exporters` work that out by exporter and engine.",
            ),
        ],
        sources: &[CISCO],
    },
    Topic {
        names: &["record"],
        title: "Record: the 48 bytes of a packet of version 5 that are one flow",
        sections: &[
            (
                "What it says",
                "Who talked to whom (srcaddr, dstaddr, srcport, dstport, prot), how much (dPkts, dOctets), when (First, Last), how (tcp_flags, tos), and which way through the router (input, output, nexthop, AS numbers and masks). Every record has every field: what a router does not know it fills with 0, which then looks like a value.",
            ),
            (
                "Where it stands",
                "Record K begins at byte 24 + 48 x (K - 1) of the packet, K from 1. It has no length and no version of its own: those are the header's. `flowkit explain --packet --record K FILE` takes one apart.",
            ),
            (
                "Layer 3",
                "dOctets are those of IP packets, with their headers and without Ethernet's: an ACK of TCP without data has 40 or 52, though its frame has 60 or more. An echo request that ping calls 64 bytes has 84. What a switch counts on a port is larger, by 18 bytes or more a packet.",
            ),
        ],
        sources: &[CISCO],
    },
    Topic {
        names: &["duration"],
        title: "Duration: time from the first packet of a flow to its last, Last - First, in milliseconds",
        sections: &[
            (
                "Of one flow and of many",
                "A flow of one packet has the duration 0: it lasted no time that could be measured. A flow that ends before it starts has none; it is unknown. The duration of a group is from the start of its first flow to the end of its last, with all the time between.",
            ),
            (
                "Rates",
                "bps and pps are bits and packets over the duration, cut to whole numbers; of a flow of no duration they are 0 in filters, as nfdump has it. A rate over a duration of a few milliseconds says little: a burst of two packets looks like a fast line.",
            ),
            (
                "Beware",
                "The active time-out cuts long connections: none of their records is longer than it. Logstash moves times by whole seconds in some versions, which `flowkit check` finds and --repair-times mends; starts and ends move alike, or the duration is wrong, too.",
            ),
        ],
        sources: &[CISCO, RFC_V9],
    },
    Topic {
        names: &["service"],
        title: "Service: the lower of the two ports of a flow, which is mostly that of the server",
        sections: &[
            (
                "Why the lower port",
                "Servers listen at known ports, most of them below 1024; clients take any port above, from 32768 or 49152 on. A flow does not say who began. With the lower port, request and answer fall in one group: `top --by service` counts both ways, `--by dst_port` one way, and the ports of clients beside those of servers.",
            ),
            (
                "Where it is wrong",
                "Two high ports (a database at 5432 asked from port 2000, games, peer to peer), and servers beyond 32768. Of protocols without ports, ICMP and ESP, there is no service: what stands in the port of ICMP is type and code.",
            ),
            (
                "As a name",
                "443 is shown as https, by IANA's list and what is usual. The name is that of the port, not of what was spoken there: anything may run on 443.",
            ),
        ],
        sources: &["https://www.iana.org/assignments/service-names-port-numbers", CISCO],
    },
    Topic {
        names: &["glossary", "words", "terms"],
        title: "Glossary: the words of flow analysis, and those of Elasticsearch that flowkit uses",
        sections: &[
            (
                "Exporter, engine, interface",
                "The router that sends records; flowkit knows it by its address. An engine is the part of it that counts, such as a line card, with a sequence of its own. An interface is a number (ifIndex of SNMP) of a port of the router; it may change when the router starts again.",
            ),
            (
                "Collector",
                "Whoever receives the packets: Logstash, Filebeat, nfcapd. UDP neither asks nor repeats: what the collector does not take in time is lost, and only sequence numbers tell.",
            ),
            (
                "Five-tuple, conversation, session",
                "Source and destination address, source and destination port, protocol. A conversation is two addresses, in either direction; a session is both directions of one five-tuple, as one TCP connection.",
            ),
            (
                "AS, next hop, mask",
                "Networks under one administration have an AS number; a router that knows BGP says whose the addresses are. The next hop is the router that a packet was passed on to. A mask is how many bits of an address are that of its route.",
            ),
            (
                "ToS and DSCP",
                "A byte of the IP header that says how to treat the packet; its upper 6 bits are the DSCP, the lower 2 tell of congestion. It is a key field: one connection with two values makes two flows.",
            ),
            (
                "Sampling",
                "The router looks at one packet in n, and exports what it saw. Bytes times n is an estimate of the traffic; how many flows had no sampled packet, nobody knows.",
            ),
            (
                "Index, document, hit, part, dump",
                "Elasticsearch keeps documents in indices, here one document a flow and one index a day. A hit is a document that a search found. `flowkit fetch` saves hits in parts, and the folder of all parts with its manifest is a dump.",
            ),
            (
                "Biflow, template, options",
                "Of v9 and IPFIX: a record of both directions; what says of which fields a record consists; records about the exporter. See explain v9, ipfix, templates, options.",
            ),
        ],
        sources: &[RFC_ARCHITECTURE, RFC_BIFLOW],
    },
];
