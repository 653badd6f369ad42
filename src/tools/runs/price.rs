//! What a call that starts a run would cost, as a plan.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    again, describe,
    earlier::{self, Covering},
    repeated::LOOK_WITHIN,
};
use crate::{
    api::{
        Scope,
        ids::{PromptId, VideoId},
        indexes::GetIndex,
        prompts::{GetPrompt, Prompt},
        results::Failures,
        run::{Estimate, PromptRun},
        runs::{EstimateRun, GetFailedSegments, GetRun, RetrySegment, RunRequest, Target},
        videos::{ProcessVideo, SEGMENT_SECONDS},
    },
    consent::Stake,
    tools::{
        Answer, Context, ToolError,
        consent::Plan,
        names::{Titles, titles},
        proxy::Planned,
        refused::InTheWay,
        text,
    },
};

/// The most media that a plan names.
const MOST_NAMED: usize = 10;

/// The plan of a run that was priced. It is an error if the balance does not cover it.
pub async fn run(cx: &Context<'_>, request: &RunRequest, estimate: &Estimate) -> Result<Plan, InTheWay> {
    let (price, now) = (estimate.price(), estimate.balance());
    if let Some(mt) = price.filter(|_| estimate.is_covered() == Some(false)) {
        let balance = now.map_or_else(|| "the balance".to_owned(), |now| format!("the balance of {} mt", text::number(now)));
        let what = format!("{balance} is not enough: the run is estimated at {} mt", text::price(mt));
        return Err(InTheWay::new(what, "Choose fewer media, or the account's owner adds media tokens."));
    }
    let known = if cx.shows_plan(Stake::Cost, price) { Box::pin(Known::read(cx, request)).await } else { Known::default() };
    let target = known.target(&request.target, describe::count_left_out(&estimate.breakdown));
    let mut answer =
        Answer::new(format!("Would run the prompt {} over {target}", text::named(request.prompt_id.as_str(), known.prompt.as_deref())));
    match (price, now) {
        (Some(mt), Some(now)) => answer.line(format!("Estimated cost: {} mt; {}", text::price(mt), before_and_after(now, mt))),
        (Some(mt), None) => answer.line(format!("Estimated cost: {} mt; the API did not say what the balance is", text::price(mt))),
        (None, Some(now)) => answer.line(format!("Its cost is not known: the API named none; balance: {} mt now", text::number(now))),
        (None, None) => answer.line("Its cost is not known: the API named none"),
    }
    if let Some(run) = &known.covering.run {
        answer.line(earlier::told(request, run, None));
        answer.fact("already_covered_by", run.run_id.as_str());
    }
    describe::left_out(&mut answer, &estimate.breakdown);
    answer.fact("estimated_mt", price);
    answer.fact("current_balance_mt", now);
    answer.fact("balance_after_mt", now.zip(price).map(|(now, mt)| now - mt));
    answer.fact("prompt_name", known.prompt);
    answer.fact("index_name", known.index);
    answer.fact("target", json!(request.target));
    let says = match known.says {
        None if cx.has_agreement() => says(cx, &request.prompt_id).await,
        says => says,
    };
    Ok(Plan::cost(answer, price).about(meaning(json!(request), says)))
}

/// What an agreement to a run is about: the request, and what its prompt says. So nobody rewrites the prompt between the question and the run.
fn meaning(request: Value, says: Option<Value>) -> String {
    json!([request, says]).to_string()
}

/// The same as of now, for a request with this prompt.
pub async fn meaning_now(cx: &Context<'_>, request: Value, prompt_id: Option<&PromptId>) -> String {
    let says = match prompt_id {
        Some(prompt_id) => says(cx, prompt_id).await,
        None => None,
    };
    meaning(request, says)
}

/// A prompt that runs later by itself: a line for a plan, and what an agreement to it is about.
pub async fn later(cx: &Context<'_>, prompt_id: &str) -> (String, String) {
    let prompt = match PromptId::parse(prompt_id) {
        Ok(prompt_id) => prompt(cx, &prompt_id).await,
        Err(_) => None,
    };
    let name = prompt.as_ref().map(|prompt| prompt.name.as_str());
    (
        format!("It runs the prompt {} by itself.", text::named(prompt_id, name)),
        json!([prompt_id, prompt.as_ref().map(content)]).to_string(),
    )
}

/// What a prompt says, as far as it can be read soon.
async fn says(cx: &Context<'_>, prompt_id: &PromptId) -> Option<Value> {
    prompt(cx, prompt_id).await.as_ref().map(content)
}

/// What decides what a run of it does. Its name, its description and whether it is active decide nothing of that.
fn content(prompt: &Prompt) -> Value {
    json!([
        prompt.prompt_text,
        prompt.json_schema,
        prompt.video_level,
        prompt.semantic_indexing,
        prompt.selection_filter,
        prompt.execution_config
    ])
}

