//! How to try again what failed in a run: ready arguments for only what failed, with the price.

use std::time::Duration;

use ring::digest;
use serde_json::{Map, Value, json};

use super::failures::{Cause, Hopeless};
use crate::{
    api::{
        self,
        run::{Estimate, PromptRun},
        runs::{EstimateRun, RunRequest},
    },
    tools::{Answer, Context, catalog, text},
};

/// How long to wait for the price.
const PRICE_WITHIN: Duration = Duration::from_secs(6);
/// The tool that tries one segment again.
const RETRY: &str = "retry_prompt_run_segment";
/// The tool that runs a prompt again.
const RUN: &str = "execute_prompt";
/// How many segments are named.
const MAX_SEGMENTS: usize = 10;

/// Proposes to retry what can succeed, and says that the rest is unlikely to.
pub async fn propose(cx: &Context<'_>, answer: &mut Answer, run: &PromptRun, causes: &[Cause]) {
    let mendable: Vec<_> = causes.iter().filter(|cause| cause.worth_a_retry()).flat_map(|cause| &cause.segments).collect();
    answer.fact("retry_can_help", !mendable.is_empty());
    for (why, said) in [(Hopeless::Told, "the API says that it will not"), (Hopeless::Tried, "a retry of each has failed")] {
        let segments: usize = causes.iter().filter(|cause| cause.hopeless() == Some(why)).map(|cause| cause.segments.len()).sum();
        if segments > 0 {
            answer.close(format!("A retry is unlikely to help {}: {said}.", text::count(segments, "failed segment")));
        }
    }
    if mendable.is_empty() {
        return;
    }
    let mut retry = Map::new();
    let segments: Vec<Value> = mendable
        .iter()
        .take(MAX_SEGMENTS)
        .map(|(video, segment)| json!({"run_id": run.run_id, "video_id": video, "segment_id": segment.segment_id}))
        .collect();
    let more = mendable.len().saturating_sub(segments.len());
    let first = segments.first().map(Value::to_string).unwrap_or_default();
    let others = segments.len() + more - 1;
    let others = if others > 0 { format!(", and the same for {others} more") } else { String::new() };
    let can = |name: &str| cx.offer.can_call(name);
    #[expect(clippy::cast_precision_loss, reason = "no run has so many segments")]
    let alone = share(run).map(|mt| mt * mendable.len() as f64);
    let said = alone.map(|mt| format!(" (about {} mt)", about(mt))).unwrap_or_default();
    let least = format!("Retrying the failed segments alone{said} costs least");
    // Whoever has to call one tool many times calls the other once.
    let few = more == 0;
    retry.insert("segments".into(), Value::Array(segments));
    retry.insert("segments_estimated_mt".into(), json!(alone.map(|mt| text::rounded(mt, 3))));
    let items = {
        let mut seen = std::collections::HashSet::new();
        mendable.iter().map(|(video, _)| video).filter(|video| seen.insert(video.as_str())).cloned().collect::<Vec<_>>()
    };
    let arguments = arguments(run, &items);
    let estimate = price(cx, &arguments).await.and_then(|estimate| estimate.price());
    let cost = estimate.map_or_else(|| "its price could not be read".to_owned(), |mt| format!("estimated at {} mt", text::number(mt)));
    let what = text::count(items.len(), "item");
    let obstacle = |name: &str| catalog::find(name).and_then(|tool| cx.offer.obstacle(tool)).unwrap_or_default();
    let whole = format!("the {what} with failures again as a whole");
    // What cannot be done here has its price all the same: whoever decides may have another key.
    match [RETRY, RUN].map(can) {
        [true, true] => {
            answer.close(format!("{least}: {RETRY} {first}{others}."));
            answer.close(format!("Or run {whole}, {cost}: {RUN} {arguments}"));
            answer.close("Either is billed: ask the user first.");
        }
        [true, false] => {
            answer.close(format!("{least}: {RETRY} {first}{others}. It is billed: ask the user first."));
            answer.note(format!("Running {whole} is {cost}. That cannot be done here: {}.", obstacle(RUN)));
        }
        [false, true] => {
            answer.note(format!("{least}. That cannot be done here: {}.", obstacle(RETRY)));
            answer.close(format!("Run {whole}, {cost}: {RUN} {arguments}"));
            answer.close("It is billed: ask the user first.");
        }
        [false, false] => {
            // Which of the two lacks what is the same in nearly all cases.
            answer.note(format!("{least}. Running {whole} is {cost}. Neither can be done here: {}.", obstacle(RUN)));
        }
    }
    let next = [RETRY, RUN].into_iter().filter(|name| few || *name == RUN || !can(RUN)).find(|name| can(name));
    answer.fact("next_tool", next);
    retry.insert("execute_prompt".into(), arguments);
    retry.insert("estimated_mt".into(), json!(estimate.map(|mt| text::rounded(mt, 3))));
    let mut retry = Value::Object(retry);
    text::prune(&mut retry);
    answer.fact("retry", retry);
}

