//! Whether the secret of a key is on this machine.

use std::path::Path;

use crate::{
    api::keys::Key,
    key::{ApiKey, KeyFile, Sidecar},
};

/// Whether a file holds the secret of a key.
pub fn holds(file: &Path, key: &Key) -> bool {
    let noted = Sidecar::read_patiently(file).and_then(|facts| facts.key_id);
    KeyFile::new(file).read_patiently().key.is_ok_and(|secret| belongs(&secret, noted.as_deref(), key))
}

/// Whether a secret belongs to a key, as far as we can tell without using it. The part that the API shows decides. If the API shows too
/// little, the facts beside the file decide. Neither may contradict.
pub fn belongs(secret: &ApiKey, noted_id: Option<&str>, key: &Key) -> bool {
    let noted = noted_id.map(|id| id == key.key_id);
    secret.shown_as(&key.key_prefix).or(noted) == Some(true) && noted != Some(false)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{super::record::tests::key, *};

    #[test]
    fn a_secret_is_known_by_its_beginning_and_by_what_is_noted() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("key");
        let listed = |prefix: &str| Key { key_prefix: prefix.into(), ..key("key_1") };
        let note = |id: &str| Sidecar { key_id: Some(id.into()), ..Sidecar::default() }.write(&file).unwrap();
        assert!(!holds(&file, &listed("sk_live_0a0a")), "there is no file");
        fs::write(&file, format!("sk_live_{}", "0a".repeat(24))).unwrap();
        assert!(holds(&file, &listed("sk_live_0a0a...")));
        assert!(!holds(&file, &listed("sk_live_0b0b")));
        assert!(!holds(&file, &listed("sk_live_")), "so little tells nothing");
        note("key_1");
        assert!(holds(&file, &listed("sk_live_0a0a")) && holds(&file, &listed("sk_live_")));
        assert!(!holds(&file, &listed("sk_live_0b0b")), "the facts are of an earlier key");
        note("key_2");
        assert!(!holds(&file, &listed("sk_live_0a0a")) && !holds(&file, &listed("sk_live_")));
    }
}
