//! Runs, the items that they cover, their retries and their charges.

use std::sync::Arc;

use rusqlite::{Connection, Row, params};

use super::{json, usage};
use crate::playground::runs::{
    Facts, Item, Media, Millis, Piece, Retry, Stop, billing,
    cut::{cut, id_prefix},
};

/// Which runs to read.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// All runs.
    All,
    /// The run with this id.
    One(&'a str),
    /// Runs that cover an item of this index.
    OfIndex(&'a str),
    /// Runs that cover this item.
    OfVideo(&'a str),
    /// Runs that are not settled, or that have a retry that is not settled.
    Unsettled,
}

/// A run and its place in the order of all runs.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its place. Newer runs have greater places.
    pub seq: i64,
    /// Up to when its events were told.
    pub told: Millis,
    /// What is stored of it.
    pub facts: Facts,
}

/// Adds a run.
pub fn add(conn: &Connection, facts: &Facts) -> rusqlite::Result<()> {
    let estimated = billing::estimate(&facts.settings, facts.items.iter().map(AsRef::as_ref), facts.video_level()).total();
    conn.prepare_cached(
        "INSERT INTO runs (run_id, prompt, settings, executed_by, started_ms, step_ms, estimated_mt, told_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?5)",
    )?
    .execute(params![
        facts.run_id,
        json::write(&facts.prompt)?,
        json::write(&facts.settings)?,
        facts.executed_by,
        facts.started,
        facts.step,
        estimated
    ])?;
    let mut insert = conn.prepare_cached("INSERT INTO run_items VALUES (?1, ?2, ?3)")?;
    for (position, item) in (0_i64..).zip(&facts.items) {
        insert.execute(params![facts.run_id, position, item.video_id])?;
    }
    usage::record_at(conn, usage::RUNS, 1.0, None, facts.started)
}

/// Stores a request to stop. If there is an earlier one, that one stays.
pub fn stop(conn: &Connection, run_id: &str, stop: &Stop) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE runs SET stop_ms = ?2, stop_by = ?3 WHERE run_id = ?1 AND stop_ms IS NULL")?
        .execute(params![run_id, stop.at, stop.by])?;
    Ok(())
}

/// Adds a retry.
pub fn add_retry(conn: &Connection, facts: &Facts, retry: &Retry) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO retries (retry_id, run_id, video_id, segment_id, created_ms, estimated_mt)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        retry.retry_id,
        facts.run_id,
        retry.video_id,
        retry.segment_id,
        retry.created,
        billing::retry_estimate(facts, retry)
    ])?;
    Ok(())
}

/// One run.
pub fn get(conn: &Connection, media: &Media, run_id: &str) -> rusqlite::Result<Option<Facts>> {
    Ok(list(conn, media, Which::One(run_id), None, 1)?.pop().map(|run| run.facts))
}

/// A segment by its id. The library or a run may have made it.
pub fn segment(conn: &Connection, media: &Media, segment_id: &str) -> rusqlite::Result<Option<Piece>> {
    let found = |item: &Item| item.pieces.iter().find(|piece| piece.segment_id == segment_id).cloned();
    for item in media.values().filter(|item| segment_id.starts_with(&id_prefix(item))) {
        if let Some(piece) = found(item) {
            return Ok(Some(piece));
        }
        let runs = list(conn, media, Which::OfVideo(&item.video_id), None, usize::MAX)?;
        if let Some(piece) = runs.iter().flat_map(|run| &run.facts.items).find_map(|item| found(item)) {
            return Ok(Some(piece));
        }
    }
    Ok(None)
}

