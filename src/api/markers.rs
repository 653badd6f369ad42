//! Markers: colours and notes that users put on things of the API.
//!
//! The published description does not say what a request to set a marker holds. We chose members that name the marked thing, and read the
//! other names that one would guess as well.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Access, Marker, Scope, endpoint,
    ids::{MarkerId, ResourceId},
    keys::Message,
    one_of,
    page::Rows,
};

/// The most characters of a note.
pub const MAX_NOTE: usize = 2000;

/// List markers: colours and notes on things.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ListMarkers {}

endpoint!(ListMarkers, Get, "/markers", Access::Scope(Scope::Read), Rows<PlacedMarker>);

/// Put a colour or note on a thing or one of its fields.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the names say it")]
pub struct SetMarker {
    pub resource_type: ResourceType,
    /// Id or moment.
    #[schemars(extend("x-kind-in" = "resource_type"))]
    pub resource_id: ResourceId,
    /// Metadata field of a segment or video.
    #[schemars(length(min = 1, max = 200))]
    pub field_path: Option<String>,
    #[schemars(length(min = 1, max = 32))]
    pub color: Option<String>,
    #[schemars(length(min = 1, max = MAX_NOTE))]
    pub note: Option<String>,
}

endpoint!(SetMarker, Put, "/markers", Access::Scope(Scope::Write), PlacedMarker, RULE = SetMarker::says_something);

impl SetMarker {
    fn says_something(&self) -> Result<(), String> {
        one_of(&[("color", self.color.is_some()), ("note", self.note.is_some())])
    }
}

/// Remove a marker.
///
/// The published description does not say which scope this needs. Deletions need `admin` everywhere else, so this does too.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the name says it")]
pub struct DeleteMarker {
    pub marker_id: MarkerId,
}

endpoint!(DeleteMarker, Delete, "/markers/{marker_id}", Access::Scope(Scope::Admin), Message);

/// What can be marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[schemars(description = "")]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum ResourceType {
    Segment,
    Video,
    PromptRun,
    Prompt,
    Index,
}

impl ResourceType {
    /// The word of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Segment => "segment",
            Self::Video => "video",
            Self::PromptRun => "prompt_run",
            Self::Prompt => "prompt",
            Self::Index => "index",
        }
    }
}

/// A marker and what it is on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Flat")]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct PlacedMarker {
    #[serde(flatten)]
    pub marker: Marker,
    pub resource_type: String,
    pub resource_id: String,
    pub field_path: Option<String>,
}

/// The same as it comes. A reader that takes members apart itself loses the place of what does not fit.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Flat {
    marker_id: Option<String>,
    color: Option<String>,
    note: Option<String>,
    updated_at: Option<String>,
    resource_type: Option<String>,
    target_type: Option<String>,
    entity_type: Option<String>,
    resource_id: Option<String>,
    target_id: Option<String>,
    entity_id: Option<String>,
    field_path: Option<String>,
    field: Option<String>,
}

impl From<Flat> for PlacedMarker {
    fn from(flat: Flat) -> Self {
        let Flat { marker_id, color, note, updated_at, .. } = flat;
        Self {
            marker: Marker { marker_id, color, note, updated_at },
            resource_type: flat.resource_type.or(flat.target_type).or(flat.entity_type).unwrap_or_default(),
            resource_id: flat.resource_id.or(flat.target_id).or(flat.entity_id).unwrap_or_default(),
            field_path: flat.field_path.or(flat.field),
        }
    }
}
