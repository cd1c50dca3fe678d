//! Counts of what the frames of a capture, or the datagrams of a file, hold
//! beside NetFlow v5, by layer.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// Why something is not read as flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    /// In a layer that is not walked: flows may be in it.
    Unread,
    /// The capture has too few of its bytes to see what it carries.
    Cut,
    /// Of an interface that the capture does not describe.
    NoInterface,
    /// A fragment of an IP packet of which other fragments are missing.
    Unfinished,
    /// Walked to its end, and not a datagram.
    Aside,
    /// Ends within a header although all of it was captured.
    Damaged,
    /// A second copy, in a tunnel, of a datagram that the capture has by itself.
    Copy,
    /// A datagram that came before: captured or sent twice. It is read.
    Twice,
    /// A datagram that is not NetFlow v5; it is counted among the skipped, too.
    Other,
}

impl Fate {
    /// Flows may be missing because of it.
    fn is_missing(self) -> bool {
        matches!(self, Self::Unread | Self::Cut | Self::NoInterface | Self::Unfinished)
    }

    /// The sentence on `n` frames of this fate; `layers` lists their layers.
    fn sentence(self, n: u64, layers: &str) -> Option<String> {
        let (frames, are, have) = match n {
            1 => ("1 frame".to_owned(), "is", "has"),
            n => (format!("{n} frames"), "are", "have"),
        };
        Some(match self {
            Self::Unread => {
                format!("{frames} {are} not read, and flows may be in them: {layers}")
            }
            Self::Cut => format!(
                "{frames} {are} cut by the capture before the UDP payload ({layers}); capture with a larger snap length"
            ),
            Self::NoInterface => {
                format!("{frames} {are} of an interface that the capture does not describe")
            }
            Self::Unfinished => {
                format!(
                    "{frames} {have} fragments of IP packets of which others are missing: {layers}"
                )
            }
            Self::Aside => format!("{frames} without NetFlow: {layers}"),
            Self::Damaged => format!("{frames} {are} damaged: {layers}"),
            Self::Copy => format!(
                "{frames} hold in a tunnel a datagram that the capture has without it: each is counted once"
            ),
            Self::Twice => format!(
                "{frames} {have} a datagram that came before, captured or sent twice: each counts, unless --dedupe drops equal flows"
            ),
            Self::Other => return None,
        })
    }
}

/// More layers than this are counted together.
const MOST_LAYERS: usize = 64;

/// What frames, or datagrams, hold beside flows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frames {
    /// Frames, or datagrams where there are no frames.
    pub(crate) n: u64,
    /// Datagrams of version 5 with a count that can be.
    pub(crate) n_v5: u64,
    /// Number, and the first frame, by layer.
    layers: BTreeMap<(Fate, Cow<'static, str>), (u64, u64)>,
}

impl Frames {
    /// Counts a frame; `number` is its own, from 1.
    pub(crate) fn count(&mut self, fate: Fate, layer: Cow<'static, str>, number: u64) {
        self.add(fate, layer, (1, number));
    }

    fn add(&mut self, fate: Fate, layer: Cow<'static, str>, (n, first): (u64, u64)) {
        let key = (fate, layer);
        let has_room = self.layers.contains_key(&key) || self.layers.len() < MOST_LAYERS;
        let key = if has_room { key } else { (fate, "other layers".into()) };
        let known = self.layers.entry(key).or_insert((0, first));
        known.0 += n;
        known.1 = known.1.min(first);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.n += other.n;
        self.n_v5 += other.n_v5;
        for ((fate, layer), counts) in &other.layers {
            self.add(*fate, layer.clone(), *counts);
        }
    }

    /// Something is there, and nothing of it is NetFlow v5.
    pub(crate) fn is_foreign(&self) -> bool {
        self.n > 0 && self.n_v5 == 0
    }

    /// `3 in TZSP, 2 of ARP`: all that was met.
    pub(crate) fn met(&self) -> String {
        listed(self.layers.iter().map(|((fate, layer), counts)| (*fate, &**layer, counts.0)))
    }

    /// A sentence for each fate that is worth one, and whether flows may be missing
    /// because of it.
    pub(crate) fn sentences(&self, name: &str) -> Vec<(String, bool)> {
        let mut fates: BTreeMap<Fate, OfFate<'_>> = BTreeMap::new();
        for ((fate, layer), (n, first)) in &self.layers {
            let known = fates.entry(*fate).or_insert((0, *first, Vec::new()));
            known.0 += n;
            known.1 = known.1.min(*first);
            known.2.push((*fate, layer, *n));
        }
        let sentence = |(fate, (n, first, layers)): (Fate, OfFate<'_>)| {
            let text = fate.sentence(n, &listed(layers.into_iter()))?;
            Some((format!("{name}: {text} (the first is frame {first})"), fate.is_missing()))
        };
        fates.into_iter().filter_map(sentence).collect()
    }
}

/// How many frames have a fate, the first of them, and their layers.
type OfFate<'l> = (u64, u64, Vec<(Fate, &'l str, u64)>);

/// Layers by falling number.
fn listed<'l>(layers: impl Iterator<Item = (Fate, &'l str, u64)>) -> String {
    let mut layers: Vec<_> = layers.collect();
    layers.sort_by_key(|(fate, layer, n)| (std::cmp::Reverse(*n), *layer, *fate));
    let words = layers.iter().map(|(fate, layer, n)| match fate {
        Fate::Unread => format!("{n} in {layer}"),
        Fate::Cut | Fate::Damaged => format!("{n} within {layer}"),
        Fate::NoInterface
        | Fate::Unfinished
        | Fate::Aside
        | Fate::Copy
        | Fate::Twice
        | Fate::Other => {
            format!("{n} of {layer}")
        }
    });
    words.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_listed_by_number_and_counts_add_up() {
        let mut frames = Frames { n: 4, ..Frames::default() };
        frames.count(Fate::Aside, "ARP".into(), 1);
        frames.count(Fate::Unread, "ESP".into(), 2);
        let mut other = Frames { n: 1, ..Frames::default() };
        other.count(Fate::Unread, "ESP".into(), 3);
        frames.merge(&other);
        assert_eq!(frames.met(), "2 in ESP, 1 of ARP");
        assert!(frames.is_foreign());
        assert_eq!(
            frames.sentences("a.pcap"),
            [
                (
                    "a.pcap: 2 frames are not read, and flows may be in them: 2 in ESP (the first is frame 2)".into(),
                    true
                ),
                ("a.pcap: 1 frame without NetFlow: 1 of ARP (the first is frame 1)".into(), false),
            ]
        );
    }

    #[test]
    fn very_many_layers_are_counted_together() {
        let mut frames = Frames::default();
        for n in 0..1000_u64 {
            frames.count(Fate::Unread, format!("ether type {n}").into(), n + 1);
        }
        assert_eq!(frames.layers.len(), MOST_LAYERS + 1);
        assert_eq!(frames.layers.values().map(|counts| counts.0).sum::<u64>(), 1000);
    }
}
