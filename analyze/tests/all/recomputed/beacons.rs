//! Pairs that talk at a regular interval.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::flows::{Flow, kind_of};

/// The lower middle one.
fn median(values: &[i64]) -> i64 {
    let mut values = values.to_vec();
    values.sort_unstable();
    values[(values.len() - 1) / 2]
}

/// The rows of all keys with so many beats, three at least, and at most so much jitter.
pub(crate) fn regular(flows: &[Flow], least: usize, most_jitter: u64) -> Vec<Vec<String>> {
    let mut keys: BTreeMap<Vec<u128>, Vec<(Option<i64>, u128)>> = BTreeMap::new();
    for flow in flows {
        let key = ["src_addr", "dst_addr", "protocol", "dst_port"].map(|name| flow.number(name));
        let Some(key) = key.into_iter().collect() else { continue };
        let start = flow.ms("first_switched").or_else(|| flow.exported());
        keys.entry(key).or_default().push((start, flow.counter("bytes")));
    }
    let mut found = Vec::new();
    for (key, flows) in keys {
        let mut starts: Vec<i64> = flows.iter().filter_map(|flow| flow.0).collect();
        starts.sort_unstable();
        // Flows that start within a second of a beat belong to it.
        let mut beats: Vec<i64> = Vec::new();
        for start in &starts {
            if beats.last().is_none_or(|last| start - last >= 1000) {
                beats.push(*start);
            }
        }
        if beats.len() < least.max(3) {
            continue;
        }
        let gaps: Vec<i64> = (1..beats.len()).map(|n| beats[n] - beats[n - 1]).collect();
        let interval = median(&gaps);
        let off: Vec<i64> = gaps.iter().map(|gap| (gap - interval).abs()).collect();
        let jitter = median(&off);
        if i128::from(jitter) * 100 > i128::from(interval) * i128::from(most_jitter) {
            continue;
        }
        let bytes: u128 = flows.iter().map(|(_, bytes)| bytes).sum();
        let n_flows = flows.len() as u128;
        let mut row: Vec<String> = key.iter().map(u128::to_string).collect();
        row.extend([
            beats.len().to_string(),
            interval.to_string(),
            format!("{jitter}/{interval}"),
            n_flows.to_string(),
            bytes.to_string(),
            (bytes / n_flows).to_string(),
            starts[0].to_string(),
            starts[starts.len() - 1].to_string(),
            kind_of(key[2]).to_owned(),
        ]);
        let unsteadiness = i128::from(jitter) * 1_000_000 / i128::from(interval);
        found.push(((unsteadiness, Reverse(beats.len()), key), row));
    }
    found.sort();
    found.into_iter().map(|(_, row)| row).collect()
}
