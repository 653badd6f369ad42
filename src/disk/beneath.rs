//! Files below a directory, for callers who may read those and no others, or write there and nowhere else.

use std::{
    fs::{File, Metadata},
    io,
    path::{Component, Path},
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
    open(directory, Path::new(relative))
}

/// The same for a path of this system. An empty one leads to the directory itself, which is no file.
pub fn open_below(directory: &Path, relative: &Path) -> Result<(File, Metadata), ReadError> {
    if !relative.components().all(|step| matches!(step, Component::Normal(_))) {
        return Err(ReadError::Missing);
    }
    if relative.as_os_str().is_empty() {
        return Err(ReadError::NotRegular("a directory"));
    }
    open(directory, relative)
}

/// Writes a new file below a directory, whole or not at all. The folders on its way are made if they are not there.
///
/// The same holds for `relative` as in [`open_beneath`]. The name must be free: no file is ever replaced. Until the content is on the disk,
/// it is in a file of the kind that [`is_arriving`] tells.
pub fn keep_beneath(directory: &Path, relative: &str, content: &mut impl io::Read) -> io::Result<()> {
    if !relative.split('/').all(is_plain) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path leads out of the directory"));
    }
    let (folders, name) = relative.rsplit_once('/').unwrap_or(("", relative));
    let folders = folders.split('/').filter(|name| !name.is_empty());
    keep(directory, folders, name, content)
}

/// Whether a file has a name of those that are just being written. A process that was killed leaves such a file behind.
pub fn is_arriving(name: &str) -> bool {
    name.starts_with('.') && name.strip_suffix(".part").is_some()
}

/// Whether a name leads to something in the folder where it stands.
fn is_plain(name: &str) -> bool {
    let leads_away = |c: char| c == '\0' || cfg!(windows) && matches!(c, '\\' | ':');
    !matches!(name, "" | "." | "..") && !name.contains(leads_away)
}

/// Opens folder after folder, so that nobody can put a link in the place of one that was checked.
#[cfg(unix)]
fn open(directory: &Path, relative: &Path) -> Result<(File, Metadata), ReadError> {
    use rustix::fs::{AtFlags, FileType, Mode, OFlags};

    // Where the system can do it, a folder is passed that may not be listed.
    #[cfg(target_os = "linux")]
    const PASS: OFlags = OFlags::PATH;
    #[cfg(not(target_os = "linux"))]
    const PASS: OFlags = OFlags::RDONLY;
    let system = |errno: rustix::io::Errno| ReadError::from(std::io::Error::from(errno));
    let folder = PASS | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut at = rustix::fs::open(directory, folder, Mode::empty()).map_err(system)?;
    let Some(name) = relative.file_name() else { return Err(ReadError::Missing) };
    for step in relative.parent().into_iter().flat_map(Path::components) {
        at = rustix::fs::openat(&at, step.as_os_str(), folder | OFlags::NOFOLLOW, Mode::empty()).map_err(system)?;
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

/// Opens or makes folder after folder, as [`open`] does, and works with the last one from then on, wherever it is moved.
#[cfg(unix)]
fn keep<'a>(directory: &Path, folders: impl Iterator<Item = &'a str>, name: &str, content: &mut impl io::Read) -> io::Result<()> {
    use rustix::{
        fs::{AtFlags, Mode, OFlags},
        io::Errno,
    };

    let folder = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut at = rustix::fs::open(directory, folder, Mode::empty())?;
    for name in folders {
        match rustix::fs::mkdirat(&at, name, Mode::from_raw_mode(0o777)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => return Err(errno.into()),
        }
        at = rustix::fs::openat(&at, name, folder | OFlags::NOFOLLOW, Mode::empty())?;
    }
    let arriving = arriving(name);
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::openat(&at, &arriving, flags, Mode::from_raw_mode(0o666))?);
    let mut named = || {
        io::copy(content, &mut file)?;
        file.sync_all()?;
        match rustix::fs::linkat(&at, &arriving, &at, name, AtFlags::empty()) {
            Ok(()) => Ok(()),
            Err(Errno::EXIST) => Err(Errno::EXIST.into()),
            // Not every file system has links. Then a file that somebody else makes in this very moment is replaced.
            Err(_) => match rustix::fs::statat(&at, name, AtFlags::SYMLINK_NOFOLLOW) {
                Err(Errno::NOENT) => Ok(rustix::fs::renameat(&at, &arriving, &at, name)?),
                Ok(_) => Err(Errno::EXIST.into()),
                Err(errno) => Err(io::Error::from(errno)),
            },
        }
    };
    let kept = named();
    // After a rename there is nothing to remove.
    let _ = rustix::fs::unlinkat(&at, &arriving, AtFlags::empty());
    let _ = rustix::fs::fsync(&at);
    kept
}

