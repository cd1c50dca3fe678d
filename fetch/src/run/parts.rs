//! Fetches the parts, several at a time, until the server's counts are met.

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use flowkit_dump::DumpFolder;
use flowkit_model::dump::{self, Count, Manifest, PartScope, Pending, State};

use super::Run;
use super::transfer::Transfer;
use super::update;
use crate::clock::now;
use crate::cursor::CursorOptions;
use crate::cursor::query::{self, Members};
use crate::error::FetchError;
use crate::page::accept::Accept;
use crate::plan::Plan;
use crate::plan::counts::{count, counts, difference, documents_of, time_range};
use crate::plan::limits::Limits;
use crate::progress::Event;
use crate::server::Server;
use crate::server::rate_limit::RateLimit;

/// Default number of parts at a time. Over loopback, with server and client on
/// the same two cores, more than one made no measurable difference; over a
/// network one part waits while the other is sent.
const DEFAULT_JOBS: usize = 2;

impl<S: Server> Run<'_, S> {
    /// Fetches the parts that are pending, and completes the dump.
    pub(super) fn fetch_parts(
        &self,
        folder: &DumpFolder,
        mut manifest: Manifest,
        plan: &Plan,
    ) -> Result<Manifest, FetchError> {
        let parts: VecDeque<Pending> = manifest.pending.iter().flatten().cloned().collect();
        folder.write_manifest(&manifest)?;
        let options = self.cursor_options(&manifest.server, parts.as_slices().0)?;
        let method = if options.pit.is_some() { "pit" } else { "scroll" };
        method.clone_into(&mut manifest.method);
        let limits = Limits::read(&self.retrying(), options.pit)?;
        let jobs = self.jobs(limits, plan, parts.len());
        self.observer.event(Event::Planned {
            indices: plan.indices.iter().filter(|index| index.documents != Some(0)).count(),
            parts: parts.len(),
            jobs,
            documents: parts.iter().map(|part| part.documents).sum(),
            everything: manifest.window.is_open()
                && manifest.parts.is_empty()
                && self.request.update.is_none(),
        });
        let asked = Manifest {
            source_fields: manifest.source_fields.clone(),
            asked_fields: manifest.asked_fields.clone(),
            asked_docvalue_fields: manifest.asked_docvalue_fields.clone(),
            ..Manifest::default()
        };
        let transfer = self.transfer(folder, &manifest, &parts, options, Members::of(&asked))?;
        let of = parts.len();
        let queue = Mutex::new(parts);
        let shared = Mutex::new((&mut manifest, None));
        let work = || self.work(&transfer, plan, of, &queue, &shared);
        thread::scope(|scope| {
            let start = |_: &_| thread::Builder::new().spawn_scoped(scope, work).is_ok();
            // Fewer where not so many are to be had, but this one.
            if (0..jobs).take_while(start).count() == 0 {
                work();
            }
        });
        let (_, error) = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = error {
            return Err(error);
        }
        if self.cancel.is_set() {
            return Err(FetchError::Interrupted);
        }
        if self.add_missing(&mut manifest)? {
            return self.fetch_parts(folder, manifest, plan);
        }
        self.finish(folder, manifest)
    }

    /// What the threads that fetch the parts share.
    fn transfer<'t>(
        &'t self,
        folder: &'t DumpFolder,
        manifest: &Manifest,
        parts: &VecDeque<Pending>,
        options: CursorOptions,
        members: Members<'t>,
    ) -> Result<Transfer<'t, S>, FetchError> {
        let filter = self.filter(manifest)?.map(Arc::new);
        let known = update::known(folder, manifest, parts)?;
        let accept =
            |known| Accept { filter: filter.clone(), known, pattern: manifest.index.clone() };
        Ok(Transfer {
            server: self.server,
            folder,
            cancel: self.cancel,
            observer: self.observer,
            policy: self.policy(),
            rate_limit: RateLimit::new(self.request.max_rate),
            size: AtomicU32::new(options.size),
            options,
            members,
            everything: accept(None),
            only_new: accept(known),
            halt: AtomicBool::new(false),
        })
    }

    /// Plans parts for indices that were counted as empty and now have documents:
    /// the count may have been that of another request, or documents arrived
    /// since.
    fn add_missing(&self, manifest: &mut Manifest) -> Result<bool, FetchError> {
        let retrying = self.retrying();
        let (window, mut more) = (manifest.span(), Vec::new());
        for wanted in &manifest.wanted {
            for (kind, without_time) in [(query::dated(), false), (query::undated(), true)] {
                let is_there =
                    manifest.parts.iter().map(|part| &part.scope).any(|scope| {
                        scope.index == wanted.index && scope.without_time == without_time
                    });
                // Documents without a time are in no bounded window.
                if is_there || (without_time && !manifest.window.is_open()) {
                    continue;
                }
                let query = query::all_of([kind, wanted.query.clone()]);
                let documents = count(&retrying, &wanted.index, &query)?;
                if documents.is_some_and(|documents| documents > 0) {
                    let number = update::next_number(manifest) + more.len();
                    let index = wanted.index.clone();
                    more.push(Pending {
                        name: dump::part_name(number, &index),
                        scope: PartScope { index, window, slice: None, without_time, query },
                        documents,
                        ..Pending::default()
                    });
                }
            }
        }
        manifest.empty_indices.retain(|name| more.iter().all(|part| part.scope.index != *name));
        let is_more = !more.is_empty();
        manifest.pending = Some(more);
        Ok(is_more)
    }

    /// Number of parts at a time: no more than the server's contexts allow.
    pub(crate) fn jobs(&self, limits: Limits, plan: &Plan, parts: usize) -> usize {
        let wanted = self.request.jobs.unwrap_or(DEFAULT_JOBS);
        wanted.min(limits.jobs(plan.most_shards())).min(parts).max(1)
    }

    /// Fetches parts from the queue, until it is empty or one fails.
    fn work(
        &self,
        transfer: &Transfer<'_, S>,
        plan: &Plan,
        of: usize,
        queue: &Mutex<VecDeque<Pending>>,
        shared: &Mutex<(&mut Manifest, Option<FetchError>)>,
    ) {
        let lock = || shared.lock().unwrap_or_else(PoisonError::into_inner);
        while !transfer.halt.load(Ordering::Relaxed) && !self.cancel.is_set() {
            let (part, left) = {
                let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(part) = queue.pop_front() else { return };
                (part, queue.len())
            };
            self.observer.event(Event::PartStarted {
                index: &part.scope.index,
                number: of - left,
                of,
            });
            let fetched =
                transfer.run(&part, plan.largest_page(&part.scope.index)).and_then(|whole| {
                    let mut shared = lock();
                    let manifest = &mut *shared.0;
                    manifest
                        .pending
                        .iter_mut()
                        .for_each(|list| list.retain(|p| p.name != whole.name));
                    manifest.parts.push(whole);
                    manifest.parts.sort_by(|a, b| a.name.cmp(&b.name));
                    Ok(transfer.folder.write_manifest(manifest)?)
                });
            if let Err(error) = fetched {
                transfer.halt.store(true, Ordering::Relaxed);
                // Later errors only follow from the first.
                lock().1.get_or_insert(error);
                return;
            }
        }
    }

    /// Compares with the server's counts, and marks the dump complete.
    fn finish(&self, folder: &DumpFolder, mut manifest: Manifest) -> Result<Manifest, FetchError> {
        let retrying = self.retrying();
        let (counts, uncounted) = counts(&retrying, &manifest)?;
        manifest.counts = counts;
        for index in uncounted {
            let note = format!(
                "{index}: the server did not count it after the fetch, so only its parts prove that it is whole; flowkit verify --url compares later"
            );
            self.observer.event(Event::Note(&note));
            manifest.notes.push(note);
        }
        let differing: Vec<Count> = manifest
            .counts
            .iter()
            .filter(|count| count.counted != count.received)
            .cloned()
            .collect();
        for count in differing {
            let note = difference(&retrying, &manifest, &count)?;
            self.observer.event(Event::Note(&note));
            manifest.notes.push(note);
        }
        for note in without_source(&manifest) {
            self.observer.event(Event::Note(&note));
            manifest.notes.push(note);
        }
        if manifest.documents() == 0 {
            let (first_ms, last_ms) = time_range(&retrying, &manifest.index);
            self.observer.event(Event::NothingMatches { first_ms, last_ms });
        }
        if self.cancel.is_set() {
            return Err(FetchError::Interrupted);
        }
        manifest.pending = None;
        manifest.state = State::Complete;
        manifest.finished = Some(now());
        folder.write_manifest(&manifest)?;
        Ok(manifest)
    }
}

/// A sentence on each index of which documents came without a `_source`.
fn without_source(manifest: &Manifest) -> Vec<String> {
    let indices: BTreeSet<&str> = manifest.parts.iter().map(|part| &*part.scope.index).collect();
    let counted = indices.into_iter().map(|index| (index, manifest.without_source(index)));
    let told = |(index, n)| {
        format!(
            "{index}: {} came without _source, so no flow is in them; where the mapping has _source off, --query with docvalue_fields fetches values instead",
            documents_of(n)
        )
    };
    counted.filter(|(_, n)| *n > 0).map(told).collect()
}
