//! Why an item failed, as far as the API says it.
//!
//! The record of an item does not tell. The import job that brought the item does.

use std::time::Duration;

use crate::{
    api::{
        imports::{ImportJob, ListImportJobs},
        state,
        videos::Video,
    },
    tools::{Answer, Context, advice::advise, text},
};

/// How many of the newest import jobs are looked at, and for how long.
const NEWEST: u32 = 100;
const WITHIN: Duration = Duration::from_secs(6);

/// Whether a state says that an item failed.
pub fn has_failed(status: &str) -> bool {
    state::is_one_of(status, &["failed", "error"])
}

/// Says why an item failed and what reads more of it. No prompt can run over it, so none is advised.
pub async fn explain(cx: &Context<'_>, video: &Video, answer: &mut Answer) {
    answer.note("It failed, so no prompt can run over it.");
    let Some(job) = job_of(cx, video).await else {
        answer.close(advise(cx.offer, &["list_import_jobs"], "with status=failed may have the import that brought it, and why it failed."));
        return;
    };
    let id = text::id(&job.job_id);
    let of_file = job.failed_files.iter().find(|file| is_at(video, &file.path)).map(|file| file.error.as_str());
    let why = of_file.or(job.error_message.as_deref()).filter(|why| !why.trim().is_empty());
    if let Some(why) = why {
        answer.note(format!("Its import job {id} says why: {}", text::line(why, 300)));
        answer.fact("error_message", text::line(why, 300));
    }
    answer.fact("import_job_id", id.as_str());
    answer.close(advise(cx.offer, &["get_import_job"], &format!("with job_id={id} tells how its import went.")));
}

/// The import job that brought an item, if it is among the newest: it names the item, or it failed with the file of the item.
async fn job_of(cx: &Context<'_>, video: &Video) -> Option<ImportJob> {
    let call = ListImportJobs { status: None, limit: Some(NEWEST), index_id: None, automation_only: None };
    let jobs = cx.session.call(&call, &cx.deadline.at_most(WITHIN)).await.ok()?.data;
    let id = &video.video_id;
    let brought = |job: &ImportJob| {
        job.outputs.items.iter().any(|output| output.video_id == *id)
            || job.video_ids.contains(id)
            || job.failed_files.iter().any(|file| is_at(video, &file.path))
    };
    jobs.into_iter().find(brought)
}

/// Whether an item is the file at this path of a bucket.
fn is_at(video: &Video, path: &str) -> bool {
    !path.is_empty() && video.video_uri.strip_suffix(path).is_some_and(|bucket| bucket.ends_with('/'))
}
