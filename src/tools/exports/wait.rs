//! `wait_for_export`.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::describe;
use crate::{
    api::{
        exports::{Export, GetExport},
        ids::ExportId,
    },
    session::{CallError, Deadline},
    tools::{
        Answer, Context, Effect, Spec, Step, ToolError,
        schema::{Kind, Member},
        text,
    },
};

/// The default wait in seconds, and the longest: the answer still comes before clients give up at 60 s.
const DEFAULT_WAIT: u64 = 45;
/// The pause between two looks, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(3));

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
        let until = Deadline::after(Duration::from_secs(self.max_wait_seconds.unwrap_or(DEFAULT_WAIT)));
        let look = GetExport { export_id: self.export_id };
        let mut export = cx.session.call(&look, &cx.deadline).await?.0;
        let (mut pause, mut stale, mut looks) = (PAUSES.0, false, 0.0);
        while !export.is_over() {
            report(cx, &export, &mut looks).await;
            let left = until.remaining();
            if left.is_zero() {
                break;
            }
            tokio::time::sleep(pause.min(left)).await;
            pause = (pause * 3 / 2).min(PAUSES.1);
            // A look that fails does not end the wait: the export goes on whether it is watched or not.
            match cx.session.call(&look, &cx.deadline).await {
                Ok(seen) => (export, stale) = (seen.0, false),
                Err(error @ (CallError::Refused(_) | CallError::Key(_))) => return Err(error.into()),
                Err(_) => stale = true,
            }
        }
        report(cx, &export, &mut looks).await;
        let mut answer = describe::answer(&export);
        answer.fact("finished", export.is_over());
        if stale {
            answer.note("The last look at the export failed; this is how it stood before.");
        }
        Ok(answer)
    }
}

/// Tells the client how it stands. Exports have no counts, so the value is the number of looks.
async fn report(cx: &Context<'_>, export: &Export, looks: &mut f64) {
    let Some(progress) = cx.progress else { return };
    *looks += 1.0;
    progress(Step { done: *looks, total: None, message: text::line(&export.status.to_lowercase(), 40) }).await;
}
