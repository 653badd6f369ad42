//! Calls about the caller and about the service. They do not read media.

use serde_json::{Value, json};

use crate::{
    api::service::{AnnounceProcessing, ValidateKey},
    playground::{Refusal, auth::Caller, mount::Reply, store::Store},
};

/// The mount has already checked the key, so there is nothing left to do.
pub async fn validate_key(_: Caller, _: Store, _: ValidateKey) -> Reply<()> {
    Ok(())
}

/// Nothing needs to warm up here, so the handler only acknowledges the notice.
pub async fn announce_processing(_: Caller, _: Store, call: AnnounceProcessing) -> Reply<Value> {
    let refuse = |member: &'static str, valid: &str| Err(Refusal::argument(["body", member], format!("Input should be {valid}"), "enum"));
    if call.event_id.replace('-', "").len() != 32 || !call.event_id.chars().all(|c| c == '-' || c.is_ascii_hexdigit()) {
        return refuse("event_id", "a UUID");
    }
    if call.surface != "sdk" {
        return refuse("surface", "'sdk'");
    }
    if !matches!(call.reason.as_str(), "authentication" | "processing_intent") {
        return refuse("reason", "'authentication' or 'processing_intent'");
    }
    match call.operation.as_deref() {
        None | Some("upload_media" | "process_media" | "find" | "retry_prompt_run_segment") => {
            Ok(json!({"event_id": call.event_id, "admitted": true}))
        }
        Some(_) => refuse("operation", "'upload_media', 'process_media', 'find' or 'retry_prompt_run_segment'"),
    }
}
