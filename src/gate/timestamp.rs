//! Times. The gate has no clock, so its caller passes them in.

use std::time::Duration;

/// A time in milliseconds since 1970. Times from different processes can be compared.
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

    /// How long ago this was. `None` if it is in the future. That happens when somebody sets the clock back, so such a time proves nothing.
    pub fn age(self, now: Self) -> Option<Duration> {
        now.0.checked_sub(self.0).map(Duration::from_millis)
    }

    /// Whether this was less than `span` ago.
    pub fn within(self, span: Duration, now: Self) -> bool {
        self.age(now).is_some_and(|age| age < span)
    }
}
