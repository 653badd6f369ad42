//! `estimate_prompt_run`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::arguments::RunArguments;
use crate::{
    api::runs::EstimateRun,
    tools::{
        Answer, Context, Effect, Family, Spec, ToolError,
        schema::{Kind, Member},
        text,
    },
};

/// Price a prompt run in media tokens (mt) without starting it, against the balance.
#[derive(Deserialize, JsonSchema)]
pub struct EstimatePromptRun {
    #[serde(flatten)]
    run: RunArguments,
}

impl Spec for EstimatePromptRun {
    type Endpoint = EstimateRun;
    const NAME: &'static str = "estimate_prompt_run";
    const TITLE: &'static str = "Estimate a run";
    const FAMILY: Family = Family::Runs;
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = &[
        Member::always("estimated_mt", Kind::Number),
        Member::always("sufficient_balance", Kind::Flag),
        Member::always("current_balance_mt", Kind::Number),
    ];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let mut prepared = self.run.prepare(cx).await?;
        let estimate = loop {
            match cx.session.call(&EstimateRun(prepared.request.clone()), &cx.deadline).await {
                Ok(estimate) => break estimate,
                Err(error) => prepared.retry(cx, error).await?,
            }
        };
        let mut answer = Answer::new(format!(
            "{} mt of a balance of {} mt: {}",
            text::number(estimate.estimated_mt),
            text::number(estimate.current_balance_mt),
            if estimate.sufficient_balance { "enough" } else { "not enough" }
        ));
        if !estimate.breakdown.is_empty() {
            answer.line(format!("Breakdown: {}", json!(estimate.breakdown)));
        }
        answer.fact("prompt_id", prepared.request.prompt_id.as_str());
        answer.fact("target", json!(prepared.request.target));
        answer.fact("estimated_mt", estimate.estimated_mt);
        answer.fact("sufficient_balance", estimate.sufficient_balance);
        answer.fact("current_balance_mt", estimate.current_balance_mt);
        answer.fact("breakdown", estimate.breakdown);
        if estimate.sufficient_balance && cx.offer.has("execute_prompt") {
            answer.fact("next_tool", "execute_prompt");
            answer.close("Next: execute_prompt with the same arguments starts it.");
        }
        Ok(answer)
    }
}
