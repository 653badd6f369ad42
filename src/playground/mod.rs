//! The playground: a local VideoVector API v2 on loopback, which keeps its data in SQLite.
//!
//! It serves the same paths, bodies, codes and scope rules as the service, and uses the wire types of [`crate::api`]. It must not know the
//! client, the tools or the MCP protocol. If it shared code with the client, tests against it would prove nothing.
//!
//! A request passes `serve` (connections), `front` (where it comes from, request id), [`auth`] (who sends it and whether they may),
//! [`mount`] (its arguments), a handler in [`routes`], and the [`store`]. Start with [`start`], then read `mount`.
//!
//! # A new noun
//!
//! Connectors, exports and the like have a folder each, `<noun>/mod.rs`, with their routes, rules and SQL together:
//!
//! - `pub fn mount(mount: Mount) -> Mount` mounts the handlers. [`routes`] names it in `NOUNS`, on one line.
//! - What is kept is a struct that implements [`store::records::Record`]. Handlers call `records::insert`, `get`, `list` and the others.
//! - What takes time implements [`store::clock::Job`] too. Its record holds facts and times, `at(now)` is a pure function of these that
//!   gives its state, and `settle` makes the lasting changes once. `store::clock` names it in `JOBS`, on one line.
//! - A few records with fixed ids and times, which a new store holds, give the tools that read something to show: `pub fn seed` in the folder,
//!   called by `seed::seed`.
//! - `#[cfg(test)] pub const SAMPLES` has one line for each call that takes more than the parameters of its path.
//!   `tests/round_trip.rs` names it in `NOUNS`.
//! - `tests/it/<noun>.rs` tests it through the front door. Its function for `NOUNS` of `tests/it/openapi.rs` calls each operation once.
//!
//! `webhooks` is an example, and `automations` is one with a clock. What works outside of the store (imports, exports, deliveries) has a
//! task of its own, which takes what is due.

pub mod arguments;
pub mod auth;
mod automations;
mod body;
mod chat;
pub mod choices;
mod connection;
pub mod connectors;
pub mod cursor;
mod deletions;
mod error;
pub mod events;
mod exports;
pub mod faults;
mod filter;
pub mod form;
mod front;
pub mod imports;
mod indexes;
pub mod library;
pub mod limits;
mod markers;
pub mod media;
pub mod mount;
mod naming;
mod origin;
mod outward;
mod prompts;
pub mod random;
pub mod rank;
pub mod raw;
mod refusal;
pub mod routes;
pub mod runs;
pub mod scratch;
pub mod search;
mod seed;
mod serve;
pub mod service;
pub mod session;
mod sql;
pub mod store;
pub mod time;
mod videos;
mod webhooks;
mod workflow;

#[cfg(test)]
mod tests;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
    time::Duration,
};

use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use self::{
    connectors::bucket::Buckets,
    faults::{Fault, Faults},
    limits::Limits,
    scratch::Scratch,
    service::Service,
    session::Sessions,
    store::{Store, place, usage},
};
use crate::{api::Scopes, reach::Reach};

pub use error::Error;
pub use refusal::Refusal;
pub use routes::mcp::PageTool;
pub use sql::{ARGUMENT as QUERY, answer as answer_query};

/// The one account of a playground.
pub const ACCOUNT: &str = "user_playground";
/// The path of the API on the server.
pub const BASE_PATH: &str = "/api/v2";
/// How long a shutdown waits for unfinished requests.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);

/// The settings of a playground.
#[derive(Debug)]
pub struct Options {
    /// The data directory. `None` keeps the store in memory.
    pub data_dir: Option<PathBuf>,
    /// The scopes of the key that is made for this start.
    pub start_scopes: Scopes,
    /// Whether the search limits are enforced. Otherwise they are only reported.
    pub enforce_limits: bool,
    /// Buckets and their directories.
    pub buckets: Vec<(String, PathBuf)>,
    /// The program that runs each query of SQL in a process of its own, with [`QUERY`] as its only argument. Without one, queries run in this
    /// process, where nothing bounds their memory.
    pub program: Option<PathBuf>,
    /// How long every answer is delayed.
    pub latency: Duration,
    /// The faults, in the order in which they are tried.
    pub faults: Vec<Fault>,
    /// Where webhooks may be called.
    pub webhooks: Reach,
    /// The tools that the pages about MCP list and run. It is called when the first of these pages is asked for.
    pub tools: fn() -> Vec<PageTool>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            data_dir: None,
            start_scopes: Scopes::ALL,
            enforce_limits: false,
            buckets: Vec::new(),
            program: None,
            latency: Duration::ZERO,
            faults: Vec::new(),
            webhooks: Reach::Loopback,
            tools: Vec::new,
        }
    }
}

