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

use super::{
    Day, Fault, LedgerError, Nonce, PATIENCE, Refused, USED_LIFE,
    fault::Why,
    health::{Health, PLACE},
    judge::{self, CLAIM, CLAIMS_LOCK, Kind, USED},
    now,
};
use crate::{api, disk};

/// Threads that work in the directory.
static PLACES: disk::aside::Places = disk::aside::Places::free();
/// How old the sum of a minute gets.
const MINUTE_LIFE: Duration = Duration::from_mins(2);
/// How long a process waits before it looks for old files again.
const CLEAN_EVERY: Duration = Duration::from_mins(5);

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

    /// One that may be missing or broken: no call is refused because of it.
    pub(super) fn dispensable(path: PathBuf) -> Self {
        Self { health: Health::dispensable(), ..Self::new(path) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether something can be written here, and whether what all accounts need is well.
    pub(super) async fn check(&self) -> Result<(), LedgerError> {
        let name = format!("{USED}check-{}", std::process::id());
        self.at_work(&[PLACE, CLAIMS_LOCK], move |directory| {
            judge::needed(directory, None)?;
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
        self.at_work(&[PLACE], move |directory| match disk::claim(&directory.join(format!("{USED}{name}"))) {
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
        let names = judge::names(account);
        let [sum, lock] = names.clone();
        let [of_sum, of_lock] = &names;
        let files = [of_sum.as_str(), of_lock];
        let done = self.at_work(&files, move |directory| {
            let _lock = judge::locked(directory, &lock)?;
            let changed = change(judge::sum(directory, &sum)?);
            match changed {
                Ok(day) => {
                    let content = serde_json::json!({"day": day.day, "spent_mt": day.spent_mt}).to_string();
                    disk::replace_private(&directory.join(sum), content.as_bytes())?;
                }
                Err(Refused::Ahead) => return Err(Fault::of(&sum, Why::Ahead)),
                Err(Refused::Over(_)) => {}
            }
            Ok(changed)
        });
        let done = done.await?;
        if done.is_ok() {
            self.health.worked(PLACE);
        }
        Ok(done)
    }

    /// The idempotency key under which a call was claimed within this time.
    pub(super) async fn claimed(&self, call: &str, within: Duration) -> Result<Option<String>, LedgerError> {
        let name = format!("{CLAIM}{call}");
        self.at_work(&[&name.clone()], move |directory| Ok(Claim::read(directory, &name, within)?.map(|claim| claim.key))).await
    }

    /// The same, and the claim stays from now on.
    pub(super) async fn join(&self, call: &str, within: Duration) -> Result<Option<String>, LedgerError> {
        let name = format!("{CLAIM}{call}");
        self.at_work(&[CLAIMS_LOCK, &name.clone()], move |directory| {
            let _lock = judge::locked(directory, CLAIMS_LOCK)?;
            let path = directory.join(&name);
            Claim::read(directory, &name, within)?.map(|claim| claim.joined(&path)).transpose()
        })
        .await
    }

    /// Claims a call with this key, unless it is claimed: then joins that claim and gives its key.
    pub(super) async fn claim(&self, call: &str, key: &str, within: Duration) -> Result<Option<String>, LedgerError> {
        let (name, key) = (format!("{CLAIM}{call}"), key.to_owned());
        self.at_work(&[CLAIMS_LOCK, &name.clone()], move |directory| {
            let _lock = judge::locked(directory, CLAIMS_LOCK)?;
            let path = directory.join(&name);
            match Claim::read(directory, &name, within)? {
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
        self.at_work(&[CLAIMS_LOCK, &name.clone()], move |directory| {
            let _lock = judge::locked(directory, CLAIMS_LOCK)?;
            let path = directory.join(&name);
            let alone = Claim::read(directory, &name, Duration::MAX)?.is_some_and(|claim| claim.key == key && !claim.joined);
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

    /// Does some work in the directory, on a thread where it may wait. If it succeeds, these files are well, and so is the
    /// place if it is among them. Where the directory is, the log hears, and nobody who calls.
    async fn at_work<T: Send + 'static>(
        &self,
        files: &[&str],
        work: impl FnOnce(&Path) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let path = self.path.clone();
        let done = disk::aside::aside(&PLACES, PATIENCE, move || judge::ready(&path).and_then(|()| work(&path))).await;
        if matches!(done, Some(Ok(_))) && self.is_to_be_cleaned() {
            let path = self.path.clone();
            // Nobody waits for it. If the disk is slow, the next one goes on.
            tokio::spawn(async move { disk::aside::aside(&PLACES, PATIENCE, move || forget_old(&path)).await });
        }
        match done.unwrap_or_else(|| Err(Fault::of_directory(Why::Silent))) {
            Ok(done) => {
                for name in files {
                    self.health.worked(name);
                }
                Ok(done)
            }
            Err(fault) => {
                self.health.failed(fault.file.as_deref().unwrap_or(PLACE), &fault.in_log(&self.path));
                Err(LedgerError(fault.to_string()))
            }
        }
    }
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
    fn read(directory: &Path, name: &str, within: Duration) -> Result<Option<Self>, Fault> {
        let content = judge::read(directory, name)?;
        let claim: Option<Self> = content.and_then(|content| serde_json::from_slice(&content.bytes).ok());
        Ok(claim.filter(|claim| now().abs_diff(claim.at) < within.as_secs()))
    }

    fn write(&self, path: &Path) -> Result<(), Fault> {
        let content = serde_json::to_vec(self).map_err(io::Error::from)?;
        Ok(disk::replace_private(path, &content)?)
    }

    /// Its key, once it is written down that somebody joined it.
    fn joined(mut self, path: &Path) -> Result<String, Fault> {
        if !self.joined {
            self.joined = true;
            self.write(path)?;
        }
        Ok(self.key)
    }
}

/// How old a file of this name gets. `None` if it stays.
fn life(name: &str) -> Option<Duration> {
    if name.starts_with(USED) || name.starts_with(CLAIM) || judge::is_draft(name) {
        return Some(USED_LIFE);
    }
    (Kind::of(name) == Some(Kind::SumOfMinute)).then_some(MINUTE_LIFE)
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
