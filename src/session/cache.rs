//! The cache file: what the next process should know about the scopes of a key.
//!
//! Its name is a keyed fingerprint of the key and the base URL, which reveals neither. If anything is wrong with the file or its directory,
//! the session goes on without it.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::{
    disk::{self, ReadError, Whose, aside::Places},
    gate::Remembered,
};

/// The largest file that is read, in bytes.
const MAX_BYTES: u64 = 4096;
/// Threads that read and write it.
pub(super) static PLACES: Places = Places::free();

fn path(dir: &Path, fingerprint: &str) -> PathBuf {
    dir.join(format!("scopes-{fingerprint}.json"))
}

/// What an earlier process stored under a fingerprint. We do not use a file or a directory that somebody else may have written.
pub(super) fn read(dir: &Path, fingerprint: &str) -> Option<Remembered> {
    let believed = disk::trusted_directory(dir).and_then(|()| disk::read(&path(dir, fingerprint), MAX_BYTES, Whose::Ours));
    match believed {
        Ok(content) => serde_json::from_slice(&content.bytes).ok(),
        Err(ReadError::Missing) => None,
        Err(error) => {
            tracing::debug!("what an earlier start learnt about the key in {} is not used: {error}", dir.display());
            None
        }
    }
}

/// Replaces what is stored, atomically, so that other processes never see half a file. Fails if others may write to the directory.
pub(super) fn write(dir: &Path, fingerprint: &str, remembered: &Remembered) -> io::Result<()> {
    disk::private_directory(dir)?;
    disk::trusted_directory(dir).map_err(io::Error::other)?;
    disk::replace_lightly(&path(dir, fingerprint), &serde_json::to_vec(remembered)?)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{
        api::Scope,
        gate::{Gate, Probe, Timestamp, Verdict},
        key::ApiKey,
    };

    #[test]
    fn what_is_written_is_read_and_garbage_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("a/b");
        assert!(read(&inner, "f").is_none());
        let mut gate = Gate::new(ApiKey::parse("a-key-of-a-test").unwrap(), 1, None, false);
        gate.learn(&[(Probe::Scope(Scope::Read), Verdict::Held)], Timestamp::from_millis(5));
        let remembered = gate.remember().unwrap();
        write(&inner, "f", &remembered).unwrap();
        write(&inner, "f", &remembered).unwrap();
        assert_eq!(read(&inner, "f"), Some(remembered));
        assert_eq!(fs::read_dir(&inner).unwrap().count(), 1);
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path(&inner, "f")).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
        for garbage in ["", "{", "{\"form\":1,\"scopes\":[],\"more\":1}", &" ".repeat(9000)] {
            fs::write(path(&inner, "f"), garbage).unwrap();
            assert!(read(&inner, "f").is_none(), "{garbage:.20}");
        }
    }
}
