//! `wait_for_prompt_run`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::describe;
use crate::{
    api::{ids::RunId, run::PromptRun, runs::GetRun},
    tools::{
        Answer, Context, Effect, Spec, Step, ToolError,
        schema::{Kind, Member},
        text,
        waiting::{Moves, until_over},
    },
};

/// Wait until a prompt run ends, at most 45 seconds, with progress. If it goes on, says where it stands; call again.
#[derive(Deserialize, JsonSchema)]
pub struct WaitForPromptRun {
    run_id: RunId,
    /// Default 45.
    #[schemars(range(min = 0, max = 45))]
    max_wait_seconds: Option<u64>,
}

impl Spec for WaitForPromptRun {
    type Endpoint = GetRun;
    const NAME: &'static str = "wait_for_prompt_run";
    const TITLE: &'static str = "Wait for a run";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] =
        &[Member::always("run_id", Kind::Text), Member::always("status", Kind::Text), Member::always("finished", Kind::Flag)];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let seen = until_over(cx, self.run_id.as_str(), &GetRun { run_id: self.run_id.clone() }, self.max_wait_seconds).await?;
        let run = &seen.last;
        let over = describe::is_over(run);
        let head = match &seen.unclear {
            Some(_) => "may have ended",
            None if over => "ended",
            None => "still going on",
        };
        let mut answer = Answer::new(format!("Run {} \"{}\" {head}", text::id(&run.run_id), text::line(&run.prompt_name, 80)));
        answer.fact("finished", over);
        describe::write(&mut answer, run);
        seen.note(&mut answer);
        if !over && seen.unclear.is_none() && cx.offer.can_call("wait_for_prompt_run") {
            answer.fact("next_tool", "wait_for_prompt_run");
            answer.close("Next: wait_for_prompt_run again to go on waiting.");
        } else {
            describe::advise(cx, &mut answer, run);
        }
        Ok(answer)
    }
}

impl Moves for PromptRun {
    fn is_over(&self) -> bool {
        describe::is_over(self)
    }

    fn id(&self) -> &str {
        &self.run_id
    }

    fn state(&self) -> &str {
        &self.status
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of segments")]
    fn step(&self, _: f64) -> Step {
        let (done, total) = if self.segments() > 0 {
            (self.completed_segments, self.segments())
        } else {
            (describe::media_done(self), describe::media(self))
        };
        Step { done: done as f64, total: (total > 0).then_some(total as f64), message: describe::standing(self) }
    }
}
