//! Links that the API hands out: what is one, and when signed ones stop working.

use std::borrow::Cow;

use chrono::{DateTime, Duration, NaiveDateTime, SecondsFormat, Utc};
use serde_json::Value;
use url::Url;

use crate::reach::Reach;

/// Whether a text is an address that a browser opens, and nothing more: a text that a host may show as two links is none. The API names
/// other things in such places, too. A name and a password in an address are for somebody else, and without https only this machine is
/// reached safely.
pub fn is_link(text: &str) -> bool {
    let in_addresses =
        |c: char| !(c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}'));
    text.chars().all(in_addresses)
        && Url::parse(text).is_ok_and(|url| {
            let safe = url.scheme() == "https" || url.scheme() == "http" && Reach::Loopback.allows_host_of(&url);
            safe && url.username().is_empty() && url.password().is_none()
        })
}

/// Said in place of a link that is none.
pub const NONE: &str = "The API gave no web address for it.";

/// When a signed link stops working, RFC 3339; `None` if it does not say.
///
/// Knows the query parameters of Google Cloud Storage and S3 (`X-…-Date` with `X-…-Expires`, or `Expires` in Unix seconds).
pub fn expiry(link: &str) -> Option<String> {
    let url = Url::parse(link).ok().filter(|url| matches!(url.scheme(), "https" | "http"))?;
    let query =
        |name: &str| -> Option<Cow<'_, str>> { url.query_pairs().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value) };
    for vendor in ["X-Goog", "X-Amz"] {
        if let (Some(date), Some(seconds)) = (query(&format!("{vendor}-Date")), query(&format!("{vendor}-Expires"))) {
            let start = NaiveDateTime::parse_from_str(&date, "%Y%m%dT%H%M%SZ").ok()?.and_utc();
            return start.checked_add_signed(Duration::try_seconds(seconds.parse().ok()?)?).map(stamp);
        }
    }
    DateTime::from_timestamp(query("Expires")?.parse().ok()?, 0).map(stamp)
}

fn stamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The time at which the first signed link in a value stops working.
pub fn earliest(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.starts_with("http") => expiry(text),
        Value::Array(items) => items.iter().filter_map(earliest).min(),
        Value::Object(members) => members.values().filter_map(earliest).min(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_are_links() {
        assert!(is_link("https://storage.example/a.mp4?X-Goog-Date=1") && is_link("http://127.0.0.1:4000/media?token=x"));
        for other in [
            "",
            " ",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "gs://a/b",
            "/api/v2/exports/e",
            "https://",
            "https://a:b@c.example/",
            "https://a.example/x) [y](https://evil.example",
            "https://a.example/\\<b>",
            "http://169.254.169.254/latest",
            "http://a.example/",
        ] {
            assert!(!is_link(other), "{other}");
        }
    }

    #[test]
    fn both_signature_styles_say_when_they_end() {
        let goog = "https://storage.example/a.jpg?X-Goog-Date=20261123T100000Z&X-Goog-Expires=3600&X-Goog-Signature=00";
        assert_eq!(expiry(goog).as_deref(), Some("2026-11-23T11:00:00Z"));
        assert_eq!(expiry("https://s.example/a?Expires=1795428000&Signature=x").as_deref(), Some("2026-11-23T10:00:00Z"));
        for unsigned in ["https://s.example/a.jpg", "gs://bucket/a?Expires=1795428000", "x", "https://s.example/a?Expires=soon"] {
            assert_eq!(expiry(unsigned), None, "{unsigned}");
        }
        let value = serde_json::json!({"a": [goog], "b": "https://s.example/a?Expires=1795428000"});
        assert_eq!(earliest(&value).as_deref(), Some("2026-11-23T10:00:00Z"));
    }
}
