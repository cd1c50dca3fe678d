//! The plot of a fetch: plan, parts, counts, and what the manifest says meanwhile.

mod parts;
mod start;

use flowkit_model::dump::{Manifest, Pending, State};

use crate::folder::{Folder, Found};
use crate::plan::{self, Plan};
use crate::resume;
use crate::retry::{Patience, Patient};
use crate::server::Server;
use crate::update;
use crate::{Cancel, Event, FetchError, Observer, Request};

pub(crate) use parts::counts;

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
}
