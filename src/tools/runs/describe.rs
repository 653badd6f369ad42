//! A run in words and in the contract's members.

use serde_json::{Map, Value, json};

use crate::{
    api::{ids::RunId, run::PromptRun, runs::GetRun, state, time},
    session::CallError,
    tools::{Answer, Context, answer::Row, text, waiting::word},
};

/// The run's status in lower case.
pub fn status(run: &PromptRun) -> String {
    run.status.to_lowercase()
}

/// Whether the run has ended.
pub fn is_over(run: &PromptRun) -> bool {
    matches!(status(run).as_str(), "completed" | "completed_with_failures" | "failed" | "cancelled")
}

/// Whether the run goes on. Of a run in a state that nobody knows this says no, and so does [`is_over`].
pub fn is_under_way(run: &PromptRun) -> bool {
    !is_over(run) && state::is_under_way(&run.status)
}

/// Whether the run has results that can be searched.
pub fn has_results(run: &PromptRun) -> bool {
    matches!(status(run).as_str(), "completed" | "completed_with_failures") && !lost_its_media(run)
}

/// Whether the media of a run were deleted since, and its results with them: it was paid for, and now it covers nothing.
pub fn lost_its_media(run: &PromptRun) -> bool {
    let paid = run.billing_actual_mt.is_some_and(|mt| mt > 0.0);
    is_over(run) && paid && media(run) == 0 && run.total_segments == Some(0)
}

/// The answer about the results of a run whose media are gone.
pub fn nothing_left(run: &PromptRun) -> Answer {
    let (run_id, prompt) = (text::id(&run.run_id), text::line(&run.prompt_name, 80));
    let mut answer =
        Answer::new(format!("No results: the media of run {run_id} \"{prompt}\" are gone (deleted), and its results with them."));
    answer.fact("run_id", run.run_id.as_str());
    answer.fact("media_gone", true);
    answer
}

/// The same, if results were not found and that is why.
pub async fn why_not_found(cx: &Context<'_>, run_id: &RunId, error: &CallError) -> Option<Answer> {
    if !matches!(error, CallError::Upstream(error) if error.is_missing()) {
        return None;
    }
    let run = cx.session.call(&GetRun { run_id: run_id.clone() }, &cx.aside()).await.ok()?;
    lost_its_media(&run).then(|| nothing_left(&run))
}

/// How many media items the run covers.
pub fn media(run: &PromptRun) -> u64 {
    run.total_videos + run.total_audios + run.total_images
}

/// How many media items are done, with or without failures. Cancelled ones are not.
pub fn media_done(run: &PromptRun) -> u64 {
    [run.completed_videos, run.failed_videos, run.partial_videos]
        .into_iter()
        .chain([run.completed_audios, run.failed_audios, run.partial_audios])
        .chain([run.completed_images, run.failed_images, run.partial_images])
        .sum()
}

/// How much a run covers, to say which of several is the most complete: first the items that it went through, then the part of its segments
/// that are done, then their number. Finer cuts make more segments and not more results.
pub fn rank(run: &PromptRun) -> (u64, u64, u64) {
    (media_done(run), run.completed_segments.saturating_mul(1_000) / run.segments().max(1), run.completed_segments)
}

/// How many media items went wrong, wholly or in part.
pub fn media_failed(run: &PromptRun) -> u64 {
    run.failed_videos + run.partial_videos + run.failed_audios + run.partial_audios + run.failed_images + run.partial_images
}

/// One line: `completed, 8 of 8 items, 180 of 180 segments`.
pub fn standing(run: &PromptRun) -> String {
    if lost_its_media(run) {
        return format!("{}, its media are gone (deleted)", word(&run.status));
    }
    let mut out = format!("{}, {}", word(&run.status), text::part(media_done(run), media(run), "item"));
    if run.segments() > 0 {
        out.push_str(&format!(", {}", text::part(run.completed_segments, run.segments(), "segment")));
    }
    if media_failed(run) > 0 {
        out.push_str(&format!(", {} with failures", media_failed(run)));
    }
    if run.stop_state.as_ref().is_some_and(|stop| stop.requested_at.is_some()) && !is_over(run) {
        out.push_str(", asked to stop");
    }
    out
}

/// The index that a run covers, if its record says so: its name, or else its id.
pub fn index_name(run: &PromptRun) -> Option<&str> {
    run.told("index_name").or_else(|| run.told("index_id"))
}

/// A time of the API to the minute, in UTC: `2026-01-05 10:00`.
pub fn minute(time: &str) -> String {
    match time::instant(time) {
        Some(at) => at.format("%Y-%m-%d %H:%M").to_string(),
        None => time.get(..16).unwrap_or(time).replace('T', " "),
    }
}

