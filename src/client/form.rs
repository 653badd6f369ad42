//! Sends a form with a file. The file is read while it is sent, so only a few pieces of it are in memory.

use std::{
    io::Read,
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
    thread,
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use ring::rand::{SecureRandom, SystemRandom};
use tokio::{sync::mpsc, time::Instant};

use crate::api::form::{Content, FilePart, Form, Source};

/// How many bytes are read at once.
const PIECE: usize = 64 << 10;
/// How many pieces wait to be sent.
const PIECES: usize = 4;

/// What the sender of a form notices about it.
#[derive(Clone, Default)]
pub(super) struct Watch(Arc<Noticed>);

#[derive(Default)]
struct Noticed {
    sent: AtomicU64,
    fault: OnceLock<String>,
}

impl Watch {
    /// How many bytes were handed to the connection.
    pub(super) fn sent(&self) -> u64 {
        self.0.sent.load(Relaxed)
    }

    /// Notes that so many more were.
    pub(super) fn moved(&self, bytes: u64) {
        self.0.sent.fetch_add(bytes, Relaxed);
    }

    /// How much of the time of an attempt the answer has used. A long upload takes longer than that time, so the answer to it has it anew.
    pub(super) fn used_by_answer(&self, started: Instant) -> Duration {
        if self.sent() > 0 { Duration::ZERO } else { started.elapsed() }
    }

    /// Why the file could not be read to its end.
    pub(super) fn fault(&self) -> Option<&str> {
        self.0.fault.get().map(String::as_str)
    }
}

/// A form that is being sent.
pub(super) struct Outgoing {
    head: Option<Bytes>,
    pieces: Pieces,
    tail: Option<Bytes>,
    file: FilePart,
    file_sent: u64,
    left: u64,
    watch: Watch,
}

enum Pieces {
    Bytes(Option<Bytes>),
    Read(mpsc::Receiver<std::io::Result<Bytes>>),
}

impl Outgoing {
    /// The body of a form, and its media type with the boundary. The file comes first. `None` if the system gives no random numbers.
    pub(super) fn of(form: &Form, watch: &Watch) -> Option<(Self, String)> {
        let mut random = [0; 16];
        SystemRandom::new().fill(&mut random).ok()?;
        let boundary = format!("videosearch-mcp-{:032x}", u128::from_le_bytes(random));
        let file = form.file.clone();
        let head = format!(
            "--{boundary}\r\ncontent-disposition: form-data; name=\"{}\"; filename=\"{}\"\r\ncontent-type: {}\r\n\r\n",
            quoted(form.part),
            quoted(&one_line(file.name())),
            file.media_type(),
        );
        let mut tail = String::from("\r\n");
        for (name, value) in &form.fields {
            tail.push_str(&format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{}\"\r\n\r\n{value}\r\n", quoted(name)));
        }
        tail.push_str(&format!("--{boundary}--\r\n"));
        let pieces = match file.content() {
            Content::Bytes(bytes) => Pieces::Bytes(Some(bytes.clone())),
            Content::Source(source) => Pieces::Read(read(Arc::clone(source), file.length())),
        };
        let left = head.len() as u64 + file.length() + tail.len() as u64;
        file.sent(0);
        let outgoing = Self { head: Some(head.into()), pieces, tail: Some(tail.into()), file, file_sent: 0, left, watch: watch.clone() };
        Some((outgoing, format!("multipart/form-data; boundary={boundary}")))
    }

    fn next(&mut self, context: &mut Context<'_>) -> Poll<Option<std::io::Result<Bytes>>> {
        if let Some(head) = self.head.take() {
            return Poll::Ready(Some(Ok(head)));
        }
        let piece = match &mut self.pieces {
            Pieces::Bytes(bytes) => bytes.take().filter(|bytes| !bytes.is_empty()).map(Ok),
            Pieces::Read(receiver) => std::task::ready!(receiver.poll_recv(context)),
        };
        if let Some(Ok(piece)) = &piece {
            self.file_sent += piece.len() as u64;
            self.file.sent(self.file_sent);
        }
        Poll::Ready(piece.or_else(|| self.tail.take().map(Ok)))
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<std::io::Result<Frame<Bytes>>>> {
        let next = std::task::ready!(self.next(context));
        Poll::Ready(next.map(|piece| match piece {
            Ok(piece) => {
                let length = piece.len() as u64;
                self.left = self.left.saturating_sub(length);
                self.watch.moved(length);
                Ok(Frame::data(piece))
            }
            Err(error) => {
                // Only the first reason counts.
                let _ = self.watch.0.fault.set(error.to_string());
                Err(error)
            }
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// Reads a file on a thread of its own. Nobody waits for that thread: a file system that is gone may block it forever.
fn read(source: Arc<dyn Source>, length: u64) -> mpsc::Receiver<std::io::Result<Bytes>> {
    let (pieces, receiver) = mpsc::channel(PIECES);
    let failed = pieces.clone();
    let work = move || {
        if let Err(error) = pump(source.as_ref(), length, &pieces) {
            // The request may have ended before.
            let _ = pieces.blocking_send(Err(error));
        }
    };
    if let Err(error) = thread::Builder::new().name("upload".into()).spawn(work) {
        // There is room, since nothing was sent yet.
        let _ = failed.try_send(Err(error));
    }
    receiver
}

fn pump(source: &dyn Source, length: u64, pieces: &mpsc::Sender<std::io::Result<Bytes>>) -> std::io::Result<()> {
    let mut reader = source.open()?;
    let mut left = length;
    let mut ahead: Option<Bytes> = None;
    while left > 0 {
        let mut piece = BytesMut::zeroed(PIECE.min(usize::try_from(left).unwrap_or(PIECE)));
        let read = reader.read(&mut piece)?;
        if read == 0 {
            return Err(std::io::Error::other("the file became shorter while it was sent"));
        }
        piece.truncate(read);
        left -= read as u64;
        // The last piece is sent only after the end was seen, so that no file that changed arrives complete.
        if let Some(ready) = ahead.replace(piece.freeze())
            && pieces.blocking_send(Ok(ready)).is_err()
        {
            return Ok(());
        }
    }
    if reader.read(&mut [0])? > 0 {
        return Err(std::io::Error::other("the file became longer while it was sent"));
    }
    if let Some(last) = ahead {
        // The request may have ended before.
        let _ = pieces.blocking_send(Ok(last));
    }
    Ok(())
}

/// A file name without control characters. Some receivers take a form for broken if a name has one.
fn one_line(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A name as browsers write it in a form.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}
