//! `get_export_status`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::describe;
use crate::{
    api::{exports::GetExport, ids::ExportId},
    tools::{
        Answer, Context, Effect, Spec, ToolError,
        schema::{Kind, Member},
    },
};

/// Read how an export stands.
#[derive(Deserialize, JsonSchema)]
pub struct GetExportStatus {
    export_id: ExportId,
}

impl Spec for GetExportStatus {
    type Endpoint = GetExport;
    const NAME: &'static str = "get_export_status";
    const TITLE: &'static str = "Get export status";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] =
        &[Member::always("export_id", Kind::Text), Member::always("status", Kind::Text), Member::always("tip", Kind::Text)];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let export = cx.session.call(&GetExport { export_id: self.export_id }, &cx.deadline).await?;
        Ok(describe::answer(cx, &export.0).await)
    }
}
