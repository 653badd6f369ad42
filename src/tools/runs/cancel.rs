//! `cancel_prompt_run`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::describe;
use crate::{
    api::{
        ids::RunId,
        run::PromptRun,
        runs::{CancelRun, GetRun},
    },
    consent::Stake,
    tools::{
        Answer, Context, Effect, Spec, ToolError,
        consent::Plan,
        refused::InTheWay,
        schema::{Kind, Member},
        text,
    },
};

/// Ask a prompt run to stop. Segments under way may still finish.
#[derive(Deserialize, JsonSchema)]
pub struct CancelPromptRun {
    run_id: RunId,
    /// Made if left out.
    #[schemars(length(min = 1, max = 200))]
    idempotency_key: Option<String>,
}

impl Spec for CancelPromptRun {
    type Endpoint = CancelRun;
    const NAME: &'static str = "cancel_prompt_run";
    const TITLE: &'static str = "Cancel a run";
    const EFFECT: Effect = Effect::Overwrite;
    const OUTPUT: &'static [Member] = &[Member::always("run", Kind::Object), Member::always("idempotency_key", Kind::Text)];
    const INSTEAD: &'static [&'static str] = &["get_prompt_run_status"];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        if cx.needs_plan(Stake::Change, None) {
            let run = cx.session.call(&GetRun { run_id: self.run_id.clone() }, &cx.deadline).await?;
            if describe::is_over(&run) {
                let what = format!("the run {} has already ended: {}", text::id(&run.run_id), describe::standing(&run));
                return Err(InTheWay::new(what, "There is nothing to stop.").into());
            }
            cx.agree(plan(run)).await?;
        }
        let (run, key) = cx.session.call_keyed(&CancelRun { run_id: self.run_id }, self.idempotency_key.as_deref(), &cx.deadline).await?;
        let message = match describe::status(&run).as_str() {
            "cancelled" => "The run is cancelled".to_owned(),
            _ if describe::is_over(&run) => "The run had already ended".to_owned(),
            _ => "The run was asked to stop; segments under way may still finish".to_owned(),
        };
        let mut answer = Answer::new(format!("{message}: {}", text::id(&run.run_id)));
        answer.line(describe::standing(&run));
        answer.line(describe::billing(&run));
        answer.fact("message", message);
        answer.fact("note", "What was done before stays, and is billed.");
        let mut shown = describe::row(&run, true).value;
        if let Some(members) = shown.as_object_mut() {
            let billing = json!({
                "estimated_mt": run.billing_estimated_mt,
                "actual_mt": run.billing_actual_mt,
                "status": run.billing_status,
                "error": run.billing_error,
            });
            members.insert("stop_state".into(), json!(run.stop_state));
            members.insert("billing".into(), billing);
        }
        answer.fact("run", shown);
        answer.fact("idempotency_key", key);
        describe::advise(cx, &mut answer, &run);
        Ok(answer)
    }
}

/// What the run has done so far, and so what is kept and billed.
fn plan(run: PromptRun) -> Plan {
    let mut answer = Answer::new(format!("Would ask the run {} to stop: {}", text::id(&run.run_id), describe::standing(&run)));
    answer.line("What it has done stays, and is billed.");
    answer.fact("run", describe::row(&run, true).value);
    Plan::change(answer).about(run.run_id)
}
