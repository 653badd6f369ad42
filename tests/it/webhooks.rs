//! Webhooks on the playground.

use serde_json::json;

use crate::openapi::Check;

/// Calls each operation on webhooks once.
pub fn calls(check: &mut Check<'_>) {
    let body = json!({"name": "n", "url": "https://receiver.example/", "events": ["media.created"], "metadata": {"a": 1}});
    let made = check.ask("POST /webhooks", "/webhooks", Some(&body));
    let id = made["webhook_id"].as_str().unwrap();
    check.ask("GET /webhooks", "/webhooks", None);
    check.ask("GET /webhooks/events", "/webhooks/events", None);
    check.ask("GET /webhooks/{webhook_id}", &format!("/webhooks/{id}"), None);
    check.ask("PATCH /webhooks/{webhook_id}", &format!("/webhooks/{id}"), Some(&json!({"status": "paused"})));
    check.ask("POST /webhooks/{webhook_id}/rotate-secret", &format!("/webhooks/{id}/rotate-secret"), None);
    check.ask("GET /webhooks/{webhook_id}/deliveries", "/webhooks/whk_sample/deliveries?status=failed&limit=3", None);
    check.ask("GET /webhooks/deliveries/{delivery_id}", "/webhooks/deliveries/dlv_sample_failed", None);
    check.ask("POST /webhooks/deliveries/{delivery_id}/retry", "/webhooks/deliveries/dlv_sample_failed/retry", None);
    check.ask("DELETE /webhooks/{webhook_id}", &format!("/webhooks/{id}"), None);
}
