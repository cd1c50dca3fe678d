//! The templates that are known: by exporter, version, domain and number.
//!
//! Two exporters, and two domains of one exporter, may use one number for
//! different templates; so may a router that was started again. The port of the
//! exporter is no part of the key, since some send templates and data from
//! different ones.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use super::definition::Definition;
use super::fault::Fault;
use super::header::{Header, NotTemplated, Version};
use super::limits::Limits;
use super::template::Template;
use super::walk::Walk;

/// What the numbers of templates belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Source {
    /// Address of the exporter; `None` if nobody knows it, as of datagrams in a
    /// file.
    pub exporter: Option<IpAddr>,
    /// The version: the numbers of one say nothing of the other.
    pub version: Version,
    /// Source id of version 9, observation domain of IPFIX.
    pub domain: u32,
}

/// Templates that came, and what options said of the start of exporters.
#[derive(Debug, Default)]
pub struct Templates {
    limits: Limits,
    exporters: HashMap<Option<IpAddr>, Exporter>,
    size: Size,
}

/// How many templates, and fields of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Size {
    templates: usize,
    fields: usize,
}

#[derive(Debug, Default)]
struct Exporter {
    /// Boxed, since most exporters have one, and a node has room for eleven.
    domains: BTreeMap<(Version, u32), Box<Domain>>,
    size: Size,
}

/// A domain; there is one only as long as it has templates.
#[derive(Debug, Default)]
struct Domain {
    data: BTreeMap<u16, Arc<Template>>,
    options: BTreeMap<u16, Arc<Template>>,
    boot_ms: Option<u64>,
}

