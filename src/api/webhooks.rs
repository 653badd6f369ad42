//! Webhooks: addresses that the API calls when something happens, and the deliveries to them.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::{Map, Value};

use super::{
    Access, Body, Repeat, Scope, endpoint,
    ids::{DeliveryId, IndexId, WebhookId},
    keys::Message,
    null_as_default, one_of,
    page::Rows,
    reader, state, time,
};

/// Every event that a webhook can subscribe to.
pub const EVENTS: [&str; 17] = [
    "media.created",
    "media.processing.started",
    "media.processing.completed",
    "media.processing.failed",
    "prompt_run.started",
    "prompt_run.completed",
    "prompt_run.failed",
    "prompt_run.cancelled",
    "prompt_run.partial_completed",
    "prompt_run.progress",
    "export.ready",
    "export.failed",
    "import_job.started",
    "import_job.completed",
    "import_job.failed",
    "import_job.partial_completed",
    "import_job.progress",
];

/// The states of a delivery.
pub const DELIVERY_STATES: [&str; 5] = ["pending", "processing", "delivered", "failed", "retrying"];

/// Subscribe a URL to events; returns its signing secret once.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CreateWebhook {
    /// The name.
    #[schemars(length(min = 1, max = 100))]
    pub name: String,
    /// The receiver.
    pub url: String,
    /// From `list_webhook_events`.
    #[schemars(length(min = 1))]
    pub events: Vec<String>,
    /// The indexes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index_ids: Option<Vec<IndexId>>,
    /// The notes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
}

endpoint!(CreateWebhook, Post, "/webhooks", Access::Scope(Scope::Write), WebhookWithSecret, REPEAT = Repeat::Keyed("webhook-create"));

/// List webhooks with their states and failures.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ListWebhooks {}

endpoint!(ListWebhooks, Get, "/webhooks", Access::Scope(Scope::Read), Rows<Webhook>);

/// Read a webhook: URL, events, state, failures.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "a model knows the word")]
pub struct GetWebhook {
    pub webhook_id: WebhookId,
}

endpoint!(GetWebhook, Get, "/webhooks/{webhook_id}", Access::Scope(Scope::Read), Webhook);

/// Change a webhook, pause it, or activate it again; lists that are given replace the old ones.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "create_webhook describes the members")]
pub struct UpdateWebhook {
    pub webhook_id: WebhookId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub events: Option<Vec<String>>,
    /// `[]`: all indexes again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-clears" = true))]
    pub index_ids: Option<Vec<IndexId>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Settable>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
}

endpoint!(
    UpdateWebhook,
    Patch,
    "/webhooks/{webhook_id}",
    Access::Scope(Scope::Write),
    Webhook,
    REPEAT = Repeat::Keyed("webhook-update"),
    RULE = UpdateWebhook::changes_something
);

impl UpdateWebhook {
    fn changes_something(&self) -> Result<(), String> {
        one_of(&[
            ("name", self.name.is_some()),
            ("url", self.url.is_some()),
            ("events", self.events.is_some()),
            ("index_ids", self.index_ids.is_some()),
            ("status", self.status.is_some()),
            ("metadata", self.metadata.is_some()),
        ])
    }
}

/// The states that a caller can give a webhook. The API alone disables one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(description = "")]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Settable {
    Active,
    Paused,
}

impl Settable {
    /// The word of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
        }
    }
}

/// Delete a webhook and its deliveries.
///
/// This server also uses it to learn whether a key holds `admin`: it names an id that cannot exist. The API then answers 404 if the key
/// holds the scope, and 403 if not, since it checks the scope before it looks for the webhook.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "a model knows the word")]
pub struct DeleteWebhook {
    pub webhook_id: WebhookId,
}

endpoint!(DeleteWebhook, Delete, "/webhooks/{webhook_id}", Access::Scope(Scope::Admin), Message);

/// List the events that webhooks can subscribe to.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ListWebhookEvents {}

endpoint!(ListWebhookEvents, Get, "/webhooks/events", Access::Public, Rows<String>);

