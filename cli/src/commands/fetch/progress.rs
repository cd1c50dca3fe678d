//! Progress of a fetch: a bar on a terminal, plain lines elsewhere.

use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use flowkit_fetch::{Event, Observer};
use flowkit_model::harmless;
use flowkit_model::harmless::harmless;
use flowkit_model::window::rfc3339;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::tz::TimeZone;

use crate::output::units::{bytes, counted, grouped};
use crate::screen::{err, err_is_terminal};

/// Shortest time between two plain lines.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Shows the events of a fetch on standard error.
pub(crate) struct Progress {
    is_quiet: bool,
    zone: TimeZone,
    bar: Option<ProgressBar>,
    seen: Mutex<Seen>,
}

struct Seen {
    total: Option<u64>,
    documents: u64,
    bytes: u64,
    began: Instant,
    told: Instant,
}

impl Progress {
    /// Shows times in `zone`; if quiet, only warnings and errors.
    pub(crate) fn new(is_quiet: bool, zone: TimeZone) -> Self {
        let bar = (!is_quiet && err_is_terminal()).then(ProgressBar::new_spinner);
        let now = Instant::now();
        let seen = Seen { total: None, documents: 0, bytes: 0, began: now, told: now };
        Self { is_quiet, zone, bar, seen: Mutex::new(seen) }
    }

    /// Removes the bar, or prints the last numbers; of a complete fetch all of
    /// them, however many were expected.
    pub(crate) fn finish(&self, is_complete: bool) {
        if is_complete {
            self.seen().total = None;
        }
        match &self.bar {
            Some(bar) => bar.finish_and_clear(),
            None if self.seen().documents > 0 => self.say(&self.seen().line_now()),
            None => {}
        }
    }

    fn say(&self, line: &str) {
        if !self.is_quiet {
            self.print(line);
        }
    }

    fn print(&self, line: &str) {
        let print = || {
            let _ = writeln!(err(), "{}", harmless(line));
        };
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn planned(&self, indices: usize, documents: Option<u64>, everything: bool) {
        self.seen().total = documents;
        self.seen().began = Instant::now();
        let count = documents.map_or_else(
            || "an unknown number of documents".to_owned(),
            |count| counted(count, "document"),
        );
        let all = if everything { "no window: fetching everything, " } else { "" };
        let plural = if indices == 1 { "index" } else { "indices" };
        self.say(&format!("{all}{count} in {indices} {plural}"));
        if let (Some(bar), Some(count)) = (&self.bar, documents) {
            bar.set_length(count);
            let template =
                "{wide_bar} {human_pos}/{human_len} documents {per_sec:0} {msg} {eta} left";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar.reset_elapsed();
        }
    }

    /// Takes back what has to be fetched again.
    fn lost(&self, documents: u64, bytes: u64) {
        let mut seen = self.seen();
        seen.documents = seen.documents.saturating_sub(documents);
        seen.bytes = seen.bytes.saturating_sub(bytes);
    }

    fn written(&self, documents: u64, bytes_more: u64) {
        let mut seen = self.seen();
        seen.documents += documents;
        seen.bytes += bytes_more;
        if let Some(bar) = &self.bar {
            bar.set_position(seen.documents);
            bar.set_message(bytes(seen.bytes.into()));
        } else if seen.told.elapsed() >= LINE_EVERY {
            seen.told = Instant::now();
            let line = seen.line_now();
            drop(seen);
            self.say(&line);
        }
    }
}

/// An error and its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

impl Observer for Progress {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Replacing { path, complete } => {
                let kind = if complete { "complete" } else { "incomplete" };
                self.print(&format!("replacing the {kind} dump in {}", harmless::path(path)));
            }
            Event::Resuming { path, parts, documents } => self.print(&format!(
                "resuming {}: {} in {} saved already",
                harmless::path(path),
                counted(documents, "document"),
                counted(parts as u64, "part")
            )),
            Event::PartRestarted { index, documents, .. } => self.print(&format!(
                "note: {index}: {} of an interrupted part cannot be resumed and are fetched again",
                counted(documents, "document")
            )),
            Event::Planned { indices, parts, jobs, documents, everything } => {
                self.planned(indices, documents, everything);
                if parts > indices {
                    self.say(&format!("{parts} parts, {jobs} in parallel"));
                }
            }
            Event::Retrying { error, tries } => {
                self.say(&format!("note: retry {tries}: {}", chain(error)));
            }
            Event::Reopening { index, error, tries, documents, bytes } => {
                let again = match documents {
                    0 => "resuming at the last completed page".to_owned(),
                    n => format!("re-fetching {} of the part", counted(n, "document")),
                };
                self.say(&format!("note: {index}: {again}, retry {tries}: {}", chain(error)));
                self.lost(documents, bytes);
            }
            Event::NothingMatches { first_ms: Some(first), last_ms: Some(last) } => {
                let (first, last) = (rfc3339(first, &self.zone), rfc3339(last, &self.zone));
                self.print(&format!("no document matches; the index holds {first} to {last}"));
            }
            Event::NothingMatches { .. } => {
                self.print("no document matches; the index holds no document with an @timestamp");
            }
            Event::PageWritten { documents, bytes } | Event::PartResumed { documents, bytes } => {
                self.written(documents, bytes);
            }
            Event::Note(note) => self.say(&format!("note: {note}")),
            _ => {}
        }
    }
}

impl Seen {
    fn line_now(&self) -> String {
        self.line(self.began.elapsed())
    }

    /// What was seen after some time.
    fn line(&self, elapsed: Duration) -> String {
        let ms = elapsed.as_millis().max(1);
        let documents = u128::from(self.documents);
        let rate = documents * 1_000 / ms;
        let (of, left) = match self.total {
            Some(total) if total > self.documents => {
                let left = u128::from(total - self.documents) * ms / (documents.max(1) * 1_000);
                (format!(" of {}", grouped(total.into())), format!(", {left} s left"))
            }
            _ => Default::default(),
        };
        let noun = if documents == 1 && of.is_empty() { "document" } else { "documents" };
        format!(
            "{}{of} {noun}, {} documents/s, {}{left}",
            grouped(documents),
            grouped(rate),
            bytes(self.bytes.into())
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_documents_rate_bytes_and_time_left() {
        let (began, elapsed) = (Instant::now(), Duration::from_secs(10));
        let seen =
            Seen { total: Some(3_000), documents: 1_000, bytes: 1_500_000, began, told: began };
        let line = seen.line(elapsed);
        assert_eq!(line, "1,000 of 3,000 documents, 100 documents/s, 1.50 MB, 20 s left");
        let seen = Seen { total: None, ..seen };
        assert_eq!(seen.line(elapsed), "1,000 documents, 100 documents/s, 1.50 MB");
    }
}
