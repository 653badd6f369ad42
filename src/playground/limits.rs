//! The counters of searches that `/rate-limit/status` shows, and the bytes of a day.
//!
//! Searches are counted by the minute and by the hour of the clock. The limits are those of the service's free plan. Bytes are counted by
//! the day of the clock, as [`usage`] has them. Nobody knows the service's limits for those; ours are generous. The playground only counts,
//! unless it was started with `--enforce-limits`.

use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;
use rusqlite::Connection;

use super::{
    Refusal,
    store::usage,
    time::{DAY, SECOND, now, rfc3339},
};
use crate::api::{problem::code, usage::RateLimit};

const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const PER_MINUTE: u64 = 60;
const PER_HOUR: u64 = 1000;

/// How many bytes of one kind a day allows.
pub struct Quota {
    metric: &'static str,
    /// The name of the quota in refusals.
    resource: &'static str,
    bytes: u64,
}

/// Bytes of media that are uploaded or imported.
pub const INGESTED: Quota = Quota { metric: usage::INGESTED, resource: "ingested_bytes_per_day", bytes: 50 << 30 };
/// Bytes of exports that are downloaded.
pub const DOWNLOADS: Quota = Quota { metric: usage::DOWNLOADED, resource: "metadata_export_download_bytes_per_day", bytes: 1 << 30 };

/// Counts searches by minute and hour.
pub struct Limits {
    enforced: bool,
    windows: Mutex<[Window; 2]>,
}

/// One minute or hour of the clock, and how many searches were made in it.
#[derive(Clone, Copy)]
pub struct Window {
    length: i64,
    limit: u64,
    start: i64,
    used: u64,
}

impl Window {
    fn at(&mut self, now: i64) {
        let start = now - now.rem_euclid(self.length);
        if start != self.start {
            (self.start, self.used) = (start, 0);
        }
    }

    fn remaining(&self) -> u64 {
        self.limit.saturating_sub(self.used)
    }

    fn end(&self) -> i64 {
        self.start + self.length
    }
}

impl Limits {
    /// Makes counters that continue from earlier use: `used_since` counts the searches since a moment.
    pub fn resume(enforced: bool, mut used_since: impl FnMut(i64) -> Result<u64, Refusal>) -> Result<Self, Refusal> {
        let now = now();
        let mut windows = [(MINUTE, PER_MINUTE), (HOUR, PER_HOUR)].map(|(length, limit)| Window { length, limit, start: 0, used: 0 });
        for window in &mut windows {
            window.at(now);
            window.used = used_since(window.start)?;
        }
        Ok(Self { enforced, windows: Mutex::new(windows) })
    }

    /// Counts a search. Refuses with 429 if limits are enforced and one of them is used up.
    pub fn admit(&self) -> Result<(), Refusal> {
        let now = now();
        let mut windows = self.current(now);
        if self.enforced
            && let Some(full) = windows.iter().filter(|window| window.remaining() == 0).max_by_key(|window| window.end())
        {
            let wait = u64::try_from(full.end() - now).unwrap_or_default().div_ceil(1000);
            let message = format!("Search limit reached; try again in {wait} seconds.");
            return Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, code::RATE_LIMIT, message).after(wait));
        }
        for window in windows.iter_mut() {
            window.used += 1;
        }
        Ok(())
    }

    /// Refuses with 429 if limits are enforced and these bytes are more than the day still allows. Call it before the bytes are recorded,
    /// in the same transaction.
    pub fn admit_bytes(&self, connection: &Connection, quota: &Quota, bytes: u64) -> Result<(), Refusal> {
        let now = now();
        let start = now - now.rem_euclid(DAY);
        if !self.enforced || usage::since(connection, quota.metric, start, i64::MAX)? + usage::amount(bytes) <= usage::amount(quota.bytes) {
            return Ok(());
        }
        let wait = u64::try_from(start + DAY - now).unwrap_or_default().div_ceil(1000);
        let message = format!("At most {} bytes a day are allowed for this; try again in {wait} seconds.", quota.bytes);
        Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, "resource_rate_quota_exceeded", message)
            .with("resource", quota.resource)
            .with("limit", quota.bytes)
            .with("reset_time", rfc3339(start + DAY))
            .after(wait))
    }

    /// The counters as the API shows them.
    pub fn status(&self) -> RateLimit {
        let [minute, hour] = *self.current(now());
        RateLimit {
            minute_used: minute.used,
            minute_limit: Some(minute.limit),
            minute_remaining: Some(minute.remaining()),
            hour_used: hour.used,
            hour_limit: Some(hour.limit),
            hour_remaining: Some(hour.remaining()),
            reset_at: Some(minute.end() / SECOND),
        }
    }

    fn current(&self, now: i64) -> MutexGuard<'_, [Window; 2]> {
        // The counters are complete after every step, so a panic elsewhere leaves them usable.
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        for window in windows.iter_mut() {
            window.at(now);
        }
        windows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hour_limit_is_enforced_only_on_request() {
        for (enforced, answers) in [(false, [true, true]), (true, [true, false])] {
            let limits = Limits::resume(enforced, |_| Ok(PER_HOUR - 1)).unwrap();
            limits.windows.lock().unwrap()[0].used = 0;
            assert_eq!([limits.admit().is_ok(), limits.admit().is_ok()], answers);
            assert_eq!(limits.status().hour_remaining, Some(0));
        }
    }
}
