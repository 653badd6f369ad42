//! What setup remembers about the entries that it wrote, so that they can be taken back. It is in one private file in our own directory.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use serde::{Deserialize, Serialize};

use super::{here::Here, target::Target};
use crate::{
    disk::{self, Whose},
    hosts::{MAX_BYTES, Undo},
};

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct All {
    entries: Vec<Record>,
}

#[derive(Serialize, Deserialize)]
struct Record {
    config: PathBuf,
    name: String,
    undo: Undo,
    /// The first of the directories that were made for the file, or the file itself. `None` if the file was there before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    made: Option<PathBuf>,
}

/// The content of the file. The caller holds the lock.
pub(super) struct Memory {
    path: PathBuf,
    all: All,
}

impl Memory {
    /// Reads the file. A file that is not valid is an error: it may hold the only copy of an entry that was replaced.
    pub fn open(here: &Here) -> anyhow::Result<Self> {
        let path = here.own_directory()?.join("setup.json");
        let read = match disk::read_patiently(&path, MAX_BYTES, Whose::Ours) {
            Ok(content) => serde_json::from_slice(&content.bytes).map_err(|error| error.to_string()),
            Err(error) if error.is_missing() => Ok(All::default()),
            Err(error) => Err(error.to_string()),
        };
        let all = read.map_err(|reason| {
            anyhow!("{}, where setup keeps what it replaced: {reason}. Move it away to go on without it", path.display())
        })?;
        Ok(Self { path, all })
    }

    /// What is remembered about an entry.
    pub fn recall(&self, target: &Target) -> Option<&Undo> {
        let config = real(&target.file);
        self.all.entries.iter().find(|record| record.config == config && record.name == target.name).map(|record| &record.undo)
    }

    /// Whether setup wrote an entry of this name into a file.
    pub fn knows(&self, file: &Path, name: &str) -> bool {
        let config = real(file);
        self.all.entries.iter().any(|record| record.config == config && record.name == name)
    }

    /// What was made for the file of an entry.
    pub fn made(&self, target: &Target) -> Option<&Path> {
        let config = real(&target.file);
        self.all.entries.iter().filter(|record| record.config == config).find_map(|record| record.made.as_deref())
    }

    /// The files and directories that are here only because setup made them: nothing else was added since.
    pub fn only_ours(&self) -> Vec<PathBuf> {
        let records = self.all.entries.iter().filter_map(|record| Some((record.made.clone()?, &record.config)));
        records.filter(|(made, config)| holds_only(made, config)).map(|(made, _)| made).collect()
    }

    /// Remembers, or forgets with `None`.
    pub fn note(&mut self, target: &Target, undo: Option<Undo>) -> anyhow::Result<()> {
        let config = real(&target.file);
        let made = self.made(target).map(Path::to_owned).or_else(|| first_missing(&config));
        self.all.entries.retain(|record| record.config != config || record.name != target.name);
        if let Some(undo) = undo {
            self.all.entries.push(Record { config, name: target.name.clone(), undo, made });
        }
        let mut text = serde_json::to_vec_pretty(&self.all)?;
        text.push(b'\n');
        disk::replace_private(&self.path, &text).with_context(|| format!("writing {}", self.path.display()))
    }
}

/// The first part of a path that is not there yet.
fn first_missing(path: &Path) -> Option<PathBuf> {
    path.ancestors().take_while(|part| !part.as_os_str().is_empty() && !part.exists()).last().map(Path::to_owned)
}

/// Whether a path is this file, or a directory with nothing but this file and its backups, however deep.
fn holds_only(path: &Path, file: &Path) -> bool {
    if path == file {
        return true;
    }
    if !file.starts_with(path) {
        let (name, backup) = (path.as_os_str().to_string_lossy(), format!("{}.videosearch-backup", file.display()));
        return name.starts_with(&backup);
    }
    let entries = std::fs::read_dir(path).map(Iterator::collect::<Result<Vec<_>, _>>);
    entries.is_ok_and(|entries| entries.is_ok_and(|entries| entries.iter().all(|entry| holds_only(&entry.path(), file))))
}

/// The path of the file itself, after links. It is the same whether the file exists already or not, since what was noted before a file was
/// made is wanted after that.
fn real(path: &Path) -> PathBuf {
    let path = disk::follow(path).unwrap_or_else(|_| path.to_owned());
    let there = path.ancestors().find_map(|part| Some((part.canonicalize().ok()?, path.strip_prefix(part).ok()?)));
    match there {
        // Joining nothing would add a separator.
        Some((whole, rest)) if rest.as_os_str().is_empty() => whole,
        Some((start, rest)) => start.join(rest),
        None => path,
    }
}
