//! The operations of the API that this playground does not offer.
//!
//! We mount them all the same. Such an operation checks the credential and the scope as the API does, and then says that the playground
//! does not offer it. So a literal path like `/videos/upload` is never read as the id of a video.

use axum::{http::StatusCode, routing::MethodFilter};

use crate::{
    api::{Access, Scope},
    playground::Refusal,
};

const READ: Access = Access::Scope(Scope::Read);
const WRITE: Access = Access::Scope(Scope::Write);

/// Method, path below the base, and the access that a caller needs. If the description of the API names no scope, any credential will do.
pub static UNSERVED: &[(MethodFilter, &str, Access)] =
    &[(MethodFilter::POST, "/workflow/attachments", WRITE), (MethodFilter::POST, "/workflow/media-grants", READ)];

/// The answer for a caller who may use the operation. The status is 404, because clients treat 5xx as a passing problem and try again. The
/// code shows that this is not a missing resource.
pub fn refusal(path: &str) -> Refusal {
    let message = format!("This operation of `{path}` is part of the API, but not offered by this playground.");
    Refusal::new(StatusCode::NOT_FOUND, "endpoint_not_offered", message)
}