impl Templates {
    /// Knows no template yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Knows no template yet, and will keep at most so many.
    #[must_use]
    pub fn with_limits(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Reads a datagram, the payload of one UDP packet, with the templates that
    /// came before it and those in it.
    ///
    /// Templates are learnt while the parts are gone through, so go through them
    /// to the end. A definition holds from its place on.
    ///
    /// # Errors
    /// If it is neither version 9 nor IPFIX, or too short for a header. What
    /// else can be wrong is among the parts.
    pub fn read<'t, 'a>(
        &'t mut self,
        exporter: Option<IpAddr>,
        datagram: &'a [u8],
    ) -> Result<Walk<'t, 'a>, NotTemplated> {
        let header = Header::decode(datagram)?;
        Ok(Walk::new(self, exporter, header, datagram))
    }

    /// The template of a number.
    #[must_use]
    pub fn find(&self, source: Source, number: u16) -> Option<&Arc<Template>> {
        self.find_with_boot(source, number).map(|(template, _)| template)
    }

    /// The template of a number, and when the exporter started if that is known.
    pub(super) fn find_with_boot(
        &self,
        source: Source,
        number: u16,
    ) -> Option<(&Arc<Template>, Option<u64>)> {
        let domain = self.domain(source)?;
        let template = domain.data.get(&number).or_else(|| domain.options.get(&number))?;
        Some((template, domain.boot_ms))
    }

    /// When the exporter started, as options said it, in milliseconds since
    /// 1970-01-01 UTC.
    #[must_use]
    pub fn boot_ms(&self, source: Source) -> Option<u64> {
        self.domain(source)?.boot_ms
    }

    /// How many templates are known.
    #[must_use]
    pub fn n_templates(&self) -> usize {
        self.size.templates
    }

    fn domain(&self, source: Source) -> Option<&Domain> {
        let domains = &self.exporters.get(&source.exporter)?.domains;
        domains.get(&(source.version, source.domain)).map(|domain| &**domain)
    }

    /// Keeps when an exporter started, beside its templates.
    pub(super) fn learn_boot(&mut self, source: Source, boot_ms: u64) {
        let key = (source.version, source.domain);
        let exporter = self.exporters.get_mut(&source.exporter);
        if let Some(domain) = exporter.and_then(|exporter| exporter.domains.get_mut(&key)) {
            domain.boot_ms = Some(boot_ms);
        }
    }

    /// Keeps a template in place of that of the same number, and says whether
    /// it is another one.
    pub(super) fn define(
        &mut self,
        source: Source,
        definition: &Definition<'_>,
    ) -> Result<(Arc<Template>, bool), Fault> {
        let number = definition.number;
        if let Some(known) = self.find(source, number)
            && known.is_sent_again(definition)
        {
            return Ok((Arc::clone(known), false));
        }
        // What cannot be kept is not read by what was before it.
        let boot_ms = self.boot_ms(source);
        self.withdraw(source, number);
        self.check_room(source, definition)?;
        let template = Arc::new(Template::new(definition));
        let own = Size { templates: 1, fields: template.fields().len() };
        let exporter = self.exporters.entry(source.exporter).or_default();
        let domain = exporter.domains.entry((source.version, source.domain)).or_default();
        domain.boot_ms = domain.boot_ms.or(boot_ms);
        let kept = if definition.is_options { &mut domain.options } else { &mut domain.data };
        kept.insert(number, Arc::clone(&template));
        exporter.size.add(own);
        self.size.add(own);
        Ok((template, true))
    }

    /// Whether there is room for one more.
    fn check_room(&self, source: Source, definition: &Definition<'_>) -> Result<(), Fault> {
        let (template, fields) = (definition.number, definition.n_fields);
        let limits = &self.limits;
        if fields > limits.template_fields {
            return Err(Fault::TooManyFields { template, fields });
        }
        let exporter = self.exporters.get(&source.exporter);
        let exporter = exporter.map_or(Size::default(), |exporter| exporter.size);
        let is_full = exporter.templates >= limits.exporter_templates
            || exporter.fields + fields > limits.exporter_fields
            || self.size.templates >= limits.templates
            || self.size.fields + fields > limits.fields;
        if is_full { Err(Fault::TooManyTemplates { template }) } else { Ok(()) }
    }

    /// Forgets the template of a number, if there is one.
    pub(super) fn withdraw(&mut self, source: Source, number: u16) {
        self.forget(source, |domain| {
            let gone = domain.data.remove(&number);
            gone.or_else(|| domain.options.remove(&number)).into_iter().collect()
        });
    }

    /// Forgets all templates of data, or all of options.
    pub(super) fn withdraw_all(&mut self, source: Source, is_options: bool) {
        self.forget(source, |domain| {
            let kept = if is_options { &mut domain.options } else { &mut domain.data };
            std::mem::take(kept).into_values().collect()
        });
    }

    /// Takes templates out of a domain; what then has none is forgotten, so
    /// that nothing grows but with templates.
    fn forget(&mut self, source: Source, take: impl FnOnce(&mut Domain) -> Vec<Arc<Template>>) {
        let key = (source.version, source.domain);
        let Some(exporter) = self.exporters.get_mut(&source.exporter) else { return };
        let Some(domain) = exporter.domains.get_mut(&key) else { return };
        for template in take(domain) {
            let own = Size { templates: 1, fields: template.fields().len() };
            exporter.size.subtract(own);
            self.size.subtract(own);
        }
        if domain.data.is_empty() && domain.options.is_empty() {
            exporter.domains.remove(&key);
        }
        if exporter.domains.is_empty() {
            self.exporters.remove(&source.exporter);
        }
    }
}

impl Size {
    fn add(&mut self, other: Self) {
        self.templates += other.templates;
        self.fields += other.fields;
    }

