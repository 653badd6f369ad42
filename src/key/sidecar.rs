//! What the `keys` and `setup` commands note beside a key file, so that the server can say when the key expires.

use std::{
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    api::Scopes,
    disk::{self, Whose},
};

const MAX_BYTES: u64 = 16 * 1024;

/// Facts about a key, without its secret. The file is named like the key file with `.json` appended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sidecar {
    /// The key's public identifier.
    pub key_id: Option<String>,
    /// The name its owner gave it.
    pub name: Option<String>,
    /// The scopes it was made with. We only show them. The API tells us what the key may do.
    pub scopes: Option<Scopes>,
    /// RFC 3339; absent means that it never expires.
    pub expires_at: Option<String>,
}

impl Sidecar {
    /// The file with the facts about the key in `key_file`.
    pub fn path_for(key_file: &Path) -> PathBuf {
        let mut name = key_file.as_os_str().to_owned();
        name.push(".json");
        name.into()
    }

    /// Writes the facts beside the key file. Those who may read the key file may read them.
    pub fn write(&self, key_file: &Path) -> io::Result<()> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        disk::replace_like(&Self::path_for(key_file), &text, key_file)
    }

    /// Reads the facts. `None` if there is no such file, if it is not valid, or if it does not say which key it is about, as for a key that
    /// somebody pasted: then nothing is known, not even that it has no end. The facts are only shown, so this is no error. Like
    /// [`super::KeyFile::read`], it may wait for a file system.
    pub fn read(key_file: &Path) -> Option<Self> {
        let content = disk::read(&Self::path_for(key_file), MAX_BYTES, Whose::Users).ok()?;
        serde_json::from_slice(&content.bytes).ok().filter(|facts: &Self| facts.key_id.is_some())
    }

    /// Checks that the place for the facts is free or holds facts. A file that holds something else is somebody else's, and is not replaced.
    pub fn check_place(key_file: &Path) -> io::Result<()> {
        let path = Self::path_for(key_file);
        // A link is replaced, and what it leads to stays as it is.
        if path.is_symlink() {
            return Ok(());
        }
        let content = match disk::read(&path, MAX_BYTES, Whose::Users) {
            Ok(content) => content.bytes,
            Err(error) if error.is_missing() => return Ok(()),
            Err(error) => return Err(io::Error::other(error)),
        };
        // We write this member even without a value.
        let members: Map<String, Value> = serde_json::from_slice(&content).unwrap_or_default();
        if members.contains_key("key_id") && serde_json::from_slice::<Self>(&content).is_ok() {
            return Ok(());
        }
        Err(io::Error::new(io::ErrorKind::AlreadyExists, "it holds something else than the facts about a key, which would replace it"))
    }

    /// Reads the facts for a command, which waits a few seconds at most.
    pub fn read_patiently(key_file: &Path) -> Option<Self> {
        let path = key_file.to_owned();
        disk::within(disk::PATIENCE, move || Self::read(&path)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_that_name_no_key_are_none() {
        let directory = tempfile::tempdir().unwrap();
        let key_file = directory.path().join("key");
        std::fs::write(&key_file, "x").unwrap();
        for (key_id, known) in [(None, false), (Some("key_1".to_owned()), true)] {
            Sidecar { key_id, ..Sidecar::default() }.write(&key_file).unwrap();
            assert_eq!(Sidecar::read(&key_file).is_some(), known);
        }
    }
}
