//! `diagnose_prompt_run`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::describe;
use crate::{
    api::{
        ids::RunId,
        results::{FailedSegment, Failures, ModelCall},
        run::PromptRun,
        runs::{GetFailedSegments, GetRun, ListModelCalls},
    },
    tools::{
        Answer, Context, Effect, Family, Spec, ToolError,
        answer::Row,
        schema::{Kind, Member},
        text,
    },
};

/// How many causes are shown.
const MAX_CAUSES: usize = 12;

/// Explain why a run did not do what it should: state, counts, failed segments by cause, whether a retry can help, billing,
/// model calls, next step.
#[derive(Deserialize, JsonSchema)]
pub struct DiagnosePromptRun {
    run_id: RunId,
}

impl Spec for DiagnosePromptRun {
    type Endpoint = GetRun;
    const NAME: &'static str = "diagnose_prompt_run";
    const TITLE: &'static str = "Diagnose a run";
    const FAMILY: Family = Family::Runs;
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = &[
        Member::always("status", Kind::Text),
        Member::always("verdict", Kind::Text),
        Member::always("causes", Kind::Rows),
        Member::maybe("next_tool", Kind::Text),
    ];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let run_id = self.run_id;
        let (look, failed, models) =
            (GetRun { run_id: run_id.clone() }, GetFailedSegments { run_id: run_id.clone() }, ListModelCalls { run_id });
        let (run, failures, calls) = tokio::join!(
            cx.session.call(&look, &cx.deadline),
            cx.session.call(&failed, &cx.deadline),
            cx.session.call(&models, &cx.deadline)
        );
        let run = run?;
        let causes = failures.as_ref().map(causes).unwrap_or_default();
        let verdict = verdict(&run, failures.as_ref().ok(), &causes);
        let mut answer = Answer::new(format!("Run {} \"{}\": {verdict}", text::id(&run.run_id), text::line(&run.prompt_name, 80)));
        answer.fact("verdict", verdict);
        describe::write(&mut answer, &run);
        if let Ok(calls) = &calls {
            model_calls(&mut answer, &calls.data);
        }
        let hidden = causes.len().saturating_sub(MAX_CAUSES);
        answer.rows("causes", causes.iter().take(MAX_CAUSES).map(Cause::row).collect());
        if hidden > 0 {
            answer.note(format!("{} with fewer segments are not shown.", text::count(hidden, "more cause")));
        }
        if failures.is_err() {
            answer.note("The list of failed segments could not be read.");
        }
        if calls.is_err() {
            answer.note("The model calls could not be read.");
        }
        next(cx, &mut answer, &run, &causes);
        Ok(answer)
    }
}

/// Segments that failed for the same reason.
struct Cause {
    code: Option<String>,
    stage: Option<String>,
    message: String,
    segments: Vec<(String, FailedSegment)>,
}

/// Groups failed segments by code, stage and message, most frequent first. Digits are folded in the comparison, since messages name
/// times and ids.
fn causes(failures: &Failures) -> Vec<Cause> {
    let mut groups: BTreeMap<(String, String, String), Cause> = BTreeMap::new();
    for video in &failures.videos {
        for segment in &video.segments {
            let message = message(segment);
            let folded: String = message.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect();
            let key = (segment.failure_code.clone().unwrap_or_default(), segment.failure_stage.clone().unwrap_or_default(), folded);
            let cause = groups.entry(key).or_insert_with(|| Cause {
                code: segment.failure_code.clone(),
                stage: segment.failure_stage.clone(),
                message,
                segments: Vec::new(),
            });
            cause.segments.push((video.video_id.clone(), segment.clone()));
        }
    }
    let mut causes: Vec<_> = groups.into_values().collect();
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.segments.len()));
    causes
}

/// What a segment's failure says, most specific first.
fn message(segment: &FailedSegment) -> String {
    let candidates =
        [&segment.failure_message, &segment.field_extraction_error, &segment.transcription_error, &segment.image_embedding_error];
    let said = candidates.into_iter().flatten().find(|message| !message.trim().is_empty());
    said.map_or_else(|| format!("{} failed", segment.failed_operations.join(" and ")), |message| text::line(message, 300))
}

impl Cause {
    /// Whether retrying its segments can help: all say yes, all say no, or unclear.
    fn retryable(&self) -> Option<bool> {
        let mut answers = self.segments.iter().map(|(_, segment)| segment.retryable);
        let first = answers.next().flatten()?;
        answers.all(|answer| answer == Some(first)).then_some(first)
    }

