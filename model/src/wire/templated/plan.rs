//! Which fields of a template are read for what: the choice among elements that
//! say the like, made once for all its records.
//!
//! All fields of a template are in all its records, so "the first that is
//! present wins" depends on the template alone.

use super::element::Kind;
use super::header::Version;
use super::options::Scope;
use super::role::Role;
use super::template::Specifier;

/// A field that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// What it says.
    pub(super) role: Role,
    /// What its bytes are.
    pub(super) kind: Kind,
    /// Where it stands.
    pub(super) specifier: Specifier,
}

/// What is read of a record, in the order of its fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// The fields.
    pub(super) steps: Box<[Step]>,
    /// Whether a field shows that a flow without addresses is one of layer 2.
    pub(super) is_layer_2: bool,
    /// Whether a field says when the exporter started.
    pub(super) has_boot: bool,
    /// What the records are about, if they are options.
    pub(super) scope: Scope,
}

impl Plan {
    pub(super) fn new(fields: &[Specifier], version: Version) -> Self {
        let mut chosen: Vec<(u8, Step)> = Vec::new();
        let mut is_layer_2 = false;
        for field in fields.iter().filter(|field| field.length > 0) {
            let Some((role, rank, kind)) = says(field, version) else { continue };
            is_layer_2 |= role.is_layer_2();
            let step = Step { role, kind, specifier: *field };
            match chosen.iter_mut().find(|(_, other)| other.role == role) {
                Some(other) if rank < other.0 => *other = (rank, step),
                Some(_) => {}
                None => chosen.push((rank, step)),
            }
        }
        let mut steps: Vec<Step> = chosen.into_iter().map(|(_, step)| step).collect();
        steps.retain(|step| step.role != Role::Layer2);
        steps.sort_by_key(|step| (step.specifier.segment, step.specifier.offset));
        let has_boot = steps.iter().any(|step| step.role == Role::Boot);
        Self { steps: steps.into(), is_layer_2, has_boot, scope: scope(fields, version) }
    }
}

/// What a field says, its rank, and its form.
fn says(field: &Specifier, version: Version) -> Option<(Role, u8, Kind)> {
    if field.is_scope && version == Version::V9 && field.element == 2 {
        return Some((Role::ScopeInterface, 0, Kind::Number));
    }
    let element = field.known(version)?;
    let (role, rank) = element.says?;
    Some((role, rank, element.kind))
}

/// What options are about, so far as the template says it. A scope without a
/// length counts: Juniper's SRX has one.
fn scope(fields: &[Specifier], version: Version) -> Scope {
    let mut scope = Scope::Other;
    for field in fields.iter().take_while(|field| field.is_scope) {
        scope = match (version, field.enterprise, field.element) {
            (Version::V9, _, 1) | (_, 0, 130 | 131 | 143 | 144 | 149) => Scope::System,
            _ => continue,
        };
    }
    scope
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The field that is read for each role.
    fn plan(elements: &[(u32, u16, u16)]) -> Vec<(Role, u32)> {
        let fields: Vec<Specifier> = elements
            .iter()
            .zip(0..)
            .map(|(&(enterprise, element, length), offset)| Specifier {
                element,
                enterprise,
                length,
                is_scope: false,
                segment: 0,
                offset,
            })
            .collect();
        let steps = Plan::new(&fields, Version::Ipfix).steps;
        steps.iter().map(|step| (step.role, step.specifier.offset)).collect()
    }

    #[test]
    fn the_lowest_rank_is_read_wherever_it_stands() {
        assert_eq!(plan(&[(0, 85, 8), (0, 23, 4), (0, 1, 4)]), [(Role::Bytes, 2)]);
        assert_eq!(plan(&[(0, 23, 4), (0, 85, 8)]), [(Role::Bytes, 0)]);
        assert_eq!(
            plan(&[(0, 22, 4), (0, 152, 8), (0, 21, 4)]),
            [(Role::First, 1), (Role::Last, 2)]
        );
        assert_eq!(plan(&[(0, 182, 2), (0, 180, 2), (0, 7, 2)]), [(Role::SrcPort, 2)]);
    }

    #[test]
    fn of_one_element_twice_the_first_is_read() {
        assert_eq!(plan(&[(0, 210, 1), (0, 1, 8), (0, 1, 4)]), [(Role::Bytes, 1)]);
    }

    #[test]
    fn what_has_no_length_or_no_name_is_not_read() {
        assert_eq!(
            plan(&[(0, 1, 0), (0, 85, 8), (0, 47_000, 6), (9999, 1, 8)]),
            [(Role::Bytes, 1)]
        );
    }

    #[test]
    fn the_other_direction_is_another_counter() {
        let both = plan(&[(29_305, 1, 8), (0, 1, 8), (0, 232, 4)]);
        assert_eq!(both, [(Role::RevBytes, 0), (Role::Bytes, 1)]);
    }
}
