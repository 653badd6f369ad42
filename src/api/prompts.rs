//! Prompts. A prompt says what to extract from each segment, and has a schema for it.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::{Access, Repeat, Scope, endpoint, ids::PromptId, keys::Message, null_as_default, one_of};

/// Lists prompts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListPrompts {
    /// Only prompts that can be run; the API's default is true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_only: Option<bool>,
    /// Whether to list the vendor's prompts too; the API's default is true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_defaults: Option<bool>,
}

endpoint!(ListPrompts, Get, "/prompts", Access::Scope(Scope::Read), PromptList);

/// Read one prompt: text, schema, and field paths for `filter_videos`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the name says it")]
pub struct GetPrompt {
    pub prompt_id: PromptId,
}

endpoint!(GetPrompt, Get, "/prompts/{prompt_id}", Access::Scope(Scope::Read), Prompt);

/// Create a prompt: what to extract from each segment, and from each whole video.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct CreatePrompt {
    #[schemars(length(min = 3, max = 100))]
    pub name: String,
    #[schemars(length(max = 500))]
    pub description: Option<String>,
    /// The instructions.
    #[schemars(length(min = 10, max = 5000))]
    pub prompt_text: String,
    pub json_schema: ObjectSchema,
    /// Once per video.
    pub video_level: Option<GivenVideoLevel>,
    /// `disabled_segment_fields`, `disabled_video_level_fields`.
    #[schemars(extend("x-told-elsewhere" = true))]
    pub semantic_indexing: Option<GivenIndexing>,
    /// Which results match: `{"filters": [{field, operator, value}]}`.
    pub selection_filter: Option<Map<String, Value>>,
    // Saved settings of runs. No doc comment: what is left out of the schema is told nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub execution_config: Option<Map<String, Value>>,
}

endpoint!(CreatePrompt, Post, "/prompts", Access::Scope(Scope::Write), Prompt, REPEAT = Repeat::Keyed("prompt-create"));

/// Change the given parts of a prompt; each is replaced whole. Finished runs keep the old one.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct UpdatePrompt {
    pub prompt_id: PromptId,
    #[schemars(length(min = 3, max = 100))]
    pub name: Option<String>,
    #[schemars(length(max = 500))]
    pub description: Option<String>,
    #[schemars(length(min = 10, max = 5000))]
    pub prompt_text: Option<String>,
    pub json_schema: Option<ObjectSchema>,
    /// As in `create_prompt`.
    #[schemars(extend("x-told-elsewhere" = true))]
    pub video_level: Option<GivenVideoLevel>,
    #[schemars(extend("x-told-elsewhere" = true))]
    pub semantic_indexing: Option<GivenIndexing>,
    /// The switch.
    pub clear_video_level: Option<bool>,
    pub selection_filter: Option<Map<String, Value>>,
    pub clear_selection_filter: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub execution_config: Option<Map<String, Value>>,
}

endpoint!(
    UpdatePrompt,
    Put,
    "/prompts/{prompt_id}",
    Access::Scope(Scope::Write),
    Prompt,
    REPEAT = Repeat::Keyed("prompt-update"),
    RULE = UpdatePrompt::changes_something
);

impl UpdatePrompt {
    fn changes_something(&self) -> Result<(), String> {
        let clears = self.clear_video_level == Some(true);
        if clears && self.video_level.is_some() {
            return Err("give `video_level` or `clear_video_level`, not both".into());
        }
        let selects = self.clear_selection_filter == Some(true);
        if selects && self.selection_filter.is_some() {
            return Err("give `selection_filter` or `clear_selection_filter`, not both".into());
        }
        if self.execution_config.is_some() {
            return Ok(());
        }
        one_of(&[
            ("name", self.name.is_some()),
            ("description", self.description.is_some()),
            ("prompt_text", self.prompt_text.is_some()),
            ("json_schema", self.json_schema.is_some()),
            ("video_level", self.video_level.is_some()),
            ("clear_video_level", clears),
            ("semantic_indexing", self.semantic_indexing.is_some()),
            ("selection_filter", self.selection_filter.is_some()),
            ("clear_selection_filter", selects),
        ])
    }
}

/// Delete a prompt. Finished runs and their results stay.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct DeletePrompt {
    pub prompt_id: PromptId,
    /// Even while it is in use.
    pub force: Option<bool>,
}

