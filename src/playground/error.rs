//! Why a playground could not start or go on. Callers of the API get a [`super::Refusal`] instead.

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use rusqlite::ErrorCode;

use crate::disk::ReadError;

/// A failure of the whole playground.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The listener is open to other machines.
    #[error("the playground serves on loopback addresses only, not on {0}")]
    NotLoopback(SocketAddr),
    /// Another process has the data directory open.
    #[error("data directory {} is in use by another playground", .0.display())]
    InUse(PathBuf),
    /// The store has a version that this program does not know.
    #[error(
        "data directory {} was written by a newer version (store version {found}, this program knows {known}); \
         use that version or another directory", .path.display()
    )]
    Newer {
        /// The data directory.
        path: PathBuf,
        /// The version of the store.
        found: i64,
        /// The newest version this program can read.
        known: i64,
    },
    /// The data directory or a file in it cannot be used.
    #[error("cannot use {}", .path.display())]
    Directory {
        /// The directory or file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A playground did not make this file of the data directory, or another user did.
    #[error("cannot use {}: {fault}; {}", .path.display(), remedy(.fault))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: ReadError,
    },
    /// A file of the data directory does not hold the right content.
    #[error("{} is damaged: {what}; delete it to have a new one made", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// SQLite failed. Its errors repeat themselves in their sources.
    #[error("the store of the playground failed: {0}")]
    Store(String),
    /// The store refused a step of the start.
    #[error("the playground could not prepare its store: {0}")]
    Prepare(String),
    /// The listening socket or a thread failed.
    #[error("the playground could not serve")]
    Serve(#[source] io::Error),
    /// The operating system gave no random bytes.
    #[error("the system gave no random bytes")]
    Random,
    /// A session token could not be signed.
    #[error("the session token could not be signed")]
    Token(#[source] serde_json::Error),
}

/// What to do about a file that cannot be used. Those that another user may not read belong to a playground that runs, so
/// nobody should move them.
fn remedy(fault: &ReadError) -> &'static str {
    match fault {
        ReadError::Io(error) if error.kind() == io::ErrorKind::PermissionDenied => "run the command as the user who started the playground",
        _ => "move it away to have a new one made",
    }
}

impl Error {
    /// Names the data directory, if it is about the store in there and does not say so.
    pub(super) fn within(self, directory: Option<&Path>) -> Self {
        let named = |reason: String, path: &Path| format!("{reason} (data directory {})", path.display());
        match (self, directory) {
            (Self::Store(reason), Some(path)) => Self::Store(named(reason, path)),
            (Self::Prepare(reason), Some(path)) => Self::Prepare(named(reason, path)),
            (error, _) => error,
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Store(format!("{error}; move the data directory away to have a new one made"))
            }
            _ => Self::Store(error.to_string()),
        }
    }
}