/// Send a signed test event and say how the receiver answered.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "a model knows the word")]
pub struct TestWebhook {
    pub webhook_id: WebhookId,
}

endpoint!(
    TestWebhook,
    Post,
    "/webhooks/{webhook_id}/test",
    Access::Scope(Scope::Write),
    TestResult,
    REPEAT = Repeat::Keyed("webhook-test"),
    BODY = Body::Nothing,
);

/// List the deliveries of a webhook, newest first.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the names say it")]
pub struct ListDeliveries {
    pub webhook_id: WebhookId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = DELIVERY_STATES))]
    pub status: Option<String>,
    #[schemars(range(min = 1, max = 100))]
    pub limit: Option<u32>,
}

endpoint!(ListDeliveries, Get, "/webhooks/{webhook_id}/deliveries", Access::Scope(Scope::Read), Rows<Delivery>);

/// Read a delivery with its payload and the receiver's answer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "a model knows the word")]
pub struct GetDelivery {
    pub delivery_id: DeliveryId,
}

endpoint!(GetDelivery, Get, "/webhooks/deliveries/{delivery_id}", Access::Scope(Scope::Read), Delivery);

/// Send a delivery again.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "a model knows the word")]
pub struct RetryDelivery {
    pub delivery_id: DeliveryId,
}

endpoint!(RetryDelivery, Post, "/webhooks/deliveries/{delivery_id}/retry", Access::Scope(Scope::Write), Delivery, BODY = Body::Nothing,);

/// Replace the signing secret of a webhook; the old one stops at once.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "a model knows the word")]
pub struct RotateSecret {
    pub webhook_id: WebhookId,
}

endpoint!(RotateSecret, Post, "/webhooks/{webhook_id}/rotate-secret", Access::Scope(Scope::Write), RotatedSecret, BODY = Body::Nothing,);

/// A webhook, without its secret.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct Webhook {
    pub webhook_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub url: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub events: Vec<String>,
    #[serde(default)]
    pub index_ids: Option<Vec<String>>,
    /// `active`, `paused` or `disabled`.
    #[serde(default, deserialize_with = "state::folded")]
    pub status: String,
    /// Deliveries that failed since the last one that succeeded.
    #[serde(default, deserialize_with = "null_as_default")]
    pub failure_count: u64,
    #[serde(default, deserialize_with = "time::maybe")]
    pub last_failure_at: Option<String>,
    #[serde(default, deserialize_with = "time::maybe")]
    pub last_success_at: Option<String>,
    #[serde(default, deserialize_with = "time::maybe")]
    pub created_at: Option<String>,
    #[serde(default, deserialize_with = "time::maybe")]
    pub updated_at: Option<String>,
    #[serde(default)]
    pub metadata: Option<Map<String, Value>>,
}

/// The secret that signs the deliveries of a webhook. Its `Debug` form does not show it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SigningSecret(pub String);

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// A webhook that was just created. The API shows the secret in this answer only, so it is taken wherever it stands, whatever else of the
/// answer is odd. Of what else there is, `webhook` holds what can be read.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct WebhookWithSecret {
    #[serde(flatten)]
    pub webhook: Webhook,
    pub secret: SigningSecret,
}

impl<'de> Deserialize<'de> for WebhookWithSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut value = Value::deserialize(deserializer)?;
        let secret = secret_in(&value);
        if let Some(inner) = value.get_mut("webhook").filter(|inner| inner.is_object()) {
            value = inner.take();
        }
        match (reader::tolerant(value), secret) {
            (Ok(webhook), secret) => Ok(Self { webhook, secret: secret.unwrap_or_default() }),
            // Its id is lost, which can be asked for.
            (Err(_), Some(secret)) => Ok(Self { webhook: Webhook::default(), secret }),
            (Err(misfit), None) => Err(D::Error::custom(misfit)),
        }
    }
}

/// A new secret. The API shows it in this answer only.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct RotatedSecret {
    pub webhook_id: String,
    pub new_secret: SigningSecret,
}

