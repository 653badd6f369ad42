//! When a key ends. Tools, `keys` and `doctor` all use this one rule.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

use crate::api;

/// A key that ends within this many days gets a warning.
const SOON_DAYS: i64 = 14;

/// How much time a key has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// It has no end.
    Never,
    /// It has an end that cannot be read as a time.
    Unreadable,
    /// It ends, but not soon.
    Later {
        /// The time left.
        left: TimeDelta,
    },
    /// It ends within `SOON_DAYS` days.
    Soon {
        /// The time left.
        left: TimeDelta,
    },
    /// It has ended.
    Expired {
        /// The time since then.
        since: TimeDelta,
    },
}

impl Expiry {
    /// What the end of a key, as the API writes times, means at a given time. `None` means that the key never ends.
    pub fn of(expires_at: Option<&str>, now: DateTime<Utc>) -> Self {
        let Some(text) = expires_at else { return Self::Never };
        let Some(end) = api::time::instant(text) else { return Self::Unreadable };
        let left = end - now;
        if left <= TimeDelta::zero() {
            Self::Expired { since: -left }
        } else if left <= TimeDelta::days(SOON_DAYS) {
            Self::Soon { left }
        } else {
            Self::Later { left }
        }
    }

    /// What the end of a key means now.
    pub fn now(expires_at: Option<&str>) -> Self {
        Self::of(expires_at, Utc::now())
    }

    /// Days left, rounded; negative once it has ended.
    pub fn days_left(self) -> Option<i64> {
        match self {
            Self::Never | Self::Unreadable => None,
            Self::Later { left } | Self::Soon { left } => Some(days(left)),
            Self::Expired { since } => Some((-days(since)).min(-1)),
        }
    }

    /// The warning, if there is one.
    pub fn alarm(self) -> Option<&'static str> {
        match self {
            Self::Soon { .. } => Some("EXPIRES SOON"),
            Self::Expired { .. } => Some("EXPIRED"),
            Self::Never | Self::Unreadable | Self::Later { .. } => None,
        }
    }
}

impl fmt::Display for Expiry {
    /// The time left, for a column or after "expires in": `90 days`, `5 hours`, `never`; what has ended is `3 days ago`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => f.write_str("never"),
            Self::Unreadable => f.write_str("unknown"),
            Self::Later { left } | Self::Soon { left } => span(*left, f),
            Self::Expired { since } => {
                span(*since, f)?;
                f.write_str(" ago")
            }
        }
    }
}

/// Days, rounded: a key made for 90 days still has 90 a second later.
fn days(span: TimeDelta) -> i64 {
    (span + TimeDelta::hours(12)).num_days()
}

/// A span of time as text. From two days on it is in days, else in hours or minutes.
fn span(span: TimeDelta, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (count, unit) = match span.num_hours() {
        0 => (span.num_minutes(), "minute"),
        hours @ 1..48 => (hours, "hour"),
        _ => (days(span), "day"),
    };
    write!(f, "{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_holds_at_its_edges() {
        let now = DateTime::parse_from_rfc3339("2026-11-24T12:00:00Z").unwrap().to_utc();
        for (end, words, alarm, days) in [
            (None, "never", None, None),
            (Some("soon"), "unknown", None, None),
            (Some("2027-02-22T11:59:58Z"), "90 days", None, Some(90)),
            (Some("2026-12-08T12:00:01Z"), "14 days", None, Some(14)),
            (Some("2026-12-08T12:00:00Z"), "14 days", Some("EXPIRES SOON"), Some(14)),
            (Some("2026-12-08T12:00:00"), "14 days", Some("EXPIRES SOON"), Some(14)),
            (Some("2026-12-08T13:00:00+01:00"), "14 days", Some("EXPIRES SOON"), Some(14)),
            (Some("2026-11-26T12:00:00Z"), "2 days", Some("EXPIRES SOON"), Some(2)),
            (Some("2026-11-26T11:59:59.5Z"), "47 hours", Some("EXPIRES SOON"), Some(2)),
            (Some("2026-11-24T12:30:00Z"), "30 minutes", Some("EXPIRES SOON"), Some(0)),
            (Some("2026-11-24T12:00:00Z"), "0 minutes ago", Some("EXPIRED"), Some(-1)),
            (Some("2026-11-24T11:00:00Z"), "1 hour ago", Some("EXPIRED"), Some(-1)),
            (Some("2026-11-22T12:00:00Z"), "2 days ago", Some("EXPIRED"), Some(-2)),
        ] {
            let expiry = Expiry::of(end, now);
            assert_eq!((expiry.to_string().as_str(), expiry.alarm(), expiry.days_left()), (words, alarm, days), "{end:?}");
        }
    }
}
