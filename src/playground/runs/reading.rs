//! Writes what a run found as the API's records: results of segments and items, and segments as a run left them.

use serde_json::{Map, Value};

use super::{
    Facts, Item, ItemProgress, Phase, Progress, Status, Step, extraction, stamp,
    summary::{Failure, attempt_id, has_video_result, segment_status},
};
use crate::api::{
    Marker,
    results::{SegmentResult, VideoResult},
    segments::Segment,
};

/// The result of a segment that has ended. `None` before that, and for cancelled segments.
pub fn segment_result(facts: &Facts, item: &Item, step: &Step) -> Option<SegmentResult> {
    let Phase::Finished { outcome, until, .. } = step.phase else { return None };
    let piece = step.piece;
    let metadata = metadata(facts, step);
    let failure = Failure::of(piece, outcome);
    let error = |failed: bool| failure.as_ref().and_then(|failure| failure.message_if(failed));
    Some(SegmentResult {
        result_type: "segment".into(),
        result_id: Some(format!("segment:{}:{}", piece.segment_id, facts.run_id)),
        segment_id: piece.segment_id.clone(),
        video_id: Some(item.video_id.clone()),
        run_id: facts.run_id.clone(),
        prompt_id: facts.prompt.prompt_id.clone(),
        prompt_run_id: Some(facts.run_id.clone()),
        video_name: Some(item.title.clone()),
        source_index_id: item.index_id.clone(),
        executed_at: stamp(until),
        start_time: Some(piece.start),
        end_time: Some(piece.end),
        thumbnail_available: piece.pictured(),
        metadata_text: extraction::as_text(&metadata),
        metadata,
        processing_warning: extraction::note(piece).map(str::to_owned),
        schema_used: Some(facts.prompt.prompt_id.clone()),
        field_extraction_succeeded: outcome.field_extraction,
        transcription_succeeded: outcome.transcription,
        image_embedding_succeeded: outcome.image_embedding,
        field_extraction_error: error(!outcome.field_extraction),
        transcription_error: error(outcome.transcription == Some(false)),
        image_embedding_error: error(outcome.image_embedding == Some(false)),
        marker: Some(Marker::default()),
        extracted_metadata_markers: Some(std::collections::BTreeMap::default()),
        ..SegmentResult::default()
    })
}

/// What a run extracted from a segment. Empty if the extraction failed or has not ended.
pub fn metadata(facts: &Facts, step: &Step) -> Map<String, Value> {
    match step.phase.outcome() {
        Some(outcome) if outcome.field_extraction => extraction::of_segment(&facts.prompt, step.piece),
        _ => Map::new(),
    }
}

