//! Whether the place where processes count together can be used. The log hears when that changes, and not each time that something is counted.

use std::{
    collections::BTreeSet,
    fmt::Display,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::judge;

/// The name of the place as a whole.
pub(super) const PLACE: &str = "";

/// What cannot be used: the place, or single files or records in it.
#[derive(Debug, Default)]
pub(super) struct Health {
    away: Mutex<BTreeSet<String>>,
    /// Whether nothing is refused because of it.
    dispensable: bool,
}

impl Health {
    /// That of a place without which everything goes on.
    pub(super) fn dispensable() -> Self {
        Self { dispensable: true, ..Self::default() }
    }

    /// This could not be used.
    pub(super) fn failed(&self, name: &str, error: &dyn Display) {
        if !self.away().insert(name.to_owned()) {
            return;
        }
        if self.dispensable {
            tracing::debug!(%error, "other processes do not learn under which keys calls were sent");
            return;
        }
        match name {
            PLACE => tracing::warn!(%error, "whatever costs or deletes is refused, until it can be counted again"),
            rate if judge::is_of_rate(rate) => {
                tracing::warn!(%error, "the requests of a caller are counted by this process alone, until the file can be used again");
            }
            _ => tracing::warn!(%error, "whatever needs it is refused, until it can be used again"),
        }
    }

    /// This could be used.
    pub(super) fn worked(&self, name: &str) {
        if !self.away().remove(name) || self.dispensable {
            return;
        }
        if name == PLACE {
            tracing::info!("whatever costs or deletes can be counted again");
        } else {
            tracing::info!(name, "it can be used again");
        }
    }

    fn away(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.away.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
