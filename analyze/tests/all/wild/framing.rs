//! Documents as files have them: hits, bare documents, answers of searches,
//! arrays, requests; each a list of pieces, between which text may stand.

use super::json::{COMPACT, Json, Style};
use crate::random::Random;

/// How documents are put into a file.
#[derive(Debug)]
pub(super) struct Framing {
    pub(super) name: &'static str,
    /// Makes the pieces of some documents.
    pub(super) pieces: fn(Vec<Json>, &mut Context<'_>) -> Vec<String>,
    /// What stands between pieces.
    pub(super) between: &'static str,
    /// The documents stand under `fields`, where paths are dotted and all values
    /// lists.
    pub(super) has_fields: bool,
    /// Each document must be one line.
    pub(super) is_in_lines: bool,
    /// Words of which a refusal has one, where it may be refused.
    pub(super) refused: &'static [&'static str],
}

/// What pieces are made with.
pub(super) struct Context<'r> {
    pub(super) style: Style,
    pub(super) envelope: Envelope,
    /// Documents stand under `fields`, not under `_source`.
    pub(super) has_fields: bool,
    pub(super) random: &'r mut Random,
    /// Hits so far, which have this number for an id.
    pub(super) n_hits: usize,
}

/// Which server's words stand around documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Envelope {
    Elasticsearch8,
    Elasticsearch6,
    /// With aggregations and a profile, which have members `hits` and `_source`.
    Busy,
    /// As `filter_path=hits.hits._source` leaves it.
    Filtered,
}

/// The envelopes.
pub(super) const ENVELOPES: &[(&str, Envelope)] = &[
    ("Elasticsearch 8", Envelope::Elasticsearch8),
    ("Elasticsearch 6", Envelope::Elasticsearch6),
    ("with aggregations", Envelope::Busy),
    ("with filter_path", Envelope::Filtered),
];

/// How values are laid out.
pub(super) const STYLES: &[(&str, Style)] = &[
    ("compact", COMPACT),
    ("with blanks", Style { colon: ": ", comma: ", ", ..COMPACT }),
    ("escaped", Style { is_ascii: true, ..COMPACT }),
    ("indented by 2", Style { indent: Some("  "), colon: ": ", ..COMPACT }),
    ("indented by 1", Style { indent: Some(" "), colon: " : ", ..COMPACT }),
    ("indented by tabs", Style { indent: Some("\t"), colon: ": ", is_ascii: true, ..COMPACT }),
    ("indented by nothing", Style { indent: Some(""), colon: ":", ..COMPACT }),
];