/// A price that is a guess: what a segment costs depends on its length.
fn about(mt: f64) -> String {
    match text::rounded(mt, i32::from(mt < 10.0)) {
        Value::Number(number) if number.as_f64().is_some_and(|mt| mt > 0.0) => text::number(number.as_f64().unwrap_or(mt)),
        _ => text::price(mt),
    }
}

/// What one segment costs: its share in the price of the run. The API prices no single segment.
pub fn share(run: &PromptRun) -> Option<f64> {
    run.billing_estimated_mt.filter(|mt| run.segments() > 0 && *mt > 0.0).map(|mt| {
        #[expect(clippy::cast_precision_loss, reason = "no run has so many segments")]
        let segments = run.segments() as f64;
        mt / segments
    })
}

/// The arguments that run the same prompt in the same way over these items alone. They have an idempotency key, so repeating the call
/// starts nothing new.
fn arguments(run: &PromptRun, items: &[String]) -> Value {
    let index_id = run.told("index_id");
    let word = |word: &str, default: &str| (!word.is_empty() && word != default).then(|| word.to_owned());
    let mut arguments = json!({
        "prompt_id": run.prompt_id,
        "target": {"type": "videos", "video_ids": items, "index_id": index_id},
        "video_segmentation_type": word(&run.video_segmentation_type, "smart"),
        "video_segment_duration": run.video_segment_duration,
        "audio_segmentation_type": word(&run.audio_segmentation_type, "content_aware"),
        "audio_segment_duration": run.audio_segment_duration,
        "processing_model": run.processing_model,
        "enable_transcription": (!run.enable_transcription).then_some(false),
        "enable_image_embedding": (!run.enable_image_embedding).then_some(false),
        "idempotency_key": key(run, items),
    });
    text::prune(&mut arguments);
    arguments
}

/// The key of a repetition: another one if other items are left.
fn key(run: &PromptRun, items: &[String]) -> String {
    let hash = digest::digest(&digest::SHA256, items.join(" ").as_bytes());
    let items = api::hex(hash.as_ref().get(..4).unwrap_or_default());
    format!("again:{}:{items}", run.run_id.chars().take(180).collect::<String>())
}

/// What the run would cost over this item alone.
pub async fn estimate(cx: &Context<'_>, run: &PromptRun, video_id: &str) -> Option<Estimate> {
    price(cx, &arguments(run, &[video_id.to_owned()])).await
}

async fn price(cx: &Context<'_>, arguments: &Value) -> Option<Estimate> {
    let request: RunRequest = serde_json::from_value(arguments.clone()).ok()?;
    let deadline = cx.deadline.at_most(PRICE_WITHIN);
    cx.session.call(&EstimateRun(request), &deadline).await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_options_go_again_and_defaults_are_left_out() {
        let run = |members: &Value| -> PromptRun {
            let mut run = json!({"run_id": "r", "prompt_id": "p", "video_segmentation_type": "smart", "audio_segmentation_type": "content_aware",
                "enable_transcription": true, "enable_image_embedding": true, "run_context": {"index_id": "i"}});
            for (name, value) in members.as_object().unwrap() {
                run[name] = value.clone();
            }
            serde_json::from_value(run).unwrap()
        };
        let target = json!({"type": "videos", "video_ids": ["v"], "index_id": "i"});
        let key = key(&run(&json!({})), &["v".into()]);
        assert_eq!(arguments(&run(&json!({})), &["v".into()]), json!({"prompt_id": "p", "target": target, "idempotency_key": key}));
        assert!(key.starts_with("again:r:") && key != super::key(&run(&json!({})), &["w".into()]), "{key}");
        let other = json!({"video_segmentation_type": "fixed", "video_segment_duration": 60, "enable_transcription": false, "processing_model": "m"});
        let again = arguments(&run(&other), &["v".into()]);
        for (name, value) in other.as_object().unwrap() {
            assert_eq!(&again[name], value, "{name}");
        }
    }
}
