//! Prompts: which fields they extract, which runs have results, and how they are made, changed and deleted.
//!
//! Start with `list`, the tool of the core. [`fields`] reads the field paths from a prompt's schema. `show` says what a prompt, a draft and a
//! verdict on a schema look like, `selection` finds filters on fields that are not there, `update` says what a change replaced, and `delete`
//! finds out what a deletion would touch. Nothing here may know how a run is started or searched.

mod delete;
pub mod fields;
mod list;
pub mod selection;
mod show;
mod update;

use crate::{
    api::{facade, prompts},
    tools::{Tool, catalog::Family, resources::Resource},
};

/// The tools of this family.
pub static FAMILY: Family = Family { name: "prompts", about: "what can be extracted", tools: &TOOLS };

static TOOLS: [Tool; 9] = [
    Tool::of::<list::ListPromptsTool>().words("extract available templates questions fields which analyses").core().instead(&["list_sql_tables"]),
    Tool::proxy::<prompts::GetPrompt>("get_prompt", "Get prompt").words("wording text fields schema details extract").instead(&["list_sql_tables"]).example(r#"{"prompt_id": "prompt_action_log"}"#)
        .resource(Resource::of("prompts/{prompt}", "prompt", "Prompt", "A prompt with its text and schema, by its id or name.").by("prompt_id")),
    Tool::done::<prompts::CreatePrompt>("create_prompt", "Create prompt", "Prompt created").checked_by(selection::check_new).words("new extraction template schema fields").example(r#"{"name": "Example prompt", "prompt_text": "Name the main colour of the scene.", "json_schema": {"type": "object", "properties": {"colour": {"type": "string"}}}, "idempotency_key": "example-create-prompt"}"#),
    Tool::of::<update::UpdatePromptTool>().ruled::<prompts::UpdatePrompt>().words("wording edit text extract fields schema").example(r#"{"prompt_id": "prompt_action_log", "description": "Logs who does what and where, for quick review."}"#),
    Tool::deletes::<prompts::DeletePrompt>("delete_prompt", "Delete prompt").words("extraction template").example(r#"{"prompt_id": "prompt_action_log", "force": true}"#),
    Tool::proxy::<prompts::TestSchema>("test_prompt_schema", "Test schema").words("validate try; example sample json accept").reads().example(r#"{"json_schema": {"type": "object", "properties": {"n": {"type": "integer"}}}, "sample_data": {"n": 1}}"#),
    Tool::proxy::<prompts::GetPromptUsage>("get_prompt_usage", "Get prompt usage").words("who uses used using still depends in use needed").example(r#"{"prompt_id": "prompt_action_log"}"#),
    Tool::proxy::<facade::GeneratePrompt>("draft_prompt", "Draft prompt").words("write compose generate suggest propose; description words sentence").reads().example(r#"{"instruction": "List the vehicles and say whether it is day or night"}"#),
    Tool::proxy::<facade::DefinePrompt>("define_prompt", "Define prompt").words("write compose generate create turn save keep; description words sentence instruction").example(r#"{"instruction": "List the vehicles and say whether it is day or night", "save": false}"#),
];