async fn prompt(cx: &Context<'_>, prompt_id: &PromptId) -> Option<Prompt> {
    let deadline = cx.deadline.at_most(LOOK_WITHIN);
    let read = GetPrompt { prompt_id: prompt_id.clone() };
    if cx.session.may(Scope::Read, &deadline).await { cx.session.call(&read, &deadline).await.ok() } else { None }
}

/// What a person knows better than ids, as far as it could be read soon: it only enriches the plan.
#[derive(Default)]
struct Known {
    prompt: Option<String>,
    /// What the prompt says.
    says: Option<Value>,
    index: Option<String>,
    titles: Option<Titles>,
    covering: Covering,
}

impl Known {
    async fn read(cx: &Context<'_>, request: &RunRequest) -> Self {
        let deadline = cx.deadline.at_most(LOOK_WITHIN);
        let index = async {
            match &request.target {
                Target::Index { index_id } => cx.session.call(&GetIndex { index_id: index_id.clone() }, &deadline).await.ok(),
                Target::Videos { .. } | Target::Playground => None,
            }
        };
        let titles = async {
            match &request.target {
                Target::Videos { video_ids, .. } => Some(titles(cx, video_ids.iter().map(ToString::to_string).collect()).await),
                Target::Index { .. } | Target::Playground => None,
            }
        };
        let (prompt, index, titles, covering) = tokio::join!(prompt(cx, &request.prompt_id), index, titles, earlier::covering(cx, request));
        Self {
            says: prompt.as_ref().map(content),
            prompt: prompt.map(|prompt| prompt.name),
            index: index.map(|index| index.name),
            titles,
            covering,
        }
    }

    /// What a run covers, without those items that the estimate leaves out.
    fn target(&self, target: &Target, left_out: usize) -> String {
        match target {
            Target::Index { index_id } => {
                let media = match self.covering.items {
                    Some(items) if items.more => format!("more than {}", text::count(items.seen.saturating_sub(left_out), "media item")),
                    Some(items) => text::count(items.seen.saturating_sub(left_out), "media item"),
                    None if left_out > 0 => "the other media".to_owned(),
                    None => "all media".to_owned(),
                };
                format!("{media} of the index {}", text::named(index_id.as_str(), self.index.as_deref()))
            }
            Target::Videos { video_ids, .. } => {
                // Whoever names one twice pays for it once.
                let ids: BTreeSet<&str> = video_ids.iter().map(VideoId::as_str).collect();
                let title = |id: &str| self.titles.as_ref().and_then(|titles| titles.get(id)).map(str::to_owned);
                let mut names: Vec<String> = ids.iter().take(MOST_NAMED).map(|id| text::named(id, title(id).as_deref())).collect();
                if ids.len() > MOST_NAMED {
                    names.push("…".to_owned());
                }
                format!("{} ({})", text::count(ids.len(), "media item"), names.join(", "))
            }
            Target::Playground => "all media without an index".to_owned(),
        }
    }
}

/// The balance before and after something that costs.
fn before_and_after(now: f64, mt: f64) -> String {
    format!("balance: {} mt now, {} mt after it", text::number(now), text::number(now - mt))
}

/// The plan of a run whose price only the API could know.
pub fn unknown(what: &str) -> Plan {
    let mut answer = Answer::new(format!("Would start a run: {what}"));
    answer.line("Its cost cannot be estimated before it starts.");
    Plan::cost(answer, None)
}

impl Planned for ProcessVideo {
    const STAKE: Stake = Stake::Cost;

    /// Without a prompt nothing runs, so nothing is billed.
    async fn plan(&self, cx: &Context<'_>) -> Result<Plan, ToolError> {
        let Some(request) = as_run(self) else {
            let answer = Answer::new(format!("Would cut {} into segments, without a run", text::id(self.video_id.as_str())));
            return Ok(Plan::cost(answer, Some(0.0)));
        };
        let estimate = cx.session.call(&EstimateRun(request.clone()), &cx.deadline).await?;
        let plan = Box::pin(run(cx, &request, &estimate)).await?;
        let meaning = plan.seen().to_owned();
        Ok(plan.meaning(meaning))
    }

