//! Files of our own: which of them we trust, and how we make them.

use std::{
    fs::{self, DirBuilder, File, Metadata, OpenOptions},
    io::{self, Write},
    path::Path,
};

#[cfg(unix)]
use super::facts;
use super::{
    ReadError, Whose,
    door::open_with,
    draft::{Temporary, private, sync_directory},
    windows,
};

/// How often we try to open a file that others make and delete at the same time.
const MAX_TRIES: u32 = 10;
/// The mode bits of everybody but the owner.
#[cfg(unix)]
pub(super) const OTHERS: u32 = 0o077;

/// Why we do not trust one of our own files or its directory: we never make it like this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// A link, which may lead to a file of somebody else.
    #[error("it is a symbolic link, and this program follows none there")]
    Link,
    /// Somebody else made it.
    #[error("it belongs to another user")]
    Foreign,
    /// Others may read or change it; its mode.
    #[error("other users can read or change it (mode {0:o})")]
    Open(u32),
    /// A directory in which others may make and delete files, or a file that they may change; its mode.
    #[error("other users can write to it (mode {0:o})")]
    Shared(u32),
    /// Others may put another file in its place; the mode of its directory.
    #[error("other users can put another file in its place (its directory has mode {0:o})")]
    Replaceable(u32),
    /// Its directory belongs to somebody else, who may put another file in its place.
    #[error("its directory belongs to another user, who can put another file in its place")]
    Housed,
    /// No directory at all.
    #[error("it is not a directory")]
    NoDirectory,
}

/// Checks that a file belongs to this user, and that nobody else may read or change it.
#[cfg(unix)]
pub(super) fn judge_file(metadata: &Metadata) -> Result<(), Doubt> {
    judge_owner(metadata)?;
    let mode = mode(metadata);
    if mode & OTHERS == 0 { Ok(()) } else { Err(Doubt::Open(mode)) }
}

#[cfg(unix)]
fn judge_owner(metadata: &Metadata) -> Result<(), Doubt> {
    if std::os::unix::fs::MetadataExt::uid(metadata) == super::facts::user() { Ok(()) } else { Err(Doubt::Foreign) }
}

#[cfg(unix)]
fn mode(metadata: &Metadata) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o7777
}

/// Checks that only its owner may change a file.
#[cfg(unix)]
fn judge_writers(metadata: &Metadata) -> Result<(), Doubt> {
    let mode = mode(metadata);
    if mode & 0o022 == 0 { Ok(()) } else { Err(Doubt::Shared(mode)) }
}

/// Checks that nobody but this user and root may change a file, or put another one in its place. For root, that is the file's owner: a
/// service's file is managed by root, too. The path may be a link; directories further up are not looked at.
#[cfg(unix)]
pub fn judge_keepers(path: &Path, metadata: &Metadata) -> Result<(), Doubt> {
    let owner = std::os::unix::fs::MetadataExt::uid(metadata);
    let user = super::facts::user();
    if user != 0 && owner != 0 && owner != user {
        return Err(Doubt::Foreign);
    }
    judge_writers(metadata)?;
    judge_place(path, owner)
}

/// Checks that nobody but root, this user and the owner of a file may put another one in its place. The file need not exist.
#[cfg(unix)]
pub fn judge_place(path: &Path, owner: u32) -> Result<(), Doubt> {
    use std::os::unix::fs::MetadataExt;
    let user = super::facts::user();
    let keeps = |metadata: &Metadata| metadata.uid() == 0 || metadata.uid() == user || user == 0 && metadata.uid() == owner;
    if fs::symlink_metadata(path).is_ok_and(|link| link.is_symlink() && !keeps(&link)) {
        return Err(Doubt::Housed);
    }
    let target = super::follow(path).unwrap_or_else(|_| path.to_owned());
    for directory in [path, &target].map(|path| path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))) {
        let housed = match fs::metadata(directory) {
            Ok(housed) if keeps(&housed) => housed,
            // What cannot be used says so by itself.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            _ => return Err(Doubt::Housed),
        };
        // Many systems give each user a group of their own, which may write wherever the user may. With the sticky bit nobody replaces
        // another's file.
        let mode = mode(&housed);
        let others = if housed.gid() == rustix::process::getegid().as_raw() { 0o002 } else { 0o022 };
        if mode & others != 0 && mode & 0o1000 == 0 {
            return Err(Doubt::Replaceable(mode));
        }
    }
    Ok(())
}

/// On this system an access list protects a file.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
pub fn judge_place(_: &Path, _: u32) -> Result<(), Doubt> {
    Ok(())
}

/// On this system an access list protects a file.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
pub fn judge_keepers(_: &Path, _: &Metadata) -> Result<(), Doubt> {
    Ok(())
}

/// On this system an access list protects a file. Those that we make name one user.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
pub(super) fn judge_file(_: &Metadata) -> Result<(), Doubt> {
    Ok(())
}

/// The mode of a directory in which others can replace a file, whatever the mode of that file is. With the sticky bit they can not.
#[cfg(unix)]
pub fn lets_replace(directory: &Path) -> Option<u32> {
    let mode = mode(&fs::metadata(directory).ok()?);
    (mode & 0o022 != 0 && mode & 0o1000 == 0).then_some(mode)
}

