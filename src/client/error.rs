//! What a caller learns about a request that failed.
//!
//! The kind says what went wrong. The other facts help to word the answer. If the API repeats the credential in its own error, it is taken
//! out. Of a body that is not such an error, a reason may repeat at most 300 characters.

use std::{fmt, time::Duration};

use crate::api::{Problem, Request, problem::speaks_of_scope};

/// A request that failed.
#[derive(Debug)]
pub struct Error {
    /// What went wrong.
    pub kind: Kind,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// What the API said. `None` if the body is not the API's, for example a page from a proxy.
    pub problem: Option<Problem>,
    /// What an error of another form says in words, bounded and without the credential. It may be from something between, so it proves nothing.
    pub said: Option<String>,
    /// The id of the request, from the body or the headers. The vendor's support asks for it.
    pub request_id: Option<String>,
    /// How long to wait before trying again, if the upstream said so.
    pub retry_after: Option<Duration>,
    /// The path of the request, with the names of its parts in place of their values. `None` if that is not known.
    pub template: Option<&'static str>,
    /// How many attempts were made to send it.
    pub attempts: u32,
    /// Whether the API may have done what was asked all the same. Always false for requests that do nothing
    /// more the second time.
    pub uncertain: bool,
    /// The idempotency key of the request. It is safe to repeat the call with this key.
    pub idempotency_key: Option<String>,
}

/// The kinds of failures.
#[derive(Debug)]
pub enum Kind {
    /// The request could not be written, for the reason given. Nothing was sent.
    Request(String),
    /// The file that the request was to send could not be sent, for the reason given. The API has done nothing.
    File(String),
    /// The HTTP client could not be set up, for example because there are no root certificates.
    Setup(String),
    /// No connection: name resolution, TCP, TLS or proxy. Nothing was sent.
    Connect(String),
    /// The certificate at the API's address was not accepted. Nothing was sent.
    Untrusted(String),
    /// The connection broke before the answer was complete.
    Interrupted(String),
    /// The answer was not complete in time.
    Timeout {
        /// How long the last attempt took until then.
        waited: Duration,
    },
    /// The call's time ran out before the first attempt or between two attempts.
    Deadline,
    /// This process is being ended, and the answer was not complete yet.
    Stopped,
    /// A redirect. We follow none, since the key would go with it.
    Redirect {
        /// The scheme, host and port that it points to, if we could read them.
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
        /// The path of the member where it went wrong; `.` for the root.
        path: String,
        /// What was wrong there.
        reason: String,
    },
}

impl Error {
    /// A failure of which we know only the kind so far.
    pub(crate) fn new(kind: Kind) -> Box<Self> {
        Box::new(Self {
            kind,
            status: None,
            problem: None,
            said: None,
            request_id: None,
            retry_after: None,
            template: None,
            attempts: 0,
            uncertain: false,
            idempotency_key: None,
        })
    }

    /// The same failure as that of a request, after this many attempts.
    pub(super) fn of(mut self: Box<Self>, request: &Request, attempts: u32, uncertain: bool) -> Box<Self> {
        self.template = Some(request.template());
        self.attempts = attempts;
        self.uncertain = uncertain;
        self.idempotency_key = request.idempotency_key().map(str::to_owned);
        self
    }

    /// The API's code, if the API answered.
    pub fn code(&self) -> Option<&str> {
        self.problem.as_ref().map(|problem| problem.code.as_str())
    }

    /// The code that the official client gives to a failure for which the API gave none.
    pub fn own_code(&self) -> String {
        match (&self.kind, self.status) {
            (Kind::Timeout { .. } | Kind::Deadline, _) => "timeout_error".into(),
            (Kind::Connect(_) | Kind::Untrusted(_) | Kind::Interrupted(_), _) => "network_error".into(),
            (Kind::Stopped, _) => "stopped".into(),
            (Kind::Empty, _) => "empty_response".into(),
            (Kind::Decode { .. }, _) => "invalid_json_response".into(),
            (Kind::Redirect { .. }, _) => "redirect_refused".into(),
            (Kind::TooLarge { .. }, _) => "response_too_large".into(),
            (_, Some(status)) => format!("http_{status}"),
            _ => "unknown_error".into(),
        }
    }

