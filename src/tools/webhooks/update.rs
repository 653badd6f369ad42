//! `update_webhook`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::check::note_parts;
use crate::{
    api::{Endpoint, webhooks::UpdateWebhook},
    tools::{
        Answer, ArgumentError, Context, Effect, Spec, ToolError,
        proxy::{DONE, done},
        schema::Member,
    },
};

/// Change a webhook, pause it, or activate it again; lists that are given replace the old ones.
#[derive(Deserialize, JsonSchema)]
pub struct UpdateWebhookTool {
    #[serde(flatten)]
    call: UpdateWebhook,
    #[schemars(length(max = 255))]
    idempotency_key: Option<String>,
}

impl Spec for UpdateWebhookTool {
    type Endpoint = UpdateWebhook;
    const NAME: &'static str = "update_webhook";
    const TITLE: &'static str = "Update webhook";
    const EFFECT: Effect = Effect::Overwrite;
    const OUTPUT: &'static [Member] = DONE;

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let mut call = self.call;
        UpdateWebhook::RULE(&call).map_err(ArgumentError)?;
        // An empty list stands for all indexes.
        if let Some(ids) = call.index_ids.as_mut().filter(|ids| super::means_all(ids)) {
            ids.clear();
        }
        let (webhook, _) = cx.session.call_keyed(&call, self.idempotency_key.as_deref(), &cx.deadline).await?;
        let events = webhook.events.clone();
        let mut answer = done("Webhook updated", webhook);
        note_parts(&mut answer, &events);
        Ok(answer)
    }
}
