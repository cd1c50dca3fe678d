//! A filter as a query, by the mapping of an index.
//!
//! The same field is a number in one index and a keyword in another: Logstash's
//! netflow module maps ports, protocol, `ToS` and interfaces as keyword, the
//! plain codec's template as numbers, and without a template they are whatever
//! came first. A range over keywords would compare letters, so it becomes the
//! list of its values, or is refused.
//!
//! A query may mean more documents than the filter, never fewer: what comes is
//! checked again. So what cannot be asked for exactly is left out where that
//! only widens the query, and refused where it would leave nothing of it.

use flowkit_model::field::{Field, FieldId, Kind};
use flowkit_model::filter::{Comparison, Derived, Expression, Ranges, Subject, Test};
use flowkit_model::names;
use serde_json::{Value, json};

use crate::FetchError;
use crate::address::path_segment;
use crate::server::{Ask, Server};

/// Values in one `terms`, at most; servers allow 65,536.
const MOST_TERMS: u64 = 65_536;

/// The query that a filter is in an index.
pub(crate) fn query<S: Server>(
    server: &S,
    index: &str,
    filter: &Expression,
) -> Result<Value, FetchError> {
    let refuse = |why: String| FetchError::Filter { index: index.to_owned(), why };
    let mut body = Vec::new();
    let ask = Ask::get(format!("/{}/_mapping", path_segment(index)));
    let status = server.ask(&ask, &mut body)?;
    if status != 200 {
        return Err(refuse(format!("its mapping cannot be read (status {status})")));
    }
    let answer: Value = serde_json::from_slice(&body)
        .map_err(|_| refuse("its mapping cannot be read".to_owned()))?;
    let mappings = answer.as_object().into_iter().flat_map(|indices| indices.values());
    let mapping = Mapping { properties: mappings.filter_map(properties).collect() };
    if mapping.properties.is_empty() {
        return Err(refuse("no field of it is mapped".to_owned()));
    }
    Translator { mapping: &mapping }.query(filter, false).map_err(refuse)
}

/// The properties of an index; until Elasticsearch 6 they stand below a type.
fn properties(index: &Value) -> Option<&Value> {
    let mappings = index["mappings"].as_object()?;
    mappings.get("properties").or_else(|| mappings.values().find_map(|kind| kind.get("properties")))
}

/// What is mapped in an index, or in the indices of a pattern.
#[derive(Debug)]
struct Mapping<'a> {
    properties: Vec<&'a Value>,
}

/// How a field is mapped.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mapped {
    /// Path to search at; `.keyword` below a text.
    path: String,
    kind: Stored,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stored {
    /// A number up to this.
    Number(u64),
    Keyword,
    Address,
    Date,
}

impl Mapping<'_> {
    /// How the field is mapped under the names it goes by: those that are there.
    fn of(&self, field: &Field) -> Result<Vec<Mapped>, String> {
        let mut found: Vec<Mapped> = Vec::new();
        let mut keys = vec![field.module_key, field.codec_key];
        keys.dedup();
        for key in keys {
            for properties in &self.properties {
                if let Some(mapped) = mapped(properties, key)?
                    && !found.contains(&mapped)
                {
                    found.push(mapped);
                }
            }
        }
        if found.is_empty() {
            return Err(format!("{} is not mapped there", field.name));
        }
        Ok(found)
    }
}

