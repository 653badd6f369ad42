//! `diagnose_prompt_run`.

use std::{collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{
    again, describe,
    failures::{self, Cause},
};
use crate::{
    api::{
        ids::RunId,
        results::{Failures, ModelCall},
        run::PromptRun,
        runs::{GetFailedSegments, GetRun, ListModelCalls},
    },
    tools::{
        Answer, Context, Effect, Spec, ToolError,
        schema::{Kind, Member},
        text,
        waiting::word,
    },
};

/// How many causes are shown.
const MAX_CAUSES: usize = 12;
/// How long to look for the same failures in earlier runs.
const EARLIER_WITHIN: Duration = Duration::from_secs(6);

/// Explain why a run did not do what it should: state, counts, failed segments by cause, billing, model calls; whether a retry can help, its arguments and price.
#[derive(Deserialize, JsonSchema)]
pub struct DiagnosePromptRun {
    run_id: RunId,
}

impl Spec for DiagnosePromptRun {
    type Endpoint = GetRun;
    const NAME: &'static str = "diagnose_prompt_run";
    const TITLE: &'static str = "Diagnose a run";
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
        let aside = cx.aside();
        let (run, failures, calls) =
            tokio::join!(cx.session.call(&look, &cx.deadline), cx.session.call(&failed, &cx.deadline), cx.session.call(&models, &aside));
        let run = run?;
        let known: &[ModelCall] = calls.as_ref().map(|calls| calls.data.as_slice()).unwrap_or_default();
        let mut causes = failures.as_ref().map(|failures| failures::causes(failures, known)).unwrap_or_default();
        if !causes.is_empty() {
            failures::mark_repeated(cx, &run, &mut causes, &cx.deadline.at_most(EARLIER_WITHIN)).await;
        }
        let verdict = verdict(&run, failures.as_ref().ok(), &causes);
        let mut answer = Answer::new(format!("Run {} \"{}\": {verdict}", text::id(&run.run_id), text::line(&run.prompt_name, 80)));
        answer.fact("verdict", verdict);
        describe::write(&mut answer, &run);
        if let Ok(calls) = &calls {
            model_calls(&mut answer, &calls.data, &causes);
        }
        let hidden = causes.len().saturating_sub(MAX_CAUSES);
        answer.rows("causes", causes.iter().take(MAX_CAUSES).map(Cause::row).collect());
        if hidden > 0 {
            answer.note(format!("{} with fewer segments are not shown.", text::count(hidden, "more cause")));
        }
        if calls.is_err() {
            answer.note("The model calls could not be read.");
        }
        next(cx, &mut answer, &run, &causes).await;
        Ok(answer)
    }
}

/// Why the run did not do what it should, in one sentence.
fn verdict(run: &PromptRun, failures: Option<&Failures>, causes: &[Cause]) -> String {
    let status = describe::status(run);
    if describe::lost_its_media(run) {
        return "its media are gone (deleted), and its results with them".to_owned();
    }
    // What an unread list says of failures is nothing, and not that there are none.
    let Some(failures) = failures else { return unread(run, &status) };
    let failed = text::count(to_usize(failures.failed_segments), "segment");
    let main = mainly(causes);
    if let Some(state) = going_on(run, &status) {
        return match failures.failed_segments {
            _ if status == "pending" => state,
            0 => format!("{state}, nothing failed so far"),
            _ => format!("{state}, {failed} failed so far{main}"),
        };
    }
    match (status.as_str(), failures.failed_segments) {
        ("cancelled", _) => "it was cancelled before it was through".to_owned(),
        ("completed", 0) => {
            "it completed without failures; if results are missing, the prompt or its media are not what you expect".to_owned()
        }
        ("failed", 0) => {
            said(run).map_or_else(|| "it failed as a whole without saying why".to_owned(), |error| format!("it failed as a whole: {error}"))
        }
        ("failed", _) => format!("it failed, and so did {failed}{main}"),
        (_, 0) => "it ended without failed segments".to_owned(),
        _ => format!("it ended, and {failed} failed{main}"),
    }
}

