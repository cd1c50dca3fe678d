//! How many documents of a fetched dump are flows, from its columns.

use std::collections::BTreeMap;
use std::path::Path;

use flowkit_analyze::{AskError, Source, ask};
use flowkit_model::answer::{Answer, Cell, Tally};
use flowkit_model::question::{Flows, Key, Order, Question, Report, Top};
use flowkit_model::{Family, FieldId};

use crate::output::units::{counted, grouped};

/// How many of so many documents are flows, in one line; why none can be counted.
pub(crate) fn flows_text(dump: &Path, documents: u64) -> String {
    match by_version(dump) {
        Ok(answer) => {
            format!("{}{}", words(&answer.tally, documents), held(&answer).unwrap_or_default())
        }
        Err(error) => format!("warning: no flows in it can be queried: {error:#}"),
    }
}

/// The flows by version and family, which reads few columns.
fn by_version(dump: &Path) -> anyhow::Result<Answer> {
    let source = Source::open(dump)?;
    let by = [FieldId::Version, FieldId::Family].map(Key::Field).into();
    let top = Top { by, columns: None, order: Order { limit: 0, ..Order::default() } };
    let question = Question::new(Report::Top(top), Flows::default());
    ask(&[source], &question).map_err(|error: AskError| anyhow::Error::from(error))
}

/// `; v5 984, v9 2,182, IPFIX 1,804; IPv4 4,363, IPv6 586, no address 21`; nothing if
/// there is no more than version 5 over IPv4.
fn held(answer: &Answer) -> Option<String> {
    let flows = answer.table.columns.iter().position(|column| column.name == "flows")?;
    let (mut versions, mut families) = (BTreeMap::new(), BTreeMap::new());
    for row in &answer.table.rows {
        let Some(Cell::Number(n)) = row.get(flows) else { continue };
        let number = |cell: Option<&Cell>| match cell {
            Some(Cell::Number(number)) => *number,
            _ => u128::MAX,
        };
        *versions.entry(number(row.first())).or_insert(0) += n;
        *families.entry(number(row.get(1))).or_insert(0) += n;
    }
    let ipv6 = Family::Ipv6.number().into();
    let is_mixed = versions.contains_key(&9) || versions.contains_key(&10);
    if !is_mixed && !families.contains_key(&ipv6) {
        return None;
    }
    let version = |number: u128| match number {
        10 => "IPFIX".to_owned(),
        u128::MAX => "no version".to_owned(),
        number => format!("v{number}"),
    };
    let family = |number: u128| match number {
        u128::MAX => "no address".to_owned(),
        number => format!("IPv{number}"),
    };
    let list = |counts: BTreeMap<u128, u128>, name: &dyn Fn(u128) -> String| {
        let one = |(number, n): (u128, u128)| format!("{} {}", name(number), grouped(n));
        counts.into_iter().map(one).collect::<Vec<_>>().join(", ")
    };
    Some(format!("; {}; {}", list(versions, &version), list(families, &family)))
}

fn words(tally: &Tally, documents: u64) -> String {
    let flows = tally.total.flows;
    let causes: Vec<String> = tally
        .skipped
        .iter()
        .map(|skipped| format!("{} ({})", counted(skipped.n, "document"), skipped.cause.text()))
        .collect();
    let rest =
        if causes.is_empty() { String::new() } else { format!("; skipped: {}", causes.join(", ")) };
    match flows {
        1 if documents > 1 => format!("1 document is a flow{rest}"),
        0 if documents == 1 => format!("warning: it is no flow{rest}"),
        0 => format!("warning: none of {} is a flow{rest}", counted(documents, "document")),
        1 if documents == 1 => "it is a flow".to_owned(),
        _ if flows == documents => "all of them are flows".to_owned(),
        _ => format!("{} are flows{rest}", counted(flows, "document")),
    }
}