    fn subtract(&mut self, other: Self) {
        self.templates -= other.templates;
        self.fields -= other.fields;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::templated::made_up::{
        faults, ipfix, ipfix_of, ipfix_options, set, template, v9, v9_of, v9_options,
    };

    const ANY: Option<IpAddr> = None;

    fn source(exporter: Option<IpAddr>, version: Version, domain: u32) -> Source {
        Source { exporter, version, domain }
    }

    /// The elements of the template of a number.
    fn elements(templates: &Templates, source: Source, number: u16) -> Vec<u16> {
        let fields = templates.find(source, number).map(|template| template.fields());
        fields.unwrap_or_default().iter().map(|field| field.element).collect()
    }

    #[test]
    fn one_number_means_another_thing_to_each_source() {
        let [one, other] = [[192, 0, 2, 1], [192, 0, 2, 2]].map(|octets| Some(octets.into()));
        let mut templates = Templates::new();
        for (exporter, datagram) in [
            (one, v9_of(0, &set(0, &template(256, &[(1, 4)])))),
            (one, v9_of(7, &set(0, &template(256, &[(2, 4)])))),
            (one, ipfix_of(0, &set(2, &template(256, &[(3, 4)])))),
            (other, v9_of(0, &set(0, &template(256, &[(4, 4)])))),
        ] {
            assert_eq!(faults(&mut templates, exporter, &datagram), []);
        }
        assert_eq!(templates.n_templates(), 4);
        for (source, element) in [
            (source(one, Version::V9, 0), 1),
            (source(one, Version::V9, 7), 2),
            (source(one, Version::Ipfix, 0), 3),
            (source(other, Version::V9, 0), 4),
        ] {
            assert_eq!(elements(&templates, source, 256), [element]);
        }
        assert_eq!(templates.find(source(None, Version::V9, 0), 256), None);
    }

    #[test]
    fn a_template_sent_again_is_the_one_that_is_known() {
        let mut templates = Templates::new();
        let source = source(ANY, Version::V9, 0);
        let first = v9(&set(0, &template(256, &[(1, 4), (2, 4)])));
        faults(&mut templates, ANY, &first);
        let known = Arc::clone(templates.find(source, 256).unwrap());
        faults(&mut templates, ANY, &first);
        assert!(Arc::ptr_eq(&known, templates.find(source, 256).unwrap()));
        // Another length is another template; so is one of options, or of more scope.
        for (sets, elements) in [
            (set(0, &template(256, &[(1, 8), (2, 4)])), vec![1, 2]),
            (set(1, &v9_options(256, &[(1, 8)], &[(2, 4)])), vec![1, 2]),
            (set(1, &v9_options(256, &[(1, 8), (2, 4)], &[])), vec![1, 2]),
            (set(0, &template(256, &[(1, 8), (2, 4)])), vec![1, 2]),
        ] {
            let before = Arc::clone(templates.find(source, 256).unwrap());
            faults(&mut templates, ANY, &v9(&sets));
            let now = templates.find(source, 256).unwrap();
            assert_ne!(&before, now);
            assert_eq!(self::elements(&templates, source, 256), elements);
            assert_eq!(templates.n_templates(), 1);
        }
    }

    #[test]
    fn withdrawn_templates_are_gone() {
        let mut templates = Templates::new();
        let source = source(ANY, Version::Ipfix, 0);
        let both = ipfix(
            &[
                set(2, &[template(256, &[(1, 4)]), template(257, &[(1, 4)])].concat()),
                set(3, &ipfix_options(258, 1, &[(144, 4), (34, 4)])),
            ]
            .concat(),
        );
        for (withdrawal, left) in [
            (set(2, &template(256, &[])), &[257, 258][..]),
            (set(2, &template(2, &[])), &[258]),
            (set(3, &template(3, &[])), &[256, 257]),
            (set(3, &template(258, &[])), &[256, 257]),
            (set(2, &template(999, &[])), &[256, 257, 258]),
            ([set(2, &template(2, &[])), set(3, &template(3, &[]))].concat(), &[]),
        ] {
            faults(&mut templates, ANY, &both);
            assert_eq!(faults(&mut templates, ANY, &ipfix(&withdrawal)), []);
            let known = (250..300).filter(|number| templates.find(source, *number).is_some());
            assert_eq!(known.collect::<Vec<u16>>(), left);
            assert_eq!(templates.n_templates(), left.len());
        }
        assert!(templates.exporters.is_empty());
        assert_eq!(templates.size, Size::default());
    }

    /// Options tell the start of an exporter, which is kept with its domain.
    #[test]
    fn the_start_is_kept_while_the_domain_has_templates() {
        let mut templates = Templates::new();
        let source = source(ANY, Version::Ipfix, 0);
        let options = ipfix_options(256, 1, &[(144, 4), (160, 8)]);
        let boot_ms = 1_557_000_000_123_u64;
        let record = [&[0, 0, 0, 1][..], &boot_ms.to_be_bytes()].concat();
        let datagram = ipfix(&[set(3, &options), set(256, &record)].concat());
        assert_eq!(faults(&mut templates, ANY, &datagram), []);
        assert_eq!(templates.boot_ms(source), Some(boot_ms));
        // Of the only template another definition: the start is still known.
        let again = ipfix(&set(3, &ipfix_options(256, 1, &[(144, 4), (34, 4)])));
        faults(&mut templates, ANY, &again);
        assert_eq!(templates.boot_ms(source), Some(boot_ms));
        faults(&mut templates, ANY, &ipfix(&set(3, &template(256, &[]))));
        assert_eq!(templates.boot_ms(source), None);
    }
}
