//! Answers that are no JSON document: bytes, files and streams of events.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HOST, IF_RANGE, RANGE},
    },
    response::{IntoResponse, Response},
};
use http_body::{Frame, SizeHint};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Refusal;
use crate::api::stream::Event;

/// The media type of JSON documents.
pub const JSON: &str = "application/json";
/// How many bytes of a file are read at once.
const PIECE: usize = 64 << 10;
/// How many pieces or events wait to be sent.
const WAITING: usize = 4;
/// After this much silence a stream of events sends a comment, so that nobody takes it for dead.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// What a caller asks for in the method and the headers of its request.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The id of the last event that the caller has seen.
    pub last_event_id: Option<String>,
    /// The host by which the caller reached a proxy with https, if one brought the request.
    pub https_host: Option<String>,
    /// The idempotency key, for handlers that look after it themselves.
    pub idempotency_key: Option<String>,
    /// Whether the caller wants the headers alone.
    pub headers_only: bool,
    range: Option<String>,
}

impl Wanted {
    /// Reads them. The idempotency key was read before.
    pub fn of(method: &Method, headers: &HeaderMap, idempotency_key: Option<String>) -> Self {
        let text = |name: HeaderName| headers.get(name)?.to_str().ok().map(str::to_owned);
        let by_https = text(HeaderName::from_static("x-forwarded-proto")).is_some_and(|scheme| scheme.trim() == "https");
        Self {
            last_event_id: text(HeaderName::from_static("last-event-id")),
            https_host: text(HOST).filter(|_| by_https),
            idempotency_key,
            headers_only: *method == Method::HEAD,
            // No answer has a tag or a date that a condition could match.
            range: text(RANGE).filter(|_| !headers.contains_key(IF_RANGE)),
        }
    }
}

/// An answer that is no JSON document.
pub struct Raw {
    media_type: &'static str,
    headers: Vec<(HeaderName, HeaderValue)>,
    content: Content,
}

enum Content {
    Bytes(Vec<u8>),
    File { file: File, length: u64, in_parts: bool },
    Events(mpsc::Receiver<Event>),
}

impl Raw {
    /// These bytes.
    pub fn bytes(media_type: &'static str, bytes: Vec<u8>) -> Self {
        Self { media_type, headers: Vec::new(), content: Content::Bytes(bytes) }
    }

    /// An open file, or a part of it if the caller asks for a range.
    pub fn file(media_type: &'static str, file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self { media_type, headers: Vec::new(), content: Content::File { file, length, in_parts: true } })
    }

    /// An open file, always all of it.
    pub fn whole_file(media_type: &'static str, file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self { media_type, headers: Vec::new(), content: Content::File { file, length, in_parts: false } })
    }

