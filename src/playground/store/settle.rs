//! Settles what the clock has moved: makes the results of ended runs searchable and charges them, and lets jobs make their lasting changes.
//!
//! State follows from the clock, and the timer of [`super::clock`] may come late. So everything that needs the results or charges of ended
//! runs (searches, balances, usage) settles first. To settle twice changes nothing. If a process is killed before it settles, the next start
//! does it.

use std::collections::HashSet;

use rusqlite::Connection;

use super::{
    clock, library,
    runs::{self, Which},
    usage,
};
use crate::playground::{
    Refusal, automations, events,
    rank::text::{self, TextRow},
    runs::{Millis, Phase, Progress, billing, extraction},
};

/// Settles all runs and retries that have ended by now, and all jobs for which something is due.
pub fn settle(connection: &Connection, now: Millis) -> Result<(), Refusal> {
    if !runs::any_unsettled(connection)? && !clock::any_due(connection, now)? {
        return Ok(());
    }
    // A savepoint works inside and outside a transaction.
    connection.execute_batch("SAVEPOINT settle")?;
    let all = settle_ended(connection, now).and_then(|()| clock::settle(connection, now));
    let settled = all.and_then(|()| Ok(connection.execute_batch("RELEASE settle")?));
    if settled.is_err() {
        // This is also needed after a failed release: SQLite then keeps the savepoint, and later work would be part of it.
        if let Err(error) = connection.execute_batch("ROLLBACK TO settle; RELEASE settle") {
            tracing::warn!(%error, "the savepoint of a failed settlement could not be closed");
        }
    }
    settled
}

/// Settles before something is read, outside of a transaction. If the disk takes nothing more, for example, readers get what was settled
/// until then, and this returns false.
pub fn before_reading(connection: &Connection, now: Millis) -> bool {
    let settled = settle(connection, now);
    if let Err(refusal) = &settled {
        tracing::warn!(%refusal, "what is due could not be settled before a reading");
    }
    settled.is_ok()
}

fn settle_ended(connection: &Connection, now: Millis) -> Result<(), Refusal> {
    let media = library::media(connection)?;
    for run in runs::list(connection, &media, Which::Unsettled, None, usize::MAX)?.iter().rev() {
        tell(connection, run, now)?;
        let progress = Progress::at(&run.facts, now);
        if !progress.status.is_terminal() {
            continue;
        }
        let charged = billing::charged(&progress);
        let mut changed = runs::settle(connection, &run.facts.run_id, charged, now)?;
        if changed {
            count(connection, &progress, charged)?;
            automations::run_ended(connection, &progress, now)?;
        }
        for retry in &run.facts.retries {
            let state = retry.at(&run.facts, now);
            let Some(ended) = state.ended else { continue };
            let charged = billing::retry_charged(&run.facts, retry, state.status);
            if runs::settle_retry(connection, &retry.retry_id, charged, now)? {
                changed = true;
                if charged > 0.0 {
                    usage::record_at(connection, usage::TOKENS, charged, None, ended)?;
                }
            }
        }
        if changed && progress.status.is_searchable() {
            make_searchable(connection, &progress)?;
        }
    }
    Ok(())
}

/// Tells the events of a run that were not told and have happened by now.
fn tell(connection: &Connection, run: &runs::Stored, now: Millis) -> Result<(), Refusal> {
    let mut told = run.told;
    for event in events::of_run(&run.facts).into_iter().filter(|event| event.at > run.told && event.at <= now) {
        events::emit_at(connection, event.name, event.data, event.index_id.as_deref(), event.at)?;
        told = event.at;
    }
    if told > run.told { Ok(runs::told(connection, &run.facts.run_id, told)?) } else { Ok(()) }
}

/// Records what a run that has ended used.
fn count(connection: &Connection, progress: &Progress, charged: f64) -> rusqlite::Result<()> {
    let segments = progress.items.iter().map(|item| item.count(Phase::succeeded));
    let items = segments.clone().filter(|succeeded| *succeeded > 0).count();
    let amounts = [
        (usage::TOKENS, charged),
        (usage::PROCESSED, usage::amount(u64::try_from(items).unwrap_or_default())),
        (usage::SEGMENTS, usage::amount(segments.sum())),
    ];
    for (metric, amount) in amounts.into_iter().filter(|(_, amount)| *amount > 0.0) {
        usage::record_at(connection, metric, amount, None, progress.ends)?;
    }
    Ok(())
}

/// Adds all texts of a run to the text index. Replaces texts that are already there.
fn make_searchable(connection: &Connection, progress: &Progress) -> Result<(), Refusal> {
    let facts = progress.facts;
    let plain = |paths: &[String]| paths.iter().map(|path| path.replace("[]", "")).collect::<HashSet<String>>();
    let indexing = &facts.prompt.semantic_indexing;
    let (of_segments, of_items) = (plain(&indexing.disabled_segment_fields), plain(&indexing.disabled_video_level_fields));
    for item in &progress.items {
        let add = |segment_id: Option<&str>, texts: Vec<(String, String)>, hidden: &HashSet<String>| {
            for (field_path, text) in texts.iter().filter(|(path, _)| !hides(hidden, path)) {
                let row = TextRow {
                    index_id: item.item.index_id.as_deref().unwrap_or_default(),
                    video_id: &item.item.video_id,
                    segment_id,
                    run_id: &facts.run_id,
                    field_path,
                    text,
                };
                text::add(connection, &row)?;
            }
            Ok::<_, rusqlite::Error>(())
        };
        for step in item.steps.iter().filter(|step| step.phase.succeeded()) {
            let texts = extraction::texts(&extraction::of_segment(&facts.prompt, step.piece));
            add(Some(&step.piece.segment_id), texts, &of_segments)?;
        }
        if facts.video_level() && crate::playground::runs::summary::has_video_result(item) {
            add(None, extraction::texts(&extraction::of_item(&facts.prompt, item)), &of_items)?;
        }
    }
    Ok(())
}

/// Whether fields without `[]` name this path or a parent of it.
fn hides(hidden: &HashSet<String>, path: &str) -> bool {
    let path = path.replace("[]", "");
    let mut parents = path.match_indices('.').filter_map(|(end, _)| path.get(..end));
    hidden.contains(&path) || parents.any(|parent| hidden.contains(parent))
}
