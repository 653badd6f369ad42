//! The times of the API.

use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// From here on a number counts milliseconds: seconds get there in the year 5138.
const MILLISECONDS: i64 = 100_000_000_000;

/// A time of the API: RFC 3339, or the same without a zone, which is UTC.
pub fn instant(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let zoned = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc());
    zoned.or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").map(|time| time.and_utc())).ok()
}

/// Reads a time that may be absent. A number is one since 1970, and becomes a text like all others.
pub(super) fn maybe<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let number = match Value::deserialize(deserializer)? {
        Value::String(text) => match text.trim().parse::<i64>() {
            Ok(number) if number > 99_999_999 => number,
            _ => return Ok(Some(text)),
        },
        #[expect(clippy::cast_possible_truncation, reason = "whole seconds are enough")]
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|number| number as i64)).unwrap_or_default(),
        _ => return Ok(None),
    };
    let seconds = if number >= MILLISECONDS { number / 1_000 } else { number };
    let time = DateTime::from_timestamp(seconds, 0).filter(|_| number != 0);
    Ok(time.map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true)))
}

/// The same where there is always one.
pub(super) fn always<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(maybe(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_time_may_be_a_number() {
        for (given, read) in [
            (json!(1_767_603_600), Some("2026-01-05T09:00:00Z")),
            (json!(1_767_603_600.5), Some("2026-01-05T09:00:00Z")),
            (json!(1_767_603_600_123_i64), Some("2026-01-05T09:00:00Z")),
            (json!("1767603600"), Some("2026-01-05T09:00:00Z")),
            (json!("2026-01-05T09:00:00-08:00"), Some("2026-01-05T09:00:00-08:00")),
            (json!("2026"), Some("2026")),
            (json!(null), None),
            (json!(0), None),
            (json!({}), None),
        ] {
            assert_eq!(maybe(given.clone()).unwrap().as_deref(), read, "{given}");
        }
    }
}