/// A run in a list, with its index if `with_index`. A list may instead say the index once for all runs.
pub fn row(run: &PromptRun, with_index: bool) -> Row {
    let day = minute(&run.executed_at);
    let index = index_name(run).filter(|_| with_index);
    let place = index.map(|name| format!(" on \"{}\"", text::line(name, 50))).unwrap_or_default();
    let line =
        format!("{} \"{}\"{place} {} {}", text::id(&run.run_id), text::line(&run.prompt_name, 50), text::line(&day, 20), standing(run));
    let mut value = json!({
        "run_id": run.run_id,
        "prompt_id": run.prompt_id,
        "prompt_name": run.prompt_name,
        "index_name": index,
        "status": run.status,
        // To the minute: `2026-01-05T14:00Z`.
        "executed_at": run.executed_at.strip_suffix('Z').and_then(|at| at.get(..16)).map_or_else(|| run.executed_at.clone(), |at| format!("{at}Z")),
        "media_done": media_done(run),
        "total_media": media(run),
        "media_failed": Some(media_failed(run)).filter(|n| *n > 0),
        "completed_segments": run.completed_segments,
        "total_segments": run.segments(),
        "media_gone": lost_its_media(run).then_some(true),
    });
    text::prune(&mut value);
    Row { line, value }
}

/// Fills an answer with everything that matters about a run.
pub fn write(answer: &mut Answer, run: &PromptRun) {
    answer.line(standing(run));
    if let Some(error) = run.error_message.as_deref().filter(|error| !error.is_empty()) {
        answer.line(format!("Error: {}", text::line(error, 500)));
    }
    let kinds = [
        ("videos", [run.total_videos, run.completed_videos, run.failed_videos, run.partial_videos, run.cancelled_videos]),
        ("audios", [run.total_audios, run.completed_audios, run.failed_audios, run.partial_audios, run.cancelled_audios]),
        ("images", [run.total_images, run.completed_images, run.failed_images, run.partial_images, run.cancelled_images]),
    ];
    let mut breakdown = serde_json::Map::new();
    for (kind, [total, completed, failed, partial, cancelled]) in kinds {
        if total > 0 {
            answer.line(format!("{kind}: {completed} completed, {partial} partial, {failed} failed, {cancelled} cancelled of {total}"));
            breakdown.insert(
                kind.into(),
                json!({"total": total, "completed": completed, "failed": failed, "partial": partial, "cancelled": cancelled}),
            );
        }
    }
    let failures = [
        ("field extraction", run.field_extraction_failures),
        ("transcription", run.transcription_failures),
        ("image embedding", run.image_embedding_failures),
    ];
    let failures: Vec<_> = failures.into_iter().filter(|(_, n)| *n > 0).map(|(what, n)| format!("{n} in {what}")).collect();
    if !failures.is_empty() {
        answer.line(format!("Failed operations: {}", failures.join(", ")));
    }
    if run.video_level_enabled && !lost_its_media(run) {
        answer.line(format!(
            "Whole-video results: {} of {}{}{}",
            run.video_level_completed_items,
            run.video_level_total_items,
            if run.video_level_partial_items > 0 {
                format!(", {} from part of the segments", run.video_level_partial_items)
            } else {
                String::new()
            },
            if run.video_level_failed_items > 0 { format!(", {} failed", run.video_level_failed_items) } else { String::new() }
        ));
    }
    answer.line(billing(run));
    left_out(answer, &run.run_context);
    if let Some(at) = run.stop_state.as_ref().and_then(|stop| stop.requested_at.as_deref()) {
        answer.line(format!("Stop requested at {}", text::line(at, 40)));
    }
    let total = media(run);
    answer.facts(json!({
        "run_id": run.run_id,
        "status": run.status,
        "prompt_id": run.prompt_id,
        "prompt_name": run.prompt_name,
        "executed_at": run.executed_at,
        "error_message": run.error_message,
        "progress": {"completed": media_done(run), "total": total, "percent": percent(media_done(run), total)},
        "media_breakdown": breakdown,
        "operations": {
            "total_segments": run.segments(),
            "completed_segments": run.completed_segments,
            "field_extraction_failures": run.field_extraction_failures,
            "transcription_failures": run.transcription_failures,
            "image_embedding_failures": run.image_embedding_failures,
        },
        "configuration": {
            "video_segmentation_type": run.video_segmentation_type,
            "video_segment_duration": run.video_segment_duration,
            "audio_segmentation_type": run.audio_segmentation_type,
            "audio_segment_duration": run.audio_segment_duration,
            "processing_model": run.processing_model,
            "enable_transcription": run.enable_transcription,
            "enable_image_embedding": run.enable_image_embedding,
        },
        "video_level": run.video_level_enabled.then(|| json!({
            "total_items": run.video_level_total_items,
            "completed_items": run.video_level_completed_items,
            "failed_items": run.video_level_failed_items,
            "partial_items": run.video_level_partial_items,
        })),
        "billing": {
            "estimated_mt": run.billing_estimated_mt,
            "actual_mt": run.billing_actual_mt,
            "status": run.billing_status,
            "error": run.billing_error,
            "billed_apart": bills_retries_apart(run).then_some(APART),
        },
        "media_gone": lost_its_media(run).then_some(true),
        "stop_state": run.stop_state,
    }));
}