/// The name that a file has until it is whole.
fn arriving(name: &str) -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!(".{name}.{}-{}.part", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// The same with paths. Only the administrator may make links here.
#[cfg(not(unix))]
fn keep<'a>(directory: &Path, folders: impl Iterator<Item = &'a str>, name: &str, content: &mut impl io::Read) -> io::Result<()> {
    use std::fs;

    let mut path = directory.to_owned();
    for name in folders {
        path.push(name);
        match fs::create_dir(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        if !fs::symlink_metadata(&path)?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
    }
    let arriving = path.join(arriving(name));
    let mut file = File::options().write(true).create_new(true).open(&arriving)?;
    let mut named = || {
        io::copy(content, &mut file)?;
        file.sync_all()?;
        fs::hard_link(&arriving, path.join(name))
    };
    let kept = named();
    let _ = fs::remove_file(&arriving);
    kept
}

/// Looks at folder after folder. Here somebody could put a link in the place of one that was checked, but only the administrator may make
/// links.
#[cfg(not(unix))]
fn open(directory: &Path, relative: &Path) -> Result<(File, Metadata), ReadError> {
    let mut path = directory.to_owned();
    for step in relative.components() {
        path.push(step);
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

    #[test]
    fn a_new_file_is_whole_and_below_the_directory() {
        let root = tempfile::tempdir().unwrap();
        let bucket = root.path().join("bucket");
        fs::create_dir(&bucket).unwrap();
        fs::write(bucket.join("there"), b"old").unwrap();
        let write = |path: &str| keep_beneath(&bucket, path, &mut &b"new"[..]);
        write("a b/\u{fc}/x.json").unwrap();
        write("a b/y.json").unwrap();
        assert_eq!(fs::read(bucket.join("a b/\u{fc}/x.json")).unwrap(), b"new");
        for taken in ["there", "a b", "a b/y.json"] {
            assert_eq!(write(taken).unwrap_err().kind(), io::ErrorKind::AlreadyExists, "{taken}");
        }
        for away in ["../x", "a b/../../x", "/x", "", "a b/", "a//b", "there/x", "a\0b"] {
            assert!(write(away).is_err(), "{away:?}");
        }
        assert_eq!(fs::read(bucket.join("there")).unwrap(), b"old");
        let left = |directory: &Path| fs::read_dir(directory).unwrap().count();
        assert_eq!((left(root.path()), left(&bucket), left(&bucket.join("a b"))), (1, 2, 2), "no half file is left");
    }

    #[cfg(unix)]
    #[test]
    fn no_new_file_goes_through_a_link() {
        use std::os::unix::fs::symlink;

        let root = tempfile::tempdir().unwrap();
        let (bucket, away) = (root.path().join("bucket"), root.path().join("away"));
        fs::create_dir(&bucket).unwrap();
        fs::create_dir(&away).unwrap();
        symlink(&away, bucket.join("folder")).unwrap();
        symlink(away.join("none"), bucket.join("file")).unwrap();
        for link in ["folder/x", "file"] {
            assert!(keep_beneath(&bucket, link, &mut &b"new"[..]).is_err(), "{link}");
        }
        assert_eq!(fs::read_dir(&away).unwrap().count(), 0);
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
        assert!(open_below(&bucket, Path::new("own.mp4")).is_ok());
        for (away, why) in [
            ("", "a directory"),
            ("../away/film.mp4", "no such file"),
            ("folder/film.mp4", "no such file"),
            ("file.mp4", "a symbolic link"),
        ] {
            let error = open_below(&bucket, Path::new(away)).unwrap_err().to_string();
            assert!(error.contains(why), "{away}: {error}");
        }
    }
}
