//! What a call that starts a run would cost, as a plan.

use std::collections::BTreeSet;

use serde_json::json;

use super::{again, describe};
use crate::{
    api::{
        ids::VideoId,
        results::Failures,
        run::{Estimate, PromptRun},
        runs::{EstimateRun, GetFailedSegments, GetRun, RetrySegment, RunRequest, Target},
        videos::ProcessVideo,
    },
    consent::Stake,
    tools::{Answer, Context, ToolError, consent::Plan, proxy::Planned, refused::InTheWay, text},
};

/// The plan of a run whose price is known. It is an error if the balance does not cover it.
pub fn run(request: &RunRequest, estimate: &Estimate) -> Result<Plan, InTheWay> {
    let price = estimate.price();
    let mut answer = Answer::new(format!("Would run the prompt {} over {}", text::id(request.prompt_id.as_str()), target(&request.target)));
    let now = estimate.current_balance_mt;
    if let Some(mt) = price.filter(|_| !estimate.sufficient_balance) {
        let what = format!("the balance of {} mt is not enough: the run is estimated at {} mt", text::number(now), text::number(mt));
        return Err(InTheWay::new(what, "Choose fewer media, or the account's owner adds media tokens."));
    }
    match price {
        Some(mt) => answer.line(format!("Estimated cost: {} mt; {}", text::number(mt), before_and_after(now, mt))),
        None => answer.line(format!("Its cost is not known: the API named none; balance: {} mt now", text::number(now))),
    }
    describe::left_out(&mut answer, &estimate.breakdown);
    answer.fact("estimated_mt", price);
    answer.fact("current_balance_mt", now);
    answer.fact("balance_after_mt", price.map(|mt| now - mt));
    answer.fact("target", json!(request.target));
    Ok(Plan::cost(answer, price).about(json!(request).to_string()))
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

fn target(target: &Target) -> String {
    match target {
        Target::Index { index_id } => format!("all media of the index {}", text::id(index_id.as_str())),
        Target::Videos { video_ids, .. } => {
            // Whoever names one twice pays for it once.
            let ids: BTreeSet<&str> = video_ids.iter().map(VideoId::as_str).collect();
            format!("{} ({})", text::count(ids.len(), "media item"), text::names(ids.iter().copied(), 10))
        }
        Target::Playground => "all media without an index".to_owned(),
    }
}

impl Planned for ProcessVideo {
    const STAKE: Stake = Stake::Cost;

    /// Without a prompt nothing runs, so nothing is billed.
    async fn plan(&self, cx: &Context<'_>) -> Result<Plan, ToolError> {
        let Some(prompt_id) = &self.prompt_id else {
            let answer = Answer::new(format!("Would cut {} into segments, without a run", text::id(self.video_id.as_str())));
            return Ok(Plan::cost(answer, Some(0.0)));
        };
        let segments = self.segment_duration.map(|_| "fixed".to_owned());
        let request = RunRequest {
            prompt_id: prompt_id.clone(),
            target: Target::Videos { video_ids: vec![self.video_id.clone()], index_id: None },
            video_segmentation_type: segments.clone(),
            audio_segmentation_type: segments,
            video_segment_duration: self.segment_duration,
            audio_segment_duration: self.segment_duration,
            processing_model: None,
            enable_transcription: None,
            enable_image_embedding: None,
        };
        let estimate = cx.session.call(&EstimateRun(request.clone()), &cx.deadline).await?;
        Ok(run(&request, &estimate)?)
    }
}

impl Planned for RetrySegment {
    const STAKE: Stake = Stake::Cost;

    /// The API prices no single segment. The share of one segment in the price of its run is close to it.
    async fn plan(&self, cx: &Context<'_>) -> Result<Plan, ToolError> {
        let (run, failures) = (GetRun { run_id: self.run_id.clone() }, GetFailedSegments { run_id: self.run_id.clone() });
        let (run, failures) = tokio::join!(cx.session.call(&run, &cx.deadline), cx.session.call(&failures, &cx.deadline));
        let run = run?;
        self.can_be_retried(&run, failures.ok().as_ref())?;
        let segment = text::id(self.segment_id.as_str());
        let mut answer = Answer::new(format!("Would retry the segment {segment} of run {}", text::id(&run.run_id)));
        let price = run.billing_estimated_mt.filter(|mt| run.total_segments > 0 && *mt > 0.0).map(|mt| {
            #[expect(clippy::cast_precision_loss, reason = "no run has so many segments")]
            let segments = run.total_segments as f64;
            mt / segments
        });
        // Only the price of a run tells the balance.
        let balance = again::estimate(cx, &run, self.video_id.as_str()).await.map(|estimate| estimate.current_balance_mt);
        let told = match (price, balance) {
            (Some(mt), Some(now)) => format!("; {}", before_and_after(now, mt)),
            (None, Some(now)) => format!(" Balance: {} mt now.", text::number(now)),
            (_, None) => String::new(),
        };
        match price {
            Some(mt) => {
                answer.line(format!("Estimated cost: {} mt, the share of one segment in the price of the run{told}", text::number(mt)));
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
        if matches!(describe::status(run).as_str(), "pending" | "processing") {
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
            None if whole => Err(InTheWay::new(format!("the segment {segment} of {} has not failed in run {id}", self.video_id), next)),
            _ => Ok(()),
        }
    }
}
