//! The session of a process with the API: one key, what it may do, and the way out.
//!
//! This layer owns the effects that the gate decides on: it reads the key, asks the probes, waits, keeps the cache file, re-reads a rotated
//! key, and hands authorised requests to the client. It knows neither tools nor the protocol.
//!
//! Start with [`Session::call`]; `request` is the life of one request, `learn` finds out scopes, `keys` follows the key, `cache` is the file that
//! is kept between starts, `aside` is where files are read and written.

mod admission;
mod aside;
mod cache;
mod keys;
mod learn;
mod problem;
mod report;
mod request;

use std::{
    any::Any,
    path::PathBuf,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use tokio::{
    sync::{OnceCell, watch},
    task::JoinHandle,
    time::Instant,
};

pub use crate::client::Deadline;
use crate::{
    api::Scope,
    client::{Client, Limits},
    config::Config,
    gate::{Beliefs, Cause, Gate, Timestamp},
    key::{ApiKey, BaseUrl, KeySource, Stamp},
};
pub use admission::Admission;
use admission::Crowd;
use keys::{Look, Place};
use learn::Asking;
pub use problem::{CallError, KeyProblem};
pub use report::KeyReport;

/// What a lazily opened API comes down to. The last part keeps it open as long as the session lives.
pub type Opened = (BaseUrl, ApiKey, Box<dyn Any + Send + Sync>);
/// Opens an API on first use.
pub type Opener = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = Result<Opened, String>> + Send>> + Send>;

/// How a session reaches its API.
pub enum Link {
    /// At a fixed address, with a key from its configured source.
    Fixed(BaseUrl, KeySource),
    /// Opened on first use: the playground of this process.
    Lazy(Opening),
}

/// An API that is opened on first use, by a task of its own: whoever waits for it may stop waiting, and it opens all the same.
pub struct Opening {
    opener: Option<Opener>,
    task: Option<JoinHandle<Result<Opened, String>>>,
}

impl Opening {
    /// Opens with this, once.
    pub fn by(opener: Opener) -> Self {
        Self { opener: Some(opener), task: None }
    }

    async fn finished(&mut self) -> Result<Opened, String> {
        if let Some(open) = self.opener.take() {
            self.task = Some(tokio::spawn(open()));
        }
        match &mut self.task {
            Some(task) => task.await.map_err(|error| error.to_string())?,
            None => Err("it was opened before".into()),
        }
    }
}

/// The session. Cheap to clone; clones share everything. Nothing is read, opened or sent before the first use.
#[derive(Clone)]
pub struct Session(Arc<Shared>);

struct Shared {
    link: tokio::sync::Mutex<Link>,
    limits: Limits,
    recheck: Duration,
    ceiling: Option<crate::api::Scopes>,
    destructive: bool,
    state_dir: Option<PathBuf>,
    ready: OnceCell<Result<Ready, KeyProblem>>,
    state: Mutex<State>,
    changes: watch::Sender<u64>,
    /// Held by whoever looks for a new key after a rejection, so that one looks for all.
    renewing: tokio::sync::Mutex<()>,
    crowd: Arc<Crowd>,
}

/// What is fixed once the link is open.
struct Ready {
    client: Client,
    place: Arc<Place>,
    _keep: Option<Box<dyn Any + Send + Sync>>,
}

/// What changes: the key and what is known of it.
#[derive(Default)]
struct State {
    gate: Option<Gate>,
    /// Why there is no key to use.
    problem: Option<KeyProblem>,
    generation: u64,
    stamp: Option<Stamp>,
    looked: Option<Instant>,
    /// The last look for the key, which may be under way.
    look: Option<Look>,
    exposed: bool,
    asking: Vec<Asking>,
    /// The key for which no successor was found, and when the search ended.
    given_up: Option<(u64, Instant)>,
}

impl Session {
    /// A session under a configuration.
    pub fn new(config: &Config, link: Link) -> Self {
        let limits = Limits { timeout: config.timeout, max_retries: config.max_retries, max_concurrency: config.max_concurrency };
        Self(Arc::new(Shared {
            link: tokio::sync::Mutex::new(link),
            limits,
            recheck: config.recheck,
            ceiling: config.ceiling,
            destructive: config.allow_destructive,
            // A playground's key dies with the process, so there is nothing to remember about it.
            state_dir: if config.playground { None } else { config.state_dir.clone() },
            ready: OnceCell::new(),
            state: Mutex::default(),
            changes: watch::Sender::new(0),
            renewing: tokio::sync::Mutex::default(),
            crowd: Arc::default(),
        }))
    }

    /// What is believed now, ceiling applied. No I/O.
    pub fn beliefs(&self) -> Beliefs {
        let state = self.state();
        match &state.gate {
            Some(gate) => gate.beliefs(),
            None => Beliefs::unknown(self.0.ceiling, &Cause::NotAsked),
        }
    }

    /// How long what was learnt of the account is believed before it is asked for again.
    pub fn recheck(&self) -> Duration {
        self.0.recheck
    }

    /// Bumped whenever what may be listed changes.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    /// Takes a place for a call whose arguments have so many bytes; past the bounds of the process it is told at once to come later.
    pub fn admit(&self, argument_bytes: usize) -> Result<Admission, CallError> {
        self.0.crowd.admit(argument_bytes).ok_or(CallError::Busy)
    }

    /// The open link, opened now if this is the first use.
    async fn ready(&self) -> Result<&Ready, KeyProblem> {
        let ready = self.0.ready.get_or_init(|| async {
            let mut link = self.0.link.lock().await;
            let (base, source, keep) = match &mut *link {
                Link::Fixed(base, source) => (base.clone(), source.clone(), None),
                Link::Lazy(opening) => {
                    let (base, key, keep) = opening.finished().await.map_err(KeyProblem::Playground)?;
                    self.adopt(&mut self.state(), key, None);
                    (base, KeySource::Playground, Some(keep))
                }
            };
            let place = Arc::new(Place::new(source, base.clone()));
            Ok(Ready { client: Client::new(base, self.0.limits), place, _keep: keep })
        });
        let ready = ready.await.as_ref().map_err(Clone::clone)?;
        self.follow(ready).await;
        Ok(ready)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a change of what is believed, and tells listeners if it changed what may be listed.
    fn revise<T>(&self, state: &mut State, change: impl FnOnce(&mut Gate) -> T) -> Option<T> {
        let gate = state.gate.as_mut()?;
        let lists = |gate: &Gate| {
            let beliefs = gate.beliefs();
            Scope::ALL.map(|scope| beliefs.lists(scope))
        };
        let before = lists(gate);
        let result = change(gate);
        if before != lists(gate) {
            self.0.changes.send_modify(|n| *n += 1);
        }
        Some(result)
    }
}

/// The time of day, as the gate counts it.
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests;