/// How one path is mapped; none if it is not.
fn mapped(properties: &Value, key: &str) -> Result<Option<Mapped>, String> {
    let mut at = properties;
    let mut steps = key.split('.').peekable();
    while let Some(step) = steps.next() {
        let Some(next) = at.get(step) else { return Ok(None) };
        at = if steps.peek().is_some() { &next["properties"] } else { next };
    }
    let Some(kind) = at["type"].as_str() else { return Ok(None) };
    if at["index"] == json!(false) {
        return Err(format!("{key} is not indexed there"));
    }
    let stored = |kind: &str| {
        Some(match kind {
            "byte" => Stored::Number(i8::MAX as u64),
            "short" => Stored::Number(i16::MAX as u64),
            "integer" => Stored::Number(i32::MAX as u64),
            "long" | "unsigned_long" | "double" | "float" => Stored::Number(i64::MAX as u64),
            "keyword" | "constant_keyword" | "wildcard" => Stored::Keyword,
            "ip" => Stored::Address,
            "date" | "date_nanos" => Stored::Date,
            _ => return None,
        })
    };
    if let Some(kind) = stored(kind) {
        return Ok(Some(Mapped { path: key.to_owned(), kind }));
    }
    // Text is cut into words; beside it may be the whole.
    let below = at["fields"].as_object().into_iter().flatten();
    let whole = below.filter_map(|(name, field)| Some((name, stored(field["type"].as_str()?)?)));
    match whole.into_iter().next() {
        Some((name, kind)) => Ok(Some(Mapped { path: format!("{key}.{name}"), kind })),
        None => Err(format!("{key} is mapped as {kind} there, which cannot be compared")),
    }
}

struct Translator<'a> {
    mapping: &'a Mapping<'a>,
}

impl Translator<'_> {
    /// A query for at least what the expression means; under an odd number of
    /// `not`s, for at most that.
    fn query(&self, expression: &Expression, negated: bool) -> Result<Value, String> {
        Ok(match expression {
            Expression::Any => json!({"match_all": {}}),
            Expression::Compare(comparison) => self.comparison(comparison, negated)?,
            Expression::Not(inner) => {
                json!({"bool": {"must_not": [self.query(inner, !negated)?]}})
            }
            Expression::And(all) => {
                // One that cannot be asked for may be left out: what comes is
                // checked again.
                let (asked, refused) = self.list(all, negated);
                match refused {
                    Some(why) if negated || asked.is_empty() => return Err(why),
                    _ if asked.is_empty() => json!({"match_all": {}}),
                    _ => json!({"bool": {"filter": asked}}),
                }
            }
            Expression::Or(any) => {
                let (asked, refused) = self.list(any, negated);
                match refused {
                    Some(why) if !negated || asked.is_empty() => return Err(why),
                    _ if asked.is_empty() => nothing(),
                    _ => any_of(asked),
                }
            }
        })
    }

    /// What can be asked for, and why the rest cannot.
    fn list(&self, list: &[Expression], negated: bool) -> (Vec<Value>, Option<String>) {
        let (mut asked, mut refused) = (Vec::new(), None);
        for expression in list {
            match self.query(expression, negated) {
                Ok(query) => asked.push(query),
                Err(why) => refused = Some(why),
            }
        }
        (asked, refused)
    }

    fn comparison(&self, comparison: &Comparison, negated: bool) -> Result<Value, String> {
        let Comparison { subject, differs, test } = comparison;
        match subject {
            Subject::Field(field) => self.field(*field, *differs, test, negated),
            Subject::Either(end) => {
                let ends = end.fields().map(|field| self.field(field, *differs, test, negated));
                let ends = ends.into_iter().collect::<Result<Vec<_>, _>>()?;
                Ok(if *differs { json!({"bool": {"filter": ends}}) } else { any_of(ends) })
            }
            // A port in reach of the test at either end is needed for a service
            // in it; the rest is checked on what comes.
            Subject::Derived(Derived::Service) if !negated && !differs => {
                let ends = [FieldId::SrcPort, FieldId::DstPort];
                let ends = ends.map(|field| self.field(field, false, test, negated));
                Ok(any_of(ends.into_iter().collect::<Result<Vec<_>, _>>()?))
            }
            Subject::Derived(derived) => {
                Err(format!("{} is worked out and not stored", derived.name()))
            }
        }
    }

    fn field(
        &self,
        field: FieldId,
        differs: bool,
        test: &Test,
        negated: bool,
    ) -> Result<Value, String> {
        let field = field.field();
        let mut ways = Vec::new();
        for mapped in self.mapping.of(field)? {
            let passes = passes(field, &mapped, test, negated != differs)?;
            ways.push(if differs {
                let path = &mapped.path;
                json!({"bool": {"filter": [{"exists": {"field": path}}], "must_not": [passes]}})
            } else {
                passes
            });
        }
        Ok(any_of(ways))
    }
}

