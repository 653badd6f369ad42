//! The API's records of runs, and of items with the runs that cover them.

use serde_json::Value;

use super::{Item, Phase, Progress, Status, Stop, billing, outcome::Outcome, stamp, summary};
use crate::api::{
    Marker,
    run::{PromptRun, StopState},
    videos::{RunOnVideo, Video},
};

/// The record of a run at one moment.
pub fn record(progress: &Progress) -> PromptRun {
    let facts = progress.facts;
    let settings = &facts.settings;
    let (stored_estimate, stored_charge) = facts.bill.unzip();
    let charged = stored_charge.flatten().unwrap_or_else(|| billing::charged(progress));
    let [videos, audios, images] = ["video", "audio", "image"].map(|medium| Counts::of(progress, medium));
    let items = || facts.items.iter().map(AsRef::as_ref);
    let levels = VideoLevels::of(progress);
    let mut failures = [0; 3];
    for (_, step) in progress.steps() {
        if let Some(outcome) = step.phase.outcome() {
            let failed = [!outcome.field_extraction, outcome.transcription == Some(false), outcome.image_embedding == Some(false)];
            for (count, failed) in failures.iter_mut().zip(failed) {
                *count += u64::from(failed);
            }
        }
    }
    let [field_extraction_failures, transcription_failures, image_embedding_failures] = failures;
    PromptRun {
        run_id: facts.run_id.clone(),
        prompt_id: facts.prompt.prompt_id.clone(),
        prompt_name: facts.prompt.name.clone(),
        prompt_type: "custom".into(),
        executed_at: stamp(facts.started),
        executed_by: facts.executed_by.clone(),
        status: progress.status.as_str().into(),
        run_context: settings.context.clone(),
        total_videos: videos.total,
        completed_videos: videos.completed,
        failed_videos: videos.failed,
        partial_videos: videos.partial,
        cancelled_videos: videos.cancelled,
        total_audios: audios.total,
        completed_audios: audios.completed,
        failed_audios: audios.failed,
        partial_audios: audios.partial,
        cancelled_audios: audios.cancelled,
        total_images: images.total,
        completed_images: images.completed,
        failed_images: images.failed,
        partial_images: images.partial,
        cancelled_images: images.cancelled,
        error_message: error_message(progress),
        video_segmentation_type: settings.video_segmentation.clone(),
        audio_segmentation_type: settings.audio_segmentation.clone(),
        image_segmentation_type: "image".into(),
        video_segment_duration: settings.video_segment_duration.map(Into::into),
        audio_segment_duration: settings.audio_segment_duration.map(Into::into),
        created_new_segments: items().any(|item| settings.fixed_seconds(&item.media_type).is_some()),
        processing_model: Some(facts.model().to_owned()),
        total_video_seconds: items().map(|item| item.duration).sum(),
        enable_transcription: settings.transcription,
        enable_image_embedding: settings.image_embedding,
        total_segments: Some(progress.steps().map(|_| 1).sum()),
        completed_segments: progress.items.iter().map(|item| item.count(Phase::succeeded)).sum(),
        field_extraction_failures,
        transcription_failures,
        image_embedding_failures,
        field_extraction_succeeded: verdict(progress, |outcome| Some(outcome.field_extraction)),
        transcription_succeeded: verdict(progress, |outcome| outcome.transcription),
        image_embedding_succeeded: verdict(progress, |outcome| outcome.image_embedding),
        video_level_enabled: facts.video_level(),
        video_level_total_items: levels.total,
        video_level_completed_items: levels.completed,
        video_level_failed_items: levels.failed,
        video_level_partial_items: levels.partial,
        billing_estimated_mt: Some(stored_estimate.unwrap_or_else(|| billing::estimate(settings, items(), facts.video_level()).total())),
        billing_actual_mt: Some(charged),
        billing_status: Some(billing::billing_status(progress.status.is_terminal(), charged).into()),
        billing_error: None,
        // The official Python SDK needs an object here and accepts no null.
        stop_state: Some(facts.stop.as_ref().map(|stop| stop_state(stop, progress)).unwrap_or_default()),
        marker: Marker::default(),
    }
}