/// Runs, newest first. With `before`, only runs whose place is lower.
pub fn list(conn: &Connection, media: &Media, which: Which, before: Option<i64>, limit: usize) -> rusqlite::Result<Vec<Stored>> {
    let (condition, argument) = match which {
        Which::All => ("?1 = ''", ""),
        Which::One(run_id) => ("run_id = ?1", run_id),
        Which::OfIndex(index_id) => {
            // A run that was started on the index is one of it, even if its media were deleted.
            let condition = "(run_id IN (SELECT i.run_id FROM run_items i JOIN videos v ON v.video_id = i.video_id WHERE v.index_id = ?1)
                 OR json_extract(settings, '$.context.index_id') = ?1)";
            (condition, index_id)
        }
        Which::OfVideo(video_id) => ("run_id IN (SELECT run_id FROM run_items WHERE video_id = ?1)", video_id),
        Which::Unsettled => ("?1 = '' AND (settled_ms IS NULL OR run_id IN (SELECT run_id FROM retries WHERE settled_ms IS NULL))", ""),
    };
    let mut statement = conn.prepare_cached(&format!("SELECT * FROM runs WHERE {condition} AND seq < ?2 ORDER BY seq DESC LIMIT ?3"))?;
    let arguments = params![argument, before.unwrap_or(i64::MAX), i64::try_from(limit).unwrap_or(i64::MAX)];
    let mut runs: Vec<Stored> = statement.query_map(arguments, read)?.collect::<rusqlite::Result<_>>()?;
    let mut items = conn.prepare_cached("SELECT video_id FROM run_items WHERE run_id = ?1 ORDER BY position")?;
    let mut retries =
        conn.prepare_cached("SELECT retry_id, video_id, segment_id, created_ms, settled_ms FROM retries WHERE run_id = ?1 ORDER BY seq")?;
    for run in &mut runs {
        let ids: Vec<String> = items.query_map([&run.facts.run_id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        run.facts.items = ids.iter().filter_map(|id| Some(cut(&run.facts.settings, media.get(id)?))).collect::<Vec<Arc<Item>>>();
        run.facts.retries = retries.query_map([&run.facts.run_id], read_retry)?.collect::<rusqlite::Result<_>>()?;
        // The charges of retries stay when their media are deleted. All else of them goes.
        let items = &run.facts.items;
        run.facts.retries.retain(|retry| items.iter().any(|item| item.video_id == retry.video_id));
    }
    Ok(runs)
}

fn read(row: &Row) -> rusqlite::Result<Stored> {
    let stop: Option<Millis> = row.get("stop_ms")?;
    let by: Option<String> = row.get("stop_by")?;
    let settled: Option<Millis> = row.get("settled_ms")?;
    let charged: f64 = row.get("charged_mt")?;
    let facts = Facts {
        run_id: row.get("run_id")?,
        prompt: json::read(row, "prompt")?,
        settings: json::read(row, "settings")?,
        executed_by: row.get("executed_by")?,
        started: row.get("started_ms")?,
        step: row.get("step_ms")?,
        stop: stop.zip(by).map(|(at, by)| Stop { at, by }),
        items: Vec::new(),
        retries: Vec::new(),
        bill: Some((row.get("estimated_mt")?, settled.map(|_| charged))),
        settled,
    };
    Ok(Stored { seq: row.get("seq")?, told: row.get("told_ms")?, facts })
}

fn read_retry(row: &Row) -> rusqlite::Result<Retry> {
    Ok(Retry { retry_id: row.get(0)?, video_id: row.get(1)?, segment_id: row.get(2)?, created: row.get(3)?, settled: row.get(4)? })
}

/// Whether there is a run or a retry that is not settled.
pub fn any_unsettled(conn: &Connection) -> rusqlite::Result<bool> {
    conn.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM runs WHERE settled_ms IS NULL) OR EXISTS (SELECT 1 FROM retries WHERE settled_ms IS NULL)",
    )?
    .query_row([], |row| row.get(0))
}

/// Notes up to when the events of a run were told.
pub fn told(conn: &Connection, run_id: &str, until: Millis) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE runs SET told_ms = ?2 WHERE run_id = ?1")?.execute(params![run_id, until])?;
    Ok(())
}

/// Marks a run as settled. Returns false if it was settled already.
pub fn settle(conn: &Connection, run_id: &str, charged: f64, now: Millis) -> rusqlite::Result<bool> {
    let changed = conn
        .prepare_cached("UPDATE runs SET settled_ms = ?3, charged_mt = ?2 WHERE run_id = ?1 AND settled_ms IS NULL")?
        .execute(params![run_id, charged, now])?;
    Ok(changed > 0)
}

/// Marks a retry as settled. Returns false if it was settled already.
pub fn settle_retry(conn: &Connection, retry_id: &str, charged: f64, now: Millis) -> rusqlite::Result<bool> {
    let changed = conn
        .prepare_cached("UPDATE retries SET settled_ms = ?3, charged_mt = ?2 WHERE retry_id = ?1 AND settled_ms IS NULL")?
        .execute(params![retry_id, charged, now])?;
    Ok(changed > 0)
}

/// The media tokens of the account.
#[derive(Clone, Copy, Debug)]
pub struct Balance {
    /// What is left after all charges.
    pub current: f64,
    /// The tokens that unfinished runs and retries are expected to cost.
    pub reserved: f64,
}

impl Balance {
    /// Whether the account can pay for something of this price.
    pub fn covers(&self, price: f64) -> bool {
        price <= self.current - self.reserved
    }
}

/// The balance as of the last settlement.
pub fn balance(conn: &Connection) -> rusqlite::Result<Balance> {
    conn.prepare_cached(
        "SELECT total(charged_mt), total(CASE WHEN settled_ms IS NULL THEN estimated_mt END)
         FROM (SELECT charged_mt, estimated_mt, settled_ms FROM runs UNION ALL SELECT charged_mt, estimated_mt, settled_ms FROM retries)",
    )?
    .query_row([], |row| {
        let (charged, reserved): (f64, f64) = (row.get(0)?, row.get(1)?);
        Ok(Balance { current: billing::cents(billing::STARTING_BALANCE_MT - charged), reserved: billing::cents(reserved) })
    })
}
