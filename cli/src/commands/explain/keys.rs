//! What a field is called in documents: those of version 5, and what those of v9 and IPFIX
//! have more.

use flowkit_model::Field;
use flowkit_model::document::dialect::{DIALECTS, Dialect};

use crate::output::wrap::add;

/// The keys of a field, each with the dialects that use it.
pub(super) fn text(field: &Field) -> String {
    let of_version_5 = of_version_5(field);
    let more = of_templates(field);
    match (of_version_5.is_empty(), more.is_empty()) {
        (true, true) => "in none".into(),
        (true, false) => format!("of v9 and IPFIX: {more}"),
        (false, true) => of_version_5,
        (false, false) => format!("{of_version_5}. Of v9 and IPFIX also: {more}"),
    }
}

fn of_version_5(field: &Field) -> String {
    let mut keys: Vec<(&str, Vec<&str>)> = Vec::new();
    for dialect in DIALECTS {
        for path in paths(dialect, field, false) {
            match keys.iter_mut().find(|(known, _)| *known == path) {
                Some((_, names)) if names.contains(&dialect.name) => {}
                Some((_, names)) => names.push(dialect.name),
                None => keys.push((path, vec![dialect.name])),
            }
        }
    }
    // Where Logstash's keys stand, flowkit has keys of its own.
    let of = |path: &str, names: &[&str]| {
        if path.starts_with("flowkit.") { "written by flowkit".into() } else { names.join(", ") }
    };
    let each: Vec<String> =
        keys.iter().map(|(path, names)| format!("{path} ({})", of(path, names))).collect();
    each.join("; ")
}

/// By dialect, what its documents of version 5 do not have.
fn of_templates(field: &Field) -> String {
    let mut lists: Vec<(Vec<&str>, String)> = Vec::new();
    let [module, codec, others @ ..] = DIALECTS else { return String::new() };
    let known = [paths(module, field, false), paths(codec, field, false)].concat();
    let of_logstash = paths(module, field, true).into_iter().filter(|path| !known.contains(path));
    // What stands in one object stands in the other, too.
    let inside: Vec<&str> = of_logstash.filter_map(|path| path.strip_prefix("netflow.")).collect();
    lists.push((inside.clone(), "Logstash, in netflow or ipfix".into()));
    for dialect in others {
        let known = paths(dialect, field, false);
        let more = paths(dialect, field, true).into_iter().filter(|path| !known.contains(path));
        let mut more: Vec<&str> = more.collect();
        if !inside.is_empty() && inside.iter().all(|path| more.contains(path)) {
            more.retain(|path| !inside.contains(path));
            add(&mut lists[0].1, format_args!("; {}, in no object", dialect.name));
        }
        match lists.iter_mut().find(|(known, _)| *known == more) {
            Some((_, names)) => add(names, format_args!(", {}", dialect.name)),
            None => lists.push((more, dialect.name.into())),
        }
    }
    let told = lists.iter().filter(|(paths, _)| !paths.is_empty());
    let each: Vec<String> =
        told.map(|(paths, names)| format!("{} ({names})", paths.join(", "))).collect();
    each.join("; ")
}

/// The paths of a field in documents of version 5, or of v9 and IPFIX.
fn paths(dialect: &Dialect, field: &Field, of_templates: bool) -> Vec<&'static str> {
    let places = if of_templates { (dialect.templates)() } else { (dialect.places)() };
    places.iter().filter(|place| place.field == field.id).map(|place| place.path).collect()
}

#[cfg(test)]
mod tests {
    use flowkit_model::FIELDS;
    use flowkit_model::FieldId::Family;

    use super::*;

    /// Every path that documents are read by leads to a page that names it.
    #[test]
    fn every_path_is_named() {
        for field in FIELDS.iter().filter(|field| field.id != Family) {
            let text = text(field);
            assert_ne!(text, "in none", "{}", field.name);
            let words: Vec<&str> =
                text.split([' ', ',', ';', '(', ')']).filter(|word| !word.is_empty()).collect();
            for dialect in DIALECTS {
                for of_templates in [false, true] {
                    for path in paths(dialect, field, of_templates) {
                        let path = path.strip_prefix("ipfix.").unwrap_or(path);
                        let inside = path.strip_prefix("netflow.").unwrap_or(path);
                        assert!(words.contains(&path) || words.contains(&inside), "{path}: {text}");
                    }
                }
            }
        }
    }
}
