//! Filter pushdown: a filter as a query of the server, by the mapping of an index.
//!
//! The same field is a number in one index and a keyword in another: Logstash's
//! netflow module maps ports, protocol, `ToS` and interfaces as keyword, the
//! plain codec's template as numbers, and without a template they are whatever
//! came first. A range over keywords would compare letters, so it becomes the
//! list of its values, or is refused.
//!
//! A query may match more documents than the filter, never fewer: what comes is
//! checked again (`page/accept.rs`). So what cannot be pushed down exactly is left
//! out where that only widens the query, and refused where it would leave nothing.

mod mapping;
#[cfg(test)]
mod tests;
mod values;

use flowkit_model::field::FieldId;
use flowkit_model::filter::{Comparison, Derived, Expression, Subject, Test};
use serde_json::{Value, json};

use crate::error::FetchError;
use crate::server::address::path_segment;
use crate::server::{Call, Server};
use mapping::{Mapping, properties};
use values::{any_of, match_none, passes};

/// The query that stands for a filter in an index.
pub(crate) fn query<S: Server>(
    server: &S,
    index: &str,
    filter: &Expression,
) -> Result<Value, FetchError> {
    let refuse = |why: String| FetchError::Filter { index: index.to_owned(), why };
    let mut body = Vec::new();
    let call = Call::get(format!("/{}/_mapping", path_segment(index)));
    let status = server.send(&call, &mut body)?;
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

struct Translator<'a> {
    mapping: &'a Mapping<'a>,
}

impl Translator<'_> {
    /// A query for at least what the expression matches; under an odd number of
    /// `not`s, for at most that.
    fn query(&self, expression: &Expression, negated: bool) -> Result<Value, String> {
        Ok(match expression {
            Expression::Any => json!({"match_all": {}}),
            Expression::Compare(comparison) => self.comparison(comparison, negated)?,
            Expression::Not(inner) => {
                json!({"bool": {"must_not": [self.query(inner, !negated)?]}})
            }
            Expression::And(all) => {
                // One that cannot be pushed down may be left out: what comes is
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
                    _ if asked.is_empty() => match_none(),
                    _ => any_of(asked),
                }
            }
        })
    }

    /// What can be pushed down, and why the rest cannot.
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
            Subject::Derived(derived) => Err(format!("{} is computed, not stored", derived.name())),
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
