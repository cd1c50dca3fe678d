//! Inputs as they are met in the wild, made from random flows by a writer that
//! shares no code with the readers.
//!
//! An input is a combination of values along axes (`axes.rs` lists them all):
//! documents by dialect, nesting, lists, numbers, framing, text between, letters;
//! csv by layout, quoting and delimiter; captures by file, link, tags and tunnel;
//! each packed and read directly or from a dump. Read through the public door it
//! gives the flows that were rendered, field by field, or is refused by name
//! where its form may be (`verdict.rs`); never fewer flows in silence.
//!
//! `FLOWKIT_COMBINATIONS` is their number, `FLOWKIT_SEED` the first seed. A
//! combination that fails is made simpler as long as it fails, and is printed
//! with its seed, in words, with the path of its input. Its seed alone is run by
//! `FLOWKIT_SEED=… FLOWKIT_COMBINATIONS=1`.
//!
//! To add a form, add a row to the list of its axis; `off.rs` has what flowkit
//! does not read yet.

mod axes;
mod captures;
mod cells;
mod columns;
mod csv;
mod dialects;
mod flows;
mod foreign;
mod form;
mod frames;
mod framing;
mod json;
mod layouts;
mod members;
mod names;
mod nesting;
mod off;
mod packing;
mod pipelines;
mod render;
mod simpler;
mod text;
mod verdict;
mod wire;

use std::collections::{BTreeMap, BTreeSet};

use form::{AXES, Form, choices};
use render::render;
use simpler::simplest;
use verdict::{Verdict, judge};

/// A number from the environment.
fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

/// Failures that are made simpler, which takes a while.
const MOST_SIMPLIFIED: usize = 100;
/// Failures that are printed in full.
const MOST_PRINTED: usize = 30;

#[test]
fn every_combination_is_read_whole_or_refused_by_name() {
    let (seed, n) = (number("FLOWKIT_SEED", 1), number("FLOWKIT_COMBINATIONS", 400));
    println!("FLOWKIT_SEED={seed} FLOWKIT_COMBINATIONS={n}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("input");
    let (mut n_refused, mut failed) = (0, Vec::new());
    let mut tried: BTreeMap<&str, [u64; 2]> = BTreeMap::new();
    for seed in seed..seed + n {
        let form = Form::of(seed);
        let verdict = judge(&form, &render(&form), &path);
        let is_wrong = matches!(verdict, Verdict::Wrong(_));
        for name in form.names() {
            let [all, wrong] = tried.entry(name).or_default();
            *all += 1;
            *wrong += u64::from(is_wrong);
        }
        match verdict {
            Verdict::Whole => {}
            Verdict::Refused => n_refused += 1,
            Verdict::Wrong(wrong) => failed.push((form, wrong)),
        }
    }
    println!("{n} combinations: {n_refused} refused by name, {} wrong", failed.len());
    let mut simple: BTreeMap<String, usize> = BTreeMap::new();
    for (form, wrong) in failed.iter().take(MOST_SIMPLIFIED) {
        let found = simplest(form, wrong, &path);
        let key = format!("{}: {}", found.wrong.sort, found.form.words());
        let n = simple.entry(key).or_insert(0);
        *n += 1;
        if *n == 1 && simple.len() <= MOST_PRINTED {
            println!("{}", found.said(form));
        }
    }
    for (key, n) in &simple {
        println!("{n} times {key}");
    }
    let worst = tried.iter().filter(|(_, [_, wrong])| *wrong > 0);
    for (name, [all, wrong]) in worst {
        println!("{name}: {wrong} of {all} are wrong");
    }
    assert!(failed.is_empty(), "{} of {n} combinations are wrong", failed.len());
}

/// So many combinations one after the other have every value of every axis, from
/// wherever they begin.
#[test]
fn every_value_is_tried_in_a_run() {
    let all: BTreeSet<_> =
        choices().into_iter().map(|(axis, value)| AXES[axis].values[value].0).collect();
    for first in [1, 1_000_003] {
        let seeds = first..first + choices().len() as u64;
        let tried: BTreeSet<_> = seeds.flat_map(|seed| Form::of(seed).names()).collect();
        assert_eq!(all.difference(&tried).collect::<Vec<_>>(), Vec::<&&str>::new());
    }
    assert!(choices().len() <= 400, "an ordinary run has fewer combinations than there are values");
}

/// A name is that of one value, so that what is switched off is clear.
#[test]
fn no_two_values_have_one_name() {
    let mut names: Vec<_> = AXES.iter().flat_map(|row| &row.values).map(|value| value.0).collect();
    names.sort_unstable();
    let before = names.len();
    names.dedup();
    assert_eq!(names.len(), before);
    for (values, why) in off::OFF {
        assert!(values.iter().all(|value| names.contains(value)) && !why.is_empty(), "{values:?}");
    }
    for (place, row) in AXES.iter().enumerate() {
        assert_eq!(row.axis as usize, place);
    }
}
