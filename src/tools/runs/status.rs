//! `get_prompt_run_status`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::describe;
use crate::{
    api::{ids::RunId, runs::GetRun},
    tools::{
        Answer, Context, Effect, Spec, ToolError,
        schema::{Kind, Member},
        text,
    },
};

/// Read how a prompt run stands: state, counts, failures, configuration, cost.
#[derive(Deserialize, JsonSchema)]
pub struct GetPromptRunStatus {
    run_id: RunId,
}

impl Spec for GetPromptRunStatus {
    type Endpoint = GetRun;
    const NAME: &'static str = "get_prompt_run_status";
    const TITLE: &'static str = "Get run status";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] =
        &[Member::always("run_id", Kind::Text), Member::always("status", Kind::Text), Member::always("progress", Kind::Object)];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let run = cx.session.call(&GetRun { run_id: self.run_id }, &cx.deadline).await?;
        let mut answer = Answer::new(format!("Run {} \"{}\"", text::id(&run.run_id), text::line(&run.prompt_name, 80)));
        describe::write(&mut answer, &run);
        describe::advise(cx, &mut answer, &run);
        Ok(answer)
    }
}
