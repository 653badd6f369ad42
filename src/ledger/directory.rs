//! The ledger of all processes of one machine: files in the directory for state.
//!
//! A used nonce is a file of its own, which only one process can make. What an account spent today is one small file, which is replaced as a
//! whole while its process holds a lock. So is the idempotency key of a call that costs. The file of a lock is never deleted: a process that
//! holds a deleted one would keep nobody out.
//!
//! Once in a while a process deletes what nobody needs any more, beside its work.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use super::{Day, LedgerError, Nonce, PATIENCE, Refused, USED_LIFE, health::Health, now};
use crate::{
    api,
    disk::{self, Doubt, ReadError, Whose},
};

/// How old the sum of a minute gets.
const MINUTE_LIFE: Duration = Duration::from_mins(2);
/// How long a process waits before it looks for old files again.
const CLEAN_EVERY: Duration = Duration::from_mins(5);
/// The largest file that is read, in bytes.
const MAX_BYTES: u64 = 1024;
/// How the name of a file begins that marks a nonce as used.
const USED: &str = "used-";
/// The same for a sum, and for one that is of a minute only.
const SPENT: &str = "spent-";
const SPENT_IN_A_MINUTE: &str = "spent-rate-";
/// How the name of a sum ends.
const SUM: &str = ".json";
/// How the name of the file of a claim begins. No claim holds as long as a nonce is remembered.
const CLAIM: &str = "claim-";
/// The lock of all claims.
const CLAIMS_LOCK: &str = "claims.lock";

#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    /// When this process last looked for old files.
    cleaned: Mutex<Option<Instant>>,
    health: Health,
}

impl Directory {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, cleaned: Mutex::default(), health: Health::default() }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether something can be written here.
    pub(super) async fn check(&self) -> Result<(), LedgerError> {
        let name = format!("{USED}check-{}", std::process::id());
        self.at_work(move |directory| {
            let path = directory.join(name);
            // A full disk has room for a file without content.
            disk::replace_private(&path, b"is there room?")?;
            // If it stays, it goes with the other old ones.
            let _ = fs::remove_file(&path);
            Ok(())
        })
        .await
    }

    /// Whether nobody used this nonce before.
    pub(super) async fn first_use(&self, nonce: Nonce) -> Result<bool, LedgerError> {
        let name = api::hex(&nonce);
        self.at_work(move |directory| match disk::claim(&directory.join(format!("{USED}{name}"))) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error.into()),
        })
        .await
    }

    /// Changes what an account spent today. If `change` refuses, nothing changes.
    pub(super) async fn change(
        &self,
        account: &str,
        change: impl FnOnce(Day) -> Result<Day, Refused> + Send + 'static,
    ) -> Result<Result<Day, Refused>, LedgerError> {
        let name = format!("{SPENT}{account}");
        self.at_work(move |directory| {
            let lock = disk::open_own(&directory.join(format!("{name}.lock")))?;
            // Closing the file ends the lock, also after a crash.
            lock.lock()?;
            let path = directory.join(format!("{name}{SUM}"));
            let kept = match disk::read(&path, MAX_BYTES, Whose::Ours) {
                Ok(content) => sum(&content.bytes).map_err(|why| Trouble::Content { name: format!("{name}{SUM}"), why })?,
                Err(ReadError::Missing) => Day::default(),
                // The directory is well, and one file of it is not.
                Err(why @ ReadError::NotRegular(_)) => return Err(Trouble::File { name: format!("{name}{SUM}"), why }),
                Err(error) => return Err(error.into()),
            };
            let changed = change(kept);
            if let Ok(day) = changed {
                let content = serde_json::json!({"day": day.day, "spent_mt": day.spent_mt}).to_string();
                disk::replace_private(&path, content.as_bytes())?;
            }
            Ok(changed)
        })
        .await
    }

    /// The name of the file with the sum of an account.
    pub(super) fn sum_name(account: &str) -> String {
        format!("{SPENT}{account}{SUM}")
    }

    /// The idempotency key under which a call was claimed within this time.
    pub(super) async fn claimed(&self, call: &str, within: Duration) -> Result<Option<String>, LedgerError> {
        let name = format!("{CLAIM}{call}");
        self.at_work(move |directory| Ok(Claim::read(&directory.join(name), within)?.map(|claim| claim.key))).await
    }

    /// The same, and the claim stays from now on.
    pub(super) async fn join(&self, call: &str, within: Duration) -> Result<Option<String>, LedgerError> {
        let name = format!("{CLAIM}{call}");
        self.at_work(move |directory| {
            let _lock = claims(directory)?;
            let path = directory.join(name);
            Claim::read(&path, within)?.map(|claim| claim.joined(&path)).transpose()
        })
        .await
    }

    /// Claims a call with this key, unless it is claimed: then joins that claim and gives its key.
    pub(super) async fn claim(&self, call: &str, key: &str, within: Duration) -> Result<Option<String>, LedgerError> {
        let (name, key) = (format!("{CLAIM}{call}"), key.to_owned());
        self.at_work(move |directory| {
            let _lock = claims(directory)?;
            let path = directory.join(name);
            match Claim::read(&path, within)? {
                // Our own, if this is tried twice.
                Some(claim) if claim.key == key => Ok(Some(claim.key)),
                Some(claim) => claim.joined(&path).map(Some),
                None => Claim { key, at: now(), joined: false }.write(&path).map(|()| None),
            }
        })
        .await
    }

    /// Gives up a claim that has this key, unless somebody joined it. Returns whether it is given up.
    pub(super) async fn release(&self, call: &str, key: &str) -> Result<bool, LedgerError> {
        let (name, key) = (format!("{CLAIM}{call}"), key.to_owned());
        self.at_work(move |directory| {
            let _lock = claims(directory)?;
            let path = directory.join(name);
            let alone = Claim::read(&path, Duration::MAX)?.is_some_and(|claim| claim.key == key && !claim.joined);
            if alone {
                fs::remove_file(&path)?;
            }
            Ok(alone)
        })
        .await
    }

    /// Whether it is time to look for old files. If so, the next time is a while from now.
    fn is_to_be_cleaned(&self) -> bool {
        let mut cleaned = self.cleaned.lock().unwrap_or_else(PoisonError::into_inner);
        let due = cleaned.is_none_or(|at| at.elapsed() >= CLEAN_EVERY);
        if due {
            *cleaned = Some(Instant::now());
        }
        due
    }

    /// Does some work in the directory, on a thread where it may wait. Where the directory is, the log hears, and nobody who calls.
    async fn at_work<T: Send + 'static>(&self, work: impl FnOnce(&Path) -> Result<T, Trouble> + Send + 'static) -> Result<T, LedgerError> {
        let path = self.path.clone();
        let done = disk::aside::aside(PATIENCE, move || {
            disk::private_directory(&path).map_err(|error| match error.kind() {
                // Something else is there.
                io::ErrorKind::AlreadyExists => ReadError::from(Doubt::NoDirectory),
                _ => error.into(),
            })?;
            disk::trusted_directory(&path)?;
            work(&path)
        });
        let done = done.await;
        if matches!(done, Some(Ok(_))) && self.is_to_be_cleaned() {
            let path = self.path.clone();
            // Nobody waits for it. If the disk is slow, the next one goes on.
            tokio::spawn(async move { disk::aside::aside(PATIENCE, move || forget_old(&path)).await });
        }
        let why = match done {
            Some(Ok(done)) => {
                self.health.worked();
                return Ok(done);
            }
            Some(Err(trouble @ (Trouble::Content { .. } | Trouble::File { .. }))) => return Err(LedgerError(trouble.to_string())),
            Some(Err(trouble)) => trouble.to_string(),
            None => "its disk does not answer".to_owned(),
        };
        self.health.failed(&format_args!("the state directory {}: {why}", self.path.display()));
        Err(LedgerError(format!("the state directory (VIDEOSEARCH_STATE_DIR) cannot be used: {why}")))
    }
}

