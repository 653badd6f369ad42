//! The stream of events.
//!
//! Nobody knows where a stream of the service begins that names no last event. Here it begins with what happens next; a stream of one run
//! begins with the run, so that somebody who started the run misses nothing, and ends with it. The log keeps the newest events only. If it
//! has dropped some that the reader should have, the stream says so.

use std::sync::Arc;

use rusqlite::Connection;
use tokio::sync::mpsc::Sender;

use super::{MOST_KEPT, is_cut, is_full, since};
use crate::{
    api::{
        events::{ProcessingEvent, StreamEvents},
        ids::{IndexId, RunId},
        stream::Event,
        webhooks::EVENTS,
    },
    playground::{
        Refusal,
        auth::{Caller, Credential},
        mount::{Mount, Reply},
        raw::{Raw, Wanted},
        runs::Progress,
        service::Service,
        store::{
            Store, clock, keys, library,
            records::{self, Stored, Which},
            runs, settle,
        },
        time::now,
    },
};

#[cfg(test)]
use crate::playground::tests::round_trip::Samples;

/// How many events are read at once.
const BATCH: u32 = 100;
/// What a reader is told whose events the log has dropped.
const DROPPED: &str = "The oldest events are not kept any more, so some are missing here.";

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

async fn stream_events(service: Arc<Service>, caller: Caller, call: StreamEvents, wanted: Wanted) -> Reply<Raw> {
    let unknown = words(call.event_types.as_deref()).find(|word| !EVENTS.contains(word));
    if let Some(unknown) = unknown {
        let message = format!("There is no event `{unknown}`. Events: {}", EVENTS.join(", "));
        return Err(Refusal::argument(["query", "event_types"], message, "value_error"));
    }
    let store = service.store.clone();
    let index_id = call.index_id.as_ref().map(ToString::to_string);
    let last = wanted.last_event_id.filter(|id| !id.trim().is_empty());
    let run_id = call.run_id.as_ref().map(ToString::to_string);
    let first = move |connection: &Connection| {
        let over = run_id.as_deref().map_or(Ok(false), |run_id| has_ended(connection, run_id))?;
        if let Some(index_id) = index_id
            && library::index(connection, &index_id)?.is_none()
        {
            return Err(Refusal::argument(["query", "index_id"], "There is no such index", "value_error"));
        }
        begin(connection, last.as_deref(), run_id.as_deref(), over)
    };
    let (place, lost) = store.read_settled(first).await?;
    let key = if let Credential::Key { key_id, .. } = caller.credential { Some(key_id) } else { None };
    let (raw, sender) = Raw::events();
    tokio::spawn(async move {
        if let Some(message) = lost {
            tell(&sender, "processing.stream_reset", &message).await;
        }
        follow(store, call, key, place, sender).await;
    });
    Ok(raw)
}

/// The place after which a stream begins, and what is to be told if the log no longer has all that the reader should get. If the reader's
/// last event is gone, the stream begins with the oldest one that is there. `over` says that the run has ended.
fn begin(connection: &Connection, last: Option<&str>, run_id: Option<&str>, over: bool) -> Reply<(i64, Option<String>)> {
    let before = |stored: Option<&Stored<ProcessingEvent>>| stored.map_or(0, |stored| stored.seq - 1);
    if let Some(id) = last {
        if let Some(place) = super::place(connection, id)? {
            return Ok((place, None));
        }
        let message = format!("The event {id} is not known. The stream begins with the oldest event that is kept.");
        return Ok((before(since(connection, 0, 1)?.first()), Some(message)));
    }
    if let Some(run_id) = run_id {
        let kept = since(connection, 0, MOST_KEPT)?;
        let first = kept.iter().find(|stored| stored.record.run_id.as_deref() == Some(run_id));
        if let Some(first) = first {
            let lost = first.record.event_type != "prompt_run.started" && is_full(connection)?;
            return Ok((first.seq - 1, lost.then(|| DROPPED.to_owned())));
        }
    }
    let newest = records::list::<ProcessingEvent>(connection, &Which { limit: Some(1), ..Which::default() })?;
    let lost = (over && is_full(connection)?).then(|| DROPPED.to_owned());
    Ok((newest.first().map_or(0, |stored| stored.seq), lost))
}

/// Tells the reader about the stream itself.
async fn tell(sender: &Sender<Event>, event: &str, message: &str) {
    let data = serde_json::json!({"message": message}).to_string();
    // If nobody reads it, nobody needs it.
    let _ = sender.send(Event { event: event.to_owned(), id: None, data }).await;
}

/// Sends what happens, until nobody reads it any more, or the key of the reader does not work any more.
async fn follow(store: Store, call: StreamEvents, key: Option<String>, mut place: i64, sender: Sender<Event>) {
    let mut changes = store.changes();
    loop {
        changes.mark_unchanged();
        let (run_id, key) = (call.run_id.as_ref().map(ToString::to_string), key.clone());
        let look = move |connection: &Connection| {
            if let Some(key) = key
                && !keys::is_live(connection, &key)?
            {
                return Err(Refusal::unauthenticated("The API key of this stream does not work any more."));
            }
            // Asked first: what a run has done by the moment of its end is told by the moment of the settling, which is not earlier.
            let over = run_id.map_or(Ok(false), |run_id| has_ended(connection, &run_id))?;
            let settled = settle::before_reading(connection, now());
            Ok((since(connection, place, BATCH)?, is_cut(connection, place)?, over, settled))
        };
        let (found, cut, over, settled) = match store.read(look).await {
            Ok(found) => found,
            Err(refusal) => return tell(&sender, "processing.stream_error", refusal.message()).await,
        };
        if cut {
            tell(&sender, "processing.stream_reset", DROPPED).await;
        }
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
        // What could not be settled was not told either. It comes.
        if over && settled && !more {
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
