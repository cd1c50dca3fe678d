//! A question and the documents that it is about, and its answer by plain loops.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::chosen::{self, Chosen, Column};
use super::clocks::{Clock, length};
use super::conditions::{Form, PORT_KIND};
use super::filters::{self, Filter};
use super::recomputed::{Read, Recomputed, sums_of};
use super::windows::{self, Window};
use super::{diff, drawn, exporters, grouped, list, made, scans, selected, timeline};
use crate::random::Random;
use crate::recomputed::flows::Flow;
use crate::recomputed::held::{Held, of_documents};
use crate::recomputed::{beacons, check, packets};

/// A question and the documents that it is about.
pub(super) struct Case {
    pub(super) question: Value,
    pub(super) name: &'static str,
    options: Value,
    zone: String,
    filter: Option<Filter>,
    /// The documents of each source.
    pub(super) sources: Vec<Vec<Value>>,
    /// It is asked of a dump of the sources, too.
    pub(super) asks_a_dump: bool,
}

/// Bins of a timeline that take long to look at.
const MOST_BINS: i64 = 2000;

/// The question of a seed.
pub(super) fn drawn(seed: u64) -> Case {
    let mut random = Random(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    for _ in 0..8 {
        random.below(2);
    }
    let (name, mut options) = drawn::report(&mut random);
    let mut documents = made::documents(&mut random, name);
    if name == "timeline" {
        made::keep_near(&mut documents, &options);
    }
    let zone = windows::any_zone(&mut random);
    let times: Vec<i64> =
        of_documents(&documents).flows.iter().filter_map(Flow::exported).collect();
    let mut flows = drawn::flows(&mut random, &zone, &times);
    if name == "timeline" && has_many_bins(&options, &flows["window"], &zone, &times) {
        flows["window"] = json!({});
    }
    if name == "diff" && random.below(2) == 0 {
        flows["window"] = json!({});
        options["windows"] = json!(windows::two(&mut random, &times, &zone));
    }
    if uses_each_value(name, &options) {
        flows["scale_sampling"] = json!(false);
    }
    let clock = Clock::new(&zone);
    let filter = (random.below(2) == 0).then(|| filters::drawn(&mut random, &clock));
    if let Some(filter) = &filter {
        flows["filter"] = json!(filter.text);
    }
    if random.below(3) == 0 {
        flows["time"] = json!(pick_time(&mut random, &options));
    }
    let n = match (name, options["windows"].is_null()) {
        ("diff", true) => 2,
        _ => made::pick(&mut random, &[1, 1, 1, 2, 3]),
    };
    let sources = split(&mut random, documents, n);
    let question =
        json!({"flowkit_question": 1, "report": {name: options.clone()}, "flows": flows});
    let asks_a_dump = random.below(3) == 0;
    Case { question, name, options, zone, filter, sources, asks_a_dump }
}

/// Of scaled counters sums are exact beyond 64 bits; keys, distributions and what tells
/// flows alike are not, which a note says.
fn uses_each_value(name: &str, options: &Value) -> bool {
    let said = options.to_string();
    let spreads = ["min_b", "max_b", "mean_b", "median_b", "p95_b", "distinct:bytes"];
    let keys = ["bytes", "packets"].map(|name| json!(name));
    let is_key = options["by"].as_array().is_some_and(|by| by.iter().any(|key| keys.contains(key)));
    name == "check" || is_key || spreads.iter().any(|word| said.contains(word))
}

/// A time of flows; not all that they are active if there is a key of time.
fn pick_time(random: &mut Random, options: &Value) -> &'static str {
    let is_key = |by: &Value| by.as_str().is_some_and(|key| length(key).is_some());
    let has_bins = options["by"].as_array().is_some_and(|by| by.iter().any(is_key));
    let times = ["export", "first", "last", "active"];
    made::pick(random, &times[..if has_bins { 3 } else { 4 }])
}

fn has_many_bins(options: &Value, window: &Value, zone: &str, times: &[i64]) -> bool {
    let end = times.iter().max().map_or(0, |last| last + 1);
    let first = times.iter().min().copied().unwrap_or(0);
    let (from, to) = windows::understood(window, &Clock::new(zone), end);
    let span = to.unwrap_or(end) - from.unwrap_or(first);
    span / length(options["bin"].as_str().unwrap()).unwrap() > MOST_BINS
}

