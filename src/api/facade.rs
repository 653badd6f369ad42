//! The workflow facade: calls that do several steps at once. They write a prompt from an instruction, start a run, and search its results.
//!
//! The API has other members for some of these than for the calls that they stand for. We read both.

use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error},
};
use serde_json::{Map, Value};

use super::{
    Access, Repeat, Scope, endpoint,
    filter::{Condition, FieldType, Operator},
    ids::{IndexId, JobId, PromptId, RunId, VideoId},
    null_as_default,
    prompts::{Prompt, SemanticIndexing, VideoLevel},
    run::PromptRun,
    search::Hit,
};

// No description of the API says what it takes. We send what `/workflow/define` takes.
/// Draft a prompt from an instruction, without saving it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the name says it")]
pub struct GeneratePrompt {
    #[schemars(length(min = 1, max = 12_000))]
    pub instruction: String,
}

endpoint!(GeneratePrompt, Post, "/prompts/generate", Access::Scope(Scope::Write), Defined);

/// Write a prompt from an instruction, and save it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DefinePrompt {
    /// The instruction.
    #[schemars(length(min = 1, max = 12_000))]
    pub instruction: String,
    /// Default true.
    pub save: Option<bool>,
}

endpoint!(DefinePrompt, Post, "/workflow/define", Access::Scope(Scope::Write), Defined, REPEAT = Repeat::Keyed("workflow-define"));

/// A prompt that was written from an instruction. Which members an answer has besides `saved` differs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct Defined {
    pub prompt_id: Option<String>,
    #[serde(deserialize_with = "null_as_default")]
    pub saved: bool,
    pub definition: Option<Definition>,
    pub prompt: Option<Prompt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draft: Option<Value>,
    /// Whatever else there is. A draft may come without anything around it.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// What a prompt says, without an id.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct Definition {
    #[serde(deserialize_with = "null_as_default")]
    pub name: String,
    #[serde(deserialize_with = "null_as_default")]
    pub description: String,
    #[serde(deserialize_with = "null_as_default")]
    pub prompt_text: String,
    #[serde(deserialize_with = "null_as_default")]
    pub json_schema: Map<String, Value>,
    pub video_level: Option<VideoLevel>,
    #[serde(deserialize_with = "null_as_default")]
    pub semantic_indexing: SemanticIndexing,
}

/// How media are cut into segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(description = "")]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "no description per word: it would turn the schema into a union")]
pub enum SegmentationMode {
    ContentAware,
    Fixed,
}

/// Starts a run from a prompt or from an instruction.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct ProcessMedia {
    pub prompt_id: Option<PromptId>,
    pub prompt_instruction: Option<String>,
    pub import_job_id: Option<JobId>,
    #[serde(default, deserialize_with = "one_or_more")]
    pub video_ids: Option<Vec<VideoId>>,
    pub index_id: Option<IndexId>,
    pub index_name: Option<String>,
    pub segmentation_mode: Option<SegmentationMode>,
    pub fixed_segment_duration_seconds: Option<u32>,
    pub advanced_transcription: Option<bool>,
    pub create_image_embeddings: Option<bool>,
}

endpoint!(
    ProcessMedia,
    Post,
    "/workflow/process",
    Access::Scope(Scope::Write),
    Processed,
    REPEAT = Repeat::Keyed("workflow-process"),
    RULE = ProcessMedia::fits,
    NOTICE = Some("process_media"),
);

impl ProcessMedia {
    fn fits(&self) -> Result<(), String> {
        if self.prompt_id.is_some() == self.prompt_instruction.is_some() {
            return Err("give either `prompt_id` or `prompt_instruction`".into());
        }
        if self.index_id.is_some() && self.index_name.is_some() {
            return Err("give `index_id` or `index_name`, not both".into());
        }
        if self.import_job_id.is_some() && (self.video_ids.is_some() || self.index_id.is_some() || self.index_name.is_some()) {
            return Err("`import_job_id` excludes `video_ids`, `index_id` and `index_name`".into());
        }
        if self.fixed_segment_duration_seconds.is_some() && self.segmentation_mode != Some(SegmentationMode::Fixed) {
            return Err("`fixed_segment_duration_seconds` goes with `segmentation_mode` fixed only".into());
        }
        let seconds = self.fixed_segment_duration_seconds.is_none_or(|seconds| (1..=300).contains(&seconds));
        let items = self.video_ids.as_ref().is_none_or(|ids| (1..=100).contains(&ids.len()));
        match (seconds, items) {
            (false, _) => Err("`fixed_segment_duration_seconds` is 1 to 300".into()),
            (_, false) => Err("`video_ids` names 1 to 100 items".into()),
            _ => Ok(()),
        }
    }
}

