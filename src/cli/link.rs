//! From settings to a session: with the API, or with a playground in this process.

use crate::{config::Config, session::Session};

/// The session that the settings ask for. Nothing is opened before its first use.
#[cfg(not(feature = "playground"))]
pub fn session(config: &Config) -> Session {
    Session::new(config, crate::session::Link::configured(config))
}
