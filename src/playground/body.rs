//! Reads the bodies of requests, for known callers only and within limits of size and time.
//!
//! The playground may answer before the body of the request has arrived. If it then closed the connection while unread bytes are on the
//! way, the sender could lose the answer. So it reads the rest of the body after the answer and throws it away, up to a limit.

use std::{
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Error,
    body::{Body, Bytes, HttpBody},
    http::{HeaderMap, StatusCode, header::EXPECT},
};
use http_body::{Frame, SizeHint};

use super::Refusal;

/// The largest request body. It has room for the largest pictures of the image search in base64.
const MOST_BYTES: u64 = 32 << 20;
/// How long a body may take to arrive.
pub const MOST_TIME: Duration = Duration::from_secs(30);
/// How much of an unread body is thrown away before the connection is closed.
const MOST_DRAINED: u64 = 2 * MOST_BYTES;

/// Reads a whole body.
pub async fn read(body: Body) -> Result<Vec<u8>, Refusal> {
    let late = |_| {
        let message = format!("The request body did not arrive within {} seconds.", MOST_TIME.as_secs());
        Refusal::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", message)
    };
    tokio::time::timeout(MOST_TIME, gather(body)).await.map_err(late)?
}

async fn gather(body: Body) -> Result<Vec<u8>, Refusal> {
    let too_large = || {
        let message = format!("A request body has at most {MOST_BYTES} bytes.");
        Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "request_too_large", message))
    };
    // The announced length, if there is one.
    if body.size_hint().lower() > MOST_BYTES {
        return too_large();
    }
    let mut body = pin!(body);
    let mut read = Vec::new();
    while let Some(frame) = std::future::poll_fn(|context| body.as_mut().poll_frame(context)).await {
        let frame = frame.map_err(|_| Refusal::bad_request("incomplete_request", "The request body ended early."))?;
        let Ok(data) = frame.into_data() else { continue };
        if length(&read) + length(&data) > MOST_BYTES {
            return too_large();
        }
        read.extend_from_slice(&data);
    }
    Ok(read)
}

/// Makes sure that the rest of a body is read and thrown away when nobody reads it any more.
pub fn drained(body: Body, headers: &HeaderMap) -> Body {
    // A sender that waits for permission to send its body sends no body after an answer.
    if body.is_end_stream() || headers.contains_key(EXPECT) { body } else { Body::new(Drained(body)) }
}

/// A body whose rest is read and thrown away when it is dropped.
struct Drained(Body);

impl HttpBody for Drained {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Pin::new(&mut self.0).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

impl Drop for Drained {
    fn drop(&mut self) {
        let rest = std::mem::take(&mut self.0);
        if !rest.is_end_stream()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(tokio::time::timeout(MOST_TIME, throw_away(rest)));
        }
    }
}

async fn throw_away(body: Body) {
    let mut body = pin!(body);
    let mut thrown = 0;
    while let Some(Ok(frame)) = std::future::poll_fn(|context| body.as_mut().poll_frame(context)).await {
        thrown += frame.data_ref().map_or(0, |data| length(data));
        if thrown > MOST_DRAINED {
            return;
        }
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