/// Documents in so many sources, in their order.
fn split(random: &mut Random, documents: Vec<Value>, n: u64) -> Vec<Vec<Value>> {
    let mut sources: Vec<Vec<Value>> = (0..n).map(|_| Vec::new()).collect();
    let in_turn = random.below(2) == 0;
    for (place, document) in documents.into_iter().enumerate() {
        let source = if in_turn { place as u64 / 5 % n } else { random.below(n) };
        sources[usize::try_from(source).unwrap()].push(document);
    }
    sources
}

/// A test of rows.
type RowTest = Box<dyn Fn(&[String]) -> bool>;

/// An answer by plain loops.
pub(super) struct Expected {
    pub(super) answer: Recomputed,
    /// Whether these loops have no word on a row of flowkit's.
    pub(super) is_unjudged: RowTest,
}

impl Case {
    /// Whether it compares two sources.
    pub(super) fn has_two_sides(&self) -> bool {
        self.name == "diff" && self.options["windows"].is_null()
    }

    /// Whether a column to sort by is asked for.
    pub(super) fn is_sorted(&self) -> bool {
        self.options["sort"].is_string() || self.options["order"]["sort"].is_string()
    }

    /// Whether a source holds something, and nothing of it is a flow: it is neither
    /// answered nor imported.
    pub(super) fn is_refused(&self) -> bool {
        let holds_none = |documents: &Vec<Value>| {
            !documents.is_empty() && of_documents(documents).flows.is_empty()
        };
        self.sources.iter().any(holds_none)
    }

    /// Whether the filter leaves some flows in and some out.
    pub(super) fn filter_splits(&self) -> bool {
        let flows = selected::changed(&self.all(), &self.question["flows"]);
        let matches = |filter: &Filter| flows.iter().filter(|flow| filter.matches(flow)).count();
        self.filter.as_ref().map(matches).is_some_and(|n| 0 < n && n < flows.len())
    }

    fn all(&self) -> Held {
        of_documents(&self.sources.concat())
    }

    /// The answer.
    pub(super) fn recomputed(&self) -> Expected {
        let mut is_unjudged: RowTest = Box::new(|_| false);
        if self.name == "diff" {
            return Expected { answer: self.compared(), is_unjudged };
        }
        let (held, clock) = (self.all(), self.clock());
        let window = self.window(&held.flows, &clock);
        let (flows, later) = self.selected(&held, window);
        let is_filtered = self.filter.as_ref().is_some_and(|filter| !filter.keeps_engines)
            || window != (None, None) && !clock.is_of_export();
        let number = |name: &str, usual| asked_number(&self.options, name, usual);
        let answer = match self.name {
            "timeline" => timeline::answer(&self.options, &flows, &later, &clock, window),
            "exporters" => {
                let all = exporters::exporters(&held, &self.options, &flows, &clock, is_filtered);
                all.unwrap_or_else(|| {
                    is_unjudged = Box::new(|_| true);
                    Recomputed::default()
                })
            }
            "list" => list::answer(&self.options, &flows),
            "summary" => exporters::summary(&held, &flows),
            "scans" => scans::answer(&self.options, &flows, &clock),
            "beacons" => {
                let (least, jitter) =
                    (number("min_connections", 8), number("max_jitter_percent", 10));
                let least = usize::try_from(least).unwrap();
                let chosen =
                    Chosen::new(beacon_columns(), &self.options, None, ("limit", 10), &clock);
                let rows = chosen.choose(beacons::regular(&flows, least, jitter));
                Recomputed { rows, ..Recomputed::default() }
            }
            "check" => {
                let (rows, mut doubtful) = check::findings(&held, &flows, is_filtered);
                let engines = packets::by_engine(&flows).into_iter();
                let ambiguous = engines.filter(|(_, packets)| packets.is_ambiguous);
                doubtful.extend(ambiguous.map(|(engine, _)| check::place(&engine)));
                is_unjudged = Box::new(of_order(doubtful));
                let rows = rows.into_iter().filter(|row| !is_unjudged(row)).collect();
                Recomputed { rows, ..Recomputed::default() }
            }
            name => grouped::answer(name, &self.options, &flows, &clock, window),
        };
        Expected { answer: Recomputed { read: read(&held, &flows), ..answer }, is_unjudged }
    }

