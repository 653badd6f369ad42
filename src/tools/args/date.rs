//! Dates and times of a period.

use chrono::{Days, Months, NaiveDate, NaiveTime};
use serde_json::Value;

use super::{super::schema::DATE, ArgumentError, value::wrong};

/// What is taken, with an example of each.
const WANTED: &str = "a date like 2026-01-31 or a time like 2026-01-31T14:00:00Z";

/// A date or a time, rewritten as the API reads it. A month stands for its first day, or for its last one where a period ends.
pub(super) fn date(schema: &Value, value: &mut Value, at: &str) -> Result<(), ArgumentError> {
    let ends = schema.get(DATE).is_some_and(|which| which == "end");
    let given = match &*value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        other => return Err(wrong(at, WANTED, other)),
    };
    match read(given.trim(), ends) {
        Some(read) => *value = Value::String(read),
        None => return Err(wrong(at, WANTED, value)),
    }
    Ok(())
}

/// What can be read without doubt: the largest unit comes first.
fn read(given: &str, ends: bool) -> Option<String> {
    if let Some(day) = day(given) {
        return Some(day.to_string());
    }
    if let Ok(first) = NaiveDate::parse_from_str(&format!("{given}-01"), "%Y-%m-%d") {
        let last = || first.checked_add_months(Months::new(1))?.checked_sub_days(Days::new(1));
        return Some(if ends { last()? } else { first }.to_string());
    }
    let (date, time) = given.split_once(['T', 't', ' '])?;
    let date = day(date)?;
    let (time, zone) = match time.find(['Z', 'z', '+', '-']) {
        Some(at) => (time.get(..at)?, offset(time.get(at..)?)?),
        // The API takes a time without a zone for one of UTC.
        None => (time, "Z".to_owned()),
    };
    let forms = ["%H:%M:%S%.f", "%H:%M"];
    let time = forms.iter().find_map(|form| NaiveTime::parse_from_str(time.trim(), form).ok())?;
    Some(format!("{date}T{}{zone}", time.format("%H:%M:%S%.f")))
}

fn day(text: &str) -> Option<NaiveDate> {
    let basic = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    NaiveDate::parse_from_str(text, if basic { "%Y%m%d" } else { "%Y-%m-%d" }).ok()
}

/// An offset with a colon: `+0100` and `+01` are `+01:00`.
fn offset(zone: &str) -> Option<String> {
    let zone = zone.trim();
    if zone.eq_ignore_ascii_case("z") {
        return Some("Z".to_owned());
    }
    let (sign, digits) = zone.split_at_checked(1)?;
    let digits = digits.replacen(':', "", 1);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match digits.len() {
        2 => Some(format!("{sign}{digits}:00")),
        4 => Some(format!("{sign}{}:{}", digits.get(..2)?, digits.get(2..)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_read_without_doubt_is_taken() {
        for (given, start, end) in [
            ("2026-01-31", "2026-01-31", "2026-01-31"),
            ("20261127", "2026-11-27", "2026-11-27"),
            ("2026-01", "2026-01-01", "2026-01-31"),
            ("2028-02", "2028-02-01", "2028-02-29"),
            ("2026-12", "2026-12-01", "2026-12-31"),
            ("2026-01-05T14:00", "2026-01-05T14:00:00Z", "2026-01-05T14:00:00Z"),
            ("2026-01-05 14:00", "2026-01-05T14:00:00Z", "2026-01-05T14:00:00Z"),
            ("2026-01-05t14:00:30.5z", "2026-01-05T14:00:30.500Z", "2026-01-05T14:00:30.500Z"),
            ("2026-01-05T14:00:00+0100", "2026-01-05T14:00:00+01:00", "2026-01-05T14:00:00+01:00"),
            ("2026-01-05T14:00:00-09:30", "2026-01-05T14:00:00-09:30", "2026-01-05T14:00:00-09:30"),
            ("2026-01-05T14:00+01", "2026-01-05T14:00:00+01:00", "2026-01-05T14:00:00+01:00"),
        ] {
            assert_eq!([read(given, false).as_deref(), read(given, true).as_deref()], [Some(start), Some(end)], "{given}");
        }
        for given in
            ["", "January 2026", "-7d", "2026", "2026-13", "2026-02-30", "31.01.2026", "01/02/2026", "2026-01-05T", "2026-01-05T14:00+1"]
        {
            assert_eq!(read(given, false), None, "{given}");
        }
    }
}
