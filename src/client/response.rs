//! Answers, and how they become values.

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde::de::{DeserializeOwned, DeserializeSeed};
use tokio::sync::OwnedSemaphorePermit;

use super::{Error, Kind, json_path::path_at};
use crate::{api::Endpoint, json::surrogates};

/// What some servers put before a text in UTF-8. JSON must not begin with it.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A 2xx answer with its complete body.
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The body, at most 16 MiB.
    pub body: Bytes,
    /// How often the request was sent.
    pub attempts: u32,
    pub(super) headers: HeaderMap,
    /// The body's share of the memory that all bodies together may take; returned when the answer is dropped.
    pub(super) share: Option<OwnedSemaphorePermit>,
}

impl Response {
    /// The media type, as sent.
    pub fn content_type(&self) -> Option<&str> {
        self.header(CONTENT_TYPE.as_str())
    }

    /// Whether the body says that it is JSON.
    pub fn is_json(&self) -> bool {
        self.content_type().is_some_and(|kind| kind.to_ascii_lowercase().contains("json"))
    }

    /// A header that is text, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// What the vendor's support asks for.
    pub fn request_id(&self) -> Option<&str> {
        request_id(&self.headers)
    }
}

impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The body is the user's material.
        let share = self.share.as_ref().map(OwnedSemaphorePermit::num_permits);
        write!(f, "Response({}, {} bytes, {:?} reserved, attempt {})", self.status, self.body.len(), share, self.attempts)
    }
}

pub(super) fn request_id(headers: &HeaderMap) -> Option<&str> {
    ["x-request-id", "x-correlation-id"].iter().find_map(|name| headers.get(*name)?.to_str().ok().filter(|id| !id.is_empty()))
}

/// Reads an answer as what its endpoint promises.
///
/// An empty body is accepted where the endpoint promises nothing, and for the status 204; anywhere else it is an error.
pub fn decode<E: Endpoint>(response: &Response) -> Result<E::Output, Box<Error>> {
    let nothing_promised = size_of::<E::Output>() == 0;
    let body: &[u8] = match response.body.as_ref() {
        _ if nothing_promised => b"null",
        b"" if response.status == 204 => b"null",
        b"" => return Err(failed(response, Kind::Empty)),
        body => body,
    };
    serde_json::from_slice(body).map_err(|error| failed(response, locate(body, &error)))
}

/// Reads an answer as any type: for views of an answer that keep members which its endpoint's type does not know.
pub fn decode_as<T: DeserializeOwned>(response: &Response) -> Result<T, Box<Error>> {
    if response.body.is_empty() {
        return Err(failed(response, Kind::Empty));
    }
    serde_json::from_slice(&response.body).map_err(|error| failed(response, locate(&response.body, &error)))
}

/// Reads an answer by a seed, which may skip what is not needed.
pub fn decode_with<'a, S: DeserializeSeed<'a>>(response: &'a Response, seed: S) -> Result<S::Value, Box<Error>> {
    if response.body.is_empty() {
        return Err(failed(response, Kind::Empty));
    }
    let mut reader = serde_json::Deserializer::from_slice(&response.body);
    let read = seed.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    read.map_err(|error| failed(response, locate(&response.body, &error)))
}

/// A body as it can be read: without a byte order mark, and without halves of characters. Anything but JSON stays as it is.
pub(super) fn readable(body: Bytes) -> Bytes {
    let body = if body.starts_with(BYTE_ORDER_MARK) { body.slice(BYTE_ORDER_MARK.len()..) } else { body };
    if !matches!(body.trim_ascii_start().first(), Some(b'{' | b'[' | b'"')) {
        return body;
    }
    surrogates::mended(&body).map_or(body, Bytes::from)
}

/// Names the member that is wrong.
fn locate(body: &[u8], error: &serde_json::Error) -> Kind {
    if body.trim_ascii_start().starts_with(b"<") {
        return Kind::Decode { path: ".".into(), reason: "it is a page, not JSON; something between may have answered".into() };
    }
    if body.starts_with(b"\x1f\x8b") {
        return Kind::Decode { path: ".".into(), reason: "it is compressed, which was not asked for".into() };
    }
    let text = error.to_string();
    // The position is told as a path, so its line and column go.
    let reason = text.rsplit_once(" at line ").map_or(text.as_str(), |(reason, _)| reason).to_owned();
    Kind::Decode { path: path_at(body, error.line(), error.column()), reason }
}

fn failed(response: &Response, kind: Kind) -> Box<Error> {
    let mut error = Error::new(kind);
    error.status = Some(response.status);
    error.attempts = response.attempts;
    error.request_id = response.request_id().map(str::to_owned);
    error
}
