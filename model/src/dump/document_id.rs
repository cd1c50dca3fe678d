//! What tells a document from all others: its index, its id in there, and its
//! routing. This is the one definition of it; whoever drops or counts second
//! copies goes by [`DocumentId::key_bytes`].

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// What tells a document from all others, as UTF-8. What is missing is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DocumentId<'t> {
    /// `_index`: where it is stored.
    pub index: &'t [u8],
    /// `_id`, unique in its index and routing.
    pub id: &'t [u8],
    /// `_routing`, where it has one.
    pub routing: &'t [u8],
}

/// Room for the key of most documents.
const KEY_BYTES: usize = 256;

impl<'t> DocumentId<'t> {
    /// Of the members of a hit; a document without an id has no identity.
    #[must_use]
    pub fn new(
        index: Option<&'t [u8]>,
        id: Option<&'t [u8]>,
        routing: Option<&'t [u8]>,
    ) -> Option<Self> {
        let (index, routing) = (index.unwrap_or_default(), routing.unwrap_or_default());
        Some(Self { index, id: id?, routing })
    }

    /// Shows `take` the bytes that are equal for one document and differ for two.
    ///
    /// Two lengths of 64 bits, little-endian, keep the texts apart: the length of
    /// the index and the index, the length of the routing and the routing, the id.
    pub fn key_bytes<T>(self, take: impl FnOnce(&[u8]) -> T) -> T {
        let lengths = [self.index, self.routing].map(|text| (text.len() as u64).to_le_bytes());
        let texts = [&lengths[0][..], self.index, &lengths[1], self.routing, self.id];
        let mut key = [0; KEY_BYTES];
        let mut end = 0;
        for text in texts {
            let Some(place) = key.get_mut(end..end + text.len()) else {
                return take(&texts.concat());
            };
            place.copy_from_slice(text);
            end += text.len();
        }
        take(&key[..end])
    }
}

/// Two identities, and whether they are one.
#[derive(Clone, Copy, Debug)]
pub struct DocumentIdCase {
    /// One of them.
    pub a: DocumentId<'static>,
    /// The other.
    pub b: DocumentId<'static>,
    /// Whether both are the same document.
    pub is_same: bool,
}

const fn case(a: [&'static str; 3], b: [&'static str; 3], is_same: bool) -> DocumentIdCase {
    const fn document([index, id, routing]: [&'static str; 3]) -> DocumentId<'static> {
        DocumentId { index: index.as_bytes(), id: id.as_bytes(), routing: routing.as_bytes() }
    }
    DocumentIdCase { a: document(a), b: document(b), is_same }
}

/// What is one document and what is two, by index, id and routing: whoever tells
/// documents apart, by the key or by a hash of it, is tested against these.
#[rustfmt::skip]
pub const DOCUMENT_ID_CASES: &[DocumentIdCase] = &[
    case(["a", "b", ""],   ["a", "b", ""],   true),
    case(["a", "b", "c"],  ["a", "b", "c"],  true),
    case(["", "b", ""],    ["", "b", ""],    true),
    case(["é", "ü", ""],   ["é", "ü", ""],   true),
    // Each member tells.
    case(["a", "b", ""],   ["x", "b", ""],   false),
    case(["a", "b", ""],   ["a", "x", ""],   false),
    case(["a", "b", "c"],  ["a", "b", ""],   false),
    case(["a", "b", "c"],  ["a", "b", "x"],  false),
    // What one member ends with is not what the next begins with.
    case(["a", "bc", ""],  ["ab", "c", ""],  false),
    case(["", "ab", ""],   ["ab", "", ""],   false),
    case(["a", "b", ""],   ["b", "a", ""],   false),
    case(["a", "b", "c"],  ["a", "cb", ""],  false),
    case(["a", "b", "c"],  ["ac", "b", ""],  false),
    case(["a", "c", "b"],  ["a", "b", "c"],  false),
    // An id is any text, also one that looks like another.
    case(["a", "1", ""],   ["a", "01", ""],  false),
    case(["a", "b", ""],   ["a", "B", ""],   false),
    case(["a", "b\0", ""], ["a", "b", ""],   false),
];

/// The identity of a hit, read without the document behind it where the server
/// wrote it first, as servers do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct HitId<'a> {
    /// `_index`.
    #[serde(borrow, rename = "_index")]
    pub index: Cow<'a, str>,
    /// `_id`.
    #[serde(borrow, rename = "_id")]
    pub id: Cow<'a, str>,
    /// `_routing`, where it has one.
    #[serde(borrow, default, rename = "_routing")]
    pub routing: Option<Cow<'a, str>>,
}

impl<'a> HitId<'a> {
    /// Reads it from the start of a hit, or else from all of it.
    ///
    /// # Errors
    /// If it is no hit.
    pub fn read(hit: &'a [u8]) -> Result<Self, serde_json::Error> {
        Self::read_start(hit).map_or_else(|| serde_json::from_slice(hit), Ok)
    }

    /// Reads members of plain text, `null`s and numbers, up to the document.
    fn read_start(hit: &'a [u8]) -> Option<Self> {
        let mut rest = hit.strip_prefix(b"{")?;
        let (mut index, mut id, mut routing) = (None, None, None);
        loop {
            let (key, after) = text(rest)?;
            rest = after.strip_prefix(b":")?;
            if key == "_source" {
                break;
            }
            if rest.first() == Some(&b'"') {
                let (value, after) = text(rest)?;
                rest = after;
                match key {
                    "_index" => index = Some(value),
                    "_id" => id = Some(value),
                    "_routing" => routing = Some(value),
                    _ => {}
                }
            } else {
                let end = rest.iter().position(|byte| matches!(byte, b',' | b'}'))?;
                // An object or a list may hold such a sign itself.
                if rest[..end].iter().any(|byte| matches!(byte, b'{' | b'[' | b'"')) {
                    return None;
                }
                rest = &rest[end..];
            }
            rest = rest.strip_prefix(b",")?;
        }
        Some(Self { index: index?.into(), id: id?.into(), routing: routing.map(Cow::Borrowed) })
    }

    /// The identity.
    #[must_use]
    pub fn document_id(&self) -> DocumentId<'_> {
        DocumentId {
            index: self.index.as_bytes(),
            id: self.id.as_bytes(),
            routing: self.routing.as_deref().unwrap_or_default().as_bytes(),
        }
    }
}

