//! The questions that find out what a key may do.

use serde_json::{Map, Value, json};

use crate::api::{
    Request, Scope, ids::WebhookId, indexes::ListIndexes, prompts::TestSchema, runs::ListRuns, service::ValidateKey,
    webhooks::DeleteWebhook,
};

/// An identifier in the API's form. No generator makes it, so no webhook has it.
const NO_WEBHOOK: &str = "00000000-0000-0000-0000-000000000000";

/// A question about the key that has no side effects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Probe {
    /// Is the key live?
    Key,
    /// Does it hold this scope?
    Scope(Scope),
}

impl Probe {
    /// Its request. `None` cannot happen, since all of these requests can be written.
    pub(super) fn request(self) -> Option<Request> {
        let request = match self {
            Self::Key => Request::of(&ValidateKey {}, None),
            Self::Scope(Scope::Search) => Request::of(&ListIndexes { include_defaults: None }, None),
            Self::Scope(Scope::Read) => Request::of(&ListRuns { limit: Some(1) }, None),
            Self::Scope(Scope::Write) => {
                let object = |value: Value| if let Value::Object(map) = value { map } else { Map::new() };
                let json_schema = object(json!({"type": "object", "properties": {"ok": {"type": "boolean"}}}));
                Request::of(&TestSchema { json_schema, sample_data: object(json!({"ok": true})) }, None)
            }
            Self::Scope(Scope::Admin) => Request::of(&DeleteWebhook { webhook_id: WebhookId::parse(NO_WEBHOOK).ok()? }, None),
        };
        request.ok()
    }
}
