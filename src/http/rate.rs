//! How many requests a caller may send in a minute.
//!
//! Several processes count together if they share a ledger. So that not every request has to ask it, a process takes a part of the minute's
//! requests at a time. Where the ledger does not answer, each process counts alone.
//!
//! Anybody can make up keys. So callers whose key the API has not accepted are counted in memory, and all of them together have one further
//! allowance. Whatever they send, nothing is written for them.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::Mutex;

use crate::ledger::{Ledger, Period, Spending};

/// The seconds of a window.
const WINDOW: u64 = 60;
/// Into how many parts the requests of a window are divided.
const PARTS: u32 = 20;
/// How many requests all callers together may send in a minute whose key the API has not accepted. A crowd of new callers sends fewer.
const OF_STRANGERS: u32 = 6000;

/// The limit of all callers.
pub struct Rate {
    /// Requests in a minute. 0 means that there is no limit.
    limit: u32,
    /// Where several processes count together.
    ledger: Option<Ledger>,
    /// What all callers share whose key the API has not accepted.
    strangers: Allowance,
}

/// What one caller may still send in a window.
pub struct Allowance {
    account: String,
    window: Mutex<Window>,
}

#[derive(Default)]
struct Window {
    number: u64,
    left: u32,
    /// Whether nothing more can be had.
    over: bool,
    /// Whether this process counts alone.
    alone: bool,
}

impl Allowance {
    /// The allowance of an account.
    pub fn of(account: &str) -> Self {
        Self { account: format!("rate-{account}"), window: Mutex::default() }
    }
}

impl Rate {
    /// A limit in requests a minute, counted in this ledger if others count there, too.
    pub fn new(limit: u32, ledger: &Ledger) -> Self {
        let ledger = ledger.is_shared().then(|| ledger.clone());
        Self { limit, ledger, strangers: Allowance::of("strangers") }
    }

    /// Counts a request of a caller. If there are too many, says after how many seconds the next one is let in. `accepted` says whether the
    /// API has accepted the caller's key.
    pub async fn admit(&self, allowance: &Allowance, accepted: bool) -> Result<(), u64> {
        match self.limit {
            0 => Ok(()),
            limit => count(allowance, limit, self.ledger.as_ref().filter(|_| accepted)).await,
        }
    }

    /// Counts a request of a caller whose key the API has not accepted. If all of those send too many together, says after how many seconds
    /// the next one is let in.
    pub async fn admit_stranger(&self) -> Result<(), u64> {
        count(&self.strangers, OF_STRANGERS, None).await
    }
}

async fn count(allowance: &Allowance, limit: u32, ledger: Option<&Ledger>) -> Result<(), u64> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (number, alone) = (seconds / WINDOW, ledger.is_none());
    let mut window = allowance.window.lock().await;
    // The first requests of a new caller were counted alone. From the moment on when the API has accepted the key, all processes count.
    if window.number != number || window.alone != alone {
        *window = Window { number, alone, ..Window::default() };
    }
    if window.left == 0 && !window.over {
        (window.left, window.over) = part(&allowance.account, number, limit, ledger).await;
    }
    match window.left.checked_sub(1) {
        Some(left) => window.left = left,
        None => return Err(WINDOW - seconds % WINDOW),
    }
    Ok(())
}

/// Takes a part of a window's requests: how many those are, and whether they are the last ones.
async fn part(account: &str, number: u64, limit: u32, ledger: Option<&Ledger>) -> (u32, bool) {
    let alone = (limit, true);
    let Some(ledger) = ledger else { return alone };
    let part = (limit / PARTS).max(1);
    match ledger.spend_in(account, Period { number, seconds: WINDOW }, part.into(), limit.into()).await {
        Ok(Spending::Counted(_)) => (part, false),
        Ok(Spending::Over(_)) => (0, true),
        Err(error) => {
            tracing::debug!(%error, "the requests of a caller are counted by this process alone");
            alone
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_caller_over_the_limit_waits_for_the_next_window() {
        let rate = Rate::new(3, &Ledger::in_memory());
        let (one, other) = (Allowance::of("one"), Allowance::of("other"));
        let mut refused = 0;
        // A window may end in the middle, but not twice.
        for _ in 0..9 {
            match rate.admit(&one, true).await {
                Ok(()) => {}
                Err(wait) => {
                    assert!((1..=WINDOW).contains(&wait), "{wait}");
                    refused += 1;
                }
            }
        }
        assert!(refused >= 3, "{refused}");
        assert_eq!(rate.admit(&other, true).await, Ok(()), "another caller");
        assert_eq!(Rate::new(0, &Ledger::in_memory()).admit(&one, true).await, Ok(()), "no limit");
    }

    #[tokio::test]
    async fn two_processes_count_together() {
        let dir = tempfile::tempdir().unwrap();
        let process = || (Rate::new(40, &Ledger::in_directory(dir.path().join("s"))), Allowance::of("a"));
        let (one, two) = (process(), process());
        let mut admitted = 0;
        for _ in 0..80 {
            for (rate, allowance) in [&one, &two] {
                admitted += usize::from(rate.admit(allowance, true).await.is_ok());
            }
        }
        // A window may end in the middle, but not twice.
        assert!((40..=80).contains(&admitted), "{admitted}");
    }
}
