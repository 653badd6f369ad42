//! Whether the place where processes count together can be used. The log hears when that changes, and not each time that something is counted.

use std::{
    fmt::Display,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

#[derive(Debug, Default)]
pub(super) struct Health {
    is_away: AtomicBool,
}

impl Health {
    /// It could not be used.
    pub(super) fn failed(&self, error: &dyn Display) {
        if !self.is_away.swap(true, Relaxed) {
            tracing::warn!(%error, "whatever costs or deletes is refused, until it can be counted again");
        }
    }

    /// It could be used.
    pub(super) fn worked(&self) {
        if self.is_away.swap(false, Relaxed) {
            tracing::info!("whatever costs or deletes can be counted again");
        }
    }
}
