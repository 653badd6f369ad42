//! What runs found, what failed in them, and retries of failed segments.

use axum::http::StatusCode;
use rusqlite::Transaction;

use super::runs::{afford, facts};
use crate::{
    api::{
        page::Rows,
        results::{Failures, ModelCall, SegmentResult, SegmentRetry, SegmentRetryStatus, VideoResult},
        runs::{GetFailedSegments, GetSegmentRetry, GetVideoResult, ListModelCalls, ListResults, RetrySegment},
    },
    playground::{
        Refusal,
        auth::Caller,
        cursor::page_size,
        indexes::unplaced,
        markers,
        mount::Reply,
        random,
        runs::{Facts, Progress, Retry, billing, calls, outcome::Outcome, reading, stamp, summary},
        store::{Store, runs, settle},
        time::now,
    },
};

const DEFAULT_ROWS: u32 = 50;
const MOST_ROWS: u32 = 100;

pub async fn list_results(_: Caller, store: Store, call: ListResults) -> Reply<Rows<SegmentResult>> {
    let limit = page_size::<ListResults>("limit", call.limit, DEFAULT_ROWS, MOST_ROWS)?;
    let after: Option<usize> = store.cursors().position(&call, call.cursor.as_deref())?;
    let (run_id, video_id) = (call.run_id.to_string(), call.video_id.to_string());
    let rows = store
        .read(move |connection| {
            let facts = facts(connection, &run_id)?;
            let progress = Progress::at(&facts, now());
            let item = progress.item(&video_id).ok_or_else(not_covered)?;
            let results =
                item.steps.iter().enumerate().filter_map(|(place, step)| Some((place, reading::segment_result(&facts, item.item, step)?)));
            let behind = results.filter(|(place, _)| after.is_none_or(|after| *place > after));
            let mut rows: Vec<_> = behind.take(usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1)).collect();
            markers::show(connection, rows.iter_mut().map(|(_, result)| result))?;
            Ok(rows)
        })
        .await?;
    Ok(unplaced(store.cursors().page(&call, limit, rows, |(place, _)| *place)?))
}

pub async fn get_video_result(_: Caller, store: Store, call: GetVideoResult) -> Reply<VideoResult> {
    store
        .read(move |connection| {
            let facts = facts(connection, call.run_id.as_str())?;
            let progress = Progress::at(&facts, now());
            let item = progress.item(call.video_id.as_str()).ok_or_else(not_covered)?;
            let result = reading::video_result(&facts, item).ok_or_else(|| Refusal::not_found("result"))?;
            markers::show_one(connection, result)
        })
        .await
}

/// If a run does not cover an item, the answer is the same as for an item that does not exist.
pub fn not_covered() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "resource_video_not_found", "This run does not cover that video.")
}

pub async fn get_failed_segments(_: Caller, store: Store, call: GetFailedSegments) -> Reply<Failures> {
    store.read(move |connection| Ok(summary::failures(&Progress::at(&facts(connection, call.run_id.as_str())?, now())))).await
}

pub async fn list_model_calls(_: Caller, store: Store, call: ListModelCalls) -> Reply<Rows<ModelCall>> {
    store
        .read(move |connection| {
            let facts = facts(connection, call.run_id.as_str())?;
            let now = now();
            Ok(Rows::all(calls::calls(&Progress::at(&facts, now), now)))
        })
        .await
}

