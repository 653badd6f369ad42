//! Prompts: their routes, rules and SQL.
//!
//! A run keeps a copy of its prompt, so nothing that happens to a prompt changes a run. Start with [`mount`]. `schema` checks what a prompt
//! may extract, `sample` checks data against that, `saved` has the settings of its runs, and `draft` writes one from an instruction.

mod draft;
mod sample;
pub mod saved;
mod schema;
pub mod store;

use rusqlite::Transaction;
use serde_json::{Map, Value, json};

use crate::{
    api::{
        facade::{DefinePrompt, Defined, Definition, GeneratePrompt},
        keys::Message,
        prompts::{
            CreatePrompt, DeletePrompt, GetPrompt, GetPromptUsage, GivenIndexing, GivenVideoLevel, ListPrompts, Prompt, PromptList,
            PromptUsage, SchemaVerdict, SemanticIndexing, TestSchema, UpdatePrompt, VideoLevel,
        },
    },
    playground::{
        ACCOUNT, Refusal,
        auth::Caller,
        deletions, filter,
        mount::{Mount, Reply},
        naming, random,
        routes::runs,
        runs::stamp,
        search::distinct,
        store::{Store, records},
        time::now,
    },
};
pub use schema::can_have;
use schema::check_schema;

/// What a made draft says of itself.
const NOTE: &str = "The playground wrote this by rules from the words of the instruction. No model speaks here.";

/// The most bytes of a prompt as JSON. Every list of prompts holds it whole, and each search reads its schema for every segment.
const MOST_BYTES: usize = 256 << 10;

/// The longest instruction, in characters: the text of a prompt has room for it.
const MOST_INSTRUCTION: usize = 4_900;

/// Mounts the operations on prompts.
pub fn mount(mount: Mount) -> Mount {
    mount
        .read(list_prompts)
        .read(get_prompt)
        .write(create_prompt)
        .created()
        .write(update_prompt)
        .write(delete_prompt)
        .read(test_schema)
        .read(get_usage)
        .read(generate)
        .write(define)
}

async fn list_prompts(_: Caller, store: Store, call: ListPrompts) -> Reply<PromptList> {
    let prompts = store
        .read(move |connection| Ok(store::list(connection, call.active_only.unwrap_or(true), call.include_defaults.unwrap_or(true))?))
        .await?;
    let count = |test: fn(&&Prompt) -> bool| prompts.iter().filter(test).map(|_| 1).sum();
    Ok(PromptList { total_count: count(|_| true), active_count: count(|prompt| prompt.is_active), prompts })
}

async fn get_prompt(_: Caller, store: Store, call: GetPrompt) -> Reply<Prompt> {
    store.read(move |connection| existing(connection, call.prompt_id.as_str())).await
}

fn existing(connection: &rusqlite::Connection, prompt_id: &str) -> Reply<Prompt> {
    store::get(connection, prompt_id)?.ok_or_else(|| Refusal::not_found("prompt"))
}

fn create_prompt(_: &Caller, tx: &Transaction<'_>, call: CreatePrompt) -> Reply<Prompt> {
    let prompt = Prompt {
        name: call.name,
        description: call.description.unwrap_or_default(),
        prompt_text: call.prompt_text,
        video_level: call.video_level.map(|level| whole_level(level, &call.json_schema.0)),
        json_schema: call.json_schema.0,
        semantic_indexing: call.semantic_indexing.map(whole_indexing).unwrap_or_default(),
        selection_filter: call.selection_filter,
        execution_config: call.execution_config,
        ..blank()?
    };
    add(tx, prompt)
}

/// A new prompt without content.
fn blank() -> Reply<Prompt> {
    let prompt_id = random::id("prompt_").map_err(Refusal::internal)?;
    Ok(Prompt { prompt_id, user_id: ACCOUNT.into(), is_active: true, created_at: stamp(now()), ..Prompt::default() })
}

