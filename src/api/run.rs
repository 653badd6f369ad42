//! The record of a prompt run and its price.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Marker, null_as_default};

/// What a run would cost, in media tokens (mt).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct Estimate {
    /// Not a number if the API named no price.
    #[serde(default = "unknown", deserialize_with = "null_as_unknown")]
    pub estimated_mt: f64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub breakdown: Map<String, Value>,
    #[serde(default)]
    pub sufficient_balance: Option<bool>,
    /// Not a number if the API named no balance.
    #[serde(default = "unknown", deserialize_with = "null_as_unknown")]
    pub current_balance_mt: f64,
}

impl Estimate {
    /// The price. `None` if the API named none, or none that can be one.
    pub fn price(&self) -> Option<f64> {
        Some(self.estimated_mt).filter(|mt| mt.is_finite() && *mt >= 0.0)
    }

    /// Whether the balance covers the price: by the word of the API, or else by its figures. `None` if it told neither.
    pub fn is_covered(&self) -> Option<bool> {
        self.sufficient_balance.or_else(|| Some(self.balance()? >= self.price()?))
    }

    /// The balance now. `None` if the API named none.
    pub fn balance(&self) -> Option<f64> {
        Some(self.current_balance_mt).filter(|mt| mt.is_finite())
    }
}

fn unknown() -> f64 {
    f64::NAN
}

fn null_as_unknown<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_else(unknown))
}

impl PromptRun {
    /// How many segments it has; 0 if the API does not say. Its own 0 may mean that its media are gone.
    pub fn segments(&self) -> u64 {
        self.total_segments.unwrap_or_default()
    }

    /// What the record says of what the run is over, by the name of the member. A blank text says nothing.
    pub fn told(&self, name: &str) -> Option<&str> {
        self.run_context.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
    }
}

/// One execution of a prompt. Amounts are in media tokens (mt), which may be fractional.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct PromptRun {
    pub run_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub prompt_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub prompt_name: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub prompt_type: String,
    #[serde(default, deserialize_with = "super::time::always")]
    pub executed_at: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub executed_by: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub status: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub run_context: Map<String, Value>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub total_videos: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub completed_videos: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub failed_videos: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub partial_videos: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub cancelled_videos: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub total_audios: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub completed_audios: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub failed_audios: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub partial_audios: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub cancelled_audios: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub total_images: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub completed_images: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub failed_images: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub partial_images: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub cancelled_images: u64,
    #[serde(default)]
    pub error_message: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub video_segmentation_type: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub audio_segmentation_type: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub image_segmentation_type: String,
    #[serde(default)]
    pub video_segment_duration: Option<i64>,
    #[serde(default)]
    pub audio_segment_duration: Option<i64>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub created_new_segments: bool,
    #[serde(default)]
    pub processing_model: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub total_video_seconds: f64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub enable_transcription: bool,
    #[serde(default, deserialize_with = "null_as_default")]
    pub enable_image_embedding: bool,
    /// See [`PromptRun::segments`].
    #[serde(default)]
    pub total_segments: Option<u64>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub completed_segments: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub field_extraction_failures: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub transcription_failures: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub image_embedding_failures: u64,
    #[serde(default)]
    pub field_extraction_succeeded: Option<bool>,
    #[serde(default)]
    pub transcription_succeeded: Option<bool>,
    #[serde(default)]
    pub image_embedding_succeeded: Option<bool>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub video_level_enabled: bool,
    #[serde(default, deserialize_with = "null_as_default")]
    pub video_level_total_items: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub video_level_completed_items: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub video_level_failed_items: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub video_level_partial_items: u64,
    #[serde(default)]
    pub billing_estimated_mt: Option<f64>,
    #[serde(default)]
    pub billing_actual_mt: Option<f64>,
    #[serde(default)]
    pub billing_status: Option<String>,
    #[serde(default)]
    pub billing_error: Option<String>,
    #[serde(default)]
    pub stop_state: Option<StopState>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub marker: Marker,
}

/// How far a request to stop has come.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct StopState {
    #[serde(default)]
    pub requested_at: Option<String>,
    #[serde(default)]
    pub requested_by: Option<String>,
    #[serde(default)]
    pub mode: Option<String>,
    #[serde(default)]
    pub observed_at: Option<String>,
    #[serde(default)]
    pub completed_at: Option<String>,
}
