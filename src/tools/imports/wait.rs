//! `wait_for_import`.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{describe, read::advise};
use crate::{
    api::{
        ids::JobId,
        imports::{GetImportJob, ImportJob},
    },
    session::{CallError, Deadline},
    tools::{
        Answer, Context, Effect, Spec, Step, ToolError,
        schema::{Kind, Member},
    },
};

/// The default wait in seconds, and the longest: the answer still comes before clients give up at 60 s.
const DEFAULT_WAIT: u64 = 45;
/// The pause between two looks, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(300), Duration::from_secs(3));

/// Wait until an import job ends, at most 45 seconds.
#[derive(Deserialize, JsonSchema)]
pub struct WaitForImport {
    job_id: JobId,
    #[schemars(range(min = 0, max = 45))]
    max_wait_seconds: Option<u64>,
}

impl Spec for WaitForImport {
    type Endpoint = GetImportJob;
    const NAME: &'static str = "wait_for_import";
    const TITLE: &'static str = "Wait for import";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] =
        &[Member::always("job_id", Kind::Text), Member::always("status", Kind::Text), Member::always("finished", Kind::Flag)];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let until = Deadline::after(Duration::from_secs(self.max_wait_seconds.unwrap_or(DEFAULT_WAIT)));
        let look = GetImportJob { job_id: self.job_id };
        let mut job = cx.session.call(&look, &cx.deadline).await?;
        let mut reported = None;
        let mut pause = PAUSES.0;
        let mut trouble = false;
        while !job.is_over() {
            report(cx, &job, &mut reported).await;
            let left = until.remaining();
            if left.is_zero() {
                break;
            }
            tokio::time::sleep(pause.min(left)).await;
            pause = (pause * 3 / 2).min(PAUSES.1);
            // A look that fails does not end the wait: the import goes on whether it is watched or not.
            match cx.session.call(&look, &cx.deadline).await {
                Ok(seen) => (job, trouble) = (seen, false),
                Err(error @ (CallError::Refused(_) | CallError::Key(_))) if !until.remaining().is_zero() => return Err(error.into()),
                Err(_) => trouble = true,
            }
        }
        report(cx, &job, &mut reported).await;
        let over = job.is_over();
        let mut answer = Answer::new(format!("Import job {}{}", if over { "" } else { "still going on: " }, describe::line(&job)));
        describe::write(&mut answer, &job);
        answer.fact("finished", over);
        if trouble {
            answer.note("the last look at the job failed; this is how it stood before");
        }
        if !over && cx.offer.has("wait_for_import") {
            answer.fact("next_tool", "wait_for_import");
            answer.close("Next: wait_for_import again to go on waiting.");
        } else {
            advise(cx, &mut answer, &job);
        }
        Ok(answer)
    }
}

/// Sends progress. Its value must rise, so nothing is sent if the look found nothing new.
#[expect(clippy::cast_precision_loss, reason = "counts of files")]
async fn report(cx: &Context<'_>, job: &ImportJob, reported: &mut Option<u64>) {
    let Some(progress) = cx.progress else { return };
    let counts = &job.progress;
    let done = counts.imported + counts.failed + counts.skipped;
    if reported.is_none_or(|before| done > before) {
        *reported = Some(done);
        let total = (counts.total_files > 0).then_some(counts.total_files as f64);
        progress(Step { done: done as f64, total, message: describe::standing(job) }).await;
    }
}