/// The query for values that pass a test. `exact`: it must not mean more.
fn passes(field: &Field, mapped: &Mapped, test: &Test, exact: bool) -> Result<Value, String> {
    let path = &mapped.path;
    match test {
        Test::In(ranges) => in_ranges(field, mapped, ranges, exact),
        Test::Flags { mask, all } => {
            let fits = |value: &u8| {
                if *all { value & mask == *mask } else { value & mask != 0 }
            };
            let values: Vec<u64> = (0..=u8::MAX).filter(fits).map(u64::from).collect();
            terms(field, mapped, &values)
        }
        Test::Text(texts) if mapped.kind == Stored::Keyword => {
            // Capitals do not matter to the filter, and do to the server: asked
            // are those usual, which is too few in general.
            let lower = texts.iter().map(|text| text.to_ascii_lowercase());
            let upper = texts.iter().map(|text| text.to_ascii_uppercase());
            let has_letters =
                texts.iter().any(|text| text.bytes().any(|byte| byte.is_ascii_alphabetic()));
            if has_letters && !exact {
                return Err(format!("{} is compared without regard to capitals", field.name));
            }
            let all: Vec<String> = lower.chain(upper).collect();
            Ok(json!({"terms": {path: all}}))
        }
        Test::Text(_) => Err(format!("{} is no text there", field.name)),
    }
}

fn in_ranges(
    field: &Field,
    mapped: &Mapped,
    ranges: &Ranges,
    exact: bool,
) -> Result<Value, String> {
    let path = &mapped.path;
    let list = ranges.as_slice();
    let range = |from: Value, to: Value| json!({"range": {path: {"gte": from, "lte": to}}});
    match mapped.kind {
        Stored::Number(_) if field.kind == Kind::Time => {
            Err(format!("{} is a number there, and its unit is not known", field.name))
        }
        Stored::Number(_) if field.kind == Kind::Address => {
            Err(format!("{} is a number there", field.name))
        }
        Stored::Number(largest) => {
            // A number that the type does not hold would be an error.
            let fits = list.iter().filter(|(first, _)| *first <= largest);
            let ranges = fits.map(|(first, last)| {
                let mut bounds = json!({"gte": first});
                if *last < largest {
                    bounds["lte"] = json!(last);
                }
                json!({"range": {path: bounds}})
            });
            Ok(any_of(ranges.collect()))
        }
        Stored::Address => {
            let address = |value: u64| {
                let bits = u32::try_from(value).unwrap_or(u32::MAX);
                json!(std::net::Ipv4Addr::from_bits(bits).to_string())
            };
            let ranges = list.iter().map(|(first, last)| range(address(*first), address(*last)));
            Ok(any_of(ranges.collect()))
        }
        Stored::Date => {
            // The document holds milliseconds, or finer: so the end is the last
            // instant before the next.
            let ranges = list.iter().map(|(first, last)| {
                let mut bounds = json!({"gte": first, "format": "epoch_millis"});
                // A later one than any calendar has is no end.
                if *last < 253_402_300_800_000 {
                    bounds["lt"] = json!(last + 1);
                }
                json!({"range": {path: bounds}})
            });
            Ok(any_of(ranges.collect()))
        }
        Stored::Keyword => {
            let n: u64 = list
                .iter()
                .fold(0, |n, (first, last)| n.saturating_add((last - first).saturating_add(1)));
            if n > MOST_TERMS {
                return wide(field, mapped, ranges, exact);
            }
            let values: Vec<u64> = list.iter().flat_map(|(first, last)| *first..=*last).collect();
            terms(field, mapped, &values)
        }
    }
}