/// Retries a segment. The run must have ended, and the failure manifest must say that the failure of this segment is retryable.
pub fn retry_segment(caller: &Caller, tx: &Transaction<'_>, call: RetrySegment) -> Reply<SegmentRetry> {
    settle::settle(tx, now())?;
    let facts = facts(tx, call.run_id.as_str())?;
    let progress = Progress::at(&facts, now());
    let item = progress.item(call.video_id.as_str()).ok_or_else(not_covered)?;
    let step = item.steps.iter().find(|step| step.piece.segment_id == call.segment_id.as_str());
    let step = step.ok_or_else(|| Refusal::not_found("segment"))?;
    if !progress.status.is_terminal() {
        return Err(Refusal::conflict("resource_run_not_finished", "The run has not ended yet; its failed segments can be retried then."));
    }
    let failure = step.phase.outcome().and_then(|outcome| summary::Failure::of(step.piece, outcome));
    let failure = failure
        .ok_or_else(|| Refusal::conflict("resource_segment_not_failed", "The segment has not failed, so there is nothing to retry."))?;
    if !failure.retryable {
        let message = format!("The segment cannot be retried, because trying again would not help: {}.", failure.message);
        return Err(Refusal::conflict("resource_segment_not_retryable", message).with("failure_code", failure.code));
    }
    let now = now();
    let same = |retry: &&Retry| {
        retry.video_id == item.item.video_id && retry.segment_id == step.piece.segment_id && retry.at(&facts, now).ended.is_none()
    };
    if let Some(pending) = facts.retries.iter().find(same) {
        let message = format!("The segment is being retried already: see the retry {}.", pending.retry_id);
        return Err(Refusal::conflict("resource_segment_retry_pending", message).with("retry_id", pending.retry_id.as_str()));
    }
    let retry = Retry {
        retry_id: random::id("retry_").map_err(Refusal::internal)?,
        video_id: item.item.video_id.clone(),
        segment_id: step.piece.segment_id.clone(),
        created: now,
        settled: None,
    };
    let price = billing::retry_estimate(&facts, &retry);
    afford(tx, "retry", price)?;
    runs::add_retry(tx, &facts, &retry)?;
    let state = retry.at(&facts, retry.created);
    Ok(SegmentRetry {
        run_id: facts.run_id.clone(),
        status: state.status.as_str().into(),
        message: "The retry was accepted. Use its id to follow it.".into(),
        idempotency_key: caller.idempotency_key.clone(),
        video_id: retry.video_id.clone(),
        segment_id: retry.segment_id.clone(),
        created_at: stamp(retry.created),
        started_at: None,
        completed_at: None,
        error: None,
        billing_estimated_mt: price,
        billing_actual_mt: 0.0,
        billing_status: Some(billing::billing_status(false, 0.0).into()),
        billing_error: None,
        retry_id: retry.retry_id,
    })
}

pub async fn get_segment_retry(_: Caller, store: Store, call: GetSegmentRetry) -> Reply<SegmentRetryStatus> {
    store
        .read_settled(move |connection| {
            let facts = facts(connection, call.run_id.as_str())?;
            let retry = facts.retries.iter().find(|retry| {
                retry.retry_id == call.retry_id.as_str()
                    && retry.video_id == call.video_id.as_str()
                    && retry.segment_id == call.segment_id.as_str()
            });
            retry.map(|retry| retry_status(&facts, retry)).ok_or_else(|| Refusal::not_found("retry"))
        })
        .await
}

fn retry_status(facts: &Facts, retry: &Retry) -> SegmentRetryStatus {
    let state = retry.at(facts, now());
    let charged = billing::retry_charged(facts, retry, state.status);
    let place = facts.items.iter().find(|item| item.video_id == retry.video_id);
    let piece = place.and_then(|item| Some((item, item.pieces.iter().find(|piece| piece.segment_id == retry.segment_id)?)));
    let outcome = piece.filter(|_| state.ended.is_some()).map(|(item, piece)| (piece, Outcome::of_retry(&facts.settings, item, piece)));
    let failure = outcome.and_then(|(piece, outcome)| summary::Failure::of(piece, outcome));
    let outcome = outcome.map(|(_, outcome)| outcome);
    SegmentRetryStatus {
        run_id: facts.run_id.clone(),
        retry_id: retry.retry_id.clone(),
        status: state.status.as_str().into(),
        video_id: retry.video_id.clone(),
        segment_id: retry.segment_id.clone(),
        created_at: stamp(retry.created),
        started_at: state.started.map(stamp),
        completed_at: state.ended.map(stamp),
        error: failure.and_then(|failure| failure.message_if(true)),
        billing_estimated_mt: billing::retry_estimate(facts, retry),
        billing_actual_mt: charged,
        billing_status: Some(billing::billing_status(state.ended.is_some(), charged).into()),
        billing_error: None,
        field_extraction_succeeded: outcome.map(|outcome| outcome.field_extraction),
        transcription_succeeded: outcome.and_then(|outcome| outcome.transcription),
        image_embedding_succeeded: outcome.and_then(|outcome| outcome.image_embedding),
    }
}
