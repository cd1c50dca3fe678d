//! Questions as JSON: read with a message that says where a mistake is.

use serde::de::{Deserialize, Deserializer, Error};

use super::Question;

/// Version of the form of a question.
pub const VERSION: u32 = 1;

/// A text is no question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a question: {reason}; --print-question of any report prints one")]
pub struct QuestionError {
    /// What is wrong, with line and column.
    reason: String,
}

impl Question {
    /// Reads a question.
    ///
    /// # Errors
    /// If it is no JSON, of another version, or has a member or value that is not
    /// known; the message names line and column.
    pub fn from_json(text: &str) -> Result<Self, QuestionError> {
        serde_json::from_str(text).map_err(|error| QuestionError { reason: error.to_string() })
    }

    /// The question as JSON, indented, that [`from_json`](Self::from_json) reads.
    ///
    /// # Panics
    /// Never: every part of a question has a form in JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a question is texts and numbers")
    }
}

/// Refuses other versions, before anything else is held against the question.
pub(super) fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        VERSION => Ok(VERSION),
        other => Err(D::Error::custom(format!(
            "version {other} of flowkit_question; this flowkit reads version {VERSION}"
        ))),
    }
}
