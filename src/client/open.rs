//! Answers that are read piece by piece: files and streams of events.

use bytes::Bytes;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use tokio::{sync::OwnedSemaphorePermit, time::timeout_at};

use super::{
    Deadline, Error, Kind, Limits, Response,
    events::{MAX_EVENT, Parser},
    reduce::note,
    response::request_id,
    transport::causes,
};
use crate::api::stream::Event;

/// The most bytes that a download may have.
pub const MAX_DOWNLOAD: u64 = 64 << 20;

/// What the caller wants of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// All of it.
    Whole,
    /// A file, piece by piece. Only a 200 that says how long it is, and is not too long, is a success.
    File,
    /// Events, one after the other.
    Events,
}

impl Want {
    /// The media type to ask for.
    pub(super) fn media_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Whole => "application/json",
            Self::File => "*/*",
            Self::Events => "text/event-stream",
        })
    }
}

/// An answer, in the form that the caller wanted.
pub enum Answer {
    /// All of it.
    Whole(Response),
    /// A file that arrives.
    File(Box<Download>),
    /// A stream of events.
    Events(Box<Events>),
}

impl Answer {
    /// The same, once it is noted whether it lacks something.
    pub(super) fn noted(self) -> Self {
        if let Self::Whole(Response { cut: true, .. }) = &self {
            note(|noticed| noticed.cut = true);
        }
        self
    }
}

/// An answer whose head has arrived.
pub(super) struct Opened {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) response: reqwest::Response,
    pub(super) limits: Limits,
    pub(super) attempts: u32,
}

impl Opened {
    /// The answer that was wanted, if the head fits it. A download keeps its place among the requests under way. A stream of events takes
    /// none, since it mostly waits.
    pub(super) fn into_answer(self, want: Want, place: OwnedSemaphorePermit) -> Result<Answer, Box<Error>> {
        match want {
            Want::File => Download::new(self, place).map(Box::new).map(Answer::File),
            Want::Whole | Want::Events => Events::new(self).map(Box::new).map(Answer::Events),
        }
    }

    /// The length of a file, or what is wrong with its head.
    fn check_file(&self) -> Result<u64, Kind> {
        self.check_head()?;
        match self.response.content_length() {
            Some(length) if length > MAX_DOWNLOAD => Err(Kind::TooLarge { limit: usize::try_from(MAX_DOWNLOAD).unwrap_or(usize::MAX) }),
            Some(0) => Err(Kind::Empty),
            Some(length) => Ok(length),
            None => Err(no_promise("it does not say how long it is")),
        }
    }

    /// What is wrong with the head of a stream of events.
    fn check_events(&self) -> Result<(), Kind> {
        self.check_head()?;
        let kind = self.media_type().unwrap_or_default();
        if kind.trim().eq_ignore_ascii_case("text/event-stream") { Ok(()) } else { Err(no_promise("it is no stream of events")) }
    }

    fn check_head(&self) -> Result<(), Kind> {
        if self.status != 200 {
            return Err(no_promise(&format!("its status is {} instead of 200", self.status)));
        }
        let encoding = self.headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes);
        if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case(b"identity")) {
            return Err(no_promise("it is compressed, and that was not asked for"));
        }
        Ok(())
    }

    fn media_type(&self) -> Option<&str> {
        self.headers.get(CONTENT_TYPE)?.to_str().ok()?.split(';').next()
    }

    fn failed(&self, kind: Kind) -> Box<Error> {
        let mut error = Error::new(kind);
        error.status = Some(self.status);
        error.attempts = self.attempts;
        error.request_id = request_id(&self.headers).map(str::to_owned);
        error
    }

    /// The next piece. Fails if nothing arrives within the time of one attempt.
    async fn chunk(&mut self, deadline: &Deadline) -> Result<Option<Bytes>, Box<Error>> {
        let until = deadline.at_most(self.limits.timeout).instant();
        match timeout_at(until, self.response.chunk()).await {
            Ok(Ok(chunk)) => Ok(chunk),
            Ok(Err(error)) => Err(self.failed(Kind::Interrupted(causes(&error)))),
            Err(_) if deadline.remaining().is_zero() => Err(self.failed(Kind::Deadline)),
            Err(_) => Err(self.failed(Kind::Timeout { waited: self.limits.timeout })),
        }
    }
}

fn no_promise(reason: &str) -> Kind {
    Kind::Decode { path: ".".into(), reason: reason.to_owned() }
}

/// A file that arrives. It counts as a request under way until it is dropped.
pub struct Download {
    opened: Opened,
    length: u64,
    arrived: u64,
    _place: OwnedSemaphorePermit,
}

impl Download {
    fn new(opened: Opened, place: OwnedSemaphorePermit) -> Result<Self, Box<Error>> {
        match opened.check_file() {
            Ok(length) => Ok(Self { opened, length, arrived: 0, _place: place }),
            Err(kind) => Err(opened.failed(kind)),
        }
    }

    /// How many bytes it has in all.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// How many of them have arrived.
    pub fn arrived(&self) -> u64 {
        self.arrived
    }

    /// The media type, without its parameters.
    pub fn media_type(&self) -> Option<&str> {
        self.opened.media_type()
    }

    /// A header that is text, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.opened.headers.get(name)?.to_str().ok()
    }

    /// The next piece; `None` once all bytes have arrived. Fails if fewer bytes arrive than were announced, or if nothing arrives for too
    /// long.
    pub async fn chunk(&mut self, deadline: &Deadline) -> Result<Option<Bytes>, Box<Error>> {
        let Some(chunk) = self.opened.chunk(deadline).await? else {
            if self.arrived == self.length {
                return Ok(None);
            }
            let reason = format!("{} of {} bytes arrived", self.arrived, self.length);
            return Err(self.opened.failed(Kind::Interrupted(reason)));
        };
        self.arrived += chunk.len() as u64;
        Ok(Some(chunk))
    }
}

/// A stream of events.
pub struct Events {
    opened: Opened,
    parser: Parser,
    last_id: Option<String>,
}

impl Events {
    fn new(opened: Opened) -> Result<Self, Box<Error>> {
        match opened.check_events() {
            Ok(()) => Ok(Self { opened, parser: Parser::default(), last_id: None }),
            Err(kind) => Err(opened.failed(kind)),
        }
    }

    /// The next event; `None` if the stream has ended. At the deadline, and if nothing arrives for too long, this fails. A failed stream can
    /// be taken up with a new call after [`Events::last_id`].
    ///
    /// Dropping the future loses no event.
    pub async fn next(&mut self, deadline: &Deadline) -> Result<Option<Event>, Box<Error>> {
        loop {
            if let Some(event) = self.parser.next() {
                self.last_id.clone_from(&event.id);
                return Ok(Some(event));
            }
            let Some(chunk) = self.opened.chunk(deadline).await? else { return Ok(None) };
            if !self.parser.push(&chunk) {
                return Err(self.opened.failed(Kind::TooLarge { limit: MAX_EVENT }));
            }
        }
    }

    /// The id to go on after: that of the last event that this gave out.
    pub fn last_id(&self) -> Option<&str> {
        self.last_id.as_deref()
    }
}
