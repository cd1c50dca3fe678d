//! JSON over several lines, indented as `?pretty` asks for it.

/// JSON indented by two spaces a level, its values unchanged.
pub(in crate::server) fn pretty(json: &str) -> String {
    let mut text = String::with_capacity(json.len() * 2);
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    let mut characters = json.chars().peekable();
    let newline = |text: &mut String, depth: usize| {
        text.push('\n');
        text.extend(std::iter::repeat_n("  ", depth));
    };
    while let Some(character) = characters.next() {
        if in_string {
            text.push(character);
            in_string = escaped || character != '"';
            escaped = character == '\\' && !escaped;
            continue;
        }
        match character {
            '{' | '[' => {
                text.push(character);
                if let Some(close @ ('}' | ']')) = characters.peek().copied() {
                    text.push_str(if close == '}' { " }" } else { " ]" });
                    characters.next();
                } else {
                    depth += 1;
                    newline(&mut text, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                newline(&mut text, depth);
                text.push(character);
            }
            ',' => {
                text.push(',');
                newline(&mut text, depth);
            }
            ':' => text.push_str(" : "),
            _ if character.is_ascii_whitespace() => {}
            _ => {
                in_string = character == '"';
                text.push(character);
            }
        }
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pretty_is_as_elasticsearch_indents() {
        let expected = "{\n  \"a\" : [\n    1,\n    \"x,y\\\"z\"\n  ],\n  \"b\" : { }\n}\n";
        assert_eq!(pretty(r#"{"a": [1,"x,y\"z"],"b":{}}"#), expected);
    }
}
