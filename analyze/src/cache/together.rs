//! Which parts of a dump are read from their documents because another part is: columns
//! have no identities, so that copies of what they hold could not be told.

use crate::input::{DumpPart, Scopes, Source};
use crate::store::StoredPart;

/// Leaves out the columns of parts that may hold the same documents as a later part which
/// is read from its own. `stored` has an entry for each stream of the sources.
pub(super) fn leave_out_before_documents(sources: &[Source], stored: &mut [Option<StoredPart>]) {
    let mut rest = stored;
    for source in sources {
        let parts: Vec<&DumpPart> = source.parts().map_while(|(_, part)| part).collect();
        let (of_source, others) = rest.split_at_mut(source.parts().count());
        rest = others;
        let of_parts = &mut of_source[..parts.len()];
        if of_parts.iter().any(Option::is_some) && of_parts.iter().any(Option::is_none) {
            let is_stored: Vec<bool> = of_parts.iter().map(Option::is_some).collect();
            // What is no text of documents has no identities either.
            let documents: Vec<bool> =
                parts.iter().map(|part| part.part.form.is_documents()).collect();
            let scopes = Scopes::of(source.scopes());
            for (place, stays) in of_parts.iter_mut().zip(stay(&scopes, &is_stored, &documents)) {
                if !stays {
                    *place = None;
                }
            }
        }
    }
}

/// For each part, whether it is stored and no later part of documents that is read may
/// hold the same.
fn stay(scopes: &Scopes<'_>, is_stored: &[bool], documents: &[bool]) -> Vec<bool> {
    let mut stays = is_stored.to_vec();
    // Scopes that share with a part behind which is read, and those that made them so.
    let (mut are_read, mut was_spread) = (vec![false; scopes.len()], vec![false; scopes.len()]);
    for part in (0..stays.len()).rev().filter(|part| documents[*part]) {
        let scope = scopes.of_part(part);
        stays[part] &= !are_read[scope];
        if !stays[part] && !std::mem::replace(&mut was_spread[scope], true) {
            scopes.sharing(scope).for_each(|other| are_read[other] = true);
        }
    }
    stays
}

#[cfg(test)]
mod tests {
    use flowkit_model::dump::PartScope;
    use flowkit_model::window::Span;

    use super::*;

    #[test]
    fn parts_before_one_that_is_read_are_read_if_they_may_share_documents() {
        let scope = |from, to| PartScope {
            index: "n".into(),
            window: Span { from_ms: Some(from), to_ms: Some(to) },
            ..PartScope::default()
        };
        // The second overlaps the first and the third, which do not overlap.
        let scopes = [scope(0, 10), scope(5, 15), scope(10, 20), scope(30, 40)];
        let scopes = Scopes::of(&scopes);
        let stay = |stored: &[u8], documents: &[u8]| {
            let are = |bits: &[u8]| bits.iter().map(|bit| *bit == 1).collect::<Vec<_>>();
            let stays = super::stay(&scopes, &are(stored), &are(documents));
            stays.into_iter().map(u8::from).collect::<Vec<_>>()
        };
        let all = [1, 1, 1, 1];
        assert_eq!(stay(&all, &all), all);
        assert_eq!(stay(&[0, 1, 1, 1], &all), [0, 1, 1, 1]);
        assert_eq!(stay(&[1, 0, 1, 1], &all), [0, 0, 1, 1]);
        // The first because of the second.
        assert_eq!(stay(&[1, 1, 0, 1], &all), [0, 0, 0, 1]);
        assert_eq!(stay(&[1, 1, 1, 0], &all), [1, 1, 1, 0]);
        assert_eq!(stay(&[1, 1, 0, 1], &[1, 1, 0, 1]), [1, 1, 0, 1]);
        assert_eq!(stay(&[1, 1, 0, 1], &[1, 0, 1, 1]), [1, 1, 0, 1]);
    }
}
