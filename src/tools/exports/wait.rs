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
        waiting::{Moves, until_over, word},
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
        let seen = until_over(cx, self.export_id.as_str(), &GetExport { export_id: self.export_id.clone() }, self.max_wait_seconds).await?;
        let ExportStatus(export) = &seen.last;
        let mut answer = describe::answer(cx, export).await;
        answer.fact("finished", export.is_over());
        seen.note(&mut answer);
        Ok(answer)
    }
}

impl Moves for ExportStatus {
    fn is_over(&self) -> bool {
        self.0.is_over()
    }

    fn id(&self) -> &str {
        &self.0.export_id
    }

    fn state(&self) -> &str {
        &self.0.status
    }

    fn ended_at(&self) -> Option<&str> {
        self.0.completed_at.as_deref()
    }

    /// Exports have no counts, so the value is the number of looks.
    fn step(&self, looks: f64) -> Step {
        Step { done: looks, total: None, message: word(&self.0.status) }
    }
}
