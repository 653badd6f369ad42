//! Files below a directory, for callers who may read those and no others.

use std::{
    fs::{File, Metadata},
    path::Path,
};

use super::ReadError;

/// Opens a regular file below a directory. `relative` has the names of the folders and of the file, with `/` between them.
///
/// Names such as `..` are refused, and links are not followed, so the file is below the directory whatever the path says. The directory
/// itself may be a link.
pub fn open_beneath(directory: &Path, relative: &str) -> Result<(File, Metadata), ReadError> {
    if !relative.split('/').all(is_plain) {
        return Err(ReadError::Missing);
    }
    open(directory, relative)
}

/// Whether a name leads to something in the folder where it stands.
fn is_plain(name: &str) -> bool {
    let leads_away = |c: char| c == '\0' || cfg!(windows) && matches!(c, '\\' | ':');
    !matches!(name, "" | "." | "..") && !name.contains(leads_away)
}

/// Opens folder after folder, so that nobody can put a link in the place of one that was checked.
#[cfg(unix)]
fn open(directory: &Path, relative: &str) -> Result<(File, Metadata), ReadError> {
    use rustix::fs::{AtFlags, FileType, Mode, OFlags};

    let system = |errno: rustix::io::Errno| ReadError::from(std::io::Error::from(errno));
    let folder = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut at = rustix::fs::open(directory, folder, Mode::empty()).map_err(system)?;
    let (folders, name) = relative.rsplit_once('/').unwrap_or(("", relative));
    for name in folders.split('/').filter(|name| !name.is_empty()) {
        at = rustix::fs::openat(&at, name, folder | OFlags::NOFOLLOW, Mode::empty()).map_err(system)?;
    }
    // Opening a device can have effects, so we look first.
    let before = rustix::fs::statat(&at, name, AtFlags::SYMLINK_NOFOLLOW).map_err(system)?;
    match FileType::from_raw_mode(before.st_mode) {
        FileType::RegularFile => {}
        FileType::Symlink => return Err(ReadError::NotRegular("a symbolic link")),
        FileType::Directory => return Err(ReadError::NotRegular("a directory")),
        _ => return Err(ReadError::NotRegular("a pipe, a socket or a device")),
    }
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = File::from(rustix::fs::openat(&at, name, flags, Mode::empty()).map_err(system)?);
    // Something else may have taken its place since we looked.
    let metadata = file.metadata()?;
    if metadata.is_file() { Ok((file, metadata)) } else { Err(ReadError::NotRegular("a pipe, a socket or a device")) }
}

/// Looks at folder after folder. Here somebody could put a link in the place of one that was checked, but only the administrator may make
/// links.
#[cfg(not(unix))]
fn open(directory: &Path, relative: &str) -> Result<(File, Metadata), ReadError> {
    let mut path = directory.to_owned();
    for name in relative.split('/') {
        path.push(name);
        if std::fs::symlink_metadata(&path)?.is_symlink() {
            return Err(ReadError::NotRegular("a symbolic link"));
        }
    }
    super::open(&path, super::Whose::Users)
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Read};

    use super::*;

    #[test]
    fn only_files_below_the_directory_are_opened() {
        let root = tempfile::tempdir().unwrap();
        let bucket = root.path().join("bucket");
        fs::create_dir_all(bucket.join("a b/ü")).unwrap();
        fs::write(bucket.join("a b/ü/x\u{1f3ac}.mp4"), b"film").unwrap();
        fs::write(root.path().join("outside"), b"secret").unwrap();
        let mut text = String::new();
        open_beneath(&bucket, "a b/ü/x\u{1f3ac}.mp4").unwrap().0.read_to_string(&mut text).unwrap();
        assert_eq!(text, "film");
        for away in ["../outside", "a b/../../outside", "/etc/passwd", "", ".", "a b", "a b/", "a b//ü", "none", "a\0b"] {
            assert!(open_beneath(&bucket, away).is_err(), "{away:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn no_link_is_followed() {
        use std::os::unix::fs::symlink;

        let root = tempfile::tempdir().unwrap();
        let bucket = root.path().join("bucket");
        fs::create_dir(&bucket).unwrap();
        fs::create_dir(root.path().join("away")).unwrap();
        fs::write(root.path().join("away/film.mp4"), b"secret").unwrap();
        fs::write(bucket.join("own.mp4"), b"film").unwrap();
        symlink(root.path().join("away/film.mp4"), bucket.join("file.mp4")).unwrap();
        symlink(root.path().join("away"), bucket.join("folder")).unwrap();
        symlink("own.mp4", bucket.join("inner.mp4")).unwrap();
        for link in ["file.mp4", "folder/film.mp4", "inner.mp4"] {
            assert!(open_beneath(&bucket, link).is_err(), "{link}");
        }
        assert!(open_beneath(&bucket, "own.mp4").is_ok());
        // The directory itself may be a link: whoever starts the program names it.
        symlink(&bucket, root.path().join("linked")).unwrap();
        assert!(open_beneath(&root.path().join("linked"), "own.mp4").is_ok());
    }
}