/// Says which media a run or an estimate leaves out, and why, if the API tells that. `told` is the context of a run or the breakdown of an
/// estimate.
pub fn left_out(answer: &mut Answer, told: &Map<String, Value>) {
    for group in told.get("left_out").and_then(Value::as_array).into_iter().flatten() {
        let count = group.get("count").and_then(Value::as_u64).and_then(|count| usize::try_from(count).ok()).unwrap_or_default();
        let ids: Vec<&str> = group.get("video_ids").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let more = if ids.len() < count { ", …" } else { "" };
        let ids: Vec<String> = ids.into_iter().map(text::id).collect();
        let why = group.get("reason").and_then(Value::as_str).unwrap_or("the API does not say why");
        answer.note(format!("{} left out ({}{more}): {}.", text::count(count, "item"), ids.join(", "), text::line(why, 400)));
    }
}

/// How many items a run or an estimate leaves out.
pub fn count_left_out(told: &Map<String, Value>) -> usize {
    let groups = told.get("left_out").and_then(Value::as_array).into_iter().flatten();
    groups.filter_map(|group| usize::try_from(group.get("count")?.as_u64()?).ok()).sum()
}

/// The price in words.
pub fn billing(run: &PromptRun) -> String {
    let told = |mt: Option<f64>, what: &str| mt.map_or_else(|| format!("{what} unknown"), |mt| format!("{} mt {what}", text::number(mt)));
    let mut out = format!("Cost: {}, {}", told(run.billing_actual_mt, "actual"), told(run.billing_estimated_mt, "estimated"));
    if let Some(status) = &run.billing_status {
        out.push_str(&format!(", billing {}", text::line(status, 40)));
    }
    if let Some(error) = run.billing_error.as_deref().filter(|error| !error.is_empty()) {
        out.push_str(&format!(" ({})", text::line(error, 200)));
    }
    if bills_retries_apart(run) {
        out.push_str(&format!("; {APART} are billed apart"));
    }
    out
}

/// What the price of a run leaves out.
const APART: &str = "retries of single segments";

/// Whether the price of a run leaves something out: segments are retried, each for a price of its own, once it has ended.
fn bills_retries_apart(run: &PromptRun) -> bool {
    is_over(run) && run.billing_actual_mt.is_some()
}

#[expect(clippy::cast_precision_loss, reason = "a percentage of counts")]
fn percent(done: u64, total: u64) -> Value {
    if total == 0 { json!(0) } else { text::rounded(done as f64 * 100.0 / total as f64, 1) }
}

/// What to do next with a run. Names listed tools only.
pub fn next_step(cx: &Context<'_>, run: &PromptRun) -> Option<(&'static str, String)> {
    let candidates: &[(&str, &str)] = if is_under_way(run) {
        &[("wait_for_prompt_run", "to wait for its end"), ("get_prompt_run_status", "to look again later")]
    } else if !is_over(run) {
        &[("get_prompt_run_status", "to look again later")]
    } else if lost_its_media(run) {
        &[]
    } else if media_failed(run) > 0 || status(run) == "failed" {
        &[("diagnose_prompt_run", "to learn what failed and why")]
    } else if has_results(run) && media(run) > 1 {
        // Results of one item need its id, which the record of a run does not tell.
        &[
            ("tabulate_prompt_run", "to read what it found in all its items"),
            ("get_prompt_run_results", "to read what it found, an item at a time"),
            ("search_videos", "to search what it found"),
        ]
    } else if has_results(run) {
        &[("get_prompt_run_results", "to read what it found"), ("search_videos", "to search what it found")]
    } else {
        &[]
    };
    let (name, why) = candidates.iter().find(|(name, _)| cx.offer.can_call(name))?;
    Some((name, format!("Next: {name} {why}.")))
}

/// Adds the next step to an answer.
pub fn advise(cx: &Context<'_>, answer: &mut Answer, run: &PromptRun) {
    if let Some((tool, advice)) = next_step(cx, run) {
        answer.fact("next_tool", tool);
        answer.close(advice);
    }
}
