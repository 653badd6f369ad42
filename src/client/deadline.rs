//! How long a whole call may take.

use std::time::Duration;

use tokio::time::Instant;

/// The end of a call: queueing, retries and all its requests together.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    /// What a call may take at most. Clients give up at 60 s, so the answer has to be out before.
    pub const WHOLE_CALL: Duration = Duration::from_secs(50);

    /// A deadline so far from now.
    pub fn after(span: Duration) -> Self {
        let now = Instant::now();
        Self(now.checked_add(span).unwrap_or(now))
    }

    /// The time left; zero once it has passed.
    pub fn remaining(&self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// This deadline, or one so far from now if that is sooner.
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
