//! Calls about the service and the caller rather than about media.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Access, endpoint};

/// Asks whether the key is live. Any 2xx means yes, and 401 means no. The answer says nothing else.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ValidateKey {}

endpoint!(ValidateKey, Get, "/auth/validate", Access::AnyKey, ());

/// Announces that processing will follow, so that the service can warm up. This is a hint only.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AnnounceProcessing {
    /// A UUID made by the caller.
    pub event_id: String,
    /// The kind of client; only `sdk` is known.
    pub surface: String,
    /// `authentication` or `processing_intent`.
    pub reason: String,
    /// What is about to be done, for `processing_intent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
}

endpoint!(AnnounceProcessing, Post, "/auth/processing-activity", Access::AnyKeyOrSession, Value);
