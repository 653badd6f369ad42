//! `update_prompt`. Each part that is given replaces the old one whole, so the answer says which fields went with it.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{fields, selection};
use crate::{
    api::{
        Endpoint,
        prompts::{GetPrompt, Prompt, UpdatePrompt},
    },
    tools::{
        Answer, ArgumentError, Context, Effect, Spec, ToolError,
        proxy::{DONE, done},
        schema::Member,
        text,
    },
};

/// How many fields are named.
const NAMED: usize = 20;

/// Change the given parts of a prompt; each is replaced whole. Finished runs keep the old one.
#[derive(Deserialize, JsonSchema)]
pub struct UpdatePromptTool {
    #[serde(flatten)]
    call: UpdatePrompt,
    #[schemars(length(max = 255))]
    idempotency_key: Option<String>,
}

impl Spec for UpdatePromptTool {
    type Endpoint = UpdatePrompt;
    const NAME: &'static str = "update_prompt";
    const TITLE: &'static str = "Update prompt";
    const EFFECT: Effect = Effect::Overwrite;
    const OUTPUT: &'static [Member] = DONE;

    async fn run(self, cx: &Context<'_>) -> Result<Answer, ToolError> {
        let call = self.call;
        UpdatePrompt::RULE(&call).map_err(ArgumentError)?;
        let replaces = call.json_schema.is_some() || call.video_level.is_some() || call.clear_video_level == Some(true);
        let before = if replaces || call.selection_filter.is_some() {
            let read = GetPrompt { prompt_id: call.prompt_id.clone() };
            cx.session.call(&read, &cx.aside()).await.ok()
        } else {
            None
        };
        if let Some(selected) = &call.selection_filter {
            let schema = call.json_schema.as_ref().map(|schema| &schema.0).or(before.as_ref().map(|prompt| &prompt.json_schema));
            let kept = before.as_ref().and_then(|prompt| prompt.video_level.as_ref()).filter(|_| call.clear_video_level != Some(true));
            let of_videos = call.video_level.as_ref().map(|level| &level.json_schema.0).or(kept.map(|level| &level.json_schema));
            if let Some(schema) = schema {
                selection::check(selected, schema, of_videos)?;
            }
        }
        let (prompt, _) = cx.session.call_keyed(&call, self.idempotency_key.as_deref(), &cx.deadline).await?;
        let lost = before.map(|before| lost(&before, &prompt)).unwrap_or_default();
        let faults = prompt.selection_filter.as_ref().map(|selected| selection::faults(selected, &prompt)).unwrap_or_default();
        let mut answer = done("Prompt updated", prompt);
        if !lost.is_empty() {
            let named = text::names(lost.iter().map(String::as_str), NAMED);
            answer.note(format!("From now on its runs do not extract: {named}. What earlier runs extracted stays."));
            answer.fact("removed_fields", json!(lost));
        }
        for fault in faults {
            answer.note(format!("Its selection_filter takes no result: {fault}."));
        }
        Ok(answer)
    }
}

/// The fields that a prompt had and does not have any more.
fn lost(before: &Prompt, after: &Prompt) -> Vec<String> {
    let per_item = |prompt: &Prompt| prompt.video_level.as_ref().map(|level| level.json_schema.clone()).unwrap_or_default();
    let gone = |before: &Map<String, Value>, after: &Map<String, Value>| {
        let left = fields::of(after);
        fields::of(before).into_iter().map(|field| field.path).filter(move |path| !left.iter().any(|field| field.path == *path))
    };
    let of_segments = gone(&before.json_schema, &after.json_schema);
    of_segments.chain(gone(&per_item(before), &per_item(after)).map(|path| format!("{path} (once per video)"))).collect()
}
