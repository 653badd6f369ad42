//! Files that are downloaded.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use ring::digest;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::{FileError, name};
use crate::{
    api,
    disk::{
        Fresh,
        aside::{self, Places},
    },
};

/// The setting that names the directory.
const SETTING: &str = "VIDEOSEARCH_DOWNLOAD_DIR (or --download-dir)";
/// How many pieces wait for the disk.
const PIECES: usize = 4;
/// How long the disk may take for these pieces, or for the end of a file.
pub(super) const SLOW: Duration = Duration::from_secs(20);
/// Threads that begin and end files.
pub(super) static PLACES: Places = Places::free();

/// A file that is being saved. Unless it is finished, it leaves nothing behind.
#[derive(Debug)]
pub struct Save {
    pieces: mpsc::Sender<Bytes>,
    written: oneshot::Receiver<io::Result<Written>>,
    target: PathBuf,
}

/// A file that was saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Where it is.
    pub path: PathBuf,
    /// How many bytes it has.
    pub size: u64,
    /// SHA-256 of its content, in hexadecimal digits.
    pub sha256: String,
}

#[derive(Debug)]
struct Written {
    file: Fresh,
    size: u64,
    sha256: String,
}

/// Checks the place, and begins.
pub(super) fn begin(directory: Option<&Path>, given: &str) -> Result<Save, FileError> {
    let Some(directory) = directory else {
        return Err(FileError::new(
            "no directory is set where files may be saved",
            format!(
                "The user can name one with {SETTING}, or with `videosearch-mcp setup CLIENT --download-dir DIR`, and restart the server."
            ),
        ));
    };
    let unusable = |error: io::Error| {
        FileError::new(
            format!("nothing can be saved in {}: {error}", directory.display()),
            format!("The user has to make this directory, or to name another one with {SETTING}."),
        )
    };
    let directory = fs::canonicalize(directory).map_err(unusable)?;
    let target = directory.join(name::plain(given, "export"));
    if fs::symlink_metadata(&target).is_ok() {
        return Err(taken(&target));
    }
    let file = Fresh::within(&directory).map_err(unusable)?;
    let (pieces, receiver) = mpsc::channel(PIECES);
    let (done, written) = oneshot::channel();
    // If nobody waits for the file, it is dropped, and that deletes it.
    aside::start(move || drop(done.send(write(file, receiver)))).map_err(unusable)?;
    Ok(Save { pieces, written, target })
}

fn write(mut file: Fresh, mut pieces: mpsc::Receiver<Bytes>) -> io::Result<Written> {
    let (mut size, mut hash) = (0, digest::Context::new(&digest::SHA256));
    while let Some(piece) = pieces.blocking_recv() {
        file.write_all(&piece)?;
        hash.update(&piece);
        size += piece.len() as u64;
    }
    Ok(Written { file, size, sha256: api::hex(hash.finish().as_ref()) })
}

impl Save {
    /// Where the file will be.
    pub fn path(&self) -> &Path {
        &self.target
    }

    /// Takes the next bytes of the file.
    pub async fn write(&mut self, piece: Bytes) -> Result<(), FileError> {
        match timeout(SLOW, self.pieces.send(piece)).await {
            Ok(Ok(())) => Ok(()),
            // The writer has ended, and says why.
            Ok(Err(_)) => match (&mut self.written).await {
                Ok(Err(error)) => Err(self.failed(&error)),
                _ => Err(self.failed(&io::Error::other("it ended early"))),
            },
            Err(_) => Err(self.failed(&io::ErrorKind::TimedOut.into())),
        }
    }

    /// Ends the file. It gets its name only now, and only if that is still free.
    pub async fn finish(self) -> Result<Saved, FileError> {
        let Self { pieces, written, target } = self;
        drop(pieces);
        let failed = |error: &io::Error| failed(&target, error);
        let done = timeout(SLOW, written).await.map_err(|_| failed(&io::ErrorKind::TimedOut.into()))?;
        let Written { file, size, sha256 } = done.map_err(|error| failed(&io::Error::other(error)))?.map_err(|error| failed(&error))?;
        let path = target.clone();
        // Whoever takes this first decides: the thread gives the file its name, or nobody waits for that any more and the file goes.
        let decided = Arc::new(AtomicBool::new(false));
        let first = Arc::clone(&decided);
        let placed = aside::aside(&PLACES, SLOW, move || file.place_if(&path, || !first.swap(true, Ordering::SeqCst))).await;
        match placed {
            Some(Ok(())) => Ok(Saved { path: target, size, sha256 }),
            Some(Err(error)) if error.kind() == io::ErrorKind::AlreadyExists => Err(taken(&target)),
            Some(Err(error)) => Err(failed(&error)),
            None if decided.swap(true, Ordering::SeqCst) => Err(FileError::new(
                format!("{} is written, but the disk has not confirmed it", name_of(&target)),
                "It is there in a moment, or already: look before you try again.",
            )),
            None => Err(failed(&io::ErrorKind::TimedOut.into())),
        }
    }

    fn failed(&self, error: &io::Error) -> FileError {
        failed(&self.target, error)
    }
}

fn failed(target: &Path, error: &io::Error) -> FileError {
    FileError::new(format!("{} could not be saved: {error}", name_of(target)), "Check the disk, then try again.")
}

fn taken(target: &Path) -> FileError {
    FileError::new(format!("{} is there already", name_of(target)), "Give another file name; no file is ever replaced.")
}

fn name_of(target: &Path) -> String {
    target.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
