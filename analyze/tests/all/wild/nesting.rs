//! Members by path as one object: nested, dotted or both, with lists of one for
//! values, in any order. To Elasticsearch all of it is the same document.

use super::json::Json;
use crate::random::Random;

/// How a path becomes keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nesting {
    Nested,
    Dotted,
    /// The first key is an object's, the rest is dotted.
    Halfway,
    /// Each path at random.
    Mixed,
}

/// The ways to nest.
pub(super) const NESTINGS: &[(&str, Nesting)] = &[
    ("nested", Nesting::Nested),
    ("dotted", Nesting::Dotted),
    ("dotted below the first key", Nesting::Halfway),
    ("nested and dotted", Nesting::Mixed),
];

/// Which values stand in lists of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lists {
    None,
    Some,
    Values,
    Objects,
    All,
}

/// The ways to have lists.
pub(super) const LISTS: &[(&str, Lists)] = &[
    ("no lists", Lists::None),
    ("some values in lists", Lists::Some),
    ("values in lists", Lists::Values),
    ("objects in lists", Lists::Objects),
    ("values and objects in lists", Lists::All),
];

/// The orders of members; true is at random.
pub(super) const ORDERS: &[(&str, bool)] = &[("as written", false), ("in any order", true)];

/// One object of the members.
pub(super) fn object(
    members: Vec<(String, Json)>,
    nesting: Nesting,
    lists: Lists,
    random: &mut Random,
) -> Json {
    let mut root = Vec::new();
    for (path, value) in members {
        insert(&mut root, &keys(&path, nesting, random), value);
    }
    let members =
        root.into_iter().map(|(key, value)| (key, in_lists(value, lists, random))).collect();
    Json::Object(members)
}

/// The keys of a path, outermost first.
fn keys(path: &str, nesting: Nesting, random: &mut Random) -> Vec<String> {
    match nesting {
        Nesting::Nested => path.split('.').map(str::to_owned).collect(),
        Nesting::Dotted => vec![path.to_owned()],
        Nesting::Halfway => path.splitn(2, '.').map(str::to_owned).collect(),
        Nesting::Mixed => {
            let mut keys: Vec<String> = Vec::new();
            for part in path.split('.') {
                match keys.last_mut() {
                    Some(last) if random.below(2) == 0 => {
                        last.push('.');
                        last.push_str(part);
                    }
                    _ => keys.push(part.to_owned()),
                }
            }
            keys
        }
    }
}

fn insert(members: &mut Vec<(String, Json)>, keys: &[String], value: Json) {
    let [key, rest @ ..] = keys else { return };
    if rest.is_empty() {
        return members.push((key.clone(), value));
    }
    for (known, member) in members.iter_mut() {
        if let Json::Object(inner) = member
            && known == key
        {
            return insert(inner, rest, value);
        }
    }
    let mut inner = Vec::new();
    insert(&mut inner, rest, value);
    members.push((key.clone(), Json::Object(inner)));
}

fn in_lists(value: Json, lists: Lists, random: &mut Random) -> Json {
    match value {
        Json::Object(members) => {
            let members = members.into_iter();
            let object = Json::Object(
                members.map(|(key, value)| (key, in_lists(value, lists, random))).collect(),
            );
            let is_in_list = matches!(lists, Lists::Objects | Lists::All);
            if is_in_list { Json::List(vec![object]) } else { object }
        }
        // What is a list anyway stays one.
        Json::List(_) => value,
        _ => {
            let is_in_list = match lists {
                Lists::None | Lists::Objects => false,
                Lists::Some => random.below(3) == 0,
                Lists::Values | Lists::All => true,
            };
            if is_in_list { Json::List(vec![value]) } else { value }
        }
    }
}

/// Puts the members of all objects into another order.
pub(super) fn shuffled(value: Json, random: &mut Random) -> Json {
    match value {
        Json::Object(mut members) => {
            shuffle(&mut members, random);
            let members = members.into_iter();
            Json::Object(members.map(|(key, value)| (key, shuffled(value, random))).collect())
        }
        Json::List(items) => {
            Json::List(items.into_iter().map(|item| shuffled(item, random)).collect())
        }
        other => other,
    }
}

fn shuffle<T>(items: &mut [T], random: &mut Random) {
    for place in (1..items.len()).rev() {
        items.swap(place, usize::try_from(random.below(place as u64 + 1)).unwrap());
    }
}
