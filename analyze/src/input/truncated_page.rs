//! Recovers the complete hits of a truncated search answer, as a full disk or a
//! broken connection leaves it.

use flowkit_model::document::entry::Entry;
use flowkit_model::document::page::Page;
use memchr::memmem;
use serde_json::value::RawValue;

use super::json_values;

/// The complete hits of a value, if it is an answer that breaks off.
pub(crate) fn hits_before_the_end(value: &[u8]) -> Option<Vec<&RawValue>> {
    Entry::parse(value).err().and_then(|_| whole_hits(value)).map(|page| page.hits)
}

/// The complete hits, also behind a damaged one, and what the answer says before them; `None` if the text is
/// no truncated answer.
pub(super) fn whole_hits(text: &[u8]) -> Option<Page<'_>> {
    let hits = start_of_hits(text)?;
    let mut opening = text[..hits].to_vec();
    opening.extend_from_slice(b"]}}");
    let Ok(Entry::Page(facts)) = Entry::parse(&opening) else { return None };
    let hits_in = json_values::split(&text[hits..])
        .filter_map(|(_, hit)| serde_json::from_slice::<&RawValue>(hit).ok())
        .collect();
    Some(Page {
        scroll_id: facts.scroll_id.map(|id| id.into_owned().into()),
        is_of_scroll: facts.is_of_scroll,
        hits: hits_in,
        total: facts.total,
        more_than: facts.more_than,
        timed_out: facts.timed_out,
        shards: facts.shards,
        clusters: facts.clusters,
        terminated_early: facts.terminated_early,
    })
}

/// Just behind the bracket of `"hits": [`.
fn start_of_hits(text: &[u8]) -> Option<usize> {
    memmem::find_iter(text, b"\"hits\"").find_map(|key| {
        let mut at = key + b"\"hits\"".len();
        for wanted in [b':', b'['] {
            at += text[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            if text.get(at) != Some(&wanted) {
                return None;
            }
            at += 1;
        }
        Some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wherever an answer is cut inside its hits, the complete ones are found.
    #[test]
    fn every_whole_hit_is_found() {
        let opening = r#"{"_scroll_id":"x","timed_out":false,"_shards":{"total":1,"successful":1,"failed":0},"hits":{"total":3,"hits":["#;
        let hits = [r#"{"_id":"a","_source":{}}"#, r#"{"_id":"b","_source":{"x":"]}"}}"#];
        let text = format!("{opening}{},{},{{\"_id\"", hits[0], hits[1]);
        for cut in 0..text.len() {
            let found = whole_hits(&text.as_bytes()[..cut]);
            let first_end = opening.len() + hits[0].len();
            let expected = match cut {
                _ if cut < opening.len() => None,
                _ if cut < first_end => Some(0),
                _ if cut < first_end + 1 + hits[1].len() => Some(1),
                _ => Some(2),
            };
            assert_eq!(found.as_ref().map(|page| page.hits.len()), expected, "{}", &text[..cut]);
            if let Some(page) = found {
                assert_eq!((page.total, page.scroll_id.as_deref()), (Some(3), Some("x")));
            }
        }
    }
}
