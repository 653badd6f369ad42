//! `attach_workflow_file`.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    api::{Endpoint, imports::AttachFiles},
    tools::{
        Answer, ArgumentError, Context, Effect, Spec, ToolError,
        names::{self, Target},
        proxy,
        schema::Member,
        text,
    },
};

/// Import files from addresses; an `index_name` that no index has makes one.
#[derive(Deserialize, JsonSchema)]
pub struct AttachFilesTool {
    #[serde(flatten)]
    call: AttachFiles,
    #[schemars(length(max = 255))]
    idempotency_key: Option<String>,
}

impl Spec for AttachFilesTool {
    type Endpoint = AttachFiles;
    const NAME: &'static str = "attach_workflow_file";
    const TITLE: &'static str = "Import from addresses";
    const EFFECT: Effect = Effect::Write;
    const OUTPUT: &'static [Member] = proxy::DONE;

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let mut call = self.call;
        AttachFiles::RULE(&call).map_err(ArgumentError)?;
        let mut made = None;
        if let Some(name) = &call.index_name {
            match names::target(cx, name).await? {
                Target::Is(id) => (call.index_id, call.index_name) = (Some(id), None),
                Target::Named(name) => call.index_name = Some(name),
                Target::New => made = Some(text::line(name, 120)),
                Target::Unknown => {}
            }
        }
        let (job, _) = cx.session.call_keyed(&call, self.idempotency_key.as_deref(), &cx.deadline).await?;
        let mut answer = proxy::done("Import job created", job);
        if let Some(name) = made {
            cx.memory.indexes_changed();
            answer.note(format!("There was no index named \"{name}\" before: this call makes it."));
        }
        Ok(answer)
    }
}