/// Too many keywords to list: what is left out is listed instead, if that is
/// less; the query then means the values that no field can have as well.
fn wide(field: &Field, mapped: &Mapped, ranges: &Ranges, exact: bool) -> Result<Value, String> {
    let refuse = || {
        let name = field.name;
        Err(format!("{name} is a keyword there, and the range holds too many values to list"))
    };
    let largest = field.bits().map_or(u64::MAX, |bits| u64::MAX >> (64 - bits.clamp(1, 64)));
    if exact || largest >= MOST_TERMS {
        return refuse();
    }
    let others: Vec<u64> = (0..=largest).filter(|value| !ranges.contains(*value)).collect();
    let path = &mapped.path;
    let others = terms(field, mapped, &others)?;
    Ok(json!({"bool": {"filter": [{"exists": {"field": path}}], "must_not": [others]}}))
}

/// The query for these values, each in every way it may be written as a keyword.
fn terms(field: &Field, mapped: &Mapped, values: &[u64]) -> Result<Value, String> {
    let path = &mapped.path;
    let texts: Vec<Value> = match mapped.kind {
        Stored::Number(largest) => {
            values.iter().filter(|value| **value <= largest).map(|value| json!(value)).collect()
        }
        Stored::Keyword => values.iter().flat_map(|value| spellings(field, *value)).collect(),
        Stored::Address | Stored::Date => {
            return Err(format!("{} is no number there", field.name));
        }
    };
    Ok(json!({"terms": {path: texts}}))
}

fn spellings(field: &Field, value: u64) -> Vec<Value> {
    let number = json!(value.to_string());
    match field.kind {
        // A text is compared with a number only where it is an address.
        Kind::Address | Kind::Text => {
            let bits = u32::try_from(value).unwrap_or(u32::MAX);
            vec![json!(std::net::Ipv4Addr::from_bits(bits).to_string())]
        }
        Kind::Protocol => {
            let name = u8::try_from(value).ok().and_then(names::protocol_name);
            let names =
                name.into_iter().flat_map(|name| [json!(name), json!(name.to_ascii_uppercase())]);
            std::iter::once(number).chain(names).collect()
        }
        Kind::Version => vec![number, json!(format!("Netflow v{value}"))],
        _ => vec![number],
    }
}

/// What one of these queries means.
fn any_of(mut queries: Vec<Value>) -> Value {
    match queries.len() {
        0 => nothing(),
        1 => queries.swap_remove(0),
        _ => json!({"bool": {"should": queries}}),
    }
}

