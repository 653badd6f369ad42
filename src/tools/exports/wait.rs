//! `wait_for_export`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::describe;
use crate::{
    api::{
        exports::{ExportStatus, GetExport},
        ids::ExportId,
    },
    tools::{
        Answer, Context, Effect, Spec, Step, ToolError,
        schema::{Kind, Member},
        text,
        waiting::{Moves, Seen, until_over},
    },
};

/// Wait until an export ends, at most 45 seconds.
#[derive(Deserialize, JsonSchema)]
pub struct WaitForExport {
    export_id: ExportId,
    #[schemars(range(min = 0, max = 45))]
    max_wait_seconds: Option<u64>,
}

impl Spec for WaitForExport {
    type Endpoint = GetExport;
    const NAME: &'static str = "wait_for_export";
    const TITLE: &'static str = "Wait for export";
    const EFFECT: Effect = Effect::Read;
    const OUTPUT: &'static [Member] =
        &[Member::always("export_id", Kind::Text), Member::always("status", Kind::Text), Member::always("finished", Kind::Flag)];

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let Seen { last: ExportStatus(export), stale } =
            until_over(cx, &GetExport { export_id: self.export_id }, self.max_wait_seconds).await?;
        let mut answer = describe::answer(cx, &export);
        answer.fact("finished", export.is_over());
        if let Some(note) = stale {
            answer.note(note);
        }
        Ok(answer)
    }
}

impl Moves for ExportStatus {
    fn is_over(&self) -> bool {
        self.0.is_over()
    }

    /// Exports have no counts, so the value is the number of looks.
    fn step(&self, looks: f64) -> Step {
        Step { done: looks, total: None, message: text::line(&self.0.status.to_lowercase(), 40) }
    }
}
