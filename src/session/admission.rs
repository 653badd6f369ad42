//! Limits how many calls may be under way or waiting, and how many bytes their arguments may take.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

/// Calls under way and waiting together.
const MAX_CALLS: usize = 64 + 4096;
/// Bytes of all their arguments together.
const MAX_BYTES: usize = 32 << 20;

/// All calls that were let in.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    calls: AtomicUsize,
    bytes: AtomicUsize,
}

/// A place in the crowd. Dropping it gives it back.
#[derive(Debug)]
pub struct Admission {
    crowd: Arc<Crowd>,
    bytes: usize,
}

impl Crowd {
    /// Takes a place for a call with this many bytes of arguments, if there is one. A call that is alone always gets a place.
    pub(super) fn admit(self: &Arc<Self>, bytes: usize) -> Option<Admission> {
        let calls = self.calls.fetch_add(1, Relaxed);
        let before = self.bytes.fetch_add(bytes, Relaxed);
        let place = Admission { crowd: Arc::clone(self), bytes };
        // Dropping the place gives it back.
        (calls == 0 || (calls < MAX_CALLS && before.saturating_add(bytes) <= MAX_BYTES)).then_some(place)
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.crowd.calls.fetch_sub(1, Relaxed);
        self.crowd.bytes.fetch_sub(self.bytes, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_run_out_and_come_back() {
        let crowd = Arc::new(Crowd::default());
        let mut inside: Vec<_> = (0..MAX_CALLS).map(|_| crowd.admit(10).unwrap()).collect();
        assert!(crowd.admit(10).is_none());
        inside.pop();
        assert!(crowd.admit(10).is_some());
        inside.clear();
        let large = crowd.admit(MAX_BYTES + 1).unwrap();
        assert!(crowd.admit(1).is_none());
        drop(large);
        assert!(crowd.admit(1).is_some());
    }
}
