//! Prepares a body before we parse it: it becomes text that can be read, without the parts that nobody can use.
//!
//! A small body is only tidied, at once. A large body is reduced on a thread of its own, so that the runtime's thread stays free. Then it
//! gives its share of the memory back. So an answer holds no share, and no two callers can wait for each other's.

use std::cell::Cell;

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;

use super::{json_path::path_at, reason::reworded};
use crate::json::{
    sieve::{SieveError, sift},
    surrogates,
};

/// Bodies up to this size are only tidied.
const SMALL: usize = 96 << 10;
/// The most bytes of a body that is not JSON, for example a picture.
const BINARY: usize = 4 << 20;
/// How many bytes we keep of a page for browsers: enough to see that it is one.
const PAGE: usize = 1 << 10;
/// The most characters of the reason why a body cannot be read. Reasons repeat parts of the body.
const REASON: usize = 300;
/// We do not mend a body with more places than this that are not UTF-8.
const BROKEN_PLACES: usize = 100_000;
/// What some servers put before a text in UTF-8. JSON must not begin with it.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A body that can be parsed.
#[derive(Debug, Default)]
pub(super) struct Reduced {
    pub(super) body: Bytes,
    /// Whether rows or texts that were asked for are missing.
    pub(super) cut: bool,
    /// How many rows were kept of a list that lost some.
    pub(super) kept: Option<usize>,
    /// Why there is no body, if it could not be read.
    pub(super) unreadable: Option<Unreadable>,
}

/// Where and why a body is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unreadable {
    pub(super) path: String,
    pub(super) reason: String,
}

/// The body is too large for its kind. Holds the limit in bytes.
#[derive(Debug)]
pub(super) struct TooLarge(pub(super) usize);

/// Prepares a body. Keeps at most `rows` rows of a list.
pub(super) async fn reduce(body: Bytes, share: Option<OwnedSemaphorePermit>, rows: Option<usize>) -> Result<Reduced, TooLarge> {
    if body.len() <= SMALL {
        let body = readable(body);
        let mended = if is_json(&body) { in_utf8(&body) } else { None };
        return Ok(Reduced { body: mended.map_or(body, Bytes::from), ..Reduced::default() });
    }
    // The share goes back when the work is done, even if nobody waits for it any more.
    let work = move || (reduce_large(body, rows), share).0;
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| {
        let unreadable = Unreadable { path: ".".into(), reason: "reading it failed".into() };
        Ok(Reduced { unreadable: Some(unreadable), ..Reduced::default() })
    })
}

fn reduce_large(body: Bytes, rows: Option<usize>) -> Result<Reduced, TooLarge> {
    let body = readable(body);
    match body.trim_ascii_start().first() {
        None | Some(b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => {}
        Some(b'<') => return Ok(Reduced { body: Bytes::copy_from_slice(body.get(..PAGE).unwrap_or(&body)), ..Reduced::default() }),
        Some(_) if body.len() > BINARY => return Err(TooLarge(BINARY)),
        Some(_) => return Ok(Reduced { body, ..Reduced::default() }),
    }
    let mut sifted = sift(&body, rows);
    if matches!(sifted, Err(SieveError::Malformed(_)))
        && let Some(mended) = in_utf8(&body)
    {
        sifted = sift(mended.as_bytes(), rows);
    }
    let unreadable = match sifted {
        Ok(sifted) => return Ok(Reduced { body: sifted.text.into(), cut: sifted.cut, kept: sifted.kept, unreadable: None }),
        Err(SieveError::Malformed(error)) => locate(&body, &error),
        Err(SieveError::TooMuch) => {
            Unreadable { path: ".".into(), reason: "it holds more values than can be read at once; ask for fewer rows".into() }
        }
    };
    Ok(Reduced { unreadable: Some(unreadable), ..Reduced::default() })
}

/// A body without a byte order mark. In JSON, halves of surrogate pairs are replaced, too.
fn readable(body: Bytes) -> Bytes {
    let body = if body.starts_with(BYTE_ORDER_MARK) { body.slice(BYTE_ORDER_MARK.len()..) } else { body };
    if is_json(&body) { surrogates::mended_in_place(body) } else { body }
}

/// Whether a body begins like JSON that has texts in it.
fn is_json(body: &[u8]) -> bool {
    matches!(body.trim_ascii_start().first(), Some(b'{' | b'[' | b'"'))
}

/// A text with U+FFFD in place of all that is not UTF-8. `None` if all of it is UTF-8, or if too much of it is not.
fn in_utf8(text: &[u8]) -> Option<String> {
    if std::str::from_utf8(text).is_ok() {
        return None;
    }
    let broken = text.utf8_chunks().filter(|chunk| !chunk.invalid().is_empty()).take(BROKEN_PLACES + 1).count();
    (1..=BROKEN_PLACES).contains(&broken).then(|| String::from_utf8_lossy(text).into_owned())
}

/// Says where and why a body cannot be read.
pub(super) fn locate(body: &[u8], error: &serde_json::Error) -> Unreadable {
    let all = |reason: &str| Unreadable { path: ".".into(), reason: reason.into() };
    if body.trim_ascii_start().starts_with(b"<") {
        return all("it is a page, not JSON; something between may have answered");
    }
    if body.starts_with(b"\x1f\x8b") {
        return all("it is compressed, which was not asked for");
    }
    let text = error.to_string();
    // The path tells the position, so we drop line and column.
    let reason = text.rsplit_once(" at line ").map_or(text.as_str(), |(reason, _)| reason);
    Unreadable { path: path_at(body, error.line(), error.column()), reason: reworded(reason).chars().take(REASON).collect() }
}

/// What happened to requests while a future ran.
#[derive(Clone, Copy, Debug, Default)]
pub struct Noticed {
    /// Whether one was sent.
    pub sent: bool,
    /// Whether an answer lacks a part of what was asked for.
    pub cut: bool,
    /// How many rows of answers could not be read.
    pub unread: usize,
}

tokio::task_local! {
    static NOTICED: Cell<Noticed>;
}

/// Runs a future. Also returns what happened to its requests.
pub async fn noticing<F: Future>(future: F) -> (F::Output, Noticed) {
    let watched = async { (future.await, NOTICED.with(Cell::get)) };
    NOTICED.scope(Cell::default(), watched).await
}

/// Whether an answer lacked a part of what was asked for, so that what is not in it may exist all the same.
pub fn was_cut() -> bool {
    NOTICED.try_with(Cell::get).is_ok_and(|noticed| noticed.cut || noticed.unread > 0)
}

/// Notes what happened to a request. Outside of [`noticing`] there is nobody to tell.
pub(super) fn note(change: impl FnOnce(&mut Noticed)) {
    let _ = NOTICED.try_with(|noticed| {
        let mut now = noticed.get();
        change(&mut now);
        noticed.set(now);
    });
}
