//! Media items: videos, audio and images, all called videos by the API.

use serde::{Deserialize, Serialize};

use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::{
    Access, Body, Marker, Repeat, Scope, endpoint,
    ids::{ConnectorId, IndexId, PromptId, VideoId},
    null_as_default,
    page::Rows,
    run::PromptRun,
    time,
};

/// Reads one item.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetVideo {
    /// The item.
    pub video_id: VideoId,
}

endpoint!(GetVideo, Get, "/videos/{video_id}", Access::Scope(Scope::Read), Video);

/// Reads up to 100 items at once, with previews.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BatchVideos {
    /// 1 to 100 ids.
    pub video_ids: Vec<String>,
}

endpoint!(
    BatchVideos,
    Post,
    "/videos/batch",
    Access::Scope(Scope::Read),
    Rows<VideoWithDetails>,
    REPEAT = Repeat::Read,
    ROW_FOR_EACH = Some("video_ids"),
);

/// Reads the processing status of up to 100 items.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BatchStatus {
    /// 1 to 100 ids.
    pub video_ids: Vec<String>,
}

endpoint!(
    BatchStatus,
    Post,
    "/videos/batch/status",
    Access::Scope(Scope::Read),
    Rows<VideoStatus>,
    REPEAT = Repeat::Read,
    ROW_FOR_EACH = Some("video_ids"),
);

/// Lists the runs that include an item. Without a limit, it lists all of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListVideoRuns {
    /// The item.
    pub video_id: VideoId,
    /// 1 to 200.
    pub limit: Option<u32>,
}

endpoint!(ListVideoRuns, Get, "/videos/{video_id}/prompt-runs", Access::Scope(Scope::Read), Rows<PromptRun>);

/// Lists the media that are in no index, a page at a time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListPlaygroundVideos {
    /// 1 to 100, default 50.
    pub limit: Option<u32>,
    /// The cursor from the page before; absent for the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

endpoint!(ListPlaygroundVideos, Get, "/playground/videos", Access::Scope(Scope::Read), Rows<Video>);

/// Add a media file in Google Cloud Storage to an index.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CreateVideo {
    #[expect(missing_docs, reason = "the name says it")]
    #[schemars(length(min = 1, max = 255))]
    pub title: String,
    /// <gs://bucket/file>
    #[schemars(length(min = 1, max = 2000))]
    pub video_uri: String,
    /// The index.
    pub index_id: IndexId,
    /// The connector.
    pub source_connector_id: Option<ConnectorId>,
}

endpoint!(CreateVideo, Post, "/videos", Access::Scope(Scope::Write), Added, REPEAT = Repeat::Keyed("video-create"));

/// The length of a segment if [`ProcessVideo`] does not say one, in seconds.
pub const SEGMENT_SECONDS: u32 = 10;

/// Cut an item into segments, and run a prompt over it if given, which costs media tokens.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProcessVideo {
    #[expect(missing_docs, reason = "the name says it")]
    pub video_id: VideoId,
    /// In seconds.
    #[schemars(range(min = 1, max = 300))]
    pub segment_duration: Option<u32>,
    #[expect(missing_docs, reason = "the name says it")]
    pub prompt_id: Option<PromptId>,
}

endpoint!(
    ProcessVideo,
    Post,
    "/videos/{video_id}/process",
    Access::Scope(Scope::Write),
    Started,
    REPEAT = Repeat::Never,
    BODY = Body::Query,
    NOTICE = Some("process_media"),
);

/// What processing began. Only `message` is documented; the playground names the run, too.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct Started {
    #[serde(default, deserialize_with = "null_as_default")]
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
}

/// The answer to a call that adds media. Older clients expect a media item here and newer ones an import job, so it has the members of both.
/// Where both have a member `status`, it is the job's.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct Added {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video_id: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub video_ids: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub status: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    #[serde(default)]
    pub error_message: Option<String>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A media item.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct Video {
    pub video_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub title: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub video_uri: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub status: String,
    #[serde(default)]
    pub processing_status: Option<Vec<RunOnVideo>>,
    #[serde(default, deserialize_with = "time::always")]
    pub created_at: String,
    #[serde(default, deserialize_with = "time::maybe")]
    pub updated_at: Option<String>,
    #[serde(default)]
    pub duration_seconds: Option<f64>,
    #[serde(default)]
    pub metadata_keys: Option<Vec<String>>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub media_type: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub marker: Marker,
}

/// A media item in the answer to [`BatchVideos`].
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct VideoWithDetails {
    pub video_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub title: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub video_uri: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub status: String,
    #[serde(default)]
    pub processing_status: Option<Vec<RunOnVideo>>,
    #[serde(default, deserialize_with = "time::always")]
    pub created_at: String,
    #[serde(default, deserialize_with = "time::maybe")]
    pub updated_at: Option<String>,
    #[serde(default)]
    pub duration_seconds: Option<f64>,
    #[serde(default)]
    pub metadata_keys: Option<Vec<String>>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub media_type: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub marker: Marker,
    #[serde(default)]
    pub gif_data: Option<String>,
    #[serde(default)]
    pub first_thumbnail: Option<String>,
}

/// An item's status alone.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct VideoStatus {
    pub video_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub status: String,
    #[serde(default)]
    pub processing_status: Option<Vec<RunOnVideo>>,
}

/// How one run stands on one item.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct RunOnVideo {
    pub run_id: String,
    #[serde(default)]
    pub prompt_id: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub status: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub total_segments: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub pending_segments: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub processing_segments: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub successful_segments: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub failed_segments: u64,
    #[serde(default, deserialize_with = "time::maybe")]
    pub created_at: Option<String>,
    #[serde(default, deserialize_with = "time::maybe")]
    pub updated_at: Option<String>,
    #[serde(default)]
    pub attempt_id: Option<String>,
    #[serde(default)]
    pub video_level: Option<VideoLevelOnVideo>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub segments: Vec<SegmentInRun>,
}

/// How the video-level part of a run stands on one item.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct VideoLevelOnVideo {
    #[serde(deserialize_with = "null_as_default")]
    pub status: String,
    #[serde(deserialize_with = "null_as_default")]
    pub result_available: bool,
    #[serde(deserialize_with = "null_as_default")]
    pub successful_segment_count: u64,
    #[serde(deserialize_with = "null_as_default")]
    pub failed_segment_count: u64,
    pub started_at: Option<String>,
    pub completed_at: Option<String>,
    pub updated_at: Option<String>,
    pub error_message: Option<String>,
    pub attempt_id: Option<String>,
}

/// One segment's progress in a run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct SegmentInRun {
    pub segment_id: String,
    #[serde(default)]
    pub video_id: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub status: String,
    #[serde(default)]
    pub start_time: Option<f64>,
    #[serde(default)]
    pub end_time: Option<f64>,
    #[serde(default, deserialize_with = "time::maybe")]
    pub started_at: Option<String>,
    #[serde(default, deserialize_with = "time::maybe")]
    pub completed_at: Option<String>,
    #[serde(default, deserialize_with = "time::maybe")]
    pub updated_at: Option<String>,
    #[serde(default)]
    pub error_message: Option<String>,
    #[serde(default)]
    pub failure_stage: Option<String>,
    #[serde(default)]
    pub attempt_id: Option<String>,
}