fn add(tx: &Transaction<'_>, mut prompt: Prompt) -> Reply<Prompt> {
    check(&mut prompt)?;
    store::add(tx, &prompt, false)?;
    Ok(prompt)
}

fn update_prompt(_: &Caller, tx: &Transaction<'_>, call: UpdatePrompt) -> Reply<Prompt> {
    let mut prompt = existing(tx, call.prompt_id.as_str())?;
    let put = |member: &mut String, given: Option<String>| given.into_iter().for_each(|text| *member = text);
    put(&mut prompt.name, call.name);
    put(&mut prompt.description, call.description);
    put(&mut prompt.prompt_text, call.prompt_text);
    if let Some(schema) = call.json_schema {
        prompt.json_schema = schema.0;
    }
    if call.clear_video_level == Some(true) {
        prompt.video_level = None;
        prompt.semantic_indexing.disabled_video_level_fields.clear();
    }
    if let Some(level) = call.video_level {
        prompt.video_level = Some(whole_level(level, &prompt.json_schema));
    }
    if let Some(indexing) = call.semantic_indexing {
        prompt.semantic_indexing = whole_indexing(indexing);
    }
    if call.clear_selection_filter == Some(true) {
        prompt.selection_filter = None;
    }
    prompt.selection_filter = call.selection_filter.or(prompt.selection_filter);
    prompt.execution_config = call.execution_config.or(prompt.execution_config);
    check(&mut prompt)?;
    store::put(tx, &prompt)?;
    Ok(prompt)
}

/// Without a choice, the whole item is described from all fields of its segments.
fn whole_level(given: GivenVideoLevel, segments: &Map<String, Value>) -> VideoLevel {
    VideoLevel {
        instructions_text: given.instructions_text,
        included_segment_fields: given.included_segment_fields.unwrap_or_else(|| names(segments)),
        json_schema: given.json_schema.0,
    }
}

fn names(schema: &Map<String, Value>) -> Vec<String> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

fn whole_indexing(given: GivenIndexing) -> SemanticIndexing {
    SemanticIndexing {
        disabled_segment_fields: distinct(&given.disabled_segment_fields.unwrap_or_default()),
        disabled_video_level_fields: distinct(&given.disabled_video_level_fields.unwrap_or_default()),
    }
}

/// Refuses to leave out of the searches what is no field: whoever misspells one believes that it is out.
fn check_indexing(prompt: &Prompt) -> Reply<()> {
    let indexing = &prompt.semantic_indexing;
    check_fields(&prompt.json_schema, &indexing.disabled_segment_fields, &["semantic_indexing", "disabled_segment_fields"], "segments")?;
    let (fields, member) = (&indexing.disabled_video_level_fields, ["semantic_indexing", "disabled_video_level_fields"]);
    match (&prompt.video_level, fields.first()) {
        (Some(level), _) => check_fields(&level.json_schema, fields, &member, "video level"),
        (None, Some(field)) => {
            let message = format!("`{field}` is no field: the prompt has no video level");
            Err(Refusal::argument(["body"].into_iter().chain(member), message, "value_error"))
        }
        (None, None) => Ok(()),
    }
}

fn check_fields(schema: &Map<String, Value>, fields: &[String], member: &[&str], whose: &str) -> Reply<()> {
    match fields.iter().find(|path| !can_have(schema, path)) {
        None => Ok(()),
        Some(unknown) => {
            let place = ["body"].iter().chain(member).map(|part| Value::from(*part));
            Err(Refusal::argument(place, format!("`{unknown}` is no field of the prompt's {whose}"), "value_error"))
        }
    }
}

