//! Ctrl-C, SIGTERM and SIGHUP: a command that ends in order does so at the first; any
//! other, and at the second, the program ends at once and leaves nothing unfinished.
//!
//! A reader that does not read, as behind `2>&1 | less`, does not hold that up: what is
//! said last is waited for a second, and what threads are writing not at all.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{fs, mem, thread};

use flowkit_fetch::Cancel;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;
use signal_hook::{flag, low_level};

use crate::exit::Exit;
use crate::screen;
use crate::warn::warn;

/// What ends in order at the first signal.
static IN_ORDER: Mutex<Option<Cancel>> = Mutex::new(None);
static IS_LISTENING: AtomicBool = AtomicBool::new(false);

/// Longest wait for the last word to be written; a signal that comes later than that
/// after the end has begun is another one, and not the same from a parent.
const PATIENCE: Duration = Duration::from_secs(1);

/// Listens for signals until the program ends. Where no thread is to be had, or the
/// system does not tell, signals end it as they end any program.
pub(crate) fn listen() {
    // A limit of file sizes is an error of writing then, which is told.
    let _ = flag::register(SIGXFSZ, Arc::default());
    // It is waited until the thread has what it needs: once there is little memory, the
    // start of a thread may be a panic of the standard library.
    let (give, take) = sync_channel(0);
    // The thread first: signals that nobody takes would do nothing.
    let thread = thread::Builder::new().name("signals".into()).spawn(move || end(&take));
    if thread.is_err() {
        return;
    }
    let ignored = ignored();
    let wanted = [SIGINT, SIGTERM, SIGHUP].into_iter();
    if let Ok(signals) = Signals::new(wanted.filter(|signal| ignored & (1 << (signal - 1)) == 0)) {
        IS_LISTENING.store(give.send(signals).is_ok(), Ordering::SeqCst);
    }
}

/// The signals that are ignored, as under `nohup` and in the background of a script, a
/// bit for each: they stay so. Linux alone tells them without code that is unsafe; of
/// other systems none is known.
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Ends what is to be ended at each signal.
fn end(signals: &Receiver<Signals>) {
    let Ok(mut signals) = signals.recv() else { return };
    let mut ending: Option<Instant> = None;
    for _ in signals.forever() {
        if let Some(begun) = ending {
            if begun.elapsed() > PATIENCE {
                leave();
            }
            continue;
        }
        let in_order = IN_ORDER.lock().unwrap_or_else(PoisonError::into_inner);
        match &*in_order {
            Some(cancel) if !cancel.is_set() => cancel.cancel(),
            _ => {
                ending = Some(Instant::now());
                // What ends in order waits for the end of the process.
                mem::forget(in_order);
                // This thread listens on, whatever file or reader the other waits for.
                if thread::Builder::new().name("end".into()).spawn(end_at_once).is_err() {
                    end_at_once();
                }
            }
        }
    }
}

/// Takes back what is unfinished, says so and leaves.
fn end_at_once() {
    let nothing = if flowkit_dump::abandon() { "; nothing was written" } else { "" };
    let say = move || drop(writeln!(screen::err(), "flowkit: interrupted{nothing}"));
    // Where there is no thread for it, the code alone tells.
    if let Ok(saying) = thread::Builder::new().name("last word".into()).spawn(say) {
        let begun = Instant::now();
        while !saying.is_finished() && begun.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(1));
        }
    }
    leave();
}

/// Ends the process without writing what is left of standard output, which may wait.
fn leave() -> ! {
    low_level::exit(Exit::Interrupted.code().into())
}

/// Lets the first signal cancel what is done until the result is dropped; `else_it` says
/// what Ctrl-C does if it cannot be listened for.
pub(crate) fn in_order(cancel: &Cancel, else_it: &str) -> InOrder {
    if !IS_LISTENING.load(Ordering::SeqCst) {
        warn(&format!("Ctrl-C will {else_it}: there is no thread to listen for it"));
    }
    *IN_ORDER.lock().unwrap_or_else(PoisonError::into_inner) = Some(cancel.clone());
    InOrder
}

/// Something that ends in order.
pub(crate) struct InOrder;

impl Drop for InOrder {
    fn drop(&mut self) {
        *IN_ORDER.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
