//! The stream of events.
//!
//! Nobody knows where a stream of the service begins that names no last event. Here it begins with what happens next; a stream of one run
//! begins with the run, so that somebody who started the run misses nothing, and ends with it.

use std::sync::Arc;

use rusqlite::Connection;

use super::since;
use crate::{
    api::{
        events::{ProcessingEvent, StreamEvents},
        ids::{IndexId, RunId},
        stream::Event,
        webhooks::EVENTS,
    },
    playground::{
        Refusal,
        auth::Caller,
        mount::{Mount, Reply},
        raw::{Raw, Wanted},
        runs::Progress,
        service::Service,
        store::{
            Store, clock, library,
            records::{self, Which},
            runs, settle,
        },
        time::now,
    },
};

#[cfg(test)]
use crate::playground::tests::round_trip::Samples;

/// How many events are read at once.
const BATCH: u32 = 100;

/// Calls for the test that writes and reads them.
#[cfg(test)]
pub const SAMPLES: Samples = &[(
    "GET /processing/events/stream",
    r#"{"run_id": "ID", "index_id": "ID", "video_ids": "TEXT", "event_types": "TEXT", "batch_size": 7}"#,
)];

/// Mounts the stream.
pub fn mount(mount: Mount) -> Mount {
    mount.raw(stream_events)
}

async fn stream_events(service: Arc<Service>, _: Caller, call: StreamEvents, wanted: Wanted) -> Reply<Raw> {
    let unknown = words(call.event_types.as_deref()).find(|word| !EVENTS.contains(word));
    if let Some(unknown) = unknown {
        let message = format!("There is no event `{unknown}`. Events: {}", EVENTS.join(", "));
        return Err(Refusal::argument(["query", "event_types"], message, "value_error"));
    }
    let store = service.store.clone();
    let index_id = call.index_id.as_ref().map(ToString::to_string);
    let (last, of_run) = (wanted.last_event_id.filter(|id| !id.trim().is_empty()), call.run_id.is_some());
    let run_id = call.run_id.as_ref().map(ToString::to_string);
    let first = move |connection: &Connection| {
        if let Some(run_id) = run_id {
            has_ended(connection, &run_id)?;
        }
        if let Some(index_id) = index_id
            && library::index(connection, &index_id)?.is_none()
        {
            return Err(Refusal::argument(["query", "index_id"], "There is no such index", "value_error"));
        }
        begin(connection, last.as_deref(), of_run)
    };
    let (place, unknown) = store.read_settled(first).await?;
    let (raw, sender) = Raw::events();
    tokio::spawn(async move {
        if let Some(id) = unknown {
            let message = format!("The event {id} is not known. The stream begins with the oldest event that is kept.");
            let data = serde_json::json!({"message": message}).to_string();
            // If nobody reads it, nobody needs it.
            let _ = sender.send(Event { event: "processing.stream_reset".into(), id: None, data }).await;
        }
        follow(store, call, place, sender).await;
    });
    Ok(raw)
}

/// The place after which a stream begins. If the log no longer has the last event that the reader saw, it begins with the oldest one it has,
/// and gives back the id of that event.
fn begin(connection: &Connection, last: Option<&str>, of_run: bool) -> Reply<(i64, Option<String>)> {
    match last {
        Some(id) => Ok(super::place(connection, id)?.map_or_else(|| (0, Some(id.to_owned())), |place| (place, None))),
        None if of_run => Ok((0, None)),
        None => {
            let newest = records::list::<ProcessingEvent>(connection, &Which { limit: Some(1), ..Which::default() })?;
            Ok((newest.first().map_or(0, |stored| stored.seq), None))
        }
    }
}

/// Sends what happens, until nobody reads it any more.
async fn follow(store: Store, call: StreamEvents, mut place: i64, sender: tokio::sync::mpsc::Sender<Event>) {
    let mut changes = store.changes();
    loop {
        changes.mark_unchanged();
        let run_id = call.run_id.as_ref().map(ToString::to_string);
        let look = move |connection: &Connection| {
            // Asked first: what a run has done by the moment of its end is told by the moment of the settling, which is not earlier.
            let over = run_id.map_or(Ok(false), |run_id| has_ended(connection, &run_id))?;
            let settled = settle::before_reading(connection, now());
            Ok((since(connection, place, BATCH)?, over, settled))
        };
        let (found, over, settled) = match store.read(look).await {
            Ok(found) => found,
            Err(refusal) => {
                let data = serde_json::json!({"message": refusal.message()}).to_string();
                // If nobody reads it, nobody needs it.
                let _ = sender.send(Event { event: "processing.stream_error".into(), id: None, data }).await;
                return;
            }
        };
        let more = u32::try_from(found.len()) == Ok(BATCH);
        for stored in found {
            place = stored.seq;
            if !fits(&call, &stored.record) {
                continue;
            }
            let Ok(event) = written(&stored.record) else { return };
            if sender.send(event).await.is_err() {
                return;
            }
        }
        if over && !more {
            return;
        }
        if !more {
            let again = (!settled).then(|| now() + clock::AFTER_FAILURE);
            tokio::select! {
                changed = changes.changed(), if settled => if changed.is_err() { return },
                () = clock::sleep_until(again) => {}
                () = sender.closed() => return,
            }
        }
    }
}

fn has_ended(connection: &Connection, run_id: &str) -> Reply<bool> {
    let media = library::media(connection)?;
    let run = runs::get(connection, &media, run_id)?.ok_or_else(|| Refusal::not_found("run"))?;
    Ok(Progress::at(&run, now()).status.is_terminal())
}

/// The words of a list with commas.
fn words(list: Option<&str>) -> impl Iterator<Item = &str> {
    list.into_iter().flat_map(|list| list.split(',')).map(str::trim).filter(|word| !word.is_empty())
}

/// Whether an event is one of those that were asked for.
fn fits(call: &StreamEvents, event: &ProcessingEvent) -> bool {
    let is = |wanted: Option<&str>, has: Option<&str>| wanted.is_none_or(|wanted| has == Some(wanted));
    let among = |list: Option<&str>, word: Option<&str>| {
        let mut words = words(list).peekable();
        words.peek().is_none() || word.is_some_and(|word| words.any(|wanted| wanted == word))
    };
    is(call.run_id.as_ref().map(RunId::as_str), event.run_id.as_deref())
        && is(call.index_id.as_ref().map(IndexId::as_str), event.index_id.as_deref())
        && among(call.video_ids.as_deref(), event.video_id.as_deref())
        && among(call.event_types.as_deref(), Some(&event.event_type))
}

fn written(event: &ProcessingEvent) -> Result<Event, Refusal> {
    Ok(Event { event: event.event_type.clone(), id: Some(event.event_id.clone()), data: serde_json::to_string(event)? })
}