/// The limits of the API. The name becomes one line.
fn check(prompt: &mut Prompt) -> Reply<()> {
    let length = |place: &[&str], text: &str, least: usize, most: usize| {
        let place = ["body"].iter().chain(place).map(|part| Value::from(*part));
        // What is stored counts, and spaces alone say nothing.
        if text.chars().count() <= most && text.trim().chars().count() >= least {
            Ok(())
        } else {
            Err(Refusal::argument(place, format!("String should have {least} to {most} characters"), "value_error"))
        }
    };
    length(&["name"], &prompt.name, 3, 100)?;
    prompt.name = naming::named("name", &prompt.name, 100)?;
    length(&["description"], &prompt.description, 0, 500)?;
    length(&["prompt_text"], &prompt.prompt_text, 10, 5_000)?;
    check_schema(&prompt.json_schema).map_err(|message| Refusal::argument(["body", "json_schema"], message, "value_error"))?;
    if let Some(given) = &prompt.selection_filter {
        filter::selection(given).map_err(|message| Refusal::argument(["body", "selection_filter"], message, "value_error"))?;
    }
    check_indexing(prompt)?;
    runs::check_saved(prompt)?;
    if serde_json::to_vec(prompt)?.len() > MOST_BYTES {
        let message = format!("A prompt has at most {} KiB of JSON", MOST_BYTES >> 10);
        return Err(Refusal::argument(["body"], message, "value_error"));
    }
    let Some(level) = &prompt.video_level else { return Ok(()) };
    length(&["video_level", "instructions_text"], &level.instructions_text, 1, 12_000)?;
    check_schema(&level.json_schema)
        .map_err(|message| Refusal::argument(["body", "video_level", "json_schema"], message, "value_error"))?;
    check_fields(&prompt.json_schema, &level.included_segment_fields, &["video_level", "included_segment_fields"], "segments")
}

/// A prompt is in use if there are runs of it, or if an automation runs it. The API does not say what it counts.
fn uses(connection: &rusqlite::Connection, prompt_id: &str) -> Reply<(u64, u64)> {
    Ok((store::runs(connection, prompt_id)?, records::naming(connection, "automation", "prompt_id", prompt_id)?))
}

/// Deletes a prompt. Runs of it stay, and so do their results.
fn delete_prompt(_: &Caller, tx: &Transaction<'_>, call: DeletePrompt) -> Reply<Message> {
    let prompt = existing(tx, call.prompt_id.as_str())?;
    let (runs, automations) = uses(tx, &prompt.prompt_id)?;
    if runs + automations > 0 && call.force != Some(true) {
        let message = format!("The prompt is in use by {runs} runs and {automations} automations. Delete it with force=true.");
        return Err(Refusal::conflict("resource_prompt_in_use", message).with("runs", runs).with("automations", automations));
    }
    store::delete(tx, &prompt.prompt_id)?;
    deletions::remove_attached(tx, &prompt.prompt_id)?;
    Ok(Message { message: format!("The prompt {} was deleted.", prompt.prompt_id) })
}

async fn get_usage(_: Caller, store: Store, call: GetPromptUsage) -> Reply<PromptUsage> {
    store
        .read(move |connection| {
            let prompt = existing(connection, call.prompt_id.as_str())?;
            let (runs, automations) = uses(connection, &prompt.prompt_id)?;
            Ok(PromptUsage {
                is_in_use: Some(runs + automations > 0),
                schema_properties_count: u64::try_from(names(&prompt.json_schema).len()).unwrap_or_default(),
                prompt_id: prompt.prompt_id,
                name: prompt.name,
                is_active: prompt.is_active,
                created_at: prompt.created_at,
            })
        })
        .await
}

async fn test_schema(_: Caller, _: Store, call: TestSchema) -> Reply<SchemaVerdict> {
    check_schema(&call.json_schema).map_err(|message| Refusal::argument(["body", "json_schema"], message, "value_error"))?;
    let found = sample::check(&call.json_schema, &Value::Object(call.sample_data.clone()));
    let valid = found.misfit.is_none();
    let mut message = if valid { "The sample data fit the schema." } else { "The sample data do not fit the schema." }.to_owned();
    if !found.unchecked.is_empty() {
        message.push_str(&format!(" This playground did not look at: {}.", found.unchecked.join(", ")));
    }
    Ok(SchemaVerdict { valid, validated_data: valid.then_some(call.sample_data), error: found.misfit, message })
}