const fn framing(
    name: &'static str,
    pieces: fn(Vec<Json>, &mut Context<'_>) -> Vec<String>,
) -> Framing {
    Framing { name, pieces, between: "\n", has_fields: false, is_in_lines: false, refused: &[] }
}

/// Every way to frame documents.
#[rustfmt::skip]
pub(super) const FRAMINGS: &[Framing] = &[
    framing("hits", |documents, context| each(documents, context, |document, context| context.hit(document))),
    framing("bare documents", |documents, context| each(documents, context, |document, _| document)),
    framing("one answer", |documents, context| vec![context.answer(documents, None, &[])]),
    framing("scroll answers", |documents, context| context.pages(documents, &[("_scroll_id", "DnF1ZXJ5VGhlbkZldGNo")])),
    framing("point in time answers", |documents, context| context.pages(documents, &[("pit_id", "46ToAwMDaWR5BXV1")])),
    framing("array of hits", |documents, context| context.array(documents, true)),
    framing("array of documents", |documents, context| context.array(documents, false)),
    framing("arrays of hits", |documents, context| {
        let pages = context.split(documents);
        pages.into_iter().flat_map(|page| context.array(page, true)).collect()
    }),
    Framing { between: "", ..framing("hits run together", |documents, context| each(documents, context, |document, context| context.hit(document))) },
    Framing { between: ",\n", ..framing("hits with commas", |documents, context| each(documents, context, |document, context| context.hit(document))) },
    Framing { is_in_lines: true, ..framing("bulk of index actions", |documents, context| context.bulk(documents, "index")) },
    Framing { is_in_lines: true, ..framing("bulk of create actions", |documents, context| context.bulk(documents, "create")) },
    Framing { has_fields: true, ..framing("hits with fields", |documents, context| each(documents, context, |document, context| context.hit(document))) },
    Framing { has_fields: true, ..framing("scroll answers with fields", |documents, context| context.pages(documents, &[("_scroll_id", "DnF1ZXJ5VGhlbkZldGNo")])) },
    framing("msearch", |documents, context| {
        let pages = context.split(documents);
        let answers = pages.into_iter().map(|page| context.answer_of(page, None, &[])).collect();
        vec![context.text(&Json::object([("took", Json::number(5)), ("responses", Json::List(answers))]))]
    }),
    Framing { refused: &["_mget", "keys docs"], ..framing("mget", |documents, context| {
        let docs = documents.into_iter().map(|document| context.hit(document)).collect();
        vec![context.text(&Json::object([("docs", Json::List(docs))]))]
    }) },
    Framing { refused: &["async"], ..framing("async search", |documents, context| {
        let response = context.answer_of(documents, None, &[]);
        vec![context.text(&Json::object([
            ("id", Json::text("FmRldE8zREVEUzA2ZVpUeGs2ejJFUFEaMkZ5QTVrSTZSaVN3WlNFVmtlWHJsdzoxMDc=")),
            ("is_partial", Json::number("false")),
            ("is_running", Json::number("false")),
            ("response", response),
        ]))]
    }) },
    Framing { refused: &["rawResponse", "Kibana"], ..framing("Kibana's inspector", |documents, context| {
        let response = context.answer_of(documents, None, &[]);
        vec![context.text(&Json::object([
            ("isPartial", Json::number("false")),
            ("isRunning", Json::number("false")),
            ("rawResponse", response),
            ("total", Json::number(1)),
        ]))]
    }) },
];

fn each(
    documents: Vec<Json>,
    context: &mut Context<'_>,
    entry: fn(Json, &mut Context<'_>) -> Json,
) -> Vec<String> {
    let text = |document| {
        let entry = entry(document, context);
        context.text(&entry)
    };
    documents.into_iter().map(text).collect()
}

impl Context<'_> {
    fn text(&self, value: &Json) -> String {
        value.written(self.style)
    }

    /// A document with its identity.
    fn hit(&mut self, document: Json) -> Json {
        self.n_hits += 1;
        let id = Json::text(format!("AV-{:06}_x", self.n_hits));
        let score = Json::number(if self.n_hits.is_multiple_of(2) { "1.0" } else { "null" });
        let index = Json::text("netflow-2018.09.21");
        let source = if self.has_fields { "fields" } else { "_source" };
        match self.envelope {
            Envelope::Elasticsearch8 => Json::object([
                ("_index", index),
                ("_id", id),
                ("_score", score),
                (source, document),
                ("sort", Json::List(vec![Json::number(self.n_hits)])),
            ]),
            Envelope::Elasticsearch6 => Json::object([
                ("_index", index),
                ("_type", Json::text("doc")),
                ("_id", id),
                ("_score", score),
                (source, document),
            ]),
            Envelope::Busy => Json::object([
                (source, document),
                ("_ignored", Json::List(vec![Json::text("netflow.x")])),
                ("_id", id),
                ("_index", index),
                ("_version", Json::number(3)),
                (
                    "highlight",
                    Json::object([("hits", Json::List(vec![Json::text("_source {\"netflow\":")]))]),
                ),
            ]),
            Envelope::Filtered => Json::object([(source, document)]),
        }
    }

    /// An answer of these documents, of `total` in all.
    fn answer_of(
        &mut self,
        documents: Vec<Json>,
        total: Option<usize>,
        with: &[(&str, &str)],
    ) -> Json {
        let total = total.unwrap_or(documents.len());
        let hits = Json::List(documents.into_iter().map(|document| self.hit(document)).collect());
        if self.envelope == Envelope::Filtered {
            return Json::object([("hits", Json::object([("hits", hits)]))]);
        }
        let total = match self.envelope {
            Envelope::Elasticsearch6 => Json::number(total),
            _ => Json::object([("value", Json::number(total)), ("relation", Json::text("eq"))]),
        };
        let Json::Object(mut members) = Json::object([
            ("took", Json::number(3)),
            ("timed_out", Json::number("false")),
            (
                "_shards",
                Json::object(["total", "successful", "skipped", "failed"].map(|name| {
                    (name, Json::number(u8::from(matches!(name, "total" | "successful"))))
                })),
            ),
            (
                "hits",
                Json::object([
                    ("total", total),
                    ("max_score", Json::number("1.0")),
                    ("hits", hits),
                ]),
            ),
        ]) else {
            unreachable!("an object")
        };
        members
            .splice(0..0, with.iter().map(|(key, value)| ((*key).to_owned(), Json::text(*value))));
        if self.envelope == Envelope::Busy {
            let bucket = Json::object([("key", Json::number(443)), ("doc_count", Json::number(2))]);
            let buckets = Json::object([("buckets", Json::List(vec![bucket]))]);
            members.push(("aggregations".into(), Json::object([("hits", buckets)])));
        }
        Json::Object(members)
    }

    fn answer(
        &mut self,
        documents: Vec<Json>,
        total: Option<usize>,
        with: &[(&str, &str)],
    ) -> String {
        let answer = self.answer_of(documents, total, with);
        self.text(&answer)
    }

    /// The answers of one cursor; the last may be empty.
    fn pages(&mut self, documents: Vec<Json>, with: &[(&str, &str)]) -> Vec<String> {
        let total = Some(documents.len());
        let mut pages = self.split(documents);
        if self.random.below(2) == 0 {
            pages.push(Vec::new());
        }
        pages.into_iter().map(|page| self.answer(page, total, with)).collect()
    }

    fn array(&mut self, documents: Vec<Json>, are_hits: bool) -> Vec<String> {
        let item = |document| if are_hits { self.hit(document) } else { document };
        let array = Json::List(documents.into_iter().map(item).collect());
        vec![self.text(&array)]
    }

    /// An action and a document, each on a line.
    fn bulk(&mut self, documents: Vec<Json>, action: &str) -> Vec<String> {
        let pair = |document: Json| {
            let Json::Object(hit) = self.hit(document) else { unreachable!("an object") };
            let (source, mut identity): (Vec<_>, Vec<_>) =
                hit.into_iter().partition(|(key, _)| key == "_source");
            identity.retain(|(key, _)| ["_index", "_type", "_id"].contains(&key.as_str()));
            let action = Json::object([(action, Json::Object(identity))]);
            format!("{}\n{}", self.text(&action), self.text(&source[0].1))
        };
        documents.into_iter().map(pair).collect()
    }

    /// Documents in some pages.
    fn split(&mut self, mut documents: Vec<Json>) -> Vec<Vec<Json>> {
        let mut pages = Vec::new();
        while !documents.is_empty() {
            let n = 1 + usize::try_from(self.random.below(documents.len() as u64)).unwrap();
            pages.push(documents.drain(..n).collect());
        }
        pages
    }
}
