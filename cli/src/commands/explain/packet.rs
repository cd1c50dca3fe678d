//! A file of packets, datagram by datagram and record by record.

use flowkit_model::time::format_ms;
use flowkit_model::wire::layout::{HEADER, Member};
use flowkit_model::wire::{self, Header, Record};

use super::load::{PacketFile, Piece};
use super::paint::Paint;
use super::sets::{self, Shown};
use super::walked::Read;
use super::{record, times};
use crate::output::wrap::{add, hanging};

/// The page: all records, or one.
pub(super) fn page(file: &PacketFile, wanted: Option<u64>, paint: Paint) -> String {
    let n_datagrams = file.pieces.len() as u64;
    let n_records = file.n_records();
    let plural = |n: u64| if n == 1 { "" } else { "s" };
    let mut out = format!(
        "{}: {n_datagrams} datagram{}, {n_records} record{}\n",
        file.name,
        plural(n_datagrams),
        plural(n_records)
    );
    let mut first = 1;
    for (piece, number) in file.pieces.iter().zip(1..) {
        let next = first + piece.n_records();
        let numbers = first..next;
        first = next;
        if wanted.is_some_and(|wanted| !numbers.contains(&wanted)) {
            continue;
        }
        if let Read::Templated(read) = &piece.read {
            let shown = Shown { number, first: numbers.start, wanted };
            out += &sets::datagram(piece, read, shown, paint);
            continue;
        }
        let Ok(datagram) = wire::decode(&piece.payload) else { continue };
        out += &header(piece, number, datagram.header(), paint);
        for ((record, index), place) in datagram.records().zip(1..).zip(numbers) {
            if wanted.is_none_or(|wanted| wanted == place) {
                let title = format!(
                    "Record {place}: number {index} of datagram {number}, from its byte {}",
                    24 + 48 * (index - 1)
                );
                out += &one_record(&title, datagram.header(), &record, paint);
            }
        }
    }
    out
}

fn header(piece: &Piece, number: usize, header: &Header, paint: Paint) -> String {
    let from = piece.exporter.as_deref().map(|exporter| format!(" from {exporter}"));
    let title = format!(
        "Datagram {number}{}: {} bytes, header of 24",
        from.unwrap_or_default(),
        piece.payload.len()
    );
    let bytes = header.to_bytes();
    let value = |member: &Member| header_value(header, member);
    format!(
        "\n{}\n\n{}\n{}",
        paint.bold(&title),
        record::dump(&bytes, HEADER, paint),
        record::members(&bytes, HEADER, value, paint)
    )
}

/// The value of a member of the header.
pub(super) fn header_value(header: &Header, member: &Member) -> String {
    let number = member.number(&header.to_bytes()).unwrap_or_default();
    match member.name {
        "SysUptime" => format!("{number} ms"),
        "unix_secs" => format!("{number} s"),
        "unix_nsecs" => format!("{number} ns"),
        "sampling" => {
            format!("mode {}, 1 in {}", header.sampling_algorithm(), header.sampling_interval())
        }
        _ => number.to_string(),
    }
}

fn one_record(title: &str, header: &Header, record: &Record, paint: Paint) -> String {
    let mut out = format!("\n{}\n\n{}", paint.bold(title), record::record(record, paint));
    add(&mut out, format_args!("\n  {}\n", paint.bold("When it was")));
    out += &times::steps(header, record);
    out += &hanging("  booted  ", 10, 10, &boot(header));
    out
}

fn boot(header: &Header) -> String {
    let time = u64::try_from(header.boot_ms()).map_or_else(|_| "before 1970".into(), format_ms);
    format!("{time}: export time - SysUptime; or the last uptime wrap")
}
