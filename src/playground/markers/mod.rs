//! Markers: what they are on, and where answers show them.
//!
//! A thing or a field of it has at most one marker, so setting one replaces the earlier one. Videos, segments, runs and results show their
//! markers in the members that the description has for them. Indexes and prompts have no such member; their markers are in the list only.

mod shown;

use rusqlite::{Connection, Transaction};
use serde::{Deserialize, Serialize};

pub use shown::{show, show_one};

use super::{
    Refusal,
    auth::Caller,
    mount::{Mount, Reply},
    naming, prompts, random,
    runs::{Item, cut::is_of},
    store::{
        Store, library,
        records::{self, Record, Which},
        runs,
    },
    time::{Millis, now, rfc3339},
};
use crate::api::{
    Marker,
    keys::Message,
    markers::{DeleteMarker, ListMarkers, MAX_NOTE, PlacedMarker, ResourceType, SetMarker},
    page::Rows,
};

const MOST_COLOR_CHARS: usize = 32;
const MOST_PATH_CHARS: usize = 200;

/// Mounts the operations on markers.
pub fn mount(mount: Mount) -> Mount {
    mount.read(list_markers).write(set_marker).write(delete_marker)
}

/// Adds a marker with a fixed id, so that a new store has one to look at.
pub fn seed(connection: &Connection, added: Millis) -> Result<(), Refusal> {
    let placed = Placed {
        marker_id: "marker_last_shot".into(),
        resource_type: ResourceType::Segment,
        resource_id: "seg_great_train_robbery_1903_014".into(),
        field_path: None,
        color: Some("yellow".into()),
        note: Some("The famous last shot.".into()),
        updated: added,
    };
    records::insert(connection, &placed).map(drop)
}

/// A marker as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Placed {
    marker_id: String,
    resource_type: ResourceType,
    resource_id: String,
    field_path: Option<String>,
    color: Option<String>,
    note: Option<String>,
    updated: Millis,
}

impl Record for Placed {
    const KIND: &'static str = "marker";

    fn id(&self) -> &str {
        &self.marker_id
    }

    fn parent(&self) -> Option<&str> {
        Some(&self.resource_id)
    }

    fn state(&self) -> Option<&str> {
        Some(self.resource_type.as_str())
    }
}

impl Placed {
    fn marker(&self) -> Marker {
        Marker {
            marker_id: Some(self.marker_id.clone()),
            color: self.color.clone(),
            note: self.note.clone(),
            updated_at: Some(rfc3339(self.updated)),
        }
    }

    fn answer(&self) -> PlacedMarker {
        PlacedMarker {
            marker: self.marker(),
            resource_type: self.resource_type.as_str().into(),
            resource_id: self.resource_id.clone(),
            field_path: self.field_path.clone(),
        }
    }
}

async fn list_markers(_: Caller, store: Store, _: ListMarkers) -> Reply<Rows<PlacedMarker>> {
    store
        .read(|connection| {
            let all = records::list::<Placed>(connection, &Which::default())?;
            Ok(Rows::all(all.iter().map(|stored| stored.record.answer()).collect()))
        })
        .await
}

fn set_marker(_: &Caller, tx: &Transaction<'_>, call: SetMarker) -> Reply<PlacedMarker> {
    let text = |member: &'static str, text: Option<String>, most: usize| match text {
        Some(text) if text.trim().is_empty() || text.chars().count() > most => {
            Err(Refusal::argument(["body", member], format!("Give 1 to {most} characters, or leave it out"), "value_error"))
        }
        text => Ok(text),
    };
    let color = call.color.map(|color| naming::named("color", &color, MOST_COLOR_CHARS)).transpose()?;
    let note = text("note", call.note, MAX_NOTE)?;
    let field_path = text("field_path", call.field_path, MOST_PATH_CHARS)?;
    if field_path.as_deref().is_some_and(|path| path.split('.').any(|name| name.trim_end_matches("[]").trim().is_empty())) {
        return Err(Refusal::argument(["body", "field_path"], "Give names joined by single dots", "value_error"));
    }
    let (kind, id) = (call.resource_type, call.resource_id.as_str());
    if field_path.is_some() && !matches!(kind, ResourceType::Segment | ResourceType::Video) {
        return Err(Refusal::argument(["body", "field_path"], "Only segments and videos have fields to mark", "value_error"));
    }
    exists(tx, kind, id)?;
    let which = Which { parent: Some(id), state: Some(kind.as_str()), ..Which::default() };
    let earlier = records::list::<Placed>(tx, &which)?.into_iter().map(|stored| stored.record).find(|old| old.field_path == field_path);
    let is_new = earlier.is_none();
    let marker_id = match earlier {
        Some(earlier) => earlier.marker_id,
        None => random::id("marker_")?,
    };
    let placed = Placed { marker_id, resource_type: kind, resource_id: id.to_owned(), field_path, color, note, updated: now() };
    if is_new {
        records::insert(tx, &placed)?;
    } else {
        records::update(tx, &placed)?;
    }
    Ok(placed.answer())
}

/// Refuses to mark what does not exist.
fn exists(connection: &Connection, kind: ResourceType, id: &str) -> Result<(), Refusal> {
    let media = || library::media(connection);
    let (found, missing) = match kind {
        ResourceType::Index => (library::index(connection, id)?.is_some(), "index"),
        ResourceType::Video => (media()?.contains_key(id), "video"),
        ResourceType::Segment => (runs::segment(connection, &media()?, id)?.is_some(), "segment"),
        ResourceType::Prompt => (prompts::store::get(connection, id)?.is_some(), "prompt"),
        ResourceType::PromptRun => (runs::get(connection, &media()?, id)?.is_some(), "run"),
    };
    if found { Ok(()) } else { Err(Refusal::not_found(missing)) }
}

fn delete_marker(_: &Caller, tx: &Transaction<'_>, call: DeleteMarker) -> Reply<Message> {
    records::delete::<Placed>(tx, call.marker_id.as_str())?;
    Ok(Message { message: "The marker was removed.".into() })
}

/// Removes the markers of all segments of an item, however runs have cut it.
pub fn remove_of_segments(connection: &Connection, item: &Item) -> Result<(), Refusal> {
    let which = Which { state: Some(ResourceType::Segment.as_str()), ..Which::default() };
    for placed in records::list::<Placed>(connection, &which)?.into_iter().map(|stored| stored.record) {
        if is_of(item, &placed.resource_id) {
            records::delete::<Placed>(connection, &placed.marker_id)?;
        }
    }
    Ok(())
}

/// Calls that take more than the parameters of their paths.
#[cfg(test)]
pub const SAMPLES: super::tests::round_trip::Samples =
    &[("PUT /markers", r#"{"resource_type": "prompt_run", "resource_id": "ID", "field_path": "TEXT", "color": "TEXT", "note": "TEXT"}"#)];