    /// A stream of events, and where to put them in. The stream ends when the sender is dropped. The sender is closed when the caller has
    /// gone or the playground stops.
    pub fn events() -> (Self, mpsc::Sender<Event>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Self { media_type: "text/event-stream", headers: Vec::new(), content: Content::Events(receiver) }, sender)
    }

    /// The JSON document, if the answer is one that was only mounted as bytes, for its headers.
    pub fn into_json(self) -> Option<Vec<u8>> {
        match self.content {
            Content::Bytes(bytes) if self.media_type == JSON => Some(bytes),
            _ => None,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The answer to a request for it.
    pub fn respond(self, status: StatusCode, wanted: &Wanted, stopping: &CancellationToken) -> Result<Response, Refusal> {
        let mut response = match self.content {
            Content::Bytes(bytes) => (status, bytes).into_response(),
            Content::File { file, length, in_parts: true } => part(file, length, status, wanted)?,
            Content::File { file, length, in_parts: false } => all(file, length, status),
            Content::Events(events) => {
                let mut response = (status, Body::new(Piped { receiver: pump(events, stopping.clone()), left: None })).into_response();
                response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
                response
            }
        };
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        headers.extend(self.headers);
        Ok(response)
    }
}

/// A whole file.
fn all(file: File, length: u64, status: StatusCode) -> Response {
    let mut response = (status, Body::new(Piped { receiver: read(file, length), left: Some(length) })).into_response();
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    response
}

/// A whole file, or the range of it that the caller wants.
fn part(mut file: File, length: u64, status: StatusCode, wanted: &Wanted) -> Result<Response, Refusal> {
    let range = wanted.range.as_deref().map_or(Range::Whole, |text| Range::read(text, length));
    let (status, start, end) = match range {
        Range::Whole => (status, 0, length),
        Range::Part(start, end) => (StatusCode::PARTIAL_CONTENT, start, end),
        Range::Outside => {
            let message = format!("The range lies outside of the {length} bytes of this file.");
            return Err(Refusal::new(StatusCode::RANGE_NOT_SATISFIABLE, "range_not_satisfiable", message));
        }
    };
    file.seek(SeekFrom::Start(start)).map_err(Refusal::internal)?;
    let left = end - start;
    let mut response = all(file, left, status);
    let headers = response.headers_mut();
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if status == StatusCode::PARTIAL_CONTENT
        && let Ok(value) = HeaderValue::from_str(&format!("bytes {start}-{}/{length}", end.saturating_sub(1)))
    {
        headers.insert(CONTENT_RANGE, value);
    }
    Ok(response)
}

/// What a `Range` header asks for. Several ranges at once are answered with the whole file, as servers may.
#[derive(Debug, PartialEq, Eq)]
enum Range {
    Whole,
    /// From the first byte to the one after the last.
    Part(u64, u64),
    Outside,
}

impl Range {
    fn read(text: &str, length: u64) -> Self {
        let Some((first, last)) = text.trim().strip_prefix("bytes=").and_then(|range| range.split_once('-')) else { return Self::Whole };
        let (first, last) = (first.trim(), last.trim());
        let range = match (first.parse::<u64>(), last.parse::<u64>()) {
            (Ok(first), Ok(last)) if first <= last => (first, last.saturating_add(1).min(length)),
            (Ok(first), Err(_)) if last.is_empty() => (first, length),
            (Err(_), Ok(last)) if first.is_empty() => (length.saturating_sub(last), length),
            _ => return Self::Whole,
        };
        if range.0 < range.1 { Self::Part(range.0, range.1) } else { Self::Outside }
    }
}

/// Reads a part of a file where waiting is allowed.
fn read(file: File, length: u64) -> mpsc::Receiver<io::Result<Bytes>> {
    let (pieces, receiver) = mpsc::channel(WAITING);
    tokio::task::spawn_blocking(move || {
        let mut file = file.take(length);
        loop {
            let mut piece = vec![0; PIECE];
            let piece = match file.read(&mut piece) {
                Ok(0) => return,
                Ok(read) => {
                    piece.truncate(read);
                    Ok(piece.into())
                }
                Err(error) => Err(error),
            };
            let failed = piece.is_err();
            if pieces.blocking_send(piece).is_err() || failed {
                return;
            }
        }
    });
    receiver
}

/// Writes events as text until there are no more, the caller has gone or the playground stops.
fn pump(mut events: mpsc::Receiver<Event>, stopping: CancellationToken) -> mpsc::Receiver<io::Result<Bytes>> {
    let (texts, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        loop {
            let text = tokio::select! {
                event = events.recv() => match event {
                    Some(event) => written(&event),
                    None => return,
                },
                () = tokio::time::sleep(HEARTBEAT) => ": still here\n\n".to_owned(),
                () = texts.closed() => return,
                () = stopping.cancelled() => return,
            };
            if texts.send(Ok(text.into())).await.is_err() {
                return;
            }
        }
    });
    receiver
}

/// An event as it stands in the stream. Names and ids are the playground's own, and are one line each.
fn written(event: &Event) -> String {
    let mut text = String::new();
    if let Some(id) = &event.id {
        text.push_str(&format!("id: {id}\n"));
    }
    text.push_str(&format!("event: {}\n", event.event));
    event.data.split('\n').for_each(|line| text.push_str(&format!("data: {line}\n")));
    text.push('\n');
    text
}

/// A body whose pieces come from a task or a thread.
struct Piped {
    receiver: mpsc::Receiver<io::Result<Bytes>>,
    /// How many bytes are left, if that is known.
    left: Option<u64>,
}

impl HttpBody for Piped {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let piece = std::task::ready!(self.receiver.poll_recv(context));
        if let (Some(left), Some(Ok(piece))) = (&mut self.left, &piece) {
            *left = left.saturating_sub(piece.len() as u64);
        }
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.left == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_players_write_them() {
        for (text, range) in [
            ("bytes=0-", Range::Part(0, 10)),
            ("bytes=2-4", Range::Part(2, 5)),
            ("bytes=2-400", Range::Part(2, 10)),
            ("bytes=-3", Range::Part(7, 10)),
            ("bytes=-30", Range::Part(0, 10)),
            ("bytes=10-", Range::Outside),
            ("bytes=-0", Range::Outside),
            ("bytes=5-2", Range::Whole),
            ("bytes=0-1,3-4", Range::Whole),
            ("lines=1-2", Range::Whole),
        ] {
            assert_eq!(Range::read(text, 10), range, "{text}");
        }
    }
}
