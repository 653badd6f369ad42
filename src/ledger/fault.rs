//! What can be wrong with the directory for state or with a file in it, and what to do about it.

use std::{io, path::Path};

use super::judge::Kind;
use crate::disk::{Doubt, ReadError};

/// How a text names the directory to somebody who may not hear where it is.
const DIRECTORY: &str = "the state directory (VIDEOSEARCH_STATE_DIR)";

/// Why a directory for state, or a file in it, cannot be used.
#[derive(Debug)]
pub struct Fault {
    /// The name of the file. `None` if it is the directory itself.
    pub file: Option<String>,
    /// What is wrong with it. The text begins with "it".
    pub why: Why,
}

/// What is wrong. Each reason begins with "it", so that the caller can name the file or the directory before it.
#[derive(Debug, thiserror::Error)]
pub enum Why {
    /// It is not as this program makes it, or it cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The system lets nobody write.
    #[error("it cannot be written: {}", .0.kind())]
    Written(io::Error),
    /// A sum is none.
    #[error("it does not hold a sum ({0})")]
    NoSum(serde_json::Error),
    /// A sum is of a day that has not come yet.
    #[error("it counts for a day that has not come yet, so a clock is wrong or was wrong")]
    Ahead,
    /// Its file system gives no answer.
    #[error("its disk does not answer")]
    Silent,
}

impl Fault {
    /// Of the directory.
    pub(super) fn of_directory(why: impl Into<Why>) -> Self {
        Self { file: None, why: why.into() }
    }

    /// Of a file in it.
    pub(super) fn of(file: &str, why: impl Into<Why>) -> Self {
        Self { file: Some(file.to_owned()), why: why.into() }
    }

    /// What to do about it, where a text names the file or the directory like this.
    pub fn remedy(&self, it: &str) -> String {
        match (&self.file, &self.why) {
            (None, Why::Read(ReadError::Doubtful(Doubt::Shared(_)))) => format!("chmod 700 {it}"),
            (None, _) => "name a directory that this user can write with VIDEOSEARCH_STATE_DIR".to_owned(),
            (Some(_), Why::Ahead) => format!("delete {it} if the clock of this machine is right now"),
            (Some(name), why) => {
                let closes = matches!(why, Why::Read(ReadError::Doubtful(Doubt::Open(_))));
                let closes = if closes { format!("chmod 600 {it} if what it holds is right; or ") } else { String::new() };
                let after = match Kind::of(name) {
                    Some(Kind::Sum) => " if nothing may be lost by that: the count begins at 0 then",
                    Some(Kind::Lock) => " while no server uses it",
                    Some(Kind::Claim) => "; the same call made again counts as a new one then",
                    Some(Kind::SumOfMinute | Kind::Learnt) | None => "; nothing is lost by that",
                };
                format!("{closes}delete {it}{after}")
            }
        }
    }

    /// What the log hears, which may hear where the directory is.
    pub(super) fn in_log(&self, directory: &Path) -> String {
        let why = &self.why;
        match &self.file {
            None => format!("the state directory {}: {why}", directory.display()),
            Some(name) => format!("{}: {why}; {}", directory.join(name).display(), self.remedy("it")),
        }
    }
}

/// What a caller hears, who may not hear where the directory is.
impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.file {
            None => write!(f, "{DIRECTORY} cannot be used: {}; {}", self.why, self.remedy("it")),
            Some(name) => write!(f, "{name} in {DIRECTORY} cannot be used: {}; {}", self.why, self.remedy("it")),
        }
    }
}

impl From<io::Error> for Fault {
    /// Of a step that writes. Those that read have errors of their own.
    fn from(error: io::Error) -> Self {
        Self::of_directory(Why::Written(error))
    }
}
