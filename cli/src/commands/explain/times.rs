//! When a flow was, step by step, from the uptimes of its record.

use flowkit_model::logstash_times;
use flowkit_model::time::format_ms;
use flowkit_model::wire::{Header, Record};

use crate::output::wrap::{add, hanging};

/// The arithmetic of both times, in lines.
pub(super) fn steps(header: &Header, record: &Record) -> String {
    let export = format_ms(header.export_ms());
    let mut out = hanging(
        "  export  ",
        10,
        10,
        &format!(
            "unix_secs {} s + unix_nsecs {} ns = {export}",
            header.unix_secs, header.unix_nsecs
        ),
    );
    if header.nanoseconds_overflow() {
        out += &hanging("", 0, 10, "more than 1,000,000,000 ns: carried over into the seconds");
    }
    for (name, uptime_ms) in [("First", record.first_uptime_ms), ("Last", record.last_uptime_ms)] {
        out += &step(header, name, uptime_ms, &export);
    }
    let duration_ms = record.last_uptime_ms.wrapping_sub(record.first_uptime_ms).cast_signed();
    out + &if duration_ms < 0 {
        hanging("  lasted  ", 10, 10, "unknown: Last is before First, a fault of the exporter")
    } else {
        format!("  lasted  Last - First = {}\n", seconds(duration_ms.into()))
    }
}

fn step(header: &Header, name: &str, uptime_ms: u32, export: &str) -> String {
    let sys_uptime_ms = header.sys_uptime_ms;
    let difference = i64::from(sys_uptime_ms) - i64::from(uptime_ms);
    let age_ms = i64::from(header.age_ms(uptime_ms));
    let mut text = format!("SysUptime {sys_uptime_ms} - {name} {uptime_ms} = {difference} ms");
    if age_ms != difference {
        add(
            &mut text,
            format_args!("; modulo 2^32 and signed {age_ms} ms: the uptime wrapped in between"),
        );
    }
    let label = format!("  {name:<6}  ");
    let mut out = hanging(&label, 10, 10, &text);
    let when = if age_ms < 0 { "after" } else { "before" };
    let time = header.time_ms(uptime_ms).map_or_else(|| "before 1970".to_owned(), format_ms);
    out += &hanging("", 0, 10, &format!("{} {when} {export} = {time}", seconds(age_ms.abs())));
    let written = u64::try_from(logstash_times::written_ms(header, uptime_ms)).ok();
    if let Some(written) = written.filter(|written| header.time_ms(uptime_ms) != Some(*written)) {
        out += &hanging("", 0, 10, &format!("(Logstash 7 and later write {})", format_ms(written)));
    }
    out
}

/// `3.382 s`.
fn seconds(ms: i64) -> String {
    format!("{}.{:03} s", ms / 1000, ms % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The codec's own test data, with a wrap and a late second.
    #[test]
    fn wraps_and_late_seconds_are_told() {
        let header = Header {
            sys_uptime_ms: 3381,
            unix_secs: 1_430_591_888,
            unix_nsecs: 280_328_000,
            ..Header::default()
        };
        let record =
            Record { first_uptime_ms: u32::MAX, last_uptime_ms: 2577, ..Record::default() };
        let expected = "  export  unix_secs 1430591888 s + unix_nsecs 280328000 ns =\n          \
            2015-05-02T18:38:08.280Z\n  \
            First   SysUptime 3381 - First 4294967295 = -4294963914 ms; modulo 2^32 and\n          \
            signed 3382 ms: the uptime wrapped in between\n";
        let text = steps(&header, &record);
        assert!(text.starts_with(expected), "{text}");
        for part in [
            "3.382 s before 2015-05-02T18:38:08.280Z = 2015-05-02T18:38:04.898Z",
            "(Logstash 7 and later write 2015-06-21T11:40:52.194Z)",
            "(Logstash 7 and later write 2015-05-02T18:38:08.476Z)",
            "lasted  Last - First = 2.578 s",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }
}
