//! Questions as JSON, with error messages that name the position.

use serde::de::{Deserialize, Deserializer, Error};

use super::{Question, Report};

/// Version of the JSON format of questions.
pub const VERSION: u32 = 1;

/// A text is not a valid question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a question: {reason}; --print-question of any report prints one")]
pub struct QuestionError {
    /// What is wrong, with line and column.
    reason: String,
}

impl Question {
    /// Parses a question.
    ///
    /// # Errors
    /// If it is not JSON, has another version, or an unknown field or value; the
    /// message names line and column.
    pub fn from_json(text: &str) -> Result<Self, QuestionError> {
        let wrong = |reason: String| QuestionError { reason };
        let question: Self =
            serde_json::from_str(text).map_err(|error| wrong(in_words(&error.to_string())))?;
        match &question.report {
            Report::Diff(diff) if diff.windows.is_some() && question.flows.has_window() => Err(
                wrong("`windows` of diff are its windows; leave out `window` of `flows`".into()),
            ),
            _ => Ok(question),
        }
    }

    /// The question as JSON, indented, that [`from_json`](Self::from_json) reads.
    ///
    /// # Panics
    /// Never: every part of a question can be written as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a question is texts and numbers")
    }
}

/// What a parser says of numbers, without the names of types.
fn in_words(reason: &str) -> String {
    ["usize", "u64", "u32"].iter().fold(reason.to_owned(), |reason, name| {
        reason.replace(&format!("expected {name}"), "expected a whole number, 0 or more")
    })
}

/// Rejects other versions, before other errors are reported.
pub(super) fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        VERSION => Ok(VERSION),
        other => Err(D::Error::custom(format!(
            "version {other} of flowkit_question; this flowkit reads version {VERSION}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(report: &str, flows: &str) -> String {
        let text = format!(r#"{{"flowkit_question": 1, "report": {report}, "flows": {flows}}}"#);
        Question::from_json(&text).map_or_else(|error| error.to_string(), |_| String::new())
    }

    #[test]
    fn a_diff_of_windows_has_no_other_window() {
        let sides = r#"{"diff": {"by": ["dst_port"], "windows": ["2018-09-20", "2018-09-21"]}}"#;
        let told = wrong(sides, r#"{"window": {"day": "2018-09-20"}}"#);
        assert!(told.contains("leave out `window` of `flows`"), "{told}");
        assert_eq!(wrong(sides, "{}"), "");
        let sources = r#"{"diff": {"by": ["dst_port"]}}"#;
        assert_eq!(wrong(sources, r#"{"window": {"day": "2018-09-20"}}"#), "");
    }

    #[test]
    fn a_number_below_zero_is_told_in_words() {
        let told = wrong(r#"{"exporters": {"limit": -1}}"#, "{}");
        assert!(told.contains("integer `-1`, expected a whole number, 0 or more"), "{told}");
        let told = wrong(r#"{"scans": {"min_targets": "x"}}"#, "{}");
        assert!(told.contains("expected a whole number, 0 or more"), "{told}");
    }
}
