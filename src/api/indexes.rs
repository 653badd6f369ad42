//! Indexes: named collections of media.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Access, Repeat, Scope, endpoint, ids::IndexId, null_as_default, page::Rows, videos::Video};

/// Lists own and shared indexes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListIndexes {
    /// Whether to list the vendor's shared indexes too; the API's default is true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_defaults: Option<bool>,
}

endpoint!(ListIndexes, Get, "/indexes", Access::Scope(Scope::Search), Rows<Index>);

/// Read an index by its id.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GetIndex {
    /// The index.
    pub index_id: IndexId,
}

endpoint!(GetIndex, Get, "/indexes/{index_id}", Access::Scope(Scope::Search), Index);

/// Lists the media of an index, a page at a time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListIndexVideos {
    /// The index.
    pub index_id: IndexId,
    /// 1 to 100, default 50.
    pub limit: Option<u32>,
    /// The cursor from the page before; absent for the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

endpoint!(ListIndexVideos, Get, "/indexes/{index_id}/videos", Access::Scope(Scope::Read), Rows<Video>);

/// Create an empty index for media.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the name says it")]
pub struct CreateIndex {
    #[schemars(length(min = 1, max = 255))]
    pub name: String,
}

endpoint!(CreateIndex, Post, "/indexes", Access::Scope(Scope::Write), Index, REPEAT = Repeat::Keyed("index-create"));

/// A collection of media.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct Index {
    pub index_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub user_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub created_at: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub is_default: bool,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub sort_order: Option<i64>,
}
