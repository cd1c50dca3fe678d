//! Header or record as a hex dump with each member marked, then its members,
//! one per line: bytes, value, meaning.

use std::net::Ipv4Addr;

use flowkit_model::field::Access;
use flowkit_model::names::{direction_name, mac_text, protocol_name, service_name, tcp_flags};
use flowkit_model::wire::Record;
use flowkit_model::wire::layout::{Member, RECORD};
use flowkit_model::{Family, Field, FieldId, FlowRecord, Kind, time};

use super::paint::Paint;
use crate::output::wrap::{add, hanging};

/// Rows of 16 bytes; below each byte the letter of its member.
pub(super) fn dump(bytes: &[u8], members: &[Member], paint: Paint) -> String {
    let mut out = String::new();
    for (row, chunk) in bytes.chunks(16).enumerate() {
        let (mut hex, mut marks) = (format!("  {:>3} ", row * 16), "      ".to_owned());
        for (place, byte) in chunk.iter().enumerate() {
            let offset = row * 16 + place;
            let gap = if place % 4 == 0 { "  " } else { " " };
            let member = members
                .iter()
                .position(|member| (member.offset..member.offset + member.length).contains(&offset))
                .unwrap_or_default();
            let letter = letter(member);
            add(&mut hex, format_args!("{gap}{}", paint.field(member, &format!("{byte:02x}"))));
            add(
                &mut marks,
                format_args!("{gap}{}", paint.field(member, &format!("{letter}{letter}"))),
            );
        }
        add(&mut out, format_args!("{hex}\n{marks}\n"));
    }
    out
}

/// The mark of a member.
fn letter(place: usize) -> char {
    u8::try_from(place).ok().map_or('?', |place| char::from(b'a' + place % 26))
}

/// Column of the meanings: behind mark, name, bytes and value.
const MEANING: usize = 2 + 1 + 2 + 13 + 2 + 11 + 2 + 17 + 2;

/// Each member with its bytes, its value and what it says.
pub(super) fn members(
    bytes: &[u8],
    members: &[Member],
    value: impl Fn(&Member) -> String,
    paint: Paint,
) -> String {
    let mut out = String::new();
    for (place, member) in members.iter().enumerate() {
        let Some(own) = member.of(bytes) else { continue };
        let hex = own.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
        let head =
            paint.field(place, &format!("{}  {:<13}  {hex:<11}", letter(place), member.name));
        let value = value(member);
        let label = format!("  {head}  {value:<17}  ");
        let looks = 2 + 1 + 2 + 13 + 2 + 11 + 2 + value.len().max(17) + 2;
        out += &hanging(&label, looks, MEANING, member.meaning);
    }
    out
}

/// The value of a member of the record, with the name it has.
pub(super) fn record_value(record: &Record, member: &Member) -> String {
    let bytes = record.to_bytes();
    let number = member.number(&bytes).unwrap_or_default();
    match member.name {
        "srcaddr" | "dstaddr" | "nexthop" => Ipv4Addr::from_bits(number).to_string(),
        "First" | "Last" => format!("{number} ms"),
        "prot" => named(number, protocol_name(record.protocol)),
        "srcport" => named(number, service_name(record.protocol, record.src_port)),
        "dstport" => dst_port(record, number),
        "tcp_flags" => format!("{number} {}", tcp_flags(record.tcp_flags)),
        "tos" => format!("{number} DSCP {} ECN {}", record.tos >> 2, record.tos & 3),
        _ => number.to_string(),
    }
}

fn dst_port(record: &Record, number: u32) -> String {
    match record.protocol {
        1 => format!("{number} type {} code {}", number >> 8, number & 0xff),
        protocol => named(number, service_name(protocol, record.dst_port)),
    }
}

fn named(number: u32, name: Option<&str>) -> String {
    name.map_or_else(|| number.to_string(), |name| format!("{number} {name}"))
}

/// Hex dump and members of a record.
pub(super) fn record(record: &Record, paint: Paint) -> String {
    let bytes = record.to_bytes();
    let value = |member: &Member| record_value(record, member);
    format!("{}\n{}", dump(&bytes, RECORD, paint), members(&bytes, RECORD, value, paint))
}

/// The value of a field of a flow, for people.
pub(super) fn value_text(field: &Field, flow: &FlowRecord) -> String {
    let number = match field.access {
        Access::Text { read, .. } => return read(flow).unwrap_or("unknown").to_owned(),
        Access::Address { read, .. } => {
            return read(flow).map_or_else(|| "unknown".into(), |address| address.to_string());
        }
        Access::Number { read, .. } | Access::Worked { read, .. } => read(flow),
    };
    let Some(number) = number else { return "unknown".into() };
    let small = u8::try_from(number).unwrap_or_default();
    match field.kind {
        Kind::Time => time::format_ms(number),
        Kind::Family => {
            Family::from_number(number).map_or_else(|| number.to_string(), |it| it.name().into())
        }
        Kind::Direction => direction_name(number).map_or_else(|| number.to_string(), str::to_owned),
        Kind::Mac => mac_text(number),
        Kind::Protocol => {
            protocol_name(small).map_or_else(|| small.to_string(), |name| format!("{small} {name}"))
        }
        Kind::Flags => format!("{small} {}", tcp_flags(small)),
        Kind::Port => {
            let port = u16::try_from(number).unwrap_or_default();
            let name = service_name(flow.protocol.unwrap_or_default(), port);
            name.map_or_else(|| port.to_string(), |name| format!("{port} {name}"))
        }
        _ if field.id == FieldId::Tos => {
            format!("{number}: DSCP {}, ECN {}", number / 4, number % 4)
        }
        _ => number.to_string(),
    }
}
