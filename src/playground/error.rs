//! Why a playground could not start or go on. Callers of the API get a [`super::Refusal`] instead.

use std::{io, net::SocketAddr, path::PathBuf};

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
    /// A playground did not make this file of the data directory.
    #[error("cannot use {}: {source}; move it away to have a new one made", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: crate::disk::ReadError,
    },
    /// A file of the data directory does not hold the right content.
    #[error("{} is damaged: {what}; delete it to have a new one made", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// SQLite failed.
    #[error("the store of the playground failed")]
    Store(#[from] rusqlite::Error),
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
