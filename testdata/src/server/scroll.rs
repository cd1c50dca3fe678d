//! Scrolls: which documents are still to come, under an id that looks like the real one.
//!
//! A scroll holds its own list of hits, so it is a snapshot. Its id names one
//! context per shard, as Elasticsearch counts them. Asking twice with the same
//! id gives the next page: the place is kept here, not in the request.
//!
//! A context ends exactly when its keep-alive is over; a real server looks only
//! once a minute and may answer a little longer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::failure::{Cause, Failure};
use super::search::Page;

/// Most contexts open at once (`search.max_open_scroll_context`).
pub(super) const MOST_CONTEXTS: usize = 500;

const HEADER: &[u8] = b"\x14include_context_uuid\x0equeryThenFetch";
const SESSION: &str = "flowkitPracticeSession";
pub(super) const NODE: &str = "flowkitPracticeNodeOne";

/// An open scroll.
#[derive(Debug)]
pub(super) struct Scroll {
    /// One number per shard.
    contexts: Vec<u64>,
    /// All hits, and how to show a page of them.
    pub(super) page: Arc<Page>,
    /// Hits given out so far.
    pub(super) given: usize,
    keep_alive: Duration,
    deadline: Instant,
}

impl Scroll {
    /// Shards it still asks: those that were not skipped.
    pub(super) fn shards(&self) -> usize {
        self.contexts.len()
    }
}

/// All open scrolls, by their first context.
#[derive(Debug, Default)]
pub(super) struct Scrolls {
    open: BTreeMap<u64, Scroll>,
    last_context: u64,
}

impl Scrolls {
    /// Opens a scroll over `shards` shards of which the first page was already
    /// given; the id of it. No shards give an id that leads nowhere.
    pub(super) fn open(
        &mut self,
        page: Arc<Page>,
        shards: usize,
        keep_alive: Duration,
        now: Instant,
    ) -> String {
        self.expire(now);
        let contexts: Vec<u64> =
            (1..=shards as u64).map(|shard| self.last_context + shard).collect();
        self.last_context += shards as u64;
        let id = encode(&contexts);
        if let Some(&first) = contexts.first() {
            let given = page.size;
            let deadline = now.checked_add(keep_alive).unwrap_or(now);
            self.open.insert(first, Scroll { contexts, page, given, keep_alive, deadline });
        }
        id
    }

    /// Whether `shards` more contexts would be too many.
    pub(super) fn is_full(&mut self, shards: usize, now: Instant) -> bool {
        self.expire(now);
        self.contexts() + shards > MOST_CONTEXTS
    }

    /// The scroll of an id, its life prolonged; without a keep-alive it lives as
    /// long as before.
    pub(super) fn find(
        &mut self,
        id: &str,
        keep_alive: Option<Duration>,
        now: Instant,
    ) -> Result<&mut Scroll, Failure> {
        self.expire(now);
        let contexts = decode(id)?;
        let Some(first) = contexts.first() else {
            return Err(Failure::Shards {
                status: 503,
                reason: "no nodes to search on",
                shards: Vec::new(),
                caused_by: None,
            });
        };
        let scroll = self.open.get_mut(first).filter(|scroll| scroll.contexts == contexts);
        let scroll = scroll.ok_or_else(|| missing(&contexts))?;
        scroll.keep_alive = keep_alive.unwrap_or(scroll.keep_alive);
        scroll.deadline = now.checked_add(scroll.keep_alive).unwrap_or(now);
        Ok(scroll)
    }

    /// Closes scrolls; how many contexts that freed.
    pub(super) fn close(&mut self, ids: &[String], now: Instant) -> Result<usize, Failure> {
        self.expire(now);
        let contexts: Vec<Vec<u64>> = ids.iter().map(|id| decode(id)).collect::<Result<_, _>>()?;
        let closed = contexts.iter().filter_map(|contexts| self.open.remove(contexts.first()?));
        Ok(closed.map(|scroll| scroll.contexts.len()).sum())
    }

    /// Closes every scroll; how many contexts that freed.
    pub(super) fn close_all(&mut self) -> usize {
        let freed = self.contexts();
        self.open.clear();
        freed
    }

    /// Scrolls that are open.
    pub(super) fn len(&mut self, now: Instant) -> usize {
        self.expire(now);
        self.open.len()
    }

    fn contexts(&self) -> usize {
        self.open.values().map(|scroll| scroll.contexts.len()).sum()
    }

    fn expire(&mut self, now: Instant) {
        self.open.retain(|_, scroll| now < scroll.deadline);
    }
}

