//! What was used: one row per event. The sums are computed when somebody asks.
//!
//! Whoever makes something happen that is counted calls [`record`] in the transaction of the change: `usage::record(tx, usage::DOWNLOADED,
//! bytes, None)`. For media there are [`added`] and [`removed`], which record all that belongs together. Searches, runs, their tokens and what
//! they processed are recorded already. A new metric is a name and a line in [`METRICS`].

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use serde_json::{Map, Value};

use super::json;
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
/// Prompt runs started.
pub const RUNS: &str = "prompt_runs";
/// Media items that prompt runs processed.
pub const PROCESSED: &str = "videos_processed";
/// Segments that prompt runs processed.
pub const SEGMENTS: &str = "segments_created";
/// Media items that were uploaded or imported.
pub const UPLOADED: &str = "videos_uploaded";
/// Bytes of media that were uploaded or imported.
pub const INGESTED: &str = "ingested_bytes";
/// Bytes of media that are stored. Its events are changes: positive for what comes, negative for what goes.
pub const STORAGE: &str = "storage_bytes";
/// Bytes of exports that were downloaded.
pub const DOWNLOADED: &str = "metadata_export_download_bytes";

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
pub const METRICS: [Metric; 9] = [
    Metric { name: SEARCHES, description: "Searches made.", unit: "count" },
    Metric { name: TOKENS, description: "Media tokens spent on prompt runs.", unit: "mt" },
    Metric { name: RUNS, description: "Prompt runs started.", unit: "count" },
    Metric { name: PROCESSED, description: "Media items processed by prompt runs.", unit: "count" },
    Metric { name: SEGMENTS, description: "Segments processed by prompt runs.", unit: "count" },
    Metric { name: UPLOADED, description: "Media items uploaded or imported.", unit: "count" },
    Metric { name: INGESTED, description: "Bytes of media uploaded or imported.", unit: "bytes" },
    Metric { name: STORAGE, description: "Bytes of media stored at the end of the period.", unit: "bytes" },
    Metric { name: DOWNLOADED, description: "Bytes of exports downloaded.", unit: "bytes" },
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

/// Records that a media item of this size was uploaded or imported.
pub fn added(connection: &Connection, video_id: &str, bytes: u64) -> Result<(), Refusal> {
    let about = about(video_id);
    record(connection, UPLOADED, 1.0, Some(&about))?;
    record(connection, INGESTED, amount(bytes), Some(&about))?;
    record(connection, STORAGE, amount(bytes), Some(&about))
}

/// Records that a media item of this size is no longer stored.
pub fn removed(connection: &Connection, video_id: &str, bytes: u64) -> Result<(), Refusal> {
    record(connection, STORAGE, -amount(bytes), Some(&about(video_id)))
}

fn about(video_id: &str) -> Map<String, Value> {
    Map::from_iter([("video_id".to_owned(), video_id.into())])
}

/// A count as a value of a metric.
#[expect(clippy::cast_precision_loss, reason = "nothing here comes near 2^53")]
pub fn amount(count: u64) -> f64 {
    count as f64
}

/// Sums by metric. Metrics without an event are 0. What is stored is no sum of the period: it is what was there at its end.
pub fn sums(connection: &Connection, period: Period) -> Result<BTreeMap<String, f64>, Refusal> {
    let mut sums: BTreeMap<String, f64> = METRICS.iter().map(|metric| (metric.name.to_owned(), 0.0)).collect();
    let mut statement =
        connection.prepare_cached("SELECT metric, sum(value) FROM usage_events WHERE at >= ?1 AND at < ?2 GROUP BY metric")?;
    let rows = statement.query_map([period.start, period.end], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for row in rows {
        let (metric, sum) = row?;
        sums.insert(metric, sum);
    }
    sums.insert(STORAGE.to_owned(), since(connection, STORAGE, i64::MIN, period.end)?);
    Ok(sums)
}

/// How often a metric was recorded since a moment.
pub fn count_since(connection: &Connection, metric: &str, start: i64) -> Result<u64, Refusal> {
    let count: i64 = connection
        .prepare_cached("SELECT count(*) FROM usage_events WHERE metric = ?1 AND at >= ?2")?
        .query_row(params![metric, start], |row| row.get(0))?;
    Ok(count.try_into().unwrap_or_default())
}

/// The sum of a metric over a period.
pub fn since(connection: &Connection, metric: &str, start: i64, end: i64) -> Result<f64, Refusal> {
    Ok(connection
        .prepare_cached("SELECT total(value) FROM usage_events WHERE metric = ?1 AND at >= ?2 AND at < ?3")?
        .query_row(params![metric, start, end], |row| row.get(0))?)
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
            metadata: metadata.and_then(|text| json::parse(&text).ok()),
        })
    })?;
    rows.map(|row| Ok(row?)).collect()
}

/// The time of the oldest event.
pub fn oldest(connection: &Connection) -> Result<Option<i64>, Refusal> {
    Ok(connection.query_row("SELECT min(at) FROM usage_events", [], |row| row.get(0))?)
}

/// Sums in the form of the API's totals.
pub fn totals(sums: &BTreeMap<String, f64>) -> UsageTotals {
    let count = |metric| i64::try_from(whole(sums.get(metric))).ok();
    UsageTotals {
        total_tokens: whole(sums.get(TOKENS)),
        total_searches: whole(sums.get(SEARCHES)),
        total_storage_bytes: count(STORAGE),
        total_videos_uploaded: count(UPLOADED),
        total_videos_processed: count(PROCESSED),
        total_segments_created: count(SEGMENTS),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sums are rounded, not negative, and far below 2^53")]
fn whole(sum: Option<&f64>) -> u64 {
    sum.map_or(0, |sum| sum.max(0.0).round() as u64)
}
