//! What the server says about its indices: settings, mapping, lists of them.

use crate::server::index::{Index, Store, mapping};
use crate::server::json::quoted;

/// Settings as Elasticsearch keeps them, by flat name.
fn settings(index: &Index) -> Vec<(&'static str, String)> {
    vec![
        ("index.creation_date", index.created_ms.to_string()),
        ("index.number_of_replicas", "0".to_owned()),
        ("index.number_of_shards", "1".to_owned()),
        ("index.provided_name", index.name.clone()),
        ("index.uuid", index.uuid.clone()),
        ("index.version.created", "7172899".to_owned()),
    ]
}

/// The defaults a client may ask for.
const DEFAULTS: [(&str, &str); 4] = [
    ("index.max_result_window", "10000"),
    ("index.max_slices_per_scroll", "1024"),
    ("index.max_terms_count", "65536"),
    ("index.refresh_interval", "1s"),
];

/// The answer to `_settings`.
pub(super) fn settings_of(store: &Store, places: &[usize], flat: bool, defaults: bool) -> String {
    by_index(store, places, |index| {
        let own: Vec<(&str, String)> = settings(index);
        let mut text = format!(r#""settings":{}"#, object(&own, flat));
        if defaults {
            let list: Vec<(&str, String)> =
                DEFAULTS.iter().map(|&(name, value)| (name, value.to_owned())).collect();
            text.push_str(r#","defaults":"#);
            text.push_str(&object(&list, flat));
        }
        text
    })
}

/// The answer to `_mapping`.
pub(super) fn mapping_of(store: &Store, places: &[usize]) -> String {
    by_index(store, places, |_| format!(r#""mappings":{}"#, mapping()))
}

/// The answer to `GET` of an index.
pub(super) fn whole(store: &Store, places: &[usize]) -> String {
    by_index(store, places, |index| {
        let settings = object(&settings(index), false);
        format!(r#""aliases":{{}},"mappings":{},"settings":{settings}"#, mapping())
    })
}

/// The answer to `_resolve/index`.
pub(super) fn resolved(store: &Store, places: &[usize]) -> String {
    let name = |&place: &usize| {
        format!(r#"{{"name":{},"attributes":["open"]}}"#, quoted(&store.indices[place].name))
    };
    let names: Vec<String> = places.iter().map(name).collect();
    format!(r#"{{"indices":[{}],"aliases":[],"data_streams":[]}}"#, names.join(","))
}

fn by_index(store: &Store, places: &[usize], member: impl Fn(&Index) -> String) -> String {
    let parts: Vec<String> = places
        .iter()
        .map(|&place| &store.indices[place])
        .map(|index| format!("{}:{{{}}}", quoted(&index.name), member(index)))
        .collect();
    format!("{{{}}}", parts.join(","))
}

/// Settings as one object, either flat or nested one level below `index` and,
/// for `index.version.created`, two.
fn object(settings: &[(&str, String)], flat: bool) -> String {
    let pair = |name: &str, value: &str| format!("{}:{}", quoted(name), quoted(value));
    if flat {
        let parts: Vec<String> = settings.iter().map(|(name, value)| pair(name, value)).collect();
        return format!("{{{}}}", parts.join(","));
    }
    let nested = |(name, value): &(&str, String)| {
        let name = name.strip_prefix("index.").unwrap_or(name);
        match name.split_once('.') {
            Some((outer, inner)) => format!("{}:{{{}}}", quoted(outer), pair(inner, value)),
            None => pair(name, value),
        }
    };
    let parts: Vec<String> = settings.iter().map(nested).collect();
    format!(r#"{{"index":{{{}}}}}"#, parts.join(","))
}
