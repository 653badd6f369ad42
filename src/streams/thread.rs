//! Any stream at all: a thread of its own reads or writes it, and may block as long as it likes.
//!
//! What goes between the thread and the runtime is bounded, so a side that is slow slows down the other one. Nobody ever waits for such a
//! thread to end. The end of the process ends it.

use std::{
    io::{self, Read, Write},
    task::{Context, Poll, ready},
    thread::Builder,
};

use tokio::{io::ReadBuf, sync::mpsc};

/// Bytes that one hand-over carries at most.
const CHUNK: usize = 32 * 1024;

/// The runtime's end of a stream that a thread reads.
pub struct Reader {
    chunks: mpsc::Receiver<io::Result<Vec<u8>>>,
    chunk: Vec<u8>,
    taken: usize,
}

impl Reader {
    /// Starts the thread. A thread that cannot be started counts as a stream that ends at once.
    pub fn new(mut stream: impl Read + Send + 'static) -> Self {
        let (send, chunks) = mpsc::channel(1);
        start("stdin", move || {
            let mut buffer = vec![0; CHUNK];
            loop {
                let read = match stream.read(&mut buffer) {
                    Ok(0) => return,
                    Ok(read) => Ok(buffer.get(..read).unwrap_or_default().to_vec()),
                    Err(error) => Err(error),
                };
                let failed = read.is_err();
                if send.blocking_send(read).is_err() || failed {
                    return;
                }
            }
        });
        Self { chunks, chunk: Vec::new(), taken: 0 }
    }

    pub fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.taken == self.chunk.len() {
            match ready!(self.chunks.poll_recv(cx)) {
                None => return Poll::Ready(Ok(())),
                Some(chunk) => (self.chunk, self.taken) = (chunk?, 0),
            }
        }
        let rest = self.chunk.get(self.taken..).unwrap_or_default();
        let part = rest.get(..buffer.remaining()).unwrap_or(rest);
        buffer.put_slice(part);
        self.taken += part.len();
        Poll::Ready(Ok(()))
    }
}

/// The runtime's end of a stream that a thread writes.
pub struct Writer {
    chunks: mpsc::Sender<Vec<u8>>,
    outcomes: mpsc::Receiver<io::Result<()>>,
    /// A chunk is with the thread, and its outcome is not known yet.
    writing: bool,
}

impl Writer {
    /// Starts the thread. A thread that cannot be started counts as a stream that was closed.
    pub fn new(mut stream: impl Write + Send + 'static) -> Self {
        let (chunks, mut to_write) = mpsc::channel::<Vec<u8>>(1);
        let (report, outcomes) = mpsc::channel(1);
        start("stdout", move || {
            while let Some(chunk) = to_write.blocking_recv() {
                if report.blocking_send(stream.write_all(&chunk)).is_err() {
                    return;
                }
            }
        });
        Self { chunks, outcomes, writing: false }
    }

    pub fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_flush(cx))?;
        let chunk = bytes.get(..CHUNK).unwrap_or(bytes);
        self.writing = true;
        // There is room, since the thread has no chunk now. So this fails only if the thread is gone.
        let sent = self.chunks.try_send(chunk.to_vec());
        Poll::Ready(sent.map(|()| chunk.len()).map_err(|_| io::ErrorKind::BrokenPipe.into()))
    }

    /// Waits until what was given to the thread is written.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.writing {
            let outcome = ready!(self.outcomes.poll_recv(cx));
            self.writing = false;
            outcome.unwrap_or_else(|| Err(io::ErrorKind::BrokenPipe.into()))?;
        }
        Poll::Ready(Ok(()))
    }
}

fn start(name: &str, work: impl FnOnce() + Send + 'static) {
    if let Err(error) = Builder::new().name(name.to_owned()).stack_size(128 * 1024).spawn(work) {
        tracing::error!(%error, stream = name, "the thread for a standard stream cannot be started");
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::VecDeque,
        sync::{Arc, Mutex},
    };

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// Reads what is scripted, then fails or ends.
    struct Script(VecDeque<io::Result<Vec<u8>>>);

    impl Read for Script {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some(next) = self.0.pop_front() else { return Ok(0) };
            let mut bytes = next?;
            let rest = bytes.split_off(bytes.len().min(buffer.len()));
            buffer[..bytes.len()].copy_from_slice(&bytes);
            if !rest.is_empty() {
                self.0.push_front(Ok(rest));
            }
            Ok(bytes.len())
        }
    }

    /// Keeps what is written, and refuses more than so many bytes.
    struct Paper(Arc<Mutex<Vec<u8>>>, usize);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut written = self.0.lock().unwrap();
            if written.len() >= self.1 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            // Never all of it at once.
            let part = bytes.len().min(7_000);
            written.extend_from_slice(&bytes[..part]);
            Ok(part)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct In(Reader);

    impl tokio::io::AsyncRead for In {
        fn poll_read(mut self: std::pin::Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            self.0.poll_read(cx, buffer)
        }
    }

    struct Out(Writer);

    impl tokio::io::AsyncWrite for Out {
        fn poll_write(mut self: std::pin::Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            self.0.poll_write(cx, bytes)
        }
        fn poll_flush(mut self: std::pin::Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.0.poll_flush(cx)
        }
        fn poll_shutdown(self: std::pin::Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.poll_flush(cx)
        }
    }

    #[tokio::test]
    async fn everything_is_read_in_order_up_to_the_end() {
        let text: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
        let script = text.chunks(50_001).map(|chunk| Ok(chunk.to_vec())).collect();
        let mut seen = Vec::new();
        In(Reader::new(Script(script))).read_to_end(&mut seen).await.unwrap();
        assert_eq!(seen, text);
    }

    #[tokio::test]
    async fn a_failure_comes_after_what_was_read_before_it() {
        let script = VecDeque::from([Ok(b"one".to_vec()), Err(io::ErrorKind::ConnectionReset.into())]);
        let mut seen = Vec::new();
        let failed = In(Reader::new(Script(script))).read_to_end(&mut seen).await;
        assert_eq!((failed.unwrap_err().kind(), &*seen), (io::ErrorKind::ConnectionReset, &b"one"[..]));
    }

    #[tokio::test]
    async fn everything_is_written_in_order_once_it_is_flushed() {
        let text: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
        let paper = Arc::default();
        let mut out = Out(Writer::new(Paper(Arc::clone(&paper), usize::MAX)));
        out.write_all(&text).await.unwrap();
        out.flush().await.unwrap();
        assert_eq!(*paper.lock().unwrap(), text);
    }

    #[tokio::test]
    async fn a_failed_write_is_told_at_the_latest_when_it_is_flushed() {
        let mut out = Out(Writer::new(Paper(Arc::default(), 10_000)));
        out.write_all(&[1; 5_000]).await.unwrap();
        out.flush().await.unwrap();
        let failed = match out.write_all(&vec![1; 20_000]).await {
            Ok(()) => out.flush().await,
            failed => failed,
        };
        assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
}
