//! Packet captures, pcap and pcapng: the payloads of their UDP packets.
//!
//! Any port, since exporters send to any; any link type and any tags, labels and
//! tunnels that [`walk`] knows; fragments of IP packets are put together. What
//! holds no datagram, or cannot be walked, is counted by layer.

mod container;
mod copies;
mod fragments;
mod modified;
mod walk;

use std::io::{self, Read};

use pcap_parser::traits::PcapReaderIterator;
use pcap_parser::{PcapError, create_reader};

use self::container::{Frame, Interfaces};
use self::copies::{Copies, Seen};
use self::fragments::{Fragments, Taken, Unfinished};
pub(super) use self::modified::MAGICS as MODIFIED_MAGICS;
use self::walk::{Datagram, Fragment, Next, Stop, Walked, walk};
use super::packets::frames::Fate;
use super::packets::templated::{Learning, may_be_templated};
use super::packets::{Captured, Datagrams};

/// Initial buffer of the parser; it grows for larger blocks, up to
/// [`MOST_BYTES`].
const BUFFER_BYTES: usize = 1 << 16;
/// A longer capture block is taken for damage.
const MOST_BYTES: usize = 1 << 26;
/// Frames per batch of datagrams: about 1 MB.
const BATCH: u64 = 1024;

/// Reads a capture and hands on its datagrams, until `take` says false; gives
/// what is wrong with the file, if something is.
///
/// # Errors
/// If the stream fails.
pub(super) fn read(
    stream: impl Read + Send,
    mut take: impl FnMut(Datagrams) -> bool,
) -> io::Result<Option<String>> {
    let mut reader = match create_reader(BUFFER_BYTES, Filling(modified::Plain::new(stream))) {
        Ok(reader) => reader,
        Err(PcapError::Incomplete(_) | PcapError::Eof | PcapError::ReadError) => {
            return Ok(Some("breaks off in the header of the capture".into()));
        }
        Err(error) => {
            return Ok(Some(format!("is a capture with a damaged header ({})", kind_of(&error))));
        }
    };
    let (mut interfaces, mut frames) = (Interfaces::default(), Walker::default());
    let mut handed_on = 0;
    let (mut room, mut before) = (BUFFER_BYTES, usize::MAX);
    let damage = loop {
        if interfaces.is_no_block(reader.data()) {
            break Some(damaged(frames.number, NO_BLOCK));
        }
        match reader.next() {
            Ok((length, block)) => {
                if let Some(frame) = interfaces.frame(&block) {
                    frames.frame(frame);
                }
                reader.consume(length);
                before = usize::MAX;
            }
            Err(PcapError::Eof) => break None,
            Err(PcapError::Incomplete(_)) => {
                let is_stuck = reader.data().len() == before || reader.reader_exhausted();
                // More was asked for and did not come.
                if is_stuck && !grow(&mut *reader, &mut room) {
                    break Some(format!("is cut short after frame {}", frames.number));
                }
                before = reader.data().len();
                if let Err(error) = reader.refill() {
                    break Some(format!("is cut short after frame {} ({error:?})", frames.number));
                }
            }
            Err(PcapError::ReadError) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) => break Some(damaged(frames.number, kind_of(&error))),
        }
        // Frames count, not datagrams: a capture of other things is handed on, too.
        if frames.number - handed_on >= BATCH {
            handed_on = frames.number;
            if !take(std::mem::take(&mut frames.found)) {
                return Ok(None);
            }
        }
    };
    take(frames.finish());
    Ok(damage)
}

/// Doubles the parser's buffer; false if the stream is exhausted or the buffer is
/// at its limit.
fn grow(reader: &mut dyn PcapReaderIterator, room: &mut usize) -> bool {
    if reader.reader_exhausted() || *room >= MOST_BYTES {
        return false;
    }
    *room *= 2;
    reader.grow(*room)
}

/// Reads until the buffer is full: the parser needs a whole header at once, and a
/// read of a pipe may return less.
struct Filling<R>(R);

impl<R: Read> Read for Filling<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < out.len() {
            match self.0.read(&mut out[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }
}

fn damaged(frame: u64, how: &str) -> String {
    format!("is damaged after frame {frame} ({how})")
}

/// What is met in place of a block.
const NO_BLOCK: &str = "a block that is none";

fn kind_of<I: std::fmt::Debug>(error: &PcapError<I>) -> &'static str {
    match error {
        PcapError::UnexpectedEof => "it ends in the middle of a block",
        PcapError::HeaderNotRecognized => "a header that is none",
        _ => NO_BLOCK,
    }
}

