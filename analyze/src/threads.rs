//! Threads, and the same work on the calling thread where none are to be had, as under
//! a small limit of processes.

use std::num::NonZero;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, Builder, Scope, ScopedJoinHandle};

use rayon::prelude::*;
use rayon::{ThreadBuilder, ThreadPoolBuilder};

/// Whether there is a pool of threads; it is made at the first call, of as many threads
/// as there are cores, or as are to be had.
pub(crate) fn is_pool() -> bool {
    static POOL: OnceLock<bool> = OnceLock::new();
    *POOL.get_or_init(|| {
        let wanted = std::env::var("RAYON_NUM_THREADS").ok().and_then(|n| n.parse().ok());
        let cores = || thread::available_parallelism().map_or(1, NonZero::get);
        let waiting: Vec<_> =
            (0..wanted.filter(|n| *n > 0).unwrap_or_else(cores)).map_while(start).collect();
        if waiting.is_empty() {
            return false;
        }
        let pool = ThreadPoolBuilder::new().num_threads(waiting.len()).spawn_handler(|thread| {
            let place = thread.index();
            waiting[place].send(thread).map_err(|_| std::io::ErrorKind::BrokenPipe.into())
        });
        // Somebody else's pool in this process is one, too.
        let _ = pool.build_global();
        true
    })
}

/// Starts a thread that waits for its place in the pool.
fn start(number: usize) -> Option<SyncSender<ThreadBuilder>> {
    let (place, waits) = sync_channel::<ThreadBuilder>(1);
    let thread = Builder::new().name(format!("worker {number}"));
    let started = thread.spawn(move || waits.recv().map(ThreadBuilder::run));
    started.is_ok().then_some(place)
}

/// How many threads work at a time.
pub(crate) fn n_threads() -> usize {
    if is_pool() { rayon::current_num_threads() } else { 1 }
}

/// Does something with each of some items, in parallel.
///
/// # Errors
/// One of those of `work`.
pub(crate) fn try_each<T: Send, E: Send>(
    items: Vec<T>,
    work: impl Fn(T) -> Result<(), E> + Sync + Send,
) -> Result<(), E> {
    if is_pool() {
        items.into_par_iter().try_for_each(work)
    } else {
        items.into_iter().try_for_each(work)
    }
}

/// What comes of each of some items, in their order, in parallel.
pub(crate) fn map<T: Send, U: Send>(items: Vec<T>, work: impl Fn(T) -> U + Sync + Send) -> Vec<U> {
    if is_pool() {
        items.into_par_iter().map(work).collect()
    } else {
        items.into_iter().map(work).collect()
    }
}

/// A thread that waits for something to do.
pub(crate) struct Waiting<'s, T> {
    give: SyncSender<Job<'s, T>>,
    handle: ScopedJoinHandle<'s, Option<T>>,
}

type Job<'s, T> = Box<dyn FnOnce() -> T + Send + 's>;

/// Starts a thread; `None` if none is to be had.
pub(crate) fn waiting<'s, T: Send + 's>(scope: &'s Scope<'s, '_>) -> Option<Waiting<'s, T>> {
    let (give, take): (_, Receiver<Job<'s, T>>) = sync_channel(1);
    let handle = Builder::new().spawn_scoped(scope, move || take.recv().ok().map(|job| job()));
    handle.ok().map(|handle| Waiting { give, handle })
}

impl<'s, T> Waiting<'s, T> {
    /// Gives it something to do; the result waits for that.
    pub(crate) fn run(self, job: impl FnOnce() -> T + Send + 's) -> impl FnOnce() -> Option<T> {
        // The thread lives until it has got something, so this arrives.
        let _ = self.give.send(Box::new(job));
        let handle = self.handle;
        move || handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}
