//! What this process has in the making: a signal takes it back before the process
//! ends, so that nothing unfinished is left.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::place::Place;

/// Something unfinished, by where it stands.
#[derive(Debug)]
pub(super) enum Thing {
    /// A file of a dump.
    InDump(Arc<Place>, String),
    /// A dump.
    Folder(PathBuf),
    /// A file that a person named.
    Named(PathBuf),
}

impl Thing {
    /// Removes it, if it is there.
    pub(super) fn remove(&self) {
        // What fails here is swept away by whoever writes there next.
        match self {
            Self::InDump(place, name) => drop(place.forget(name)),
            Self::Named(path) => drop(fs::remove_file(path)),
            // While other threads still write into it, it fills again.
            Self::Folder(path) => {
                // An empty one goes without a descriptor, of which there may be no more.
                if fs::remove_dir(path).is_ok() {
                    return;
                }
                for _ in 0..10 {
                    match fs::remove_dir_all(path) {
                        Err(error) if error.kind() != io::ErrorKind::NotFound => {}
                        _ => break,
                    }
                }
            }
        }
    }
}

/// All that is unfinished.
#[derive(Debug)]
struct List {
    next: u64,
    things: BTreeMap<u64, Thing>,
}

static LIST: Mutex<List> = Mutex::new(List { next: 0, things: BTreeMap::new() });

fn entries() -> MutexGuard<'static, List> {
    LIST.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An entry of something that is unfinished; dropped, it is none any more.
#[derive(Debug)]
pub(super) struct Making(u64);

impl Making {
    /// Begins something, and enters it: no signal comes between.
    ///
    /// # Errors
    /// Those of `make`.
    pub(super) fn begin<T>(make: impl FnOnce() -> io::Result<(Thing, T)>) -> io::Result<(Self, T)> {
        let mut list = entries();
        let (thing, result) = make()?;
        let number = list.next;
        list.next += 1;
        list.things.insert(number, thing);
        Ok((Self(number), result))
    }

    /// Does the last step, such as renaming, which no signal interrupts.
    ///
    /// # Errors
    /// Those of `step`; the thing is removed then.
    pub(super) fn end(self, step: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let mut list = entries();
        let done = step();
        if let Some(thing) = list.things.remove(&self.0)
            && done.is_err()
        {
            thing.remove();
        }
        done
    }
}

impl Drop for Making {
    /// Removes what did not become whole.
    fn drop(&mut self) {
        // In `end` it is gone by now.
        if let Some(thing) = entries().things.remove(&self.0) {
            thing.remove();
        }
    }
}

/// Removes all that is unfinished; from then on nothing begins and nothing ends, so
/// that the caller has to end the process. Whether a file that a person named was
/// among it.
#[must_use]
pub fn abandon() -> bool {
    let list = entries();
    list.things.values().for_each(Thing::remove);
    let is_named = list.things.values().any(|thing| !matches!(thing, Thing::InDump(..)));
    // Other threads wait for the end of the process.
    std::mem::forget(list);
    is_named
}
