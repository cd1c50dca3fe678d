//! The columns of flow-tools and of SiLK.
//!
//! Sources: flow-export(1) of flow-tools 0.68, whose ASCII csv names the columns
//! of its field mask behind `#:`; rwcut(1) of SiLK 3, whose titles are cut to the
//! width of their columns unless `--delimited` or `--no-columns` is given.
//! SiLK's times are in UTC unless it was built for local time.

use super::layout::{Layout, Role, alike, by_name};
use crate::document::dialect::Form;
use crate::field::FieldId as F;

use Form::{AnyAddress, Plain};
use Role::{
    BlankFlags, Duration, ExportNanoseconds, ExportSeconds, FirstUptime, Flows, IcmpCode, IcmpType,
    LastUptime, Nothing, Uptime, Value,
};

/// `flow-export -f2`.
pub(super) const FLOW_TOOLS: Layout = Layout {
    name: "flow-export -f2 of flow-tools",
    headers: &[
        "#:unix_secs,unix_nsecs,sysuptime,exaddr,dpkts,doctets,first,last,engine_type,engine_id,srcaddr,dstaddr,nexthop,input,output,srcport,dstport,prot,tos,tcp_flags,src_mask,dst_mask,src_as,dst_as",
        "#:unix_secs,unix_nsecs,sysuptime,exaddr,dflows,dpkts,doctets,first,last,srcaddr,dstaddr,src_prefix,dst_prefix,in_encaps,out_encaps,peer_nexthop,router_sc,extra_pkts,marked_tos,src_tag,dst_tag",
    ],
    roles: |names| by_name(FLOW_TOOLS_COLUMNS, names),
    ranks: alike,
    is_closed: true,
};

#[rustfmt::skip]
const FLOW_TOOLS_COLUMNS: &[(&str, Role)] = &[
    ("unix_secs", ExportSeconds), ("unix_nsecs", ExportNanoseconds), ("sysuptime", Uptime),
    ("exaddr", Value(F::Exporter, Plain)), ("dflows", Flows),
    ("dpkts", Value(F::Packets, Plain)), ("doctets", Value(F::Bytes, Plain)),
    ("first", FirstUptime), ("last", LastUptime),
    ("engine_type", Value(F::EngineType, Plain)), ("engine_id", Value(F::EngineId, Plain)),
    ("srcaddr", Value(F::SrcAddr, Plain)), ("dstaddr", Value(F::DstAddr, Plain)),
    ("src_prefix", Nothing), ("dst_prefix", Nothing),
    ("nexthop", Value(F::NextHop, Plain)),
    ("input", Value(F::InputSnmp, Plain)), ("output", Value(F::OutputSnmp, Plain)),
    ("srcport", Value(F::SrcPort, Plain)), ("dstport", Value(F::DstPort, Plain)),
    ("prot", Value(F::Protocol, Plain)), ("tos", Value(F::Tos, Plain)),
    ("tcp_flags", Value(F::TcpFlags, Plain)),
    ("src_mask", Value(F::SrcMaskLen, Plain)), ("dst_mask", Value(F::DstMaskLen, Plain)),
    ("src_as", Value(F::SrcAs, Plain)), ("dst_as", Value(F::DstAs, Plain)),
    ("in_encaps", Nothing), ("out_encaps", Nothing), ("peer_nexthop", Nothing),
    ("router_sc", Nothing), ("extra_pkts", Nothing), ("marked_tos", Nothing),
    ("src_tag", Nothing), ("dst_tag", Nothing),
];

/// `rwcut`.
pub(super) const SILK: Layout = Layout {
    name: "rwcut of SiLK",
    headers: &[
        "            sIP|            dIP|sPort|dPort|pro|   packets|     bytes|   flags|                  sTime| duration|                  eTime|sen|",
        "sIP|dIP|sPort|dPort|protocol|packets|bytes|flags|sTime|duration|eTime|sensor|class|type|iType|iCode|initialFlags|sessionFlags|attributes|application|nhIP|in|out|scc|dcc|sTime+msec|eTime+msec|dur+msec",
        "sIP,dIP,bytes",
    ],
    roles: |names| by_name(SILK_COLUMNS, names),
    // Old versions have whole seconds under the other names.
    ranks: |names| names.iter().map(|name| usize::from(!name.ends_with("+msec"))).collect(),
    is_closed: true,
};

#[rustfmt::skip]
const SILK_COLUMNS: &[(&str, Role)] = &[
    ("sIP", Value(F::SrcAddr, AnyAddress)), ("dIP", Value(F::DstAddr, AnyAddress)),
    ("sPort", Value(F::SrcPort, Plain)), ("dPort", Value(F::DstPort, Plain)),
    ("pro", Value(F::Protocol, Plain)), ("protocol", Value(F::Protocol, Plain)),
    ("packets", Value(F::Packets, Plain)), ("pkts", Value(F::Packets, Plain)),
    ("bytes", Value(F::Bytes, Plain)), ("flags", BlankFlags),
    ("sTime", Value(F::FirstSwitched, Form::Seconds)), ("sTime+msec", Value(F::FirstSwitched, Form::Seconds)),
    ("eTime", Value(F::LastSwitched, Form::Seconds)), ("eTime+msec", Value(F::LastSwitched, Form::Seconds)),
    ("duration", Duration), ("durat", Duration), ("dur", Duration), ("dur+msec", Duration), ("durmsec", Nothing),
    ("nhIP", Value(F::NextHop, AnyAddress)),
    ("in", Value(F::InputSnmp, Plain)), ("out", Value(F::OutputSnmp, Plain)),
    ("iType", IcmpType), ("iTy", IcmpType), ("iCode", IcmpCode), ("iCo", IcmpCode),
    ("sensor", Nothing), ("sen", Nothing), ("class", Nothing), ("cla", Nothing), ("type", Nothing),
    ("initialFlags", Nothing), ("initialF", Nothing), ("sessionFlags", Nothing),
    ("sessionF", Nothing), ("attributes", Nothing), ("attribut", Nothing),
    ("application", Nothing), ("appli", Nothing), ("scc", Nothing), ("dcc", Nothing),
    ("stype", Nothing), ("dtype", Nothing), ("sTy", Nothing), ("dTy", Nothing),
];
