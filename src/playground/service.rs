//! What all requests share.

use super::{limits::Limits, mount::Routes, session::Sessions, store::Store};

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
}
