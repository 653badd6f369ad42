//! What a call that starts a run would cost, as a plan.

use std::collections::BTreeSet;

use serde_json::json;

use super::describe;
use crate::{
    api::{
        ids::VideoId,
        run::Estimate,
        runs::{EstimateRun, GetRun, RetrySegment, RunRequest, Target},
        videos::ProcessVideo,
    },
    consent::Stake,
    tools::{Answer, Context, ToolError, consent::Plan, proxy::Planned, text},
};

/// The plan of a run whose price is known.
pub fn run(request: &RunRequest, estimate: &Estimate) -> Plan {
    let price = estimate.price();
    let mut answer = Answer::new(format!("Would run the prompt {} over {}", text::id(request.prompt_id.as_str()), target(&request.target)));
    let now = estimate.current_balance_mt;
    let enough = if estimate.sufficient_balance { "" } else { "; the balance is not enough" };
    match price {
        Some(mt) => answer.line(format!(
            "Estimated cost: {} mt; balance: {} mt now, {} mt after it{enough}",
            text::number(mt),
            text::number(now),
            text::number(now - mt)
        )),
        None => answer.line(format!("Its cost is not known: the API named none; balance: {} mt now{enough}", text::number(now))),
    }
    describe::left_out(&mut answer, &estimate.breakdown);
    answer.fact("estimated_mt", price);
    answer.fact("current_balance_mt", now);
    answer.fact("balance_after_mt", price.map(|mt| now - mt));
    answer.fact("target", json!(request.target));
    Plan::cost(answer, price).about(json!(request).to_string())
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
        Ok(run(&request, &estimate))
    }
}

impl Planned for RetrySegment {
    const STAKE: Stake = Stake::Cost;

    /// The API prices no single segment. The share of one segment in the price of its run is close to it.
    async fn plan(&self, cx: &Context<'_>) -> Result<Plan, ToolError> {
        let run = cx.session.call(&GetRun { run_id: self.run_id.clone() }, &cx.deadline).await?;
        let segment = text::id(self.segment_id.as_str());
        let mut answer = Answer::new(format!("Would retry the segment {segment} of run {}", text::id(&run.run_id)));
        let price = (run.total_segments > 0 && run.billing_estimated_mt > 0.0).then(|| {
            #[expect(clippy::cast_precision_loss, reason = "no run has so many segments")]
            let segments = run.total_segments as f64;
            run.billing_estimated_mt / segments
        });
        match price {
            Some(mt) => answer.line(format!("Estimated cost: {} mt, the share of one segment in the price of the run", text::number(mt))),
            None => answer.line("Its cost cannot be estimated before it starts."),
        }
        answer.fact("estimated_mt", price.map(|mt| text::rounded(mt, 3)));
        Ok(Plan::cost(answer, price))
    }
}
