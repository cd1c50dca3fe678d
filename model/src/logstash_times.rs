//! The times that Logstash writes wrongly: how to tell, and how to repair.
//!
//! The codec takes (`SysUptime` − `First`) from the time of export in two
//! steps, seconds and the rest, and fails to borrow between them.
//!
//! | Logstash | what is written | can be repaired |
//! | --- | --- | --- |
//! | 7 and later | exactly 1 s late wherever the rest has to borrow: about half of all | yes, exactly |
//! | 5.6 to 6.8 | the milliseconds of the export, whatever they were: 0 to 1 s late | no |
//! | all | after a wrap of the uptime, 2³² ms (49.7 days) ahead | yes |
//!
//! Of version 9 every time that is worked out from an uptime is late: by exactly 1 s with
//! Logstash 7 and later, by 1 to 2 s before. Which times those are, the document says:
//! they are marked ([`Adaptation::LogstashUptimes`]), and a second is subtracted. Those
//! that wrapped are more than a day ahead, and unknown.
//!
//! Nothing here is done silently: flowkit tells and counts these, and repairs
//! where asked.
//!
//! ```
//! use flowkit_model::{logstash_times, time::{format_ms, parse_ms}};
//!
//! // From the codec's own test data; on the wire it is 804 ms before the export.
//! let export = parse_ms("2015-05-02T18:38:08.280Z").unwrap();
//! let reported = parse_ms("2015-05-02T18:38:08.476Z").unwrap();
//! let (ms, faults) = logstash_times::repair(reported, export);
//! assert_eq!(format_ms(ms), "2015-05-02T18:38:07.476Z");
//! assert_eq!(faults, [logstash_times::Fault::Second]);
//! ```
//!
//! Sources: logstash-codec-netflow, `decode_netflow5`, and its issues 174
//! (<https://github.com/logstash-plugins/logstash-codec-netflow/issues/174>)
//! and 172.

use crate::names::Adaptation;
use crate::record::FlowRecord;
use crate::wire::Header;

/// What is wrong with a time of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// Exactly one second late.
    Second,
    /// 2³² ms ahead: the uptime wrapped between the packet and the export.
    Wrap,
}

/// How long the uptime counts before it starts over, in milliseconds.
pub const WRAP_MS: u64 = 1 << 32;

/// More than this after its export (24.8 days), a time is taken to have
/// wrapped: what is nearer to the export counts, as when the difference is read
/// as a signed number. A smaller limit would spoil the times of exporters whose
/// clock is hours off.
const AHEAD_MS: u64 = WRAP_MS / 2;

/// The time of a document as it should be, given its `@timestamp`, and what
/// was wrong with it. For documents of Logstash's codec from NetFlow v5 only.
///
/// Without a borrow the rest is taken off the export's own, so it is not
/// larger; with one it is larger by at least 1 ms. That tells the two apart.
#[must_use]
pub fn repair(reported_ms: u64, timestamp_ms: u64) -> (u64, Vec<Fault>) {
    let borrowed_ms = without_late_second(reported_ms, timestamp_ms);
    let ms = without_wrap(borrowed_ms, timestamp_ms);
    let faults = [(borrowed_ms != reported_ms, Fault::Second), (ms != borrowed_ms, Fault::Wrap)];
    (ms, faults.into_iter().filter(|(is, _)| *is).map(|(_, fault)| fault).collect())
}

/// The time alone, as [`repair`] gives it.
#[must_use]
pub fn repaired_ms(reported_ms: u64, timestamp_ms: u64) -> u64 {
    without_wrap(without_late_second(reported_ms, timestamp_ms), timestamp_ms)
}

fn without_late_second(ms: u64, timestamp_ms: u64) -> u64 {
    if ms % 1000 > timestamp_ms % 1000 && ms >= 1000 { ms - 1000 } else { ms }
}

fn without_wrap(ms: u64, timestamp_ms: u64) -> u64 {
    if ms > timestamp_ms.saturating_add(AHEAD_MS) && ms >= WRAP_MS { ms - WRAP_MS } else { ms }
}

/// How late all times are that Logstash works out from uptimes of version 9: its formula
/// adds a second and never borrows.
///
/// With codec 4.2.1 and later it is exactly this. Codec 3 drops the milliseconds, too,
/// so that up to 998 ms are left.
pub const LATE_UPTIME_MS: u64 = 1000;

