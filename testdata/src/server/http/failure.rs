//! Errors in the words of Elasticsearch 7.17, with the JSON around them.

use crate::server::json::quoted;

/// Why a request is refused.
#[derive(Clone, Debug)]
pub(in crate::server) enum Failure {
    /// `error` is a bare text.
    Text {
        /// HTTP status.
        status: u16,
        /// The text.
        text: String,
        /// Whether the body repeats the status.
        says_status: bool,
    },
    /// The request as a whole was refused.
    Request {
        /// HTTP status.
        status: u16,
        /// The reason.
        cause: Cause,
    },
    /// Every shard refused.
    Shards {
        /// HTTP status.
        status: u16,
        /// `all shards failed`, or what else happened.
        reason: &'static str,
        /// Index of the shard, unless it is unknown, and its reason.
        shards: Vec<(Option<String>, Cause)>,
        /// The cause named after the shards, which some kinds have.
        caused_by: Option<Cause>,
    },
}

/// One exception.
#[derive(Clone, Debug)]
pub(in crate::server) struct Cause {
    kind: &'static str,
    reason: String,
    /// Further members as JSON, each with a comma before it.
    extra: String,
    caused_by: Option<Box<Cause>>,
}

impl Cause {
    pub(in crate::server) fn new(kind: &'static str, reason: impl Into<String>) -> Cause {
        Cause { kind, reason: reason.into(), extra: String::new(), caused_by: None }
    }

