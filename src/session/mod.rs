//! The session of this process with the API. It has one key, finds out what that key may do, and sends requests with it.
//!
//! The gate decides, and this layer acts: it reads the key and follows its changes, sends probes and waits for them, keeps the cache file,
//! and hands authorised requests to the client. It must not know tools or the protocol.
//!
//! Start with [`Session::call`]. `request` sends one request, `learn` finds out scopes, `keys` follows the key, and `cache` is
//! the file that we keep between starts. `admission` limits how many calls are under way, `stranger` what is asked for keys that the API has
//! not accepted. `report` tells of the key, and `problem` why a call failed.

mod admission;
mod cache;
mod keys;
mod learn;
mod problem;
mod report;
mod request;
mod stranger;

use std::{
    any::Any,
    path::PathBuf,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicBool},
    time::{Duration, SystemTime},
};

use tokio::{
    sync::{OnceCell, watch},
    task::JoinHandle,
    time::Instant,
};

pub use crate::client::Deadline;
use crate::{
    api::{Scope, Scopes},
    client::{Client, Limits, Meter},
    config::Config,
    gate::{Bearer, Beliefs, Cause, Gate, Timestamp},
    key::{ApiKey, BaseUrl, KeySource, Stamp},
};
pub use admission::Admission;
use admission::Crowd;
use keys::{Look, Place};
use learn::Asking;
pub use problem::{CallError, KeyProblem};
pub use report::KeyReport;
pub use request::{agreeable, agreed_for};

/// An opened API: its address, a key for it, and a value that keeps it open. The session holds that value as long as it lives.
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

/// An API that is opened on first use. A task of its own opens it, so it opens even if the caller stops waiting for it.
pub struct Opening {
    opener: Option<Opener>,
    task: Option<JoinHandle<Result<Opened, String>>>,
}

impl Opening {
    /// An API that this function opens. It is called once at most.
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
    ceiling: Option<Scopes>,
    destructive: bool,
    state_dir: Option<PathBuf>,
    ready: OnceCell<Result<Ready, KeyProblem>>,
    state: Mutex<State>,
    changes: watch::Sender<u64>,
    /// The caller that looks for a new key after a rejection holds this, so that one caller looks for all.
    renewing: tokio::sync::Mutex<()>,
    crowd: Arc<Crowd>,
    /// Who brings the key.
    bearer: Bearer,
    /// The session of the server itself, if this is that of a guest.
    host: Option<Session>,
    /// Whoever asks the API for a sign of life holds this.
    greeting: Arc<tokio::sync::Mutex<Option<Instant>>>,
    /// Whether a notice was not answered in time, so that nothing waits for the next ones.
    slow_notices: AtomicBool,
    /// Where what we learn about the key is kept, if it is not in the directory for state.
    shelf: Option<Arc<dyn Shelf>>,
}

/// A place outside of this machine for what was learnt about keys. Names are fingerprints, which reveal no key.
pub trait Shelf: Send + Sync {
    /// What was kept under a name.
    fn recall(&self, name: String) -> Pin<Box<dyn Future<Output = Option<Vec<u8>>> + Send + '_>>;
    /// Keeps something under a name. If that fails, nothing is lost.
    fn keep(&self, name: String, content: Vec<u8>) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// How long an answer of the API shows that it can be reached.
const RECENT: Duration = Duration::from_mins(1);
/// How long an API that was just asked and did not answer counts as unreachable without being asked again.
const UNREACHABLE: Duration = Duration::from_secs(1);

/// What is fixed once the link is open.
struct Ready {
    client: Client,
    place: Arc<Place>,
    _keep: Option<Box<dyn Any + Send + Sync>>,
}

/// What changes: the key and what we know about it.
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
    /// Since when the file holds no key, although one of before is in use.
    emptied: Option<Emptied>,
    asking: Vec<Asking>,
    /// The generation of the key for which we found no successor, and when we stopped looking.
    given_up: Option<(u64, Instant)>,
}