/// The run that was started. Older and newer servers name its members differently.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct Processed {
    pub prompt: Option<Prompt>,
    pub run: Option<PromptRun>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_run: Option<PromptRun>,
    #[serde(deserialize_with = "null_as_default")]
    pub status_url: String,
    #[serde(deserialize_with = "null_as_default")]
    pub prompt_created_inline: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_generated_inline: Option<bool>,
    pub run_id: Option<String>,
    pub results_url: Option<String>,
}

/// Whether hits are segments or whole items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(description = "")]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "no description per word: it would turn the schema into a union")]
pub enum ResultLevel {
    #[default]
    Segment,
    Video,
}

/// Searches by words or by filters, in everything or in a part of it. Later pages are read with [`SearchMediaPage`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct SearchMedia {
    pub query: Option<String>,
    pub filters: Option<Vec<Filter>>,
    pub result_level: Option<ResultLevel>,
    #[serde(default, deserialize_with = "one_or_more")]
    pub video_ids: Option<Vec<VideoId>>,
    #[serde(default, deserialize_with = "one_or_more")]
    pub prompt_run_ids: Option<Vec<RunId>>,
    pub index_id: Option<IndexId>,
    pub index_name: Option<String>,
    pub limit: Option<u32>,
    /// Nothing: [`SearchMediaPage`] reads the next page. A caller who sends it here shall hear of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

endpoint!(
    SearchMedia,
    Post,
    "/workflow/search",
    Access::Scope(Scope::Search),
    MediaHits,
    REPEAT = Repeat::Keyed("workflow-search"),
    RULE = SearchMedia::fits
);

impl SearchMedia {
    fn fits(&self) -> Result<(), String> {
        if self.cursor.is_some() {
            return Err("`cursor` stands alone: GET /workflow/search/page reads the next page".into());
        }
        match (&self.query, &self.filters) {
            (Some(query), None) if query.trim().is_empty() => return Err("`query` may not be blank".into()),
            (Some(_), None) => {}
            (None, Some(filters)) if !(1..=4).contains(&filters.len()) => return Err("give 1 to 4 `filters`".into()),
            (None, Some(filters)) => {
                for (position, filter) in filters.iter().enumerate() {
                    filter.check().map_err(|rule| format!("`filters[{position}]`: {rule}"))?;
                }
            }
            _ => return Err("give either `query` or `filters`".into()),
        }
        let places = [self.video_ids.is_some(), self.prompt_run_ids.is_some(), self.index_id.is_some(), self.index_name.is_some()];
        if places.into_iter().filter(|given| *given).count() > 1 {
            return Err("`video_ids`, `prompt_run_ids`, `index_id` and `index_name` exclude one another".into());
        }
        if self.limit.is_some_and(|limit| !(1..=50).contains(&limit)) {
            return Err("`limit` is 1 to 50".into());
        }
        Ok(())
    }
}

/// A condition without a type: the API finds the type out itself, and refuses a given one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// Dotted path of an extracted field; `[]` marks repeated parts.
    pub field: String,
    /// How to compare; `equals` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<Operator>,
    /// What to compare with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

impl Filter {
    /// What the filter means for each type that a field can have. It has no meaning for a type without the operator.
    pub fn readings(&self) -> impl Iterator<Item = Condition> + '_ {
        let operator = self.operator.unwrap_or(Operator::Equals);
        let of = move |kind| Condition { field: self.field.clone(), operator, value: self.value.clone(), kind };
        FieldType::ALL.into_iter().map(of).filter(|condition| condition.check().is_ok())
    }

    /// Checks the operator and the value, and says what is wrong with them.
    pub fn check(&self) -> Result<(), String> {
        if self.readings().next().is_some() {
            return Ok(());
        }
        // The rule of a text names what is wrong with the field, or else what the operator takes.
        let operator = self.operator.unwrap_or(Operator::Equals);
        let kind = FieldType::ALL.into_iter().find(|kind| operator.wants(*kind).is_some()).unwrap_or(FieldType::String);
        Condition { field: self.field.clone(), operator, value: self.value.clone(), kind }.check()
    }
}

