//! This machine: its environment, and our own directory on it.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, anyhow, bail};

use crate::{
    disk,
    hosts::{Platform, Surroundings},
};

const OWN: &str = "videosearch-mcp";
/// How long we wait for another setup. It holds the lock only while it writes.
const LOCK_WITHIN: Duration = Duration::from_secs(10);
/// The pause between two tries for the lock.
const LOCK_LOOK: Duration = Duration::from_millis(50);

/// The machine that this process runs on.
pub(super) struct Here {
    env: fn(&str) -> Option<String>,
    exists: fn(&Path) -> bool,
}

impl Here {
    pub fn new() -> Self {
        Self { env: crate::config::variable, exists: Path::exists }
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
        disk::private_directory(&directory)
            .with_context(|| format!("setup keeps notes in {}, which cannot be made", directory.display()))?;
        let path = directory.join("setup.lock");
        let file = disk::open_own(&path).map_err(|error| anyhow!("the lock file {}: {error}", path.display()))?;
        let end = Instant::now() + LOCK_WITHIN;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if Instant::now() < end => std::thread::sleep(LOCK_LOOK),
                Err(TryLockError::WouldBlock) => {
                    bail!("another setup is under way: it holds {}. Try again when it has ended", path.display())
                }
                Err(TryLockError::Error(error)) => return Err(error).with_context(|| format!("locking {}", path.display())),
            }
        }
    }
}

/// A path as configuration files can hold it.
pub(super) fn text(path: &Path) -> anyhow::Result<String> {
    path.to_str().map(str::to_owned).ok_or_else(|| anyhow!("the path {} is not Unicode, so no configuration can name it", path.display()))
}
