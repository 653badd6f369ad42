//! The parts that all requests share.

use std::{
    path::PathBuf,
    sync::{Arc, LazyLock},
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use super::{
    PageTool, connectors::bucket::Buckets, faults::Faults, imports::Fetch, limits::Limits, media::Tools, mount::Routes, scratch::Scratch,
    session::Sessions, store::Store, webhooks::Post,
};

/// The parts of a running playground.
pub struct Service {
    /// The store.
    pub store: Store,
    /// Files.
    pub scratch: Scratch,
    /// The buckets behind connectors.
    pub buckets: Buckets,
    /// The programs that measure media.
    pub tools: Tools,
    /// See [`super::Options::program`].
    pub program: Option<PathBuf>,
    /// Makes and checks session tokens.
    pub sessions: Sessions,
    /// Counts searches.
    pub limits: Limits,
    /// The base URL of the playground, without a slash at the end.
    pub base_url: String,
    /// All endpoints.
    pub routes: Routes,
    /// The tools of the pages about MCP.
    pub page_tools: LazyLock<Vec<PageTool>>,
    /// How long every answer is delayed.
    pub latency: Duration,
    /// The faults.
    pub faults: Faults,
    /// Loads the files of attachments.
    pub fetch: Fetch,
    /// Calls the receivers of webhooks.
    pub post: Arc<Post>,
    /// Cancelled when the playground stops.
    pub stopping: CancellationToken,
}