/// Reads the next page of a workflow search. Pages are frozen: what was found stays as it was, and is not billed again.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchMediaPage {
    /// From the page before.
    pub cursor: String,
}

endpoint!(SearchMediaPage, Get, "/workflow/search/page", Access::Scope(Scope::Search), MediaHits);

/// A page of a workflow search.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "FlatHits")]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct MediaHits {
    pub data: Vec<Hit>,
    #[serde(flatten)]
    pub about: AboutHits,
}

/// The same as it comes. A reader that takes members apart itself loses the place of what does not fit.
#[derive(Default, Deserialize)]
#[serde(default)]
struct FlatHits {
    #[serde(deserialize_with = "null_as_default")]
    data: Vec<Hit>,
    #[serde(deserialize_with = "null_as_default")]
    mode: String,
    #[serde(deserialize_with = "null_as_default")]
    result_level: String,
    #[serde(deserialize_with = "null_as_default")]
    scope: Map<String, Value>,
    #[serde(deserialize_with = "null_as_default")]
    coverage: Map<String, Value>,
    #[serde(deserialize_with = "null_as_default")]
    warnings: Vec<Value>,
    #[serde(deserialize_with = "null_as_default")]
    pagination: Window,
}

impl From<FlatHits> for MediaHits {
    fn from(flat: FlatHits) -> Self {
        let FlatHits { data, mode, result_level, scope, coverage, warnings, pagination } = flat;
        Self { data, about: AboutHits { mode, result_level, scope, coverage, warnings, pagination } }
    }
}

/// What a page of a workflow search says besides its hits.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct AboutHits {
    #[serde(deserialize_with = "null_as_default")]
    pub mode: String,
    #[serde(deserialize_with = "null_as_default")]
    pub result_level: String,
    #[serde(deserialize_with = "null_as_default")]
    pub scope: Map<String, Value>,
    #[serde(deserialize_with = "null_as_default")]
    pub coverage: Map<String, Value>,
    /// Texts; newer servers may send objects.
    #[serde(deserialize_with = "null_as_default")]
    pub warnings: Vec<Value>,
    #[serde(deserialize_with = "null_as_default")]
    pub pagination: Window,
}

/// The place of a page in a frozen list of hits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct Window {
    #[serde(deserialize_with = "null_as_default")]
    pub limit: u64,
    #[serde(deserialize_with = "null_as_default")]
    pub count: u64,
    #[serde(deserialize_with = "null_as_default")]
    pub has_more: bool,
    pub next_cursor: Option<String>,
    #[serde(deserialize_with = "null_as_default")]
    pub result_window: u64,
    #[serde(deserialize_with = "null_as_default")]
    pub truncated: bool,
}

/// Which results of a run to read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(description = "")]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "no description per word: it would turn the schema into a union")]
pub enum View {
    #[default]
    Filtered,
    Unfiltered,
    Both,
}

/// Read a run's results over all its videos: the matches of its filter, or all.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct GetRunMatches {
    pub run_id: RunId,
    pub result_level: Option<ResultLevel>,
    pub view: Option<View>,
    #[schemars(range(min = 1, max = 50))]
    pub limit: Option<u32>,
    pub filtered_cursor: Option<String>,
    pub unfiltered_cursor: Option<String>,
    pub video_id: Option<VideoId>,
}

endpoint!(GetRunMatches, Get, "/workflow/runs/{run_id}/results", Access::Scope(Scope::Read), RunMatches);

/// The results of a run, in one or two lists. Their shape is not documented.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct RunMatches {
    #[serde(deserialize_with = "null_as_default")]
    pub run_id: String,
    #[serde(deserialize_with = "null_as_default")]
    pub status: String,
    #[serde(deserialize_with = "null_as_default")]
    pub result_level: ResultLevel,
    pub selection_summary: Option<Map<String, Value>>,
    pub filtered: Option<Map<String, Value>>,
    pub unfiltered: Option<Map<String, Value>>,
}

/// Reads one text as a list of one. The API takes both.
fn one_or_more<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<Vec<T>>, D::Error> {
    let list = match Option::<Value>::deserialize(deserializer)? {
        None => return Ok(None),
        Some(Value::Array(all)) => all,
        Some(one) => vec![one],
    };
    list.into_iter().map(serde_json::from_value).collect::<Result<_, _>>().map(Some).map_err(D::Error::custom)
}
