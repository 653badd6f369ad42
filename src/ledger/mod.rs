//! What all processes that use one key must agree on: which confirmations were used, what was spent today, and under which idempotency key
//! a call that costs was sent.
//!
//! One process alone keeps it in memory. Several processes of one machine share a directory. Whatever is counted is on the disk before the
//! request that costs goes out, so a crash can only make the count too high, never too low. If the count cannot be read or written, the call
//! that needs it is refused.
//!
//! A process alone writes down under which keys it sent calls, too, for the one that comes after it: a host that starts a server again after a
//! crash repeats the call whose answer was lost. There a disk that fails refuses nothing.
//!
//! This layer knows names and numbers. It must not know tools, keys or the API, whose spelling of bytes it shares: an account is the text that
//! the caller gives for it. Start with [`Ledger`].

mod directory;
mod fault;
mod health;
pub mod judge;
#[cfg(feature = "http")]
mod redis;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use directory::Directory;
pub use fault::{Fault, Why};
#[cfg(feature = "http")]
pub use redis::Redis;

/// How long the disk may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The seconds of a day.
const DAY: u64 = 86_400;
/// How long a used nonce is remembered. Every confirmation has expired by then, also where the clocks of two machines differ.
const USED_LIFE: Duration = Duration::from_hours(1);

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

impl Period {
    fn is_day(self) -> bool {
        self.seconds >= DAY
    }
}

/// The place where it is kept. Cheap to clone; clones share everything.
#[derive(Clone, Debug)]
pub struct Ledger(Arc<Place>);

#[derive(Debug)]
enum Place {
    Memory(Mutex<Memory>, Option<Directory>),
    Directory(Directory),
    #[cfg(feature = "http")]
    Redis(Arc<Redis>),
}

#[derive(Debug, Default)]
struct Memory {
    /// When each nonce was used.
    used: HashMap<Nonce, Instant>,
    spent: HashMap<String, Day>,
}

/// Why nothing was added to a sum.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Refused {
    /// It would be more than the limit; this much was spent before.
    Over(f64),
    /// The sum is of a day that has not come yet.
    Ahead,
}

/// What was spent on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
struct Day {
    /// Days since 1970, in UTC.
    day: u64,
    spent_mt: f64,
}

impl Day {
    /// Adds to the sum, if it is then at most `most`. A period that is over counts no more. If the clock went back a little, the later period
    /// goes on. If it went back by more than one, some clock is or was wrong: then a day is not believed, and a shorter period begins anew.
    fn add(self, now: Period, mt: f64, most: f64) -> Result<Self, Refused> {
        let ahead = self.is_ahead(now);
        if ahead && now.is_day() {
            return Err(Refused::Ahead);
        }
        let before = if self.day < now.number || ahead { Self { day: now.number, spent_mt: 0.0 } } else { self };
        if mt < 0.0 {
            return Err(Refused::Over(before.spent_mt));
        }
        let sum = before.spent_mt + mt;
        // A sum that is no number is above every limit.
        if sum <= most { Ok(Self { spent_mt: sum, ..before }) } else { Err(Refused::Over(before.spent_mt)) }
    }

    /// Whether the sum is of a period that has not come yet, by more than the clocks of two machines may differ.
    fn is_ahead(self, now: Period) -> bool {
        self.day > now.number.saturating_add(1)
    }

    /// Takes something back, unless its day is over.
    fn take_back(self, entry: &Entry) -> Self {
        if self.day == entry.day { Self { spent_mt: (self.spent_mt - entry.mt).max(0.0), ..self } } else { self }
    }
}

