//! A request apart from its connection: method, path, parameters, body.

use super::failure::Failure;

/// A request, read.
#[derive(Clone, Debug, Default)]
pub(in crate::server) struct Request {
    pub(in crate::server) method: String,
    /// As sent, before the question mark.
    pub(in crate::server) path: String,
    parameters: Vec<(String, String)>,
    /// As sent, if it was.
    pub(in crate::server) content_type: Option<String>,
    pub(in crate::server) body: String,
}

impl Request {
    /// From the request line's target and the body.
    pub(in crate::server) fn new(
        method: &str,
        target: &str,
        content_type: Option<String>,
        body: String,
    ) -> Request {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let parameters = query
            .split('&')
            .filter(|part| !part.is_empty())
            .map(|part| {
                let (name, value) = part.split_once('=').unwrap_or((part, ""));
                (decoded(name), decoded(value))
            })
            .collect();
        Request { method: method.to_owned(), path: path.to_owned(), parameters, content_type, body }
    }

    /// The parts of the path between slashes.
    pub(in crate::server) fn segments(&self) -> Vec<String> {
        self.path.split('/').filter(|part| !part.is_empty()).map(decoded).collect()
    }

    /// The value of a parameter; empty if it stands there without one.
    pub(in crate::server) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .rev()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// A parameter that is true or false; there without a value means true.
    pub(in crate::server) fn flag(&self, name: &str, default: bool) -> Result<bool, Failure> {
        match self.parameter(name) {
            None => Ok(default),
            Some("" | "true") => Ok(true),
            Some("false") => Ok(false),
            Some(other) => Err(Failure::argument(format!(
                "Failed to parse value [{other}] as only [true] or [false] are allowed."
            ))),
        }
    }

    /// Refuses parameters that are not among these.
    pub(in crate::server) fn check_parameters(&self, known: &[&str]) -> Result<(), Failure> {
        let is_known = |name: &str| ALWAYS.contains(&name) || known.contains(&name);
        let mut unknown: Vec<&str> = self
            .parameters
            .iter()
            .map(|(name, _)| name.as_str())
            .filter(|name| !is_known(name))
            .collect();
        unknown.sort_unstable();
        unknown.dedup();
        if unknown.is_empty() {
            return Ok(());
        }
        let plural = if unknown.len() > 1 { "s" } else { "" };
        let path = &self.path;
        let list = unknown.iter().map(|name| format!("[{name}]")).collect::<Vec<_>>().join(", ");
        Err(Failure::argument(format!(
            "request [{path}] contains unrecognized parameter{plural}: {list}"
        )))
    }
}

/// Parameters that every request may have.
const ALWAYS: [&str; 5] = ["filter_path", "pretty", "human", "error_trace", "format"];

/// `%2a` and `+` undone. What is no escape stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escape = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = escape
            .filter(|_| *first == b'%')
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let Some(byte) = byte {
            bytes.push(byte);
            rest = &tail[2..];
        } else {
            bytes.push(if *first == b'+' { b' ' } else { *first });
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets() {
        let request = Request::new(
            "GET",
            "/netflow-%2a/_search?scroll=1m&pretty&q=a%2Cb%",
            None,
            String::new(),
        );
        assert_eq!(request.segments(), ["netflow-*", "_search"]);
        assert_eq!(request.parameter("scroll"), Some("1m"));
        assert_eq!(request.parameter("q"), Some("a,b%"));
        assert!(request.flag("pretty", false).unwrap());
        assert!(request.flag("scroll", false).is_err());
        let body = request.check_parameters(&["scroll"]).unwrap_err().body("");
        assert!(
            body.contains("request [/netflow-%2a/_search] contains unrecognized parameter: [q]")
        );
    }
}
