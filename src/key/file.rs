//! Key files: what they may hold, and how we notice a change.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use super::{ApiKey, KeyFault, KeyForm, Oddity, oddities, placeholder};
use crate::disk::{self, Content, Identity, ReadError, Whose};

/// The most bytes a key file may have.
const MAX_BYTES: u64 = 4096;
/// We take a file of this age to be completely written.
const SETTLED: Duration = Duration::from_secs(2);

/// Why a key file gave no key. No variant holds any of its content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileFault {
    /// Nothing is there.
    #[error("there is no such file")]
    Missing,
    /// The operating system refused.
    #[error("{0}")]
    Io(String),
    /// A directory, pipe or device, named here.
    #[error("it is not a regular file but {0}")]
    NotRegular(&'static str),
    /// More than 4 KiB.
    #[error("it is larger than 4 KiB, so it is not a key file")]
    TooLarge,
    /// Not UTF-8.
    #[error("it is not text")]
    NotText,
    /// An unfilled placeholder.
    #[error("it holds a placeholder instead of a key")]
    Placeholder,
    /// A text that is not a key.
    #[error(transparent)]
    Key(#[from] KeyFault),
}

impl From<ReadError> for FileFault {
    /// The reason only. The caller names the file.
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Missing => Self::Missing,
            ReadError::NotRegular(kind) => Self::NotRegular(kind),
            ReadError::TooLarge(_) => Self::TooLarge,
            other => Self::Io(other.to_string()),
        }
    }
}

/// The state of a key file. We take a file with the same stamp for unchanged.
pub type Stamp = Identity;

/// What we found in a key file.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The state of the file, if there was one.
    pub stamp: Option<Stamp>,
    /// The key in it.
    pub key: Result<ApiKey, FileFault>,
    /// Whether others than its owner may read it.
    pub exposed: bool,
    /// Whether the file was changed so recently that it may be half-written.
    pub fresh: bool,
    /// What is odd about its content.
    pub oddities: Vec<Oddity>,
}

/// A key file.
#[derive(Clone, Debug)]
pub struct KeyFile(PathBuf);

impl KeyFile {
    /// The file at a path, which need not exist yet.
    pub fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// The state of the file; `None` if there is none. One system call, which may wait for a file system.
    pub fn stamp(&self) -> Option<Stamp> {
        std::fs::metadata(&self.0).ok().map(|metadata| Stamp::of(&metadata))
    }

    /// Reads the file. It does not wait for pipes or devices. A file system that is gone may block it forever, so call it on a thread that
    /// nobody waits for. Or use [`KeyFile::read_patiently`].
    pub fn read(&self) -> Reading {
        match disk::read(&self.0, MAX_BYTES, Whose::Users) {
            Ok(Content { bytes, metadata }) => Reading {
                stamp: Some(Stamp::of(&metadata)),
                oddities: oddities(&bytes),
                key: key_of(&bytes),
                exposed: disk::exposed(&metadata),
                fresh: metadata.modified().ok().and_then(|at| at.elapsed().ok()).is_none_or(|age| age < SETTLED),
            },
            Err(error) => Reading { stamp: self.stamp(), ..Reading::none(error.into()) },
        }
    }

    /// Reads the file for a command, which waits a few seconds at most.
    pub fn read_patiently(&self) -> Reading {
        let file = self.clone();
        disk::within(disk::PATIENCE, move || file.read()).unwrap_or_else(|| Reading::none(ReadError::Silent.into()))
    }
}

impl Reading {
    /// The reading of a file that we could not read.
    fn none(fault: FileFault) -> Self {
        Self { stamp: None, key: Err(fault), exposed: false, fresh: false, oddities: Vec::new() }
    }

