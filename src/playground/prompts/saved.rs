//! The settings of runs that a prompt saves: its `execution_config`.
//!
//! The description of the API leaves the form of that member open. Here it has the settings of a run, by the names that a run has for them.
//! A run takes those that its call leaves out.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    api::{prompts::Prompt, reader, runs::RunRequest},
    playground::{Refusal, arguments::worded, mount::Reply},
};

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Saved {
    video_segmentation_type: Option<String>,
    audio_segmentation_type: Option<String>,
    video_segment_duration: Option<u32>,
    audio_segment_duration: Option<u32>,
    processing_model: Option<String>,
    enable_transcription: Option<bool>,
    enable_image_embedding: Option<bool>,
}

fn read(given: &Map<String, Value>) -> Reply<Saved> {
    reader::members(given.clone()).map_err(|misfit| Refusal::argument(["body", "execution_config"], worded(&misfit.message), "value_error"))
}

/// A request with the settings that its prompt saves, where it has none of its own. How media are cut and how long the segments are belong
/// together.
pub fn filled(request: RunRequest, prompt: &Prompt) -> Reply<RunRequest> {
    let Some(given) = &prompt.execution_config else { return Ok(request) };
    let saved = read(given)?;
    let cut = |own: (Option<String>, Option<u32>), saved| if own == (None, None) { saved } else { own };
    let (video_segmentation_type, video_segment_duration) = cut(
        (request.video_segmentation_type, request.video_segment_duration),
        (saved.video_segmentation_type, saved.video_segment_duration),
    );
    let (audio_segmentation_type, audio_segment_duration) = cut(
        (request.audio_segmentation_type, request.audio_segment_duration),
        (saved.audio_segmentation_type, saved.audio_segment_duration),
    );
    Ok(RunRequest {
        prompt_id: request.prompt_id,
        target: request.target,
        video_segmentation_type,
        audio_segmentation_type,
        video_segment_duration,
        audio_segment_duration,
        processing_model: request.processing_model.filter(|model| !model.trim().is_empty()).or(saved.processing_model),
        enable_transcription: request.enable_transcription.or(saved.enable_transcription),
        enable_image_embedding: request.enable_image_embedding.or(saved.enable_image_embedding),
    })
}