fn missing(contexts: &[u64]) -> Failure {
    let cause = |context: &u64| {
        let reason = format!("No search context found for id [{context}]");
        Cause::new("search_context_missing_exception", reason)
    };
    Failure::Shards {
        status: 404,
        reason: "all shards failed",
        shards: contexts.iter().map(|context| (None, cause(context))).collect(),
        caused_by: contexts.last().map(cause),
    }
}

/// The id of some contexts: what was searched how, then per context the
/// session, the number and the node, in URL-safe base64.
fn encode(contexts: &[u64]) -> String {
    let mut bytes = HEADER.to_vec();
    bytes.push(u8::try_from(contexts.len()).unwrap_or(u8::MAX));
    for context in contexts {
        bytes.push(22);
        bytes.extend(SESSION.bytes());
        bytes.extend(context.to_be_bytes());
        bytes.push(22);
        bytes.extend(NODE.bytes());
    }
    base64(&bytes)
}

fn decode(id: &str) -> Result<Vec<u64>, Failure> {
    let cannot = |cause: Cause| {
        Cause::new("illegal_argument_exception", "Cannot parse scroll id")
            .caused_by(cause)
            .refused()
    };
    let bytes = unbase64(id).ok_or_else(|| {
        cannot(Cause::new("illegal_argument_exception", "Input byte array has incorrect ending"))
    })?;
    let Some(rest) = bytes.strip_prefix(HEADER) else { return Err(cannot(short(&bytes))) };
    let (count, rest) = rest.split_first().ok_or_else(|| cannot(short(&[])))?;
    let contexts: Vec<u64> = rest
        .chunks_exact(54)
        .filter_map(|context| context.get(23..31)?.try_into().ok())
        .map(u64::from_be_bytes)
        .collect();
    if contexts.len() == usize::from(*count) && rest.len() == contexts.len() * 54 {
        Ok(contexts)
    } else {
        Err(cannot(short(rest)))
    }
}

/// What a real server says of bytes that begin with an impossible length.
fn short(bytes: &[u8]) -> Cause {
    let (mut length, mut used) = (0_u64, 0);
    for &byte in bytes.iter().take(5) {
        length |= u64::from(byte & 0x7f) << (7 * used);
        used += 1;
        if byte < 0x80 {
            break;
        }
    }
    let left = bytes.len() - used;
    let reason = format!("tried to read: {length} bytes but only {left} remaining");
    Cause::new("e_o_f_exception", reason)
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0, |bits, &byte| bits << 8 | u32::from(byte))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let sextet = (bits >> (18 - 6 * place) & 63) as usize;
            text.push(if place <= chunk.len() { char::from(ALPHABET[sextet]) } else { '=' });
        }
    }
    text
}

fn unbase64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    let mut bytes = Vec::new();
    for chunk in text.as_bytes().chunks(4) {
        let mut bits = 0_u32;
        for &character in chunk {
            let sextet = ALPHABET.iter().position(|&known| known == character)?;
            bits = bits << 6 | u32::try_from(sextet).ok()?;
        }
        if chunk.len() == 1 {
            return None;
        }
        bits <<= 6 * (4 - chunk.len());
        bytes.extend_from_slice(bits.to_be_bytes().get(1..chunk.len())?);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The start of a real id, and the whole real id of a search of no shards.
    #[test]
    fn ids_look_like_real_ones() {
        assert_eq!(encode(&[]), "FGluY2x1ZGVfY29udGV4dF91dWlkDnF1ZXJ5VGhlbkZldGNoAA==");
        let id = encode(&[5, 6]);
        assert!(id.starts_with("FGluY2x1ZGVfY29udGV4dF91dWlkDnF1ZXJ5VGhlbkZldGNoAhZ"), "{id}");
        assert!(id.ends_with("=="));
        assert_eq!(decode(&id).unwrap(), [5, 6]);
    }

    #[test]
    fn garbage_is_refused_as_a_real_server_does() {
        for (id, words) in [
            ("xyz", "tried to read: 5703 bytes but only 0 remaining"),
            ("garbage", "tried to read: 223794433 bytes but only 1 remaining"),
        ] {
            let body = decode(id).unwrap_err().body("");
            assert!(body.contains(words), "{body}");
            assert!(body.contains(r#""reason":"Cannot parse scroll id""#));
        }
        for id in ["", "é", "a", "FGluY2x1ZGVfY29udGV4dF91dWlkDnF1ZXJ5VGhlbkZldGNoAg=="] {
            assert_eq!(decode(id).unwrap_err().status(), 400, "{id}");
        }
    }
}