/// A running playground. Dropping it stops it too, but only [`Handle::shutdown`] waits until the store is closed.
pub struct Handle {
    base_url: String,
    api_key: String,
    key_id: String,
    service: Arc<Service>,
    serving: JoinHandle<()>,
}

/// Starts a playground on a listener. The listener must be bound to a loopback address. The tasks run on the current runtime.
pub async fn start(options: Options, listener: TcpListener) -> Result<Handle, Error> {
    let directory = options.data_dir.clone();
    start_with(options, listener, routes::routes()).await.map_err(|error| error.within(directory.as_deref()))
}

/// Starts a playground with these endpoints.
async fn start_with(options: Options, listener: TcpListener, routes: mount::Routes) -> Result<Handle, Error> {
    let address = listener.local_addr().map_err(Error::Serve)?;
    if !address.ip().is_loopback() {
        return Err(Error::NotLoopback(address));
    }
    let directory = options.data_dir.clone();
    let opened = Store::open(options.data_dir, |tx| seed::seed(tx)).await?;
    let store = opened.store;
    let prepare = |refusal: Refusal| Error::Prepare(refusal.to_string());
    let scopes = options.start_scopes;
    let key = store.write(move |tx| store::keys::start(tx, scopes)).await.map_err(prepare)?;
    let enforce = options.enforce_limits;
    let counted =
        move |connection: &rusqlite::Connection| Limits::resume(enforce, |start| usage::count_since(connection, usage::SEARCHES, start));
    let limits = store.read(counted).await.map_err(prepare)?;
    let base_url = format!("http://{address}{BASE_PATH}");
    if let Some(directory) = &directory {
        place::announce(directory, &base_url)?;
    }
    let service = Arc::new(Service {
        store,
        buckets: Buckets::new(options.buckets, directory.as_deref()),
        scratch: Scratch::new(directory),
        tools: media::Tools::on_path(),
        program: options.program,
        sessions: Sessions::new(&opened.session_secret),
        limits,
        base_url: base_url.clone(),
        routes,
        page_tools: LazyLock::new(options.tools),
        latency: options.latency,
        faults: Faults::new(options.faults),
        fetch: imports::Fetch::default(),
        post: Arc::new(webhooks::Post::new(options.webhooks)),
        stopping: CancellationToken::new(),
    });
    // Before anything new comes.
    media::remove_unnamed(&service).await.map_err(prepare)?;
    let router = front::router(Arc::clone(&service));
    let serving = tokio::spawn(serve::serve(listener, router, service.stopping.clone()));
    tokio::spawn(imports::work(Arc::clone(&service)));
    tokio::spawn(media::measure_later(Arc::clone(&service)));
    tokio::spawn(exports::work(Arc::clone(&service)));
    tokio::spawn(store::clock::keep(service.store.clone(), service.stopping.clone()));
    tokio::spawn(webhooks::keep_sending(service.store.clone(), Arc::clone(&service.post), service.stopping.clone()));
    Ok(Handle { base_url, api_key: key.key.0, key_id: key.key_id, service, serving })
}

impl Handle {
    /// The address of the API: `http://127.0.0.1:PORT/api/v2`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The secret of the key that was made for this start.
    pub fn api_key(&self) -> &str {
        &self.api_key
    }

    /// The public id of that key.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// A session token for this playground. It is valid for `life`.
    pub fn token(&self, life: Duration) -> Result<String, Error> {
        self.service.sessions.token(life)
    }

    /// The store, for tests that need a state that the API cannot make.
    #[cfg(test)]
    pub(crate) fn store(&self) -> &Store {
        &self.service.store
    }

    /// Stops taking connections, lets unfinished requests go on for up to two seconds, and closes the store.
    pub async fn shutdown(mut self) {
        self.service.stopping.cancel();
        if tokio::time::timeout(SHUTDOWN_GRACE, &mut self.serving).await.is_err() {
            self.serving.abort();
        }
        self.service.store.close().await;
        self.service.scratch.clear();
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.service.stopping.cancel();
    }
}

impl fmt::Debug for Handle {
    /// Leaves the secret out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("base_url", &self.base_url).field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// The base URL of the playground that has this data directory open. `None` if none has.
pub fn address(data_dir: &Path) -> Result<Option<String>, Error> {
    place::address(data_dir)
}

/// Whether a playground has kept its data in this directory.
pub fn is_kept_in(data_dir: &Path) -> bool {
    place::has_database(data_dir)
}

/// A session token for the playground of a data directory. It is valid for `life`. The playground need not be running.
pub fn token(data_dir: &Path, life: Duration) -> Result<String, Error> {
    Sessions::new(&place::session_secret(data_dir)?).token(life)
}
