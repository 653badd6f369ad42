//! `wait_for_prompt_run`.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::describe;
use crate::{
    api::{ids::RunId, run::PromptRun, runs::GetRun},
    session::Deadline,
    tools::{
        Answer, Context, Effect, Spec, Step, ToolError,
        schema::{Kind, Member},
        text,
    },
};

/// The default wait in seconds, and the longest: the answer still comes before clients give up at 60 s.
const DEFAULT_WAIT: u64 = 45;
/// The pause between two looks, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(3));

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
        let wait = Duration::from_secs(self.max_wait_seconds.unwrap_or(DEFAULT_WAIT));
        let until = Deadline::after(wait);
        let look = GetRun { run_id: self.run_id };
        let mut run = cx.session.call(&look, &cx.deadline).await?;
        let mut reported = -1.0;
        let mut pause = PAUSES.0;
        let mut trouble = None;
        while !describe::is_over(&run) {
            report(cx, &run, &mut reported).await;
            let left = until.remaining();
            if left.is_zero() {
                break;
            }
            tokio::time::sleep(pause.min(left)).await;
            pause = (pause * 3 / 2).min(PAUSES.1);
            // A look that fails does not end the wait: the run goes on whether it is watched or not.
            match cx.session.call(&look, &cx.deadline).await {
                Ok(seen) => (run, trouble) = (seen, None),
                Err(error) if until.remaining().is_zero() => trouble = Some(error),
                Err(error @ (crate::session::CallError::Refused(_) | crate::session::CallError::Key(_))) => return Err(error.into()),
                Err(error) => trouble = Some(error),
            }
        }
        report(cx, &run, &mut reported).await;
        let over = describe::is_over(&run);
        let head = if over { "ended" } else { "still going on" };
        let mut answer = Answer::new(format!("Run {} \"{}\" {head}", text::id(&run.run_id), text::line(&run.prompt_name, 80)));
        answer.fact("finished", over);
        describe::write(&mut answer, &run);
        if trouble.is_some() {
            answer.note("The last look at the run failed; this is how it stood before.");
        }
        if !over && cx.offer.has("wait_for_prompt_run") {
            answer.fact("next_tool", "wait_for_prompt_run");
            answer.close("Next: wait_for_prompt_run again to go on waiting.");
        } else {
            describe::advise(cx, &mut answer, &run);
        }
        Ok(answer)
    }
}

/// Sends progress. Its value must rise, so nothing is sent if the look found nothing new.
#[expect(clippy::cast_precision_loss, reason = "counts of segments")]
async fn report(cx: &Context<'_>, run: &PromptRun, reported: &mut f64) {
    let Some(progress) = cx.progress else { return };
    let (done, total) = if run.total_segments > 0 {
        (run.completed_segments, run.total_segments)
    } else {
        (describe::media_done(run), describe::media(run))
    };
    if done as f64 > *reported {
        *reported = done as f64;
        progress(Step { done: done as f64, total: (total > 0).then_some(total as f64), message: describe::standing(run) }).await;
    }
}
