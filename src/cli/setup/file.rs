//! Changes a file that belongs to somebody else. We read it whole, back it up beside itself, and replace it in one step, but only if it is
//! still what we read.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, anyhow, bail};

use crate::{
    disk::{self, Draft, ReadError, Readers, Whose},
    hosts::MAX_BYTES,
};

/// Backups beside one file before we give up.
const MAX_BACKUPS: u32 = 1000;

/// The ending of a backup's name. A number may follow.
const BACKUP: &str = ".videosearch-backup";

/// How a replacement ended.
pub(super) enum Outcome {
    /// Done. If there was a file before, the backup has its content.
    Written { backup: Option<PathBuf> },
    /// The file has changed since we read it. Nothing was written.
    Changed,
}

/// The content of a file; `None` if there is none.
pub(super) fn read(path: &Path) -> anyhow::Result<Option<String>> {
    let bytes = match disk::read_patiently(path, MAX_BYTES, Whose::Users) {
        Ok(content) => content.bytes,
        Err(error) if error.is_missing() => return Ok(None),
        Err(error) => bail!("{}: {error}", path.display()),
    };
    String::from_utf8(bytes)
        .map(Some)
        .map_err(|_| anyhow!("{} is not UTF-8 text, so it was left as it is. Save it as UTF-8 first", path.display()))
}

/// Refuses a file that its owner made read-only. A rename would replace it all the same.
fn refused(path: &Path) -> anyhow::Result<()> {
    let read_only = fs::metadata(path).is_ok_and(|data| data.permissions().readonly());
    if read_only {
        let remedy = if cfg!(windows) { "clear its read-only attribute" } else { "make it writable with chmod u+w" };
        bail!("{} is read-only, so it was left as it is. To go on, {remedy}, or add by hand what --print shows", path.display());
    }
    Ok(())
}

/// Checks that a file can be replaced, and leaves no trace. If its directory does not exist yet, we find out only when we make it.
pub(super) fn check_writable(path: &Path, closed: bool) -> anyhow::Result<()> {
    refused(path)?;
    let what = || format!("{} cannot be written, and nothing was changed", path.display());
    let real = disk::follow(path).with_context(what)?;
    if real.parent().is_some_and(Path::is_dir) {
        Draft::beside(&real, readers(closed)).map(drop).with_context(what)?;
    }
    Ok(())
}

fn readers(closed: bool) -> Readers {
    if closed { Readers::Owner } else { Readers::AsBefore }
}

/// Replaces a file. With `closed`, only its owner can read it from now on.
pub(super) fn replace(path: &Path, before: Option<&str>, after: &str, closed: bool) -> anyhow::Result<Outcome> {
    refused(path)?;
    let what = || format!("writing {}", path.display());
    let real = disk::follow(path).with_context(what)?;
    if let Some(directory) = real.parent() {
        fs::create_dir_all(directory).with_context(|| format!("making {}", directory.display()))?;
    }
    let mut draft = Draft::beside(path, readers(closed)).with_context(what)?;
    draft.write(after.as_bytes()).with_context(what)?;
    let backup =
        before.map(|before| back_up(&real, before.as_bytes())).transpose().with_context(|| format!("backing up {}", real.display()))?;
    // The last look before the rename. What a host writes between the two is lost; nothing portable closes that gap.
    if read(path)?.as_deref() != before {
        return Ok(Outcome::Changed);
    }
    draft.commit().with_context(what)?;
    Ok(Outcome::Written { backup })
}

/// Deletes a file, and the directories from `made` on that were made for it, as far as they are empty.
pub(super) fn delete(path: &Path, before: &str, made: &Path) -> anyhow::Result<Outcome> {
    refused(path)?;
    if read(path)?.as_deref() != Some(before) {
        return Ok(Outcome::Changed);
    }
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    fs::remove_file(&real).with_context(|| format!("deleting {}", path.display()))?;
    for directory in real.ancestors().skip(1).take_while(|directory| directory.starts_with(made)) {
        if fs::remove_dir(directory).is_err() {
            break;
        }
    }
    Ok(Outcome::Written { backup: None })
}

/// Whether a directory holds nothing but backups of ours.
pub(super) fn only_backups(path: &Path) -> bool {
    let is_backup = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().contains(BACKUP) || only_backups(&entry.path());
    let entries = fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    entries.is_ok_and(|entries| !entries.is_empty() && entries.iter().all(is_backup))
}

/// Keeps a content in a backup beside its file, which only the owner can read. A content that has a backup gets no second one, and no
/// backup is overwritten.
fn back_up(path: &Path, content: &[u8]) -> anyhow::Result<PathBuf> {
    for number in 1..MAX_BACKUPS {
        let mut name = path.as_os_str().to_owned();
        name.push(BACKUP);
        if number > 1 {
            name.push(format!(".{number}"));
        }
        let backup = PathBuf::from(name);
        match disk::read_patiently(&backup, MAX_BYTES, Whose::Ours) {
            Ok(kept) if kept.bytes == content => return Ok(backup),
            // A file of that name that is not our backup stays as it is, and so does a link, wherever it leads.
            Ok(_) | Err(ReadError::Doubtful(_) | ReadError::NotRegular(_) | ReadError::TooLarge(_)) => {}
            Err(ReadError::Missing) => match disk::keep_like(&backup, content, path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                kept => return Ok(kept.map(|()| backup)?),
            },
            Err(error) => bail!("{}: {error}", backup.display()),
        }
    }
    bail!("there are {MAX_BACKUPS} backups beside it already")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_changed_since_it_was_read_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("c.json");
        fs::write(&path, "theirs").unwrap();
        assert!(matches!(replace(&path, Some("read before"), "ours", false).unwrap(), Outcome::Changed));
        assert!(matches!(replace(&path, None, "ours", false).unwrap(), Outcome::Changed));
        assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
        assert!(matches!(replace(&path, Some("theirs"), "ours", false).unwrap(), Outcome::Written { backup: Some(_) }));
        assert_eq!(fs::read_to_string(&path).unwrap(), "ours");
    }

    #[test]
    fn backups_are_numbered_and_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("c.json");
        let names =
            ["one", "two", "one", "three"].map(|content| back_up(&path, content.as_bytes()).unwrap().file_name().unwrap().to_owned());
        assert_eq!(
            names.map(|name| name.to_str().unwrap().to_owned()),
            ["c.json.videosearch-backup", "c.json.videosearch-backup.2", "c.json.videosearch-backup", "c.json.videosearch-backup.3"]
        );
        assert_eq!(fs::read_to_string(dir.path().join("c.json.videosearch-backup")).unwrap(), "one");
    }
}