    /// An exception of a parser, which says where.
    pub(in crate::server) fn parsing(
        reason: impl Into<String>,
        (line, column): (usize, usize),
    ) -> Cause {
        Cause::new("parsing_exception", reason).with(format!(r#","line":{line},"col":{column}"#))
    }

    pub(in crate::server) fn with(mut self, extra: String) -> Cause {
        self.extra = extra;
        self
    }

    pub(in crate::server) fn caused_by(mut self, cause: Cause) -> Cause {
        self.caused_by = Some(Box::new(cause));
        self
    }

    /// As a refusal of the whole request with status 400.
    pub(in crate::server) fn refused(self) -> Failure {
        Failure::Request { status: 400, cause: self }
    }

    fn members(&self, with_cause: bool) -> String {
        let mut text =
            format!(r#""type":"{}","reason":{}{}"#, self.kind, quoted(&self.reason), self.extra);
        if let Some(cause) = self.caused_by.as_ref().filter(|_| with_cause) {
            text.push_str(r#","caused_by":{"#);
            text.push_str(&cause.members(true));
            text.push('}');
        }
        text
    }
}

impl Failure {
    /// The commonest refusal.
    pub(in crate::server) fn argument(reason: impl Into<String>) -> Failure {
        Cause::new("illegal_argument_exception", reason).refused()
    }

    /// Every shard refuses one argument; `None` is a shard not known by its index.
    pub(in crate::server) fn argument_on_shards(
        reason: &str,
        indices: &[Option<String>],
    ) -> Failure {
        let cause = Cause::new("illegal_argument_exception", reason);
        Failure::Shards {
            status: 400,
            reason: "all shards failed",
            shards: indices.iter().map(|index| (index.clone(), cause.clone())).collect(),
            caused_by: Some(cause.clone().caused_by(cause)),
        }
    }

    pub(in crate::server) fn no_such_index(name: &str) -> Failure {
        let reason = format!("no such index [{name}]");
        let name = quoted(name);
        let cause = Cause::new("index_not_found_exception", reason).with(format!(
            r#","resource.type":"index_or_alias","resource.id":{name},"index_uuid":"_na_","index":{name}"#
        ));
        Failure::Request { status: 404, cause }
    }

    /// A body that is no JSON; the column is one more than serde's.
    pub(in crate::server) fn bad_json(error: &serde_json::Error) -> Failure {
        let (kind, what) = if error.is_eof() {
            ("json_e_o_f_exception", "Unexpected end-of-input within/between Object entries")
        } else {
            ("json_parse_exception", "Unexpected character or token")
        };
        Cause::new(
            kind,
            format!(
                "{what}\n at [Source: (org.elasticsearch.common.io.stream.ByteBufferStreamInput); line: {}, column: {}]",
                error.line(),
                error.column() + 1
            ),
        )
        .refused()
    }

    /// A refusal of shards not yet named, now by the shards of these indices.
    pub(in crate::server) fn of_indices(self, indices: Vec<String>) -> Failure {
        match self {
            Failure::Shards { status, reason, shards, caused_by } => {
                let cause = shards.into_iter().next().map(|(_, cause)| cause);
                let shards =
                    indices.into_iter().filter_map(|index| Some((Some(index), cause.clone()?)));
                Failure::Shards { status, reason, shards: shards.collect(), caused_by }
            }
            other => other,
        }
    }

    pub(in crate::server) fn status(&self) -> u16 {
        match self {
            Failure::Text { status, .. }
            | Failure::Request { status, .. }
            | Failure::Shards { status, .. } => *status,
        }
    }

    pub(in crate::server) fn body(&self, node: &str) -> String {
        match self {
            Failure::Text { status, text, says_status } => {
                let status =
                    if *says_status { format!(r#","status":{status}"#) } else { String::new() };
                format!(r#"{{"error":{}{status}}}"#, quoted(text))
            }
            Failure::Request { status, cause } => format!(
                r#"{{"error":{{"root_cause":[{{{}}}],{}}},"status":{status}}}"#,
                cause.members(false),
                cause.members(true)
            ),
            Failure::Shards { status, reason, shards, caused_by } => {
                let roots: Vec<String> = shards
                    .iter()
                    .map(|(_, cause)| format!("{{{}}}", cause.members(false)))
                    .collect();
                let shards: Vec<String> =
                    shards.iter().map(|shard| shard_failure(shard, node)).collect();
                let caused_by = caused_by.as_ref().map_or_else(String::new, |cause| {
                    format!(r#","caused_by":{{{}}}"#, cause.members(true))
                });
                format!(
                    r#"{{"error":{{"root_cause":[{}],"type":"search_phase_execution_exception","reason":"{reason}","phase":"query","grouped":true,"failed_shards":[{}]{caused_by}}},"status":{status}}}"#,
                    roots.join(","),
                    shards.join(",")
                )
            }
        }
    }
}

fn shard_failure((index, cause): &(Option<String>, Cause), node: &str) -> String {
    let cause = cause.members(true);
    match index {
        Some(index) => format!(
            r#"{{"shard":0,"index":{},"node":"{node}","reason":{{{cause}}}}}"#,
            quoted(index)
        ),
        None => format!(r#"{{"shard":-1,"index":null,"reason":{{{cause}}}}}"#),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_a_real_server_wrote_them() {
        assert_eq!(
            Cause::parsing("Unknown key for a VALUE_NUMBER in [foo].", (1, 17)).refused().body("n"),
            r#"{"error":{"root_cause":[{"type":"parsing_exception","reason":"Unknown key for a VALUE_NUMBER in [foo].","line":1,"col":17}],"type":"parsing_exception","reason":"Unknown key for a VALUE_NUMBER in [foo].","line":1,"col":17},"status":400}"#
        );
        assert_eq!(
            Failure::no_such_index("nope").body("n"),
            r#"{"error":{"root_cause":[{"type":"index_not_found_exception","reason":"no such index [nope]","resource.type":"index_or_alias","resource.id":"nope","index_uuid":"_na_","index":"nope"}],"type":"index_not_found_exception","reason":"no such index [nope]","resource.type":"index_or_alias","resource.id":"nope","index_uuid":"_na_","index":"nope"},"status":404}"#
        );
        let empty = Failure::Shards {
            status: 503,
            reason: "no nodes to search on",
            shards: Vec::new(),
            caused_by: None,
        };
        assert_eq!(
            empty.body("n"),
            r#"{"error":{"root_cause":[],"type":"search_phase_execution_exception","reason":"no nodes to search on","phase":"query","grouped":true,"failed_shards":[]},"status":503}"#
        );
    }
}
