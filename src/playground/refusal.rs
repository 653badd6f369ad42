//! The answer that a caller of the API gets when a request fails.
//!
//! The caller gets a code and a sentence. The log gets the cause of an internal error. Handlers return a [`Refusal`] and never write a
//! response. Only `front` adds the request id and the time.

use std::{borrow::Cow, fmt};

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use crate::api::{Problem, Scope, problem::code};

/// Why a request is not carried out.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The HTTP status.
    pub status: StatusCode,
    /// After how many seconds to try again.
    pub retry_after: Option<u64>,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Coded { code: Cow<'static, str>, message: String, details: Option<Map<String, Value>> },
    Arguments { place: Vec<Value>, message: String, kind: &'static str },
}

impl Refusal {
    /// Makes a refusal from a code of the API and a sentence for people.
    pub fn new(status: StatusCode, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { status, retry_after: None, content: Content::Coded { code: code.into(), message: message.into(), details: None } }
    }

    /// 404 for a resource. The code of `video` is `resource_video_not_found`.
    pub fn not_found(resource: &str) -> Self {
        let message = format!("This {} does not exist.", resource.replace('_', " "));
        Self::new(StatusCode::NOT_FOUND, format!("resource_{resource}_not_found"), message)
    }

    /// 400 for a request that is well-formed but makes no sense.
    pub fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// 409 for a request that the present state does not allow.
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// 401 for a credential that is missing or wrong.
    pub fn unauthenticated(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code::INVALID_KEY, message)
    }

    /// 403 for a key without the scope of the endpoint.
    pub fn scope(needed: Scope) -> Self {
        Self::new(StatusCode::FORBIDDEN, code::INSUFFICIENT_SCOPE, format!("This needs a key with the scope `{needed}`."))
            .with("required_scope", needed.as_str())
    }

    /// 422 for one argument, in the form of FastAPI. `place` is the path of the member, starting with `query` or `body`. `kind` is the word
    /// for programs: `missing`, `value_error` and others.
    pub fn argument<P: Into<Value>>(place: impl IntoIterator<Item = P>, message: impl Into<String>, kind: &'static str) -> Self {
        let place = place.into_iter().map(Into::into).collect();
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            retry_after: None,
            content: Content::Arguments { place, message: message.into(), kind },
        }
    }

    /// 500. The cause goes to the log, not to the caller.
    pub fn internal(cause: impl fmt::Display) -> Self {
        tracing::error!(%cause, "the playground could not answer a request");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", "The playground failed; its log names the cause.")
    }

    /// Adds a member to `details`. Does nothing for refusals of arguments, which have no details.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Content::Coded { details, .. } = &mut self.content {
            details.get_or_insert_default().insert(name.to_owned(), value.into());
        }
        self
    }

    /// Says after how many seconds trying again can help.
    #[must_use]
    pub fn after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The sentence for people.
    pub fn message(&self) -> &str {
        match &self.content {
            Content::Coded { message, .. } | Content::Arguments { message, .. } => message,
        }
    }

    /// The sentence for people, with the place of a refused argument.
    pub fn placed(&self) -> String {
        match &self.content {
            Content::Arguments { place, message, .. } if place.len() > 1 => {
                let place: Vec<String> =
                    place.iter().skip(1).map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned)).collect();
                format!("{}: {message}", place.join("."))
            }
            _ => self.message().to_owned(),
        }
    }

    /// The body: FastAPI's form for refused arguments, the API's envelope for everything else.
    pub fn body(&self, request_id: &str, timestamp: String) -> Value {
        match &self.content {
            Content::Coded { code, message, details } => Problem {
                code: code.to_string(),
                message: message.clone(),
                details: details.clone(),
                request_id: Some(request_id.to_owned()),
                timestamp: Some(timestamp),
                retry_after: self.retry_after,
            }
            .envelope(),
            Content::Arguments { place, message, kind } => json!({"detail": [{"loc": place, "msg": message, "type": kind}]}),
        }
    }
}

impl IntoResponse for Refusal {
    /// Hands the refusal to `front`, which writes its body.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status, self.message())
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::internal(error)
    }
}

impl From<serde_json::Error> for Refusal {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(error)
    }
}

impl From<super::Error> for Refusal {
    fn from(error: super::Error) -> Self {
        Self::internal(error)
    }
}
