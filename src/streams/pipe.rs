//! Pipes on Linux, driven by the runtime.
//!
//! A pipe can be opened once more through `/proc`. The new descriptor has flags of its own, so it can be non-blocking without the parent or
//! anybody else noticing. Where that fails (no `/proc`, a pipe of another user, a pipe whose other end is gone), the thread does the work.

use std::{
    fs::{File, OpenOptions},
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
        unix::fs::{FileTypeExt, OpenOptionsExt},
    },
};

use rustix::fs::OFlags;
use tokio::net::unix::pipe::{Receiver, Sender};

/// The reading end of a pipe.
pub fn receiver(stream: impl AsFd) -> Option<Receiver> {
    Receiver::from_owned_fd(reopened(stream.as_fd(), OpenOptions::new().read(true))?).ok()
}

/// The writing end of a pipe.
pub fn sender(stream: impl AsFd) -> Option<Sender> {
    Sender::from_owned_fd(reopened(stream.as_fd(), OpenOptions::new().write(true))?).ok()
}

fn reopened(stream: BorrowedFd<'_>, options: &mut OpenOptions) -> Option<OwnedFd> {
    // The kind is looked at first: opening a terminal or a device may have effects.
    let is_pipe = |file: &File| file.metadata().is_ok_and(|data| data.file_type().is_fifo());
    if !is_pipe(&File::from(stream.try_clone_to_owned().ok()?)) {
        return None;
    }
    let nonblocking = i32::try_from(OFlags::NONBLOCK.bits()).ok()?;
    let path = format!("/proc/self/fd/{}", stream.as_raw_fd());
    options.custom_flags(nonblocking).open(path).ok().filter(is_pipe).map(OwnedFd::from)
}
