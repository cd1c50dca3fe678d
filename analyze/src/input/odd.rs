//! What is unusual in a source, counted by kind.

use std::net::IpAddr;

/// Something unusual that occurred `n` times.
#[derive(Clone, Debug)]
pub(crate) struct Odd {
    pub(crate) kind: &'static str,
    /// The template that it is about, whose numbers are counted apart.
    pub(crate) of: Option<OfTemplate>,
    /// Description of the first one.
    pub(crate) what: String,
    pub(crate) n: u64,
    /// Line of the first one.
    pub(crate) line: u64,
    /// Flows are missing because of it.
    pub(crate) is_missing: bool,
}

/// An exporter, and the number of a template.
pub(crate) type OfTemplate = (Option<IpAddr>, u16);

/// Most templates that are told one by one.
const MOST_TEMPLATES: usize = 16;

impl Odd {
    /// Something that occurred once.
    pub(crate) fn new(kind: &'static str, what: String, line: u64, is_missing: bool) -> Self {
        Self { kind, of: None, what, n: 1, line, is_missing }
    }

    /// Counts it among others, with those like it.
    pub(crate) fn join(mut self, all: &mut Vec<Self>) {
        let n_alike = all.iter().filter(|known| known.kind == self.kind).count();
        let is_like = |known: &&mut Self| (known.kind, known.of) == (self.kind, self.of);
        if let Some(known) = all.iter_mut().find(is_like) {
            known.n += self.n;
            return;
        }
        if self.of.is_some() && n_alike >= MOST_TEMPLATES {
            self.of = None;
            return self.join(all);
        }
        all.push(self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn odd(kind: &'static str, template: Option<u16>) -> Odd {
        let of = template.map(|template| (None, template));
        Odd { of, ..Odd::new(kind, format!("{template:?}"), 7, true) }
    }

    fn counts(all: impl IntoIterator<Item = Odd>) -> Vec<(&'static str, Option<u16>, u64)> {
        let mut joined = Vec::new();
        all.into_iter().for_each(|one| one.join(&mut joined));
        joined.into_iter().map(|odd| (odd.kind, odd.of.map(|of| of.1), odd.n)).collect()
    }

    /// Each template is told by its number, and what there is of one kind once; beyond so
    /// many templates the rest is one.
    #[test]
    fn templates_are_told_apart() {
        let some = [odd("a", Some(256)), odd("b", None), odd("a", Some(300)), odd("a", Some(256))];
        let b = [odd("b", None)];
        let expected = [("a", Some(256), 2), ("b", None, 2), ("a", Some(300), 1)];
        assert_eq!(counts(some.into_iter().chain(b)), expected);
        let many = counts((0..40).map(|n| odd("a", Some(256 + n % 20))));
        assert_eq!(many.len(), MOST_TEMPLATES + 1);
        assert_eq!(many[0], ("a", Some(256), 2));
        assert_eq!(many[MOST_TEMPLATES], ("a", None, 8));
    }
}
