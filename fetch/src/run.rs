//! The plot of a fetch: plan, parts, counts, and what the manifest says meanwhile.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use flowkit_model::dump::{self, Count, FORMAT, Manifest, Pending, Span, State};
use flowkit_model::field::FIELDS;
use flowkit_model::filter::Expression;

use crate::choice::Choice;
use crate::cursor::{Opening, pit};
use crate::detect;
use crate::folder::{Folder, Found};
use crate::pace::Pace;
use crate::plan::limits::Limits;
use crate::plan::{self, Plan, Wish};
use crate::query;
use crate::resume;
use crate::retry::{Patience, Patient};
use crate::server::Server;
use crate::transfer::Transfer;
use crate::update;
use crate::{Cancel, DEFAULT_INDEX, Event, FetchError, Method, Observer, Request, now};

/// Parts at a time, unless it is said otherwise. Over loopback, with server and
/// client on the same two processors, more than one made no difference that
/// could be measured; over a network one waits while the other is sent.
const USUAL_JOBS: usize = 2;

/// A fetch from one server.
pub(crate) struct Run<'a, S: Server> {
    pub(crate) server: &'a S,
    pub(crate) request: &'a Request,
    pub(crate) cancel: &'a Cancel,
    pub(crate) observer: &'a dyn Observer,
}