/// The time alone of a flow of any version as it should be: by which rule, says what its
/// pipeline did ([`Adaptation`]). Times that version 9 and IPFIX state are right.
#[must_use]
pub fn repaired_of_version(
    reported_ms: u64,
    timestamp_ms: Option<u64>,
    version: Option<u64>,
    adapted: Option<u64>,
) -> u64 {
    if version.is_some_and(|version| version > 5) {
        let is_late = adapted == Some(Adaptation::LogstashUptimes.number());
        return reported_ms.saturating_sub(if is_late { LATE_UPTIME_MS } else { 0 });
    }
    timestamp_ms.map_or(reported_ms, |timestamp_ms| repaired_ms(reported_ms, timestamp_ms))
}

/// What Logstash 7 and later writes for an uptime of a packet.
///
/// Whole seconds and milliseconds of the uptime's difference are taken off
/// separately; a second that the milliseconds borrow is not taken off, and a
/// difference below zero is not taken for a wrap.
#[must_use]
pub fn written_ms(header: &Header, uptime_ms: u32) -> i64 {
    let export_ms = header.export_ms().cast_signed();
    let age_ms = i64::from(header.sys_uptime_ms) - i64::from(uptime_ms);
    let ms = export_ms - age_ms;
    let borrows = ms.rem_euclid(1000) > export_ms.rem_euclid(1000);
    if borrows { ms + 1000 } else { ms }
}

/// Whether both times have the milliseconds of the export, as Logstash 5.6 to
/// 6.8 write them. Of one document it is a sign only: one in a thousand has
/// them by chance, or one in a million if the two differ.
#[must_use]
pub fn lacks_milliseconds(flow: &FlowRecord) -> bool {
    let part = |ms: Option<u64>| ms.map(|ms| ms % 1000);
    let of_export = part(flow.timestamp_ms);
    of_export.is_some()
        && part(flow.first_switched_ms) == of_export
        && part(flow.last_switched_ms) == of_export
}

/// The flow with both times repaired.
#[must_use]
pub fn repaired(flow: &FlowRecord) -> FlowRecord {
    let (version, adapted) = (flow.version.map(u64::from), flow.adapted.map(u64::from));
    let repair =
        |ms: Option<u64>| ms.map(|ms| repaired_of_version(ms, flow.timestamp_ms, version, adapted));
    FlowRecord {
        first_switched_ms: repair(flow.first_switched_ms),
        last_switched_ms: repair(flow.last_switched_ms),
        ..flow.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::parse_ms;

    /// From the codec's own test data: uptime 3381, `First` 0xffffffff (3382 ms
    /// ago), `Last` 2577 (804 ms ago).
    #[test]
    fn the_codecs_own_data() {
        let ms = |text| parse_ms(text).unwrap();
        let export = ms("2015-05-02T18:38:08.280Z");
        for (reported, repaired, faults) in [
            ("2015-05-02T18:38:08.476Z", "2015-05-02T18:38:07.476Z", vec![Fault::Second]),
            ("2015-06-21T11:40:52.194Z", "2015-05-02T18:38:04.898Z", vec![Fault::Wrap]),
            ("2015-05-02T18:38:08.280Z", "2015-05-02T18:38:08.280Z", vec![]),
            ("2015-05-02T18:38:01.279Z", "2015-05-02T18:38:01.279Z", vec![]),
        ] {
            assert_eq!(repair(ms(reported), export), (ms(repaired), faults), "{reported}");
        }
    }

    #[test]
    fn lost_milliseconds_are_a_sign_of_both_times() {
        let flow = |first, last| FlowRecord {
            timestamp_ms: Some(10_231),
            first_switched_ms: first,
            last_switched_ms: last,
            ..FlowRecord::default()
        };
        assert!(lacks_milliseconds(&flow(Some(8231), Some(9231))));
        assert!(!lacks_milliseconds(&flow(Some(8231), Some(9232))));
        assert!(!lacks_milliseconds(&flow(None, None)));
    }

    #[test]
    fn no_time_makes_it_panic() {
        for ms in [0, 1, 999, 1000, u64::MAX >> 16] {
            for timestamp_ms in [0, 1, 999, u64::MAX >> 16] {
                let _ = repair(ms, timestamp_ms);
            }
        }
    }
}
