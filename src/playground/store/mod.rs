//! The store: SQLite on its own thread.
//!
//! This thread owns the only connection. It does the jobs that it gets one after the other. So every job sees a consistent state, and a
//! transaction never waits for another one. Each submodule has the SQL and the row mapping of one kind of thing. They do not know HTTP, but
//! they refuse with a [`Refusal`].
//!
//! Start with [`Store::read`] and [`Store::write`].

pub mod clock;
pub mod facts;
pub mod json;
pub mod keys;
pub mod library;
mod migrate;
pub mod pending;
pub mod place;
pub mod records;
pub mod repeats;
pub mod runs;
mod savepoint;
pub mod settle;
pub mod texts;
pub mod usage;

use std::{
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::{oneshot, watch};

use self::{
    migrate::{Failure, Fill},
    pending::Pending,
    place::Place,
};
use super::{
    Error, Refusal,
    cursor::Cursors,
    time::{Millis, now},
};

/// How many prepared statements the connection keeps.
const STATEMENTS: usize = 256;

/// A handle of the store. Clones share the same store.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    jobs: Sender<Job>,
    pending: Arc<Pending>,
    cursors: Cursors,
    changes: watch::Sender<()>,
}

enum Job {
    Run(Box<dyn FnOnce(&mut Connection) + Send>),
    Close(oneshot::Sender<()>),
}

/// A store that was just opened, and the secret of its session tokens.
pub struct Opened {
    /// The store.
    pub store: Store,
    /// See [`place::Place::session_secret`].
    pub session_secret: String,
}

impl Store {
    /// Opens the store of a data directory, or a new store in memory. Migrates an older store, and fills a new one with `fill`.
    pub async fn open(directory: Option<PathBuf>, fill: Fill) -> Result<Opened, Error> {
        let (jobs, queue) = mpsc::channel();
        let (opened, answer) = oneshot::channel();
        let pending = Arc::new(Pending::default());
        let on_thread = Arc::clone(&pending);
        thread::Builder::new()
            .name("playground-store".into())
            .spawn(move || match prepare(directory.as_deref(), fill) {
                Ok((place, cursors)) => {
                    if opened.send(Ok((place.session_secret, cursors))).is_ok() {
                        work(place.connection, place.lock, &queue, &on_thread);
                    }
                }
                Err(error) => drop(opened.send(Err(error))),
            })
            .map_err(Error::Serve)?;
        let (session_secret, cursors) = answer.await.map_err(|_| Error::Prepare("its thread ended".into()))??;
        Ok(Opened {
            store: Self { shared: Arc::new(Shared { jobs, pending, cursors, changes: watch::Sender::default() }) },
            session_secret,
        })
    }

