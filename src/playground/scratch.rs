//! Where the playground keeps files: in its data directory, or in a temporary directory that is removed at the end.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use super::random;
use crate::disk;

/// The folder of files that are just arriving.
const ARRIVING: &str = "arriving";

/// The files of one playground. Nothing is made before the first file.
pub struct Scratch {
    data_dir: Option<PathBuf>,
    temporary: Mutex<Option<PathBuf>>,
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

    fn root(&self) -> io::Result<PathBuf> {
        if let Some(directory) = &self.data_dir {
            return Ok(directory.clone());
        }
        let mut temporary = self.temporary.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(directory) = &*temporary {
            return Ok(directory.clone());
        }
        let name = random::id("videosearch-playground-").map_err(|_| io::Error::other("the system gives no random numbers"))?;
        let directory = std::env::temp_dir().join(name);
        disk::private_directory(&directory)?;
        Ok(temporary.insert(directory).clone())
    }

    /// Removes the temporary directory, if there is one.
    pub fn clear(&self) {
        let temporary = self.temporary.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(directory) = temporary {
            remove(&directory);
        }
    }
}

fn remove(directory: &Path) {
    if let Err(error) = fs::remove_dir_all(directory) {
        tracing::debug!(%error, "the temporary directory of the playground stays");
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
