//! Blanks the secrets that were sent, in whatever a server says.
//!
//! A server, a proxy or a page of errors may repeat the request that it refuses. Every
//! text of a server goes through [`printable`](super::printable) before it is told or
//! saved, and that through here, so that no place can forget it. Secrets are kept for
//! the whole process: a secret of one client is none to be shown by another.

use std::borrow::Cow;
use std::sync::{PoisonError, RwLock};

use serde_json::Value;

/// What stands in place of a secret.
const BLANK: &str = "***";
/// Shorter secrets are in every text.
const SHORTEST: usize = 4;
/// Shorter secrets may be a part of other words, and are blanked where they stand alone.
const SHORT: usize = 8;

/// The forms of all secrets that were sent, in lower case, the longest first.
static SENT: RwLock<Vec<String>> = RwLock::new(Vec::new());

/// Takes note of what an `Authorization` header holds.
pub(crate) fn remember(authorization: &str) {
    let mut sent = SENT.write().unwrap_or_else(PoisonError::into_inner);
    for form in forms(authorization) {
        if form.len() >= SHORTEST && !sent.contains(&form) {
            sent.push(form);
        }
    }
    sent.sort_by_key(|form| std::cmp::Reverse(form.len()));
}

/// A text without the secrets that were sent.
pub(crate) fn blank(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for form in SENT.read().unwrap_or_else(PoisonError::into_inner).iter() {
        if let Some(without) = replaced(&text, form) {
            text = Cow::Owned(without);
        }
    }
    text
}

/// A text with a form blanked; none if it is not in there.
fn replaced(text: &str, form: &str) -> Option<String> {
    // Lower case in ASCII alone, so that both texts have the same positions.
    let lower = text.to_ascii_lowercase();
    let is_word = |start: usize, end: usize| {
        let before = text[..start].chars().next_back();
        let after = text[end..].chars().next();
        ![before, after].into_iter().flatten().any(char::is_alphanumeric)
    };
    let (mut without, mut done) = (String::new(), 0);
    for (start, _) in lower.match_indices(form) {
        let end = start + form.len();
        if form.len() >= SHORT || is_word(start, end) {
            without.push_str(&text[done..start]);
            without.push_str(BLANK);
            done = end;
        }
    }
    (done > 0).then(|| without + &text[done..])
}

/// The secret of a header as it is and decoded, what follows its colon, and all of
/// them as they stand in addresses, JSON and HTML.
fn forms(authorization: &str) -> Vec<String> {
    let (_, sent) = authorization.split_once(' ').unwrap_or_default();
    let mut plain = vec![sent.to_owned(), sent.trim_end_matches('=').to_owned()];
    plain.push(plain[1].replace('+', "-").replace('/', "_"));
    if let Some(pair) = decoded(sent) {
        plain.extend(pair.split_once(':').map(|(_, secret)| secret.to_owned()));
        plain.push(pair);
    }
    let in_all = plain.iter().flat_map(|text| {
        let json = Value::from(text.as_str()).to_string();
        let html = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        [text.clone(), percent_encoded(text), json[1..json.len() - 1].to_owned(), html]
    });
    in_all.map(|form| form.to_ascii_lowercase()).collect()
}

fn percent_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02x}"),
    };
    text.bytes().map(encode).collect()
}

/// The text of base 64; none if it is none.
fn decoded(text: &str) -> Option<String> {
    let (mut bits, mut n_bits, mut bytes) = (0_u32, 0, Vec::new());
    for letter in text.trim_end_matches('=').bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits & 0xff) << 6 | u32::from(value);
        n_bits += 6;
        if n_bits >= 8 {
            n_bits -= 8;
            bytes.push(u8::try_from(bits >> n_bits & 0xff).unwrap_or_default());
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::printable;
    use crate::server::credentials::Credentials;

    /// What a server may make of a request, for each kind of credentials.
    #[test]
    fn no_form_of_a_secret_is_shown() {
        let password = "Zq8 \"<%s&3cr3t";
        let basic = Credentials::Basic { user: "bob".to_owned(), password: password.to_owned() };
        let encoded = "Ym9iOlpxOCAiPCVzJjNjcjN0";
        assert_eq!(basic.authorization().unwrap(), format!("Basic {encoded}"));
        let key = Credentials::ApiKey("k3yId:k3yS3cr3t".to_owned());
        let coded = Credentials::ApiKey("azN5SWQyOmszeVMzY3IzdDI=".to_owned());
        let token = Credentials::Bearer("t0k.3n-of+the/day==".to_owned());
        for credentials in [basic, key, coded, token] {
            remember(&credentials.authorization().unwrap());
        }
        for (text, expected) in [
            (
                format!("bad header Basic {encoded} = bob:{password}!"),
                "bad header Basic *** = ***!",
            ),
            (format!("password={password}"), "password=***"),
            (format!("BASIC {}", encoded.to_uppercase()), "BASIC ***"),
            ("{\"p\":\"Zq8 \\\"<%s&3cr3t\"}".to_owned(), "{\"p\":\"***\"}"),
            ("<b>Zq8 \"&lt;%s&amp;3cr3t</b>".to_owned(), "<b>***</b>"),
            ("?a=bob%3AZq8%20%22%3C%25s%263cr3t&b".to_owned(), "?a=***&b"),
            ("x k3yId:k3yS3cr3t k3yS3cr3t azN5SWQ6azN5UzNjcjN0".to_owned(), "x *** *** ***"),
            ("x k3yId2:k3yS3cr3t2 azN5SWQyOmszeVMzY3IzdDI".to_owned(), "x *** ***"),
            ("auth=Bearer%20t0k.3n-of%2Bthe%2Fday%3D%3D".to_owned(), "auth=Bearer%20***"),
            ("of bob, whose login is unknown".to_owned(), "of bob, whose login is unknown"),
        ] {
            assert_eq!(printable(&text), expected, "{text}");
        }
        // What is cut off is blanked before.
        let long = printable(&format!("{} {password}", "x".repeat(295)));
        assert!(!long.contains("Zq8"), "{long}");
    }

    /// A password that is an ordinary word does not make messages unreadable.
    #[test]
    fn a_short_secret_is_blanked_where_it_stands_alone() {
        remember(&format!("Bearer {}", "wxq"));
        remember(&format!("Bearer {}", "vexed"));
        assert_eq!(printable("wxq vexed, unvexed, (vexed)"), "wxq ***, unvexed, (***)");
    }
}
