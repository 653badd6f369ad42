//! Reads prompts and checks sample data against their schemas.

use serde_json::Value;

use crate::{
    api::prompts::{GetPrompt, ListPrompts, Prompt, PromptList, SchemaVerdict, TestSchema},
    playground::{
        Refusal,
        auth::Caller,
        mount::Reply,
        schema::{check_data, check_schema},
        store::{Store, prompts},
    },
};

pub async fn list_prompts(_: Caller, store: Store, call: ListPrompts) -> Reply<PromptList> {
    let prompts = store
        .read(move |connection| Ok(prompts::list(connection, call.active_only.unwrap_or(true), call.include_defaults.unwrap_or(true))?))
        .await?;
    let count = |test: fn(&&Prompt) -> bool| prompts.iter().filter(test).map(|_| 1).sum();
    Ok(PromptList { total_count: count(|_| true), active_count: count(|prompt| prompt.is_active), prompts })
}

pub async fn get_prompt(_: Caller, store: Store, call: GetPrompt) -> Reply<Prompt> {
    store.read(move |connection| prompts::get(connection, call.prompt_id.as_str())?.ok_or_else(|| Refusal::not_found("prompt"))).await
}

pub async fn test_schema(_: Caller, _: Store, call: TestSchema) -> Reply<SchemaVerdict> {
    check_schema(&call.json_schema).map_err(|message| Refusal::argument(["body", "json_schema"], message, "value_error"))?;
    Ok(match check_data(&call.json_schema, &Value::Object(call.sample_data.clone())) {
        Ok(()) => SchemaVerdict {
            valid: true,
            validated_data: Some(call.sample_data),
            error: None,
            message: "The sample data fit the schema.".into(),
        },
        Err(error) => SchemaVerdict {
            valid: false,
            validated_data: None,
            error: Some(error),
            message: "The sample data do not fit the schema.".into(),
        },
    })
}
