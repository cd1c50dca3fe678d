//! Filter pushdown: translates a filter to a query of the server, by the mapping
//! of an index.
//!
//! A field may be a number in one index and a keyword in another: Logstash's
//! netflow module maps ports, protocol, `ToS` and interfaces as keyword, the
//! plain codec's template as numbers, and without a template the first document
//! decides. A range over keywords would compare text, so it becomes the list of
//! its values, or is refused.
//!
//! A query may match more documents than the filter, never fewer: received
//! documents are checked again (`page/accept.rs`). So a condition that cannot be
//! pushed down exactly is left out where that only widens the query, and refused
//! if nothing would be left.

mod mapping;
#[cfg(test)]
mod tests;
mod values;

use flowkit_model::address::{Family, ends_of};
use flowkit_model::field::FieldId;
use flowkit_model::filter::{Comparison, Derived, End, Expression, Ranges, Subject, Test};
use flowkit_model::names::protocol;
use serde_json::{Value, json};

use crate::error::{FetchError, printable};
use crate::server::address::path_segment;
use crate::server::refusal::Refusal;
use crate::server::{Call, Server};
use mapping::{MappedField, Mapping, properties};
use values::{any_of, match_none, passes};

/// The query for a filter, in an index.
pub(crate) fn query<S: Server>(
    server: &S,
    index: &str,
    filter: &Expression,
) -> Result<Value, FetchError> {
    let refuse = |why: String| FetchError::Filter { index: index.to_owned(), why: printable(&why) };
    let mut body = Vec::new();
    let call = Call::get(format!("/{}/_mapping", path_segment(index)));
    let status = server.send(&call, &mut body)?;
    if status != 200 {
        let words = Refusal::new(status, &body).words();
        return Err(refuse(format!("its mapping cannot be read (status {status}, {words})")));
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

struct Translator<'a> {
    mapping: &'a Mapping<'a>,
}

impl Translator<'_> {
    /// A query that matches at least what the expression matches; under an odd
    /// number of `not`s, at most that.
    fn query(&self, expression: &Expression, negated: bool) -> Result<Value, String> {
        Ok(match expression {
            Expression::Any => json!({"match_all": {}}),
            Expression::Compare(comparison) => self.comparison(comparison, negated)?,
            Expression::Not(inner) => {
                json!({"bool": {"must_not": [self.query(inner, !negated)?]}})
            }
            Expression::And(all) => {
                // A condition that cannot be pushed down may be left out: received
                // documents are checked again.
                let (pushed, refused) = self.list(all, negated);
                match refused {
                    Some(why) if negated || pushed.is_empty() => return Err(why),
                    _ if pushed.is_empty() => json!({"match_all": {}}),
                    _ => json!({"bool": {"filter": pushed}}),
                }
            }
            Expression::Or(any) => {
                let (pushed, refused) = self.list(any, negated);
                match refused {
                    Some(why) if !negated || pushed.is_empty() => return Err(why),
                    _ if pushed.is_empty() => match_none(),
                    _ => any_of(pushed),
                }
            }
        })
    }

    /// The queries that can be pushed down, and why the rest cannot.
    fn list(&self, list: &[Expression], negated: bool) -> (Vec<Value>, Option<String>) {
        let (mut pushed, mut refused) = (Vec::new(), None);
        for expression in list {
            match self.query(expression, negated) {
                Ok(query) => pushed.push(query),
                Err(why) => refused = Some(why),
            }
        }
        (pushed, refused)
    }

    fn comparison(&self, comparison: &Comparison, negated: bool) -> Result<Value, String> {
        let Comparison { subject, differs, test } = comparison;
        match subject {
            Subject::Field(FieldId::Family) if !negated => self.family(*differs, test),
            Subject::Field(FieldId::Family) => Err("family is computed, not stored".to_owned()),
            Subject::Field(field @ (FieldId::IcmpType | FieldId::IcmpCode)) => {
                self.icmp(*field, *differs, test, negated)
            }
            Subject::Field(field) => self.field(*field, *differs, test, negated),
            Subject::Either(end) => {
                let ends = end.fields().map(|field| self.field(field, *differs, test, negated));
                let ends = ends.into_iter().collect::<Result<Vec<_>, _>>()?;
                Ok(if *differs { json!({"bool": {"filter": ends}}) } else { any_of(ends) })
            }
            // The service is the lower port, so that a port at either end must pass
            // the test; whether it is the lower one is checked on received documents.
            Subject::Derived(Derived::Service) if !negated && !differs => {
                let ends = [FieldId::SrcPort, FieldId::DstPort];
                let ends = ends.map(|field| self.field(field, false, test, negated));
                Ok(any_of(ends.into_iter().collect::<Result<Vec<_>, _>>()?))
            }
            Subject::Derived(derived) => Err(format!("{} is computed, not stored", derived.name())),
        }
    }

    /// The family is that of an address at either end; of which, is checked on received
    /// documents.
    fn family(&self, differs: bool, test: &Test) -> Result<Value, String> {
        let families = [Family::Ipv4, Family::Ipv6].into_iter();
        let matching = families.filter(|family| test.passes(family.number()) != differs);
        let addresses = Test::In(Ranges::new(matching.map(ends_of)));
        let ends = End::Address.fields().map(|field| self.field(field, false, &addresses, false));
        Ok(any_of(ends.into_iter().collect::<Result<Vec<_>, _>>()?))
    }

    /// Type or code of ICMP: stated, or a byte of the destination port where none is.
    fn icmp(
        &self,
        field: FieldId,
        differs: bool,
        test: &Test,
        negated: bool,
    ) -> Result<Value, String> {
        let byte_of = |port: u16| port.to_be_bytes()[usize::from(field == FieldId::IcmpCode)];
        let ports = (0..=u16::MAX).filter(|port| test.passes(byte_of(*port)) != differs);
        let ports = Test::In(Ranges::new(ports.map(|port| (port, port))));
        let icmp = Test::In(Ranges::new(protocol::ICMP.map(|number| (number, number))));
        let of_port = [(FieldId::Protocol, icmp), (FieldId::DstPort, ports)];
        let of_port = of_port.map(|(field, test)| self.field(field, false, &test, negated));
        let of_port = of_port.into_iter().collect::<Result<Vec<_>, _>>()?;
        // Which documents state none is asked only where the query may match no more than
        // the filter.
        let mut stated = Vec::new();
        for field in [FieldId::IcmpType, FieldId::IcmpCode] {
            if negated && self.mapping.has_of_templates(field) {
                let mapped = self.mapping.of(field.field(), false)?;
                let exists = |mapped: MappedField| json!({"exists": {"field": mapped.path}});
                stated.extend(mapped.into_iter().map(exists));
            }
        }
        let mut of_port = json!({"bool": {"filter": of_port}});
        if !stated.is_empty() {
            of_port["bool"]["must_not"] = json!(stated);
        }
        if !self.mapping.has_of_templates(field) {
            return Ok(of_port);
        }
        Ok(any_of(vec![self.field(field, differs, test, negated)?, of_port]))
    }

    fn field(
        &self,
        field: FieldId,
        differs: bool,
        test: &Test,
        negated: bool,
    ) -> Result<Value, String> {
        let field = field.field();
        let mut queries = Vec::new();
        for mapped in self.mapping.of(field, negated != differs)? {
            let passes = passes(field, &mapped, test, negated != differs)?;
            queries.push(if differs {
                let path = &mapped.path;
                json!({"bool": {"filter": [{"exists": {"field": path}}], "must_not": [passes]}})
            } else {
                passes
            });
        }
        Ok(any_of(queries))
    }
}
