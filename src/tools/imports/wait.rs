//! `wait_for_import`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{describe, read::advise};
use crate::{
    api::{
        ids::JobId,
        imports::{GetImportJob, ImportJob},
    },
    tools::{
        Answer, Context, Effect, Spec, Step, ToolError,
        schema::{Kind, Member},
        waiting::{Moves, until_over},
    },
};

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
        let seen = until_over(cx, self.job_id.as_str(), &GetImportJob { job_id: self.job_id.clone() }, self.max_wait_seconds).await?;
        let job = &seen.last;
        let goes_on = !job.is_over() && seen.unclear.is_none();
        let mut answer = Answer::new(format!("Import job {}{}", if goes_on { "still going on: " } else { "" }, describe::line(job)));
        describe::write(&mut answer, job);
        answer.fact("finished", job.is_over());
        seen.note(&mut answer);
        if goes_on && cx.offer.can_call("wait_for_import") {
            answer.fact("next_tool", "wait_for_import");
            answer.close("Next: wait_for_import again to go on waiting.");
        } else {
            advise(cx, &mut answer, job).await;
        }
        Ok(answer)
    }
}

impl Moves for ImportJob {
    fn is_over(&self) -> bool {
        Self::is_over(self)
    }

    fn id(&self) -> &str {
        &self.job_id
    }

    fn state(&self) -> &str {
        &self.status
    }

    fn ended_at(&self) -> Option<&str> {
        self.completed_at.as_deref()
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of files")]
    fn step(&self, _: f64) -> Step {
        let counts = &self.progress;
        let done = counts.imported.saturating_add(counts.failed).saturating_add(counts.skipped);
        let total = (counts.total_files > 0).then_some(counts.total_files as f64);
        Step { done: done as f64, total, message: describe::standing(self) }
    }
}