/// A file that no longer holds the key in use.
struct Emptied {
    since: Instant,
    /// What is wrong with it.
    problem: Option<KeyProblem>,
    /// Whether it is clear by now that nobody is just writing it.
    lasts: bool,
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
            bearer: Bearer::Server,
            host: None,
            greeting: Arc::default(),
            slow_notices: AtomicBool::default(),
            shelf: None,
        }))
    }

    /// A session of another caller at the same API. It has the caller's key and its own knowledge of it, and shares connections, limits and
    /// settings with this one. `None` stands for the key of this session, under a ceiling of the caller's own.
    pub async fn beside(&self, key: Option<ApiKey>, ceiling: Option<Scopes>, shelf: Option<Arc<dyn Shelf>>) -> Result<Self, KeyProblem> {
        let ready = self.ready().await?;
        let ceiling = match (self.0.ceiling, ceiling) {
            (Some(ours), Some(theirs)) => Some(ours.intersect(theirs)),
            (ours, theirs) => ours.or(theirs),
        };
        let base = ready.client.base().clone();
        let bearer = if key.is_some() { Bearer::Caller } else { Bearer::Guest };
        let of_caller = bearer == Bearer::Caller;
        let source = key.map_or_else(|| ready.place.source.clone(), KeySource::Caller);
        let theirs = Self(Arc::new(Shared {
            link: tokio::sync::Mutex::new(Link::Fixed(base.clone(), source.clone())),
            limits: self.0.limits,
            recheck: self.0.recheck,
            ceiling,
            destructive: self.0.destructive,
            state_dir: self.0.state_dir.clone().filter(|_| shelf.is_none() || !of_caller),
            ready: OnceCell::new_with(Some(Ok(Ready {
                client: ready.client.beside(),
                place: Arc::new(Place::new(source.clone(), base.clone())),
                _keep: None,
            }))),
            state: Mutex::default(),
            changes: watch::Sender::new(0),
            renewing: tokio::sync::Mutex::default(),
            crowd: Arc::default(),
            bearer,
            host: (!of_caller).then(|| self.clone()),
            greeting: Arc::default(),
            slow_notices: AtomicBool::default(),
            shelf: shelf.filter(|_| of_caller),
        }));
        match source {
            KeySource::Caller(key) | KeySource::Variable { key: Ok(key), .. } => theirs.begin_with(&base, key).await,
            // No place holds the key of a playground, so it is handed over. That of a file may be hard to read for many callers at once;
            // each follows its changes from here.
            KeySource::Playground | KeySource::File { .. } => {
                let key = self.state().gate.as_ref().map(|gate| gate.key().clone());
                if let Some(key) = key {
                    theirs.adopt(&mut theirs.state(), key, None);
                }
            }
            KeySource::Variable { .. } | KeySource::Missing { .. } => {}
        }
        Ok(theirs)
    }

    /// From now on, tells this function of each request of this session and of those beside it.
    pub async fn measure(&self, meter: Meter) -> Result<(), KeyProblem> {
        self.ready().await?.client.measure(meter);
        Ok(())
    }

    /// Whether the API answered within the last minute, or answers now.
    pub async fn is_reachable(&self) -> bool {
        let Ok(ready) = self.ready().await else { return false };
        let recent = || ready.client.last_answer().is_some_and(|ago| ago < RECENT);
        if recent() {
            return true;
        }
        // One question is enough for all who want to know. It outlives whoever asks it: a probe that waits a second finds the answer next time.
        let Ok(failed) = Arc::clone(&self.0.greeting).try_lock_owned() else {
            drop(self.0.greeting.lock().await);
            return recent();
        };
        if failed.is_some_and(|at| at.elapsed() < UNREACHABLE) {
            return false;
        }
        let session = self.clone();
        tokio::spawn(async move { session.greet(failed).await }).await.unwrap_or(false)
    }

    /// Asks the API whether it is there, and notes when it was not.
    async fn greet(&self, mut failed: tokio::sync::OwnedMutexGuard<Option<Instant>>) -> bool {
        let Ok(ready) = self.ready().await else { return false };
        let reached = ready.client.greet().await;
        *failed = (!reached).then(Instant::now);
        reached
    }

    /// The address of the API, once it is open.
    pub async fn base(&self) -> Result<BaseUrl, KeyProblem> {
        Ok(self.ready().await?.client.base().clone())
    }

    /// Whether the API accepts the key as far as we know. Does no I/O.
    pub fn is_accepted(&self) -> bool {
        self.state().gate.as_ref().is_some_and(Gate::is_accepted)
    }

    /// Whether the API rejected the key a moment ago. Does no I/O.
    pub fn is_rejected(&self) -> bool {
        self.state().gate.as_ref().is_some_and(|gate| gate.is_blocked(now()))
    }

    /// Who brings the key.
    pub fn bearer(&self) -> Bearer {
        self.0.bearer
    }

    /// What we know about the key now. Does no I/O.
    pub fn beliefs(&self) -> Beliefs {
        let state = self.state();
        match &state.gate {
            Some(gate) => gate.beliefs(),
            None => Beliefs::unknown(self.0.ceiling, &Cause::NotAsked),
        }
    }

    /// The scopes that this session is limited to, with all that they imply. `None` if there is no limit.
    pub fn ceiling(&self) -> Option<Scopes> {
        self.0.ceiling.map(Scopes::closed)
    }

    /// A fingerprint of the key in use and of the API's address, which reveals neither. Empty as long as there is no key.
    pub async fn fingerprint(&self) -> String {
        let Ok(ready) = self.ready().await else { return String::new() };
        self.state().gate.as_ref().map(|gate| gate.key().fingerprint(ready.client.base())).unwrap_or_default()
    }

    /// Where the API is: scheme, host and port. `None` as long as there is no link to it.
    pub async fn origin(&self) -> Option<String> {
        self.ready().await.ok().map(|ready| ready.client.base().origin())
    }

    /// How long we use what we learned about the account before we ask the API again.
    pub fn recheck(&self) -> Duration {
        self.0.recheck
    }

    /// The number of the key in use. It goes up when another one takes its place.
    pub fn generation(&self) -> u64 {
        self.state().generation
    }

    /// A counter that goes up whenever the list of tools may change, and when the API accepts the key.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    /// Takes a place for a call whose arguments have this many bytes. Fails at once with [`CallError::Busy`] if there is no place left.
    pub fn admit(&self, argument_bytes: usize) -> Result<Admission, CallError> {
        self.0.crowd.admit(argument_bytes).ok_or(CallError::Busy)
    }

    /// The open link. Opens it on first use. Then finds the key, or looks whether its file has changed.
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

    /// Changes what we know, and tells listeners if that changes which tools are listed, or whether the API accepts the key. `None` if there is
    /// no key.
    fn revise<T>(&self, state: &mut State, change: impl FnOnce(&mut Gate) -> T) -> Option<T> {
        let gate = state.gate.as_mut()?;
        let lists = |gate: &Gate| {
            let beliefs = gate.beliefs();
            (gate.is_accepted(), Scope::ALL.map(|scope| beliefs.lists(scope)))
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
