//! What the system says of files, and flags for opening them, where the standard library has no words for it.

use std::{
    fs::{Metadata, OpenOptions},
    io,
    path::Path,
};

/// Makes an opening return at once, whatever is there, and refuse a link as the last component unless it may be followed.
#[cfg(unix)]
pub(super) fn without_waiting(options: &mut OpenOptions, follow: bool) {
    use rustix::fs::OFlags;
    let mut flags = OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    if !follow {
        flags |= OFlags::NOFOLLOW;
    }
    std::os::unix::fs::OpenOptionsExt::custom_flags(options, i32::try_from(flags.bits()).unwrap_or_default());
}

/// Makes an opening return at once. Here, files are looked at before they are opened.
#[cfg(not(unix))]
pub(super) fn without_waiting(_: &mut OpenOptions, _: bool) {}

/// Whether a file was not opened since it is a link.
#[cfg(unix)]
pub(super) fn is_link(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

/// Whether a file was not opened since it is a link. Here, files are looked at before they are opened.
#[cfg(not(unix))]
pub(super) fn is_link(_: &io::Error) -> bool {
    false
}

/// What something is that is no regular file.
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

/// What something is that is no regular file.
#[cfg(not(unix))]
pub(super) fn kind(metadata: &Metadata) -> &'static str {
    if metadata.is_dir() { "a directory" } else { "something else" }
}

/// The user that this process acts as.
#[cfg(unix)]
pub(super) fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Why a file, or a directory, cannot be changed whatever its mode says, if the system tells.
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

/// Whether a file is a mount of its own, as a single file in a container often is: no other file can be put in its place.
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

/// Why a file cannot be changed whatever its mode says. Unknown here.
#[cfg(not(target_os = "linux"))]
pub(super) fn sealed(_: &Path) -> Option<&'static str> {
    None
}

/// Whether a file is a mount of its own. Unknown here.
#[cfg(not(target_os = "linux"))]
pub(super) fn is_mount(_: &Path) -> bool {
    false
}
