//! Tests that where blocks end does not show in what is found.

use memchr::memchr_iter;

use super::blocks::Blocks;
use super::framing::Framing;
use super::stretches::{Stretch, walk};

/// What stands in the texts: documents in every form, text, and broken documents.
const PIECES: [&str; 12] = [
    "{\"a\":1,\"b\":{\"c\":[1,2]}}\n",
    "{\n  \"a\": 1,\n  \"b\": [\n    {\n      \"c\": \"}{\"\n    }\n  ]\n}\n",
    "page 1 of 3, see [1]\n",
    "HTTP/1.1 200 OK\r\nlength: 1\r\n\r\n",
    "{\"a\":{\"b\":1,\n",
    "{\n  \"hits\": [\n    {\"a\":1},\n    {\"b\n",
    "$ {\"a\":1}user@host:~$ ",
    "{\"a\":1}{\"b\":2}\n",
    "2018-09-21 netflow: {\"a\":1}\n",
    "found {1 of 2\n",
    "\n\n",
    "\u{feff}{\"a\":\"\u{e9}\"}\r\n",
];

/// Values and other stretches of a text, each with its line.
fn found(text: &[u8], first: u64) -> Vec<(u64, bool, usize)> {
    let (mut all, mut at, mut line) = (Vec::new(), 0, first);
    walk(text, |start, stretch| {
        line += memchr_iter(b'\n', &text[at..start]).count() as u64;
        at = start;
        let (is_value, bytes) = match stretch {
            Stretch::Value(bytes) => (true, bytes),
            Stretch::Text(bytes) | Stretch::Broken(bytes) => (false, bytes),
        };
        let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok();
        if is_json || !is_value {
            all.push((line, is_value, bytes.len()));
        }
        is_json
    });
    all
}

#[test]
fn where_blocks_end_does_not_show() {
    let mut state: u64 = 0x2018_0921;
    let mut random = |n: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % n
    };
    for round in 0..6 {
        let mut text = String::new();
        while text.len() < 1_400_000 {
            // Some texts are mostly plain lines, others a bit of everything.
            let piece = if round % 2 == 0 && random(400) > 0 { 0 } else { random(PIECES.len()) };
            text.push_str(PIECES[piece]);
        }
        let (mut in_blocks, mut n_blocks) = (Vec::new(), 0);
        for block in Blocks::new(text.as_bytes(), Some(Framing::Lines)) {
            let block = block.unwrap();
            assert!(block.dropped.is_none());
            in_blocks.extend(found(&block.text, block.line));
            n_blocks += 1;
        }
        assert!(n_blocks > 2);
        assert!(in_blocks == found(text.as_bytes(), 1), "round {round}");
    }
}

/// Long text without a brace is not kept, and counted with what follows it.
#[test]
fn long_text_is_dropped_and_counted() {
    let text = format!("{{\"a\":1}}\n{}last {{\"a\":2}}\n", "x\n".repeat(3 << 20));
    let blocks: Vec<_> = Blocks::new(text.as_bytes(), None).map(Result::unwrap).collect();
    let dropped: Vec<_> = blocks.iter().filter_map(|block| block.dropped.as_ref()).collect();
    assert_eq!((dropped.len(), dropped[0].line), (1, 2));
    let (at, before) = blocks
        .iter()
        .find_map(|block| Some((found(&block.text, block.line), block.dropped.as_ref()?)))
        .unwrap();
    assert_eq!(at.len(), 2, "{at:?}");
    assert_eq!(at[1], (2 + (3 << 20), true, 7));
    assert!(before.bytes > 1 << 21 && !before.has_brace && !before.is_zeros);
    assert!(before.start.starts_with(b"x\nx\n"));
}
