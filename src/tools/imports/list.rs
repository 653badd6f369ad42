//! `list_import_jobs`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::{
    api::imports::{self, ImportJob, STATES},
    tools::{
        Answer, Context, Effect, Spec, ToolError,
        names::{IndexName, Named},
        proxy::Show,
        schema::{Kind, Member},
    },
};

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
            Some(name) => Some(Named::new(name, None).listed(cx).await?),
            None => None,
        };
        let filter = json!({"status": self.status, "index_id": index_id});
        let call = imports::ListImportJobs { status: self.status, limit: self.limit, index_id, automation_only: None };
        let mut jobs = cx.session.call(&call, &cx.deadline).await?;
        // The API may ignore what its description only infers.
        let fits = |job: &ImportJob| call.index_id.as_ref().is_none_or(|id| job.target_index_id.as_deref() == Some(id.as_str()));
        jobs.data.retain(fits);
        let mut answer = jobs.show();
        answer.fact("filter", filter);
        Ok(answer)
    }
}
