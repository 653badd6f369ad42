//! Times, as told from outside.

use std::time::Duration;

/// A time of day in milliseconds since 1970, comparable between processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(u64);

impl Timestamp {
    /// A time by its milliseconds since 1970.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// How long ago this was. `None` for the future, which a clock that was set back can make of the past: such a time proves nothing.
    pub fn age(self, now: Self) -> Option<Duration> {
        now.0.checked_sub(self.0).map(Duration::from_millis)
    }

    /// Whether this was less than `span` ago.
    pub fn within(self, span: Duration, now: Self) -> bool {
        self.age(now).is_some_and(|age| age < span)
    }
}
