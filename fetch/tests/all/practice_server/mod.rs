//! Whole fetches from the practice server, healthy and with faults.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests")]

mod files;
mod listing;
mod not_whole;
mod one_fault;
mod resume;
mod selection;
mod update;
mod whole;

use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use flowkit_fetch::{Event, Observer, Request};
use flowkit_testdata::{Document, Server, practice_day};

/// A few documents of the practice day, made once: some pages, quick to fetch.
fn documents() -> Vec<Document> {
    static DAY: OnceLock<Vec<Document>> = OnceLock::new();
    DAY.get_or_init(|| practice_day().into_iter().step_by(53).collect()).clone()
}

fn request(server: &Server, output: &Path) -> Request {
    Request {
        url: Some(server.url()),
        page_size: 30,
        keep_alive: "1m".to_owned(),
        backoff: Duration::from_millis(1),
        output: output.to_owned(),
        ..Request::default()
    }
}

/// Does something when the first page was written.
struct AtFirstPage<F: Fn() + Sync>(F);

impl<F: Fn() + Sync> Observer for AtFirstPage<F> {
    fn event(&self, event: Event<'_>) {
        if matches!(event, Event::PageWritten { .. }) {
            (self.0)();
        }
    }
}
