//! Writing key files.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{ApiKey, Sidecar};
use crate::disk::{self, Draft, Readers};

/// A key file that is about to get a key.
///
/// Opening it checks that the key can be stored there: it writes a temporary file to the disk. We do this before we call the API for a
/// secret, since the API shows a secret only once. Dropping it leaves everything as it was.
#[derive(Debug)]
pub struct KeyDraft {
    draft: Draft,
    path: PathBuf,
    /// After the draft, so that its temporary file goes first.
    made: Made,
}

/// Directories that were made for a key file, the outermost last. Dropping it takes them away, as far as nothing is in them.
#[derive(Debug)]
struct Made(Vec<PathBuf>);

impl Made {
    /// Makes a directory that only its owner may enter, and the missing ones above it.
    fn new(directory: &Path) -> io::Result<Self> {
        let missing = directory.ancestors().take_while(|part| !part.as_os_str().is_empty() && !part.exists());
        let made = Self(missing.map(Path::to_owned).collect());
        disk::private_directory(directory)?;
        Ok(made)
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        for directory in &self.0 {
            // One that is in use stays.
            let _ = fs::remove_dir(directory);
        }
    }
}

impl KeyDraft {
    /// Prepares to write the key file at a path. Makes its directory (mode 0700) if there is none, and those above it. A key file that is a
    /// link stays a link. An existing key file keeps its owner, group and mode, and a new one has mode 0600.
    pub fn open(path: &Path) -> io::Result<Self> {
        let made = match path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
            Some(directory) => Made::new(directory)?,
            None => Made(Vec::new()),
        };
        let facts = Sidecar::path_for(path);
        disk::removable(&facts)
            .and_then(|()| Sidecar::check_place(path))
            .map_err(|error| io::Error::new(error.kind(), format!("the file beside it, {}: {error}", facts.display())))?;
        let mut draft = Draft::beside(path, Readers::AsBeforeElseOwner)?;
        draft.write(&[b'x'; 128])?;
        Ok(Self { draft, path: path.to_owned(), made })
    }

    /// The directories that were made for it, the outermost first.
    pub fn made(&self) -> impl Iterator<Item = &Path> {
        self.made.0.iter().rev().map(PathBuf::as_path)
    }

    /// The path that the caller gave.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Stores the key and then, beside it, the facts about it. A server that reads the file uses the new key at once.
    ///
    /// An error means that the key is not stored. We delete the facts about the old key first. So a crash may leave a key without facts,
    /// but never with those of another key. Facts that cannot be written are no error: a warning goes to the log.
    pub fn commit(mut self, key: &ApiKey, facts: &Sidecar) -> io::Result<()> {
        self.draft.write(&key.line())?;
        match fs::remove_file(Sidecar::path_for(&self.path)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        self.draft.commit()?;
        self.made.0.clear();
        if let Err(error) = facts.write(&self.path) {
            tracing::warn!("the facts about the key could not be written to {}: {error}", Sidecar::path_for(&self.path).display());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_never_lie_beside_the_key_of_another() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("new/key");
        let facts = |id: &str| Sidecar { key_id: Some(id.to_owned()), ..Sidecar::default() };
        let key = |digits: &str| ApiKey::parse(&format!("sk_live_{}", digits.repeat(24))).unwrap();
        KeyDraft::open(&path).unwrap().commit(&key("0a"), &facts("one")).unwrap();
        assert_eq!((fs::read_to_string(&path).unwrap().len(), Sidecar::read(&path)), (57, Some(facts("one"))));
        // There is a directory instead of the key file. So storing fails, and the facts about the last key are gone.
        let draft = KeyDraft::open(&path).unwrap();
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(draft.commit(&key("0b"), &facts("two")).is_err());
        assert_eq!(Sidecar::read(&path), None);
        let told: Vec<_> = KeyDraft::open(&directory.path().join("a/b/key")).unwrap().made().map(Path::to_owned).collect();
        assert_eq!(told, [directory.path().join("a"), directory.path().join("a/b")]);
        assert!(!directory.path().join("a").exists(), "a draft that is given up leaves no directory");
        let left: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["key"]);
    }

    #[test]
    fn a_file_of_somebody_else_is_not_taken_for_facts() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("package");
        let beside = Sidecar::path_for(&path);
        for other in
            ["", "{}", r#"{"name": "a package", "version": "1"}"#, r#"{"key_id": 7, "name": null, "scopes": null, "expires_at": null}"#]
        {
            fs::write(&beside, other).unwrap();
            let error = KeyDraft::open(&path).unwrap_err().to_string();
            assert!(error.contains("package.json: it holds something else"), "{error}");
        }
        Sidecar::default().write(&path).unwrap();
        assert!(KeyDraft::open(&path).is_ok());
    }
}
