//! Reads the bodies of requests within limits: one for each body, one for each caller, one for all together, and one for the time.
//!
//! Anybody can make up a key. So callers whose key the API did not accept have a small part of the memory, and whatever they send, the other
//! callers have theirs. A small value takes a hundred times the memory that it has bytes, so the values of a body are limited beside its
//! bytes.

use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::Caller;
use crate::mcp::streamable::{MOST_VALUES, values};

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
/// The same for the values of bodies: what one caller, all whom we know, and all others may hold, and how many of a body are not counted.
const VALUES_OF_ONE_CALLER: usize = MOST_VALUES;
const VALUES_OF_KNOWN: usize = 4 * MOST_VALUES;
const VALUES_OF_OTHERS: usize = MOST_VALUES;
const UNCOUNTED_VALUES: usize = 100;
/// How much of a body is read that nobody wants. Whoever is still sending hears no answer.
const THROWN_AWAY: usize = 64 << 20;
/// How long such a body may bring nothing.
const THROWN_AWAY_WITHIN: Duration = Duration::from_millis(500);
/// How long a body may take to arrive.
const WITHIN: Duration = Duration::from_secs(30);

/// How long a body waits until there is room for it.
const ROOM_WITHIN: Duration = Duration::from_secs(2);

/// The memory that all large bodies share.
pub struct Budget {
    known: Pots,
    others: Pots,
}

impl Default for Budget {
    fn default() -> Self {
        Self { known: Pots::of(OF_KNOWN, VALUES_OF_KNOWN), others: Pots::of(OF_OTHERS, VALUES_OF_OTHERS) }
    }
}

/// What one caller may hold of it.
pub struct Share(Pots);

impl Default for Share {
    fn default() -> Self {
        Self(Pots::of(OF_ONE_CALLER, VALUES_OF_ONE_CALLER))
    }
}

/// Memory for bytes, and memory for the values that are read from them.
struct Pots {
    bytes: Arc<Semaphore>,
    values: Arc<Semaphore>,
}

impl Pots {
    fn of(bytes: usize, values: usize) -> Self {
        Self { bytes: Arc::new(Semaphore::new(bytes)), values: Arc::new(Semaphore::new(values)) }
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
    /// It is large, and the API rejects the key that came with it.
    Rejected,
    /// It did not arrive in time.
    Slow,
    /// The connection broke.
    Cut,
}

/// A body, and its share of the memory as long as it is needed.
pub struct Held {
    /// The body.
    pub bytes: Bytes,
    _room: [Option<Room>; 2],
}

/// Parts of the share of a caller and of the memory for all.
type Room = (OwnedSemaphorePermit, OwnedSemaphorePermit);

impl Budget {
    /// Reads a whole body that a caller sends.
    pub async fn read(&self, body: &mut Incoming, caller: &Caller) -> Result<Held, Unread> {
        timeout(WITHIN, self.collect(body, caller)).await.unwrap_or(Err(Unread::Slow))
    }

    async fn collect(&self, body: &mut Incoming, caller: &Caller) -> Result<Held, Unread> {
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
                room = Some(self.room(|pots| &pots.bytes, most, caller).await?);
            }
            read.extend_from_slice(&data);
        }
        // Whoever holds this waits for no more bytes, so here, too, no two bodies wait for each other. One with too many values is refused
        // before they are read.
        let values = u32::try_from(values(&read).min(MOST_VALUES)).unwrap_or(u32::MAX);
        let parsed = if values as usize > UNCOUNTED_VALUES { Some(self.room(|pots| &pots.values, values, caller).await?) } else { None };
        Ok(Held { bytes: read.freeze(), _room: [room, parsed] })
    }

    async fn room(&self, of: fn(&Pots) -> &Arc<Semaphore>, amount: u32, caller: &Caller) -> Result<Room, Unread> {
        let share = take(of(&caller.bodies.0), amount).await.ok_or(Unread::OverShare)?;
        let pots = if caller.is_known().await { &self.known } else { &self.others };
        if caller.is_rejected() {
            return Err(Unread::Rejected);
        }
        Ok((share, take(of(pots), amount).await.ok_or(Unread::NoRoom)?))
    }
}

async fn take(of: &Arc<Semaphore>, amount: u32) -> Option<OwnedSemaphorePermit> {
    timeout(ROOM_WITHIN, Arc::clone(of).acquire_many_owned(amount)).await.ok()?.ok()
}

/// Reads what is left of a body and throws it away. If the connection were closed instead, a client that is still sending would see it break
/// and never read the answer.
pub async fn throw_away(body: &mut Incoming) {
    let read = async {
        let mut left = THROWN_AWAY;
        while let Ok(Some(Ok(frame))) = timeout(THROWN_AWAY_WITHIN, body.frame()).await {
            let Some(rest) = left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) else { return };
            left = rest;
        }
    };
    // Whoever sends slowly has had their time.
    let _ = timeout(WITHIN, read).await;
}
