//! Every file that this program opens, and how it is replaced.
//!
//! There is one door for reading, [`read`]: it opens without blocking, looks at what was opened, and reads a bounded number of bytes. So a pipe,
//! a device, a directory or a huge file is an error with a reason, never a hang. Whoever reads a file that is replaced here sees the old
//! content or the new one, never a part; after a crash one of the two is there.
//!
//! This layer knows paths and bytes only: not what they mean, no keys, no formats. Start with [`read`] and [`Draft`].

mod door;
mod draft;
mod facts;
mod own;
mod windows;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
    time::Duration,
};

pub use door::{Content, ReadError, Whose, open, read};
pub use draft::{Draft, Readers, keep, keep_like, removable, replace, replace_like};
pub use own::{Doubt, make_once, open_own, private_directory, replace_lightly, replace_private, trusted_directory};

/// Links in a row that are followed before they are taken for a loop.
const MAX_LINKS: u32 = 40;
/// How long a command waits for a file. A file system whose server is gone answers never.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// As [`read`], but gives up after [`PATIENCE`]: for commands, which read on the thread that a person waits for.
pub fn read_patiently(path: &Path, most: u64, whose: Whose) -> Result<Content, ReadError> {
    let owned = path.to_owned();
    within(PATIENCE, move || read(&owned, most, whose)).unwrap_or(Err(ReadError::Silent))
}

/// Does a piece of work on a thread of its own, and waits for it so long. `None` if it is not done by then; the thread is left to itself, and
/// the end of the process does not wait for it.
pub fn within<T: Send + 'static>(limit: Duration, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (done, outcome) = mpsc::sync_channel(1);
    // Nobody may be waiting any more.
    let started = thread::Builder::new().name("disk".into()).spawn(move || drop(done.try_send(work())));
    started.ok()?;
    outcome.recv_timeout(limit).ok()
}

/// Where a path leads when symbolic links in its last component are followed. The end need not exist.
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

#[cfg(test)]
mod tests;