    async fn beside(&self, cx: &Context<'_>) -> Result<Option<String>, ToolError> {
        let Some(request) = as_run(self) else { return Ok(None) };
        let alike = earlier::alike(cx, &request, false).await;
        // Whoever does not say how to cut it wants no second run because of that.
        let unsaid = RunRequest {
            video_segmentation_type: None,
            audio_segmentation_type: None,
            video_segment_duration: None,
            audio_segment_duration: None,
            ..request
        };
        let any_cut = alike.others.iter().find(|run| self.segment_duration.is_none() && earlier::same_options(&unsaid, run));
        let Some(run) = alike.same.as_ref().or(any_cut) else { return Ok(alike.said()) };
        let (id, at) = (text::id(&run.run_id), text::line(&describe::minute(&run.executed_at), 40));
        Err(ToolError::Twin {
            what: format!("run {id} was started at {at} with the same prompt over this item; it stands at: {}", describe::standing(run)),
            next: "Use that run. To start another one, which costs again: execute_prompt with an `idempotency_key` of your own.".to_owned(),
        })
    }
}

/// The run that such a call starts, if it names a prompt.
fn as_run(call: &ProcessVideo) -> Option<RunRequest> {
    // It cuts into pieces of one length, also if none is given.
    let (segments, seconds) = (Some("fixed".to_owned()), Some(call.segment_duration.unwrap_or(SEGMENT_SECONDS)));
    Some(RunRequest {
        prompt_id: call.prompt_id.clone()?,
        target: Target::Videos { video_ids: vec![call.video_id.clone()], index_id: None },
        video_segmentation_type: segments.clone(),
        audio_segmentation_type: segments,
        video_segment_duration: seconds,
        audio_segment_duration: seconds,
        processing_model: None,
        enable_transcription: None,
        enable_image_embedding: None,
    })
}

impl Planned for RetrySegment {
    const STAKE: Stake = Stake::Cost;

    /// The share of one segment in the price of its run is close to what it costs.
    async fn plan(&self, cx: &Context<'_>) -> Result<Plan, ToolError> {
        let (run, failures) = (GetRun { run_id: self.run_id.clone() }, GetFailedSegments { run_id: self.run_id.clone() });
        let (run, failures) = tokio::join!(cx.session.call(&run, &cx.deadline), cx.session.call(&failures, &cx.deadline));
        let run = run?;
        self.can_be_retried(&run, failures.ok().as_ref())?;
        let segment = text::id(self.segment_id.as_str());
        let mut answer = Answer::new(format!("Would retry the segment {segment} of run {}", text::id(&run.run_id)));
        let price = again::share(&run);
        // Only the price of a run tells the balance.
        let balance = again::estimate(cx, &run, self.video_id.as_str()).await.and_then(|estimate| estimate.balance());
        let told = match (price, balance) {
            (Some(mt), Some(now)) => format!("; {}", before_and_after(now, mt)),
            (None, Some(now)) => format!(" Balance: {} mt now.", text::number(now)),
            (_, None) => String::new(),
        };
        match price {
            Some(mt) => {
                answer.line(format!("Estimated cost: {} mt, the share of one segment in the price of the run{told}", text::price(mt)));
            }
            None => answer.line(format!("Its cost cannot be estimated before it starts.{told}")),
        }
        answer.fact("estimated_mt", price.map(|mt| text::rounded(mt, 3)));
        answer.fact("current_balance_mt", balance);
        answer.fact("balance_after_mt", balance.zip(price).map(|(now, mt)| now - mt));
        Ok(Plan::cost(answer, price))
    }
}

impl RetrySegment {
    /// Refuses what the API would: a retry while the run goes on, and one of a segment that has not failed or cannot succeed.
    fn can_be_retried(&self, run: &PromptRun, failures: Option<&Failures>) -> Result<(), InTheWay> {
        let id = text::id(&run.run_id);
        if describe::is_under_way(run) {
            let next = format!("Wait for it (wait_for_prompt_run run_id={id}); then its failed segments can be retried.");
            return Err(InTheWay::new(format!("the run {id} is still under way"), next));
        }
        let Some(failures) = failures else { return Ok(()) };
        let segments = || failures.videos.iter().filter(|video| video.video_id == self.video_id.as_str()).flat_map(|video| &video.segments);
        let listed: usize = failures.videos.iter().map(|video| video.segments.len()).sum();
        let whole = u64::try_from(listed).is_ok_and(|listed| listed >= failures.failed_segments);
        let segment = text::id(self.segment_id.as_str());
        let next = format!("get_prompt_run_failed_segments run_id={id} says which segments failed, and whether a retry can help.");
        match segments().find(|failed| failed.segment_id == self.segment_id.as_str()) {
            Some(failed) if failed.retryable == Some(false) => {
                let why = failed.failure_message.as_deref().map(|why| format!(": {}", text::line(why, 300))).unwrap_or_default();
                Err(InTheWay::new(format!("a retry of the segment {segment} cannot help{why}"), next))
            }
            None if whole => {
                Err(InTheWay::new(format!("no segment {segment} of {} is among those that failed in run {id}", self.video_id), next))
            }
            _ => Ok(()),
        }
    }
}