    fn row(&self) -> Row {
        let retry = match self.retryable() {
            Some(true) => "a retry can help",
            Some(false) => "a retry will not help",
            None => "unclear whether a retry helps",
        };
        let code = self.code.as_deref().or(self.stage.as_deref()).unwrap_or("no code");
        let mut line = format!("{}, {}: {} ({retry})", text::count(self.segments.len(), "segment"), text::line(code, 80), self.message);
        let sample = self.segments.first();
        if let Some((video, segment)) = sample {
            line.push_str(&format!(", e.g. {} of {}", text::id(&segment.segment_id), text::id(video)));
            if let (Some(start), Some(end)) = (segment.start_time, segment.end_time) {
                line.push_str(&format!(" {}", text::range(start, end)));
            }
        }
        let mut value = json!({
            "failure_code": self.code,
            "failure_stage": self.stage,
            "failure_message": self.message,
            "failed_segments": self.segments.len(),
            "retryable": self.retryable(),
            "failed_operations": sample.map(|(_, segment)| &segment.failed_operations),
            "sample": sample.map(|(video, segment)| json!({
                "video_id": video,
                "segment_id": segment.segment_id,
                "start_time": segment.start_time,
                "end_time": segment.end_time,
            })),
        });
        text::prune(&mut value);
        Row { line, value }
    }
}

/// The answer to "why", in one sentence.
fn verdict(run: &PromptRun, failures: Option<&Failures>, causes: &[Cause]) -> String {
    let failed = failures.map_or(0, |failures| failures.failed_segments);
    let main = causes.first().map(|cause| format!("; mostly: {}", text::line(&cause.message, 160))).unwrap_or_default();
    match describe::status(run).as_str() {
        "pending" => "it has not started yet".to_owned(),
        "processing" if failed > 0 => format!("still running, {} failed so far{main}", text::count(to_usize(failed), "segment")),
        "processing" => "still running, nothing failed so far".to_owned(),
        "cancelled" => "it was cancelled before it was through".to_owned(),
        "completed" if failed == 0 => {
            "it completed without failures; if results are missing, the prompt or its media are not what you expect".to_owned()
        }
        "failed" if failed == 0 => {
            let said = run.error_message.as_deref().filter(|error| !error.is_empty()).or(run.billing_error.as_deref());
            said.map_or_else(
                || "it failed as a whole without saying why".to_owned(),
                |error| format!("it failed as a whole: {}", text::line(error, 200)),
            )
        }
        "failed" => format!("it failed, {} among them{main}", text::count(to_usize(failed), "failed segment")),
        _ => format!("it ended with {}{main}", text::count(to_usize(failed), "failed segment")),
    }
}

fn to_usize(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

fn model_calls(answer: &mut Answer, calls: &[ModelCall]) {
    let bad = calls.iter().filter(|call| !matches!(call.status.to_lowercase().as_str(), "success" | "succeeded" | "completed" | "ok"));
    let bad: Vec<&ModelCall> = bad.collect();
    let tokens: u64 = calls.iter().map(|call| call.total_tokens).sum();
    let mut models: Vec<&str> = calls.iter().map(|call| call.model.as_str()).collect();
    models.sort_unstable();
    models.dedup();
    let used = if models.is_empty() { String::new() } else { format!(" by {}", text::names(models.iter().copied(), 4)) };
    answer.line(format!("Model calls: {}, {} not successful, {tokens} tokens{used}", calls.len(), bad.len()));
    let sample = bad.iter().find_map(|call| call.error_message.as_deref().filter(|error| !error.is_empty()));
    if let Some(error) = sample {
        answer.line(format!("A model error: {}", text::line(error, 300)));
    }
    let mut facts =
        json!({"total": calls.len(), "unsuccessful": bad.len(), "total_tokens": tokens, "models": models, "sample_error": sample});
    text::prune(&mut facts);
    answer.fact("llm_calls", facts);
}

/// Says what to do, naming listed tools only.
fn next(cx: &Context<'_>, answer: &mut Answer, run: &PromptRun, causes: &[Cause]) {
    let retry_helps = causes.iter().any(|cause| cause.retryable() == Some(true));
    let tools = |names: &[&'static str]| names.iter().copied().find(|name| cx.offer.has(name));
    let (tool, advice) = if !describe::is_over(run) {
        (tools(&["wait_for_prompt_run", "get_prompt_run_status"]), "to follow it to its end")
    } else if retry_helps {
        (tools(&["retry_prompt_run_segment", "execute_prompt"]), "to try the failed items again")
    } else if describe::has_results(run) {
        (tools(&["get_prompt_run_results", "get_video_segments"]), "to read what did succeed")
    } else {
        (tools(&["estimate_prompt_run", "list_prompts"]), "before running it again with another prompt, model or segmentation")
    };
    if !causes.is_empty() {
        answer.fact("retry_can_help", Value::Bool(retry_helps));
        let verdict = if retry_helps { "Retrying can help for at least one cause." } else { "No cause is known to go away by retrying." };
        answer.close(verdict);
    }
    if let Some(tool) = tool {
        answer.fact("next_tool", tool);
        answer.close(format!("Next: {tool} {advice}."));
    }
}
