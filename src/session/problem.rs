//! Why a call failed, on its way to the API or there.

use super::keys::shown;
use crate::{
    client,
    gate::Refusal,
    key::{FileFault, KeyFault, KeySource, Renewal},
};

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Refused for lack of scope. Nothing but probes was sent, unless the API itself refused the call.
    #[error("the key lacks a scope")]
    Refused(Refusal),
    /// There is no key that works.
    #[error(transparent)]
    Key(#[from] KeyProblem),
    /// The API, or the way to it, failed.
    #[error(transparent)]
    Upstream(#[from] Box<client::Error>),
    /// Too many calls are waiting.
    #[error("too many calls are waiting")]
    Busy,
}

/// What is wrong with the key. Holds no part of it but the last four characters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    /// None is configured. Holds the variables with a placeholder that nobody filled in.
    #[error("no API key is configured{}", placeholders(.0))]
    Missing(Vec<String>),
    /// The key file gives no key.
    #[error("the API key file {path} ({named_by}): {fault}")]
    File {
        /// The file.
        path: String,
        /// What named it.
        named_by: String,
        /// What is wrong.
        fault: FileFault,
    },
    /// The variable's value cannot be a key.
    #[error("the value of {name} is not an API key: {fault}")]
    Value {
        /// The variable.
        name: String,
        /// What is wrong.
        fault: KeyFault,
    },
    /// The API rejects it.
    #[error("the API rejects the key{} from {source_text}: it is wrong, revoked or expired", tail(.last_four))]
    Rejected {
        /// Its last four characters.
        last_four: String,
        /// Where it comes from.
        source_text: String,
        /// Where a new key goes.
        renewal: Renewal,
    },
    /// The key of this server cannot be used. Told to callers who do not run the server, so it names no place and no part of the key. Holds
    /// the code of what is wrong.
    #[error("the API key of this server cannot be used")]
    Operators(&'static str),
    /// Somebody agreed to the call for the key of before.
    #[error("the API key was replaced since somebody agreed to this call")]
    Replaced,
    /// The endpoint takes session tokens only.
    #[error("this call takes a session token, not an API key")]
    SessionOnly,
    /// The playground of this process did not start.
    #[error("the playground could not be started: {0}")]
    Playground(String),
}

fn placeholders(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!(" ({} holds a placeholder that was not filled in)", names.join(", ")) }
}

fn tail(last_four: &str) -> String {
    if last_four.is_empty() { String::new() } else { format!(" ending in {last_four}") }
}

impl KeyProblem {
    /// A stable code. It is the API's own if the API has one.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing(_) => "authentication_missing_api_key",
            Self::File { .. } | Self::Value { .. } => "authentication_unreadable_api_key",
            Self::Rejected { .. } => crate::api::problem::code::INVALID_KEY,
            Self::Operators(code) => code,
            Self::Replaced => "unconfirmed",
            Self::SessionOnly => "authentication_session_required",
            Self::Playground(_) => "playground_failed",
        }
    }

    /// What to do about it. Empty if there is no advice.
    pub fn remedy(&self) -> String {
        match self {
            Self::Missing(_) => {
                "Set VIDEOSEARCH_API_KEY, or VIDEOSEARCH_API_KEY_FILE with the path of a file that holds the key, in the environment that \
                the MCP client gives this server, and restart it. To try without an account, start it with --playground."
                    .into()
            }
            Self::File { fault: FileFault::NotRegular(_), .. } => {
                "Name a regular file that holds the key alone on one line. It is read again when the key changes, so no pipe can take its place."
                    .into()
            }
            Self::File { path, .. } => {
                format!("Put the key alone on one line of {path}, readable to this server; it is read again on the next call.")
            }
            Self::Value { name, .. } => format!("Correct {name} in the environment that the MCP client gives this server, and restart it."),
            Self::Rejected { renewal: renewal @ Renewal::Variable(_), .. } => {
                format!("{} A key in a file (VIDEOSEARCH_API_KEY_FILE) can be rotated without a restart.", renewal.advice("a live key"))
            }
            Self::Rejected { renewal, .. } => renewal.advice("a live key"),
            Self::Operators(_) => "Whoever runs this server has to give it a key that works. Nothing in a request can mend that.".into(),
            Self::Replaced | Self::SessionOnly | Self::Playground(_) => String::new(),
        }
    }

    /// The rejection of a key from this source.
    pub(super) fn rejected(source: &KeySource, last_four: &str) -> Self {
        let renewal = source.renewal(&shown);
        Self::Rejected { last_four: last_four.to_owned(), source_text: source.to_string(), renewal }
    }
}