async fn generate(_: Caller, _: Store, call: GeneratePrompt) -> Reply<Defined> {
    Ok(unsaved(definition(&call.instruction)?))
}

fn unsaved(definition: Definition) -> Defined {
    Defined { definition: Some(definition), others: noted(), ..Defined::default() }
}

fn noted() -> Map<String, Value> {
    Map::from_iter([("note".to_owned(), json!(NOTE))])
}

fn define(_: &Caller, tx: &Transaction<'_>, call: DefinePrompt) -> Reply<Defined> {
    let definition = definition(&call.instruction)?;
    if call.save == Some(false) {
        return Ok(unsaved(definition));
    }
    let prompt = save(tx, &definition)?;
    Ok(Defined {
        prompt_id: Some(prompt.prompt_id.clone()),
        saved: true,
        definition: Some(definition),
        prompt: Some(prompt),
        draft: None,
        others: noted(),
    })
}

/// A prompt for an instruction.
pub fn definition(instruction: &str) -> Reply<Definition> {
    if instruction.trim().is_empty() {
        return Err(Refusal::argument(["body", "instruction"], "Input should not be blank", "value_error"));
    }
    if instruction.chars().count() > MOST_INSTRUCTION {
        let message = format!("String should have at most {MOST_INSTRUCTION} characters");
        return Err(Refusal::argument(["body", "instruction"], message, "value_error"));
    }
    Ok(draft::written(instruction))
}

/// Saves what was written from an instruction.
pub fn save(tx: &Transaction<'_>, definition: &Definition) -> Reply<Prompt> {
    let written = definition.clone();
    let prompt = Prompt {
        name: written.name,
        description: written.description,
        prompt_text: written.prompt_text,
        json_schema: written.json_schema,
        video_level: written.video_level,
        semantic_indexing: written.semantic_indexing,
        ..blank()?
    };
    add(tx, prompt)
}

/// Calls that take more than the parameters of their path.
#[cfg(test)]
pub const SAMPLES: crate::playground::tests::round_trip::Samples = &[
    ("GET /prompts", r#"{"active_only": false, "include_defaults": true}"#),
    ("POST /prompts/test-schema", r#"{"json_schema": {"type": "object", "TEXT": [1, null]}, "sample_data": {"TEXT": {"": -0.5}}}"#),
    (
        "POST /prompts",
        r#"{"name": "TEXT", "description": "TEXT", "prompt_text": "TEXT", "json_schema": {"type": "object", "x": null},
            "video_level": {"instructions_text": "TEXT", "included_segment_fields": ["TEXT"], "json_schema": {"type": "object"}},
            "semantic_indexing": {"disabled_segment_fields": ["TEXT"], "disabled_video_level_fields": []}, "selection_filter": {"TEXT": ["TEXT"]},
            "execution_config": {"TEXT": [1]}}"#,
    ),
    (
        "PUT /prompts/{prompt_id}",
        r#"{"name": "TEXT", "description": "", "prompt_text": "TEXT", "json_schema": {"type": "object", "TEXT": 1},
            "video_level": {"instructions_text": "TEXT", "included_segment_fields": [], "json_schema": {"type": "object"}},
            "semantic_indexing": {"disabled_segment_fields": [], "disabled_video_level_fields": ["TEXT"]}, "clear_video_level": false,
            "selection_filter": {"filters": []}, "clear_selection_filter": false, "execution_config": {}}"#,
    ),
    ("DELETE /prompts/{prompt_id}", r#"{"force": true}"#),
    ("POST /prompts/generate", r#"{"instruction": "TEXT"}"#),
    ("POST /workflow/define", r#"{"instruction": "TEXT", "save": false}"#),
];
