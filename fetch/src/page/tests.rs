//! Pages of each generation of servers, whole, cut off and hostile.

use flowkit_model::dump::HitId;

use super::answer::TimeBounds;
use super::head::Head;
use super::hits::{has_source, hit_ms, into_lines, last_sort, split_hits};

const PAGE_6: &str = r#"{"_scroll_id":"DnF1","took":71,"timed_out":false,"_shards":{"total":4,"successful":4,"skipped":0,"failed":0},"hits":{"total":10000,"max_score":null,"hits":[{"_index":"n","_type":"doc","_id":"a","_score":null,"_source":{"x":"}],[{\"","y":[1]},"sort":[1537488000000]},{"_index":"n","_type":"doc","_id":"b","_score":null,"_source":{},"sort":[9223372036854775807]}]}}"#;
const EMPTY_7: &str = r#"{"_scroll_id":"FGlu","took":1,"timed_out":false,"terminated_early":true,"_shards":{"total":2,"successful":2,"skipped":0,"failed":0},"hits":{"total":{"value":2,"relation":"eq"},"max_score":null,"hits":[]}}"#;
const LOST_7: &str = r#"{"_scroll_id":"FGlu","took":17,"timed_out":false,"_shards":{"total":4,"successful":2,"failed":2,"failures":[{"shard":-1,"index":null,"reason":{"type":"search_context_missing_exception","reason":"No search context found for id [58], \"hits\":["}}]},"hits":{"total":{"value":1000,"relation":"eq"},"max_score":null,"hits":[{"_id":"a"}]}}"#;

fn hits_of(page: &str) -> Vec<String> {
    let mut hits = Vec::new();
    split_hits(page.as_bytes(), &mut hits).unwrap();
    hits.into_iter().map(|hit| page[hit].to_owned()).collect()
}

#[test]
fn the_head_of_each_generation_is_read() {
    let head = Head::read(PAGE_6.as_bytes()).unwrap();
    assert_eq!(
        (head.scroll_id.as_deref(), head.total, head.is_empty),
        (Some("DnF1"), Some(10_000), false)
    );
    let head = Head::read(EMPTY_7.as_bytes()).unwrap();
    assert_eq!((head.total, head.is_empty, head.shards.successful), (Some(2), true, 2));
    let head = Head::read(LOST_7.as_bytes()).unwrap();
    assert_eq!((head.shards.failed, head.shards.skipped, head.total), (2, 0, Some(1_000)));
    assert!(head.shards.reason.starts_with("search_context_missing_exception: No"));
}

#[test]
fn the_short_way_to_the_head_agrees_with_the_long_one() {
    for page in [PAGE_6, EMPTY_7, LOST_7] {
        let short = Head::read_before_the_hits(page.as_bytes());
        assert_eq!(short, Some(Head::read_whole(page.as_bytes()).unwrap()));
    }
}

#[test]
fn members_may_stand_in_any_order() {
    let page = r#"{"hits":{"hits":[{"_id":"a"}],"total":1},"_shards":{"total":1,"successful":1,"failed":0},"timed_out":false}"#;
    let head = Head::read(page.as_bytes()).unwrap();
    assert_eq!((head.total, head.is_empty, head.scroll_id), (Some(1), false, None));
}

#[test]
fn hits_may_be_absent_only_beside_a_total() {
    let page =
        r#"{"timed_out":false,"_shards":{"total":1,"successful":1,"failed":0},"hits":{"total":0}}"#;
    assert!(Head::read(page.as_bytes()).unwrap().is_empty);
    for broken in [
        "",
        "{}",
        "[]",
        "null",
        r#"{"timed_out":false,"_shards":{"total":1,"successful":1,"failed":0},"hits":{}}"#,
    ] {
        assert!(Head::read(broken.as_bytes()).is_err(), "{broken}");
    }
}

