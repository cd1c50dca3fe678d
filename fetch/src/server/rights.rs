//! Rights of the login: which privilege it lacks to read an index pattern.
//!
//! A server that hides what a login may not see answers a pattern with an empty
//! list and status 200, which looks like a pattern that matches nothing. So the
//! login's privileges are asked for before that is believed.
//!
//! Sources: Elasticsearch reference, "Has privileges" (any login may ask it about
//! itself, since 6.4); the reasons of `security_exception` of Elasticsearch 8.19
//! and of the security plugin of `OpenSearch`.

use serde_json::{Value, json};

use crate::error::{Lack, printable};
use crate::server::{Call, Server};

/// The privilege that a fetch needs on every index.
const READ: &str = "read";

/// What the login lacks to read all of a pattern; `None` if it lacks nothing, or
/// the server does not say.
pub(crate) fn lacking<S: Server>(server: &S, pattern: &str) -> Option<Lack> {
    let names: Vec<&str> = pattern.split(',').filter(|name| !name.starts_with('-')).collect();
    let question = json!({"index": [{"names": names, "privileges": [READ]}]});
    let (call, mut body) = (Call::post("/_security/user/_has_privileges", &question), Vec::new());
    // Best effort: a server without security refuses or does not know the path.
    if !matches!(server.send(&call, &mut body), Ok(200)) {
        return None;
    }
    let answer: Value = serde_json::from_slice(&body).ok()?;
    let is_lacking = |name: &&&str| answer["index"][**name][READ] == false;
    let lacking: Vec<&str> = names.iter().filter(is_lacking).copied().collect();
    if lacking.is_empty() {
        return None;
    }
    let privilege = printable(&format!("the index privilege {READ} on {}", lacking.join(",")));
    Some(Lack { user: answer["username"].as_str().map(printable), privilege: Some(privilege) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::scripted::ScriptedServer;

    #[test]
    fn what_a_login_lacks_is_asked_of_the_server() {
        let lacks = r#"{"username":"weak","has_all_requested":false,"cluster":{},"index":{"netflow-*":{"read":false},"a":{"read":true}},"application":{}}"#;
        for (status, answer, expected) in [
            (200, lacks, Some("user weak, who lacks the index privilege read on netflow-*")),
            (200, r#"{"username":"boss","index":{"netflow-*":{"read":true}}}"#, None),
            (400, r#"{"error":"no handler found"}"#, None),
            (200, "<html>", None),
        ] {
            let script = ScriptedServer::new(vec![(status, answer.to_owned())]);
            let found = lacking(&script, "netflow-*,a,-b").map(|lack| lack.to_string());
            assert_eq!(found.as_deref(), expected);
            assert!(script.calls()[0].contains(r#""names":["netflow-*","a"]"#));
        }
    }
}