impl<'de> Deserialize<'de> for RotatedSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let new_secret = secret_in(&value).ok_or_else(|| D::Error::missing_field("new_secret"))?;
        let webhook_id = value.get("webhook_id").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Self { webhook_id, new_secret })
    }
}

/// The secret in an answer that shows one: under any of its names, in the answer or in an object in it.
fn secret_in(value: &Value) -> Option<SigningSecret> {
    let of = |members: &Map<String, Value>| {
        let mut told = ["new_secret", "secret", "signing_secret"].iter().filter_map(|name| members.get(*name)?.as_str());
        told.find(|secret| !secret.trim().is_empty()).map(|secret| SigningSecret(secret.to_owned()))
    };
    let members = value.as_object()?;
    of(members).or_else(|| members.values().filter_map(Value::as_object).find_map(of))
}

/// What became of a test event.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct TestResult {
    /// Whether the receiver answered with a 2xx.
    pub success: bool,
    /// The status of its answer.
    #[serde(default)]
    pub status_code: Option<u16>,
    /// Why there was no answer, or not a good one.
    #[serde(default)]
    pub error: Option<String>,
}

/// One event on its way to a webhook.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct Delivery {
    pub delivery_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub webhook_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub event_type: String,
    /// One of [`DELIVERY_STATES`].
    #[serde(default, deserialize_with = "state::folded")]
    pub status: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub attempts: u64,
    #[serde(default, deserialize_with = "time::maybe")]
    pub last_attempt_at: Option<String>,
    #[serde(default, deserialize_with = "time::maybe")]
    pub next_retry_at: Option<String>,
    #[serde(default)]
    pub response_status_code: Option<u16>,
    /// What the receiver answered, cut after some characters.
    #[serde(default)]
    pub response_body: Option<String>,
    #[serde(default)]
    pub error_message: Option<String>,
    #[serde(default, deserialize_with = "time::maybe")]
    pub created_at: Option<String>,
    #[serde(default, deserialize_with = "time::maybe")]
    pub completed_at: Option<String>,
    /// What is posted to the receiver.
    #[serde(default)]
    pub payload: Option<Map<String, Value>>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_secret_is_taken_whatever_else_is_odd() {
        let hook = json!({"webhook_id": "w", "name": 7, "url": [], "events": "zz", "index_ids": {}, "status": true, "failure_count": "x",
            "last_failure_at": 1_795_826_700, "created_at": 1_795_826_700, "updated_at": 1.5, "metadata": "zz"});
        let with = |mut value: Value, name: &str| {
            value[name] = json!("s");
            value
        };
        for answer in [
            with(hook.clone(), "secret"),
            with(hook.clone(), "signing_secret"),
            with(json!({"webhook": hook}), "secret"),
            json!({"webhook": with(hook.clone(), "secret"), "secret": null}),
        ] {
            let made: WebhookWithSecret = serde_json::from_value(answer.clone()).unwrap_or_else(|error| panic!("{error}: {answer}"));
            assert_eq!((made.webhook.webhook_id.as_str(), made.secret.0.as_str()), ("w", "s"), "{answer}");
            let rotated: RotatedSecret = serde_json::from_value(answer.clone()).unwrap();
            assert_eq!(rotated.new_secret.0, "s", "{answer}");
        }
        let made: WebhookWithSecret = serde_json::from_value(json!({"webhook_id": 7, "secret": "s"})).unwrap();
        assert_eq!((made.webhook.webhook_id.as_str(), made.secret.0.as_str()), ("", "s"));
        let made: WebhookWithSecret = serde_json::from_value(hook).unwrap();
        assert_eq!((made.webhook.webhook_id.as_str(), made.secret.0.as_str()), ("w", ""));
        assert!(serde_json::from_value::<WebhookWithSecret>(json!({"ok": true})).is_err());
        assert!(serde_json::from_value::<RotatedSecret>(json!({"webhook_id": "w"})).is_err());
    }
}
