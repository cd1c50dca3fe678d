//! The members of a document as a list of paths, and how their values are
//! written: numbers as texts, times with other digits.

use flowkit_model::address::Address;

use super::json::Json;
use crate::random::Random;

/// A value, before it is decided how it is written.
#[derive(Clone, Debug)]
pub(super) enum Leaf {
    Number(u64),
    /// Milliseconds since 1970, where the pipeline writes a date.
    Time(u64),
    /// Something that has one form only.
    Fixed(Json),
    /// An unknown one.
    Unknown,
}

/// Members of one document, by path.
#[derive(Debug, Default)]
pub(super) struct Members(pub(super) Vec<(String, Leaf)>);

impl Members {
    pub(super) fn push(&mut self, path: &str, leaf: Leaf) {
        self.0.push((path.into(), leaf));
    }

    pub(super) fn number<T: Into<u64>>(&mut self, path: &str, value: Option<T>) {
        self.push(path, value.map_or(Leaf::Unknown, |value| Leaf::Number(value.into())));
    }

    pub(super) fn time(&mut self, path: &str, ms: Option<u64>) {
        self.push(path, ms.map_or(Leaf::Unknown, Leaf::Time));
    }

    pub(super) fn text(&mut self, path: &str, text: Option<impl Into<String>>) {
        self.push(path, text.map_or(Leaf::Unknown, |text| Leaf::Fixed(Json::text(text))));
    }

    pub(super) fn address(&mut self, path: &str, address: Option<Address>) {
        self.text(path, address.map(|address| address.to_string()));
    }

    /// A member that says nothing of the flow.
    pub(super) fn aside(&mut self, path: &str, text: &str) {
        self.text(path, Some(text));
    }
}

/// How numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Numbers {
    Plain,
    Text,
    Mixed,
    /// As a program writes them that has only floats.
    Float,
}

/// The ways to write numbers.
pub(super) const NUMBERS: &[(&str, Numbers)] = &[
    ("numbers", Numbers::Plain),
    ("numbers as texts", Numbers::Text),
    ("numbers and texts", Numbers::Mixed),
    ("numbers with .0", Numbers::Float),
];

/// How dates are written, from milliseconds.
pub(super) type Dates = fn(u64) -> Json;

/// The ways to write dates.
pub(super) const DATES: &[(&str, Dates)] = &[
    ("dates", |ms| Json::text(format!("{}Z", date(ms, 'T')))),
    // Logstash 8: below a millisecond, which is cut.
    ("dates with microseconds", |ms| Json::text(format!("{}456Z", date(ms, 'T')))),
    ("dates with nanoseconds", |ms| Json::text(format!("{}456789Z", date(ms, 'T')))),
    ("dates with an offset", |ms| Json::text(format!("{}+02:00", date(ms + 7_200_000, 'T')))),
    ("dates with a blank", |ms| Json::text(format!("{}+00", date(ms, ' ')))),
    ("dates as milliseconds", |ms| Json::number(ms)),
    ("dates as a text of milliseconds", |ms| Json::text(ms.to_string())),
];

/// What stands for an unknown value.
pub(super) const GAPS: &[(&str, Gaps)] = &[
    ("all fields known", Gaps::None),
    ("unknown fields missing", Gaps::Missing),
    ("unknown fields null", Gaps::Null),
];

/// How unknown values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gaps {
    None,
    Missing,
    Null,
}

/// A time as `2018-09-21T10:00:00.123`, in UTC.
pub(super) fn date(ms: u64, between: char) -> String {
    let (days, of_day) = (ms / 86_400_000, ms % 86_400_000);
    // 2018-09-21 is day 17795; the tests stay within some months around it.
    let (mut year, mut day) = (2018, days - 17_532);
    while day >= length_of(year) {
        day -= length_of(year);
        year += 1;
    }
    let mut month = 1;
    for length in [31, length_of(year) - 337, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if day < length {
            break;
        }
        day -= length;
        month += 1;
    }
    let (hours, minutes) = (of_day / 3_600_000, of_day / 60_000 % 60);
    let (seconds, ms) = (of_day / 1000 % 60, of_day % 1000);
    let day = day + 1;
    format!("{year}-{month:02}-{day:02}{between}{hours:02}:{minutes:02}:{seconds:02}.{ms:03}")
}

fn length_of(year: u64) -> u64 {
    if year.is_multiple_of(4) { 366 } else { 365 }
}

/// The members with their values written.
pub(super) fn written(
    members: Members,
    (numbers, dates, gaps): (Numbers, Dates, Gaps),
    random: &mut Random,
) -> Vec<(String, Json)> {
    let write = |(path, leaf)| {
        let value = match leaf {
            Leaf::Number(number) => match numbers {
                Numbers::Text => Json::text(number.to_string()),
                Numbers::Mixed if random.below(2) == 0 => Json::text(number.to_string()),
                // Such a program has lost the last digits of larger ones.
                Numbers::Float if number < 1 << 53 => Json::number(format!("{number}.0")),
                _ => Json::number(number),
            },
            Leaf::Time(ms) => dates(ms),
            Leaf::Fixed(json) => json,
            Leaf::Unknown if gaps == Gaps::Null => Json::number("null"),
            Leaf::Unknown => return None,
        };
        Some((path, value))
    };
    members.0.into_iter().filter_map(write).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By `date -u -d @1537524000.123` and the like.
    #[test]
    fn dates_are_those_of_the_calendar() {
        for (ms, expected) in [
            (1_537_524_000_123, "2018-09-21T10:00:00.123"),
            (1_514_764_800_000, "2018-01-01T00:00:00.000"),
            (1_546_300_799_999, "2018-12-31T23:59:59.999"),
            (1_551_398_400_000, "2019-03-01T00:00:00.000"),
            (1_582_934_400_000, "2020-02-29T00:00:00.000"),
        ] {
            assert_eq!(date(ms, 'T'), expected);
        }
    }
}
