//! Prompts. A prompt says what to extract from each segment, and has a schema for it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Access, Repeat, Scope, endpoint, ids::PromptId, null_as_default};

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

/// Reads one prompt.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetPrompt {
    /// The prompt.
    pub prompt_id: PromptId,
}

endpoint!(GetPrompt, Get, "/prompts/{prompt_id}", Access::Scope(Scope::Read), Prompt);

/// Tries a schema on sample data. Needs `write`, although it changes nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TestSchema {
    /// A JSON Schema whose root is an object.
    pub json_schema: Map<String, Value>,
    /// The data to check.
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
    #[serde(default, deserialize_with = "null_as_default")]
    pub is_active: bool,
    #[serde(default, deserialize_with = "null_as_default")]
    pub created_at: String,
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
