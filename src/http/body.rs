//! Reads the bodies of requests within limits: one for each body, one for all together, and one for the time.

use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// The most bytes of one body.
pub const ONE: usize = 16 << 20;
/// The most bytes of all large bodies together.
const ALL: usize = 64 << 20;
/// Bodies up to this size are not counted. The number of connections limits them.
const UNCOUNTED: usize = 64 << 10;
/// How long a body may take to arrive.
const WITHIN: Duration = Duration::from_secs(30);

/// The memory that all large bodies share.
pub struct Budget(Arc<Semaphore>);

impl Default for Budget {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(ALL)))
    }
}

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It is larger than the limit.
    TooLarge,
    /// The server holds too many large bodies already.
    NoRoom,
    /// It did not arrive in time.
    Slow,
    /// The connection broke.
    Cut,
}

/// A body, and its share of the memory as long as it is needed.
pub struct Held {
    /// The body.
    pub bytes: Bytes,
    _share: Option<OwnedSemaphorePermit>,
}

impl Budget {
    /// Reads a whole body.
    pub async fn read(&self, body: Incoming) -> Result<Held, Unread> {
        timeout(WITHIN, self.collect(body)).await.unwrap_or(Err(Unread::Slow))
    }

    async fn collect(&self, mut body: Incoming) -> Result<Held, Unread> {
        let declared = body.size_hint().exact();
        if declared.is_some_and(|length| length > ONE as u64) {
            return Err(Unread::TooLarge);
        }
        let mut read = BytesMut::new();
        let mut share: Option<OwnedSemaphorePermit> = None;
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| Unread::Cut)?.into_data() else { continue };
            let length = read.len() + data.len();
            if length > ONE {
                return Err(Unread::TooLarge);
            }
            if length > UNCOUNTED && share.is_none() {
                // All that it may need in one step, so that no two bodies wait for each other.
                let most = declared.and_then(|length| u32::try_from(length).ok()).unwrap_or(u32::try_from(ONE).unwrap_or(u32::MAX));
                share = Some(Arc::clone(&self.0).try_acquire_many_owned(most).map_err(|_| Unread::NoRoom)?);
            }
            read.extend_from_slice(&data);
        }
        Ok(Held { bytes: read.freeze(), _share: share })
    }
}
