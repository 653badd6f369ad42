//! Deletions that take time: of indexes and of media items.
//!
//! The call that starts one answers at once. Another one says how far it is. To start it again resumes it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Access, Scope, endpoint,
    ids::{IndexId, VideoId},
    null_as_default,
};

/// Delete an index with all of its media, for good.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the name says it")]
pub struct DeleteIndex {
    pub index_id: IndexId,
}

endpoint!(DeleteIndex, Delete, "/indexes/{index_id}", Access::Scope(Scope::Admin), Deletion);

/// Follow the deletion of an index.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GetIndexDeletion {
    /// The index.
    pub index_id: IndexId,
}

endpoint!(GetIndexDeletion, Get, "/indexes/{index_id}/deletion", Access::Scope(Scope::Read), Deletion);

/// Delete a media item with its results, for good.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the name says it")]
pub struct DeleteVideo {
    pub video_id: VideoId,
}

endpoint!(DeleteVideo, Delete, "/videos/{video_id}", Access::Scope(Scope::Admin), Deletion);

/// Follow the deletion of a media item.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the name says it")]
pub struct GetVideoDeletion {
    pub video_id: VideoId,
}

endpoint!(GetVideoDeletion, Get, "/videos/{video_id}/deletion", Access::Scope(Scope::Read), Deletion);

/// How far a deletion is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct Deletion {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video_id: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub deletion_id: String,
    /// `draining`, `deleting` or `deleted`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub status: String,
    #[serde(default)]
    pub retry_after_seconds: Option<u64>,
}
