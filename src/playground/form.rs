//! Reads forms with a file, piece by piece.
//!
//! The file goes to the disk, or into memory if its route says that it is small. All other fields become arguments. The fields may come in
//! any order. A sender may take as long as it needs, but it may not be silent for long.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Error,
    body::{Body, Bytes, HttpBody},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
};
use http_body::{Frame, SizeHint};
use multer::{Field, Multipart};
use ring::digest;
use tokio::{sync::mpsc, task::JoinHandle};

use super::{Refusal, body::MOST_TIME, scratch::Scratch};
use crate::disk::Fresh;

/// The largest file that can be uploaded.
pub const MOST_FILE: u64 = 2 << 30;
/// The largest file of a route that keeps it in memory.
pub const MOST_SMALL_FILE: u64 = 64 << 10;
/// The most bytes of all other fields together.
const MOST_FIELDS: usize = 1 << 20;
/// About the most bytes that the reader of forms keeps until a field begins or a piece of it comes out.
const MOST_UNREAD: usize = 64 << 10;
/// What each field counts beside its name and value, so that there are not endlessly many empty ones.
const EACH_FIELD: usize = 64;
/// How many pieces wait for the disk.
const PIECES: usize = 4;

/// Where the file of a form goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Into memory, since it is small.
    Memory,
    /// To the disk.
    Disk,
}

/// A file that arrived.
#[derive(Debug)]
pub struct Received {
    /// Its name, as the sender told it. It may hold anything.
    pub name: String,
    /// Its media type, as the sender told it.
    pub media_type: String,
    /// The number of bytes.
    pub length: u64,
    /// SHA-256 of its content.
    pub sha256: Vec<u8>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Memory(Vec<u8>),
    Disk(Fresh),
}

impl Received {
    /// The content of a file that was kept in memory. Empty for one on the disk.
    pub fn bytes(&self) -> &[u8] {
        match &self.content {
            Content::Memory(bytes) => bytes,
            Content::Disk(_) => &[],
        }
    }

    /// Where it is on the disk. Dropping this value deletes it there.
    pub fn path(&self) -> Option<&Path> {
        match &self.content {
            Content::Memory(_) => None,
            Content::Disk(file) => Some(file.path()),
        }
    }

    /// Gives it a name in a folder of [`Scratch`], where it stays. The name must be free.
    pub fn place(self, path: &Path) -> io::Result<()> {
        match self.content {
            Content::Memory(bytes) => crate::disk::keep(path, &bytes),
            Content::Disk(file) => file.place(path),
        }
    }
}

/// Reads a form. Gives its fields and the file in the part of the given name, if there is one.
pub async fn read(
    scratch: &Scratch,
    headers: &HeaderMap,
    body: Body,
    part: &str,
    destination: Destination,
) -> Result<(Vec<(String, String)>, Option<Received>), Refusal> {
    let no_form = || Refusal::argument(["body"], "Input should be a form (multipart/form-data) with a boundary", "form_invalid");
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).ok_or_else(no_form)?;
    let boundary = multer::parse_boundary(kind).map_err(|_| no_form())?;
    let unread = Unread::default();
    let mut form = Multipart::new(Body::new(Paced { body, rest: false, unread: unread.clone() }).into_data_stream(), boundary);
    let (mut fields, mut in_fields, mut file) = (Vec::new(), 0, None);
    while let Some(field) = unread.until(form.next_field()).await? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == part {
            if file.is_some() {
                return Err(Refusal::argument(["body", part], "Input should be one file", "value_error"));
            }
            file = Some(receive(scratch, field, part, destination, &unread).await?);
        } else {
            in_fields += name.len() + EACH_FIELD;
            if in_fields > MOST_FIELDS {
                return Err(too_large("The fields of a form have", MOST_FIELDS as u64));
            }
            let value = text(field, MOST_FIELDS - in_fields, &unread).await?;
            in_fields += value.len();
            fields.push((name, value));
        }
    }
    Ok((fields, file))
}

async fn text(mut field: Field<'_>, most: usize, unread: &Unread) -> Result<String, Refusal> {
    let mut bytes = Vec::new();
    while let Some(piece) = unread.until(field.chunk()).await? {
        if bytes.len() + piece.len() > most {
            return Err(too_large("The fields of a form have", MOST_FIELDS as u64));
        }
        bytes.extend_from_slice(&piece);
    }
    String::from_utf8(bytes).map_err(|_| Refusal::argument(["body"], "The fields of a form should be UTF-8", "value_error"))
}

/// A file name as it was before the sender wrote it into a form. Browsers escape three characters, and no others.
fn unescaped(name: &str) -> String {
    name.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n")
}