impl<S: Server> Run<'_, S> {
    /// Fetches into a folder that was taken.
    pub(crate) fn fetch(&self, folder: &Folder, found: Found) -> Result<Manifest, FetchError> {
        match found {
            Found::Dump(manifest) if !self.request.force => match manifest.state {
                State::Complete => self.update(folder, *manifest),
                State::Incomplete => match manifest.pending.clone() {
                    Some(pending) => self.resume(folder, *manifest, pending),
                    // Without a plan there is nothing to go on with.
                    None => self.begin(folder, Some(State::Incomplete)),
                },
            },
            Found::Dump(manifest) => self.begin(folder, Some(manifest.state)),
            Found::Nothing => self.begin(folder, None),
        }
    }

    fn patience(&self) -> Patience {
        Patience {
            retries: self.request.retries,
            first: self.request.backoff,
            cancel: self.cancel.clone(),
        }
    }

    /// Begins a dump, once the plan stands: a fetch that does not come to one, as
    /// with a wrong name of an index, leaves what was there and binds nobody.
    fn begin(&self, folder: &Folder, there: Option<State>) -> Result<Manifest, FetchError> {
        let mut manifest = self.first_manifest();
        let plan = self.plan(&mut manifest)?;
        self.take_plan(&mut manifest, &plan);
        if let Some(state) = there {
            let (path, complete) = (&self.request.output, state == State::Complete);
            self.observer.event(Event::Replacing { path, complete });
        }
        folder.begin(&manifest)?;
        self.fetch_parts(folder, manifest, &plan)
    }

    /// Goes on with an incomplete dump of the same request.
    fn resume(
        &self,
        folder: &Folder,
        mut manifest: Manifest,
        pending: Vec<Pending>,
    ) -> Result<Manifest, FetchError> {
        resume::check(self.request, &manifest)?;
        if self.request.update.is_some() {
            let why = "it is incomplete; run it without --update to complete it first".to_owned();
            return Err(FetchError::CannotUpdate { path: self.request.output.clone(), why });
        }
        self.observer.event(Event::Resuming {
            path: &self.request.output,
            parts: manifest.parts.len(),
            documents: manifest.documents(),
        });
        folder.make_parts()?;
        let patience = self.patience();
        let patient = Patient::new(self.server, &patience);
        self.detect(&patient, &mut manifest)?;
        let plan = Plan {
            parts: pending,
            indices: plan::indices_of(&patient, &manifest.index)?,
            ..Plan::default()
        };
        self.fetch_parts(folder, manifest, &plan)
    }

    /// Brings a complete dump up to date.
    fn update(&self, folder: &Folder, mut manifest: Manifest) -> Result<Manifest, FetchError> {
        let Some(update) = &self.request.update else {
            return Err(FetchError::Exists { path: self.request.output.clone() });
        };
        // The end of the window is what changes; all else must be the same.
        resume::check(&Request { window: None, ..self.request.clone() }, &manifest)?;
        let patience = self.patience();
        let patient = Patient::new(self.server, &patience);
        self.detect(&patient, &mut manifest)?;
        let again = update::take_again(&mut manifest, update, &self.request.output)?;
        if !again.gone.is_empty() {
            return self.fetch_again(folder, manifest, again);
        }
        let window = update::new_window(&mut manifest, update);
        let filter = self.filter(&manifest)?;
        let plan = plan::plan(&patient, self.wish(&manifest, filter.as_ref(), window))?;
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

    /// Fetches some parts once more, and nothing else.
    fn fetch_again(
        &self,
        folder: &Folder,
        mut manifest: Manifest,
        again: update::Again,
    ) -> Result<Manifest, FetchError> {
        let patience = self.patience();
        let patient = Patient::new(self.server, &patience);
        let plan = Plan {
            parts: again.pending.clone(),
            indices: plan::indices_of(&patient, &manifest.index)?,
            ..Plan::default()
        };
        manifest.counts.clear();
        manifest.notes.clear();
        manifest.pending = Some(again.pending);
        manifest.state = State::Incomplete;
        // The manifest does not name the old files any more when they go.
        folder.write_manifest(&manifest)?;
        for part in &again.gone {
            folder.remove(part)?;
        }
        self.fetch_parts(folder, manifest, &plan)
    }

    fn detect(&self, patient: &Patient<'_, S>, manifest: &mut Manifest) -> Result<(), FetchError> {
        let found = detect::detect(patient)?;
        if let (Some(there), Some(asked)) = (&manifest.server.cluster, &found.cluster)
            && there != asked
        {
            return Err(FetchError::OtherRequest {
                path: self.request.output.clone(),
                what: "cluster",
                there: there.clone(),
                asked: asked.clone(),
            });
        }
        manifest.server = found;
        Ok(())
    }

    fn plan(&self, manifest: &mut Manifest) -> Result<Plan, FetchError> {
        let patience = self.patience();
        let patient = Patient::new(self.server, &patience);
        self.detect(&patient, manifest)?;
        let window = span(manifest);
        let filter = self.filter(manifest)?;
        plan::plan(&patient, self.wish(manifest, filter.as_ref(), window))
    }

    /// The filter, as given or as the dump has it.
    fn filter(&self, manifest: &Manifest) -> Result<Option<Expression>, FetchError> {
        if let Some(filter) = &self.request.filter {
            return Ok(Some(filter.expression.clone()));
        }
        let Some(text) = &manifest.filter_means else { return Ok(None) };
        let why = "the filter in its manifest.json cannot be read";
        let path = &self.request.output;
        let filter = Expression::parse(text);
        filter.map(Some).map_err(|_| FetchError::NotADump { path: path.clone(), why })
    }

    fn wish<'w>(
        &self,
        manifest: &'w Manifest,
        filter: Option<&'w Expression>,
        window: Span,
    ) -> Wish<'w> {
        Wish {
            pattern: &manifest.index,
            window,
            whole: span(manifest),
            filter,
            query: manifest.asked_query.as_ref(),
            part_size: self.request.part_size.max(1),
            first_number: update::next_number(manifest),
        }
    }

    /// Writes the plan into the manifest, and says it.
    fn take_plan(&self, manifest: &mut Manifest, plan: &Plan) {
        for note in &plan.notes {
            self.observer.event(Event::Note(note));
        }
        manifest.notes.extend(plan.notes.iter().cloned());
        manifest.empty_indices.clone_from(&plan.empty);
        manifest.wanted.clone_from(&plan.wanted);
        manifest.pending = Some(plan.parts.clone());
    }

    /// Chooses between point in time and scroll, by trying where that is safe.
    pub(crate) fn opening(
        &self,
        server: &dump::Server,
        parts: &[Pending],
    ) -> Result<Opening, FetchError> {
        let mut opening = Opening {
            size: self.request.page_size,
            keep_alive: self.request.keep_alive.clone(),
            forbids_partial: true,
            pit: None,
            names: Arc::default(),
        };
        let must = self.request.method == Method::Pit;
        let refuse = |why: String| Err(FetchError::NoPit { why });
        if self.request.method == Method::Scroll {
            return Ok(opening);
        }
        let Some(dialect) = detect::pit_dialect(server) else {
            let why = "it takes Elasticsearch 7.12 or OpenSearch 3.3, or later";
            return if must { refuse(why.to_owned()) } else { Ok(opening) };
        };
        let Some(part) = parts.first() else { return Ok(opening) };
        match pit::is_possible(self.server, &part.index, dialect, &opening) {
            Ok(()) => opening.pit = Some(dialect),
            Err(error @ (FetchError::Interrupted | FetchError::Unauthorized { .. })) => {
                return Err(error);
            }
            Err(error) if must => return refuse(error.to_string()),
            // A scroll will do, or say what is wrong.
            Err(_) => {}
        }
        Ok(opening)
    }

    fn fetch_parts(
        &self,
        folder: &Folder,
        mut manifest: Manifest,
        plan: &Plan,
    ) -> Result<Manifest, FetchError> {
        let parts: VecDeque<Pending> = manifest.pending.iter().flatten().cloned().collect();
        folder.write_manifest(&manifest)?;
        let patience = self.patience();
        let patient = Patient::new(self.server, &patience);
        let opening = self.opening(&manifest.server, parts.as_slices().0)?;
        let method = if opening.pit.is_some() { "pit" } else { "scroll" };
        method.clone_into(&mut manifest.method);
        let limits = Limits::ask(&patient, opening.pit)?;
        let jobs = self.jobs(limits, plan, parts.len());
        self.observer.event(Event::Planned {
            indices: plan.indices.iter().filter(|index| index.documents != Some(0)).count(),
            parts: parts.len(),
            jobs,
            documents: parts.iter().map(|part| part.documents).sum(),
            everything: manifest.window.is_open(),
        });
        let filter = self.filter(&manifest)?.map(Arc::new);
        let known = update::known(folder, &manifest, &parts)?;
        let source_fields = manifest.source_fields.clone();
        let transfer = Transfer {
            server: self.server,
            folder,
            cancel: self.cancel,
            observer: self.observer,
            patience: self.patience(),
            pace: Pace::new(self.request.max_rate),
            size: AtomicU32::new(opening.size),
            opening,
            source_fields: &source_fields,
            everything: Choice {
                filter: filter.clone(),
                known: None,
                pattern: manifest.index.clone(),
            },
            only_new: Choice { filter, known, pattern: manifest.index.clone() },
            halt: AtomicBool::new(false),
        };
        let of = parts.len();
        let queue = Mutex::new(parts);
        let shared = Mutex::new((&mut manifest, None));
        thread::scope(|scope| {
            for _ in 0..jobs {
                scope.spawn(|| self.work(&transfer, plan, of, &queue, &shared));
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

    /// Plans parts for what was counted as nothing and is there after all: the
    /// count may have been another request's, or documents came since.
    fn add_missing(&self, manifest: &mut Manifest) -> Result<bool, FetchError> {
        let patience = self.patience();
        let patient = Patient::new(self.server, &patience);
        let mut more = Vec::new();
        for wanted in &manifest.wanted {
            for (kind, without_time) in [(query::dated(), false), (query::undated(), true)] {
                let is_there = manifest
                    .parts
                    .iter()
                    .any(|part| part.index == wanted.index && part.without_time == without_time);
                // A bounded window holds nothing without a time.
                if is_there || (without_time && !manifest.window.is_open()) {
                    continue;
                }
                let query = query::all_of([kind, wanted.query.clone()]);
                let documents = plan::count(&patient, &wanted.index, &query)?;
                if documents.is_some_and(|documents| documents > 0) {
                    let number = update::next_number(manifest) + more.len();
                    more.push(Pending {
                        name: dump::part_name(number, &wanted.index),
                        index: wanted.index.clone(),
                        window: span(manifest),
                        without_time,
                        query,
                        documents,
                        ..Pending::default()
                    });
                }
            }
        }
        manifest.empty_indices.retain(|name| more.iter().all(|part| part.index != *name));
        let is_more = !more.is_empty();
        manifest.pending = Some(more);
        Ok(is_more)
    }

    /// Parts at a time: no more than the server has room for.
    pub(crate) fn jobs(&self, limits: Limits, plan: &Plan, parts: usize) -> usize {
        let wanted = self.request.jobs.unwrap_or(USUAL_JOBS);
        wanted.min(limits.jobs(plan.most_shards())).min(parts).max(1)
    }

    /// Takes part after part from the queue, until it is empty or one fails.
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
            self.observer.event(Event::PartStarted { index: &part.index, number: of - left, of });
            let fetched = transfer.run(&part, plan.largest_page(&part.index)).and_then(|whole| {
                let mut shared = lock();
                let manifest = &mut *shared.0;
                manifest.pending.iter_mut().for_each(|list| list.retain(|p| p.name != whole.name));
                manifest.parts.push(whole);
                manifest.parts.sort_by(|a, b| a.name.cmp(&b.name));
                transfer.folder.write_manifest(manifest)
            });
            if let Err(error) = fetched {
                transfer.halt.store(true, Ordering::Relaxed);
                // The first error made the others stop.
                lock().1.get_or_insert(error);
                return;
            }
        }
    }

    /// Compares with the server's counts, and says that the dump is complete.
    fn finish(&self, folder: &Folder, mut manifest: Manifest) -> Result<Manifest, FetchError> {
        let patience = self.patience();
        let patient = Patient::new(self.server, &patience);
        manifest.counts = counts(&patient, &manifest)?;
        let differing: Vec<Count> = manifest
            .counts
            .iter()
            .filter(|count| count.counted != count.received)
            .cloned()
            .collect();
        for count in differing {
            let note = update::difference(&patient, &manifest, &count)?;
            self.observer.event(Event::Note(&note));
            manifest.notes.push(note);
        }
        if manifest.documents() == 0 {
            let (first_ms, last_ms) = plan::time_range(&patient, &manifest.index);
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

    fn first_manifest(&self) -> Manifest {
        let request = self.request;
        let window = request.window.clone().unwrap_or_default();
        let fields = if request.only_known_fields { known_fields() } else { Vec::new() };
        let of_window = query::window(&window);
        Manifest {
            flowkit_dump: FORMAT,
            written_by: concat!("flowkit ", env!("CARGO_PKG_VERSION")).to_owned(),
            started: now(),
            server: dump::Server { url: self.server.url().to_owned(), ..dump::Server::default() },
            index: request.index.clone().unwrap_or_else(|| DEFAULT_INDEX.to_owned()),
            filter: request.filter.as_ref().map(|filter| filter.text.clone()),
            filter_means: request.filter.as_ref().map(|filter| filter.expression.to_string()),
            asked_query: request.query.clone(),
            source_fields: fields,
            query: query::all_of([of_window].into_iter().chain(request.query.clone())),
            window,
            ..Manifest::default()
        }
    }

    pub(crate) fn outline_plan(&self) -> Result<(Manifest, Plan), FetchError> {
        let mut manifest = self.first_manifest();
        let plan = self.plan(&mut manifest)?;
        Ok((manifest, plan))
    }
}

fn span(manifest: &Manifest) -> Span {
    Span { from_ms: manifest.window.from_ms, to_ms: manifest.window.to_ms }
}

/// The members of a document that flowkit reads, in every dialect.
fn known_fields() -> Vec<String> {
    let mut keys: Vec<String> = FIELDS
        .iter()
        .flat_map(|field| [field.module_key, field.codec_key])
        .map(str::to_owned)
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// What the server counts in each index now, beside what came of it. An index
/// that it will not count is left out.
pub(crate) fn counts<S: Server>(server: &S, manifest: &Manifest) -> Result<Vec<Count>, FetchError> {
    let mut counts = Vec::new();
    for wanted in &manifest.wanted {
        if let Some(counted) = plan::count(server, &wanted.index, &wanted.query)? {
            let of_index = manifest.parts.iter().filter(|part| part.index == wanted.index);
            let received = of_index.map(|part| part.received + part.left_out).sum();
            counts.push(Count { index: wanted.index.clone(), counted, received, at: now() });
        }
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_among_those_that_are_asked_for() {
        let known = known_fields();
        for field in FIELDS {
            assert!(known.iter().any(|key| key == field.module_key), "{}", field.name);
            assert!(known.iter().any(|key| key == field.codec_key), "{}", field.name);
        }
    }
}
