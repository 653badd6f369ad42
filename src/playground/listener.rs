//! Connections that can be made to fail.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll},
};

use axum::{extract::connect_info::Connected, serve::IncomingStream};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};

const PASS: u8 = 0;
const RESET: u8 = 1;
const CUT: u8 = 2;
const CLOSED: u8 = 3;

/// Says how a connection is to end.
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

/// Accepts connections that have a switch.
pub struct Listener(pub TcpListener);

impl axum::serve::Listener for Listener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        // axum's own accept for TCP waits out errors such as too many open files.
        let (stream, address) = axum::serve::Listener::accept(&mut self.0).await;
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "answers on this connection may be delayed");
        }
        (Connection { stream, switch: Switch::default() }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, Listener>> for Switch {
    fn connect_info(stream: IncomingStream<'_, Listener>) -> Self {
        stream.io().switch.clone()
    }
}

/// A connection with its switch.
pub struct Connection {
    stream: TcpStream,
    switch: Switch,
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        match self.switch.mode.load(Ordering::Relaxed) {
            PASS => Pin::new(&mut self.stream).poll_write(context, data),
            CUT => {
                let part = data.get(..middle(data)).unwrap_or(data);
                let written = Pin::new(&mut self.stream).poll_write(context, part);
                if matches!(written, Poll::Ready(Ok(length)) if length == part.len()) {
                    self.switch.mode.store(CLOSED, Ordering::Relaxed);
                }
                written
            }
            RESET => {
                // Closing without lingering sends a reset instead of an orderly end.
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

/// The middle of the body of an answer: half way from the end of its head. Never 0 for data, so that something is written.
fn middle(data: &[u8]) -> usize {
    let head = data.windows(4).position(|window| window == b"\r\n\r\n").map_or(0, |end| end + 4);
    let middle = head + (data.len() - head) / 2;
    middle.clamp(1, data.len().max(1))
}
