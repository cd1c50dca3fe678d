//! Windows: nfdump's `-t` keeps the flows that lie in it from their first packet to their
//! last; a flow that is active in it may begin before and end after.

use flowkit_model::question::{Clock, Flows, Question};
use flowkit_model::time::format_ms;
use flowkit_model::window::Typed;

use super::{Set, nfdump, sets};
use crate::asking::{filtered, of_batches, summary};

/// Two moments, in whole seconds, between which a third of the flows of a set begin.
fn moments(set: &Set) -> [u64; 2] {
    let mut starts: Vec<u64> = set.flows.iter().filter_map(|flow| flow.first_switched_ms).collect();
    starts.sort_unstable();
    [1, 2].map(|third| starts[starts.len() * third / 3] / 1000 * 1000)
}

/// `2018/09/21.10:00:00`, of UTC.
fn as_typed(ms: u64) -> String {
    format_ms(ms)[..19].replace('-', "/").replace('T', ".")
}

fn flows(set: &Set, question: &Question) -> u64 {
    of_batches(&set.batches, question).tally.total.flows
}

#[test]
fn nfdump_keeps_what_lies_in_a_window_and_active_is_what_overlaps_it() {
    // Times ahead of their export, which the years have, nfdump takes for uptime wraps.
    for set in sets().iter().filter(|set| set.name != "years") {
        let [from, to] = moments(set);
        let window = format!("{}-{}", as_typed(from), as_typed(to));
        let text = nfdump(set, &["-t", &window, "-s", "proto/bytes", "-n", "0", "-o", "csv"]);
        let line = text.lines().skip_while(|line| !line.starts_with("flows,bytes")).nth(1);
        let kept: u64 = line.unwrap().split(',').next().unwrap().parse().unwrap();
        let (start, end) = (format_ms(from), format_ms(to));
        let inside = filtered(summary(), &format!("first >= {start} and last <= {end}"));
        assert_eq!(flows(set, &inside), kept, "{} {window}", set.name);

        let window = Typed { from: Some(start.clone()), to: Some(end.clone()), ..Typed::default() };
        let active = Flows { window, time: Clock::Active, ..Flows::default() };
        let overlap = filtered(summary(), &format!("last >= {start} and first < {end}"));
        let n_active = flows(set, &Question::new(summary().report, active));
        assert_eq!(n_active, flows(set, &overlap), "{}", set.name);
        assert!(n_active >= kept && kept > 0, "{}: {n_active} {kept}", set.name);
        println!("{}: {kept} flows lie in a window, {n_active} overlap it", set.name);
    }
}