    /// The zone of its times, and which time of a flow counts.
    fn clock(&self) -> Clock {
        Clock::new(&self.zone).by(&self.question["flows"])
    }

    fn window(&self, flows: &[Flow], clock: &Clock) -> Window {
        let last = flows.iter().filter_map(Flow::exported).max();
        let window = &self.question["flows"]["window"];
        windows::understood(window, clock, last.map_or(0, |last| last + 1))
    }

    /// The flows that the question is about in a window, and those of the day after it.
    fn selected(&self, held: &Held, window: Window) -> (Vec<Flow>, Vec<Flow>) {
        let mut flows = selected::changed(held, &self.question["flows"]);
        if let Some(filter) = &self.filter {
            flows.retain(|flow| filter.matches(flow));
        }
        selected::split(flows, window, &self.clock())
    }

    /// The answer of a comparison.
    fn compared(&self) -> Recomputed {
        let clock = self.clock();
        if let Some(both) = self.options["windows"].as_array() {
            let held = self.all();
            let window = |side: usize| windows::of_side(both[side].as_str().unwrap(), &clock);
            let sides = [0, 1].map(|side| self.selected(&held, window(side)).0);
            let (flows, _) = self.selected(&held, (None, None));
            let is_in = |flow: &&Flow, (from, to): Window| {
                clock.has(flow, (from.unwrap_or(0), to.unwrap_or(i64::MAX)))
            };
            let in_either = |flow: &&Flow| is_in(flow, window(0)) || is_in(flow, window(1));
            let flows: Vec<Flow> = flows.iter().filter(in_either).cloned().collect();
            let answer = diff::answer(&self.options, &sides, &clock);
            return Recomputed { read: read(&held, &flows), ..answer };
        }
        let [a, b] = [0, 1].map(|side| of_documents(&self.sources[side]));
        let select = |held: &Held| self.selected(held, self.window(&held.flows, &clock)).0;
        let sides = [select(&a), select(&b)];
        let mut both = Held { flows: Vec::new(), ..a };
        for (cause, n) in b.skipped {
            *both.skipped.entry(cause).or_default() += n;
        }
        both.copies = [0, 1].map(|place| both.copies[place] + b.copies[place]);
        let answer = diff::answer(&self.options, &sides, &clock);
        Recomputed { read: read(&both, &sides.concat()), ..answer }
    }
}

/// The columns of `beacons`.
pub(super) fn beacon_columns() -> Vec<Column> {
    let addresses = ["src_addr", "dst_addr"].map(|name| Column::key(name, Form::Address));
    let mut columns: Vec<Column> = addresses.into();
    columns.extend(["protocol", "dst_port"].map(|name| Column::key(name, Form::Number)));
    columns.push(Column::new("beats", Form::Amount));
    columns.push(Column::new("interval", Form::Length));
    columns.push(Column::new("jitter", Form::Share));
    columns.extend(chosen::columns(Form::Amount, &["flows", "bytes", "mean_bytes"]));
    columns.extend(chosen::columns(Form::Moment, &["first", "last"]));
    columns.push(Column::new("port_kind", PORT_KIND));
    columns
}

fn asked_number(options: &Value, name: &str, usual: u64) -> u64 {
    options[name].as_u64().unwrap_or(usual)
}

/// Findings on the order of the packets of some engines.
fn of_order(doubtful: BTreeSet<String>) -> impl Fn(&[String]) -> bool {
    move |row| {
        let names = ["lost_flows", "sequence_restarts", "several_exporters", "no_sequence"];
        // What templates tell is held to the answers of the corpora.
        let of_templates =
            ["impossible", "other_template", "sampled_by_options", "sampling_conflict"];
        of_templates.contains(&&*row[0]) || names.contains(&&*row[0]) && doubtful.contains(&row[1])
    }
}

fn read(held: &Held, flows: &[Flow]) -> Read {
    let times = || flows.iter().filter_map(|flow| u64::try_from(flow.exported()?).ok());
    let skipped = held.skipped.iter().map(|(cause, n)| ((*cause).to_owned(), *n));
    Read {
        total: sums_of(flows),
        skipped: skipped.collect(),
        copies: held.copies,
        seen: times().min().zip(times().max()),
    }
}
