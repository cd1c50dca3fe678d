//! The time of day, for the manifest.

use flowkit_model::window::rfc3339;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The current time, RFC 3339 with milliseconds.
pub(crate) fn now() -> String {
    rfc3339(Timestamp::now().as_millisecond(), &TimeZone::UTC)
}
