//! What runs found, which segments failed, and how their retries go.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Marker, null_as_default};

/// What a run found in one segment.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct SegmentResult {
    #[serde(default, deserialize_with = "null_as_default")]
    pub result_type: String,
    #[serde(default)]
    pub result_id: Option<String>,
    pub segment_id: String,
    #[serde(default)]
    pub video_id: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub run_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub prompt_id: String,
    #[serde(default)]
    pub prompt_run_id: Option<String>,
    #[serde(default)]
    pub video_name: Option<String>,
    #[serde(default)]
    pub source_index_id: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub executed_at: String,
    #[serde(default)]
    pub start_time: Option<f64>,
    #[serde(default)]
    pub end_time: Option<f64>,
    #[serde(default)]
    pub segment_uri: Option<String>,
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
    pub thumbnail_available: bool,
    #[serde(default, deserialize_with = "null_as_default")]
    pub gif_available: bool,
    #[serde(default, deserialize_with = "null_as_default")]
    pub metadata: Map<String, Value>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub metadata_text: String,
    #[serde(default)]
    pub processing_warning: Option<String>,
    #[serde(default)]
    pub schema_used: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub field_extraction_succeeded: bool,
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
    #[serde(default)]
    pub marker: Option<Marker>,
    #[serde(default)]
    pub extracted_metadata_markers: Option<BTreeMap<String, Marker>>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub metadata_markers: BTreeMap<String, Marker>,
}

/// What a run found in an item as a whole.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct VideoResult {
    #[serde(default, deserialize_with = "null_as_default")]
    pub result_type: String,
    #[serde(default)]
    pub result_id: Option<String>,
    pub run_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub prompt_id: String,
    #[serde(default)]
    pub prompt_run_id: Option<String>,
    pub video_id: String,
    #[serde(default)]
    pub video_name: Option<String>,
    #[serde(default)]
    pub source_index_id: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub executed_at: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub status: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub metadata: Map<String, Value>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub metadata_text: String,
    #[serde(default)]
    pub raw_llm_response: Option<String>,
    #[serde(default)]
    pub processing_warning: Option<String>,
    #[serde(default)]
    pub schema_used: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub successful_segment_count: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub failed_segment_count: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub omitted_segment_ids: Vec<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub template_fields: Vec<String>,
    #[serde(default)]
    pub source_fingerprint: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub rendered_prompt_char_count: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub llm_attempted: bool,
    #[serde(default)]
    pub embedding_status: Option<String>,
    #[serde(default)]
    pub embedding_error: Option<String>,
    #[serde(default)]
    pub attempt_id: Option<String>,
    #[serde(default)]
    pub error_message: Option<String>,
    #[serde(default)]
    pub started_at: Option<String>,
    #[serde(default)]
    pub completed_at: Option<String>,
    #[serde(default)]
    pub segment_uri: Option<String>,
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
    pub thumbnail_available: bool,
    #[serde(default, deserialize_with = "null_as_default")]
    pub gif_available: bool,
    #[serde(default)]
    pub preview_segment_id: Option<String>,
    #[serde(default)]
    pub preview_segment_uri: Option<String>,
    #[serde(default)]
    pub preview_thumbnail_uri: Option<String>,
    #[serde(default)]
    pub preview_gif_uri: Option<String>,
    #[serde(default)]
    pub preview_start_time: Option<f64>,
    #[serde(default)]
    pub preview_end_time: Option<f64>,
    #[serde(default)]
    pub marker: Option<Marker>,
}

/// Which segments of a run failed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct Failures {
    pub run_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub status: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub videos_with_failures: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub failed_segments: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub operation_counts: OperationCounts,
    #[serde(default, deserialize_with = "null_as_default")]
    pub videos: Vec<FailedVideo>,
}

/// The failed segments of one item.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct FailedVideo {
    pub video_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub failed_segments: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub operation_counts: OperationCounts,
    #[serde(default, deserialize_with = "null_as_default")]
    pub segments: Vec<FailedSegment>,
}

/// Failures by operation.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct OperationCounts {
    #[serde(default, deserialize_with = "null_as_default")]
    pub field_extraction: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub transcription: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub image_embedding: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub processing: u64,
}

/// One failed segment and its cause.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct FailedSegment {
    pub segment_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub failed_operations: Vec<String>,
    #[serde(default)]
    pub field_extraction_error: Option<String>,
    #[serde(default)]
    pub transcription_error: Option<String>,
    #[serde(default)]
    pub image_embedding_error: Option<String>,
    #[serde(default)]
    pub failure_stage: Option<String>,
    #[serde(default)]
    pub failure_message: Option<String>,
    #[serde(default)]
    pub failure_code: Option<String>,
    #[serde(default)]
    pub retryable: Option<bool>,
    #[serde(default)]
    pub start_time: Option<f64>,
    #[serde(default)]
    pub end_time: Option<f64>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub projection_only: bool,
}

/// A retry, right after it was requested.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct SegmentRetry {
    pub run_id: String,
    pub retry_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub status: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub message: String,
    #[serde(default)]
    pub idempotency_key: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub video_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub segment_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub created_at: String,
    #[serde(default)]
    pub started_at: Option<String>,
    #[serde(default)]
    pub completed_at: Option<String>,
    #[serde(default)]
    pub error: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub billing_estimated_mt: f64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub billing_actual_mt: f64,
    #[serde(default)]
    pub billing_status: Option<String>,
    #[serde(default)]
    pub billing_error: Option<String>,
}

/// How far a retry has come.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct SegmentRetryStatus {
    pub run_id: String,
    pub retry_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub status: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub video_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub segment_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub created_at: String,
    #[serde(default)]
    pub started_at: Option<String>,
    #[serde(default)]
    pub completed_at: Option<String>,
    #[serde(default)]
    pub error: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub billing_estimated_mt: f64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub billing_actual_mt: f64,
    #[serde(default)]
    pub billing_status: Option<String>,
    #[serde(default)]
    pub billing_error: Option<String>,
    #[serde(default)]
    pub field_extraction_succeeded: Option<bool>,
    #[serde(default)]
    pub transcription_succeeded: Option<bool>,
    #[serde(default)]
    pub image_embedding_succeeded: Option<bool>,
}

/// One call of a model on behalf of a run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct ModelCall {
    pub llm_call_id: String,
    #[serde(default)]
    pub prompt_run_id: Option<String>,
    #[serde(default)]
    pub prompt_id: Option<String>,
    #[serde(default)]
    pub video_id: Option<String>,
    #[serde(default)]
    pub segment_id: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub user_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub model: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub purpose: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub status: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub input_tokens: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub output_tokens: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub total_tokens: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub video_seconds: f64,
    #[serde(default)]
    pub segment_start_time: Option<f64>,
    #[serde(default)]
    pub segment_end_time: Option<f64>,
    #[serde(default)]
    pub prompt_text: Option<String>,
    #[serde(default)]
    pub response_text: Option<String>,
    #[serde(default)]
    pub schema_used: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub invoked_at: String,
    #[serde(default)]
    pub completed_at: Option<String>,
    #[serde(default)]
    pub created_at: Option<String>,
    #[serde(default)]
    pub duration_ms: Option<i64>,
    #[serde(default)]
    pub error_message: Option<String>,
}
