//! Calls about the service and the caller rather than about media.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Access, Endpoint, Method, Scope, ids::WebhookId};

/// Whether the key is live: any 2xx says yes, 401 says no. The answer holds nothing else.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ValidateKey {}

impl Endpoint for ValidateKey {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/auth/validate";
    const ACCESS: Access = Access::AnyKey;
    type Output = ();
}

/// Announces upcoming processing, so that the service can warm up. Advisory.
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

impl Endpoint for AnnounceProcessing {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/auth/processing-activity";
    const ACCESS: Access = Access::AnyKeyOrSession;
    type Output = Value;
}

/// Deletes a webhook.
///
/// Here only for learning whether a key holds `admin`: asked for an id that cannot exist, the API answers 403 without the scope and 404
/// with it, since scopes are tested before the lookup.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeleteWebhook {
    /// The webhook.
    pub webhook_id: WebhookId,
}

impl Endpoint for DeleteWebhook {
    const METHOD: Method = Method::Delete;
    const PATH: &'static str = "/webhooks/{webhook_id}";
    const ACCESS: Access = Access::Scope(Scope::Admin);
    type Output = Value;
}
