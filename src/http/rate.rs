//! How many requests a caller may send in a minute.
//!
//! Several processes count together if they share a ledger. So that not every request has to ask it, a process takes a part of the minute's
//! requests at a time. Where the ledger does not answer, each process counts alone.
//!
//! Anybody can make up keys. So callers whose key the API has not accepted are counted in memory, and all of them together have one further
//! allowance. Whatever they send, nothing is written for them. Before such a caller gets a second part, the API is asked about the key, and what
//! was given before is counted with the others if the key is accepted. If the API does not answer that in time, this process counts the caller
//! alone until the minute is over.

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
    /// How many were given out so far, those that are left among them.
    given: u32,
    /// How many of them are not in the ledger, and belong there.
    owed: u32,
    /// Whether nothing more can be had.
    over: bool,
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
    /// API has accepted the caller's key as far as we know, and `ask` asks it.
    pub async fn admit(&self, allowance: &Allowance, accepted: bool, ask: impl AsyncFnOnce() -> bool) -> Result<(), u64> {
        if self.limit == 0 {
            return Ok(());
        }
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut window = allowance.window.lock().await;
        window.begin(seconds);
        // Once the API has accepted the key, the others hear at once of what was given before, unless that was all there is.
        let tells = accepted && window.owed > 0;
        if (window.left == 0 || tells) && !window.over {
            let known = match &self.ledger {
                Some(ledger) if accepted || window.given > 0 && ask().await => Some(ledger),
                _ => None,
            };
            match known {
                Some(ledger) => window.refill(&allowance.account, self.limit, ledger).await,
                None if self.ledger.is_some() && window.given == 0 => {
                    window.owed = part(self.limit);
                    window.give(part(self.limit), false);
                }
                None => window.give_rest(self.limit),
            }
        }
        window.take(seconds)
    }

    /// Counts a request of a caller whose key the API has not accepted. If all of those send too many together, says after how many seconds
    /// the next one is let in.
    pub async fn admit_stranger(&self) -> Result<(), u64> {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut window = self.strangers.window.lock().await;
        window.begin(seconds);
        if !window.over {
            window.give_rest(OF_STRANGERS);
        }
        window.take(seconds)
    }
}

/// How many requests of a limit are given out at a time.
fn part(limit: u32) -> u32 {
    (limit / PARTS).max(1)
}

impl Window {
    /// Begins a new window, if the one of before is over.
    fn begin(&mut self, seconds: u64) {
        let number = seconds / WINDOW;
        if self.number != number {
            *self = Self { number, ..Self::default() };
        }
    }

    fn give(&mut self, count: u32, last: bool) {
        (self.left, self.given, self.over) = (self.left + count, self.given + count, last);
    }

    /// Gives out all that is left of a limit.
    fn give_rest(&mut self, limit: u32) {
        self.give(limit.saturating_sub(self.given), true);
    }

    /// Takes the next part of the window's requests, if the other processes left any.
    async fn refill(&mut self, account: &str, limit: u32, ledger: &Ledger) {
        let (part, period) = (part(limit), Period { number: self.number, seconds: WINDOW });
        match ledger.spend_in(account, period, (part + self.owed).into(), limit.into()).await {
            Ok(Spending::Counted(_)) => {
                self.owed = 0;
                self.give(part, false);
            }
            Ok(Spending::Over(_)) => self.over = true,
            Err(error) => {
                tracing::debug!(%error, "the requests of a caller are counted by this process alone");
                self.give_rest(limit);
            }
        }
    }

    /// Takes one request.
    fn take(&mut self, seconds: u64) -> Result<(), u64> {
        self.left = self.left.checked_sub(1).ok_or(WINDOW - seconds % WINDOW)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_caller_over_the_limit_waits_for_the_next_window() {
        let rate = Rate::new(3, &Ledger::in_memory(None));
        let (one, other) = (Allowance::of("one"), Allowance::of("other"));
        let mut refused = 0;
        // A window may end in the middle, but not twice.
        for _ in 0..9 {
            match rate.admit(&one, true, async || true).await {
                Ok(()) => {}
                Err(wait) => {
                    assert!((1..=WINDOW).contains(&wait), "{wait}");
                    refused += 1;
                }
            }
        }
        assert!(refused >= 3, "{refused}");
        assert_eq!(rate.admit(&other, true, async || true).await, Ok(()), "another caller");
        assert_eq!(Rate::new(0, &Ledger::in_memory(None)).admit(&one, true, async || true).await, Ok(()), "no limit");
    }

    #[tokio::test]
    async fn two_processes_count_together() {
        let dir = tempfile::tempdir().unwrap();
        let process = || (Rate::new(40, &Ledger::in_directory(dir.path().join("s"))), Allowance::of("a"));
        let (one, two) = (process(), process());
        let mut admitted = 0;
        for _ in 0..80 {
            for (rate, allowance) in [&one, &two] {
                admitted += usize::from(rate.admit(allowance, true, async || true).await.is_ok());
            }
        }
        // A window may end in the middle, but not twice.
        assert!((40..=80).contains(&admitted), "{admitted}");
    }
    #[tokio::test]
    async fn a_new_caller_is_counted_with_the_others_once_the_api_accepts_the_key() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::in_directory(dir.path().join("s"));
        let rate = Rate::new(40, &ledger);
        let files = || std::fs::read_dir(dir.path().join("s")).into_iter().flatten().count();
        let (new, made_up) = (Allowance::of("new"), Allowance::of("made-up"));
        let (mut admitted, mut asked) = ([0, 0], [0, 0]);
        let minute = || crate::ledger::now() / WINDOW;
        let began = minute();
        for _ in 0..80 {
            let ask = async || {
                asked[0] += 1;
                false
            };
            admitted[0] += usize::from(rate.admit(&made_up, false, ask).await.is_ok());
        }
        assert_eq!(files(), 0, "nothing is written for a key that may not exist");
        for number in 0..80 {
            let ask = async || {
                asked[1] += 1;
                true
            };
            admitted[1] += usize::from(rate.admit(&new, number > 10, ask).await.is_ok());
        }
        // A window may end in the middle, but not twice.
        assert!(
            admitted.iter().all(|count| (40..=80).contains(count)) && asked.iter().all(|count| (1..=10).contains(count)),
            "{admitted:?} {asked:?}"
        );
        assert!(files() > 0);
        let more = Rate::new(40, &ledger).admit(&Allowance::of("new"), true, async || true).await.is_ok();
        assert!(!more || minute() > began, "another process knows of all that was sent");
    }
}
