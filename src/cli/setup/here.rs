//! This machine: its environment, and our own directory on it.

use std::{
    fs::{File, OpenOptions},
    path::{Path, PathBuf},
};

use anyhow::{Context, anyhow};

use crate::{
    disk,
    hosts::{Platform, Surroundings},
};

const OWN: &str = "videosearch-mcp";

/// The machine that this process runs on.
pub(super) struct Here {
    env: fn(&str) -> Option<String>,
    exists: fn(&Path) -> bool,
}

impl Here {
    pub fn new() -> Self {
        Self { env: |name| std::env::var(name).ok(), exists: Path::exists }
    }

    pub fn surroundings(&self) -> Surroundings<'_> {
        Surroundings { platform: Platform::HERE, env: &self.env, exists: &self.exists }
    }

    /// Where our own files are: keys, and what setup remembers.
    pub fn own_directory(&self) -> anyhow::Result<PathBuf> {
        let config = self.surroundings().config_directory().ok_or_else(|| {
            anyhow!(
                "the home directory is not known, so there is no place for files of ours; set {} and try again",
                if cfg!(windows) { "APPDATA" } else { "HOME" }
            )
        })?;
        Ok(Path::new(&config).join(OWN))
    }

    /// Waits until no other setup is under way, and keeps others out while the value lives.
    pub fn lock(&self) -> anyhow::Result<File> {
        let directory = self.own_directory()?;
        disk::private_directory(&directory).with_context(|| format!("making {}", directory.display()))?;
        let path = directory.join("setup.lock");
        let open = || {
            let file = OpenOptions::new().create(true).append(true).open(&path)?;
            file.lock()?;
            std::io::Result::Ok(file)
        };
        open().with_context(|| format!("locking {}", path.display()))
    }
}

/// A path as configuration files can hold it.
pub(super) fn text(path: &Path) -> anyhow::Result<String> {
    path.to_str().map(str::to_owned).ok_or_else(|| anyhow!("the path {} is not Unicode, so no configuration can name it", path.display()))
}
