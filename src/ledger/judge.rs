//! Judges the directory for state and the files in it. Whatever uses them judges them here, and so does whoever wants to know before that
//! whether they can be used.

use std::{fs, io, path::Path};

use super::{DAY, Day, Fault, Period, fault::Why, now};
use crate::disk::{self, Content, Doubt, Draft, ReadError, Readers, Whose};

/// The largest file that is read, in bytes.
const MAX_BYTES: u64 = 1024;
/// The most files of a directory that are judged.
const MOST_FILES: usize = 200;
/// How the name of a file begins that marks a nonce as used.
pub(super) const USED: &str = "used-";
/// The same for a sum, and for one that is of a minute only.
const SPENT: &str = "spent-";
const SPENT_IN_A_MINUTE: &str = "spent-rate-";
/// The same for a claim. No claim holds as long as a nonce is remembered.
pub(super) const CLAIM: &str = "claim-";
/// The same for what an earlier start learnt about a key. The session keeps it here.
const LEARNT: &str = "scopes-";
/// What a directory is judged by.
const JUDGED: &str = "judged";
/// How the name of a sum ends.
const SUM: &str = ".json";
/// How the name of a lock ends.
const LOCK: &str = ".lock";
/// The lock of all claims.
pub(super) const CLAIMS_LOCK: &str = "claims.lock";

/// What a file in the directory is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The sum of a day.
    Sum,
    /// The sum of a minute.
    SumOfMinute,
    /// A lock.
    Lock,
    /// An idempotency key of a call.
    Claim,
    /// The scopes of a key.
    Learnt,
}

impl Kind {
    /// What a file of this name is for. `None` if only its name counts, or if it is nothing of ours.
    pub(super) fn of(name: &str) -> Option<Self> {
        match name {
            _ if name.ends_with(LOCK) => Some(Self::Lock),
            _ if name.starts_with(CLAIM) => Some(Self::Claim),
            _ if !name.ends_with(SUM) => None,
            _ if name.starts_with(SPENT_IN_A_MINUTE) => Some(Self::SumOfMinute),
            _ if name.starts_with(SPENT) => Some(Self::Sum),
            _ if name.starts_with(LEARNT) => Some(Self::Learnt),
            _ => None,
        }
    }
}

/// The names of the sum of an account and of its lock.
pub(super) fn names(account: &str) -> [String; 2] {
    [SUM, LOCK].map(|ending| format!("{SPENT}{account}{ending}"))
}

/// Whether it is a draft of a file of ours.
pub(super) fn is_draft(name: &str) -> bool {
    disk::drafted(name).is_some_and(|of| [USED, CLAIM, SPENT, LEARNT, JUDGED].iter().any(|start| of.starts_with(start)))
}

/// Whether a file counts the requests of a caller, or is the lock of one that does.
pub(super) fn is_of_rate(name: &str) -> bool {
    name.starts_with(SPENT_IN_A_MINUTE)
}

/// Makes a directory if it is not there, and judges it.
pub(super) fn ready(path: &Path) -> Result<(), Fault> {
    disk::private_directory(path).map_err(|error| match error.kind() {
        // Something else is there.
        io::ErrorKind::AlreadyExists => Fault::of_directory(ReadError::from(Doubt::NoDirectory)),
        _ => error.into(),
    })?;
    disk::trusted_directory(path).map_err(Fault::of_directory)
}

/// Judges a directory for state as whatever uses it does, and changes nothing. Returns whether it is there. If not, it can be made.
pub fn directory(path: &Path) -> Result<bool, Fault> {
    let path = std::path::absolute(path)?;
    let is_there = |path: &&Path| fs::symlink_metadata(path).is_ok();
    let existing = path.ancestors().find(is_there).ok_or(io::Error::from(io::ErrorKind::NotFound))?;
    if existing == path {
        disk::trusted_directory(existing).map_err(|error| match error {
            // A link that leads nowhere.
            ReadError::Missing => Fault::of_directory(ReadError::from(Doubt::NoDirectory)),
            error => Fault::of_directory(error),
        })?;
    } else if !existing.is_dir() {
        return Err(io::Error::from(io::ErrorKind::NotADirectory).into());
    }
    // A draft that is dropped leaves nothing behind. A full disk has room for a file without content.
    Draft::beside(&existing.join(JUDGED), Readers::Owner)?.write(b"is there room?")?;
    Ok(existing == path)
}

/// Judges the files that calls need of which somebody counts here: those of all accounts, and those of this one.
pub fn needed(directory: &Path, account: Option<&str>) -> Result<(), Fault> {
    let names = account.map(names).into_iter().flatten();
    [CLAIMS_LOCK.to_owned()].into_iter().chain(names).try_for_each(|name| file(directory, &name))
}

/// Judges all files of a directory, up to a few hundred.
pub fn files(directory: &Path) -> Result<(), Fault> {
    let Ok(entries) = fs::read_dir(directory) else { return Ok(()) };
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| Kind::of(name).is_some()).take(MOST_FILES).try_for_each(|name| file(directory, &name))
}

/// Judges a file as whatever uses it does. One that is not there is well.
pub(super) fn file(directory: &Path, name: &str) -> Result<(), Fault> {
    let path = directory.join(name);
    let judged = match Kind::of(name) {
        Some(kind @ (Kind::Sum | Kind::SumOfMinute)) => {
            let kept = sum(directory, name)?;
            let today = Period { number: now() / DAY, seconds: DAY };
            return if kind == Kind::Sum && kept.is_ahead(today) { Err(Fault::of(name, Why::Ahead)) } else { Ok(()) };
        }
        Some(Kind::Claim) => return read(directory, name).map(drop),
        Some(Kind::Lock) => disk::judge_own(&path),
        Some(Kind::Learnt) => disk::open(&path, Whose::Ours).map(drop),
        None => Ok(()),
    };
    match judged {
        Ok(()) | Err(ReadError::Missing) => Ok(()),
        Err(why) => Err(Fault::of(name, why)),
    }
}

/// What a file holds, if it is there.
pub(super) fn read(directory: &Path, name: &str) -> Result<Option<Content>, Fault> {
    match disk::read(&directory.join(name), MAX_BYTES, Whose::Ours) {
        Ok(content) => Ok(Some(content)),
        Err(ReadError::Missing) => Ok(None),
        Err(why) => Err(Fault::of(name, why)),
    }
}

/// The sum in a file. One below zero would allow more than the limit.
pub(super) fn sum(directory: &Path, name: &str) -> Result<Day, Fault> {
    let Some(content) = read(directory, name)? else { return Ok(Day::default()) };
    let day: Day = serde_json::from_slice(&content.bytes).map_err(|error| Fault::of(name, Why::NoSum(error)))?;
    if day.spent_mt >= 0.0 {
        return Ok(day);
    }
    Err(Fault::of(name, Why::NoSum(serde::de::Error::custom("it is below zero"))))
}

/// Takes a lock. Closing the file ends it, also after a crash.
pub(super) fn locked(directory: &Path, name: &str) -> Result<fs::File, Fault> {
    let path = directory.join(name);
    let lock = disk::open_own(&path).map_err(|why| match why {
        // It could not be made.
        ReadError::Io(error) if fs::symlink_metadata(&path).is_err() => error.into(),
        why => Fault::of(name, why),
    })?;
    lock.lock()?;
    Ok(lock)
}
