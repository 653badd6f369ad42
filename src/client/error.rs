//! What a caller learns of a request that failed.
//!
//! The kind says what to do about it; the facts beside it are for the one who words the answer. No text here holds a key, and none holds
//! more of an upstream body than the API's own error message.

use std::{fmt, time::Duration};

use crate::api::Problem;

/// A request that failed.
#[derive(Debug)]
pub struct Error {
    /// What went wrong.
    pub kind: Kind,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// What the API said; `None` for pages of proxies and the like.
    pub problem: Option<Problem>,
    /// What the vendor's support asks for, from the body or the headers.
    pub request_id: Option<String>,
    /// How long to wait before trying again, if the upstream said so.
    pub retry_after: Option<Duration>,
    /// How often it was sent; 0 if it never was.
    pub attempts: u32,
    /// Whether the request may have been carried out all the same. Only of requests that change something.
    pub uncertain: bool,
    /// The idempotency key that went with it: repeating the call with it is safe.
    pub idempotency_key: Option<String>,
}

/// The kinds of failures.
#[derive(Debug)]
pub enum Kind {
    /// The request could not be written, for the reason given. Nothing was sent.
    Request(String),
    /// The HTTP client could not be set up, for example for want of root certificates.
    Setup(String),
    /// No connection: name resolution, TCP, TLS or proxy. Nothing was sent.
    Connect(String),
    /// The certificate at the API's address was not accepted. Nothing was sent.
    Untrusted(String),
    /// The connection broke before the answer was complete.
    Interrupted(String),
    /// The answer was not complete in time.
    Timeout {
        /// How long the last attempt was waited for.
        waited: Duration,
    },
    /// The call's time was used up before it could be sent, or between attempts.
    Deadline,
    /// A redirect, which is never followed: the key would go with it.
    Redirect {
        /// Scheme, host and port it points at, if they could be read.
        origin: Option<String>,
    },
    /// An error status.
    Status,
    /// The body is larger than the limit in bytes.
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// A success without the body it should have.
    Empty,
    /// A success whose body is not what the API promises.
    Decode {
        /// The member it went wrong at; `.` for the root.
        path: String,
        /// What was wrong there.
        reason: String,
    },
}

impl Error {
    /// A failure of which nothing but the kind is known yet.
    pub(crate) fn new(kind: Kind) -> Box<Self> {
        Box::new(Self {
            kind,
            status: None,
            problem: None,
            request_id: None,
            retry_after: None,
            attempts: 0,
            uncertain: false,
            idempotency_key: None,
        })
    }

    /// The API's code, if the API answered.
    pub fn code(&self) -> Option<&str> {
        self.problem.as_ref().map(|problem| problem.code.as_str())
    }

    /// Whether the API itself rejects the key, as opposed to something on the way that answers 401.
    pub fn is_key_rejection(&self) -> bool {
        self.status == Some(401) && self.problem.is_some()
    }

    /// Whether that rejection is the API's documented word on keys. Other codes with a 401 are reported alike, but need not last.
    pub fn is_lasting_key_rejection(&self) -> bool {
        self.status == Some(401) && self.code().is_some_and(|code| code.starts_with("authentication"))
    }

    /// Whether the API itself refuses for lack of scope.
    pub fn is_scope_refusal(&self) -> bool {
        self.status == Some(403) && self.problem.as_ref().is_some_and(Problem::is_scope_refusal)
    }

    /// Whether the same call may succeed later without any change.
    pub fn may_pass(&self) -> bool {
        match &self.kind {
            Kind::Connect(_) | Kind::Interrupted(_) | Kind::Timeout { .. } | Kind::Deadline => true,
            Kind::Status => matches!(self.status, Some(408 | 429 | 500..=599)),
            Kind::Request(_)
            | Kind::Setup(_)
            | Kind::Untrusted(_)
            | Kind::Redirect { .. }
            | Kind::TooLarge { .. }
            | Kind::Empty
            | Kind::Decode { .. } => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Request(reason) => write!(f, "the request could not be written: {reason}"),
            Kind::Setup(reason) => write!(f, "the HTTP client could not be set up: {reason}"),
            Kind::Connect(reason) => write!(f, "no connection to the API: {reason}"),
            Kind::Untrusted(reason) => write!(f, "the certificate at the API's address is not accepted: {reason}"),
            Kind::Interrupted(reason) => write!(f, "the connection broke before the answer was complete: {reason}"),
            Kind::Timeout { waited } => write!(f, "no complete answer within {} ms", waited.as_millis()),
            Kind::Deadline => f.write_str("the time for this call was used up"),
            Kind::Redirect { origin: Some(origin) } => write!(f, "the API answered with a redirect to {origin}, which is not followed"),
            Kind::Redirect { origin: None } => f.write_str("the API answered with a redirect, which is not followed"),
            Kind::Status => {
                write!(f, "the API answered {}", self.status.unwrap_or_default())?;
                match &self.problem {
                    Some(problem) => write!(f, " ({}): {}", problem.code, problem.message),
                    None => f.write_str(", not with an error of the API's own form; something between may have answered"),
                }
            }
            Kind::TooLarge { limit } => write!(f, "the answer is larger than {} MiB", limit >> 20),
            Kind::Empty => f.write_str("the answer has no body"),
            Kind::Decode { path, reason } if path == "." => write!(f, "the answer is not what the API promises: {reason}"),
            Kind::Decode { path, reason } => write!(f, "the answer is not what the API promises, at `{path}`: {reason}"),
        }
    }
}

impl std::error::Error for Error {}
