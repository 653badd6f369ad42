//! The four searches of an index, and the searches of media without an index and of several runs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Access, Body, Marker, Repeat, Scope, endpoint,
    filter::Condition,
    ids::{IndexId, RunId},
    null_as_default,
    page::Pagination,
};

/// Searches by the meaning of a text.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TextSearch {
    /// The index.
    pub index_id: IndexId,
    /// What to look for, in words.
    pub query: String,
    /// 1 to 100 hits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_k: Option<u32>,
    /// Only these extracted fields, by path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search_fields: Option<Vec<String>>,
    /// Only results of these runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_ids: Option<Vec<String>>,
    /// These indexes instead of the one in the path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index_ids: Option<Vec<String>>,
}

endpoint!(TextSearch, Post, "/indexes/{index_id}/search", Access::Scope(Scope::Search), Vec<Hit>, REPEAT = Repeat::Read);

/// Searches by likeness to a picture.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ImageSearch {
    /// The index.
    pub index_id: IndexId,
    /// The picture, base64.
    pub image_data: String,
    /// 1 to 100 hits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_k: Option<u32>,
    /// Only results of these runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_ids: Option<Vec<String>>,
    /// These indexes instead of the one in the path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index_ids: Option<Vec<String>>,
}

endpoint!(ImageSearch, Post, "/indexes/{index_id}/image-search", Access::Scope(Scope::Search), Vec<Hit>, REPEAT = Repeat::Read);

/// Searches by text and picture, and fuses the two rankings by reciprocal rank. At least one of the two must be given.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MultimodalSearch {
    /// The index.
    pub index_id: IndexId,
    /// What to look for, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_query: Option<String>,
    /// The picture, base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_data: Option<String>,
    /// 1 to 100 hits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_k: Option<u32>,
    /// 0 to 1; the two weights add up to 1 within 0.01.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_weight: Option<f64>,
    /// 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_weight: Option<f64>,
    /// Only these extracted fields, by path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search_fields: Option<Vec<String>>,
    /// Only results of these runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_ids: Option<Vec<String>>,
    /// These indexes instead of the one in the path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index_ids: Option<Vec<String>>,
}

endpoint!(MultimodalSearch, Post, "/indexes/{index_id}/multimodal-search", Access::Scope(Scope::Search), Vec<Hit>, REPEAT = Repeat::Read);

/// Finds results whose extracted fields meet all conditions, a page at a time.
///
/// Members of older versions, for example `start_after`, are refused. They changed what was found, so it would be wrong to ignore them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilterSearch {
    /// The index.
    pub index_id: IndexId,
    /// 1 to 4 conditions, all of which must hold.
    pub conditions: Vec<Condition>,
    /// 1 to 100, default 50.
    pub page_size: Option<u32>,
    /// The cursor from the page before. It is valid for the same query only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Only results of these runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_ids: Option<Vec<String>>,
    /// These indexes instead of the one in the path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index_ids: Option<Vec<String>>,
}

endpoint!(FilterSearch, Post, "/search/filter/{index_id}", Access::Scope(Scope::Search), FilterPage, REPEAT = Repeat::Read);

/// Searches media without an index by the meaning of a text.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PlaygroundSearch {
    /// What to look for, in words.
    pub query: String,
    /// 1 to 100 hits; the API's default is 30.
    pub top_k: Option<u32>,
    /// Only results of this run.
    pub run_id: Option<RunId>,
}

endpoint!(
    PlaygroundSearch,
    Post,
    "/playground/search",
    Access::Scope(Scope::Search),
    Vec<Hit>,
    REPEAT = Repeat::Read,
    BODY = Body::MembersBeside(&["run_id"]),
);

/// Finds results of media without an index whose extracted fields meet all conditions, as [`FilterSearch`] does in an index.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaygroundFilter {
    /// 1 to 4 conditions, all of which must hold.
    pub conditions: Vec<Condition>,
    /// 1 to 100, default 50.
    pub page_size: Option<u32>,
    /// The cursor from the page before. It is valid for the same query only.
    pub cursor: Option<String>,
    /// Only results of these runs.
    pub run_ids: Option<Vec<String>>,
    /// The API takes it here, too. It means nothing for media without an index.
    pub index_ids: Option<Vec<String>>,
}

endpoint!(PlaygroundFilter, Post, "/search/filter/playground", Access::Scope(Scope::Search), FilterPage, REPEAT = Repeat::Read);

