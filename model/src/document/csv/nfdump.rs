//! The columns of `nfdump -o csv`: the fixed ones of 1.6 to 1.7.4, and those of
//! later versions, which may be any of its format elements in any order.
//!
//! Times are in the zone of nfdump's own process, without saying which; they are
//! read as UTC (`TZ=UTC nfdump …`). The older csv cuts first and last to seconds,
//! but has the duration in milliseconds. Prefix lengths of version 5 are not kept
//! by nfcapd (always 0), so they are not read.
//!
//! `opkt` and `obyt` are what `nfdump -b` counted in the other direction, from
//! the destination to the source, so a row with them is two flows of version 5;
//! nothing else fills them from version 5.
//!
//! Sources: what nfdump 1.7.1 writes; phaag/nfdump `src/output/output_csv.c` of
//! 1.6.18 and 1.7.6 (`formatTable`), `src/output/output_csv_fast.c`.

use super::layout::{Layout, Role, alike, by_name};
use crate::document::dialect::Form;
use crate::field::FieldId as F;

use Form::{FlagLetters, NfdumpProtocol, Plain, ShortMs};
use Role::{
    BytesBack, Duration, Engine, Flows, IcmpCode, IcmpType, Nothing, PacketsBack, PortOrIcmp, Value,
};

/// nfdump 1.6 to 1.7.4.
pub(super) const FIXED: Layout = Layout {
    name: "nfdump -o csv of 1.6 to 1.7.4",
    headers: &[
        "ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt,opkt,obyt,in,out,sas,das,smk,dmk,dtos,dir,nh,nhb,svln,dvln,ismc,odmc,idmc,osmc,mpls1,mpls2,mpls3,mpls4,mpls5,mpls6,mpls7,mpls8,mpls9,mpls10,cl,sl,al,ra,eng,exid,tr",
        "ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt,opkt,obyt,in,out,sas,das,smk,dmk,dtos,dir,nh,nhb,svln,dvln,ismc,odmc,idmc,osmc,mpls1,mpls2,mpls3,mpls4,mpls5,mpls6,mpls7,mpls8,mpls9,mpls10,cl,sl,al,ra,eng,exid,tr,eth",
        "ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt,opkt,obyt,in,out,sas,das,smk,dmk,dtos,dir,nh,nhb,svln,dvln,ismc,odmc,idmc,osmc,mpls1,mpls2,mpls3,mpls4,mpls5,mpls6,mpls7,mpls8,mpls9,mpls10,ra,eng",
    ],
    roles: |names| by_name(FIXED_COLUMNS, names),
    ranks: alike,
    is_closed: true,
};

#[rustfmt::skip]
const FIXED_COLUMNS: &[(&str, Role)] = &[
    ("ts", Value(F::FirstSwitched, Plain)), ("te", Value(F::LastSwitched, Plain)), ("td", Duration),
    ("sa", Value(F::SrcAddr, Plain)), ("da", Value(F::DstAddr, Plain)),
    ("sp", Value(F::SrcPort, Plain)), ("dp", PortOrIcmp),
    ("pr", Value(F::Protocol, NfdumpProtocol)), ("flg", Value(F::TcpFlags, FlagLetters)),
    ("fwd", Nothing), ("stos", Value(F::Tos, Plain)),
    ("ipkt", Value(F::Packets, Plain)), ("ibyt", Value(F::Bytes, Plain)),
    // Of its format elements, as people put them over rows of `-o "fmt:%ts,…" -q`.
    ("pkt", Value(F::Packets, Plain)), ("byt", Value(F::Bytes, Plain)), ("fl", Flows),
    ("tos", Value(F::Tos, Plain)), ("bps", Nothing), ("pps", Nothing), ("bpp", Nothing),
    ("opkt", PacketsBack), ("obyt", BytesBack),
    ("in", Value(F::InputSnmp, Plain)), ("out", Value(F::OutputSnmp, Plain)),
    ("sas", Value(F::SrcAs, Plain)), ("das", Value(F::DstAs, Plain)),
    ("smk", Nothing), ("dmk", Nothing), ("dtos", Nothing), ("dir", Nothing),
    ("nh", Value(F::NextHop, Plain)), ("nhb", Nothing), ("svln", Nothing), ("dvln", Nothing),
    ("ismc", Nothing), ("odmc", Nothing), ("idmc", Nothing), ("osmc", Nothing),
    ("mpls1", Nothing), ("mpls2", Nothing), ("mpls3", Nothing), ("mpls4", Nothing),
    ("mpls5", Nothing), ("mpls6", Nothing), ("mpls7", Nothing), ("mpls8", Nothing),
    ("mpls9", Nothing), ("mpls10", Nothing), ("cl", Nothing), ("sl", Nothing), ("al", Nothing),
    ("ra", Value(F::Exporter, Plain)), ("eng", Engine), ("exid", Nothing),
    ("tr", Value(F::Timestamp, ShortMs)), ("eth", Nothing),
];

