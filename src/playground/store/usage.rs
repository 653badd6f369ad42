//! What was used: one row per event. The sums are computed when somebody asks.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use serde_json::{Map, Value};

use crate::{
    api::usage::{UsageDetail, UsageTotals},
    playground::{
        Refusal,
        time::{now, rfc3339},
    },
};

/// Searches made.
pub const SEARCHES: &str = "search_queries";
/// Media tokens (mt) of prompt runs; may be fractional.
pub const TOKENS: &str = "media_tokens";

/// A metric, its meaning and its unit.
pub struct Metric {
    /// The name.
    pub name: &'static str,
    /// What it counts.
    pub description: &'static str,
    /// The unit of its values.
    pub unit: &'static str,
}

/// All metrics that are recorded.
pub const METRICS: [Metric; 2] = [
    Metric { name: SEARCHES, description: "Searches made, of all four kinds.", unit: "count" },
    Metric { name: TOKENS, description: "Media tokens spent on prompt runs.", unit: "mt" },
];

/// A stretch of time in milliseconds since 1970. It includes `start` and excludes `end`.
#[derive(Clone, Copy)]
pub struct Period {
    /// The first moment.
    pub start: i64,
    /// The first moment after the period.
    pub end: i64,
}

/// Records an event that happens now. Call it in the transaction of the event itself.
pub fn record(connection: &Connection, metric: &str, value: f64, metadata: Option<&Map<String, Value>>) -> Result<(), Refusal> {
    let metadata = metadata.map(serde_json::to_string).transpose()?;
    Ok(record_at(connection, metric, value, metadata.as_deref(), now())?)
}

/// Records an event that happened at another time.
pub fn record_at(connection: &Connection, metric: &str, value: f64, metadata: Option<&str>, at: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO usage_events (metric, value, at, metadata) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![metric, value, at, metadata])?;
    Ok(())
}

/// Sums by metric. Metrics without an event are 0.
pub fn sums(connection: &Connection, period: Period) -> Result<BTreeMap<String, f64>, Refusal> {
    let mut sums: BTreeMap<String, f64> = METRICS.iter().map(|metric| (metric.name.to_owned(), 0.0)).collect();
    let mut statement =
        connection.prepare_cached("SELECT metric, sum(value) FROM usage_events WHERE at >= ?1 AND at < ?2 GROUP BY metric")?;
    let rows = statement.query_map([period.start, period.end], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for row in rows {
        let (metric, sum) = row?;
        sums.insert(metric, sum);
    }
    Ok(sums)
}

/// How often a metric was recorded since a moment.
pub fn count_since(connection: &Connection, metric: &str, start: i64) -> Result<u64, Refusal> {
    let count: i64 = connection
        .prepare_cached("SELECT count(*) FROM usage_events WHERE metric = ?1 AND at >= ?2")?
        .query_row(params![metric, start], |row| row.get(0))?;
    Ok(count.try_into().unwrap_or_default())
}

/// Single events, newest first.
pub fn events(connection: &Connection, metric: Option<&str>, period: Period, limit: u32) -> Result<Vec<UsageDetail>, Refusal> {
    let mut statement = connection.prepare_cached(
        "SELECT position, metric, value, at, metadata FROM usage_events \
         WHERE at >= ?1 AND at < ?2 AND (?3 IS NULL OR metric = ?3) ORDER BY at DESC, position DESC LIMIT ?4",
    )?;
    let rows = statement.query_map(params![period.start, period.end, metric, limit], |row| {
        let position: i64 = row.get(0)?;
        let metric_type: String = row.get(1)?;
        let metadata: Option<String> = row.get(4)?;
        let unit = METRICS.iter().find(|known| known.name == metric_type).map_or("count", |known| known.unit);
        Ok(UsageDetail {
            event_id: format!("use_{position}"),
            metric_type,
            value: row.get(2)?,
            unit: unit.to_owned(),
            timestamp: rfc3339(row.get(3)?),
            // `record` wrote this from a map, so it is a map.
            metadata: metadata.and_then(|text| serde_json::from_str(&text).ok()),
        })
    })?;
    rows.map(|row| Ok(row?)).collect()
}

/// The time of the oldest event.
pub fn oldest(connection: &Connection) -> Result<Option<i64>, Refusal> {
    Ok(connection.query_row("SELECT min(at) FROM usage_events", [], |row| row.get(0))?)
}

/// Sums in the form of the API's totals. Values that this playground does not measure are null.
pub fn totals(sums: &BTreeMap<String, f64>) -> UsageTotals {
    UsageTotals {
        total_tokens: whole(sums.get(TOKENS)),
        total_searches: whole(sums.get(SEARCHES)),
        total_storage_bytes: None,
        total_videos_uploaded: None,
        total_videos_processed: None,
        total_segments_created: None,
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sums are rounded, not negative, and far below 2^53")]
fn whole(sum: Option<&f64>) -> u64 {
    sum.map_or(0, |sum| sum.max(0.0).round() as u64)
}