/// On this system an access list protects a file.
#[cfg(not(unix))]
pub fn lets_replace(_: &Path) -> Option<u32> {
    None
}

/// Checks that a directory belongs to this user, and that nobody else can put files into it. The path may be a link.
pub fn trusted_directory(path: &Path) -> Result<(), ReadError> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_dir() {
        return Err(Doubt::NoDirectory.into());
    }
    #[cfg(unix)]
    {
        judge_owner(&metadata)?;
        judge_writers(&metadata)?;
    }
    Ok(())
}

/// Opens a file of our own for reading and writing, and makes it if it is not there. Its content stays. If others may read or change it, we
/// take these rights away.
pub fn open_own(path: &Path) -> Result<File, ReadError> {
    for _ in 0..MAX_TRIES {
        match private().open(path) {
            Ok(file) => {
                windows::restrict(path)?;
                return Ok(file);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        close(path)?;
        match open_with(options, path, Whose::Ours) {
            Err(ReadError::Missing) => {}
            opened => return Ok(opened?.0),
        }
    }
    Err(ReadError::Missing)
}

/// Judges a file of our own as [`open_own`] does, and changes nothing.
pub fn judge_own(path: &Path) -> Result<(), ReadError> {
    #[cfg(unix)]
    {
        let metadata = fs::symlink_metadata(path)?;
        if metadata.is_file() && mode(&metadata) & OTHERS != 0 {
            // That would take these rights away.
            return Ok(judge_owner(&metadata)?);
        }
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    open_with(options, path, Whose::Ours).map(drop)
}

/// Takes the rights of others away from a file of this user.
#[cfg(unix)]
fn close(path: &Path) -> Result<(), ReadError> {
    let is_open = |metadata: &Metadata| metadata.is_file() && mode(metadata) & OTHERS != 0;
    let metadata = fs::symlink_metadata(path)?;
    if !is_open(&metadata) {
        return Ok(());
    }
    judge_owner(&metadata)?;
    let mut options = OpenOptions::new();
    options.read(true);
    facts::without_waiting(&mut options, false);
    let file = options.open(path)?;
    // Something else may have taken its place since we looked.
    let metadata = file.metadata()?;
    if is_open(&metadata) {
        judge_owner(&metadata)?;
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    }
    Ok(())
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
fn close(_: &Path) -> Result<(), ReadError> {
    Ok(())
}

/// Makes a private file beside a path, complete and on the disk. It may take that name then.
pub(super) fn made(path: &Path, content: &[u8]) -> io::Result<Temporary> {
    let mut made = Temporary::beside(path, "tmp")?;
    windows::restrict(&made.path)?;
    made.file.write_all(content)?;
    made.file.sync_all()?;
    Ok(made)
}

/// Makes an empty private file under a name that must be free, on the disk. Of several processes that try at once one succeeds, also on file
/// systems without hard links.
pub fn claim(path: &Path) -> io::Result<()> {
    let file = private().open(path)?;
    windows::restrict(path)?;
    file.sync_all()?;
    sync_directory(path);
    Ok(())
}

/// Replaces a private file of our own without waiting for the disk: for files that a power cut may take away, like a cache. A link at
/// `path` is replaced, not followed.
pub fn replace_lightly(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut made = Temporary::beside(path, "tmp")?;
    windows::restrict(&made.path)?;
    made.file.write_all(content)?;
    made.become_file(path)
}

/// Like [`replace_lightly`], but waits until the file is on the disk.
pub fn replace_private(path: &Path, content: &[u8]) -> io::Result<()> {
    made(path, content)?.become_file(path)?;
    sync_directory(path);
    Ok(())
}

/// Makes a directory that only its owner may enter, and the missing ones above it. Existing directories stay as they are.
pub fn private_directory(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Refuses a file from which this user cannot take the rights of others away. Changes nothing.
#[cfg(unix)]
pub(super) fn can_shut(before: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let (mode, user) = (before.mode() & 0o7777, facts::user());
    if mode & OTHERS == 0 || user == 0 || user == before.uid() {
        return Ok(());
    }
    let why = format!("other users can read it (mode {mode:o}), and only its owner can change the mode");
    Err(io::Error::new(io::ErrorKind::PermissionDenied, why))
}

#[cfg(not(unix))]
pub(super) fn can_shut(_: &Metadata) -> io::Result<()> {
    Ok(())
}

/// Takes the rights of others away from a file that we write into.
#[cfg(unix)]
pub(super) fn shut(file: &File, before: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = before.permissions().mode() & 0o7777;
    if mode & OTHERS == 0 {
        return Ok(());
    }
    let shut = file.set_permissions(fs::Permissions::from_mode(0o600));
    shut.map_err(|error| {
        io::Error::new(error.kind(), format!("other users can read it (mode {mode:o}), and the mode cannot be changed: {error}"))
    })
}

#[cfg(not(unix))]
pub(super) fn shut(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}
