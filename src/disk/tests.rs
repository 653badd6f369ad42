use super::*;

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_draft_replaces_its_target_or_leaves_no_trace() {
    let directory = tempfile::tempdir().unwrap();
    let target = directory.path().join("file");
    let mut draft = Draft::beside(&target, Readers::Owner).unwrap();
    draft.write(b"a first text that is long").unwrap();
    draft.write(b"second").unwrap();
    assert!(!target.exists());
    draft.commit().unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"second");
    let mut dropped = Draft::beside(&target, Readers::Owner).unwrap();
    dropped.write(b"third").unwrap();
    drop(dropped);
    assert_eq!(fs::read(&target).unwrap(), b"second");
    assert_eq!(names(directory.path()), ["file"]);
}

#[test]
fn what_is_no_file_is_not_replaced() {
    let directory = tempfile::tempdir().unwrap();
    assert!(Draft::beside(directory.path(), Readers::Owner).is_err());
    assert!(Draft::beside(&directory.path().join("none/file"), Readers::Owner).is_err());
    assert!(Draft::beside(Path::new(".."), Readers::Owner).is_err());
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn readers_are_the_owner_or_those_of_before() {
        let directory = tempfile::tempdir().unwrap();
        let (private, shared, fresh, plain) =
            (directory.path().join("a"), directory.path().join("b"), directory.path().join("c"), directory.path().join("d"));
        fs::write(&shared, "x").unwrap();
        fs::set_permissions(&shared, fs::Permissions::from_mode(0o640)).unwrap();
        fs::write(&private, "x").unwrap();
        fs::set_permissions(&private, fs::Permissions::from_mode(0o644)).unwrap();
        replace(&private, b"y", Readers::Owner).unwrap();
        replace(&shared, b"y", Readers::AsBefore).unwrap();
        replace(&fresh, b"y", Readers::AsBefore).unwrap();
        fs::write(&plain, "x").unwrap();
        assert_eq!((mode(&private), mode(&shared), mode(&fresh)), (0o600, 0o640, mode(&plain)));
        assert_eq!(names(directory.path()), ["a", "b", "c", "d"]);
    }

    #[test]
    fn a_read_only_file_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("file");
        fs::write(&target, "x").unwrap();
        fs::set_permissions(&target, fs::Permissions::from_mode(0o444)).unwrap();
        assert_eq!(replace(&target, b"y", Readers::AsBefore).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        assert_eq!(fs::read(&target).unwrap(), b"x");
    }

    #[test]
    fn links_are_followed_and_stay() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs::create_dir(at("deep")).unwrap();
        symlink("deep/middle", at("link")).unwrap();
        symlink("end", at("deep/middle")).unwrap();
        replace(&at("link"), b"x", Readers::Owner).unwrap();
        assert_eq!(fs::read(at("deep/end")).unwrap(), b"x");
        assert!(fs::symlink_metadata(at("link")).unwrap().is_symlink());
        symlink("round", at("round")).unwrap();
        assert!(replace(&at("round"), b"x", Readers::Owner).is_err());
    }
}