/// Takes the datagrams out of frames, and counts the other frames.
#[derive(Default)]
struct Walker {
    found: Datagrams,
    /// Number of the last frame, from 1.
    number: u64,
    fragments: Fragments,
    copies: Copies,
    /// The templates of NetFlow v9 and IPFIX.
    learning: Learning,
}

impl Walker {
    fn frame(&mut self, frame: Frame<'_>) {
        self.number += 1;
        self.found.frames.n += 1;
        let Some(link) = frame.link else {
            return self.count(Fate::NoInterface, "an unknown interface".into());
        };
        self.walked(walk(Next::Link(link), frame.bytes, None), frame.is_whole);
    }

    fn count(&mut self, fate: Fate, layer: std::borrow::Cow<'static, str>) {
        self.found.frames.count(fate, layer, self.number);
    }

    fn walked(&mut self, walked: Walked<'_>, is_whole: bool) {
        match walked {
            Walked::Datagram(datagram) => self.datagram(&datagram, is_whole),
            Walked::Fragment(fragment) => self.fragment(&fragment, is_whole),
            Walked::Stopped(Stop::Aside(layer)) => self.count(Fate::Aside, layer),
            Walked::Stopped(Stop::Unread(layer)) => self.count(Fate::Unread, layer),
            Walked::Stopped(Stop::Ends(layer)) => {
                self.count(if is_whole { Fate::Damaged } else { Fate::Cut }, layer.into());
            }
        }
    }

    fn datagram(&mut self, datagram: &Datagram<'_>, is_whole: bool) {
        let payload = datagram.payload;
        let is_templated = may_be_templated(payload);
        let may_be_v5 = payload.starts_with(&[0, 5]) || payload == [0];
        if !is_whole && may_be_v5 && payload.len() < flowkit_model::wire::HEADER_LENGTH {
            return self.count(Fate::Cut, "a NetFlow header".into());
        }
        if may_be_v5 || is_templated {
            match self.copies.see(datagram) {
                Seen::First => {}
                Seen::Twice => self.count(Fate::Twice, "a datagram that came before".into()),
                Seen::Copy => return self.count(Fate::Copy, "a copy in a tunnel".into()),
            }
        }
        self.found.list.push(Captured {
            number: self.number,
            exporter: Some(datagram.route.source),
            port: Some(datagram.ports.0),
            bytes: payload.to_vec(),
            walked: self.learning.walk(Some(datagram.route.source), payload),
        });
    }

    fn fragment(&mut self, fragment: &Fragment<'_>, is_whole: bool) {
        if let Some(protocol) = carries_no_udp(fragment) {
            return self.walked(Walked::Stopped(protocol), is_whole);
        }
        if fragment.is_cut {
            return self.count(Fate::Cut, "a fragment".into());
        }
        let mut given_up = Vec::new();
        match self.fragments.take(fragment, self.number, &mut given_up) {
            Taken::Waits => {}
            Taken::Copy => self.count(Fate::Aside, "copies of IP fragments".into()),
            Taken::Whole(payload, _) => {
                let next = Next::Protocol(fragment.protocol);
                self.walked(walk(next, &payload, Some(fragment.route)), is_whole);
            }
        }
        for lost in &given_up {
            self.unfinished(lost);
        }
    }

    /// Counts the fragments of a packet that was not completed.
    fn unfinished(&mut self, lost: &Unfinished) {
        let is_udp = lost.protocol == 17;
        // The version stands behind the UDP header, in the first fragment.
        let is_other = is_udp
            && lost
                .head
                .as_ref()
                .is_some_and(|head| head.get(8..10).is_some_and(|v| !matches!(v, [0, 5 | 9 | 10])));
        let fate = if is_other { Fate::Aside } else { Fate::Unfinished };
        let layer = if is_udp { "UDP".into() } else { format!("IP protocol {}", lost.protocol) };
        let layer = if is_other { "fragments of other UDP packets".into() } else { layer };
        for _ in 0..lost.fragments {
            self.found.frames.count(fate, layer.clone().into(), lost.frame);
        }
    }

    fn finish(mut self) -> Datagrams {
        let lost = std::mem::take(&mut self.fragments).finish();
        for lost in &lost {
            self.unfinished(lost);
        }
        self.found
    }
}

/// A fragment of what carries no UDP packet, whole or not: why it ends there.
fn carries_no_udp(fragment: &Fragment<'_>) -> Option<Stop> {
    if fragment.protocol == 17 {
        return None;
    }
    match walk(Next::Protocol(fragment.protocol), &[], Some(fragment.route)) {
        Walked::Stopped(stop @ (Stop::Aside(_) | Stop::Unread(_))) => Some(stop),
        Walked::Stopped(Stop::Ends(_)) | Walked::Datagram(_) | Walked::Fragment(_) => None,
    }
}
