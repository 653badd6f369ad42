//! The operations of the API that this playground does not offer.
//!
//! We mount them all the same. Such an operation checks the credential and the scope as the API does, and then says that the playground
//! does not offer it. So a literal path like `/videos/upload` is never read as the id of a video.

use axum::{http::StatusCode, routing::MethodFilter};

use crate::{
    api::{Access, Scope},
    playground::Refusal,
};

const SEARCH: Access = Access::Scope(Scope::Search);
const READ: Access = Access::Scope(Scope::Read);
const WRITE: Access = Access::Scope(Scope::Write);
const ADMIN: Access = Access::Scope(Scope::Admin);

/// Method, path below the base, and the access that a caller needs. If the description of the API names no scope, any credential will do.
pub static UNSERVED: &[(MethodFilter, &str, Access)] = &[
    (MethodFilter::POST, "/search/filter/playground", SEARCH),
    (MethodFilter::POST, "/search/multi-run", SEARCH),
    (MethodFilter::POST, "/playground/search", SEARCH),
    (MethodFilter::POST, "/prompts", WRITE),
    (MethodFilter::PUT, "/prompts/{prompt_id}", WRITE),
    (MethodFilter::DELETE, "/prompts/{prompt_id}", ADMIN),
    (MethodFilter::GET, "/prompts/{prompt_id}/usage", READ),
    (MethodFilter::POST, "/prompts/generate", WRITE),
    (MethodFilter::POST, "/exports/index/{index_id}", WRITE),
    (MethodFilter::POST, "/exports/prompt-run/{run_id}", WRITE),
    (MethodFilter::GET, "/exports", READ),
    (MethodFilter::GET, "/exports/{export_id}", READ),
    (MethodFilter::POST, "/exports/{export_id}/download-url", READ),
    (MethodFilter::GET, "/exports/{export_id}/download", READ),
    (MethodFilter::POST, "/webhooks", WRITE),
    (MethodFilter::GET, "/webhooks", READ),
    (MethodFilter::GET, "/webhooks/events", Access::Public),
    (MethodFilter::GET, "/webhooks/{webhook_id}", READ),
    (MethodFilter::PATCH, "/webhooks/{webhook_id}", WRITE),
    (MethodFilter::POST, "/webhooks/{webhook_id}/rotate-secret", WRITE),
    (MethodFilter::POST, "/webhooks/{webhook_id}/test", WRITE),
    (MethodFilter::GET, "/webhooks/{webhook_id}/deliveries", READ),
    (MethodFilter::GET, "/webhooks/deliveries/{delivery_id}", READ),
    (MethodFilter::POST, "/webhooks/deliveries/{delivery_id}/retry", WRITE),
    (MethodFilter::POST, "/workflow/define", WRITE),
    (MethodFilter::POST, "/workflow/process", WRITE),
    (MethodFilter::POST, "/workflow/search", SEARCH),
    (MethodFilter::GET, "/workflow/search/page", SEARCH),
    (MethodFilter::POST, "/workflow/attachments", WRITE),
    (MethodFilter::POST, "/workflow/media-grants", READ),
    (MethodFilter::GET, "/workflow/runs/{run_id}/results", READ),
    (MethodFilter::GET, "/processing/events/stream", READ),
];

/// The answer for a caller who may use the operation. The status is 404, because clients treat 5xx as a passing problem and try again. The
/// code shows that this is not a missing resource.
pub fn refusal(path: &str) -> Refusal {
    let message = format!("This operation of `{path}` is part of the API, but not offered by this playground.");
    Refusal::new(StatusCode::NOT_FOUND, "endpoint_not_offered", message)
}
