//! Writing key files.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{ApiKey, Sidecar};
use crate::disk::{self, Draft, Readers};

/// A key file that is about to get a key.
///
/// Opening it proves, with a file that reaches the disk, that the key can be stored there: before the API is asked for a secret that it shows
/// only once. Dropping it leaves everything as it was.
#[derive(Debug)]
pub struct KeyDraft {
    draft: Draft,
    path: PathBuf,
}

impl KeyDraft {
    /// Makes ready to write the key file at a path, making its directory (mode 0700) if there is none. A key file that is a link stays one.
    pub fn open(path: &Path) -> io::Result<Self> {
        if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
            disk::private_directory(directory)?;
        }
        let mut draft = Draft::beside(path, Readers::Owner)?;
        draft.write(&[b'x'; 128])?;
        Ok(Self { draft, path: path.to_owned() })
    }

    /// The path that was asked for.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Stores the key (mode 0600) and then, beside it, the facts about it. A server that reads the file uses the new key at once.
    pub fn commit(mut self, key: &ApiKey, facts: &Sidecar) -> io::Result<()> {
        self.draft.write(&key.line())?;
        self.draft.commit()?;
        facts.write(&self.path)
    }
}