/// How a run stands that has not ended, or of which nobody knows whether it has.
fn going_on(run: &PromptRun, status: &str) -> Option<String> {
    if describe::is_over(run) {
        return None;
    }
    Some(match status {
        "pending" => "it has not started yet".to_owned(),
        _ if describe::is_under_way(run) => "still running".to_owned(),
        _ => format!("whether it goes on is not known ({})", word(status)),
    })
}

/// Why most segments failed, or for how many reasons they did if none is why most did.
fn mainly(causes: &[Cause]) -> String {
    // Those whose retry has failed are a cause of their own, for the same reason.
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for cause in causes {
        *reasons.entry(cause.message()).or_default() += cause.segments.len();
    }
    let all: usize = reasons.values().sum();
    let Some((message, most)) = reasons.iter().max_by_key(|(_, count)| **count) else { return String::new() };
    let message = text::line(message, 160);
    match reasons.len() {
        1 => format!(": {message}"),
        _ if most * 2 > all => format!("; mostly: {message}"),
        n => format!("; for {n} reasons"),
    }
}

/// What the record of a run says of its end, if the list of its failures could not be read.
fn unread(run: &PromptRun, status: &str) -> String {
    let state = match (status, going_on(run, status)) {
        ("pending", Some(state)) => return state,
        (_, Some(state)) => state,
        ("completed", _) => "it completed".to_owned(),
        ("cancelled", _) => "it was cancelled before it was through".to_owned(),
        ("failed", _) => said(run).map_or_else(|| "it failed".to_owned(), |error| format!("it failed: {error}")),
        (other, _) => format!("it ended as {}", text::line(other, 40)),
    };
    format!("{state}; which segments failed, if any, could not be read")
}

/// What the record of a run says of its failure.
fn said(run: &PromptRun) -> Option<String> {
    let said = [&run.error_message, &run.billing_error].into_iter().flatten().find(|error| !error.trim().is_empty());
    said.map(|error| text::line(error, 200))
}

fn to_usize(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

fn model_calls(answer: &mut Answer, calls: &[ModelCall], causes: &[Cause]) {
    let bad: Vec<&ModelCall> = calls.iter().filter(|call| !failures::succeeded(call)).collect();
    let tokens: u64 = calls.iter().map(|call| call.total_tokens).sum();
    let mut models: Vec<&str> = calls.iter().map(|call| call.model.as_str()).collect();
    models.sort_unstable();
    models.dedup();
    let used = if models.is_empty() { String::new() } else { format!(" by {}", text::names(models.iter().copied(), 4)) };
    answer.line(format!("Model calls: {}, {} not successful, {tokens} tokens{used}", calls.len(), bad.len()));
    let sample = bad.iter().find_map(|call| call.error_message.as_deref().filter(|error| !error.is_empty()));
    // The causes say it below.
    if let Some(error) = sample.filter(|error| !causes.iter().any(|cause| cause.message() == text::line(error, 300))) {
        answer.line(format!("A model error: {}", text::line(error, 300)));
    }
    let mut facts =
        json!({"total": calls.len(), "unsuccessful": bad.len(), "total_tokens": tokens, "models": models, "sample_error": sample});
    text::prune(&mut facts);
    answer.fact("llm_calls", facts);
}

/// Says what to do next. Names listed tools only.
async fn next(cx: &Context<'_>, answer: &mut Answer, run: &PromptRun, causes: &[Cause]) {
    let tools = |names: &[&'static str]| names.iter().copied().find(|name| cx.offer.can_call(name));
    if describe::lost_its_media(run) {
        return;
    }
    if !describe::is_over(run) {
        describe::advise(cx, answer, run);
        return;
    }
    if !causes.is_empty() {
        again::propose(cx, answer, run, causes).await;
        if causes.iter().any(Cause::worth_a_retry) {
            return;
        }
    }
    let (tool, advice) = if describe::has_results(run) {
        let table = if describe::media(run) > 1 { tools(&["tabulate_prompt_run"]) } else { None };
        (table.or_else(|| tools(&["get_prompt_run_results", "get_video_segments"])), "to read what did succeed")
    } else {
        (tools(&["estimate_prompt_run", "list_prompts"]), "before running it again with another prompt, model or segmentation")
    };
    if let Some(tool) = tool {
        answer.fact("next_tool", tool);
        answer.close(format!("Next: {tool} {advice}."));
    }
}
