//! Numbers and lengths of time as people type them, with their units.

/// `443` or `0x1bb`: a number without a unit.
pub(super) fn plain(text: &str) -> Option<u64> {
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return u64::from_str_radix(digits, 16).ok();
    }
    let all_digits = text.bytes().all(|digit| digit.is_ascii_digit());
    all_digits.then(|| text.parse().ok())?
}

/// `443`, `0x1bb`, `10k`, `1.5M`: k, m, g and t are 10³ to 10¹².
#[must_use]
pub fn number(text: &str) -> Option<u64> {
    if let Some(value) = plain(text) {
        return Some(value);
    }
    let unit = match text.bytes().last()?.to_ascii_lowercase() {
        b'k' => 1_000,
        b'm' => 1_000_000,
        b'g' => 1_000_000_000,
        b't' => 1_000_000_000_000_u64,
        _ => return None,
    };
    let digits = &text[..text.len() - 1];
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(decimals) || decimals.len() > 12 {
        return None;
    }
    let mut value = whole.parse::<u64>().ok()?.checked_mul(unit)?;
    let mut place = unit;
    for digit in decimals.bytes() {
        place /= 10;
        value = value.checked_add(u64::from(digit - b'0') * place)?;
    }
    Some(value)
}

/// Units of time in ms, largest first.
const UNITS_MS: [(&str, u64); 7] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("min", 60_000),
    ("m", 60_000),
    ("sec", 1_000),
    ("s", 1_000),
    ("ms", 1),
];

/// A length of time in ms: `10s`, `10m`, `1h30m`, `500ms`, `1.5s`, or a number of
/// ms alone, as nfdump has it.
///
/// Units are d, h, m, s and ms, larger ones first; the last part may have decimals,
/// as long as the whole is a whole number of ms.
#[must_use]
pub fn length_ms(text: &str) -> Option<u64> {
    if let Some(ms) = plain(text) {
        return Some(ms);
    }
    let (mut rest, mut sum_ms, mut last_ms) = (text, 0_u64, u64::MAX);
    loop {
        let digits = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
        let (number, behind) = rest.split_at(digits);
        let letters = behind.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, next) = behind.split_at(letters);
        let (_, unit_ms) = UNITS_MS.into_iter().find(|(name, _)| *name == unit)?;
        if unit_ms >= last_ms || (number.contains('.') && !next.is_empty()) {
            return None;
        }
        sum_ms = sum_ms.checked_add(times(number, unit_ms)?)?;
        if next.is_empty() {
            return Some(sum_ms);
        }
        (rest, last_ms) = (next, unit_ms);
    }
}

/// A number with decimals times a unit, if that is a whole number.
fn times(number: &str, unit: u64) -> Option<u64> {
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    if whole.is_empty() || decimals.is_empty() || decimals.len() > 12 {
        return None;
    }
    let ten_to = 10_u128.pow(u32::try_from(decimals.len()).ok()?);
    let part = decimals.parse::<u128>().ok()? * u128::from(unit);
    if part % ten_to != 0 {
        return None;
    }
    let part = u64::try_from(part / ten_to).ok()?;
    whole.parse::<u64>().ok()?.checked_mul(unit)?.checked_add(part)
}

/// What was meant by a text that is no length of time.
#[must_use]
pub fn not_a_length(text: &str) -> Option<String> {
    let joined: String = text.split_whitespace().collect();
    if length_ms(&joined).is_some() {
        return Some(format!("did you mean {joined}?"));
    }
    let lower = joined.to_ascii_lowercase();
    if joined.ends_with('M') && number(&joined).is_some() {
        return Some(format!(
            "did you mean {lower} (minutes), or {} (milliseconds)?",
            number(&joined)?
        ));
    }
    if length_ms(&lower).is_some() {
        return Some(format!("did you mean {lower}?"));
    }
    if let Some(ms) = number(&joined) {
        return Some(format!("k, M, G and T count no time: did you mean {ms} (milliseconds)?"));
    }
    let starts_as_number = lower.starts_with(|first: char| first.is_ascii_digit());
    starts_as_number
        .then(|| "it is a whole number of milliseconds; units are d, h, m, s and ms".into())
}

/// What was meant by a text that is no amount.
#[must_use]
pub fn not_a_number(text: &str) -> Option<String> {
    let digits = text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    let (number, unit) = text.split_at(digits);
    if number.is_empty() {
        return None;
    }
    let unit = unit.trim_start().to_ascii_lowercase();
    match unit.bytes().next() {
        None => Some("it is a whole number".into()),
        Some(letter @ (b'k' | b'm' | b'g' | b't')) if is_amount(&unit) => {
            let letter = if letter == b'k' { 'k' } else { char::from(letter).to_ascii_uppercase() };
            Some(format!("did you mean {number}{letter}? k, M, G and T are powers of 1000"))
        }
        Some(_) if is_amount(&unit) => Some(format!("did you mean {number}?")),
        Some(_) if length_ms(&text.to_ascii_lowercase()).is_some() => {
            Some("only duration is compared with a length of time".into())
        }
        Some(_) => None,
    }
}

/// `kb`, `mib`, `gbit`, `kbps`, `b`.
pub(super) fn is_amount(unit: &str) -> bool {
    let rest = unit.trim_start_matches(['k', 'm', 'g', 't']).trim_start_matches('i');
    ["", "b", "bit", "bits", "byte", "bytes", "bps", "bit/s", "b/s"].contains(&rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_decimal_units() {
        for (text, expected) in [
            ("0", Some(0)),
            ("10k", Some(10_000)),
            ("1.5M", Some(1_500_000)),
            ("2g", Some(2_000_000_000)),
            ("1T", Some(1_000_000_000_000)),
            ("0x1bb", Some(443)),
            ("1.0001k", Some(1_000)),
            ("1.5", None),
            ("k", None),
            ("", None),
            ("-1", None),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("99999999999t", None),
            ("1é", None),
        ] {
            assert_eq!(number(text), expected, "{text}");
        }
    }

    #[test]
    fn lengths_of_time_have_units_or_are_milliseconds() {
        for (text, expected) in [
            ("10m", Some(600_000)),
            ("10min", Some(600_000)),
            ("10s", Some(10_000)),
            ("10sec", Some(10_000)),
            ("1h30m", Some(5_400_000)),
            ("1h30m15s20ms", Some(5_415_020)),
            ("1h1ms", Some(3_600_001)),
            ("500ms", Some(500)),
            ("1.5s", Some(1_500)),
            ("1m0.25s", Some(60_250)),
            ("0.5h", Some(1_800_000)),
            ("2d", Some(172_800_000)),
            ("1500", Some(1_500)),
            ("0x10", Some(16)),
            ("0s", Some(0)),
            // Not whole milliseconds.
            ("1.5ms", None),
            ("0.0001s", None),
            ("1.5", None),
            // No unit of time, units out of order or twice, decimals in the middle.
            ("10k", None),
            ("10M", None),
            ("30m1h", None),
            ("1m1m", None),
            ("1m1min", None),
            ("1.5h30m", None),
            ("1h30", None),
            ("h", None),
            ("1.s", None),
            (".5s", None),
            ("1..5s", None),
            ("", None),
            ("-1s", None),
            ("1és", None),
            ("99999999999999999999s", None),
            ("213503982335d", None),
        ] {
            assert_eq!(length_ms(text), expected, "{text}");
        }
    }
}