/// Locks all claims. Closing the file ends the lock, also after a crash.
fn claims(directory: &Path) -> Result<fs::File, Trouble> {
    let lock = disk::open_own(&directory.join(CLAIMS_LOCK))?;
    lock.lock()?;
    Ok(lock)
}

/// Who claimed a call.
#[derive(serde::Serialize, serde::Deserialize)]
struct Claim {
    key: String,
    /// When, in seconds since 1970.
    at: u64,
    /// Whether others send the call under this key, too.
    #[serde(default)]
    joined: bool,
}

impl Claim {
    /// The claim in a file, if it is not older than this. One that cannot be understood is none.
    fn read(path: &Path, within: Duration) -> Result<Option<Self>, Trouble> {
        let content = match disk::read(path, MAX_BYTES, Whose::Ours) {
            Ok(content) => content,
            Err(ReadError::Missing) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let claim: Option<Self> = serde_json::from_slice(&content.bytes).ok();
        Ok(claim.filter(|claim| now().abs_diff(claim.at) < within.as_secs()))
    }

    fn write(&self, path: &Path) -> Result<(), Trouble> {
        let content = serde_json::to_vec(self).map_err(io::Error::from)?;
        Ok(disk::replace_private(path, &content)?)
    }

    /// Its key, once it is written down that somebody joined it.
    fn joined(mut self, path: &Path) -> Result<String, Trouble> {
        if !self.joined {
            self.joined = true;
            self.write(path)?;
        }
        Ok(self.key)
    }
}

/// Reads a sum. One below zero would allow more than the limit.
fn sum(bytes: &[u8]) -> serde_json::Result<Day> {
    let day: Day = serde_json::from_slice(bytes)?;
    if day.spent_mt >= 0.0 { Ok(day) } else { Err(serde::de::Error::custom("it is below zero")) }
}

/// Why the directory cannot be used.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Disk(#[from] ReadError),
    #[error("it cannot be written: {}", .0.kind())]
    Written(io::Error),
    #[error("{name} in the state directory (VIDEOSEARCH_STATE_DIR) does not hold a sum ({why}); delete it if nothing may be lost by that")]
    Content { name: String, why: serde_json::Error },
    #[error("{name} in the state directory (VIDEOSEARCH_STATE_DIR) cannot be read: {why}")]
    File { name: String, why: ReadError },
}

impl From<io::Error> for Trouble {
    /// Of a step that writes. Those that read have errors of their own.
    fn from(error: io::Error) -> Self {
        Self::Written(error)
    }
}

/// How old a file of this name gets. `None` if it stays.
fn life(name: &str) -> Option<Duration> {
    if name.starts_with(USED) || name.starts_with(CLAIM) {
        return Some(USED_LIFE);
    }
    (name.starts_with(SPENT_IN_A_MINUTE) && name.ends_with(SUM)).then_some(MINUTE_LIFE)
}

/// Deletes the files that nobody needs any more. What cannot be deleted stays.
fn forget_old(directory: &Path) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let Some(life) = entry.file_name().to_str().and_then(life) else { continue };
        let age = entry.metadata().and_then(|data| data.modified()).map(|time| match SystemTime::now().duration_since(time) {
            Ok(age) => age,
            // Made while a clock was wrong: it is as old as it is new.
            Err(ahead) => ahead.duration(),
        });
        if age.is_ok_and(|age| age > life)
            && let Err(error) = fs::remove_file(entry.path())
        {
            tracing::debug!(%error, "an old file stays");
        }
    }
}
