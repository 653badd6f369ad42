//! What happens to media, as the API tells it while it happens.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::null_as_default;

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
