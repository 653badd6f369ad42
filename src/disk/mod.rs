//! Files: how this program reads them and replaces them.
//!
//! All reads go through [`read`]. It opens a file without blocking, checks what it opened, and reads a bounded number of bytes. So a pipe,
//! a device, a directory or a huge file gives an error with a reason, and nothing hangs.
//!
//! A file that is replaced here has its old content or its new content, never a part of it, also after a crash. Some files cannot be
//! replaced. We write into those, and a copy of the old content is beside them until that is done.
//!
//! This layer knows only paths and bytes. It must not know what the bytes mean: no keys, no formats. Start with [`read`] and [`Draft`].

pub mod aside;
mod beneath;
mod door;
mod draft;
mod facts;
mod fresh;
mod own;
mod windows;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
    time::Duration,
};

pub use beneath::{is_arriving, keep_beneath, open_below, open_beneath};
pub use door::{Content, ReadError, Whose, open, read, whole};
pub use draft::{Draft, Readers, drafted, keep, keep_like, removable, replace, replace_like};
pub use facts::{Identity, exposed};
pub use fresh::Fresh;
pub use own::{
    Doubt, claim, judge_keepers, judge_own, judge_place, lets_replace, open_own, private_directory, replace_lightly, replace_private,
    trusted_directory,
};

/// How many links in a row we follow before we take them for a loop.
const MAX_LINKS: u32 = 40;
/// How long a command waits for a file. A file system whose server is gone never answers.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// Like [`read`], but gives up after [`PATIENCE`]. For commands, where a person waits.
pub fn read_patiently(path: &Path, most: u64, whose: Whose) -> Result<Content, ReadError> {
    let owned = path.to_owned();
    within(PATIENCE, move || read(&owned, most, whose)).unwrap_or(Err(ReadError::Silent))
}

/// Does some work on a thread of its own, and waits for it at most `limit`. `None` if the work is not done by then. The thread then goes on
/// alone, and the process does not wait for it when it ends.
pub fn within<T: Send + 'static>(limit: Duration, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (done, outcome) = mpsc::sync_channel(1);
    // The caller may have given up.
    let started = thread::Builder::new().name("disk".into()).spawn(move || drop(done.try_send(work())));
    started.ok()?;
    outcome.recv_timeout(limit).ok()
}

/// Follows symbolic links in the last component of a path. The file at the end need not exist.
pub fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut at = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::symlink_metadata(&at) {
            Ok(data) if data.is_symlink() => {
                let next = fs::read_link(&at)?;
                at = at.parent().map_or_else(|| next.clone(), |parent| parent.join(&next));
            }
            Ok(_) => return Ok(at),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(at),
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "its symbolic links lead in a circle"))
}

/// Why a directory cannot be used, in words for whoever named it.
pub fn unusable(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such directory".to_owned(),
        kind => kind.to_string(),
    }
}

#[cfg(test)]
mod tests;
