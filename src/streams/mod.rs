//! Standard input, output and error, whatever kind of descriptor stands behind them.
//!
//! Clients hand over pipes, sockets (Node does), a terminal, files or devices. Each of them may be blocking or not: the parent chooses
//! that, and shares the flag with us. So nothing here changes a flag, and "would block" never counts as an end or a failure.
//!
//! - [`input`] and [`output`] are for the server. They never block the runtime, and a read that waits never keeps the process alive.
//! - [`Standard`] is for commands. It blocks until all is written.
//! - [`log`] is for lines that nobody may read. It never blocks, and drops lines rather than growing.
//!
//! This folder must not know what the bytes mean. Start with [`input`], which shows the three ways: `pipe`, `socket`, and `thread` for all
//! the rest.

pub mod log;
mod patient;
#[cfg(target_os = "linux")]
mod pipe;
#[cfg(unix)]
mod socket;
mod thread;

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

pub use patient::Standard;
use patient::StandardInput;

/// Standard input, read without blocking the runtime.
pub struct Input(Reader);

enum Reader {
    #[cfg(target_os = "linux")]
    Pipe(tokio::net::unix::pipe::Receiver),
    #[cfg(unix)]
    Socket(socket::Socket),
    Thread(thread::Reader),
}

/// Standard output, written without blocking the runtime.
pub struct Output(Writer);

enum Writer {
    #[cfg(target_os = "linux")]
    Pipe(tokio::net::unix::pipe::Sender),
    #[cfg(unix)]
    Socket(socket::Socket),
    Thread(thread::Writer),
}

/// Standard input. Call it once, inside a tokio runtime.
pub fn input() -> Input {
    #[cfg(target_os = "linux")]
    if let Some(pipe) = pipe::receiver(io::stdin()) {
        return Input(Reader::Pipe(pipe));
    }
    #[cfg(unix)]
    if let Some(socket) = socket::Socket::new(io::stdin()) {
        return Input(Reader::Socket(socket));
    }
    Input(Reader::Thread(thread::Reader::new(StandardInput)))
}

/// Standard output. Call it once, inside a tokio runtime.
pub fn output() -> Output {
    #[cfg(target_os = "linux")]
    if let Some(pipe) = pipe::sender(io::stdout()) {
        return Output(Writer::Pipe(pipe));
    }
    #[cfg(unix)]
    if let Some(socket) = socket::Socket::new(io::stdout()) {
        return Output(Writer::Socket(socket));
    }
    Output(Writer::Thread(thread::Writer::new(Standard::Output)))
}

/// Waits until nobody can read standard output any more. If the system does not tell us, it waits forever, and we notice only when a write
/// fails.
pub async fn output_closed() {
    #[cfg(target_os = "linux")]
    if let Some(pipe) = pipe::sender(io::stdout())
        && let Ok(ready) = pipe.ready(tokio::io::Interest::ERROR).await
        && ready.is_error()
    {
        return;
    }
    std::future::pending::<()>().await;
}

impl AsyncRead for Input {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            #[cfg(target_os = "linux")]
            Reader::Pipe(pipe) => Pin::new(pipe).poll_read(cx, buffer),
            #[cfg(unix)]
            Reader::Socket(socket) => socket.poll_read(cx, buffer),
            Reader::Thread(thread) => thread.poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Output {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().0 {
            #[cfg(target_os = "linux")]
            Writer::Pipe(pipe) => Pin::new(pipe).poll_write(cx, bytes),
            #[cfg(unix)]
            Writer::Socket(socket) => socket.poll_write(cx, bytes),
            Writer::Thread(thread) => thread.poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            Writer::Thread(thread) => thread.poll_flush(cx),
            #[cfg(unix)]
            _ => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}
