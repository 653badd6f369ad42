//! Where the playground keeps files: in its data directory, or in a temporary directory that is removed at the end.
//!
//! A process that is killed leaves its temporary directory behind. So each holds a lock on a file in its own, and whoever makes a new one
//! removes those whose lock nobody holds any more.

use std::{
    fs::{self, DirEntry, File},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use super::random;
use crate::disk::{self, Whose};

/// The folder of files that are just arriving.
const ARRIVING: &str = "arriving";
/// How the names of temporary directories begin.
const TEMPORARY: &str = "videosearch-playground-";
/// The file in a temporary directory that its process has locked.
const LOCK: &str = "playground.lock";
/// A directory that changed so lately is left alone: its process may not hold the lock yet.
const YOUNG: Duration = Duration::from_mins(1);
/// The same for one without a file to lock: a file system without locks gives none.
const YOUNG_WITHOUT_LOCK: Duration = Duration::from_hours(24);

/// How often a directory is tried to be removed, and how long we wait between two tries.
const TRIES: u32 = 5;
const BETWEEN: Duration = Duration::from_millis(20);

/// The files of one playground. Nothing is made before the first file.
pub struct Scratch {
    data_dir: Option<PathBuf>,
    temporary: Mutex<Option<Temporary>>,
}

/// A temporary directory of this process.
struct Temporary {
    path: PathBuf,
    /// Held as long as the directory is used.
    lock: Option<File>,
}

impl Scratch {
    /// The files of a playground with this data directory, or of one in memory.
    pub fn new(data_dir: Option<PathBuf>) -> Self {
        if let Some(directory) = &data_dir {
            // A playground that was killed may have left a part of a file there. No other one uses the directory now.
            let _ = fs::remove_dir_all(directory.join(ARRIVING));
        }
        Self { data_dir, temporary: Mutex::default() }
    }

    /// The folder of files that are just arriving.
    pub fn arriving(&self) -> io::Result<PathBuf> {
        self.folder(ARRIVING)
    }

    /// A folder for files that last as long as the store. Makes it if it is not there.
    pub fn folder(&self, name: &str) -> io::Result<PathBuf> {
        let folder = self.root()?.join(name);
        disk::private_directory(&folder)?;
        Ok(folder)
    }

    /// A folder that an earlier start may have left. `None` if there is none.
    pub fn left(&self, name: &str) -> Option<PathBuf> {
        self.data_dir.as_ref().map(|directory| directory.join(name)).filter(|folder| folder.is_dir())
    }

    fn root(&self) -> io::Result<PathBuf> {
        if let Some(directory) = &self.data_dir {
            return Ok(directory.clone());
        }
        let mut temporary = self.temporary.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(temporary) = &*temporary {
            return Ok(temporary.path.clone());
        }
        let name = random::id(TEMPORARY).map_err(|_| io::Error::other("the system gives no random numbers"))?;
        let place = std::env::temp_dir();
        let path = place.join(name);
        disk::private_directory(&path)?;
        let lock = locked(&path.join(LOCK));
        // Large files may take a while to go, and nobody needs to wait for that.
        if let Err(error) = disk::aside::start(move || remove_abandoned(&place)) {
            tracing::debug!(%error, "the temporary directories of playgrounds that were killed stay");
        }
        Ok(temporary.insert(Temporary { path, lock }).path.clone())
    }

    /// Removes the temporary directory, if there is one.
    pub fn clear(&self) {
        let temporary = self.temporary.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Temporary { path, lock }) = temporary {
            // Some systems remove no file that is open.
            drop(lock);
            remove(&path);
        }
    }
}

/// Makes a file and locks it. If the file system has no locks, there is no file either.
fn locked(path: &Path) -> Option<File> {
    let file = disk::open_own(path).ok()?;
    if let Err(error) = file.try_lock() {
        tracing::debug!(%error, "a temporary directory is not locked");
        drop(file);
        let _ = fs::remove_file(path);
        return None;
    }
    Some(file)
}

/// Removes the temporary directories of playgrounds that ended without removing them.
fn remove_abandoned(place: &Path) {
    let Ok(entries) = fs::read_dir(place) else { return };
    let ours = entries.flatten().filter(|entry| entry.file_name().to_str().is_some_and(|name| name.starts_with(TEMPORARY)));
    for entry in ours {
        if is_abandoned(&entry) {
            remove(&entry.path());
        }
    }
}

/// Whether a temporary directory is one of this user that no process uses.
fn is_abandoned(entry: &DirEntry) -> bool {
    // The metadata of a link are those of the link, so it is no directory. Windows has them in the list of entries. To ask for them by the path
    // would open the directory, and what is open is not gone when its process removes it.
    let Some(metadata) = entry.metadata().ok().filter(fs::Metadata::is_dir) else { return false };
    let Some(age) = metadata.modified().ok().and_then(|time| time.elapsed().ok()) else { return false };
    let path = &entry.path();
    if age < YOUNG || disk::trusted_directory(path).is_err() {
        return false;
    }
    match disk::open(&path.join(LOCK), Whose::Ours) {
        Ok((lock, _)) => lock.try_lock().is_ok(),
        Err(disk::ReadError::Missing) => age > YOUNG_WITHOUT_LOCK,
        Err(_) => false,
    }
}

fn remove(directory: &Path) {
    for left in (0..TRIES).rev() {
        match fs::remove_dir_all(directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            // Some systems remove nothing that is open, and another playground may look at it just now.
            Err(_) if left > 0 => std::thread::sleep(BETWEEN),
            Err(error) => tracing::debug!(%error, "the temporary directory of the playground stays"),
            Ok(()) => return,
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_playground_in_memory_leaves_nothing_behind() {
        let scratch = Scratch::new(None);
        let folder = scratch.folder("media").unwrap();
        fs::write(folder.join("film"), b"x").unwrap();
        assert_eq!(scratch.folder("media").unwrap(), folder);
        drop(scratch);
        assert!(!folder.parent().unwrap().exists());
    }

    #[test]
    fn a_data_directory_keeps_all_but_half_files() {
        let directory = tempfile::tempdir().unwrap();
        let first = Scratch::new(Some(directory.path().to_owned()));
        let (media, half) = (first.folder("media").unwrap().join("film"), first.arriving().unwrap().join("half"));
        fs::write(&media, b"x").unwrap();
        fs::write(&half, b"x").unwrap();
        drop(first);
        drop(Scratch::new(Some(directory.path().to_owned())));
        assert!(media.exists() && !half.exists());
    }
}