/// A text without escapes, and what follows it.
fn text(json: &[u8]) -> Option<(&str, &[u8])> {
    let inside = json.strip_prefix(b"\"")?;
    let end = inside.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
    if inside[end] == b'\\' {
        return None;
    }
    Some((std::str::from_utf8(&inside[..end]).ok()?, &inside[end + 1..]))
}

/// The identity of a document of a part, as it is kept in the state of the part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct IdInPart {
    /// `_index`, where it is not the part's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    /// `_id`.
    pub id: String,
    /// `_routing`, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub routing: Option<String>,
}

impl IdInPart {
    /// Of a hit in a part of an index.
    #[must_use]
    pub fn new(hit: &HitId<'_>, index: &str) -> Self {
        Self {
            index: (hit.index != index).then(|| hit.index.to_string()),
            id: hit.id.to_string(),
            routing: hit.routing.as_deref().map(str::to_owned),
        }
    }

    /// The identity, in a part of that index.
    #[must_use]
    pub fn document_id<'t>(&'t self, index: &'t str) -> DocumentId<'t> {
        DocumentId {
            index: self.index.as_deref().unwrap_or(index).as_bytes(),
            id: self.id.as_bytes(),
            routing: self.routing.as_deref().unwrap_or_default().as_bytes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_equal_where_documents_are() {
        let key = |document: DocumentId<'_>| document.key_bytes(<[u8]>::to_vec);
        for DocumentIdCase { a, b, is_same } in DOCUMENT_ID_CASES {
            assert_eq!(key(*a) == key(*b), *is_same, "{a:?} {b:?}");
            assert_eq!(a == b, *is_same, "{a:?} {b:?}");
        }
        for a in DOCUMENT_ID_CASES {
            for b in DOCUMENT_ID_CASES {
                assert_eq!(key(a.a) == key(b.b), a.a == b.b, "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn a_key_is_as_it_is_written_down_here_however_long() {
        for length in [0, 1, 238, 239, 240, 5_000] {
            let id = vec![b'x'; length];
            let document = DocumentId { index: b"n", id: &id, routing: b"" };
            let expected = [&b"\x01\0\0\0\0\0\0\0n\0\0\0\0\0\0\0\0"[..], &id].concat();
            assert_eq!(document.key_bytes(<[u8]>::to_vec), expected, "{length}");
        }
    }

    #[test]
    fn a_document_without_an_id_has_no_identity() {
        let text = |text: &'static str| Some(text.as_bytes());
        assert_eq!(DocumentId::new(text("a"), None, text("c")), None);
        let document = DocumentId { index: b"", id: b"b", routing: b"" };
        assert_eq!(DocumentId::new(None, text("b"), None), Some(document));
    }

    #[test]
    fn the_start_of_a_hit_says_the_same_as_all_of_it() {
        let hits = [
            r#"{"_index":"n","_type":"doc","_id":"a","_score":null,"_source":{"_id":"x"},"sort":[1]}"#,
            r#"{"_index":"n","_id":"a","_score":1.0,"_routing":"r","_source":{}}"#,
            r#"{"_index":"n","_id":"a","_ignored":["x,"],"_routing":"r","_source":{}}"#,
            r#"{"_index":"n","_id":"a\"b","_source":{}}"#,
            r#"{ "_index" : "n", "_id" : "é" , "_source":{}}"#,
            r#"{"_source":{"_id":"x"},"_id":"a","_index":"n"}"#,
            r#"{"_index":"n","_id":"a"}"#,
        ];
        for hit in hits {
            let whole: HitId<'_> = serde_json::from_str(hit).unwrap();
            assert_eq!(HitId::read(hit.as_bytes()).unwrap(), whole, "{hit}");
        }
        assert!(HitId::read_start(hits[0].as_bytes()).is_some());
        assert_eq!(HitId::read(hits[1].as_bytes()).unwrap().routing.as_deref(), Some("r"));
        for broken in ["", "{", "{}", r#"{"_id":"a","_source":{}}"#, r#"{"_index":5,"_id":"a"}"#] {
            assert!(HitId::read(broken.as_bytes()).is_err(), "{broken}");
        }
    }

    #[test]
    fn an_id_in_a_part_is_that_of_its_hit() {
        for (hit, is_own) in [
            (r#"{"_index":"n","_id":"a","_routing":"r","_source":{}}"#, true),
            (r#"{"_index":"m","_id":"a","_source":{}}"#, false),
        ] {
            let hit = HitId::read(hit.as_bytes()).unwrap();
            let kept = IdInPart::new(&hit, "n");
            assert_eq!((kept.document_id("n"), kept.index.is_none()), (hit.document_id(), is_own));
        }
    }
}
