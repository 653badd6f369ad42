//! Reads the bodies of requests within limits: one for each body, one for each caller, one for all together, and one for the time.
//!
//! Anybody can make up a key. So callers whose key the API did not accept have a small part of the memory, and whatever they send, the other
//! callers have theirs.

use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::Caller;

/// The most bytes of one body.
pub const ONE: usize = 16 << 20;
/// The most bytes of the large bodies of one caller.
const OF_ONE_CALLER: usize = ONE;
/// The most bytes of the large bodies of all callers whom we know.
const OF_KNOWN: usize = 48 << 20;
/// The most bytes of the large bodies of all others.
const OF_OTHERS: usize = 16 << 20;
/// Bodies up to this size are not counted. The number of connections limits them.
const UNCOUNTED: usize = 64 << 10;
/// How long a body may take to arrive.
const WITHIN: Duration = Duration::from_secs(30);

/// How long a body waits until there is room for it.
const ROOM_WITHIN: Duration = Duration::from_secs(2);

/// The memory that all large bodies share.
pub struct Budget {
    known: Arc<Semaphore>,
    others: Arc<Semaphore>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { known: Arc::new(Semaphore::new(OF_KNOWN)), others: Arc::new(Semaphore::new(OF_OTHERS)) }
    }
}

/// What one caller may hold of it.
pub struct Share(Arc<Semaphore>);

impl Default for Share {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(OF_ONE_CALLER)))
    }
}

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It is larger than the limit.
    TooLarge,
    /// The server holds too many large bodies already.
    NoRoom,
    /// The caller sends too many large bodies already.
    OverShare,
    /// It did not arrive in time.
    Slow,
    /// The connection broke.
    Cut,
}

/// A body, and its share of the memory as long as it is needed.
pub struct Held {
    /// The body.
    pub bytes: Bytes,
    _room: Option<Room>,
}

/// Parts of the share of a caller and of the memory for all.
type Room = (OwnedSemaphorePermit, OwnedSemaphorePermit);

impl Budget {
    /// Reads a whole body that a caller sends.
    pub async fn read(&self, body: Incoming, caller: &Caller) -> Result<Held, Unread> {
        timeout(WITHIN, self.collect(body, caller)).await.unwrap_or(Err(Unread::Slow))
    }

    async fn collect(&self, mut body: Incoming, caller: &Caller) -> Result<Held, Unread> {
        let declared = body.size_hint().exact();
        if declared.is_some_and(|length| length > ONE as u64) {
            return Err(Unread::TooLarge);
        }
        let mut read = BytesMut::new();
        let mut room: Option<Room> = None;
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| Unread::Cut)?.into_data() else { continue };
            let length = read.len() + data.len();
            if length > ONE {
                return Err(Unread::TooLarge);
            }
            if length > UNCOUNTED && room.is_none() {
                // All that it may need in one step, so that no two bodies wait for each other.
                let most = declared.and_then(|length| u32::try_from(length).ok()).unwrap_or(u32::try_from(ONE).unwrap_or(u32::MAX));
                room = Some(self.room(most, caller).await?);
            }
            read.extend_from_slice(&data);
        }
        Ok(Held { bytes: read.freeze(), _room: room })
    }

    async fn room(&self, bytes: u32, caller: &Caller) -> Result<Room, Unread> {
        let share = take(&caller.bodies.0, bytes).await.ok_or(Unread::OverShare)?;
        let pot = if caller.is_known().await { &self.known } else { &self.others };
        Ok((share, take(pot, bytes).await.ok_or(Unread::NoRoom)?))
    }
}

async fn take(of: &Arc<Semaphore>, bytes: u32) -> Option<OwnedSemaphorePermit> {
    timeout(ROOM_WITHIN, Arc::clone(of).acquire_many_owned(bytes)).await.ok()?.ok()
}