impl Ledger {
    /// For a process alone. Those that come after it learn from this directory under which keys it sent calls, if there is one that can be
    /// used. Looks at nothing yet.
    pub fn in_memory(claims: Option<PathBuf>) -> Self {
        Self(Arc::new(Place::Memory(Mutex::default(), claims.map(Directory::dispensable))))
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
            Place::Memory(..) => None,
            #[cfg(feature = "http")]
            Place::Redis(_) => None,
        }
    }

    /// Whether other processes count here, too.
    pub fn is_shared(&self) -> bool {
        !matches!(&*self.0, Place::Memory(..))
    }

    /// Whether it can count. Where other processes count, too, that is asked before anything that costs or deletes, even if nothing is counted.
    pub async fn check(&self) -> Result<(), LedgerError> {
        match &*self.0 {
            Place::Memory(..) => Ok(()),
            Place::Directory(directory) => directory.check().await,
            #[cfg(feature = "http")]
            Place::Redis(redis) => redis.check().await,
        }
    }

    /// Marks a nonce as used: whether this is its first use.
    pub async fn first_use(&self, nonce: Nonce) -> Result<bool, LedgerError> {
        match &*self.0 {
            Place::Memory(memory, _) => {
                let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
                memory.used.retain(|_, at| at.elapsed() < USED_LIFE);
                Ok(memory.used.insert(nonce, Instant::now()).is_none())
            }
            Place::Directory(directory) => directory.first_use(nonce).await,
            #[cfg(feature = "http")]
            Place::Redis(redis) => redis.first_use(nonce).await,
        }
    }

    /// The idempotency key under which another process sent a call within this time. A process remembers its own calls itself. Whoever sends
    /// the call under this key joins the claim first.
    pub async fn claimed(&self, call: &str, within: Duration) -> Result<Option<String>, LedgerError> {
        match &*self.0 {
            Place::Memory(_, None) => Ok(None),
            Place::Memory(_, Some(claims)) => Ok(claims.claimed(call, within).await.unwrap_or_default()),
            Place::Directory(directory) => directory.claimed(call, within).await,
            #[cfg(feature = "http")]
            Place::Redis(redis) => redis.claimed(call).await,
        }
    }

    /// As [`Ledger::claimed`], for a call that is about to be sent under this key: the claim cannot be given up any more.
    pub async fn join(&self, call: &str, within: Duration) -> Result<Option<String>, LedgerError> {
        match &*self.0 {
            Place::Memory(_, None) => Ok(None),
            Place::Memory(_, Some(claims)) => Ok(claims.join(call, within).await.unwrap_or_default()),
            Place::Directory(directory) => directory.join(call, within).await,
            #[cfg(feature = "http")]
            Place::Redis(redis) => redis.join(call, within).await,
        }
    }

    /// Claims a call for a while: whoever claims it in that time gets this idempotency key. If another process claimed it first, joins that
    /// claim and gives its key.
    pub async fn claim(&self, call: &str, key: &str, within: Duration) -> Result<Option<String>, LedgerError> {
        let found = match &*self.0 {
            Place::Memory(_, None) => None,
            Place::Memory(_, Some(claims)) => claims.claim(call, key, within).await.unwrap_or_default(),
            Place::Directory(directory) => directory.claim(call, key, within).await?,
            #[cfg(feature = "http")]
            Place::Redis(redis) => redis.claim(call, key, within).await?,
        };
        // Our own, if the command was sent twice.
        Ok(found.filter(|found| found != key))
    }

    /// Gives a claim up, because the call certainly did nothing. Returns whether it is given up. One that another process joined stays: that
    /// one sends the same call under the same key.
    pub async fn release(&self, call: &str, key: &str) -> Result<bool, LedgerError> {
        match &*self.0 {
            Place::Memory(_, None) => Ok(true),
            Place::Memory(_, Some(claims)) => Ok(claims.release(call, key).await.unwrap_or(true)),
            Place::Directory(directory) => directory.release(call, key).await,
            #[cfg(feature = "http")]
            Place::Redis(redis) => redis.release(call, key).await,
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
        let added = match &*self.0 {
            Place::Memory(memory, _) => {
                let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
                let kept = memory.spent.entry(account.to_owned()).or_default();
                let added = kept.add(period, mt, most);
                if let Ok(day) = added {
                    *kept = day;
                }
                added
            }
            Place::Directory(directory) => directory.change(account, move |kept| kept.add(period, mt, most)).await?,
            #[cfg(feature = "http")]
            Place::Redis(redis) => redis.add(account, period, mt, most).await?,
        };
        match added {
            Ok(day) => Ok(Spending::Counted(Entry { account: account.to_owned(), day: day.day, mt })),
            Err(Refused::Over(before)) => Ok(Spending::Over(before)),
            Err(Refused::Ahead) => Err(LedgerError(self.ahead(account))),
        }
    }

    /// What to do about a sum of a day that has not come yet.
    #[cfg_attr(not(feature = "http"), expect(unused_variables, reason = "only a record in Redis has to be named here"))]
    fn ahead(&self, account: &str) -> String {
        let remedy = match &*self.0 {
            Place::Memory(..) => "start the server again".to_owned(),
            // It has named the file already.
            Place::Directory(_) => "delete its file".to_owned(),
            #[cfg(feature = "http")]
            Place::Redis(_) => format!("delete {} in the Redis", redis::record(account)),
        };
        format!(
            "what was spent is counted for a day that has not come yet, so a clock is wrong or was wrong. If that of this machine is right now, {remedy}"
        )
    }

    /// Takes back what was counted for a request that did not start anything.
    pub async fn give_back(&self, entry: Entry) -> Result<(), LedgerError> {
        match &*self.0 {
            Place::Memory(memory, _) => {
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
mod tests;
