//! One combination of values, chosen from a seed; what goes with what.

use std::sync::LazyLock;

use super::axes::{Axis, KINDS, Kind, Row, axes};
use super::captures::LINKS;
use super::csv::{DELIMITERS, QUOTINGS, Quoting};
use super::dialects::DIALECTS;
use super::frames::TAGS;
use super::framing::{FRAMINGS, STYLES};
use super::layouts::LAYOUTS;
use super::members::{GAPS, Gaps};
use super::nesting::{LISTS, Lists, NESTINGS, Nesting};
use super::off::OFF;
use super::text::BETWEENS;
use crate::random::Random;

/// Every axis with its values.
pub(super) static AXES: LazyLock<Vec<Row>> = LazyLock::new(axes);

/// A value of an axis by their places.
pub(super) type Choice = (usize, usize);

/// A combination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Form {
    /// From which everything in the input follows that is not chosen.
    pub(super) seed: u64,
    /// How many flows there are.
    pub(super) n_flows: usize,
    /// The value of each axis, by its place.
    pub(super) chosen: Vec<usize>,
}

/// A generator that differs widely between seeds that are near each other
/// (splitmix64).
pub(super) fn random(seed: u64) -> Random {
    let mut mixed = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    Random((mixed ^ (mixed >> 31)) | 1)
}

/// Every value of every axis that is not switched off by itself.
pub(super) fn choices() -> Vec<Choice> {
    let all = AXES.iter().enumerate();
    all.flat_map(|(axis, row)| (0..row.values.len()).map(move |value| (axis, value)))
        .filter(|(axis, value)| {
            let name = AXES[*axis].values[*value].0;
            !OFF.iter().any(|(values, _)| *values == [name])
        })
        .collect()
}

impl Form {
    /// The combination of a seed. Seeds one after the other go through all values
    /// of all axes, so that each is there once in so many.
    pub(super) fn of(seed: u64) -> Self {
        let choices = choices();
        let wanted = choices[usize::try_from(seed % choices.len() as u64).unwrap()];
        let mut random = random(seed);
        for _ in 0..100_000 {
            let form = Self::at_random(seed, wanted, &mut random);
            if form.fits() {
                return form;
            }
        }
        panic!("nothing goes with {}", AXES[wanted.0].values[wanted.1].0);
    }

    fn at_random(seed: u64, (axis, value): Choice, random: &mut Random) -> Self {
        let kind = if axis == Axis::Kind as usize {
            KINDS[value].1
        } else {
            let kinds = AXES[axis].of;
            kinds[below(random, kinds.len())]
        };
        let n_flows = match random.below(20) {
            0 => 60 + below(random, 100),
            1..=5 => 1,
            _ => 2 + below(random, 11),
        };
        let choose = |(place, row): (usize, &Row)| match place {
            _ if place == axis => value,
            0 => KINDS.iter().position(|row| row.1 == kind).unwrap(),
            _ if !row.of.contains(&kind) || random.below(2) == 0 => 0,
            _ => below(random, row.values.len()),
        };
        let chosen = AXES.iter().enumerate().map(choose).collect();
        Self { seed, n_flows, chosen }
    }

    /// The place of the value of an axis.
    pub(super) fn at(&self, axis: Axis) -> usize {
        self.chosen[axis as usize]
    }

    pub(super) fn kind(&self) -> Kind {
        KINDS[self.at(Axis::Kind)].1
    }

    /// The names of the values that it has, those of its kind alone.
    pub(super) fn names(&self) -> Vec<&'static str> {
        let rows = AXES.iter().zip(&self.chosen);
        rows.filter(|(row, _)| row.of.contains(&self.kind()))
            .map(|(row, value)| row.values[*value].0)
            .collect()
    }

    /// The form in words: what is not plain.
    pub(super) fn words(&self) -> String {
        let rows = AXES.iter().zip(&self.chosen);
        let words: Vec<&str> = rows
            .filter(|(row, value)| {
                row.of.contains(&self.kind()) && (**value > 0 || row.axis == Axis::Kind)
            })
            .map(|(row, value)| row.values[*value].0)
            .collect();
        format!("{} flows: {}", self.n_flows, words.join(" · "))
    }

    /// Words of which a refusal has one; none if it must be read.
    pub(super) fn refused(&self) -> Vec<&'static str> {
        let rows = AXES.iter().zip(&self.chosen);
        rows.filter(|(row, _)| row.of.contains(&self.kind()))
            .flat_map(|(row, value)| row.values[*value].1)
            .copied()
            .collect()
    }

    /// Whether the values go together, and none of them is switched off.
    pub(super) fn fits(&self) -> bool {
        let fits = match self.kind() {
            Kind::Documents => self.documents_fit(),
            Kind::Csv => self.csv_fits(),
            Kind::Capture => self.capture_fits(),
            Kind::Datagrams => true,
        };
        let names = self.names();
        let is_off =
            |(values, _): &super::off::Off| values.iter().all(|value| names.contains(value));
        fits && !OFF.iter().any(is_off)
    }

    fn documents_fit(&self) -> bool {
        let framing = &FRAMINGS[self.at(Axis::Framing)];
        let style = STYLES[self.at(Axis::Style)].1;
        let is_dotted = NESTINGS[self.at(Axis::Nesting)].1 == Nesting::Dotted;
        let has_lists = LISTS[self.at(Axis::Lists)].1 == Lists::Values;
        // Few members tell such a document from any other: all of them are needed.
        let is_told_by_all = !DIALECTS[self.at(Axis::Dialect)].refused.is_empty();
        let has_gaps = GAPS[self.at(Axis::Gaps)].1 != Gaps::None;
        // What a server returns as fields.
        !(is_told_by_all && has_gaps) && (!framing.has_fields || is_dotted && has_lists)
            && !(framing.is_in_lines && style.indent.is_some())
            // Text is on lines of its own.
            && (framing.between == "\n" || BETWEENS[self.at(Axis::Between)].texts.is_empty())
    }

    fn csv_fits(&self) -> bool {
        let layout = &LAYOUTS[self.at(Axis::Layout)];
        let gaps = GAPS[self.at(Axis::Gaps)].1;
        let is_padded = layout.width > 0;
        (gaps == Gaps::None || gaps == Gaps::Missing && layout.has_gaps)
            && !(is_padded && QUOTINGS[self.at(Axis::Quoting)].1 != Quoting::Needed)
            && !(is_padded && DELIMITERS[self.at(Axis::Delimiter)].1.is_some())
            && (layout.before.is_empty() || QUOTINGS[self.at(Axis::Quoting)].1 == Quoting::Needed)
    }

    fn capture_fits(&self) -> bool {
        let (link, tags) = (&LINKS[self.at(Axis::Link)], &TAGS[self.at(Axis::Tags)]);
        let is_plain = self.at(Axis::Tags) == 0;
        (is_plain || link.has_types)
            && (!tags.is_ethernet || link.number & 0xffff == 1)
            // Its numbers are in the order of the machine that captured.
            && (link.name != "NFLOG" || self.at(Axis::ByteOrder) == 0 && self.at(Axis::File) != 5)
            // A modified capture has no nanoseconds.
            && !(self.at(Axis::File) == 1 && self.at(Axis::Resolution) == 1)
    }
}

fn below(random: &mut Random, most: usize) -> usize {
    usize::try_from(random.below(most as u64)).unwrap()
}