/// Whether an operation succeeded everywhere. `None` before the run has ended, and if the operation was not tried at all.
fn verdict(progress: &Progress, operation: fn(Outcome) -> Option<bool>) -> Option<bool> {
    if !progress.status.is_terminal() {
        return None;
    }
    progress.steps().filter_map(|(_, step)| operation(step.phase.outcome()?)).reduce(|all, one| all && one)
}

fn error_message(progress: &Progress) -> Option<String> {
    let failed: u64 = progress.items.iter().map(|item| item.count(Phase::failed)).sum();
    match progress.status {
        Status::Failed => Some(format!("all {failed} segments failed")),
        Status::CompletedWithFailures => Some(format!("{failed} segments failed")),
        _ => None,
    }
}

fn stop_state(stop: &Stop, progress: &Progress) -> StopState {
    let observed = progress.status.is_terminal().then(|| stamp(progress.ends));
    StopState {
        requested_at: Some(stamp(stop.at)),
        requested_by: Some(stop.by.clone()),
        mode: Some("graceful".into()),
        observed_at: Some(stamp(stop.at)),
        completed_at: observed,
    }
}

/// Counts the items of one medium by state.
#[derive(Default)]
struct Counts {
    total: u64,
    completed: u64,
    failed: u64,
    partial: u64,
    cancelled: u64,
}

impl Counts {
    fn of(progress: &Progress, medium: &str) -> Self {
        let mut counts = Self::default();
        for item in progress.items.iter().filter(|item| item.item.media_type == medium) {
            counts.total += 1;
            match item.status {
                Status::Completed => counts.completed += 1,
                Status::Failed => counts.failed += 1,
                Status::CompletedWithFailures => counts.partial += 1,
                Status::Cancelled => counts.cancelled += 1,
                Status::Pending | Status::Processing => {}
            }
        }
        counts
    }
}

/// Counts the results of whole items by state. Each result is made from the segments that succeeded, as soon as all segments of the item
/// have ended.
#[derive(Default)]
struct VideoLevels {
    total: u64,
    completed: u64,
    failed: u64,
    partial: u64,
}

impl VideoLevels {
    fn of(progress: &Progress) -> Self {
        let mut levels = Self::default();
        if !progress.facts.video_level() {
            return levels;
        }
        for item in &progress.items {
            levels.total += 1;
            match item.status {
                Status::Completed => levels.completed += 1,
                Status::Failed => levels.failed += 1,
                Status::CompletedWithFailures => levels.partial += 1,
                Status::Pending | Status::Processing | Status::Cancelled => {}
            }
        }
        levels
    }
}

/// The API's record of an item. `runs` are newest first, and may include runs that do not cover the item.
pub fn video(item: &Item, runs: &[Progress]) -> Video {
    let on_video: Vec<RunOnVideo> = runs.iter().filter_map(|run| summary::run_on_video(run, &item.video_id)).collect();
    let covering = || runs.iter().filter_map(|run| Some((run, run.item(&item.video_id)?)));
    let mut keys: Vec<String> = Vec::new();
    for (run, _) in covering().filter(|(_, item)| item.count(Phase::succeeded) > 0) {
        if let Some(properties) = run.facts.prompt.json_schema.get("properties").and_then(Value::as_object) {
            keys.extend(properties.keys().filter(|name| !keys.contains(name)).cloned().collect::<Vec<_>>());
        }
    }
    let status = if covering().any(|(_, item)| !item.status.is_terminal()) {
        "processing"
    } else if covering().any(|(_, item)| item.count(Phase::succeeded) > 0) {
        "processed"
    } else if covering().any(|(_, item)| item.status == Status::Failed) {
        "failed"
    } else {
        item.state.as_deref().unwrap_or("not_processed")
    };
    Video {
        video_id: item.video_id.clone(),
        title: item.title.clone(),
        video_uri: item.uri(),
        status: status.into(),
        created_at: stamp(item.created),
        updated_at: on_video.iter().filter_map(|run| run.updated_at.clone()).max(),
        processing_status: Some(on_video),
        duration_seconds: item.length(),
        metadata_keys: (!keys.is_empty()).then_some(keys),
        media_type: item.media_type.clone(),
        marker: Marker::default(),
    }
}
