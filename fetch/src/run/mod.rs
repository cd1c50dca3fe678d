//! The course of a fetch: plan, parts, counts, and the state of the manifest.
//!
//! | file | what it does |
//! | --- | --- |
//! | `begin` | a new dump: manifest, plan, paging method |
//! | `resume` | whether an incomplete dump belongs to the request |
//! | `update` | updates a complete dump |
//! | `parts` | fetches parts, several at a time, until the counts are met |
//! | `transfer` | fetches one part, with retries |
//! | [`dry_run`] | plans a fetch without running it |
//! | [`list`] | what is on a server |
//! | `sample` | what a few documents of an index are |

pub(crate) mod begin;
pub(crate) mod connect;
pub(crate) mod dry_run;
pub(crate) mod list;
mod parts;
mod resume;
mod sample;
mod transfer;
mod update;

use flowkit_dump::{DumpFolder, Existing};
use flowkit_model::dump::{Manifest, Pending, State};

use crate::cancel::Cancel;
use crate::error::FetchError;
use crate::plan::{self, Plan};
use crate::progress::{Event, Observer};
use crate::request::Request;
use crate::server::Server;
use crate::server::retry::{RetryPolicy, Retrying};
use connect::{connect, destination, is_left_alone};

/// Runs a fetch, and returns the manifest of the complete dump.
///
/// An incomplete dump of the same request is resumed.
///
/// # Errors
/// If anything is missing or uncertain. The dump on disk is then marked
/// incomplete, unless it was not touched: a complete dump stays until there is a
/// plan for its replacement.
pub fn fetch(
    request: &Request,
    cancel: &Cancel,
    observer: &dyn Observer,
) -> Result<Manifest, FetchError> {
    // Errors of address and credentials are reported before a folder is made.
    request.credentials.check()?;
    if request.url.is_some() {
        destination(request, None)?;
    }
    request.tls.config()?;
    let (folder, existing) = DumpFolder::lock(&request.output)?;
    let existing = match existing {
        Existing::Dump(manifest) => Some(*manifest),
        Existing::Nothing => None,
    };
    let existing = match request.update {
        Some(_) => Some(update::complete(existing, &request.output)?),
        None => existing,
    };
    let url_of_dump = match &existing {
        Some(manifest) if is_left_alone(request, manifest) => {
            return Err(FetchError::Exists { path: request.output.clone() });
        }
        Some(manifest) if !request.force => Some(manifest.server.url.as_str()),
        _ => None,
    };
    let client = connect(request, url_of_dump, cancel, observer)?;
    Run { server: &client, request, cancel, observer }.fetch(&folder, existing)
}

/// A fetch from one server.
pub(crate) struct Run<'a, S: Server> {
    pub(crate) server: &'a S,
    pub(crate) request: &'a Request,
    pub(crate) cancel: &'a Cancel,
    pub(crate) observer: &'a dyn Observer,
}

impl<S: Server> Run<'_, S> {
    /// Fetches into a folder that is locked.
    fn fetch(
        &self,
        folder: &DumpFolder,
        existing: Option<Manifest>,
    ) -> Result<Manifest, FetchError> {
        match existing {
            Some(manifest) if !self.request.force => match manifest.state {
                State::Complete => self.update(folder, manifest),
                State::Incomplete => match manifest.pending.clone() {
                    Some(pending) => self.resume(folder, manifest, pending),
                    // Without a plan there is nothing to resume.
                    None => self.begin(folder, Some(State::Incomplete)),
                },
            },
            Some(manifest) => self.begin(folder, Some(manifest.state)),
            None => self.begin(folder, None),
        }
    }

    fn policy(&self) -> RetryPolicy {
        RetryPolicy {
            retries: self.request.retries,
            first_wait: self.request.backoff,
            cancel: self.cancel.clone(),
        }
    }

    /// The server, for calls that may be retried.
    fn retrying(&self) -> Retrying<'_, S> {
        Retrying::new(self.server, self.policy())
    }

    /// Begins a dump, once there is a plan: a fetch that fails before, as with a
    /// wrong index name, leaves what was there.
    fn begin(&self, folder: &DumpFolder, replaced: Option<State>) -> Result<Manifest, FetchError> {
        let mut manifest = self.first_manifest();
        let plan = self.first_plan(&mut manifest)?;
        self.take_plan(&mut manifest, &plan);
        if let Some(state) = replaced {
            let (path, complete) = (&self.request.output, state == State::Complete);
            self.observer.event(Event::Replacing { path, complete });
        }
        folder.begin(&manifest)?;
        self.fetch_parts(folder, manifest, &plan)
    }

    /// Resumes an incomplete dump of the same request.
    fn resume(
        &self,
        folder: &DumpFolder,
        mut manifest: Manifest,
        pending: Vec<Pending>,
    ) -> Result<Manifest, FetchError> {
        resume::check(self.request, &manifest)?;
        self.observer.event(Event::Resuming {
            path: &self.request.output,
            parts: manifest.parts.len(),
            documents: manifest.documents(),
        });
        folder.parts()?;
        self.detect(&mut manifest)?;
        let plan = Plan {
            parts: pending,
            indices: plan::indices_of(&self.retrying(), &manifest.index)?,
            ..Plan::default()
        };
        self.fetch_parts(folder, manifest, &plan)
    }

    /// Brings a complete dump up to date.
    fn update(&self, folder: &DumpFolder, mut manifest: Manifest) -> Result<Manifest, FetchError> {
        let Some(update) = &self.request.update else {
            return Err(FetchError::Exists { path: self.request.output.clone() });
        };
        // Only the end of the window may change; all other options must be equal.
        resume::check(&Request { window: None, ..self.request.clone() }, &manifest)?;
        self.detect(&mut manifest)?;
        let refetch = update::take_refetched(&mut manifest, update, &self.request.output)?;
        if !refetch.replaced.is_empty() {
            return self.refetch(folder, manifest, refetch);
        }
        let window = update::new_window(&mut manifest, update);
        let plan = self.plan(&manifest, window)?;
        manifest.counts.clear();
        manifest.notes.clear();
        self.take_plan(&mut manifest, &plan);
        let pending = manifest.pending.get_or_insert_default();
        for part in pending.iter_mut() {
            part.skips_known = true;
        }
        manifest.state = State::Incomplete;
        self.fetch_parts(folder, manifest, &plan)
    }

    /// Re-fetches some parts, and nothing else.
    fn refetch(
        &self,
        folder: &DumpFolder,
        mut manifest: Manifest,
        refetch: update::Refetch,
    ) -> Result<Manifest, FetchError> {
        let retrying = self.retrying();
        let plan = Plan {
            parts: refetch.pending.clone(),
            indices: plan::indices_of(&retrying, &manifest.index)?,
            ..Plan::default()
        };
        manifest.counts.clear();
        manifest.notes.clear();
        manifest.pending = Some(refetch.pending);
        manifest.state = State::Incomplete;
        // The manifest is written before the old files are removed, so that it never
        // names a missing file.
        folder.write_manifest(&manifest)?;
        for part in &refetch.replaced {
            folder.remove(part)?;
        }
        self.fetch_parts(folder, manifest, &plan)
    }
}