async fn receive(
    scratch: &Scratch,
    mut field: Field<'_>,
    part: &str,
    destination: Destination,
    unread: &Unread,
) -> Result<Received, Refusal> {
    let name = unescaped(field.file_name().unwrap_or_default());
    let media_type = field.content_type().map(ToString::to_string).unwrap_or_default();
    let most = match destination {
        Destination::Memory => MOST_SMALL_FILE,
        Destination::Disk => MOST_FILE,
    };
    let mut hash = digest::Context::new(&digest::SHA256);
    let mut length = 0;
    let mut sink = match destination {
        Destination::Memory => Sink::Memory(Vec::new()),
        Destination::Disk => Sink::Disk(ToDisk::begin(scratch.arriving().map_err(Refusal::internal)?)),
    };
    while let Some(piece) = unread.until(field.chunk()).await? {
        length += piece.len() as u64;
        if length > most {
            return Err(too_large(&format!("The file in `{part}` has"), most));
        }
        hash.update(&piece);
        match &mut sink {
            Sink::Memory(bytes) => bytes.extend_from_slice(&piece),
            Sink::Disk(disk) => {
                if disk.pieces.send(piece).await.is_err() {
                    // The writer has ended, and says why below.
                    break;
                }
            }
        }
    }
    let content = match sink {
        Sink::Memory(bytes) => Content::Memory(bytes),
        Sink::Disk(disk) => Content::Disk(disk.end().await.map_err(Refusal::internal)?),
    };
    Ok(Received { name, media_type, length, sha256: hash.finish().as_ref().to_vec(), content })
}

enum Sink {
    Memory(Vec<u8>),
    Disk(ToDisk),
}

/// Writes a file on a thread where waiting is allowed. The file is deleted if nobody takes it.
struct ToDisk {
    pieces: mpsc::Sender<Bytes>,
    written: JoinHandle<io::Result<Fresh>>,
}

impl ToDisk {
    fn begin(folder: PathBuf) -> Self {
        let (pieces, mut receiver) = mpsc::channel::<Bytes>(PIECES);
        let written = tokio::task::spawn_blocking(move || {
            let mut file = Fresh::within(&folder)?;
            while let Some(piece) = receiver.blocking_recv() {
                file.write_all(&piece)?;
            }
            Ok(file)
        });
        Self { pieces, written }
    }

    async fn end(self) -> io::Result<Fresh> {
        drop(self.pieces);
        self.written.await.map_err(io::Error::other)?
    }
}

/// Waits for the next piece, but not forever.
pub(super) async fn in_time<T>(next: impl Future<Output = multer::Result<T>>) -> Result<T, Refusal> {
    match tokio::time::timeout(MOST_TIME, next).await {
        Ok(Ok(next)) => Ok(next),
        Ok(Err(multer::Error::StreamReadFailed(_) | multer::Error::IncompleteStream | multer::Error::IncompleteFieldData { .. })) => {
            Err(Refusal::bad_request("incomplete_request", "The form ended early."))
        }
        Ok(Err(error)) => Err(Refusal::argument(["body"], format!("This is no form: {error}"), "form_invalid")),
        Err(_) => Err(silent(MOST_TIME)),
    }
}

fn silent(limit: Duration) -> Refusal {
    let message = format!("Nothing of the request body arrived for {} seconds.", limit.as_secs());
    Refusal::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", message)
}

fn too_large(what: &str, most: u64) -> Refusal {
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "request_too_large", format!("{what} at most {most} bytes."))
}

/// How many bytes came since the reader of forms gave something. It keeps the head of a field in memory, however long that is.
#[derive(Clone, Default)]
struct Unread(Arc<AtomicUsize>);

impl Unread {
    /// Waits for the next piece, as [`in_time`] does, and for no more bytes than it may need.
    async fn until<T>(&self, next: impl Future<Output = multer::Result<T>>) -> Result<T, Refusal> {
        self.0.store(0, Relaxed);
        let next = in_time(next).await;
        if next.is_err() && self.is_too_much() { Err(too_large("The head of a part of a form has", MOST_UNREAD as u64)) } else { next }
    }

    fn is_too_much(&self) -> bool {
        self.0.load(Relaxed) > MOST_UNREAD
    }
}

/// A body that pauses after each piece. The reader of forms takes all that is ready into memory, and a disk may be slower than the sender.
/// It fails if too much was read for nothing.
struct Paced {
    body: Body,
    rest: bool,
    unread: Unread,
}

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if std::mem::take(&mut self.rest) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.unread.is_too_much() {
            return Poll::Ready(Some(Err(Error::new("a part of the form has no end"))));
        }
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(bytes) = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()) {
            self.unread.0.fetch_add(bytes.len(), Relaxed);
        }
        self.rest = true;
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