    /// The key in the file. `None` if there is no file, or if it is empty or holds a placeholder: storing a key there destroys nothing. A
    /// fault means that the file holds something else, or that we cannot read it. Such a file must not be overwritten.
    pub fn present(&self) -> Result<Option<ApiKey>, FileFault> {
        match &self.key {
            Ok(key) => Ok(Some(key.clone())),
            Err(FileFault::Missing | FileFault::Placeholder | FileFault::Key(KeyFault::Empty)) => Ok(None),
            Err(fault) => Err(fault.clone()),
        }
    }

    /// Whether somebody may be writing the file just now, so that the key from before is better than this reading. That is so if the file
    /// cannot be read, or if it is fresh and its text no longer has the known form.
    pub fn looks_unfinished(&self, before: &ApiKey) -> bool {
        match &self.key {
            Err(_) => true,
            Ok(key) => self.fresh && before.form() == KeyForm::Known && key.form() == KeyForm::Other,
        }
    }
}

fn key_of(content: &[u8]) -> Result<ApiKey, FileFault> {
    let text = std::str::from_utf8(content).map_err(|_| FileFault::NotText)?;
    let text = text.trim_start_matches('\u{feff}');
    if placeholder(text) {
        return Err(FileFault::Placeholder);
    }
    Ok(ApiKey::parse(text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(digit: char) -> String {
        format!("sk_live_{}", String::from(digit).repeat(48))
    }

    fn read(content: &[u8]) -> Reading {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        std::fs::write(&path, content).unwrap();
        KeyFile::new(&path).read()
    }

    #[test]
    fn one_line_of_text_is_a_key_and_nothing_else_is() {
        assert_eq!(read(format!("{}\n", known('a')).as_bytes()).key, ApiKey::parse(&known('a')).map_err(FileFault::Key));
        assert_eq!(read(format!("\u{feff}{}\r\n", known('a')).as_bytes()).key.map(|k| k.form()), Ok(KeyForm::Known));
        for (content, fault) in [
            (Vec::new(), FileFault::Key(KeyFault::Empty)),
            (b"a\nb".to_vec(), FileFault::Key(KeyFault::Lines)),
            (vec![b'a'; 5000], FileFault::TooLarge),
            (vec![0xff, 0xfe], FileFault::NotText),
            (b"${KEY}".to_vec(), FileFault::Placeholder),
        ] {
            let reading = read(&content);
            let lost_nothing = matches!(fault, FileFault::Placeholder | FileFault::Key(KeyFault::Empty));
            assert_eq!(reading.present(), if lost_nothing { Ok(None) } else { Err(fault.clone()) });
            assert_eq!(reading.key, Err(fault));
        }
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(KeyFile::new(dir.path()).read().key, Err(FileFault::NotRegular("a directory")));
        let none = KeyFile::new(&dir.path().join("none")).read();
        assert_eq!((none.key.clone(), none.present()), (Err(FileFault::Missing), Ok(None)));
    }

    #[test]
    fn a_half_written_key_gives_way_to_the_old_one() {
        let before = ApiKey::parse(&known('a')).unwrap();
        let mut half = read(b"sk_live_0123");
        assert!(half.looks_unfinished(&before));
        half.fresh = false;
        assert!(!half.looks_unfinished(&before));
        assert!(read(b"").looks_unfinished(&before));
        assert!(!read(known('b').as_bytes()).looks_unfinished(&before));
    }

    #[cfg(unix)]
    #[test]
    fn files_that_others_can_read_are_noticed() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        std::fs::write(&path, known('a')).unwrap();
        for (mode, expect) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(KeyFile::new(&path).read().exposed, expect, "{mode:o}");
        }
    }

    #[test]
    fn a_replaced_file_has_another_stamp() {
        let dir = tempfile::tempdir().unwrap();
        let (path, next) = (dir.path().join("key"), dir.path().join("next"));
        std::fs::write(&path, known('a')).unwrap();
        let file = KeyFile::new(&path);
        let before = file.stamp();
        std::fs::write(&next, known('b')).unwrap();
        std::fs::rename(&next, &path).unwrap();
        assert!(before.is_some() && file.stamp() != before);
    }
}