fn nothing() -> Value {
    json!({"bool": {"must_not": [{"match_all": {}}]}})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translate(properties: &Value, text: &str) -> Result<Value, String> {
        let mapping = Mapping { properties: vec![properties] };
        Translator { mapping: &mapping }.query(&Expression::parse(text).unwrap(), false)
    }

    /// As Logstash's netflow module maps.
    fn module() -> Value {
        json!({
            "@timestamp": {"type": "date"},
            "host": {"type": "text", "fields": {"keyword": {"type": "keyword"}}},
            "netflow": {"properties": {
                "dst_port": {"type": "keyword"}, "src_port": {"type": "keyword"},
                "protocol": {"type": "keyword"}, "src_addr": {"type": "ip"},
                "dst_addr": {"type": "ip"}, "bytes": {"type": "long"},
                "tcp_flags": {"type": "integer"}, "packets": {"type": "short"},
                "tos": {"type": "text"}, "src_as": {"type": "integer", "index": false},
            }},
        })
    }

    #[test]
    fn each_mapping_is_asked_in_its_own_way() {
        let cases = [
            ("dst port 443", json!({"terms": {"netflow.dst_port": ["443"]}})),
            ("bytes > 10", json!({"range": {"netflow.bytes": {"gte": 11}}})),
            ("bytes <= 10", json!({"range": {"netflow.bytes": {"gte": 0, "lte": 10}}})),
            // What the type does not hold would be refused.
            ("packets > 5", json!({"range": {"netflow.packets": {"gte": 6}}})),
            ("packets > 70000", nothing()),
            (
                "src ip 10.0.0.0/8",
                json!({"range": {"netflow.src_addr": {"gte": "10.0.0.0", "lte": "10.255.255.255"}}}),
            ),
            ("proto tcp", json!({"terms": {"netflow.protocol": ["6", "tcp", "TCP"]}})),
            (
                "dst_port != 443",
                json!({"bool": {"filter": [{"exists": {"field": "netflow.dst_port"}}],
                    "must_not": [{"terms": {"netflow.dst_port": ["443"]}}]}}),
            ),
            (
                "not dst port 443",
                json!({"bool": {"must_not": [{"terms": {"netflow.dst_port": ["443"]}}]}}),
            ),
            (
                "timestamp < 1970-01-01T00:00:01Z",
                json!({"range": {"@timestamp": {"gte": 0, "lt": 1000, "format": "epoch_millis"}}}),
            ),
            ("exporter ip 10.0.0.1", json!({"terms": {"host.keyword": ["10.0.0.1"]}})),
        ];
        for (text, expected) in cases {
            let found = translate(&module(), text);
            assert_eq!(found, Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_range_over_keywords_lists_its_values() {
        let query = translate(&module(), "dst port >= 65530").unwrap();
        let terms = query["terms"]["netflow.dst_port"].as_array().unwrap();
        assert_eq!(terms.len(), 6);
        assert_eq!(terms[0], "65530");
        let all = translate(&module(), "dst port >= 0").unwrap();
        assert_eq!(all["terms"]["netflow.dst_port"].as_array().unwrap().len(), 65_536);
        let flags = translate(&module(), "flags S").unwrap();
        let terms = flags["terms"]["netflow.tcp_flags"].as_array().unwrap();
        assert_eq!(terms.len(), 128, "each byte with that bit");
    }

    #[test]
    fn what_cannot_be_asked_is_left_out_where_that_only_widens() {
        let asked = json!({"terms": {"netflow.dst_port": ["443"]}});
        let wider = translate(&module(), "dst port 443 and bps > 1000").unwrap();
        assert_eq!(wider, json!({"bool": {"filter": [asked]}}));
        for (text, why) in [
            ("bps > 1000", "worked out"),
            ("dst port 443 or bps > 1000", "worked out"),
            ("not (dst port 443 and bps > 1000)", "worked out"),
            ("src tos 4", "mapped as text"),
            ("src as 5", "not indexed"),
            ("dst as 5", "not mapped"),
        ] {
            let found = translate(&module(), text).unwrap_err();
            assert!(found.contains(why), "{text}: {found}");
        }
        let keyword = json!({"netflow": {"properties": {"src_addr": {"type": "keyword"}, "bytes": {"type": "keyword"}}}});
        for text in ["src ip 10.0.0.0/8", "bytes > 5"] {
            let found = translate(&keyword, text).unwrap_err();
            assert!(found.contains("too many values"), "{found}");
        }
    }

    #[test]
    fn both_spellings_are_asked_where_both_are_mapped() {
        let both = json!({"netflow": {"properties": {
            "dst_port": {"type": "integer"}, "l4_dst_port": {"type": "keyword"}}}});
        assert_eq!(
            translate(&both, "dst port 53").unwrap(),
            json!({"bool": {"should": [
                {"range": {"netflow.dst_port": {"gte": 53, "lte": 53}}},
                {"terms": {"netflow.l4_dst_port": ["53"]}}]}})
        );
    }

    #[test]
    fn a_mapping_is_found_with_and_without_a_type() {
        let new = json!({"mappings": {"properties": {"a": {}}}});
        let old = json!({"mappings": {"doc": {"properties": {"a": {}}}}});
        assert_eq!(properties(&new), properties(&old));
        assert_eq!(properties(&json!({"mappings": {}})), None);
    }
}
