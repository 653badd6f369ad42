//! Reads bodies within limits: one limit for each body, and one for all together.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The most bytes one body may have.
pub(super) const ONE: usize = 16 << 20;
/// The most bytes that all bodies together may have.
const ALL: usize = 64 << 20;
/// We do not count bodies up to this size, so they never wait. Even a thousand of them take little memory.
const UNCOUNTED: usize = 64 << 10;

/// The memory that all bodies share.
///
/// A body reserves all that it may need in one step, before we read on, and never reserves more after that. So no two bodies can wait for
/// each other.
#[derive(Clone)]
pub(super) struct Memory(Arc<Semaphore>);

/// Why a body could not be read.
#[derive(Debug)]
pub(super) enum BodyError {
    /// It is larger than the limit, in bytes.
    TooLarge(usize),
    /// The connection broke.
    Cut(reqwest::Error),
}

impl Memory {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(ALL)))
    }

    /// Reads a whole body. The share is `None` for small ones.
    pub(super) async fn read(&self, mut response: reqwest::Response) -> Result<(Bytes, Option<OwnedSemaphorePermit>), BodyError> {
        let declared = response.content_length().map(|length| usize::try_from(length).unwrap_or(usize::MAX));
        if declared.is_some_and(|length| length > ONE) {
            return Err(BodyError::TooLarge(ONE));
        }
        let mut share = match declared {
            Some(length) if length > UNCOUNTED => self.reserve(length).await,
            _ => None,
        };
        // Most bodies arrive in one piece, which is then passed on as it is.
        let Some(first) = response.chunk().await.map_err(BodyError::Cut)? else { return Ok((Bytes::new(), share)) };
        let Some(second) = response.chunk().await.map_err(BodyError::Cut)? else { return Ok((first, share)) };
        let mut body = BytesMut::with_capacity(declared.unwrap_or(0).max(first.len() + second.len()));
        body.extend_from_slice(&first);
        let mut next = Some(second);
        while let Some(chunk) = next {
            let length = body.len() + chunk.len();
            if length > ONE {
                return Err(BodyError::TooLarge(ONE));
            }
            if length > UNCOUNTED && share.is_none() {
                share = self.reserve(ONE).await;
            }
            body.extend_from_slice(&chunk);
            next = response.chunk().await.map_err(BodyError::Cut)?;
        }
        if let Some(share) = &mut share {
            // For an unknown length we reserved the most. Now we give back what is not needed.
            drop(share.split(share.num_permits().saturating_sub(body.len())));
        }
        Ok((body.freeze(), share))
    }

    /// Reserves this many bytes, and waits until they are free. `None` cannot happen: the semaphore is never closed, and no body is larger
    /// than it.
    async fn reserve(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let bytes = u32::try_from(bytes).ok()?;
        Arc::clone(&self.0).acquire_many_owned(bytes).await.ok()
    }
}
