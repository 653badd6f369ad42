//! What all processes that use one key must agree on: which confirmations were used, and what was spent today.
//!
//! One process alone keeps it in memory. Several processes of one machine share a directory. Whatever is counted is on the disk before the
//! request that costs goes out, so a crash can only make the count too high, never too low. If the count cannot be read or written, the call
//! that needs it is refused.
//!
//! This layer knows names and numbers. It must not know tools, keys or the API: an account is the text that the caller gives for it. Start
//! with [`Ledger`].

mod directory;
mod health;
#[cfg(feature = "http")]
mod redis;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use directory::Directory;
#[cfg(feature = "http")]
pub use redis::Redis;

/// How long the disk may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The seconds of a day.
const DAY: u64 = 86_400;

/// The number that makes a confirmation different from all others.
pub type Nonce = [u8; 12];

/// Why nothing could be counted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LedgerError(pub String);

/// What came of an attempt to spend.
#[derive(Clone, Debug, PartialEq)]
pub enum Spending {
    /// It was counted.
    Counted(Entry),
    /// It would be more than the limit; this much was spent before.
    Over(f64),
}

/// Something that was counted.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    account: String,
    day: u64,
    mt: f64,
}

/// A time in which something is counted together: a day, or a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// Its number. It goes up with time.
    pub number: u64,
    /// How long it is. The sum is forgotten when two such times have gone by since it changed.
    pub seconds: u64,
}

/// The place where it is kept. Cheap to clone; clones share everything.
#[derive(Clone, Debug)]
pub struct Ledger(Arc<Place>);

#[derive(Debug)]
enum Place {
    Memory(Mutex<Memory>),
    Directory(Directory),
    #[cfg(feature = "http")]
    Redis(Arc<Redis>),
}

#[derive(Debug, Default)]
struct Memory {
    /// When each nonce may be forgotten, in seconds since 1970.
    used: HashMap<Nonce, u64>,
    spent: HashMap<String, Day>,
}

/// What was spent on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
struct Day {
    /// Days since 1970, in UTC.
    day: u64,
    spent_mt: f64,
}

impl Day {
    /// Adds to the day, if the sum is at most `most`. A day that is over counts no more. If the clock went back, the later day goes on.
    fn add(self, today: u64, mt: f64, most: f64) -> Result<Self, f64> {
        let before = if self.day < today { Self { day: today, spent_mt: 0.0 } } else { self };
        if mt < 0.0 {
            return Err(before.spent_mt);
        }
        let sum = before.spent_mt + mt;
        // A sum that is no number is above every limit.
        if sum <= most { Ok(Self { spent_mt: sum, ..before }) } else { Err(before.spent_mt) }
    }

    /// Takes something back, unless its day is over.
    fn take_back(self, entry: &Entry) -> Self {
        if self.day == entry.day { Self { spent_mt: (self.spent_mt - entry.mt).max(0.0), ..self } } else { self }
    }
}

impl Ledger {
    /// For a process alone.
    pub fn in_memory() -> Self {
        Self(Arc::new(Place::Memory(Mutex::default())))
    }

    /// For all processes that use this directory. Looks at nothing yet.
    pub fn in_directory(path: PathBuf) -> Self {
        Self(Arc::new(Place::Directory(Directory::new(path))))
    }

    /// For processes on several machines.
    #[cfg(feature = "http")]
    pub fn in_redis(redis: Arc<Redis>) -> Self {
        Self(Arc::new(Place::Redis(redis)))
    }

    /// The directory of the processes of this machine, if they count in one.
    pub fn directory(&self) -> Option<&Path> {
        match &*self.0 {
            Place::Directory(directory) => Some(directory.path()),
            Place::Memory(_) => None,
            #[cfg(feature = "http")]
            Place::Redis(_) => None,
        }
    }

    /// Whether other processes count here, too.
    pub fn is_shared(&self) -> bool {
        !matches!(&*self.0, Place::Memory(_))
    }

    /// Whether it can count. Where other processes count, too, that is asked before anything that costs or deletes, even if nothing is counted.
    pub async fn check(&self) -> Result<(), LedgerError> {
        match &*self.0 {
            Place::Memory(_) => Ok(()),
            Place::Directory(directory) => directory.check().await,
            #[cfg(feature = "http")]
            Place::Redis(redis) => redis.check().await,
        }
    }

    /// Marks a nonce as used: whether this is its first use. It need not be remembered after `until`, in seconds since 1970.
    pub async fn first_use(&self, nonce: Nonce, until: u64) -> Result<bool, LedgerError> {
        match &*self.0 {
            Place::Memory(memory) => {
                let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
                let now = now();
                memory.used.retain(|_, until| *until >= now);
                Ok(memory.used.insert(nonce, until).is_none())
            }
            Place::Directory(directory) => directory.first_use(nonce).await,
            #[cfg(feature = "http")]
            Place::Redis(redis) => redis.first_use(nonce, until).await,
        }
    }

    /// Counts what an account is about to spend today, in mt, if the day's sum is then at most `most`. The day begins at midnight, UTC.
    pub async fn spend(&self, account: &str, mt: f64, most: f64) -> Result<Spending, LedgerError> {
        self.spend_in(account, Period { number: now() / DAY, seconds: DAY }, mt, most).await
    }

