//! Questions as JSON, with error messages that name the position.

use serde::de::{Deserialize, Deserializer, Error};

use super::Question;

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
        serde_json::from_str(text).map_err(|error| QuestionError { reason: error.to_string() })
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

/// Rejects other versions, before other errors are reported.
pub(super) fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        VERSION => Ok(VERSION),
        other => Err(D::Error::custom(format!(
            "version {other} of flowkit_question; this flowkit reads version {VERSION}"
        ))),
    }
}
