//! Who was refused, and which privilege is missing, from the words of a refusal.
//!
//! Sources: the reasons of `security_exception` of Elasticsearch 8.19, of the
//! security plugin of `OpenSearch`, and of AWS.

use std::fmt;

use super::{blank, printable};

/// The privilege that a fetch needs on every index.
const READ: &str = "read";

/// A request that a login may not make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// Address without credentials.
    pub url: String,
    /// Method and path, or what was asked for.
    pub request: String,
    /// Who lacks which privilege.
    pub lack: Lack,
    /// The server's words.
    pub reason: String,
}

impl fmt::Display for Denied {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, request, lack, reason } = self;
        write!(
            out,
            "403: {url} forbids {request} to {lack} ({reason}); ask for the right to read the index, or use another login"
        )
    }
}

/// Who lacks which privilege, as far as the server says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lack {
    /// Name of the user.
    pub user: Option<String>,
    /// The missing privilege in words, such as `the index privilege read`.
    pub privilege: Option<String>,
}

impl fmt::Display for Lack {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.user {
            Some(user) => write!(out, "user {user}")?,
            None => write!(out, "this login")?,
        }
        match &self.privilege {
            Some(privilege) => write!(out, ", who lacks {privilege}"),
            None => Ok(()),
        }
    }
}

impl Lack {
    /// Reads the reason of a refusal.
    pub(crate) fn read(reason: &str) -> Self {
        // Before it is cut: a secret may hold a bracket.
        let reason = &*blank(reason);
        let user = between(reason, "user [", ']').or(between(reason, "User [name=", ','));
        // Plain AWS accounts: `User: arn:aws:… is not authorized to perform: es:ESHttpPost`.
        let user = user.or_else(|| between(reason, "User: ", ' '));
        let kinds = [("index privileges [", "index"), ("cluster privileges [", "cluster")];
        let privilege = kinds.iter().find_map(|(mark, kind)| {
            let granting = between(reason, mark, ']')?;
            // The narrowest comes first, but not always: what a fetch reads with is `read`.
            let names: Vec<&str> = granting.split(',').map(str::trim).collect();
            let name = names.iter().find(|name| **name == READ).or(names.first())?;
            Some(format!("the {kind} privilege {name}"))
        });
        let permission = || between(reason, "no permissions for [", ']');
        let action = || between(reason, "not authorized to perform: ", ' ');
        let privilege =
            privilege.or_else(|| Some(format!("the permission {}", permission().or_else(action)?)));
        let safe = |text: String| printable(&text);
        Self { user: user.map(str::to_owned).map(safe), privilege: privilege.map(safe) }
    }
}

/// The text between a mark and the next `end`, or the end of the text.
fn between<'t>(text: &'t str, mark: &str, end: char) -> Option<&'t str> {
    let (_, rest) = text.split_once(mark)?;
    let inside = rest.split(end).next()?;
    (!inside.is_empty()).then_some(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_privilege_are_read_from_the_words_of_each_product() {
        let cases = [
            (
                "action [indices:data/read/search] is unauthorized for user [weak] with effective roles [] on indices [netflow-*], this action is granted by the index privileges [read,all]",
                "user weak, who lacks the index privilege read",
            ),
            (
                "action [indices:monitor/settings/get] is unauthorized for API key id [x] of user [a b], this action is granted by the index privileges [monitor,view_index_metadata,manage,all]",
                "user a b, who lacks the index privilege monitor",
            ),
            (
                "action [cluster:monitor/nodes/info] is unauthorized for user [weak] with effective roles [], this action is granted by the cluster privileges [monitor,manage,all]",
                "user weak, who lacks the cluster privilege monitor",
            ),
            (
                "no permissions for [indices:data/read/search] and User [name=weak, backend_roles=[], requestedTenant=null]",
                "user weak, who lacks the permission indices:data/read/search",
            ),
            (
                "User: anonymous is not authorized to perform: es:ESHttpPost with an explicit deny",
                "user anonymous, who lacks the permission es:ESHttpPost",
            ),
            ("forbidden", "this login"),
            ("user [", "this login"),
        ];
        for (reason, expected) in cases {
            assert_eq!(Lack::read(reason).to_string(), expected, "{reason}");
        }
    }
}