    /// What an account spent today, in mt.
    pub async fn spent(&self, account: &str) -> Result<f64, LedgerError> {
        // Nothing can be added to a sum that is above every limit already.
        match self.spend(account, 0.0, -1.0).await? {
            Spending::Over(spent) => Ok(spent),
            Spending::Counted(_) => Ok(0.0),
        }
    }

    /// The same for any period.
    pub async fn spend_in(&self, account: &str, period: Period, mt: f64, most: f64) -> Result<Spending, LedgerError> {
        let today = period.number;
        let added = match &*self.0 {
            Place::Memory(memory) => {
                let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
                let kept = memory.spent.entry(account.to_owned()).or_default();
                let added = kept.add(today, mt, most);
                if let Ok(day) = added {
                    *kept = day;
                }
                added
            }
            Place::Directory(directory) => directory.change(account, move |kept| kept.add(today, mt, most)).await?,
            #[cfg(feature = "http")]
            Place::Redis(redis) => redis.add(account, period, mt, most).await?,
        };
        Ok(match added {
            Ok(day) => Spending::Counted(Entry { account: account.to_owned(), day: day.day, mt }),
            Err(before) => Spending::Over(before),
        })
    }

    /// Takes back what was counted for a request that did not start anything.
    pub async fn give_back(&self, entry: Entry) -> Result<(), LedgerError> {
        match &*self.0 {
            Place::Memory(memory) => {
                let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(kept) = memory.spent.get_mut(&entry.account) {
                    *kept = kept.take_back(&entry);
                }
            }
            Place::Directory(directory) => {
                let account = entry.account.clone();
                // It changes nothing that could be refused.
                let _same = directory.change(&account, move |kept| Ok(kept.take_back(&entry))).await?;
            }
            #[cfg(feature = "http")]
            Place::Redis(redis) => redis.take_back(&entry).await?,
        }
        Ok(())
    }
}

/// The time in seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ledger of each kind.
    fn ledgers(dir: &std::path::Path) -> [Ledger; 2] {
        [Ledger::in_memory(), Ledger::in_directory(dir.join("state"))]
    }

    #[tokio::test]
    async fn a_nonce_has_one_first_use() {
        let dir = tempfile::tempdir().unwrap();
        for ledger in ledgers(dir.path()) {
            assert_eq!(ledger.first_use([1; 12], now() + 60).await, Ok(true));
            assert_eq!(ledger.first_use([1; 12], now() + 60).await, Ok(false));
            assert_eq!(ledger.first_use([2; 12], now() + 60).await, Ok(true));
        }
    }

    #[tokio::test]
    async fn two_processes_count_together_up_to_the_limit() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (Ledger::in_directory(dir.path().join("s")), Ledger::in_directory(dir.path().join("s")));
        let Spending::Counted(entry) = one.spend("a", 60.5, 100.0).await.unwrap() else { panic!("60.5 of 100 is too much") };
        assert_eq!(two.spend("a", 40.0, 100.0).await, Ok(Spending::Over(60.5)));
        assert!(matches!(two.spend("b", 40.0, 100.0).await, Ok(Spending::Counted(_))), "another account");
        one.give_back(entry).await.unwrap();
        assert!(matches!(two.spend("a", 100.0, 100.0).await, Ok(Spending::Counted(_))));
        assert_eq!(one.spend("a", f64::NAN, 100.0).await, Ok(Spending::Over(100.0)));
    }

    #[tokio::test]
    async fn many_at_once_lose_nothing() {
        let dir = tempfile::tempdir().unwrap();
        for ledger in ledgers(dir.path()) {
            let all = (0..20).map(|_| {
                let ledger = ledger.clone();
                tokio::spawn(async move { ledger.spend("a", 1.0, 10.0).await.unwrap() })
            });
            let mut counted = 0;
            for one in all.collect::<Vec<_>>() {
                counted += usize::from(matches!(one.await.unwrap(), Spending::Counted(_)));
            }
            assert_eq!(counted, 10);
        }
    }

    #[test]
    fn a_day_ends_and_a_clock_that_goes_back_gives_nothing() {
        let day = Day { day: 5, spent_mt: 9.0 };
        assert_eq!(day.add(6, 3.0, 10.0), Ok(Day { day: 6, spent_mt: 3.0 }));
        assert_eq!(day.add(4, 3.0, 10.0), Err(9.0));
        let entry = Entry { account: String::new(), day: 4, mt: 3.0 };
        assert_eq!(day.take_back(&entry), day);
    }

    #[tokio::test]
    async fn a_count_that_cannot_be_read_refuses() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::in_directory(dir.path().to_owned());
        assert!(matches!(ledger.spend("a", 1.0, 10.0).await, Ok(Spending::Counted(_))));
        let file = std::fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.extension().is_some_and(|e| e == "json"));
        std::fs::write(file.unwrap(), "{\"day\": ").unwrap();
        let error = ledger.spend("a", 1.0, 10.0).await.unwrap_err();
        assert!(error.0.contains("spent-a.json") && error.0.contains("delete"), "{error}");
        let blocked = dir.path().join("file");
        std::fs::write(&blocked, "").unwrap();
        assert!(Ledger::in_directory(blocked).first_use([0; 12], 0).await.is_err());
    }
}