endpoint!(DeletePrompt, Delete, "/prompts/{prompt_id}", Access::Scope(Scope::Admin), Message);

/// Try a prompt's JSON schema on sample data.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct TestSchema {
    pub json_schema: Map<String, Value>,
    pub sample_data: Map<String, Value>,
}

endpoint!(TestSchema, Post, "/prompts/test-schema", Access::Scope(Scope::Write), SchemaVerdict, REPEAT = Repeat::Read);

/// Whether the data fits the schema. If it does not, the answer is a success all the same.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct SchemaVerdict {
    pub valid: bool,
    #[serde(default)]
    pub validated_data: Option<Map<String, Value>>,
    #[serde(default)]
    pub error: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub message: String,
}

/// Read whether a prompt is in use.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the name says it")]
pub struct GetPromptUsage {
    pub prompt_id: PromptId,
}

endpoint!(GetPromptUsage, Get, "/prompts/{prompt_id}/usage", Access::Scope(Scope::Read), PromptUsage);

/// Whether a prompt is in use.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct PromptUsage {
    pub prompt_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    #[serde(default = "yes", deserialize_with = "null_as_yes")]
    pub is_active: bool,
    /// `None` if the API does not say so.
    #[serde(default)]
    pub is_in_use: Option<bool>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub created_at: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub schema_properties_count: u64,
}

/// Whether a prompt is active, if the API does not say.
fn yes() -> bool {
    true
}

fn null_as_yes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_else(yes))
}

/// All prompts, with counts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct PromptList {
    pub prompts: Vec<Prompt>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub total_count: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub active_count: u64,
}

/// A prompt.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct Prompt {
    pub prompt_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub user_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub description: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub prompt_text: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub json_schema: Map<String, Value>,
    #[serde(default)]
    pub video_level: Option<VideoLevel>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub semantic_indexing: SemanticIndexing,
    #[serde(default = "yes", deserialize_with = "null_as_yes")]
    pub is_active: bool,
    #[serde(default, deserialize_with = "null_as_default")]
    pub created_at: String,
    /// Which results of its runs match. Older servers do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection_filter: Option<Map<String, Value>>,
    /// Saved settings of its runs. Older servers do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_config: Option<Map<String, Value>>,
}

/// What is extracted once per item, from the results of its segments.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct VideoLevel {
    #[serde(deserialize_with = "null_as_default")]
    pub instructions_text: String,
    #[serde(deserialize_with = "null_as_default")]
    pub included_segment_fields: Vec<String>,
    #[serde(deserialize_with = "null_as_default")]
    pub json_schema: Map<String, Value>,
}

/// Fields that semantic search leaves out.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct SemanticIndexing {
    #[serde(deserialize_with = "null_as_default")]
    pub disabled_segment_fields: Vec<String>,
    #[serde(deserialize_with = "null_as_default")]
    pub disabled_video_level_fields: Vec<String>,
}

/// A JSON Schema whose root is an object. The API refuses any other for a prompt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>", into = "Map<String, Value>")]
pub struct ObjectSchema(pub Map<String, Value>);

impl TryFrom<Map<String, Value>> for ObjectSchema {
    type Error = &'static str;

    fn try_from(schema: Map<String, Value>) -> Result<Self, Self::Error> {
        match schema.get("type").and_then(Value::as_str) {
            Some("object") => Ok(Self(schema)),
            _ => Err("the root of a prompt's schema must have `type` `object`"),
        }
    }
}

impl From<ObjectSchema> for Map<String, Value> {
    fn from(schema: ObjectSchema) -> Self {
        schema.0
    }
}

impl JsonSchema for ObjectSchema {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ObjectSchema".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "object"})
    }
}

// What callers give for `VideoLevel`. No doc comment: the schema would carry it to every model.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct GivenVideoLevel {
    #[schemars(length(min = 1, max = 12_000))]
    pub instructions_text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub included_segment_fields: Option<Vec<String>>,
    pub json_schema: ObjectSchema,
}

// What callers give for `SemanticIndexing`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct GivenIndexing {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_segment_fields: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_video_level_fields: Option<Vec<String>>,
}
