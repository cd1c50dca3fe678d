//! Statistics and aggregations of nfdump that have the same rows here.

use std::collections::BTreeMap;

use flowkit_model::Metric;
use flowkit_model::answer::Cell;

use super::{Set, as_nfdump, nfdump, sets};
use crate::asking::{all_rows, of_batches, top};

/// nfdump's statistic, and the same key here.
const STATISTICS: [(&str, &str); 12] = [
    ("srcip", "src_addr"),
    ("dstip", "dst_addr"),
    ("ip", "addr"),
    ("srcport", "src_port"),
    ("dstport", "dst_port"),
    ("port", "port"),
    ("proto", "protocol"),
    ("tos", "tos"),
    ("inif", "input_snmp"),
    ("outif", "output_snmp"),
    ("nhip", "next_hop"),
    ("router", "exporter"),
];

/// nfdump's aggregation, its tags, and the same keys here.
const AGGREGATIONS: [(&str, &str, &str); 5] = [
    ("srcip,dstip", "%sa|%da", "src_addr,dst_addr"),
    ("proto,dstport", "%pr|%dp", "protocol,dst_port"),
    ("srcip4/24", "%sn|", "src_addr/24"),
    ("dstip4/16", "%dn|", "dst_addr/16"),
    ("srcip,dstip,dstport,proto", "%sa|%da|%dp|%pr", "src_addr,dst_addr,dst_port,protocol"),
];

/// Rows of nfdump's statistic: flows, packets and bytes by value.
pub(super) fn statistic(set: &Set, name: &str) -> BTreeMap<Vec<String>, [u128; 3]> {
    let text = nfdump(set, &["-s", &format!("{name}/bytes"), "-n", "0", "-o", "csv"]);
    let rows = text.lines().skip(1).take_while(|line| !line.trim().is_empty());
    rows.map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |place: usize| cells[place].trim().parse().unwrap();
        (vec![cells[4].trim().to_owned()], [number(5), number(7), number(9)])
    })
    .collect()
}

/// The same here.
pub(super) fn ranking(set: &Set, keys: &str) -> BTreeMap<Vec<String>, [u128; 3]> {
    let keys: Vec<&str> = keys.split(',').collect();
    let n = keys.len();
    let answer = of_batches(&set.batches, &as_nfdump(top(&keys, all_rows())));
    let columns = &answer.table.columns;
    let place =
        |metric: Metric| columns.iter().position(|column| column.name == metric.name()).unwrap();
    let number = |cell: &Cell| if let Cell::Number(number) = cell { *number } else { panic!() };
    let rows = answer.table.rows.iter().map(|row| {
        let key = (0..n).map(|at| shown(&row[at], &columns[at].name)).collect();
        let sums = [Metric::Flows, Metric::Packets, Metric::Bytes];
        (key, sums.map(|metric| number(&row[place(metric)])))
    });
    rows.collect()
}

fn shown(cell: &Cell, column: &str) -> String {
    match cell {
        Cell::Number(number) if column.contains("addr") || column == "next_hop" => {
            std::net::Ipv4Addr::from_bits(u32::try_from(*number).unwrap()).to_string()
        }
        Cell::Number(number) => number.to_string(),
        Cell::Text(text) => text.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn statistics_are_the_same() {
    for set in sets() {
        for (theirs, ours) in STATISTICS {
            let mut wanted = statistic(&set, theirs);
            let mut found = ranking(&set, ours);
            if [("ip", "addr"), ("port", "port")].contains(&(theirs, ours)) {
                // Difference::EqualEnds: only keys of such flows differ.
                let equal = set.flows.iter().filter_map(|flow| match theirs {
                    "ip" => flow
                        .src_addr
                        .filter(|src| Some(*src) == flow.dst_addr)
                        .map(|src| src.to_string()),
                    _ => flow
                        .src_port
                        .filter(|src| Some(*src) == flow.dst_port)
                        .map(|src| src.to_string()),
                });
                for key in equal {
                    wanted.remove(&vec![key.clone()]);
                    found.remove(&vec![key]);
                }
            }
            assert!(!found.is_empty(), "{theirs}");
            assert_eq!(found, wanted, "{}: {theirs}", set.name);
        }
        println!("{}: {} statistics are equal", set.name, STATISTICS.len());
    }
}

#[test]
fn aggregations_are_the_same() {
    for set in sets() {
        for (theirs, tags, ours) in AGGREGATIONS {
            let format = format!("fmt:%fl|%pkt|%byt|{tags}");
            let text = nfdump(&set, &["-A", theirs, "-N", "-q", "-o", &format]);
            let mut wanted: BTreeMap<Vec<String>, [u128; 3]> = BTreeMap::new();
            for line in text.lines().filter(|line| line.contains('|')) {
                let cells: Vec<&str> = line.split('|').map(str::trim).collect();
                let key = cells[3..].iter().filter(|cell| !cell.is_empty());
                let key = key.map(|cell| match (*cell, ours) {
                    ("TCP", _) => "6".into(),
                    ("UDP", _) => "17".into(),
                    (cell, _) => cell.split('/').next().unwrap().to_owned(),
                });
                let number = |place: usize| cells[place].parse().unwrap();
                wanted.insert(key.collect(), [number(0), number(1), number(2)]);
            }
            let mut found = ranking(&set, ours);
            // Other protocols than these are shown by names, and ICMP's port
            // as type and code.
            let plain = |key: &Vec<String>| {
                !ours.contains("protocol")
                    || key.contains(&"6".into())
                    || key.contains(&"17".into())
            };
            found.retain(|key, _| plain(key));
            wanted.retain(|key, _| plain(key));
            assert_eq!(
                found.len(),
                wanted.len(),
                "{}: {theirs}\n{}",
                set.name,
                text.lines().take(3).collect::<String>()
            );
            assert_eq!(found, wanted, "{}: {theirs}", set.name);
        }
    }
}
