//! Documents that nest deep, in every form in which documents come: read up to the
//! limit, beyond it skipped by cause and told; never climbed into.

use std::fmt::Write as _;
use std::path::Path;

use flowkit_analyze::import::import;
use flowkit_analyze::{ReadOptions, Source, ask};
use flowkit_model::NotAFlow;
use flowkit_model::answer::Tally;
use flowkit_model::document::nesting::DEEPEST;

use crate::asking::summary;
use crate::exporting::flows_and_tally;

/// Levels of a document: around the limit, and far beyond it.
const LEVELS: [usize; 5] = [DEEPEST - 1, DEEPEST, DEEPEST + 1, 30_000, 1_000_000];

/// What a value nests in: what opens a level, and what closes it.
const KINDS: [&[(&str, &str)]; 3] = [
    &[(r#"{"a":"#, "}")],
    &[("[", "]")],
    &[(r#"{"netflow":"#, "}"), ("[", "]"), (r#"{"hits":"#, "}"), (r#"["x",{"a":"#, "}]")],
];

/// A value that has at least so many levels, and at most two more.
fn nested(kind: &[(&str, &str)], levels: usize) -> String {
    let (mut text, mut closing, mut n) = (String::new(), Vec::new(), 0);
    for (open, close) in kind.iter().cycle() {
        if n >= levels {
            break;
        }
        text += open;
        closing.push(*close);
        n += close.len();
    }
    text.push('1');
    text.extend(closing.into_iter().rev());
    text
}

/// Documents of a flow with a deep value in them, in the places where one can be;
/// a document has as many levels as its value and those that are named here.
fn documents(deep: &str) -> Vec<(usize, String)> {
    [
        (1, format!(r#"{{"x":{deep},"netflow":{{"version":5,"bytes":7}}}}"#)),
        (2, format!(r#"{{"netflow":{{"version":5,"bytes":7,"x":{deep}}}}}"#)),
        (2, format!(r#"{{"netflow":{{"version":5,"bytes":7,"dst_port":{deep}}}}}"#)),
        (1, format!(r#"{{"netflow":{{"version":5,"bytes":7}},"hits":{deep}}}"#)),
        (1, format!(r#"{{"netflow":{{"version":5,"bytes":7}},"error":{deep}}}"#)),
        (1, format!(r#"{{"netflow":{{"version":5,"bytes":7}},"@timestamp":{deep}}}"#)),
    ]
    .to_vec()
}

const GOOD: &str = r#"{"netflow":{"version":5,"bytes":1}}"#;

/// A text as a JSON string.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => write!(out, "\\{letter}").unwrap(),
            letter => out.push(letter),
        }
    }
    out + "\""
}

/// The forms in which a document comes, beside a good one, and the levels that each
/// adds to what is judged.
fn forms(document: &str) -> Vec<(&'static str, usize, String)> {
    let hit =
        |id: u32, document: &str| format!(r#"{{"_index":"a","_id":"{id}","_source":{document}}}"#);
    let (bad, good) = (hit(1, document), hit(2, GOOD));
    vec![
        ("lines", 0, format!("{document}\n{GOOD}\n")),
        ("lines after a good one", 0, format!("{GOOD}\n{document}\n")),
        ("hits", 1, format!("{bad}\n{good}\n")),
        ("values", 0, format!("{}\n{GOOD}", document.replacen(':', ":\n", 1))),
        ("a list", 0, format!("[{document},{GOOD}]")),
        ("an answer", 1, format!(r#"{{"took":1,"hits":{{"total":2,"hits":[{bad},{good}]}}}}"#)),
        (
            "an answer that breaks off",
            1,
            format!(r#"{{"took":1,"hits":{{"total":3,"hits":[{good},{bad},{{"_id""#),
        ),
        (
            "a bulk request",
            0,
            format!("{{\"index\":{{}}}}\n{document}\n{{\"index\":{{}}}}\n{GOOD}\n"),
        ),
        ("a log", 0, format!("{{\"log\":{}}}\n{{\"log\":{}}}\n", quoted(document), quoted(GOOD))),
        (
            "answers",
            1,
            format!(
                r#"{{"responses":[{{"hits":{{"hits":[{bad}]}}}},{{"hits":{{"hits":[{good}]}}}}]}}"#
            ),
        ),
        ("a list of flows", 0, format!(r#"{{"n":1,"flows":[{document},{GOOD}]}}"#)),
        ("the lines of updates", 0, format!("{{\"doc\":{document}}}\n{{\"doc\":{GOOD}}}\n")),
    ]
}

/// Bytes of the flows, and how many were skipped for their depth; what is skipped is
/// told, and what is told was skipped.
fn judged(path: &Path, what: &str) -> (u64, u64) {
    let (flows, tally) = flows_and_tally(Source::open(path).unwrap());
    let bytes = flows.iter().filter_map(|flow| flow.bytes).sum();
    (bytes, too_deep(&tally, what))
}

fn too_deep(tally: &Tally, what: &str) -> u64 {
    let skipped = tally.skipped.iter().filter(|skipped| skipped.cause == NotAFlow::TooDeep);
    let n = skipped.map(|skipped| skipped.n).sum();
    let told = tally.incomplete.iter().filter(|text| text.contains("512 levels")).count();
    assert_eq!(told > 0, n > 0, "{what}: {tally:?}");
    let of_others = tally.skipped.iter().find(|skipped| skipped.cause != NotAFlow::TooDeep);
    assert!(of_others.is_none(), "{what}: {tally:?}");
    n
}

#[test]
fn a_document_is_read_up_to_the_limit_and_skipped_by_cause_beyond_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.json");
    for (kind, levels) in KINDS.iter().flat_map(|kind| LEVELS.map(|levels| (kind, levels))) {
        // Far beyond the limit each takes megabytes, and one place is as the other.
        let (n_places, n_forms) = match levels {
            0..=1000 => (usize::MAX, usize::MAX),
            1001..=100_000 => (1, usize::MAX),
            _ => (1, 2),
        };
        let above: Vec<usize> = documents("").iter().map(|(above, _)| *above).collect();
        for (place, above) in above.into_iter().enumerate().take(n_places) {
            let document = &documents(&nested(kind, levels - above))[place].1;
            for (form, around, text) in forms(document).into_iter().take(n_forms) {
                let what = format!("{form}, place {place}, {levels} levels");
                // The last kind goes two levels at once.
                let exact = levels + around;
                let found_levels = depth(document) + around;
                assert!((exact..exact + 3).contains(&found_levels), "{what}: {found_levels}");
                std::fs::write(&path, &text).unwrap();
                let expected = if found_levels > DEEPEST { (1, 1) } else { (8, 0) };
                assert_eq!(judged(&path, &what), expected, "{what}");
            }
        }
    }
}

/// Levels of a text without strings that hold braces.
fn depth(text: &str) -> usize {
    let (mut depth, mut most) = (0, 0);
    for byte in text.bytes() {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        most = depth.max(most);
    }
    most
}

/// A dump keeps the bytes of what is skipped, and says so whenever it is asked.
#[test]
fn an_import_keeps_what_it_does_not_look_into() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.ndjson");
    let deep = format!("{{\"netflow\":{{\"bytes\":7}},\"x\":{}}}", nested(KINDS[1], 30_000));
    std::fs::write(&path, format!("{deep}\n{GOOD}\n")).unwrap();
    for columns in [true, false] {
        let dump = folder.path().join(format!("dump-{columns}"));
        let sources = [Source::open(&path).unwrap()];
        import(&sources, &dump, String::new(), columns, ReadOptions::default()).unwrap();
        let has_columns = || dump.join("columns").exists();
        assert_eq!(has_columns(), columns);
        // From documents, and from the columns that the first question makes of them.
        for _ in 0..2 {
            assert_eq!(judged(&dump, "the dump"), (1, 1), "columns {columns}");
        }
        ask(&[Source::open(&dump).unwrap()], &summary()).unwrap();
        assert!(has_columns());
        assert_eq!(judged(&dump, "columns"), (1, 1), "columns {columns}");
        let part = std::fs::read_dir(dump.join("parts")).unwrap().next().unwrap().unwrap();
        let kept = zstd::decode_all(std::fs::File::open(part.path()).unwrap()).unwrap();
        assert!(String::from_utf8(kept).unwrap().contains(&deep));
    }
}

/// What is no flow is none however deep it is, and nobody looks for one in answers
/// inside of answers without end.
#[test]
fn what_is_inside_of_what_is_looked_into_so_far() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.json");
    let page = r#"{"hits":{"hits":[{"_id":"1","_source":{"netflow":{"bytes":7}}}]}}"#;
    for (levels, bytes) in [(4, 8), (5, 1), (511, 1), (30_000, 1), (200_000, 1)] {
        let inside = format!("{}{page}{}", "{\"data\":".repeat(levels), "}".repeat(levels));
        std::fs::write(&path, format!("{inside}\n{GOOD}\n")).unwrap();
        let (flows, _) = flows_and_tally(Source::open(&path).unwrap());
        let sum: u64 = flows.iter().filter_map(|flow| flow.bytes).sum();
        assert_eq!(sum, bytes, "{levels}");
    }
    let dotted = format!("a{}", ".a".repeat(1_000_000));
    let rows = format!(r#"{{"columns":[{{"name":"{dotted}"}}],"rows":[[1]]}}"#);
    std::fs::write(&path, format!("{rows}\n{GOOD}\n")).unwrap();
    assert_eq!(flows_and_tally(Source::open(&path).unwrap()).0.len(), 1);
}
