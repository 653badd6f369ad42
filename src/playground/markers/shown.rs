//! Puts markers into the answers of other operations.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::Placed;
use crate::{
    api::{
        Marker,
        markers::ResourceType,
        results::{SegmentResult, VideoResult},
        run::PromptRun,
        search::Hit,
        segments::{Segment, VideoSegments},
        videos::{Video, VideoWithDetails},
    },
    playground::{
        Refusal,
        store::records::{self, Which},
    },
};

/// All markers of the account, by what they are on.
pub struct Markers(BTreeMap<(ResourceType, String), OnOne>);

/// The markers on one thing.
#[derive(Default)]
struct OnOne {
    whole: Marker,
    fields: BTreeMap<String, Marker>,
}

impl Markers {
    fn of(&self, kind: ResourceType, id: &str) -> Marker {
        self.on(kind, id).map(|on| on.whole.clone()).unwrap_or_default()
    }

    fn fields_of(&self, kind: ResourceType, id: &str) -> BTreeMap<String, Marker> {
        self.on(kind, id).map(|on| on.fields.clone()).unwrap_or_default()
    }

    fn on(&self, kind: ResourceType, id: &str) -> Option<&OnOne> {
        self.0.get(&(kind, id.to_owned()))
    }
}

/// An answer with members for markers.
pub trait Marked {
    /// Fills these members.
    fn mark(&mut self, markers: &Markers);
}

/// Fills the markers of several answers.
pub fn show<'a, T: Marked + 'a>(connection: &Connection, rows: impl IntoIterator<Item = &'a mut T>) -> Result<(), Refusal> {
    if let Some(markers) = read(connection)? {
        rows.into_iter().for_each(|row| row.mark(&markers));
    }
    Ok(())
}

/// Fills the markers of one answer.
pub fn show_one<T: Marked>(connection: &Connection, mut row: T) -> Result<T, Refusal> {
    show(connection, [&mut row])?;
    Ok(row)
}

/// All markers. `None` if there are none, as in most accounts.
fn read(connection: &Connection) -> Result<Option<Markers>, Refusal> {
    let mut markers: BTreeMap<(ResourceType, String), OnOne> = BTreeMap::new();
    for stored in records::list::<Placed>(connection, &Which::default())? {
        let (marker, placed) = (stored.record.marker(), stored.record);
        let on = markers.entry((placed.resource_type, placed.resource_id)).or_default();
        match placed.field_path {
            None => on.whole = marker,
            Some(path) => drop(on.fields.insert(path, marker)),
        }
    }
    Ok((!markers.is_empty()).then_some(Markers(markers)))
}

impl Marked for Video {
    fn mark(&mut self, markers: &Markers) {
        self.marker = markers.of(ResourceType::Video, &self.video_id);
    }
}

impl Marked for VideoWithDetails {
    fn mark(&mut self, markers: &Markers) {
        self.marker = markers.of(ResourceType::Video, &self.video_id);
    }
}

impl Marked for PromptRun {
    fn mark(&mut self, markers: &Markers) {
        self.marker = markers.of(ResourceType::PromptRun, &self.run_id);
    }
}

impl Marked for Segment {
    fn mark(&mut self, markers: &Markers) {
        self.marker = markers.of(ResourceType::Segment, &self.segment_id);
        self.metadata_markers = markers.fields_of(ResourceType::Segment, &self.segment_id);
    }
}

impl Marked for VideoSegments {
    fn mark(&mut self, markers: &Markers) {
        self.segments.iter_mut().for_each(|segment| segment.mark(markers));
    }
}

impl Marked for SegmentResult {
    fn mark(&mut self, markers: &Markers) {
        self.marker = Some(markers.of(ResourceType::Segment, &self.segment_id));
        self.metadata_markers = markers.fields_of(ResourceType::Segment, &self.segment_id);
        self.extracted_metadata_markers = Some(self.metadata_markers.clone());
    }
}

impl Marked for VideoResult {
    fn mark(&mut self, markers: &Markers) {
        self.marker = Some(markers.of(ResourceType::Video, &self.video_id));
    }
}

impl Marked for Hit {
    fn mark(&mut self, markers: &Markers) {
        let (kind, id) = match &self.segment_id {
            Some(id) => (ResourceType::Segment, id),
            None => (ResourceType::Video, &self.video_id),
        };
        self.marker = markers.of(kind, id);
        self.extracted_metadata_markers = markers.fields_of(kind, id);
    }
}
