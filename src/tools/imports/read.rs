//! `get_import_job`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::describe;
use crate::{
    api::{ids::JobId, imports, state},
    tools::{
        Answer, Context, Effect, Spec, ToolError,
        schema::{Kind, Member},
        text,
    },
};

/// Read an import job: progress, failed and skipped files.
#[derive(Deserialize, JsonSchema)]
pub struct GetImportJob {
    job_id: JobId,
}

impl Spec for GetImportJob {
    type Endpoint = imports::GetImportJob;
    const NAME: &'static str = "get_import_job";
    const TITLE: &'static str = "Get import job";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] = &[
        Member::always("job_id", Kind::Text),
        Member::always("status", Kind::Text),
        Member::always("progress", Kind::Object),
        Member::always("failed_files", Kind::Rows),
        Member::always("skipped_files", Kind::Rows),
    ];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let job = cx.session.call(&imports::GetImportJob { job_id: self.job_id }, &cx.deadline).await?;
        let mut answer = Answer::new(format!("Import job {}", describe::line(&job)));
        describe::write(&mut answer, &job);
        if job.status.eq_ignore_ascii_case("failed") {
            answer.failed();
        }
        advise(cx, &mut answer, &job);
        Ok(answer)
    }
}

/// What to do next with a job.
pub fn advise(cx: &Context<'_>, answer: &mut Answer, job: &imports::ImportJob) {
    let id = text::id(&job.job_id);
    let can = |tool: &str| cx.offer.can_call(tool);
    let (tool, what) = if !job.is_over() && !state::is_under_way(&job.status) {
        ("get_import_job", "tells later how it stands")
    } else if !job.is_over() {
        ("wait_for_import", "waits for its end")
    } else if job.failed() > 0 || matches!(job.status.as_str(), "failed" | "cancelled") {
        // A file that is empty or broken fails as often as it is tried.
        let mended = if job.status == "cancelled" { "" } else { ", once the causes above are mended" };
        let costs = if describe::wants_run(job) { "; the prompt run that follows costs" } else { "" };
        if can("retry_import_job") {
            answer.close(format!("Next{mended}: retry_import_job with job_id={id} tries what is not imported again{costs}."));
        }
        return;
    } else if let Some(run) = job.execution.run_id.as_deref() {
        answer.close(format!("Next: wait_for_prompt_run with run_id={} waits for what it finds in them.", text::id(run)));
        return;
    } else if job.progress.imported > 0 && !describe::wants_run(job) {
        answer.note("No prompt run has covered the new media, so searches do not find them.");
        answer.close(format!("Next: process_media with import_job_id={id} and a prompt_id runs a prompt over them, which costs."));
        return;
    } else if job.progress.total_files == 0 && job.source_kind == "connector" {
        answer.close("No file fits: below the prefix there is none that the pattern takes and that is video, audio or an image");
        answer.close("browse_connector_files shows what is there");
        return;
    } else {
        return;
    };
    if can(tool) {
        answer.close(format!("Next: {tool} with job_id={id} {what}."));
    }
}