    /// Whether the web framework of the API answered by itself, without a code of the API, that there is no such path or method. With an id in
    /// the path it may mean the id all the same.
    pub fn is_of_framework(&self) -> bool {
        let own = match self.status {
            Some(404) => "not found",
            Some(405) => "method not allowed",
            _ => return false,
        };
        let bare = |problem: &Problem| problem.code.starts_with("http_") && problem.message.trim().eq_ignore_ascii_case(own);
        self.problem.as_ref().is_some_and(bare)
    }

    /// Whether the API has no such path: it holds no id that could be wrong.
    pub fn is_unknown_path(&self) -> bool {
        self.is_of_framework() && self.template.is_some_and(|path| !path.contains('{'))
    }

    /// Whether the API itself rejects the key. A 401 from something on the way does not count.
    pub fn is_key_rejection(&self) -> bool {
        self.status == Some(401) && self.problem.is_some()
    }

    /// Whether that rejection has a code about the key, so that it will last. With other codes, a 401 of the API may pass.
    pub fn is_lasting_key_rejection(&self) -> bool {
        self.status == Some(401) && self.problem.as_ref().is_some_and(Problem::is_lasting_key_rejection)
    }

    /// Whether the API itself refuses for lack of scope.
    pub fn is_scope_refusal(&self) -> bool {
        self.status == Some(403) && self.problem.as_ref().is_some_and(Problem::is_scope_refusal)
    }

    /// Whether it says in words that a scope is missing, without the code that would prove it.
    pub fn speaks_of_scope(&self) -> bool {
        let said = self.problem.as_ref().map(|problem| &problem.message).or(self.said.as_ref());
        self.status == Some(403) && said.is_some_and(|said| speaks_of_scope(said))
    }

    /// Whether the API itself says that there is no such thing. A 404 from something on the way, or at a wrong address, does not count.
    pub fn is_missing(&self) -> bool {
        self.status == Some(404) && self.problem.is_some() && !self.is_unknown_path()
    }

    /// Whether the same call may succeed later without any change.
    pub fn may_pass(&self) -> bool {
        match &self.kind {
            Kind::Connect(_) | Kind::Interrupted(_) | Kind::Timeout { .. } | Kind::Deadline | Kind::Stopped => true,
            Kind::Status => matches!(self.status, Some(408 | 429 | 500..=599)),
            Kind::Request(_)
            | Kind::File(_)
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
            Kind::File(reason) => write!(f, "the file could not be sent: {reason}"),
            Kind::Setup(reason) => write!(f, "the HTTP client could not be set up: {reason}"),
            Kind::Connect(reason) => write!(f, "no connection to the API: {reason}"),
            Kind::Untrusted(reason) => write!(f, "the certificate at the API's address is not accepted: {reason}"),
            Kind::Interrupted(reason) => write!(f, "the connection broke before the answer was complete: {reason}"),
            Kind::Timeout { waited } => write!(f, "no complete answer within {} ms", waited.as_millis()),
            Kind::Deadline => f.write_str("the time for this call was used up"),
            Kind::Stopped => f.write_str("the server is being shut down, and the API has not answered yet"),
            Kind::Redirect { origin: Some(origin) } => write!(f, "the API answered with a redirect to {origin}, which is not followed"),
            Kind::Redirect { origin: None } => f.write_str("the API answered with a redirect, which is not followed"),
            Kind::Status => {
                write!(f, "the API answered {}", self.status.unwrap_or_default())?;
                match (&self.problem, &self.said) {
                    (Some(problem), _) => write!(f, " ({}): {}", problem.code, problem.message),
                    (None, Some(said)) => {
                        write!(f, ", not with an error of the API's own form; something between may have answered. It says: {said}")
                    }
                    (None, None) => f.write_str(", not with an error of the API's own form; something between may have answered"),
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
