//! The id of a scroll, which looks like a real one: base64 of the numbers of its contexts.

use crate::server::http::{Cause, Failure};

const HEADER: &[u8] = b"\x14include_context_uuid\x0equeryThenFetch";
const SESSION: &str = "flowkitPracticeSession";
/// The name of the only node.
pub(in crate::server) const NODE: &str = "flowkitPracticeNodeOne";

/// The id of some contexts: the kind of search, then for each context the
/// session, the number and the node, in URL-safe base64.
pub(super) fn encode(contexts: &[u64]) -> String {
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

/// The contexts of an id.
pub(super) fn decode(id: &str) -> Result<Vec<u64>, Failure> {
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
