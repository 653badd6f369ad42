//! Times: whole milliseconds since 1970 in the store, RFC 3339 on the wire.

use chrono::{DateTime, SecondsFormat, Utc};

/// A moment, in milliseconds since 1970 UTC.
pub type Millis = i64;

/// One second, in the unit of the store.
pub const SECOND: i64 = 1_000;
/// One day, in the unit of the store.
pub const DAY: i64 = 86_400 * SECOND;

/// The present time, in milliseconds since 1970.
pub fn now() -> i64 {
    Utc::now().timestamp_millis()
}

/// A stored time in the form that the API uses: UTC with milliseconds. Times that chrono cannot hold become the epoch.
pub fn rfc3339(millis: i64) -> String {
    DateTime::from_timestamp_millis(millis).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true)
}
