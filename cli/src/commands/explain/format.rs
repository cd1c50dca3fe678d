//! The format: header and record as a picture, then each member in order.

use flowkit_model::lesson::{self, CISCO, CODEC, MODULE};
use flowkit_model::wire::layout::{HEADER, Member, RECORD};

use super::paint::Paint;
use crate::output::wrap::{add, hanging, paragraph};

/// The whole page.
pub(super) fn page(paint: Paint) -> String {
    let mut out = paragraph(
        "NetFlow version 5: a UDP datagram of a header of 24 bytes and 1 to 30 records of 48 bytes, one record a flow. A flow is the packets that went one way between two sockets, counted by a router. All numbers are big endian.",
    );
    for (title, members) in [("Header, 24 bytes", HEADER), ("Record, 48 bytes", RECORD)] {
        add(&mut out, format_args!("\n{}\n\n{}", paint.bold(title), picture(members, paint)));
    }
    for (title, members) in [("Header, in order", HEADER), ("Record, in order", RECORD)] {
        add(&mut out, format_args!("\n{}\n\n", paint.bold(title)));
        out.extend(members.iter().enumerate().map(|(place, member)| entry(member, place, paint)));
    }
    add(&mut out, format_args!("\n{}\n\n", paint.bold("When a flow was")));
    out += &paragraph(
        "A record has no time, only the router's uptime at the first and last packet. The header makes a time of it: export time minus (SysUptime - First). The difference is taken modulo 2^32 and read as a signed number, so that it is right when the uptime wrapped in between (every 49 days 17:02:47.296), and when a flow ends just after the header was written.",
    );
    out += "\nMore:\n  flowkit explain dst_port         one field\n  flowkit explain v9               how NetFlow v9 and IPFIX differ\n  flowkit explain --packet FILE    a packet, byte by byte\n  flowkit explain --flow 1 DUMP    a document, and its bytes\n";
    add(
        &mut out,
        format_args!(
            "\nThere is no RFC of version 5. Sources:\n  {CISCO}\n  {CODEC}\n  {MODULE}\n"
        ),
    );
    out
}

/// Type on the wire, by length.
pub(super) fn type_name(member: &Member) -> &'static str {
    match (member.length, member.name.ends_with("addr") || member.name == "nexthop") {
        (_, true) => "IPv4",
        (1, _) => "u8",
        (2, _) => "u16",
        _ => "u32",
    }
}

/// `16-19`, or `38`.
pub(super) fn bytes(member: &Member) -> String {
    match member.length {
        1 => member.offset.to_string(),
        length => format!("{}-{}", member.offset, member.offset + length - 1),
    }
}

/// `byte 38`, `bytes 16-19`.
pub(super) fn in_words(member: &Member) -> String {
    format!("byte{} {}", if member.length == 1 { "" } else { "s" }, bytes(member))
}

fn entry(member: &Member, place: usize, paint: Paint) -> String {
    let label = format!("  {:>5}  ", bytes(member));
    let name = format!("{:<13}", member.name);
    let shown = format!("{label}{}  {:<4}  ", paint.field(place, &name), type_name(member));
    let looks = label.len() + 13 + 2 + 4 + 2;
    let mut out = hanging(&shown, looks, looks, member.meaning);
    if member.name == "unix_nsecs" {
        return out; // told at unix_secs, with which it makes one field
    }
    for id in member.fields {
        let field = id.field();
        let indent = label.len();
        if field.name != member.name || member.fields.len() > 1 {
            out += &hanging(
                "",
                0,
                indent,
                &format!("{}: {}; {}", field.name, field.meaning, field.unit),
            );
        } else {
            out += &hanging("", 0, indent, &format!("unit: {}", field.unit));
        }
        if let Some(lesson) = lesson::of(*id) {
            out += &hanging("", 0, indent, &format!("Beware: {}.", lesson.trap));
        }
    }
    out
}

/// Rows of four bytes with offsets, as RFCs draw them.
pub(super) fn picture(members: &[Member], paint: Paint) -> String {
    let rule = format!("       {}+\n", "+-".repeat(32));
    let mut out = String::from(
        "        0                   1                   2                   3\n        0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1\n",
    );
    for (place, member) in members.iter().enumerate() {
        if member.offset % 4 == 0 {
            out += &rule;
            add(&mut out, format_args!("  {:>3}  |", member.offset));
        }
        let width = member.length * 16 - 1;
        let centred = format!("{:^width$}", member.name);
        out += &paint.field(place, &centred);
        out.push('|');
        if (member.offset + member.length).is_multiple_of(4) {
            out.push('\n');
        }
    }
    out + &rule
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::wrap::WIDTH;

    #[test]
    fn a_picture_has_a_row_for_four_bytes() {
        let header = picture(HEADER, Paint::OFF);
        let rows = [
            "    0  |            version            |             count             |",
            "    4  |                           SysUptime                           |",
            "   20  |  engine_type  |   engine_id   |           sampling            |",
        ];
        for row in rows {
            assert!(header.lines().any(|line| line == row), "{row}\n{header}");
        }
        assert_eq!(header.lines().count(), 2 + 6 * 2 + 1);
        assert_eq!(picture(RECORD, Paint::OFF).lines().count(), 2 + 12 * 2 + 1);
    }

    /// Every line fits, and colour changes nothing but the colour.
    #[test]
    fn the_page_fits_in_80_columns() {
        let plain = page(Paint::OFF);
        for line in plain.lines().filter(|line| !line.contains("https://")) {
            assert!(line.len() <= WIDTH, "{line}");
        }
        let mut coloured = page(Paint::ON);
        for code in [0, 1, 31, 32, 33, 34, 35, 36] {
            coloured = coloured.replace(&format!("\x1b[{code}m"), "");
        }
        assert_eq!(coloured, plain);
    }
}
