//! `export_index_metadata` and `export_prompt_run`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::describe;
use crate::{
    api::{
        Endpoint,
        exports::{ExportIndex, ExportRun, ExportStarted, ResultScope},
        ids::{ConnectorId, IndexId, RunId},
    },
    tools::{
        Answer, Context, Effect, Spec, ToolError,
        schema::{Kind, Member},
        text,
    },
};

const OUTPUT: &[Member] =
    &[Member::always("message", Kind::Text), Member::always("export_id", Kind::Text), Member::always("status", Kind::Text)];

/// Export an index's media and results as a JSON file, for download or to a bucket.
#[derive(Deserialize, JsonSchema)]
pub struct ExportIndexMetadata {
    index_id: IndexId,
    prompt_run_ids: Option<Vec<RunId>>,
    destination_connector_id: Option<ConnectorId>,
    #[schemars(length(max = 512))]
    destination_subpath: Option<String>,
    result_scope: Option<ResultScope>,
    #[schemars(length(max = 255))]
    idempotency_key: Option<String>,
}

impl Spec for ExportIndexMetadata {
    type Endpoint = ExportIndex;
    const NAME: &'static str = "export_index_metadata";
    const TITLE: &'static str = "Export index";
    const EFFECT: Effect = Effect::Write;
    const OUTPUT: &'static [Member] = OUTPUT;

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let runs = self.prompt_run_ids.filter(|ids| !ids.is_empty());
        let told = runs.as_ref().map_or_else(|| json!("all"), |ids| json!(ids));
        let target = [("index_id", json!(self.index_id)), ("prompt_run_ids", told)];
        let destination = (self.destination_connector_id.clone(), self.destination_subpath.clone());
        let call = ExportIndex {
            index_id: self.index_id,
            prompt_run_ids: runs,
            destination_connector_id: self.destination_connector_id,
            destination_subpath: self.destination_subpath,
            result_scope: self.result_scope,
        };
        start(cx, &call, self.idempotency_key.as_deref(), &target, destination).await
    }
}

/// Export a run's results as a JSON file, for download or to a bucket.
#[derive(Deserialize, JsonSchema)]
pub struct ExportPromptRun {
    run_id: RunId,
    destination_connector_id: Option<ConnectorId>,
    #[schemars(length(max = 512))]
    destination_subpath: Option<String>,
    result_scope: Option<ResultScope>,
    #[schemars(length(max = 255))]
    idempotency_key: Option<String>,
}

impl Spec for ExportPromptRun {
    type Endpoint = ExportRun;
    const NAME: &'static str = "export_prompt_run";
    const TITLE: &'static str = "Export run";
    const EFFECT: Effect = Effect::Write;
    const OUTPUT: &'static [Member] = OUTPUT;

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let target = [("run_id", json!(self.run_id))];
        let destination = (self.destination_connector_id.clone(), self.destination_subpath.clone());
        let call = ExportRun {
            run_id: self.run_id,
            destination_connector_id: self.destination_connector_id,
            destination_subpath: self.destination_subpath,
            result_scope: self.result_scope,
        };
        start(cx, &call, self.idempotency_key.as_deref(), &target, destination).await
    }
}

async fn start<E: Endpoint<Output = ExportStarted>>(
    cx: &Context<'_>,
    call: &E,
    key: Option<&str>,
    target: &[(&str, Value)],
    (connector, subpath): (Option<ConnectorId>, Option<String>),
) -> Result<Answer, ToolError> {
    let (started, key) = cx.session.call_keyed(call, key, &cx.deadline).await?;
    Ok(told(cx, &started, key, target, connector.as_ref().map(ConnectorId::as_str), subpath.as_deref()))
}

/// Says what was started. It does not know the call, so it is compiled once.
fn told(
    cx: &Context<'_>,
    started: &ExportStarted,
    key: String,
    target: &[(&str, Value)],
    connector: Option<&str>,
    subpath: Option<&str>,
) -> Answer {
    let id = text::id(&started.export_id);
    let mut answer = Answer::new(format!("Export started: {id}, {}", text::line(&started.status.to_lowercase(), 40)));
    answer.fact("message", "Export started");
    answer.fact("export_id", id);
    answer.fact("status", started.status.as_str());
    for (name, value) in target.iter().cloned().chain(describe::destination(connector, subpath)) {
        answer.fact(name, value);
    }
    answer.fact("idempotency_key", key);
    if let Some(next) = ["wait_for_export", "get_export_status"].into_iter().find(|name| cx.offer.can_call(name)) {
        answer.fact("next_tool", next);
        answer.close(format!("Next: {next} follows it to its end."));
    }
    answer
}
