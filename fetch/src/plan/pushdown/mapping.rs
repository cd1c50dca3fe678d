//! How the fields of a flow are mapped in an index.

use flowkit_model::document::dialect::{Form, Place, logstash_places};
use flowkit_model::field::{Field, FieldId, Kind};
use serde_json::{Value, json};

/// The properties of an index; until Elasticsearch 6 they are below a type.
pub(super) fn properties(index: &Value) -> Option<&Value> {
    let mappings = index["mappings"].as_object()?;
    mappings.get("properties").or_else(|| mappings.values().find_map(|kind| kind.get("properties")))
}

/// The mapping of an index, or of the indices of a pattern.
#[derive(Debug)]
pub(super) struct Mapping<'a> {
    pub(super) properties: Vec<&'a Value>,
}

/// How a field is mapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MappedField {
    /// Path to query, such as `.keyword` below a text.
    pub(super) path: String,
    pub(super) kind: StoredAs,
}

/// How the values of a field are indexed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StoredAs {
    /// A number up to this.
    Number(u64),
    Keyword,
    Address,
    Date,
    /// In a form that a server does not compare as flowkit does: that it is there, and
    /// no more.
    Otherwise,
}

impl Mapping<'_> {
    /// Whether the field is mapped under some name that documents of v9 and IPFIX have.
    pub(super) fn has_of_templates(&self, field: FieldId) -> bool {
        let is_mapped = |place: &Place| {
            self.properties
                .iter()
                .any(|properties| mapped(properties, place.path).transpose().is_some())
        };
        logstash_places(field).any(is_mapped)
    }

    /// How the field is mapped, under each of its names that exists. With `exact` no
    /// document may have another value of it under another name.
    pub(super) fn of(&self, field: &Field, exact: bool) -> Result<Vec<MappedField>, String> {
        let mut found: Vec<MappedField> = Vec::new();
        let mut keys = vec![field.module_key, field.codec_key];
        if field.is_of_templates() {
            keys.clear();
        }
        keys.dedup();
        let more: Vec<&Place> =
            logstash_places(field.id).filter(|place| !keys.contains(&place.path)).collect();
        let mut n_more = 0;
        for key in keys.iter().copied().chain(more.iter().map(|place| place.path)) {
            for properties in &self.properties {
                let Some(mut mapped) = mapped(properties, key)? else { continue };
                let form = more.iter().find(|place| place.path == key).map(|place| place.form);
                n_more += usize::from(form.is_some());
                if form.is_some_and(|form| !is_as_it_stands(field, form)) {
                    if exact {
                        return Err(format!("{} stands in {key} in another form", field.name));
                    }
                    mapped.kind = StoredAs::Otherwise;
                }
                if !found.contains(&mapped) {
                    found.push(mapped);
                }
            }
        }
        if found.is_empty() {
            return Err(format!("{} is not mapped there", field.name));
        }
        // A record of v9 may count bytes in and out, and have addresses of both families.
        if exact && n_more > 0 && found.len() > 1 {
            return Err(format!("{} stands under several names there", field.name));
        }
        Ok(found)
    }
}

/// Whether a server compares what stands there as flowkit does.
fn is_as_it_stands(field: &Field, form: Form) -> bool {
    field.kind == Kind::Time || matches!(form, Form::Plain | Form::Wide)
}

/// How a path is mapped; `None` if it is not.
fn mapped(properties: &Value, key: &str) -> Result<Option<MappedField>, String> {
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
            "byte" => StoredAs::Number(i8::MAX as u64),
            "short" => StoredAs::Number(i16::MAX as u64),
            "integer" => StoredAs::Number(i32::MAX as u64),
            "long" | "unsigned_long" | "double" | "float" => StoredAs::Number(i64::MAX as u64),
            "keyword" | "constant_keyword" | "wildcard" => StoredAs::Keyword,
            "ip" => StoredAs::Address,
            "date" | "date_nanos" => StoredAs::Date,
            _ => return None,
        })
    };
    if let Some(kind) = stored(kind) {
        return Ok(Some(MappedField { path: key.to_owned(), kind }));
    }
    // A text field is tokenised; a subfield may hold the whole value.
    let below = at["fields"].as_object().into_iter().flatten();
    let whole = below.filter_map(|(name, field)| Some((name, stored(field["type"].as_str()?)?)));
    match whole.into_iter().next() {
        Some((name, kind)) => Ok(Some(MappedField { path: format!("{key}.{name}"), kind })),
        None => Err(format!("{key} is mapped as {kind} there, which cannot be compared")),
    }
}
