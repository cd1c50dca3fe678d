//! Pairs that talk at a regular interval.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::documents::Said;

/// The lower middle one.
fn median(values: &[i64]) -> i64 {
    let mut values = values.to_vec();
    values.sort_unstable();
    values[(values.len() - 1) / 2]
}

/// The rows of all keys with so many beats and at most so much jitter.
pub(crate) fn regular(documents: &[Value], least: usize, most_jitter: u64) -> Vec<Vec<String>> {
    let mut ids = HashSet::new();
    let mut flows: BTreeMap<[u64; 4], Vec<(i64, u64)>> = BTreeMap::new();
    for document in documents {
        let identity = ["_index", "_id", "_routing"].map(|name| document[name].to_string());
        if ids.insert(identity) {
            let said = Said(document);
            let key =
                [said.src_addr(), said.dst_addr(), said.number(&["protocol"]), said.dst_port()];
            flows.entry(key).or_default().push((said.first_ms(), said.bytes()));
        }
    }
    let mut found = Vec::new();
    for (key, mut flows) in flows {
        flows.sort_unstable();
        // Flows that start within a second of a beat belong to it.
        let mut beats = vec![flows[0].0];
        for (start, _) in &flows {
            if start - beats[beats.len() - 1] >= 1000 {
                beats.push(*start);
            }
        }
        if beats.len() < least {
            continue;
        }
        let gaps: Vec<i64> = (1..beats.len()).map(|n| beats[n] - beats[n - 1]).collect();
        let interval = median(&gaps);
        let off: Vec<i64> = gaps.iter().map(|gap| (gap - interval).abs()).collect();
        let jitter = median(&off);
        if i128::from(jitter) * 100 > i128::from(interval) * i128::from(most_jitter) {
            continue;
        }
        let bytes: u64 = flows.iter().map(|(_, bytes)| bytes).sum();
        let n_flows = flows.len() as u64;
        let mut row: Vec<String> = key.iter().map(u64::to_string).collect();
        row.extend([
            beats.len().to_string(),
            interval.to_string(),
            format!("{jitter}/{interval}"),
            n_flows.to_string(),
            bytes.to_string(),
            (bytes / n_flows).to_string(),
            flows[0].0.to_string(),
            flows[flows.len() - 1].0.to_string(),
        ]);
        let unsteadiness = i128::from(jitter) * 1_000_000 / i128::from(interval);
        found.push(((unsteadiness, Reverse(beats.len()), key), row));
    }
    found.sort();
    found.into_iter().map(|(_, row)| row).collect()
}
