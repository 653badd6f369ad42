//! Jobs that the clock moves, and the timer that wakes for them.
//!
//! No task carries a job out step by step. The body of its record holds facts and times. A pure function of these and of the present time
//! says where the job is, as [`crate::playground::runs::Progress::at`] does for runs. So after a crash and a restart every job is where it
//! would have been anyway. [`Job::settle`] makes what must last: it changes other records, tells of events, counts usage. The job's record
//! and all of these change in one transaction, so each of them happens exactly once.
//!
//! A new kind of job implements [`Job`] and gets one line in `JOBS`.

use std::time::Duration;

use rusqlite::{Connection, params};
use tokio_util::sync::CancellationToken;

use super::{
    Store, library,
    records::{self, Record},
    runs::{self, Which},
};
use crate::playground::{
    Refusal,
    automations::Automatic,
    events,
    time::{Millis, SECOND, now},
};

/// The kinds of jobs, in the order in which they are settled.
const JOBS: &[Kind] = &[Kind::of::<Automatic>()];

/// The timer sleeps at least so long, so that a job that does not move cannot keep it busy.
const LEAST_SLEEP: Duration = Duration::from_millis(5);

/// How long to wait before trying again after a failure of the store.
pub const AFTER_FAILURE: Millis = SECOND;

/// A record that the clock moves.
pub trait Job: Record {
    /// Makes all lasting changes that are due by `now`, and moves the record itself to its state at `now`. The caller stores it.
    ///
    /// Afterwards [`Record::due`] is later than `now`, or `None`.
    fn settle(&mut self, connection: &Connection, now: Millis) -> Result<(), Refusal>;
}

/// One kind of job.
struct Kind {
    word: &'static str,
    settle: fn(&Connection, &str, Millis) -> Result<(), Refusal>,
}

impl Kind {
    /// The kind of the records of one type.
    const fn of<T: Job>() -> Self {
        Self {
            word: T::KIND,
            settle: |connection, id, now| {
                // An earlier job of the same round may have removed this one.
                let Some(mut job) = records::find::<T>(connection, id)? else { return Ok(()) };
                job.settle(connection, now)?;
                records::put(connection, &job).map(drop)
            },
        }
    }
}

/// Whether a job has something to do by `now`.
pub fn any_due(connection: &Connection, now: Millis) -> rusqlite::Result<bool> {
    for kind in JOBS {
        if !due(connection, kind, now)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Settles all jobs that have something to do by `now`. Call it in a transaction.
pub fn settle(connection: &Connection, now: Millis) -> Result<(), Refusal> {
    for kind in JOBS {
        for id in due(connection, kind, now)? {
            (kind.settle)(connection, &id, now)?;
        }
    }
    Ok(())
}

/// The jobs of a kind that have something to do by `now`.
fn due(connection: &Connection, kind: &Kind, now: Millis) -> rusqlite::Result<Vec<String>> {
    connection
        .prepare_cached("SELECT id FROM records WHERE kind = ?1 AND due <= ?2 ORDER BY due, seq")?
        .query_map(params![kind.word, now], |row| row.get(0))?
        .collect()
}

/// When the clock changes something next, after everything that is due by `now` has been settled. `None` if nothing is under way.
pub fn next(connection: &Connection, now: Millis) -> Result<Option<Millis>, Refusal> {
    let mut moments: Vec<Millis> = Vec::new();
    for kind in JOBS {
        let first: Option<Millis> = connection
            .prepare_cached("SELECT min(due) FROM records WHERE kind = ?1 AND due IS NOT NULL")?
            .query_row([kind.word], |row| row.get(0))?;
        moments.extend(first);
    }
    if runs::any_unsettled(connection)? {
        let media = library::media(connection)?;
        for run in runs::list(connection, &media, Which::Unsettled, None, usize::MAX)? {
            let retries = run.facts.retries.iter().map(|retry| retry.ends(&run.facts));
            let told = events::of_run(&run.facts).into_iter().map(|event| event.at);
            moments.extend(retries.chain(told).filter(|&moment| moment > now));
        }
    }
    Ok(moments.into_iter().min())
}

/// Settles whatever is due as soon as it is due, until the playground stops. While nothing is under way, it does nothing.
pub async fn keep(store: Store, stopping: CancellationToken) {
    let mut changes = store.changes();
    loop {
        changes.mark_unchanged();
        let next = match store.settle().await {
            Ok(next) => next,
            Err(refusal) => {
                tracing::error!(%refusal, "what is due could not be settled");
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = sleep_until(Some(now() + AFTER_FAILURE)) => continue,
                }
            }
        };
        tokio::select! {
            () = stopping.cancelled() => return,
            changed = changes.changed() => if changed.is_err() { return },
            () = sleep_until(next) => {}
        }
    }
}

/// Sleeps until a moment, or for ever if there is none.
pub async fn sleep_until(moment: Option<Millis>) {
    match moment {
        Some(moment) => {
            let wait = Duration::from_millis(u64::try_from(moment - now()).unwrap_or_default());
            tokio::time::sleep(wait.max(LEAST_SLEEP)).await;
        }
        None => std::future::pending().await,
    }
}
