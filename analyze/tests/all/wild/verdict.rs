//! An input read through the public door, and what is made of it: whole, refused
//! by name, or wrong.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use flowkit_analyze::import::import;
use flowkit_analyze::{ReadOptions, Selection, Source, ask};
use flowkit_model::answer::Tally;
use flowkit_model::field::Access;
use flowkit_model::{FIELDS, FlowRecord};

use super::axes::{Axis, DOORS, Door};
use super::captures::TRAFFIC;
use super::form::Form;
use super::render::Input;
use super::text::BETWEENS;
use crate::asking::summary;
use crate::exporting::export_of;

/// What became of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The flows that it holds, field by field.
    Whole,
    /// An error that names the form, which may be refused.
    Refused,
    /// Something else; in words.
    Wrong(Wrong),
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// Of which sort it is; a simpler input with the same is as good an example.
    pub(super) sort: &'static str,
    pub(super) what: String,
}

fn wrong(sort: &'static str, what: String) -> Verdict {
    Verdict::Wrong(Wrong { sort, what })
}

/// Writes an input to a path, reads it, and says what became of it.
pub(super) fn judge(form: &Form, input: &Input, path: &Path) -> Verdict {
    std::fs::write(path, &input.bytes).unwrap();
    match catch_unwind(AssertUnwindSafe(|| read(form, path))) {
        Err(_) => wrong("panic", "a panic".into()),
        Ok(Err(error)) => refusal(form, &error),
        Ok(Ok((flows, tally))) => compare(form, input, &flows, &tally, path),
    }
}

type Read = Result<(Vec<FlowRecord>, Tally), String>;

/// Flows of a source, and what was met on the way.
fn read(form: &Form, path: &Path) -> Read {
    let open = |path: &Path| Source::open(path).map_err(|error| error.to_string());
    let door = DOORS[form.at(Axis::Door)].1;
    if door == Door::File {
        return flows_of(&[open(path)?]);
    }
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("dump");
    let options = ReadOptions::default();
    import(&[open(path)?], &dump, String::new(), door == Door::Columns, options)
        .map_err(|error| error.to_string())?;
    flows_of(&[open(&dump)?])
}

fn flows_of(sources: &[Source]) -> Read {
    let mut flows = Vec::new();
    let selection = Selection::default();
    let addresses = flowkit_analyze::export::Addresses::Text;
    let tally = export_of(sources, &selection, addresses).flows(|flow| {
        flows.push(flow.clone());
        Ok(())
    });
    Ok((flows, tally.map_err(|error| error.to_string())?))
}

/// An error: right if the form may be refused, and is named.
fn refusal(form: &Form, error: &str) -> Verdict {
    let names = form.refused();
    let lower = error.to_lowercase();
    if names.is_empty() {
        wrong("refused", format!("refused: {error}"))
    } else if names.iter().any(|name| lower.contains(&name.to_lowercase())) {
        Verdict::Refused
    } else {
        wrong("refused in other words", format!("refused without one of {names:?}: {error}"))
    }
}

/// What readers say of a flow beyond what stands in its packet and is not
/// compared: what a pipeline changed.
const NOT_COMPARED: &[&str] = &["adapted"];

/// The fields of a flow that are compared, by name.
fn fields(flow: &FlowRecord) -> Vec<(&'static str, String)> {
    let compared = FIELDS.iter().filter(|field| !NOT_COMPARED.contains(&field.name));
    let text = |access: Access| match access {
        Access::Number { read, .. } | Access::Worked { read, .. } => format!("{:?}", read(flow)),
        Access::Address { read, .. } => format!("{:?}", read(flow)),
        Access::Text { read, .. } => format!("{:?}", read(flow)),
    };
    compared.map(|field| (field.name, text(field.access))).collect()
}

/// Flows by their number of copies.
fn counted(flows: &[FlowRecord]) -> BTreeMap<Vec<(&'static str, String)>, usize> {
    let mut counted = BTreeMap::new();
    for flow in flows {
        *counted.entry(fields(flow)).or_insert(0) += 1;
    }
    counted
}

/// Compares what was read with what was rendered.
fn compare(
    form: &Form,
    input: &Input,
    found: &[FlowRecord],
    tally: &Tally,
    path: &Path,
) -> Verdict {
    let (expected, counts) = (counted(&input.flows), counted(found));
    if expected == counts {
        return silence(form, tally);
    }
    let n = format!("{} of {} flows", found.len(), input.flows.len());
    let told: u64 = tally.skipped.iter().map(|skipped| skipped.n).sum();
    let said = format!(
        "skipped {:?}, incomplete {:?}, notes {:?}",
        tally.skipped, tally.incomplete, tally.notes
    );
    let is_part = counts.iter().all(|(flow, n)| expected.get(flow).is_some_and(|most| n <= most));
    if !is_part {
        return wrong("other values", format!("{n}; {}", difference(&input.flows, found)));
    }
    // The door of questions may refuse what an export does not.
    if found.is_empty()
        && let Err(error) = Source::open(path)
            .map(|source| ask(&[source], &summary()))
            .map_err(|error| error.to_string())
            .and_then(|answer| answer.map_err(|error| error.to_string()))
    {
        return refusal(form, &error);
    }
    let missing = input.flows.len() - found.len();
    if tally.incomplete.is_empty() && told < missing as u64 {
        return wrong("fewer in silence", format!("{n} in silence; {said}"));
    }
    if form.refused().is_empty() {
        return wrong("fewer", format!("{n}, told; {said}"));
    }
    let names = form.refused();
    let said = said.to_lowercase();
    if names.iter().any(|name| said.contains(&name.to_lowercase())) {
        return Verdict::Refused;
    }
    wrong("fewer in other words", format!("{n}, without one of {names:?}; {said}"))
}

/// The flows are all there; nothing may be said to be missing, unless there was
/// something that could not be understood.
fn silence(form: &Form, tally: &Tally) -> Verdict {
    let between = &BETWEENS[form.at(Axis::Between)];
    let has_others = !between.texts.is_empty() || TRAFFIC[form.at(Axis::Traffic)].1;
    if !tally.incomplete.is_empty() && !between.has_brace {
        return wrong(
            "said incomplete",
            format!("whole, but said incomplete: {:?}", tally.incomplete),
        );
    }
    if !tally.skipped.is_empty() && !has_others {
        return wrong("said skipped", format!("whole, but said skipped: {:?}", tally.skipped));
    }
    Verdict::Whole
}

/// The first flow that is not there, and what is there in its place.
fn difference(expected: &[FlowRecord], found: &[FlowRecord]) -> String {
    let (want, have) = (counted(expected), counted(found));
    let other = have.keys().find(|flow| !want.contains_key(*flow));
    let gone = want.keys().find(|flow| !have.contains_key(*flow));
    let (Some(other), Some(gone)) = (other, gone) else {
        return "some flows more than once".into();
    };
    let differing = other.iter().zip(gone).filter(|(other, gone)| other != gone);
    let said: Vec<String> = differing
        .map(|((name, other), (_, gone))| format!("{name}: {other}, not {gone}"))
        .collect();
    said.join("; ")
}
