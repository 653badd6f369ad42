//! Keys of the account whose secret is on this machine.

use std::path::{Path, PathBuf};

use super::record::State;
use crate::{
    api::{Scope, keys::Key},
    key::{ApiKey, KeyFile, Sidecar},
};

/// A key that works, with the file that holds its secret.
#[derive(Debug)]
pub struct Held<'k> {
    /// The API's record.
    pub key: &'k Key,
    /// The key file.
    pub file: PathBuf,
}

/// An active key with at least read level whose secret is in one of these files: the one that can do the least, then the one that does not
/// end soon, then the one in the earliest file.
pub fn held<'k>(keys: &'k [Key], files: &[PathBuf]) -> Option<Held<'k>> {
    let readers = keys.iter().filter(|key| State::of(key).works() && key.scopes.iter().any(|scope| scope.implies(Scope::Read)));
    readers
        .filter_map(|key| files.iter().position(|file| holds(file, key)).map(|place| (key, place)))
        .min_by_key(|(key, place)| (key.scopes.iter().max().copied(), State::of(key) == State::Soon, *place))
        .and_then(|(key, place)| Some(Held { key, file: files.get(place)?.clone() }))
}

/// Whether a file holds the secret of a key, by the beginning that the API shows and by the facts beside the file.
fn holds(file: &Path, key: &Key) -> bool {
    let noted = Sidecar::read(file).and_then(|facts| facts.key_id);
    KeyFile::new(file).read().key.is_ok_and(|secret| belongs(&secret, noted.as_deref(), key))
}

/// Whether a secret is that of a key, as far as can be told without using it.
pub fn belongs(secret: &ApiKey, noted_id: Option<&str>, key: &Key) -> bool {
    secret.begins_with(&key.key_prefix) && noted_id.is_none_or(|id| id == key.key_id)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{super::record::tests::key, *};

    #[test]
    fn the_weakest_reader_whose_secret_is_here_is_taken() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        let files = [at("none"), at("one"), at("two"), at("three")];
        for (name, digits) in [("one", "0a0a"), ("two", "0b0b"), ("three", "0c0c")] {
            fs::write(at(name), format!("sk_live_{}", digits.repeat(12))).unwrap();
        }
        let listed =
            |id: &str, digits: &str, scopes: &[Scope]| Key { key_prefix: format!("sk_live_{digits}"), scopes: scopes.to_vec(), ..key(id) };
        let found = |keys: &[Key]| held(keys, &files).map(|held| (held.key.key_id.clone(), held.file));
        let writer = listed("key_w", "0a0a", &[Scope::Write]);
        let reader = listed("key_r", "0b0b...", &[Scope::Read]);
        assert_eq!(found(&[writer.clone(), reader.clone()]), Some(("key_r".into(), at("two"))));
        assert_eq!(found(&[writer, Key { is_active: false, ..reader.clone() }]), Some(("key_w".into(), at("one"))));
        assert_eq!(found(&[listed("key_s", "0c0c", &[Scope::Search])]), None, "search is less than read");
        assert_eq!(found(&[listed("key_x", "ffff", &[Scope::Read])]), None);
        Sidecar { key_id: Some("another".into()), ..Sidecar::default() }.write(&at("two")).unwrap();
        assert_eq!(found(&[reader]), None, "the facts beside the file name another key");
    }
}
