//! Connections that can be made to fail, and that end if the client does not read what is sent.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::Sleep,
};

/// How long a client may leave an answer unread.
const MOST_UNREAD_TIME: Duration = Duration::from_secs(30);

const PASS: u8 = 0;
const RESET: u8 = 1;
const CUT: u8 = 2;
const CLOSED: u8 = 3;

/// Decides how a connection ends.
#[derive(Clone, Default)]
pub struct Switch {
    mode: Arc<AtomicU8>,
}

impl Switch {
    /// Resets the connection instead of sending the next bytes.
    pub fn reset(&self) {
        self.mode.store(RESET, Ordering::Relaxed);
    }

    /// Ends the connection in the middle of the next answer's body.
    pub fn cut(&self) {
        self.mode.store(CUT, Ordering::Relaxed);
    }
}

/// A connection and the switch that can make it fail.
pub struct Connection {
    stream: TcpStream,
    switch: Switch,
    /// The timer that runs while the client does not take the bytes that wait for it.
    unread: Option<Pin<Box<Sleep>>>,
}

impl Connection {
    /// Makes a connection that `switch` can make fail.
    pub fn new(stream: TcpStream, switch: Switch) -> Self {
        Self { stream, switch, unread: None }
    }

    /// Passes on the result of a write. A write that has waited too long fails.
    fn in_time(&mut self, context: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.unread = None;
            return written;
        }
        let unread = self.unread.get_or_insert_with(|| Box::pin(tokio::time::sleep(MOST_UNREAD_TIME)));
        unread.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        match self.switch.mode.load(Ordering::Relaxed) {
            PASS => {
                let written = Pin::new(&mut self.stream).poll_write(context, data);
                self.in_time(context, written)
            }
            CUT => {
                let part = data.get(..middle(data)).unwrap_or(data);
                let written = Pin::new(&mut self.stream).poll_write(context, part);
                if matches!(written, Poll::Ready(Ok(length)) if length == part.len()) {
                    self.switch.mode.store(CLOSED, Ordering::Relaxed);
                }
                written
            }
            RESET => {
                // Without lingering, closing the socket sends a reset instead of an orderly end.
                let reset = self.stream.set_zero_linger();
                Poll::Ready(reset.and(Err(io::ErrorKind::ConnectionReset.into())))
            }
            _ => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// The middle of an answer's body: half way between the end of its head and its end. Never 0 if there is data, so that something is
/// written.
fn middle(data: &[u8]) -> usize {
    let head = data.windows(4).position(|window| window == b"\r\n\r\n").map_or(0, |end| end + 4);
    let middle = head + (data.len() - head) / 2;
    middle.clamp(1, data.len().max(1))
}
