//! Segments: the time ranges that media are cut into.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Access, Marker, Repeat, Scope, endpoint,
    ids::{SegmentId, VideoId},
    null_as_default,
    page::Rows,
};

/// Lists the segments of an item in order of time, a page at a time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListSegments {
    /// The item.
    pub video_id: VideoId,
    /// Only the results of this run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// Whether to give the results of the newest run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_run: Option<bool>,
    /// 1 to 100, default 50.
    pub limit: Option<u32>,
    /// The cursor from the page before; absent for the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

endpoint!(ListSegments, Get, "/videos/{video_id}/segments", Access::Scope(Scope::Read), Rows<Segment>);

/// Reads the segments of many items. Takes `video_ids` (1 to 50, with their newest results) or `targets` (items and runs), never both.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchSegments {
    /// Items, with the results of their newest run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video_ids: Option<Vec<String>>,
    /// Items, each with a run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<SegmentTarget>>,
}

/// One item and, optionally, the run whose results are wanted.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentTarget {
    /// The item.
    pub video_id: String,
    /// The run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
}

endpoint!(
    BatchSegments,
    Post,
    "/videos/batch/segments",
    Access::Scope(Scope::Read),
    Rows<VideoSegments>,
    REPEAT = Repeat::Read,
    ROW_FOR_EACH = Some("video_ids"),
);

/// Reads a segment's still. The documentation does not say what the answer is: the bytes of the picture, or JSON with the bytes or a link.
/// Expect all of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetThumbnail {
    /// The segment.
    pub segment_id: SegmentId,
}

endpoint!(GetThumbnail, Get, "/videos/segments/{segment_id}/thumbnail", Access::Scope(Scope::Read), Value);

/// The segments of one item.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct VideoSegments {
    pub video_id: String,
    #[serde(default)]
    pub run_id: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub segments: Vec<Segment>,
}

/// A time range, in seconds from the start of its item, and what a run found in it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct Segment {
    pub segment_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub video_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub start_time: f64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub end_time: f64,
    #[serde(default)]
    pub gcs_uri: Option<String>,
    #[serde(default)]
    pub thumbnail_gcs_uri: Option<String>,
    #[serde(default)]
    pub gif_gcs_uri: Option<String>,
    #[serde(default)]
    pub thumbnail_uri: Option<String>,
    #[serde(default)]
    pub gif_uri: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub processed: bool,
    #[serde(default, deserialize_with = "null_as_default")]
    pub processing_failed: bool,
    #[serde(default, deserialize_with = "null_as_default")]
    pub segment_status: String,
    #[serde(default)]
    pub failure_stage: Option<String>,
    #[serde(default)]
    pub failure_message: Option<String>,
    #[serde(default)]
    pub attempt_id: Option<String>,
    #[serde(default)]
    pub status_source: Option<String>,
    #[serde(default)]
    pub metadata: Option<Map<String, Value>>,
    #[serde(default)]
    pub metadata_text: Option<String>,
    #[serde(default)]
    pub created_at: Option<String>,
    #[serde(default)]
    pub processed_at: Option<String>,
    #[serde(default)]
    pub error_message: Option<String>,
    #[serde(default)]
    pub processing_warning: Option<String>,
    #[serde(default)]
    pub thumbnail_data: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub thumbnail_available: bool,
    #[serde(default)]
    pub gif_data: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub gif_available: bool,
    #[serde(default)]
    pub from_run_id: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub marker: Marker,
    #[serde(default, deserialize_with = "null_as_default")]
    pub metadata_markers: BTreeMap<String, Marker>,
    #[serde(default)]
    pub field_extraction_succeeded: Option<bool>,
    #[serde(default)]
    pub transcription_succeeded: Option<bool>,
    #[serde(default)]
    pub image_embedding_succeeded: Option<bool>,
    #[serde(default)]
    pub field_extraction_error: Option<String>,
    #[serde(default)]
    pub transcription_error: Option<String>,
    #[serde(default)]
    pub image_embedding_error: Option<String>,
}
