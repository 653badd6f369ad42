//! Answers, and how we parse them.

use std::collections::BTreeMap;

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde::{
    Deserialize,
    de::{DeserializeOwned, DeserializeSeed},
};
use serde_json::value::RawValue;

use super::{Error, Kind, lacking::About, reading::read, reduce::Unreadable, refusal};
use crate::api::{
    Endpoint, Method, Request,
    page::{Pagination, next_of},
    problem::MAX_ID_CHARS,
};

/// A 2xx answer with its complete body.
///
/// It holds no share of the memory for bodies, so a caller may keep it while it sends another request.
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The body, ready to be parsed. A large one was reduced to what was asked for.
    pub body: Bytes,
    /// How often the request was sent.
    pub attempts: u32,
    pub(super) headers: HeaderMap,
    /// Whether the body lacks rows or texts that were asked for.
    pub(super) cut: bool,
    /// How many rows were kept of a list that lost some.
    pub(super) kept: Option<usize>,
    /// What was asked for.
    pub(super) about: Box<About>,
    /// Why there is no body, if it was too large to be kept and could not be read.
    pub(super) unreadable: Option<Box<Unreadable>>,
}

impl Response {
    /// The same with what it answers and how many attempts that took.
    pub(super) fn of(self, attempts: u32, request: &Request) -> Self {
        Self { attempts, about: Box::new(About::of(request)), ..self }
    }

    /// How many rows were kept of a list that lost some. The cursor of such a page begins after all of them and would skip those.
    pub fn kept_rows(&self) -> Option<usize> {
        self.kept
    }

    /// The same request for as many rows as fit, if rows were lost and fewer can be asked for.
    pub(super) fn fewer(&self, request: &Request) -> Option<Request> {
        // The last row that was kept may lack a part. One row alone is read as far as it goes, so that its page has a cursor of its own.
        let rows = self.kept?.saturating_sub(1).max(1);
        request.with_rows(rows).filter(|_| request.rows().is_none_or(|asked| rows < asked))
    }

    /// Whether the list in the body has a next page.
    pub(super) fn goes_on(&self) -> bool {
        let told = serde_json::from_slice::<Next>(&self.body).unwrap_or_default();
        next_of([told.next_cursor, told.next_page_token], told.pagination).is_some()
    }

    /// The same without a cursor, which begins after rows that were lost and would skip them.
    pub(super) fn without_cursor(mut self) -> Self {
        if let Ok(mut members) = serde_json::from_slice::<BTreeMap<String, Box<RawValue>>>(&self.body) {
            members.retain(|name, _| !matches!(name.as_str(), "next_cursor" | "next_page_token" | "pagination"));
            if let Ok(body) = serde_json::to_vec(&members) {
                self.body = body.into();
            }
        }
        self
    }

    /// The media type, as sent.
    pub fn content_type(&self) -> Option<&str> {
        self.header(CONTENT_TYPE.as_str())
    }

    /// Whether the body says that it is JSON.
    pub fn is_json(&self) -> bool {
        is_json(&self.headers)
    }

    /// A header that is text, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The id of the request. The vendor's support asks for it.
    pub fn request_id(&self) -> Option<&str> {
        request_id(&self.headers)
    }
}

/// Where a list goes on, in each of the forms that lists have.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Next {
    next_cursor: Option<String>,
    next_page_token: Option<String>,
    pagination: Option<Pagination>,
}

impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // We do not show the body, which is the user's.
        write!(f, "Response({}, {} bytes, attempt {})", self.status, self.body.len(), self.attempts)
    }
}

/// Whether the headers say that the body is JSON.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).is_some_and(|kind| kind.to_ascii_lowercase().contains("json"))
}

/// The headers that may hold the request id, the best first.
pub(super) const REQUEST_IDS: [&str; 2] = ["x-request-id", "x-correlation-id"];

/// The request id in the headers, at most 200 characters of it.
pub(super) fn request_id(headers: &HeaderMap) -> Option<&str> {
    let id = REQUEST_IDS.iter().find_map(|name| headers.get(*name)?.to_str().ok().filter(|id| !id.is_empty()))?;
    // Headers that are text are ASCII.
    Some(id.get(..MAX_ID_CHARS).unwrap_or(id))
}

/// Reads an answer as what its endpoint promises.
///
/// An empty body is accepted if the endpoint promises nothing, if the promised type can be null, or if it is the answer to a deletion and needs
/// no member. Else it is an error. So is an object without members in the place of what was to be read, and the answer to a deletion that
/// says that it deleted nothing.
pub fn decode<E: Endpoint>(response: &Response) -> Result<E::Output, Box<Error>> {
    let nothing_promised = size_of::<E::Output>() == 0;
    if nothing_promised || (response.body.is_empty() && response.unreadable.is_none()) {
        refused(response)?;
        let nothing: &[u8] = if E::METHOD == Method::Delete && !nothing_promised { b"{}" } else { b"null" };
        return serde_json::from_slice(nothing).map_err(|_| failed(response, Kind::Empty));
    }
    if E::MAY_BE_BLANK && refusal::is_blank(&response.body) {
        return serde_json::from_slice(b"{}").map_err(|_| failed(response, Kind::Empty));
    }
    decode_as(response)
}

/// The refusal that an answer is in spite of its status.
fn refused(response: &Response) -> Result<(), Box<Error>> {
    match refusal::in_success(response.status, &response.body, response.about.method) {
        None => Ok(()),
        Some(problem) => {
            let mut error = failed(response, Kind::Status);
            error.problem = Some(problem);
            Err(error)
        }
    }
}

/// Reads an answer as a type of the caller's choice, for example one with members that the type of the endpoint does not have.
pub fn decode_as<T: DeserializeOwned>(response: &Response) -> Result<T, Box<Error>> {
    read(readable(response)?, &response.about, |body| serde_json::from_slice(body))
        .map_err(|unreadable| failed(response, unreadable.into()))
}

/// Reads an answer by a seed, which may skip what is not needed.
pub fn decode_with<T, S>(response: &Response, seed: impl Fn() -> S) -> Result<T, Box<Error>>
where
    S: for<'de> DeserializeSeed<'de, Value = T>,
{
    let by_seed = |body: &[u8]| {
        let mut reader = serde_json::Deserializer::from_slice(body);
        let value = seed().deserialize(&mut reader)?;
        reader.end().map(|()| value)
    };
    read(readable(response)?, &response.about, by_seed).map_err(|unreadable| failed(response, unreadable.into()))
}

/// The body, if there is one to read.
fn readable(response: &Response) -> Result<&[u8], Box<Error>> {
    refused(response)?;
    match &response.unreadable {
        Some(unreadable) => Err(failed(response, Unreadable::clone(unreadable).into())),
        None if response.body.is_empty() => Err(failed(response, Kind::Empty)),
        None if response.about.method == Some(Method::Get) && refusal::is_blank(&response.body) => {
            Err(failed(response, Kind::Decode { path: ".".into(), reason: "the object has no members".into() }))
        }
        None => Ok(refusal::unwrapped(&response.body).unwrap_or(&response.body)),
    }
}

impl From<Unreadable> for Kind {
    fn from(Unreadable { path, reason }: Unreadable) -> Self {
        Self::Decode { path, reason }
    }
}

fn failed(response: &Response, kind: Kind) -> Box<Error> {
    let mut error = Error::new(kind);
    error.status = Some(response.status);
    error.attempts = response.attempts;
    error.request_id = response.request_id().map(str::to_owned);
    error
}
