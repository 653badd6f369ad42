//! What the system knows about files, and flags for opening them, where the standard library has no function for it.

use std::{
    fs::{Metadata, OpenOptions},
    io,
    path::Path,
    time::SystemTime,
};

/// What tells one state of a file from another: which file it is, its size, and when it was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Device and number of the file, where the system tells them.
    file: (u64, u64),
    size: u64,
    modified: Option<SystemTime>,
}

impl Identity {
    /// The state that this describes.
    pub fn of(metadata: &Metadata) -> Self {
        Self { file: number(metadata), size: metadata.len(), modified: metadata.modified().ok() }
    }
}

#[cfg(unix)]
fn number(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn number(_: &Metadata) -> (u64, u64) {
    (0, 0)
}

/// Whether others than its owner may use a file. If root keeps it for this user, the group is how this user may read it.
#[cfg(unix)]
pub fn exposed(metadata: &Metadata) -> bool {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let kept_by_root = metadata.uid() == 0 && user() != 0;
    let others = if kept_by_root { super::own::OTHERS & !0o040 } else { super::own::OTHERS };
    metadata.permissions().mode() & others != 0
}

/// Whether others than its owner may use a file. This system does not tell us.
#[cfg(not(unix))]
pub fn exposed(_: &Metadata) -> bool {
    false
}

/// Makes opening return at once, whatever is there. Without `follow`, opening a link fails.
#[cfg(unix)]
pub(super) fn without_waiting(options: &mut OpenOptions, follow: bool) {
    use rustix::fs::OFlags;
    let mut flags = OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    if !follow {
        flags |= OFlags::NOFOLLOW;
    }
    std::os::unix::fs::OpenOptionsExt::custom_flags(options, i32::try_from(flags.bits()).unwrap_or_default());
}

/// Does nothing on this system, where we look at a file before we open it.
#[cfg(not(unix))]
pub(super) fn without_waiting(_: &mut OpenOptions, _: bool) {}

/// Whether opening failed because the file is a link.
#[cfg(unix)]
pub(super) fn is_link(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

/// Whether opening failed because the file is a link. Never on this system, where we look at a file before we open it.
#[cfg(not(unix))]
pub(super) fn is_link(_: &io::Error) -> bool {
    false
}

/// What a file is that is not a regular one.
#[cfg(unix)]
pub(super) fn kind(metadata: &Metadata) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    match metadata.file_type() {
        kind if kind.is_dir() => "a directory",
        kind if kind.is_fifo() => "a pipe",
        kind if kind.is_socket() => "a socket",
        kind if kind.is_symlink() => "a symbolic link",
        _ => "a device",
    }
}

/// What a file is that is not a regular one.
#[cfg(not(unix))]
pub(super) fn kind(metadata: &Metadata) -> &'static str {
    if metadata.is_dir() { "a directory" } else { "something else" }
}

/// The user that this process acts as.
#[cfg(unix)]
pub(super) fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Why nobody can change a file or a directory, whatever its mode says. `None` if the system gives no reason.
#[cfg(target_os = "linux")]
pub(super) fn sealed(path: &Path) -> Option<&'static str> {
    use rustix::fs::StatxAttributes;
    let attributes = attributes(path)?;
    if attributes.contains(StatxAttributes::IMMUTABLE) {
        Some("marked as immutable (see lsattr)")
    } else if attributes.contains(StatxAttributes::APPEND) {
        Some("marked as append-only (see lsattr)")
    } else {
        None
    }
}

/// Whether a file is a mount of its own, as single files in containers often are. No other file can take its place.
#[cfg(target_os = "linux")]
pub(super) fn is_mount(path: &Path) -> bool {
    attributes(path).is_some_and(|attributes| attributes.contains(rustix::fs::StatxAttributes::MOUNT_ROOT))
}

#[cfg(target_os = "linux")]
fn attributes(path: &Path) -> Option<rustix::fs::StatxAttributes> {
    use rustix::fs::{AtFlags, CWD, StatxFlags, statx};
    let told = statx(CWD, path, AtFlags::empty(), StatxFlags::BASIC_STATS).ok()?;
    Some(told.stx_attributes & told.stx_attributes_mask)
}

/// Why nobody can change a file, whatever its mode says. This system does not tell us.
#[cfg(not(target_os = "linux"))]
pub(super) fn sealed(_: &Path) -> Option<&'static str> {
    None
}

/// Whether a file is a mount of its own. This system does not tell us.
#[cfg(not(target_os = "linux"))]
pub(super) fn is_mount(_: &Path) -> bool {
    false
}
