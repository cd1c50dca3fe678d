//! Judges each source alone: one that holds something, and nothing of it is a flow,
//! is an error that names what was met instead.

use std::collections::{BTreeMap, VecDeque};

use flowkit_model::NotAFlow;
use flowkit_model::answer::Skipped as SkippedBefore;
use flowkit_model::document::server_error::ServerError;

use crate::error::ReadError;
use crate::input::Source;
use crate::input::odd::Odd;
use crate::input::parse::{CSV_AMONG_DOCUMENTS, Parsed, TEXT_WITH_A_BRACE, TOO_DEEP, ZEROS};
use crate::store::StoredPart;

/// What was met in the sources.
pub(crate) struct Judge<'s> {
    /// Of each source its name and the number of its last stream.
    sources: VecDeque<(&'s str, usize)>,
    met: Met,
}

/// What was met in a source that is no flow.
#[derive(Default)]
struct Met {
    flows: u64,
    /// Documents, rows and datagrams that could be read.
    values: u64,
    /// How many by cause, and what is known of the first.
    skipped: BTreeMap<NotAFlow, (u64, Option<String>)>,
    versions: BTreeMap<u64, u64>,
    others: BTreeMap<String, u64>,
    is_damaged: bool,
}

impl<'s> Judge<'s> {
    pub(crate) fn new(sources: &'s [Source]) -> Self {
        let mut n = 0;
        let sources = sources.iter().map(|source| {
            n += source.parts().count();
            (source.name(), n)
        });
        Self { sources: sources.collect(), met: Met::default() }
    }

    /// A block was read.
    pub(crate) fn block(&mut self, parsed: &Parsed) {
        self.met.flows += parsed.identities.len() as u64;
        self.met.values += parsed.n_values;
        let program = parsed.program.map(|(what, advice)| format!("{what}; {advice}"));
        for skipped in &parsed.skipped {
            let of_program = program.as_deref().filter(|_| skipped.cause == NotAFlow::NotJson);
            let reason = of_program.or(skipped.reason.as_deref());
            self.met.skip(skipped.cause, skipped.n, reason);
        }
        if let Some((_, ServerError { kind, reason })) = &parsed.server_error {
            let what = format!("a server's error instead of an answer ({kind}: {reason})");
            *self.met.others.entry(what).or_insert(0) += 1;
        }
        for (version, n) in &parsed.versions {
            *self.met.versions.entry(*version).or_insert(0) += n;
        }
        // Text that was passed over, and what is too deep, are counted as skipped, too;
        // zeros are nothing.
        let is_counted = [TEXT_WITH_A_BRACE, CSV_AMONG_DOCUMENTS, TOO_DEEP, ZEROS];
        let counts = |odd: &&Odd| !is_counted.contains(&odd.kind);
        for odd in parsed.odd.iter().filter(counts) {
            *self.met.others.entry(odd.what.clone()).or_insert(0) += odd.n;
        }
        self.met.is_damaged |= parsed.breaks_off.is_some();
    }

    /// A member of an archive was refused.
    pub(crate) fn refused(&mut self, what: &str) {
        *self.met.others.entry(what.to_owned()).or_insert(0) += 1;
    }

    /// A stream was not read, since its columns are.
    pub(crate) fn stored(&mut self, part: &StoredPart) {
        // A file of columns has a row group only for rows.
        self.met.flows += part.file.groups() as u64;
        let skipped = part.tally.skipped.iter();
        for SkippedBefore { cause, n, reason, .. } in skipped {
            self.met.skip(*cause, *n, reason.as_deref());
        }
        self.met.is_damaged |= !part.tally.incomplete.is_empty();
    }

    /// A stream, or a member of it, ends.
    pub(crate) fn ends(&mut self, is_damaged: bool) {
        self.met.is_damaged |= is_damaged;
    }

    /// Before a piece of a stream comes, or, as `None`, at the end of all: judges
    /// the source that is over, if one is.
    ///
    /// # Errors
    /// If it holds something, and nothing of it is a flow.
    pub(crate) fn goes_on(&mut self, stream: Option<usize>) -> Result<(), ReadError> {
        while let Some((name, end)) = self.sources.front().copied() {
            if stream.is_some_and(|stream| stream < end) {
                break;
            }
            self.sources.pop_front();
            let met = std::mem::take(&mut self.met);
            if met.flows == 0 && !met.is_damaged && !met.is_nothing() {
                return Err(ReadError::NoFlows { name: name.to_owned(), met: met.text() });
            }
        }
        Ok(())
    }
}

impl Met {
    fn skip(&mut self, cause: NotAFlow, n: u64, reason: Option<&str>) {
        let entry = self.skipped.entry(cause).or_insert((0, None));
        entry.0 += n;
        if entry.1.is_none() {
            entry.1 = reason.map(str::to_owned);
        }
    }

    fn is_nothing(&self) -> bool {
        // A datagram without records is odd, and holds nothing.
        self.skipped.is_empty() && (self.others.is_empty() || self.values > 0)
    }

    /// What was met, by cause.
    fn text(&self) -> String {
        let counted = |n: u64, noun: &str| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
        let of_cause = |(cause, (n, reason)): (&NotAFlow, &(u64, Option<String>))| {
            if *cause == NotAFlow::OtherVersion && !self.versions.is_empty() {
                let versions = self.versions.iter();
                let texts: Vec<String> = versions
                    .map(|(version, n)| format!("version {version}: {}", counted(*n, "document")))
                    .collect();
                return texts.join(", ");
            }
            let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            let noun = match cause {
                NotAFlow::NotJson => "passage",
                NotAFlow::NotARow => "row",
                NotAFlow::NoRecord => "datagram",
                NotAFlow::NoSource
                | NotAFlow::NoNetflow
                | NotAFlow::TooDeep
                | NotAFlow::OtherVersion
                | NotAFlow::Options => "document",
            };
            format!("{} ({}{reason})", counted(*n, noun), cause.text())
        };
        let skipped = self.skipped.iter().map(of_cause);
        let others = self.others.iter().map(|(what, n)| format!("{n} × {what}"));
        skipped.chain(others).collect::<Vec<_>>().join("; ")
    }
}