/// The result of an item as a whole. `None` if the prompt asks for none or the run has not begun with the item.
pub fn video_result(facts: &Facts, item: &ItemProgress) -> Option<VideoResult> {
    let config = facts.prompt.video_level.as_ref()?;
    let (begun, ended) = item.span();
    let available = has_video_result(item);
    let metadata = if available { extraction::of_item(&facts.prompt, item) } else { Map::new() };
    let succeeded = || item.steps.iter().filter(|step| step.phase.succeeded());
    let preview = succeeded().next().or(item.steps.first());
    let rendered: usize = config.instructions_text.chars().count()
        + succeeded().map(|step| extraction::as_text(&extraction::of_segment(&facts.prompt, step.piece)).chars().count()).sum::<usize>();
    let status = item.status;
    Some(VideoResult {
        result_type: "video".into(),
        result_id: Some(format!("video:{}:{}", item.item.video_id, facts.run_id)),
        run_id: facts.run_id.clone(),
        prompt_id: facts.prompt.prompt_id.clone(),
        prompt_run_id: Some(facts.run_id.clone()),
        video_id: item.item.video_id.clone(),
        video_name: Some(item.item.title.clone()),
        source_index_id: item.item.index_id.clone(),
        executed_at: stamp(ended.unwrap_or(facts.started)),
        status: status.as_str().into(),
        metadata_text: extraction::as_text(&metadata),
        raw_llm_response: available.then(|| Value::Object(metadata.clone()).to_string()),
        metadata,
        schema_used: Some(facts.prompt.prompt_id.clone()),
        successful_segment_count: item.count(Phase::succeeded),
        failed_segment_count: item.count(Phase::failed),
        omitted_segment_ids: item.steps.iter().filter(|step| step.phase.failed()).map(|step| step.piece.segment_id.clone()).collect(),
        template_fields: config.included_segment_fields.clone(),
        source_fingerprint: Some(format!("{}:{}", item.item.video_id, item.count(Phase::succeeded))),
        rendered_prompt_char_count: if available { u64::try_from(rendered).unwrap_or(u64::MAX) } else { 0 },
        llm_attempted: available,
        embedding_status: Some(if available { "completed" } else { "skipped" }.into()),
        attempt_id: Some(attempt_id(facts, item.item)),
        error_message: (status == Status::Failed).then(|| "no segment of the item succeeded".into()),
        started_at: begun.map(stamp),
        completed_at: ended.map(stamp),
        thumbnail_available: preview.is_some_and(|step| step.piece.pictured()),
        processing_warning: preview.filter(|_| available).and_then(|step| extraction::note(step.piece)).map(str::to_owned),
        preview_segment_id: preview.map(|step| step.piece.segment_id.clone()),
        preview_start_time: preview.map(|step| step.piece.start),
        preview_end_time: preview.map(|step| step.piece.end),
        marker: Some(Marker::default()),
        ..VideoResult::default()
    })
}

/// A segment as a run left it.
pub fn segment(progress: &Progress, item: &Item, step: &Step) -> Segment {
    let facts = progress.facts;
    let outcome = step.phase.outcome();
    let failure = outcome.and_then(|outcome| Failure::of(step.piece, outcome));
    let error = |failed: bool| failure.as_ref().and_then(|failure| failure.message_if(failed));
    let metadata = outcome.filter(|outcome| outcome.field_extraction).map(|_| metadata(facts, step));
    Segment {
        processed: step.phase.succeeded(),
        processing_failed: step.phase.failed(),
        segment_status: segment_status(step.phase).into(),
        attempt_id: (step.phase != Phase::Pending).then(|| attempt_id(facts, item)),
        status_source: Some("run_result".into()),
        metadata_text: metadata.as_ref().map(extraction::as_text),
        processing_warning: metadata.as_ref().and_then(|_| extraction::note(step.piece)).map(str::to_owned),
        metadata,
        processed_at: match step.phase {
            Phase::Finished { until, .. } => Some(stamp(until)),
            _ => None,
        },
        from_run_id: Some(facts.run_id.clone()),
        field_extraction_succeeded: outcome.map(|outcome| outcome.field_extraction),
        transcription_succeeded: outcome.and_then(|outcome| outcome.transcription),
        image_embedding_succeeded: outcome.and_then(|outcome| outcome.image_embedding),
        field_extraction_error: error(outcome.is_some_and(|outcome| !outcome.field_extraction)),
        transcription_error: error(outcome.is_some_and(|outcome| outcome.transcription == Some(false))),
        image_embedding_error: error(outcome.is_some_and(|outcome| outcome.image_embedding == Some(false))),
        error_message: failure.as_ref().map(|failure| failure.message.clone()),
        failure_stage: failure.as_ref().map(|failure| failure.stage.clone()),
        failure_message: failure.map(|failure| failure.message),
        ..plain_segment(item, step.piece)
    }
}

/// A segment that no run has touched.
pub fn plain_segment(item: &Item, piece: &super::Piece) -> Segment {
    Segment {
        segment_id: piece.segment_id.clone(),
        video_id: item.video_id.clone(),
        start_time: piece.start,
        end_time: piece.end,
        segment_status: "pending".into(),
        status_source: Some("segment".into()),
        created_at: Some(stamp(item.created)),
        thumbnail_available: piece.pictured(),
        ..Segment::default()
    }
}
