//! What happens to media, as the API tells it while it happens.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Access, Scope, endpoint,
    ids::{IndexId, RunId},
    null_as_default,
    stream::EventStream,
};

/// Follows what happens to media, runs and jobs. Each event's data is a [`ProcessingEvent`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StreamEvents {
    /// Only events of this run.
    #[serde(default)]
    pub run_id: Option<RunId>,
    /// Only events of this index.
    #[serde(default)]
    pub index_id: Option<IndexId>,
    /// Only events of these media, separated by commas.
    #[serde(default)]
    pub video_ids: Option<String>,
    /// Only events of these kinds, separated by commas.
    #[serde(default)]
    pub event_types: Option<String>,
    /// How many events the API reads at once.
    #[serde(default)]
    pub batch_size: Option<u32>,
}

endpoint!(StreamEvents, Get, "/processing/events/stream", Access::Scope(Scope::Read), EventStream);

/// Something that happened. Event ids are given in order of time, so a reader can go on after the last one that it saw.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct ProcessingEvent {
    pub event_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub event_type: String,
    #[serde(default)]
    pub user_id: Option<String>,
    #[serde(default)]
    pub run_id: Option<String>,
    #[serde(default)]
    pub video_id: Option<String>,
    #[serde(default)]
    pub segment_id: Option<String>,
    #[serde(default)]
    pub index_id: Option<String>,
    #[serde(default)]
    pub created_at: Option<String>,
    #[serde(default)]
    pub payload: Option<Map<String, Value>>,
}
