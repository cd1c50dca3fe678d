//! How many templates are kept, so that no exporter can take all memory.

/// How much is kept. A template beyond it is told, and its data cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Fields of a template.
    pub template_fields: usize,
    /// Templates of an exporter, in all its domains.
    pub exporter_templates: usize,
    /// Fields of those templates.
    pub exporter_fields: usize,
    /// Templates of all exporters.
    pub templates: usize,
    /// Fields of those templates.
    pub fields: usize,
}

/// Enough for every exporter that was seen (YAF has some 60 templates of up to
/// 50 fields), and about 100 MB when all of it is used.
impl Default for Limits {
    fn default() -> Self {
        Self {
            template_fields: 1024,
            exporter_templates: 4096,
            exporter_fields: 65_536,
            templates: 65_536,
            fields: 1 << 20,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::templated::made_up::{faults, set, template, v9, v9_of};
    use crate::wire::templated::{Fault, Source, Templates, Version};

    const FEW: Limits = Limits {
        template_fields: 5,
        exporter_templates: 3,
        exporter_fields: 10,
        templates: 5,
        fields: 12,
    };

    /// Numbers of fields, and which of those templates is one too many.
    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let fault = |template| vec![Fault::TooManyTemplates { template }];
        let too_many_fields = vec![Fault::TooManyFields { template: 1000, fields: 6 }];
        let (one, other) = (Some([192, 0, 2, 1].into()), Some([192, 0, 2, 2].into()));
        for case in [
            vec![(one, 6, too_many_fields)],
            vec![(one, 1, vec![]), (one, 1, vec![]), (one, 1, vec![]), (one, 1, fault(1003))],
            vec![(one, 5, vec![]), (one, 5, vec![]), (one, 1, fault(1002)), (other, 2, vec![])],
            vec![(one, 5, vec![]), (other, 5, vec![]), (one, 3, fault(1002)), (one, 2, vec![])],
        ] {
            let mut templates = Templates::with_limits(FEW);
            for (number, (exporter, n_fields, told)) in (1000..).zip(case) {
                // Each in a domain of its own: they are of one exporter all the same.
                let content = template(number, &vec![(1, 4); n_fields]);
                let datagram = v9_of(number.into(), &set(0, &content));
                assert_eq!(faults(&mut templates, exporter, &datagram), told, "{number}");
                let source = Source { exporter, version: Version::V9, domain: number.into() };
                assert_eq!(templates.find(source, number).is_some(), told.is_empty());
            }
        }
    }

    /// Data must not be read by what the exporter has replaced.
    #[test]
    fn a_template_that_is_not_kept_replaces_all_the_same() {
        let mut templates = Templates::with_limits(FEW);
        let source = Source { exporter: None, version: Version::V9, domain: 0 };
        faults(&mut templates, None, &v9(&set(0, &template(256, &[(1, 4)]))));
        let many = v9(&set(0, &template(256, &[(1, 4); 6])));
        let fault = Fault::TooManyFields { template: 256, fields: 6 };
        assert_eq!(faults(&mut templates, None, &many), [fault]);
        assert_eq!((templates.find(source, 256), templates.n_templates()), (None, 0));
    }

    /// A bomb: every number in every domain, from many exporters.
    #[test]
    fn a_bomb_of_templates_is_told_and_bounded() {
        let mut templates = Templates::new();
        let mut n_faults = 0;
        let numbers = |from: u16| from..from + 3000;
        for exporter in 0..40_u8 {
            for domain in 0..2 {
                let fields: Vec<u8> =
                    numbers(256).flat_map(|number| template(number, &[(1, 4), (2, 4)])).collect();
                let datagram = v9_of(domain, &set(0, &fields));
                let exporter = Some([192, 0, 2, exporter].into());
                n_faults += faults(&mut templates, exporter, &datagram).len();
            }
        }
        let limits = Limits::default();
        assert_eq!(templates.n_templates(), limits.templates);
        assert_eq!(n_faults, 40 * 6000 - limits.templates);
    }
}
