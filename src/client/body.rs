//! Reading bodies within bounds: each alone and all together.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The most bytes one body may have.
pub(super) const ONE: usize = 16 << 20;
/// The most bytes that all bodies together may have.
const ALL: usize = 64 << 20;
/// Bodies up to this size are not counted: even a thousand of them are little, and they need not wait for anything.
const UNCOUNTED: usize = 64 << 10;

/// The memory that bodies share.
///
/// A body reserves what it may need in one step, before it is read on, and never asks again while it holds something. So no two can
/// wait for each other.
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
            // What was reserved for an unknown length, and not needed, goes back.
            drop(share.split(share.num_permits().saturating_sub(body.len())));
        }
        Ok((body.freeze(), share))
    }

    /// Waits for so many bytes. `None` cannot happen: the semaphore is never closed, and no body is larger than it.
    async fn reserve(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let bytes = u32::try_from(bytes).ok()?;
        Arc::clone(&self.0).acquire_many_owned(bytes).await.ok()
    }
}
