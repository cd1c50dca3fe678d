//! How many cursors a server allows. A cursor takes one search context on each
//! shard; their number is limited per node.

use serde_json::Value;

use crate::error::FetchError;
use crate::server::product::PitApi;
use crate::server::{Call, Server};

/// Default limit of scroll contexts per node.
const DEFAULT_SCROLLS: u64 = 500;
/// Default limit of points in time per `OpenSearch` node.
const DEFAULT_PITS: u64 = 300;

/// Search contexts of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Maximum number of open contexts.
    pub(crate) limit: u64,
    /// Contexts open now, on the node that has most.
    pub(crate) open: u64,
}

impl Limits {
    /// Asks the server; a limit that it does not return has the default.
    pub(crate) fn read<S: Server>(server: &S, pit: Option<PitApi>) -> Result<Self, FetchError> {
        let (setting, usual) = match pit {
            Some(PitApi::OpenSearch) => ("max_open_pit_context", DEFAULT_PITS),
            _ => ("max_open_scroll_context", DEFAULT_SCROLLS),
        };
        let settings = get(
            server,
            &format!("/_cluster/settings?include_defaults=true&filter_path=*.search.{setting}"),
        )?;
        let of = |level: &str| number(&settings[level]["search"][setting]);
        // Elasticsearch 6 has no limit, which is the largest number there.
        let limit = of("transient").or(of("persistent")).or(of("defaults")).unwrap_or(usual);
        let stats = get(
            server,
            "/_nodes/stats/indices/search?filter_path=nodes.*.indices.search.open_contexts",
        )?;
        let nodes = stats["nodes"].as_object();
        let open = nodes
            .into_iter()
            .flat_map(|nodes| nodes.values())
            .filter_map(|node| node["indices"]["search"]["open_contexts"].as_u64());
        Ok(Self { limit, open: open.max().unwrap_or(0) })
    }

    /// How many parts, of `shards` shards each, can be fetched at a time; at
    /// least one.
    pub(crate) fn jobs(&self, shards: u64) -> usize {
        let room = self.limit.saturating_sub(self.open);
        usize::try_from(room / shards.max(1)).unwrap_or(usize::MAX).max(1)
    }
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn get<S: Server>(server: &S, path: &str) -> Result<Value, FetchError> {
    let mut body = Vec::new();
    Ok(match server.send(&Call::get(path), &mut body)? {
        200 => serde_json::from_slice(&body).unwrap_or_default(),
        _ => Value::Null,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::scripted::ScriptedServer;

    fn check(answers: [(u16, &str); 2], limit: u64, open: u64) -> Limits {
        let script =
            ScriptedServer::new(answers.iter().map(|(s, t)| (*s, (*t).to_owned())).collect());
        let limits = Limits::read(&script, None).unwrap();
        assert_eq!(limits, Limits { limit, open });
        limits
    }

    #[test]
    fn what_is_open_counts_against_what_is_allowed() {
        let settings = r#"{"transient":{"search":{"max_open_scroll_context":"10"}},"defaults":{"search":{"max_open_scroll_context":"500"}}}"#;
        let stats = r#"{"nodes":{"a":{"indices":{"search":{"open_contexts":1}}},"b":{"indices":{"search":{"open_contexts":4}}}}}"#;
        let limits = check([(200, settings), (200, stats)], 10, 4);
        assert_eq!((limits.jobs(2), limits.jobs(5), limits.jobs(7)), (3, 1, 1));
        check([(403, "{}"), (404, "x")], DEFAULT_SCROLLS, 0);
        check([(200, "{}"), (200, "{}")], DEFAULT_SCROLLS, 0);
    }
}
