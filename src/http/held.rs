//! What lasts as long as an answer.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, combinators::BoxBody};

use crate::mcp::streamable::Answer;

/// Holds a value until the body of an answer was sent, or nobody wants it any more.
pub fn until_sent<T: Send + Sync + Unpin + 'static>(answer: Answer, held: T) -> Answer {
    answer.map(|body| Held { body, _held: held }.boxed())
}

/// Ends the body of an answer when a future is done.
pub fn until(answer: Answer, end: impl Future<Output = ()> + Send + Sync + 'static) -> Answer {
    answer.map(|body| Until { body, end: Box::pin(end) }.boxed())
}

struct Until {
    body: BoxBody<Bytes, Infallible>,
    end: Pin<Box<dyn Future<Output = ()> + Send + Sync>>,
}

impl Body for Until {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.end.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => Pin::new(&mut self.body).poll_frame(context),
        }
    }
}

struct Held<T> {
    body: BoxBody<Bytes, Infallible>,
    _held: T,
}

impl<T: Unpin> Body for Held<T> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