/// Searches several runs by the meaning of a text, and puts their hits together.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MultiRunSearch {
    /// What to look for, in words.
    pub query: String,
    /// 1 to 50 runs.
    pub run_ids: Option<Vec<String>>,
    /// All runs of this index, if no runs are named.
    pub index_id: Option<IndexId>,
    /// How the hits are put together.
    pub aggregation: Option<Aggregation>,
    /// 1 to 50 hits per run; the API's default is 5.
    pub top_k: Option<u32>,
}

endpoint!(MultiRunSearch, Post, "/search/multi-run", Access::Scope(Scope::Search), Vec<Hit>, REPEAT = Repeat::Read);

/// How the hits of several runs are put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(description = "")]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "no description per word: it would turn the schema into a union")]
pub enum Aggregation {
    #[default]
    Best,
    All,
    Weighted,
}

/// A page of filter hits, in both of the shapes that clients read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct FilterPage {
    #[serde(default)]
    pub results: Option<Vec<Hit>>,
    #[serde(default)]
    pub next_page_token: Option<String>,
    #[serde(default)]
    pub total_shown: Option<u64>,
    #[serde(default)]
    pub data: Option<Vec<Hit>>,
    #[serde(default)]
    pub pagination: Option<Pagination>,
}

/// One hit: a segment or a whole item. Times are in seconds, and null for an item.
///
/// The members from `fused_score` on belong to the image and multimodal searches; the other searches leave them out.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct Hit {
    #[serde(default, deserialize_with = "null_as_default")]
    pub result_type: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub result_id: String,
    pub video_id: String,
    #[serde(default)]
    pub video_uri: Option<String>,
    #[serde(default)]
    pub video_name: Option<String>,
    #[serde(default)]
    pub segment_id: Option<String>,
    #[serde(default)]
    pub start_time: Option<f64>,
    #[serde(default)]
    pub end_time: Option<f64>,
    #[serde(default)]
    pub preview_segment_id: Option<String>,
    #[serde(default)]
    pub preview_start_time: Option<f64>,
    #[serde(default)]
    pub preview_end_time: Option<f64>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub text_content: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub content_preview: String,
    #[serde(default)]
    pub metadata_text: Option<String>,
    #[serde(default)]
    pub similarity_score: Option<f64>,
    #[serde(default)]
    pub reranked_score: Option<f64>,
    #[serde(default)]
    pub segment_uri: Option<String>,
    #[serde(default)]
    pub gcs_uri: Option<String>,
    #[serde(default)]
    pub thumbnail_gcs_uri: Option<String>,
    #[serde(default)]
    pub gif_gcs_uri: Option<String>,
    #[serde(default)]
    pub thumbnail_uri: Option<String>,
    #[serde(default)]
    pub thumbnail_data: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub thumbnail_available: bool,
    #[serde(default)]
    pub gif_uri: Option<String>,
    #[serde(default)]
    pub gif_data: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub gif_available: bool,
    #[serde(default)]
    pub media_type: Option<String>,
    #[serde(default)]
    pub metadata: Option<Map<String, Value>>,
    #[serde(default)]
    pub extracted_metadata: Option<Map<String, Value>>,
    #[serde(default)]
    pub field_scores: Option<BTreeMap<String, f64>>,
    #[serde(default)]
    pub matched_field_paths: Option<Vec<String>>,
    #[serde(default)]
    pub run_id: Option<String>,
    #[serde(default)]
    pub prompt_id: Option<String>,
    #[serde(default)]
    pub source_index_id: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub marker: Marker,
    #[serde(default, deserialize_with = "null_as_default")]
    pub extracted_metadata_markers: BTreeMap<String, Marker>,
    /// The description has it for results and segments only. The playground says it of hits, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processing_warning: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fused_score: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_score: Option<Nullable<f64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_score: Option<Nullable<f64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_rank: Option<Nullable<i64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_rank: Option<Nullable<i64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub match_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matched_image_uri: Option<Nullable<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matched_image_gcs_uri: Option<Nullable<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matched_image_timestamp: Option<Nullable<f64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matched_image_score: Option<Nullable<f64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shot_timestamp: Option<Nullable<f64>>,
}

/// A value that may be null. The `Option` around it says whether the member is there at all.
pub type Nullable<T> = Option<T>;
