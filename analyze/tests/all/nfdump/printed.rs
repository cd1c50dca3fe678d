//! What nfdump prints is read.

use std::path::{Path, PathBuf};
use std::process::Command;

use flowkit_analyze::Source;
use flowkit_model::FlowRecord;

use super::sets;
use crate::exporting::all_flows;

/// [`Adaptation::NfcapdScaled`](flowkit_model::names::Adaptation) as a number.
const NFCAPD_SCALED: u8 = 3;

/// What nfdump's output carries of a flow on the wire: multiplied if sampled,
/// its times unless they are ahead, and in json nothing that it leaves out.
fn carried(flow: &FlowRecord, is_csv: bool, has_times: bool) -> FlowRecord {
    let times = flow.sampling_interval.map_or(1, |interval| u64::from(interval.max(1)));
    let is_icmp = flow.protocol == Some(1);
    let whole_second = |ms: u64| if is_csv { ms / 1000 * 1000 } else { ms };
    let first = flow.first_switched_ms.map(whole_second);
    let duration = flow.last_switched_ms.unwrap().saturating_sub(flow.first_switched_ms.unwrap());
    let only = |is_there: bool, value: Option<u32>| value.filter(|_| is_there);
    let has = |a: Option<u32>, b: Option<u32>| is_csv || a != Some(0) || b != Some(0);
    let has_interfaces = has(flow.input_snmp, flow.output_snmp);
    let has_as = has(flow.src_as, flow.dst_as);
    FlowRecord {
        exporter: flow.exporter.clone(),
        src_addr: flow.src_addr,
        dst_addr: flow.dst_addr,
        next_hop: flow.next_hop.filter(|hop| is_csv || !hop.is_unspecified()),
        input_snmp: only(has_interfaces, flow.input_snmp),
        output_snmp: only(has_interfaces, flow.output_snmp),
        packets: flow.packets.map(|packets| packets * times),
        bytes: flow.bytes.map(|bytes| bytes * times),
        first_switched_ms: first.filter(|_| has_times),
        last_switched_ms: first.map(|first| first + duration).filter(|_| has_times),
        src_port: flow.src_port.filter(|_| is_csv || !is_icmp),
        dst_port: flow.dst_port,
        tcp_flags: flow.tcp_flags.filter(|_| is_csv || !is_icmp),
        protocol: flow.protocol,
        icmp_type: flow.icmp_type,
        icmp_code: flow.icmp_code,
        tos: flow.tos,
        src_as: only(has_as, flow.src_as),
        dst_as: only(has_as, flow.dst_as),
        engine_type: flow.engine_type.filter(|_| is_csv),
        engine_id: flow.engine_id.filter(|_| is_csv),
        // Its json says of which flows nfcapd multiplied the counters, its csv does not.
        adapted: (times > 1 && !is_csv).then_some(NFCAPD_SCALED),
        ..FlowRecord::default()
    }
}

/// nfdump's csv and json of the packets are read as the same flows, record by
/// record, in all that they carry.
#[test]
fn what_nfdump_prints_is_read() {
    for set in sets() {
        let has_times = set.name != "years";
        for form in ["csv", "json"] {
            let path = set.folder.join(format!("printed.{form}"));
            let printed = Command::new("nfdump")
                .env("TZ", "UTC")
                .arg("-r")
                .arg(captured(&set.folder))
                .args(["-o", form])
                .output()
                .unwrap();
            std::fs::write(&path, printed.stdout).unwrap();
            let found = all_flows(Source::open(&path).unwrap());
            assert!(found.iter().all(|flow| flow.timestamp_ms.is_some()), "{form}");
            let found = found.into_iter().map(|flow| FlowRecord {
                timestamp_ms: None,
                first_switched_ms: flow.first_switched_ms.filter(|_| has_times),
                last_switched_ms: flow.last_switched_ms.filter(|_| has_times),
                ..flow
            });
            let mut found: Vec<String> = found.map(|flow| format!("{flow:?}")).collect();
            let wanted = set.flows.iter().map(|flow| carried(flow, form == "csv", has_times));
            let mut wanted: Vec<String> = wanted.map(|flow| format!("{flow:?}")).collect();
            found.sort();
            wanted.sort();
            for (found, wanted) in found.iter().zip(&wanted) {
                assert_eq!(found, wanted, "{} {form}", set.name);
            }
            assert_eq!(found.len(), wanted.len(), "{} {form}", set.name);
            println!("{}: {} records of {form} are equal", set.name, found.len());
            std::fs::remove_file(path).unwrap();
        }
    }
}

/// The file that nfcapd wrote.
fn captured(folder: &Path) -> PathBuf {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.max_by_key(|path| std::fs::metadata(path).unwrap().len()).unwrap()
}
