//! JSON as tests write it: members in any order, in the styles of the programs
//! that print it.

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    /// A number, a boolean or null, as it is written.
    Raw(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// How values are laid out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    /// What a level is indented by; `None` keeps a value on one line.
    pub(super) indent: Option<&'static str>,
    /// Between key and value.
    pub(super) colon: &'static str,
    /// Between members of a value on one line.
    pub(super) comma: &'static str,
    /// Letters beyond ASCII are escaped, and slashes too.
    pub(super) is_ascii: bool,
}

/// Nothing but what must be there.
pub(super) const COMPACT: Style = Style { indent: None, colon: ":", comma: ",", is_ascii: false };

impl Json {
    pub(super) fn number(value: impl std::fmt::Display) -> Self {
        Self::Raw(format!("{value}"))
    }

    pub(super) fn text(value: impl Into<String>) -> Self {
        Self::Text(value.into())
    }

    /// An object of members in this order.
    pub(super) fn object<const N: usize>(members: [(&str, Self); N]) -> Self {
        Self::Object(members.map(|(key, value)| (key.to_owned(), value)).into())
    }

    /// The value in a style.
    pub(super) fn written(&self, style: Style) -> String {
        let mut out = String::new();
        self.write(style, 0, &mut out);
        out
    }

    fn write(&self, style: Style, depth: usize, out: &mut String) {
        match self {
            Self::Raw(raw) => out.push_str(raw),
            Self::Text(text) => quote(text, style.is_ascii, out),
            Self::List(items) => surround("[", "]", items, style, depth, out, |item, out| {
                item.write(style, depth + 1, out);
            }),
            Self::Object(members) => {
                surround("{", "}", members, style, depth, out, |(key, value), out| {
                    quote(key, style.is_ascii, out);
                    out.push_str(style.colon);
                    value.write(style, depth + 1, out);
                });
            }
        }
    }
}

fn surround<T>(
    open: &str,
    close: &str,
    items: &[T],
    style: Style,
    depth: usize,
    out: &mut String,
    write: impl Fn(&T, &mut String),
) {
    let line = |depth: usize, out: &mut String| {
        if let Some(indent) = style.indent {
            out.push('\n');
            out.push_str(&indent.repeat(depth));
        }
    };
    out.push_str(open);
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            out.push_str(if style.indent.is_some() { "," } else { style.comma });
        }
        line(depth + 1, out);
        write(item, out);
    }
    if !items.is_empty() {
        line(depth, out);
    }
    out.push_str(close);
}

/// A text in quotes, with what must be escaped, or all that can be.
fn quote(text: &str, is_ascii: bool, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            '/' if is_ascii => out.push_str("\\/"),
            '\0'..'\x20' => out.push_str(&escape(u32::from(letter))),
            _ if is_ascii && !letter.is_ascii() => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    out.push_str(&escape((*unit).into()));
                }
            }
            _ => out.push(letter),
        }
    }
    out.push('"');
}

fn escape(unit: u32) -> String {
    format!("\\u{unit:04x}")
}
