//! Settles what the clock has moved: charges ended runs and lets the next search index their texts, and lets jobs make their lasting
//! changes.
//!
//! State follows from the clock, and the timer of [`super::clock`] may come late. So everything that needs the results or charges of ended
//! runs (searches, balances, usage) settles first. To settle twice changes nothing. If a process is killed before it settles, the next start
//! does it.

use rusqlite::Connection;

use super::{
    clock, library,
    runs::{self, Which},
    savepoint, texts, usage,
};
use crate::playground::{
    Refusal, automations, events,
    runs::{Millis, Phase, Progress, billing},
};

/// Settles all runs and retries that have ended by now, and all jobs for which something is due.
pub fn settle(connection: &Connection, now: Millis) -> Result<(), Refusal> {
    if !runs::any_unsettled(connection)? && !clock::any_due(connection, now)? {
        return Ok(());
    }
    savepoint::inside(connection, || {
        settle_ended(connection, now)?;
        clock::settle(connection, now)
    })
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
            texts::note(connection, &run.facts.run_id)?;
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