#[test]
fn hits_are_cut_as_they_stand() {
    let hits = hits_of(PAGE_6);
    assert_eq!(hits.len(), 2);
    assert!(hits[0].starts_with(r#"{"_index":"n","_type":"doc","_id":"a""#));
    assert!(hits[0].ends_with(r#""sort":[1537488000000]}"#));
    assert!(hits_of(EMPTY_7).is_empty());
}

#[test]
fn page_1_tells_the_first_and_last_time_and_the_place_of_its_last_hit() {
    let page = PAGE_6.replace("}]}}", r#"}]},"aggregations":{"last":{"value":1.5374880007E12},"first":{"value":1.537488E12,"value_as_string":"x"}}}"#);
    let times = split_hits(page.as_bytes(), &mut Vec::new()).unwrap();
    assert_eq!(
        (times.first_ms(), times.last_ms()),
        (Some(1_537_488_000_000), Some(1_537_488_000_700))
    );
    assert_eq!(split_hits(PAGE_6.as_bytes(), &mut Vec::new()).unwrap(), TimeBounds::default());
    assert_eq!(last_sort(page.as_bytes()).unwrap(), serde_json::json!([i64::MAX]));
    assert_eq!(last_sort(EMPTY_7.as_bytes()), None);
}

#[test]
fn deeply_nested_documents_are_carried_and_not_climbed_into() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let page = PAGE_6.replace(r#""y":[1]"#, &format!(r#""y":{deep}"#));
    assert_eq!(hits_of(&page).len(), 2);
    let hit = &hits_of(&page)[0];
    assert_eq!(HitId::read(hit.as_bytes()).unwrap().id, "a");
    assert_eq!(hit_ms(hit.as_bytes()).unwrap(), Some(1_537_488_000_000));
    // Where the head itself is deep it is no page.
    let head = PAGE_6.replace(r#""total":10000"#, &format!(r#""total":{deep}"#));
    assert!(Head::read(head.as_bytes()).is_err());
    assert_eq!(last_sort(format!(r#"{{"sort":{deep}}}"#).as_bytes()), None);
}

#[test]
fn a_page_that_ends_early_is_an_error_wherever_it_ends() {
    let mut hits = Vec::new();
    for end in 0..PAGE_6.len() {
        assert!(split_hits(&PAGE_6.as_bytes()[..end], &mut hits).is_err(), "cut at {end}");
    }
}

#[test]
fn lines_hold_the_bytes_of_the_hits_and_no_other_line_ends() {
    for (between, after) in [("", ""), (" \n ", "\r\n")] {
        let page = format!(
            r#"{{"timed_out":false,"_shards":{{"total":1,"successful":1,"failed":0}},"hits":{{"total":2,"hits":[{between}{{"a":{between}1}}{between},{between}{{"b":"\n"}}{after}]}}}}"#
        );
        let (mut body, mut hits) = (page.clone().into_bytes(), Vec::new());
        split_hits(&body, &mut hits).unwrap();
        let lines = into_lines(&mut body, &mut hits);
        let expected = format!("{{\"a\":{}1}}\n{{\"b\":\"\\n\"}}\n", between.replace('\n', " "));
        assert_eq!(String::from_utf8_lossy(&body[lines]), expected);
        assert_eq!(&body[hits[1].clone()], br#"{"b":"\n"}"#);
    }
    assert_eq!(into_lines(&mut [], &mut []), 0..0);
}

/// As searches end their count at 10,000 unless they are asked for more.
#[test]
fn a_lower_bound_is_no_total() {
    for (relation, expected) in [("eq", (Some(7), None)), ("gte", (None, Some(7)))] {
        let page = format!(
            r#"{{"timed_out":false,"_shards":{{"total":1,"successful":1,"failed":0}},"hits":{{"total":{{"value":7,"relation":"{relation}"}},"hits":[]}}}}"#
        );
        let head = Head::read(page.as_bytes()).unwrap();
        assert_eq!((head.total, head.at_least), expected);
    }
}

/// As Elasticsearch 8.19 sends a document that holds surrogates of three bytes each.
#[test]
fn a_document_that_is_not_utf8_is_kept_byte_for_byte() {
    let page = r#"{"timed_out":false,"_shards":{"total":1,"successful":1,"failed":0},"hits":{"total":2,"hits":[{"a":"<><>"},{"b":1}]}}"#;
    let (mut body, mut hits) = (page.as_bytes().to_vec(), Vec::new());
    let at = page.find('<').unwrap();
    body.splice(at..at + 4, *b"\xed\xa0\xbd\xed\xb8\x80");
    split_hits(&body, &mut hits).unwrap();
    let lines = into_lines(&mut body, &mut hits);
    assert_eq!(&body[lines], b"{\"a\":\"\xed\xa0\xbd\xed\xb8\x80\"}\n{\"b\":1}\n");
    for end in at..at + 12 {
        assert!(split_hits(&body[..end], &mut hits).is_err(), "cut at {end}");
    }
}

#[test]
fn the_time_of_a_hit_is_its_first_sort_value() {
    let cases = [
        ("[1537488000123]", Some(1_537_488_000_123)),
        ("[1537488000123456789]", Some(1_537_488_000_123)),
        ("[-1]", Some(-1)),
        ("[9223372036854775807]", None),
        ("[-9223372036854775808]", None),
        ("[null]", None),
        ("[\"x\", 5]", None),
        ("[]", None),
    ];
    for (sort, expected) in cases {
        let hit =
            format!(r#"{{"_index":"n","_id":"\u0061","_source":{{"sort":[7]}},"sort":{sort}}}"#);
        assert_eq!(hit_ms(hit.as_bytes()).unwrap(), expected, "{sort}");
    }
    assert!(hit_ms(br#"{"_index":"n","_id":"a"}"#).is_err());
}

#[test]
fn a_hit_has_a_document_where_a_question_finds_one() {
    for (members, expected) in [
        (r#""_source":{"a":1}"#, true),
        (r#""_source": {}"#, true),
        (r#""fields":{"a":[1]}"#, true),
        (r#""x":{"y":1},"_source":{}"#, true),
        (r#""_source":{"a":"\"_source\":"},"sort":[1]"#, true),
        (r#""sort":[1]"#, false),
        (r#""_source":null"#, false),
        (r#""_source":"{}""#, false),
        (r#""_source":[]"#, false),
        (r#""_source":{},"_source":"x""#, false),
        (r#""x":{"_source":{}}"#, false),
    ] {
        let hit = format!(r#"{{"_index":"n","_id":"a",{members}}}"#);
        assert_eq!(has_source(hit.as_bytes()), expected, "{hit}");
    }
}
