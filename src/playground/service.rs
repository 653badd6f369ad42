//! What all requests share.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{faults::Faults, limits::Limits, mount::Routes, session::Sessions, store::Store};

/// The parts of a running playground.
pub struct Service {
    /// The store.
    pub store: Store,
    /// Makes and checks session tokens.
    pub sessions: Sessions,
    /// Counts searches.
    pub limits: Limits,
    /// Where the playground is reached, without a final slash.
    pub base_url: String,
    /// All endpoints.
    pub routes: Routes,
    /// How long every answer is held back.
    pub latency: Duration,
    /// Scripted trouble.
    pub faults: Faults,
    /// Cancelled when the playground stops.
    pub stopping: CancellationToken,
}
