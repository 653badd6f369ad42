//! `list_import_jobs`.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::{
    api::imports::{self, ImportJob, STATES},
    client,
    tools::{
        Answer, Context, Effect, Spec, ToolError,
        names::{IndexName, Named},
        proxy::{Show, may_go_on},
        schema::{Kind, Member},
        text,
    },
};

/// The most jobs that the API lists at once, which is also how many it lists if nobody says how many.
const MOST_LISTED: u32 = 200;
/// How many jobs are looked at for failed files, and for how long.
const LOOKED_AT: u32 = 100;
const WITHIN: Duration = Duration::from_secs(6);

/// List import jobs, newest first, with their progress.
#[derive(Deserialize, JsonSchema)]
pub struct ListImportJobs {
    #[schemars(extend("enum" = STATES))]
    status: Option<String>,
    index_id: Option<IndexName>,
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
}

impl Spec for ListImportJobs {
    type Endpoint = imports::ListImportJobs;
    const NAME: &'static str = "list_import_jobs";
    const TITLE: &'static str = "List imports";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] =
        &[Member::always("total_jobs", Kind::Count), Member::maybe("by_status", Kind::Object), Member::always("jobs", Kind::Rows)];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let index_id = match self.index_id {
            Some(name) => Named::new(name, None).listed(cx).await?.and_then(|ids| ids.into_iter().next()),
            None => None,
        };
        let filter = json!({"status": self.status, "index_id": index_id});
        let call = imports::ListImportJobs { status: self.status, limit: self.limit, index_id, automation_only: None };
        let (jobs, parts) = tokio::join!(cx.session.call(&call, &cx.deadline), failed_in_part(cx, &call));
        let mut jobs = jobs?;
        let full = jobs.data.len();
        // The API may ignore what its description only infers.
        let fits = |job: &ImportJob| call.index_id.as_ref().is_none_or(|id| job.target_index_id.as_deref() == Some(id.as_str()));
        jobs.data.retain(fits);
        let (listed, narrowed) = (jobs.data.len(), call.status.is_some() || call.index_id.is_some());
        let mut answer = jobs.show();
        answer.fact("filter", filter);
        if listed == 0 && !client::was_cut() {
            let why = if narrowed { why_none(cx).await } else { None };
            answer.note(why.unwrap_or_else(|| "Nothing was imported yet.".to_owned()));
        }
        may_go_on(&mut answer, full, call.limit, MOST_LISTED, Some(MOST_LISTED), "");
        let parts: Vec<String> = parts.iter().filter(|job| fits(job)).map(|job| text::id(&job.job_id)).collect();
        if !parts.is_empty() {
            let jobs = text::count(parts.len(), "other job");
            let named = text::names(parts.iter().map(String::as_str), 10);
            answer.note(format!("{jobs} ended otherwise and with failed files: {named}."));
            answer.close("list_import_files names the files of a job and why they failed.");
        }
        Ok(answer)
    }
}

/// What jobs there are, if there are any of other indexes or states.
async fn why_none(cx: &Context<'_>) -> Option<String> {
    let all = imports::ListImportJobs { status: None, limit: Some(LOOKED_AT), index_id: None, automation_only: None };
    let jobs = cx.session.call(&all, &cx.deadline.at_most(WITHIN)).await.ok()?.data;
    let states: Vec<_> = jobs.iter().map(|job| json!({"status": job.status})).collect();
    let told = text::tallied(&text::tally(states.iter(), "status"));
    (!jobs.is_empty()).then(|| format!("No import job fits `index_id` and `status`. Of all indexes and states there are: {told}."))
}

/// The newest jobs that did not fail as a whole and could not import some of their files. Whoever asks which failed means them, too.
async fn failed_in_part(cx: &Context<'_>, call: &imports::ListImportJobs) -> Vec<ImportJob> {
    if call.status.as_deref() != Some("failed") {
        return Vec::new();
    }
    let all = imports::ListImportJobs { status: None, limit: Some(LOOKED_AT), ..call.clone() };
    let jobs = cx.session.call(&all, &cx.deadline.at_most(WITHIN)).await.map(|jobs| jobs.data).unwrap_or_default();
    let in_part = |job: &ImportJob| job.is_over() && job.status != "failed" && job.failed() > 0;
    jobs.into_iter().filter(in_part).collect()
}
