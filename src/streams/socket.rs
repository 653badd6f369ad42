//! Sockets, driven by the runtime.
//!
//! Each single read and write says that it must not block, so the flag that we share with the parent does not matter.

use std::{
    fs::File,
    io,
    os::{
        fd::{AsFd, OwnedFd},
        unix::fs::FileTypeExt,
    },
    task::{Context, Poll, ready},
};

use rustix::{
    io::retry_on_intr,
    net::{RecvFlags, SendFlags, recv, send},
};
use tokio::io::{ReadBuf, unix::AsyncFd};

/// A connected socket.
pub struct Socket(AsyncFd<OwnedFd>);

impl Socket {
    /// The stream as a socket, if it is one.
    pub fn new(stream: impl AsFd) -> Option<Self> {
        let file = File::from(stream.as_fd().try_clone_to_owned().ok()?);
        file.metadata().ok().filter(|data| data.file_type().is_socket())?;
        #[expect(
            deprecated,
            reason = "the other constructor is unsafe for the sake of types that do not own their descriptor; this one does"
        )]
        AsyncFd::new(OwnedFd::from(file)).ok().map(Self)
    }

    pub fn poll_read(&self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut guard = ready!(self.0.poll_read_ready(cx))?;
            let unfilled = buffer.initialize_unfilled();
            let attempt = guard.try_io(|socket| Ok(retry_on_intr(|| recv(socket, &mut *unfilled, RecvFlags::DONTWAIT))?));
            if let Ok(read) = attempt {
                let (read, _) = read?;
                buffer.advance(read);
                return Poll::Ready(Ok(()));
            }
        }
    }

    pub fn poll_write(&self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            let mut guard = ready!(self.0.poll_write_ready(cx))?;
            if let Ok(written) = guard.try_io(|socket| Ok(retry_on_intr(|| send(socket, bytes, SendFlags::DONTWAIT))?)) {
                return Poll::Ready(written);
            }
        }
    }
}
