//! What the `keys` and `setup` commands note beside a key file, so that the server can say when the key expires.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    api::Scopes,
    disk::{self, Readers},
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
    /// The scopes it was made with. Shown only: what the key may do is learnt from the API.
    pub scopes: Option<Scopes>,
    /// RFC 3339; absent means that it never expires.
    pub expires_at: Option<String>,
}

impl Sidecar {
    /// Where the facts about the key in `key_file` are kept.
    pub fn path_for(key_file: &Path) -> PathBuf {
        let mut name = key_file.as_os_str().to_owned();
        name.push(".json");
        name.into()
    }

    /// Writes the facts beside the key file.
    pub fn write(&self, key_file: &Path) -> io::Result<()> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        disk::replace(&Self::path_for(key_file), &text, Readers::Owner)
    }

    /// Reads the facts. `None` if there is no such file, or none that can be made sense of: they are only shown.
    pub fn read(key_file: &Path) -> Option<Self> {
        let mut text = String::new();
        let file = File::open(Self::path_for(key_file)).ok()?;
        if !file.metadata().ok()?.is_file() {
            return None;
        }
        file.take(MAX_BYTES).read_to_string(&mut text).ok()?;
        serde_json::from_str(&text).ok()
    }
}
