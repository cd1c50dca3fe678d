//! Which flows a question is about, and what is done to them before they are
//! counted.

use serde::{Deserialize, Deserializer, Serialize};

use super::Clock;
use crate::window::Typed;

/// The flows of a question. The default is every flow, as it was exported.
///
/// # Order
/// Equal flows are deduplicated, then times are repaired, counters scaled, and
/// the filter and the window applied; flows that do not match are in no sum and
/// no count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "the flows of a question: an object")]
pub struct Flows {
    /// Only flows that match this filter, in the language of
    /// [`filter`](crate::filter); it cannot read files (`@include`, lists).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// The filter as typed, if that reads files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_typed: Option<String>,
    /// Only flows of this window, as it was typed; `last` is relative to the end of the
    /// sources.
    #[serde(skip_serializing_if = "is_open", deserialize_with = "window")]
    pub window: Typed,
    /// The time of a flow that the window and keys of time use.
    #[serde(skip_serializing_if = "Clock::is_export")]
    pub time: Clock,
    /// Time zone of the times in filter and window, and of day boundaries: an
    /// IANA name or an offset such as `+09:00`.
    pub zone: String,
    /// Subtract the second that Logstash 7 and later do not borrow, and correct
    /// the wraps of the uptime that no version detects.
    #[serde(skip_serializing_if = "is_false")]
    pub repair_times: bool,
    /// Multiply bytes and packets by the sampling interval of their flow.
    #[serde(skip_serializing_if = "is_false")]
    pub scale_sampling: bool,
    /// Deduplicate: keep one of the flows that are equal in every field.
    #[serde(rename = "dedupe", skip_serializing_if = "is_false")]
    pub deduplicate: bool,
}

impl Default for Flows {
    fn default() -> Self {
        Self {
            filter: None,
            filter_typed: None,
            window: Typed::default(),
            time: Clock::default(),
            zone: "UTC".into(),
            repair_times: false,
            scale_sampling: false,
            deduplicate: false,
        }
    }
}

impl Flows {
    /// The filter as it is shown to people.
    #[must_use]
    pub fn filter_shown(&self) -> Option<&str> {
        self.filter_typed.as_deref().or(self.filter.as_deref())
    }

    /// Whether there is a filter or a window.
    #[must_use]
    pub fn is_selective(&self) -> bool {
        self.filter.is_some() || self.has_window()
    }

    /// Whether there is a window.
    #[must_use]
    pub fn has_window(&self) -> bool {
        self.window != Typed::default()
    }
}

/// Parses a window. An unknown field is ignored in a manifest, but an error in a
/// question.
fn window<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Typed, D::Error> {
    #[derive(Default, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Window {
        from: Option<String>,
        to: Option<String>,
        last: Option<String>,
        day: Option<String>,
    }
    let Window { from, to, last, day } = Window::deserialize(deserializer)?;
    Ok(Typed { from, to, last, day })
}

fn is_open(window: &Typed) -> bool {
    *window == Typed::default()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_false(flag: &bool) -> bool {
    !flag
}
