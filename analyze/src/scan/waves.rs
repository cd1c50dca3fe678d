//! Pipeline of pieces: one thread reads, all process a wave of pieces in
//! parallel, and the results come out in the order of the sources while the next
//! wave is processed.
//!
//! Channels are bounded, so that memory is too, however fast a stream is.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use crate::error::ReadError;
use crate::input::Piece;
use crate::threads::{map, waiting};

/// Pieces that are processed in parallel.
pub(crate) const WAVE_BLOCKS: usize = 8;
/// A wave of at most this many pieces, a block and its end, is processed without
/// the thread pool.
pub(crate) const SMALL_WAVE: usize = 2;

/// Receives a piece of a stream; returns false if no more are wanted.
pub(crate) type HandOn<'h> = dyn FnMut(usize, Piece) -> bool + 'h;

/// Applies `work` to all pieces that `read` produces, and passes the results to
/// `take` until it returns false.
///
/// # Errors
/// Those of `read` and `take`.
pub(crate) fn in_waves<T: Send>(
    read: impl FnOnce(&mut HandOn<'_>) -> Result<(), ReadError> + Send,
    work: impl Fn(usize, Piece) -> T + Sync,
    mut take: impl FnMut(Vec<T>) -> Result<bool, ReadError>,
) -> Result<(), ReadError> {
    thread::scope(|scope| {
        let (Some(reader), Some(worker)) = (waiting(scope), waiting(scope)) else {
            return in_turn(read, &work, take);
        };
        let (piece_sender, pieces) = sync_channel(WAVE_BLOCKS);
        let read = reader
            .run(move || read(&mut |stream, piece| piece_sender.send((stream, piece)).is_ok()));
        let (wave_sender, waves) = sync_channel(1);
        let work = &work;
        // Its end is that of the waves.
        let _ = worker.run(move || {
            while let Some(wave) = next_wave(&pieces) {
                if wave_sender.send(done(wave, work)).is_err() {
                    break;
                }
            }
        });
        for wave in waves {
            if !take(wave)? {
                break;
            }
        }
        read().unwrap_or(Ok(()))
    })
}

/// The same without other threads: a wave is read, processed and taken.
fn in_turn<T: Send>(
    read: impl FnOnce(&mut HandOn<'_>) -> Result<(), ReadError>,
    work: &(impl Fn(usize, Piece) -> T + Sync),
    mut take: impl FnMut(Vec<T>) -> Result<bool, ReadError>,
) -> Result<(), ReadError> {
    let (mut wave, mut taken) = (Vec::new(), Ok(true));
    let read = read(&mut |stream, piece| {
        wave.push((stream, piece));
        if wave.len() == WAVE_BLOCKS {
            taken = take(done(std::mem::take(&mut wave), work));
        }
        matches!(taken, Ok(true))
    });
    if taken? && !wave.is_empty() {
        take(done(wave, work))?;
    }
    read
}

/// What comes of a wave of pieces.
fn done<T: Send>(wave: Vec<(usize, Piece)>, work: &(impl Fn(usize, Piece) -> T + Sync)) -> Vec<T> {
    let one = |(stream, piece)| work(stream, piece);
    // A small file needs no thread pool, and is done before one starts.
    if wave.len() <= SMALL_WAVE { wave.into_iter().map(one).collect() } else { map(wave, one) }
}

/// The next wave of pieces, the last one possibly shorter; `None` at the end.
fn next_wave(pieces: &Receiver<(usize, Piece)>) -> Option<Vec<(usize, Piece)>> {
    let mut wave = vec![pieces.recv().ok()?];
    while wave.len() < WAVE_BLOCKS {
        let Ok(piece) = pieces.recv() else { break };
        wave.push(piece);
    }
    Some(wave)
}
