//! A run as seen from one item, and the segments of a run that failed.

use super::{Facts, Item, ItemProgress, Phase, Piece, Progress, Status, Step, outcome::Outcome, stamp};
use crate::api::{
    results::{FailedSegment, FailedVideo, Failures, OperationCounts},
    videos::{RunOnVideo, SegmentInRun, VideoLevelOnVideo},
};

/// A run as seen from one of its items. `None` if the run does not cover the item.
pub fn run_on_video(progress: &Progress, video_id: &str) -> Option<RunOnVideo> {
    let item = progress.item(video_id)?;
    let facts = progress.facts;
    let (begun, ended) = item.span();
    let attempt_id = attempt_id(facts, item.item);
    let last = item.steps.iter().filter_map(|step| changed(step.phase)).max();
    Some(RunOnVideo {
        run_id: facts.run_id.clone(),
        prompt_id: Some(facts.prompt.prompt_id.clone()),
        status: item.status.as_str().into(),
        total_segments: item.count(|_| true),
        pending_segments: item.count(|phase| matches!(phase, Phase::Pending)),
        processing_segments: item.count(|phase| matches!(phase, Phase::Processing { .. })),
        successful_segments: item.count(Phase::succeeded),
        failed_segments: item.count(Phase::failed),
        created_at: Some(stamp(facts.started)),
        updated_at: Some(stamp(last.unwrap_or(facts.started))),
        attempt_id: Some(attempt_id.clone()),
        video_level: facts.video_level().then(|| VideoLevelOnVideo {
            status: item.status.as_str().into(),
            result_available: has_video_result(item),
            successful_segment_count: item.count(Phase::succeeded),
            failed_segment_count: item.count(Phase::failed),
            started_at: begun.map(stamp),
            completed_at: ended.map(stamp),
            updated_at: last.map(stamp),
            error_message: (item.status == Status::Failed).then(|| "no segment of the item succeeded".into()),
            attempt_id: Some(attempt_id.clone()),
        }),
        segments: item.steps.iter().map(|step| segment_in_run(step, item.item, &attempt_id)).collect(),
    })
}

/// Whether there is a result for the item as a whole.
pub fn has_video_result(item: &ItemProgress) -> bool {
    matches!(item.status, Status::Completed | Status::CompletedWithFailures)
}

fn segment_in_run(step: &Step, item: &Item, attempt_id: &str) -> SegmentInRun {
    let (since, until) = match step.phase {
        Phase::Pending | Phase::Cancelled { .. } => (None, None),
        Phase::Processing { since } => (Some(since), None),
        Phase::Finished { since, until, .. } => (Some(since), Some(until)),
    };
    let failure = step.phase.outcome().and_then(|outcome| Failure::of(step.piece, outcome));
    SegmentInRun {
        segment_id: step.piece.segment_id.clone(),
        video_id: Some(item.video_id.clone()),
        status: segment_status(step.phase).into(),
        start_time: Some(step.piece.start),
        end_time: Some(step.piece.end),
        started_at: since.map(stamp),
        completed_at: until.map(stamp),
        updated_at: changed(step.phase).map(stamp),
        error_message: failure.as_ref().map(|failure| failure.message.clone()),
        failure_stage: failure.map(|failure| failure.stage),
        attempt_id: since.is_some().then(|| attempt_id.to_owned()),
    }
}

/// The API's word for the state of a segment.
pub const fn segment_status(phase: Phase) -> &'static str {
    match phase {
        Phase::Pending => "pending",
        Phase::Processing { .. } => "processing",
        Phase::Finished { outcome, .. } if outcome.succeeded() => "successful",
        Phase::Finished { .. } => "failed",
        Phase::Cancelled { .. } => "cancelled",
    }
}

/// When a segment last changed its state.
fn changed(phase: Phase) -> Option<super::Millis> {
    match phase {
        Phase::Pending => None,
        Phase::Processing { since } => Some(since),
        Phase::Finished { until, .. } => Some(until),
        Phase::Cancelled { at } => Some(at),
    }
}

/// The id of the only try that a run makes at an item.
pub fn attempt_id(facts: &Facts, item: &Item) -> String {
    format!("attempt:{}:{}", facts.run_id, item.video_id)
}

/// How a segment failed.
pub struct Failure {
    /// The first operation that failed.
    pub stage: String,
    /// What happened, for people.
    pub message: String,
    /// What happened, for programs.
    pub code: &'static str,
    /// Whether the API offers a retry.
    pub retryable: bool,
}

impl Failure {
    /// The failure of a segment with this outcome. `None` if it did not fail.
    pub fn of(piece: &Piece, outcome: Outcome) -> Option<Self> {
        let stage = outcome.failed_operations().into_iter().next()?;
        let damage = piece.damage()?;
        let cause = piece.damage.clone().unwrap_or_default();
        // The message says whether a retry helps, so that nobody pays for one that cannot, even with the playground's money.
        let message = format!("{cause} (sample of the playground: {})", damage.outlook());
        Some(Self { stage, message, code: damage.code, retryable: damage.retryable })
    }

    /// The message if this operation failed, otherwise `None`.
    pub fn message_if(&self, failed: bool) -> Option<String> {
        failed.then(|| format!("{}: {}", self.code, self.message))
    }
}

/// The segments of a run that have failed until now and that no retry has mended.
pub fn failures(progress: &Progress) -> Failures {
    let videos: Vec<_> = progress.items.iter().filter_map(failed_video).collect();
    let mut operation_counts = OperationCounts::default();
    for video in &videos {
        operation_counts.field_extraction += video.operation_counts.field_extraction;
        operation_counts.transcription += video.operation_counts.transcription;
        operation_counts.image_embedding += video.operation_counts.image_embedding;
    }
    Failures {
        run_id: progress.facts.run_id.clone(),
        status: progress.status.as_str().into(),
        videos_with_failures: videos.iter().map(|_| 1).sum(),
        failed_segments: videos.iter().map(|video| video.failed_segments).sum(),
        operation_counts,
        videos,
    }
}

fn failed_video(item: &ItemProgress) -> Option<FailedVideo> {
    let mut counts = OperationCounts::default();
    let mut segments = Vec::new();
    for step in &item.steps {
        let Some(outcome) = step.phase.outcome() else { continue };
        let Some(failure) = Failure::of(step.piece, outcome) else { continue };
        let failed = |succeeded: Option<bool>| succeeded == Some(false);
        counts.field_extraction += u64::from(!outcome.field_extraction);
        counts.transcription += u64::from(failed(outcome.transcription));
        counts.image_embedding += u64::from(failed(outcome.image_embedding));
        segments.push(FailedSegment {
            segment_id: step.piece.segment_id.clone(),
            failed_operations: outcome.failed_operations(),
            field_extraction_error: failure.message_if(!outcome.field_extraction),
            transcription_error: failure.message_if(failed(outcome.transcription)),
            image_embedding_error: failure.message_if(failed(outcome.image_embedding)),
            failure_stage: Some(failure.stage),
            failure_message: Some(failure.message),
            failure_code: Some(failure.code.into()),
            retryable: Some(failure.retryable),
            start_time: Some(step.piece.start),
            end_time: Some(step.piece.end),
            projection_only: false,
        });
    }
    (!segments.is_empty()).then(|| FailedVideo {
        video_id: item.item.video_id.clone(),
        failed_segments: segments.iter().map(|_| 1).sum(),
        operation_counts: counts,
        segments,
    })
}
