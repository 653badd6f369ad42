//! How many requests a caller may send in a minute.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::Mutex;

/// The seconds of a window.
const WINDOW: u64 = 60;

/// The limit of all callers. 0 means that there is none.
#[derive(Clone, Copy, Debug)]
pub struct Rate(pub u32);

/// What one caller may still send in a window.
#[derive(Default)]
pub struct Allowance(Mutex<Window>);

#[derive(Default)]
struct Window {
    number: u64,
    left: u32,
}

impl Rate {
    /// Counts a request. If there are too many, says after how many seconds the next one is let in.
    pub async fn admit(self, allowance: &Allowance) -> Result<(), u64> {
        if self.0 == 0 {
            return Ok(());
        }
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut window = allowance.0.lock().await;
        if window.number != seconds / WINDOW {
            *window = Window { number: seconds / WINDOW, left: self.0 };
        }
        match window.left.checked_sub(1) {
            Some(left) => window.left = left,
            None => return Err(WINDOW - seconds % WINDOW),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_caller_over_the_limit_waits_for_the_next_window() {
        let allowance = Allowance::default();
        let mut refused = 0;
        // A window may end in the middle, but not twice.
        for _ in 0..9 {
            match Rate(3).admit(&allowance).await {
                Ok(()) => {}
                Err(wait) => {
                    assert!((1..=WINDOW).contains(&wait), "{wait}");
                    refused += 1;
                }
            }
        }
        assert!(refused >= 3, "{refused}");
        assert_eq!(Rate(3).admit(&Allowance::default()).await, Ok(()), "another caller");
        assert_eq!(Rate(0).admit(&allowance).await, Ok(()), "no limit");
    }
}
