//! The flows that a question is about: one of equal ones, with times repaired and
//! counters scaled, that match its filter, exported in its window.

use std::collections::BTreeSet;

use serde_json::Value;

use super::clocks::Clock;
use super::windows::Window;
use crate::recomputed::flows::{ADAPTED, Datum, Flow, LATE};
use crate::recomputed::held::Held;

/// The flows as the question has them changed.
pub(super) fn changed(held: &Held, asked: &Value) -> Vec<Flow> {
    let mut seen = BTreeSet::new();
    let mut changed = Vec::new();
    for flow in &held.flows {
        if asked["dedupe"] == true && !seen.insert(flow) {
            continue;
        }
        let mut flow = flow.clone();
        if asked["repair_times"] == true {
            repair(&mut flow);
        }
        // A pipeline that has multiplied counters leaves nothing to multiply.
        if asked["scale_sampling"] == true && flow.number(ADAPTED) != Some(2) {
            let interval = flow.number("sampling_interval");
            let interval = interval.or(held.interval(&flow).map(Into::into)).unwrap_or(1).max(1);
            for counter in ["bytes", "packets"] {
                if let Some(Datum::Number(number)) = flow.0.get_mut(counter) {
                    *number *= interval;
                }
            }
        }
        changed.push(flow);
    }
    changed
}

/// Takes the second off that Logstash 7 did not borrow, and the 2^32 ms of an uptime
/// that began anew; of version 9 a second of each that it made late.
fn repair(flow: &mut Flow) {
    let times = ["first_switched", "last_switched"];
    if flow.is_of_templates() {
        let late = if flow.number(ADAPTED) == Some(LATE) { 1000 } else { 0 };
        for name in times {
            if let Some(Datum::Number(ms)) = flow.0.get_mut(name) {
                *ms = ms.saturating_sub(late);
            }
        }
        return;
    }
    let Some(exported) = flow.number("timestamp") else { return };
    for name in times {
        let Some(Datum::Number(ms)) = flow.0.get_mut(name) else { continue };
        if *ms % 1000 > exported % 1000 && *ms >= 1000 {
            *ms -= 1000;
        }
        if *ms > exported + (1 << 31) && *ms >= 1 << 32 {
            *ms -= 1 << 32;
        }
    }
}

/// The flows of a window, and those that reach into it from outside.
pub(super) fn split(flows: Vec<Flow>, window: Window, clock: &Clock) -> (Vec<Flow>, Vec<Flow>) {
    if window == (None, None) {
        return (flows, Vec::new());
    }
    let ends = (window.0.unwrap_or(0), window.1.unwrap_or(i64::MAX));
    let (mut inside, mut later) = (Vec::new(), Vec::new());
    for flow in flows {
        if clock.has(&flow, ends) {
            inside.push(flow);
        } else if clock.reaches(&flow, window) {
            later.push(flow);
        }
    }
    (inside, later)
}
