//! How long a whole call may take.

use std::time::Duration;

use tokio::time::Instant;

/// When a call must end, with its time in the queue, its retries and all its requests.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    /// The most time that a call may take. MCP clients give up after 60 s, so the answer must be out before that.
    pub const WHOLE_CALL: Duration = Duration::from_secs(50);

    /// A deadline after this time from now.
    pub fn after(span: Duration) -> Self {
        let now = Instant::now();
        Self(now.checked_add(span).unwrap_or(now))
    }

    /// The time left; zero once it has passed.
    pub fn remaining(&self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// This deadline, or one after this time from now if that is sooner.
    #[must_use]
    pub fn at_most(&self, span: Duration) -> Self {
        Self(self.0.min(Self::after(span).0))
    }

    /// The moment itself, for timers.
    pub fn instant(&self) -> Instant {
        self.0
    }
}

impl Default for Deadline {
    fn default() -> Self {
        Self::after(Self::WHOLE_CALL)
    }
}