    /// Reads. All statements of one job see the same state.
    pub async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.run(false, move |connection| job(connection)).await
    }

    /// Reads after everything that is due has been written: last uses of keys, searches, and the results and charges of runs that have
    /// ended. Use it for answers that contain any of these. What the disk does not take stays gathered or unsettled, and the answer tells
    /// what there was before.
    pub async fn read_settled<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let pending = Arc::clone(&self.shared.pending);
        self.run(false, move |connection| {
            flush(&pending, connection);
            settle::before_reading(connection, now());
            job(connection)
        })
        .await
    }

    /// Writes in one transaction. It is committed durably before this returns `Ok`. It is rolled back if the job refuses.
    ///
    /// The job is done even if the caller stops waiting.
    pub async fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Transaction<'_>) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.run(true, move |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let answer = job(&transaction)?;
            transaction.commit()?;
            Ok(answer)
        })
        .await
    }

    /// Does everything that is due by now, and says when something is due next.
    pub async fn settle(&self) -> Result<Option<Millis>, Refusal> {
        self.run(true, |connection| {
            let now = now();
            settle::settle(connection, now)?;
            clock::next(connection, now)
        })
        .await
    }

    /// Tells of every change of the store from now on.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.shared.changes.subscribe()
    }

    /// The small writes that are gathered.
    pub fn pending(&self) -> &Pending {
        &self.shared.pending
    }

    /// Makes and reads the cursors of lists.
    pub fn cursors(&self) -> &Cursors {
        &self.shared.cursors
    }

    /// Writes what was gathered and closes the database. Later jobs are refused.
    pub async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.shared.jobs.send(Job::Close(done)).is_ok() {
            // An error means that the thread has ended already, and that is what we want.
            let _ = closed.await;
        }
    }

    /// Does a job on the thread of the store, and tells of what it changed. If a job that is all or nothing (`whole`) fails, what it had
    /// changed was rolled back, which SQLite's count of changes does not know.
    async fn run<T: Send + 'static>(
        &self,
        whole: bool,
        job: impl FnOnce(&mut Connection) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let place = Arc::new(Mutex::new(None));
        let answer = Arc::clone(&place);
        let shared = Arc::clone(&self.shared);
        let job = Box::new(move |connection: &mut Connection| {
            let before = connection.total_changes();
            let done = job(connection);
            let undone = whole && done.is_err();
            *answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
            if connection.total_changes() != before && !undone {
                shared.changes.send_replace(());
            }
        });
        self.done(job).await?;
        let answer = place.lock().unwrap_or_else(PoisonError::into_inner).take();
        answer.unwrap_or_else(|| Err(Refusal::internal("a job of the store was lost")))
    }

    /// Gives the thread a job and waits for it. It does not know the type of the answer, so the waiting is compiled only once.
    async fn done(&self, job: Box<dyn FnOnce(&mut Connection) + Send>) -> Result<(), Refusal> {
        let (done, finished) = oneshot::channel();
        let job = Job::Run(Box::new(move |connection| {
            job(connection);
            // A caller that stopped waiting needs no answer.
            let _ = done.send(());
        }));
        self.shared.jobs.send(job).map_err(|_| Refusal::internal("the store is closed"))?;
        finished.await.map_err(|_| Refusal::internal("a job of the store was lost"))
    }
}

fn prepare(directory: Option<&Path>, fill: Fill) -> Result<(Place, Cursors), Error> {
    let mut place = place::open(directory)?;
    place.connection.set_prepared_statement_cache_capacity(STATEMENTS);
    migrate::migrate(&mut place.connection, fill).map_err(|failure| match failure {
        Failure::Newer { found, known } => Error::Newer { path: place.directory.clone().unwrap_or_default(), found, known },
        Failure::Other(error) => error,
    })?;
    let cursors = Cursors::of(&place.connection)?;
    Ok((place, cursors))
}

/// Ends a transaction or savepoint that a job left open. Otherwise later jobs would be part of it and would never be committed.
fn close_transaction(connection: &Connection) {
    if !connection.is_autocommit() {
        tracing::error!("a job of the store left a transaction open; it is rolled back");
        if let Err(error) = connection.execute_batch("ROLLBACK") {
            tracing::error!(%error, "the transaction could not be rolled back");
        }
    }
}

/// Writes what was gathered, or keeps it for later.
fn flush(pending: &Pending, connection: &mut Connection) {
    if let Err(error) = pending.flush(connection) {
        tracing::warn!(%error, "usage could not be written and is kept for later");
    }
}

/// Does jobs until the store is closed or every handle is gone.
fn work(mut connection: Connection, lock: Option<File>, queue: &Receiver<Job>, pending: &Pending) {
    loop {
        match queue.recv_timeout(pending::MOST_DELAY) {
            Ok(Job::Run(job)) => {
                // A panic in a job must not end the store. The caller gets an error, and the drop of the transaction rolls it back.
                if catch_unwind(AssertUnwindSafe(|| job(&mut connection))).is_err() {
                    tracing::error!("a job of the store panicked");
                }
                close_transaction(&connection);
                if pending.is_due() {
                    flush(pending, &mut connection);
                }
            }
            Ok(Job::Close(done)) => {
                flush(pending, &mut connection);
                drop(connection);
                // This comes before the answer, so that the caller can open the directory again.
                drop(lock);
                // The caller that closed the store may have stopped waiting.
                let _ = done.send(());
                return;
            }
            Err(RecvTimeoutError::Timeout) => flush(pending, &mut connection),
            Err(RecvTimeoutError::Disconnected) => {
                flush(pending, &mut connection);
                return;
            }
        }
    }
}
