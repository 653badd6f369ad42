//! `execute_prompt`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{arguments::RunArguments, describe};
use crate::{
    api::runs::{EstimateRun, ExecuteRun},
    tools::{
        Answer, Context, Effect, Family, Spec, ToolError,
        schema::{Kind, Member},
        text,
    },
};

/// Start a prompt run, which costs media tokens (mt). Returns at once with the run id; follow it with `wait_for_prompt_run`.
#[derive(Deserialize, JsonSchema)]
pub struct ExecutePrompt {
    #[serde(flatten)]
    run: RunArguments,
    /// Repeat a call with its key to not start twice.
    #[schemars(length(min = 1, max = 200))]
    idempotency_key: Option<String>,
    /// Start only if estimated at most this many mt.
    #[schemars(range(min = 0.0))]
    max_mt: Option<f64>,
}

impl Spec for ExecutePrompt {
    type Endpoint = ExecuteRun;
    const NAME: &'static str = "execute_prompt";
    const TITLE: &'static str = "Execute a prompt";
    const FAMILY: Family = Family::Runs;
    const EFFECT: Effect = Effect::Write;
    const OUTPUT: &'static [Member] =
        &[Member::always("run_id", Kind::Text), Member::always("status", Kind::Text), Member::always("idempotency_key", Kind::Text)];
    const INSTEAD: &'static [&'static str] = &["estimate_prompt_run", "list_prompt_runs"];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let mut prepared = self.run.prepare(cx).await?;
        if let Some(max_mt) = self.max_mt {
            let estimate = loop {
                match cx.session.call(&EstimateRun(prepared.request.clone()), &cx.deadline).await {
                    Ok(estimate) => break estimate,
                    Err(error) => prepared.retry(cx, error).await?,
                }
            };
            if estimate.estimated_mt > max_mt {
                return Err(ToolError::TooExpensive { estimated: estimate.estimated_mt, most: max_mt });
            }
        }
        let (run, key) = loop {
            match cx.session.call_keyed(&ExecuteRun(prepared.request.clone()), self.idempotency_key.as_deref(), &cx.deadline).await {
                Ok(started) => break started,
                Err(error) => prepared.retry(cx, error).await?,
            }
        };
        let message = format!("Run {} started", text::id(&run.run_id));
        let mut answer = Answer::new(format!("{message}: \"{}\", {}", text::line(&run.prompt_name, 80), describe::standing(&run)));
        answer.line(format!("Idempotency key: {key} (the same call with it starts nothing new)"));
        answer.fact("message", message);
        answer.fact("run_id", run.run_id.as_str());
        answer.fact("status", run.status.as_str());
        answer.fact("prompt_name", run.prompt_name.as_str());
        answer.fact("target", json!(prepared.request.target));
        answer.fact("total_media", describe::media(&run));
        answer.fact("total_segments", run.total_segments);
        answer.fact("completed_segments", run.completed_segments);
        answer.fact("media_done", describe::media_done(&run));
        answer.fact("billing_estimated_mt", run.billing_estimated_mt);
        answer.fact("idempotency_key", key);
        describe::advise(cx, &mut answer, &run);
        Ok(answer)
    }
}
