//! Events: what happened to media, runs and jobs. They go into a log that a stream reads, and to the webhooks that subscribe to them.
//!
//! Call [`emit`] in the transaction of the change that caused the event. Then the change and its event are both kept or neither is, and a
//! killed process loses no event. This folder must not know HTTP, nor how a webhook is called.
//!
//! A reader of the stream takes [`since`] and waits for [`super::store::Store::changes`].

mod runs;
mod stream;

use rusqlite::Connection;
use serde_json::{Map, Value};

use super::{
    ACCOUNT, Refusal, random,
    store::records::{self, Record, Stored, Which},
    time::{Millis, now, rfc3339},
    webhooks,
};
use crate::api::events::ProcessingEvent;

pub use runs::{RunEvent, of_run, run_index};
#[cfg(test)]
pub use stream::SAMPLES;
pub use stream::mount;

/// How many events the log keeps.
const MOST_KEPT: u32 = 1_000;

impl Record for ProcessingEvent {
    const KIND: &'static str = "event";

    fn id(&self) -> &str {
        &self.event_id
    }
}

/// Tells that something happened just now. `event` is one of [`crate::api::webhooks::EVENTS`], and `data` an object. Its members `run_id`,
/// `video_id` and `segment_id` also say what the event is about. `index_id` is the index whose subscribers want to know.
pub fn emit(connection: &Connection, event: &str, data: Value, index_id: Option<&str>) -> Result<(), Refusal> {
    emit_at(connection, event, data, index_id, now())
}

/// Tells that something happened at a moment that has passed, for what the clock moves.
pub fn emit_at(connection: &Connection, event: &str, data: Value, index_id: Option<&str>, at: Millis) -> Result<(), Refusal> {
    let Value::Object(data) = data else { return Err(Refusal::internal("the data of an event is an object")) };
    let event = ProcessingEvent {
        event_id: random::id("evt_")?,
        event_type: event.to_owned(),
        user_id: Some(ACCOUNT.to_owned()),
        run_id: text(&data, "run_id"),
        video_id: text(&data, "video_id"),
        segment_id: text(&data, "segment_id"),
        index_id: index_id.map(ToOwned::to_owned),
        created_at: Some(rfc3339(at)),
        payload: Some(data),
    };
    records::insert(connection, &event)?;
    records::keep_newest::<ProcessingEvent>(connection, MOST_KEPT)?;
    webhooks::enqueue(connection, &event)
}

/// The place of an event in the log, for [`since`]. `None` if the log does not have it, or no longer.
pub fn place(connection: &Connection, event_id: &str) -> Result<Option<i64>, Refusal> {
    records::place::<ProcessingEvent>(connection, event_id)
}

/// The events after a place, oldest first. 0 is the place before all events.
pub fn since(connection: &Connection, place: i64, limit: u32) -> Result<Vec<Stored<ProcessingEvent>>, Refusal> {
    records::list(connection, &Which { after: Some(place), limit: Some(limit), ..Which::default() })
}

/// Whether the log has dropped events that came after a place.
fn is_cut(connection: &Connection, place: i64) -> Result<bool, Refusal> {
    let oldest = since(connection, 0, 1)?.first().map_or(0, |stored| stored.seq);
    Ok(place + 1 < oldest && is_full(connection)?)
}

/// Whether the log has dropped events.
fn is_full(connection: &Connection) -> Result<bool, Refusal> {
    Ok(records::count::<ProcessingEvent>(connection, &Which::default())? >= u64::from(MOST_KEPT))
}

fn text(data: &Map<String, Value>, name: &str) -> Option<String> {
    data.get(name).and_then(Value::as_str).map(ToOwned::to_owned)
}