/// nfdump 1.7.2 and later.
pub(super) const NAMED: Layout = Layout {
    name: "nfdump -o csv of 1.7.5 and later, -o csv-fast and -o \"csv:%ts,…\"",
    headers: &[
        "firstSeen,duration,proto,srcAddr,srcPort,dstAddr,dstPort,packets,bytes,flows",
        "cnt,af,firstSeen,lastSeen,proto,srcAddr,srcPort,dstAddr,dstPort,srcAS,dstAS,input,output,flags,srcTos,packets,bytes",
        "version,count,Ident,engine,exporterID,firstSeen,lastSeen,received,duration,packets,inPackets,bytes,inBytes,srcPort,dstPort,icmpTYpe,icmpCode,proto,flags,fwdStatus,tos,srcTos,bps,pps,bpp,srcAddr,dstAddr,input,output,srcMask,dstMask,direction,dstTos,biDirection,endReason,srcNet,dstNet,inIfName,outIfName,outPackets,outBytes,flows,srcVlan,dstVlan,srcAS,dstAS,bgpNextIP,nextIP,routerIP",
        "srcAddr,bytes",
    ],
    roles: |names| by_name(NAMED_COLUMNS, names),
    ranks: alike,
    is_closed: true,
};

#[rustfmt::skip]
const NAMED_COLUMNS: &[(&str, Role)] = &[
    ("version", Value(F::Version, Plain)), ("count", Nothing), ("cnt", Nothing), ("af", Nothing),
    ("Ident", Nothing), ("engine", Engine), ("exporterID", Nothing),
    ("firstSeen", Value(F::FirstSwitched, Plain)), ("lastSeen", Value(F::LastSwitched, Plain)),
    ("received", Value(F::Timestamp, ShortMs)), ("duration", Duration),
    ("packets", Value(F::Packets, Plain)), ("inPackets", Value(F::Packets, Plain)),
    ("bytes", Value(F::Bytes, Plain)), ("inBytes", Value(F::Bytes, Plain)),
    ("srcPort", Value(F::SrcPort, Plain)), ("dstPort", PortOrIcmp),
    // The first is how nfdump spells it.
    ("icmpTYpe", IcmpType), ("icmpType", IcmpType), ("icmpCode", IcmpCode),
    ("proto", Value(F::Protocol, NfdumpProtocol)), ("flags", Value(F::TcpFlags, FlagLetters)),
    ("fwdStatus", Nothing), ("tos", Value(F::Tos, Plain)), ("srcTos", Value(F::Tos, Plain)),
    ("bps", Nothing), ("pps", Nothing), ("bpp", Nothing),
    ("srcAddr", Value(F::SrcAddr, Plain)), ("dstAddr", Value(F::DstAddr, Plain)),
    ("input", Value(F::InputSnmp, Plain)), ("output", Value(F::OutputSnmp, Plain)),
    ("srcMask", Nothing), ("dstMask", Nothing), ("direction", Nothing), ("dstTos", Nothing),
    ("biDirection", Nothing), ("endReason", Nothing), ("srcNet", Nothing), ("dstNet", Nothing),
    ("inIfName", Nothing), ("outIfName", Nothing),
    ("outPackets", PacketsBack), ("outBytes", BytesBack), ("flows", Flows),
    ("srcVlan", Nothing), ("dstVlan", Nothing),
    ("srcAS", Value(F::SrcAs, Plain)), ("dstAS", Value(F::DstAs, Plain)),
    ("bgpNextIP", Nothing), ("nextIP", Value(F::NextHop, Plain)),
    ("routerIP", Value(F::Exporter, Plain)),
    ("mplsLabel1", Nothing), ("mplsLabel2", Nothing), ("mplsLabel3", Nothing),
    ("mplsLabel4", Nothing), ("mplsLabel5", Nothing), ("mplsLabel6", Nothing),
    ("mplsLabel7", Nothing), ("mplsLabel8", Nothing), ("mplsLabel9", Nothing),
    ("mplsLabel10", Nothing), ("mplsLabel1-10", Nothing),
    ("inSrcMac", Nothing), ("outDstMac", Nothing), ("inDstMac", Nothing), ("outSrcMac", Nothing),
    ("nextAS", Nothing), ("prevAS", Nothing),
    ("clientLatency", Nothing), ("serverLatency", Nothing), ("appLatency", Nothing),
    ("eventTime", Nothing), ("event", Nothing), ("connectionID", Nothing), ("xEvent", Nothing),
    ("srcXIP", Nothing), ("dstXIP", Nothing), ("srcXPort", Nothing), ("dstXPort", Nothing),
    ("ingressACL", Nothing), ("egressACL", Nothing), ("nselUser", Nothing),
    ("pbStart", Nothing), ("pbEnd", Nothing), ("pbStep", Nothing), ("pbSize", Nothing),
    ("nbarID", Nothing), ("nbarName", Nothing), ("obsDomainID", Nothing), ("obsPointID", Nothing),
    ("ingressVrfID", Nothing), ("ingressVrfName", Nothing), ("egressVrfID", Nothing),
    ("egressVrfName", Nothing), ("pfInterface", Nothing), ("pfAction", Nothing),
    ("pfReason", Nothing), ("pfDirection", Nothing), ("pfRule", Nothing), ("flowID", Nothing),
    ("inSrvID", Nothing), ("outSrvID", Nothing), ("natString", Nothing),
    ("ja3", Nothing), ("ja4", Nothing), ("sniName", Nothing), ("tlsVersion", Nothing),
    ("srcGeo", Nothing), ("dstGeo", Nothing), ("srcLocation", Nothing), ("dstLocation", Nothing),
    ("srcOrg", Nothing), ("dstOrg", Nothing), ("srcTor", Nothing), ("dstTor", Nothing),
    ("label", Nothing), ("minTTL", Nothing), ("maxTTL", Nothing), ("Frag", Nothing),
];
