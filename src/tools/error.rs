//! Why a tool did not answer, and what a model reads about it.
//!
//! Every message names what failed and what to do next. The caller can mend most failures (an argument, a scope, a key), so the wording is
//! part of the interface. Texts from the API are cleaned and cut here too.

use chrono::Utc;
use serde_json::{Map, Value, json};

use super::{
    Answer, ArgumentError, Effect, Offer, Tool,
    advice::{self, advise},
    refused::{self, InTheWay, OverLimit},
    text, used_up,
};
use crate::{
    client,
    consent::{Question, Unconfirmed},
    files::FileError,
    session::{CallError, KeyProblem},
};

/// The most characters of an error text.
pub const MAX_ERROR_CHARS: usize = 8_000;
/// The most bytes of details that are shown, as JSON.
const MAX_DETAILS: usize = 3_000;

/// Why a tool did not answer.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// The arguments break a rule.
    #[error(transparent)]
    Arguments(#[from] ArgumentError),
    /// The same, after something was sent: it took an answer of the API to see it.
    #[error(transparent)]
    LateArguments(ArgumentError),
    /// The call has to have an argument that most calls do without. An answer of the API showed that.
    #[error("{why}: give {arguments}")]
    Wants {
        /// What the answer lacks.
        why: &'static str,
        /// The arguments that would do.
        arguments: &'static str,
    },
    /// A local file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The key lacks a scope or cannot be used, the server is busy, or the API failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// No index has this id or name.
    #[error("no index `{given}`")]
    NoSuchIndex {
        /// What was given.
        given: String,
        /// The indexes there are.
        known: String,
    },
    /// No video, prompt or run has this id or name.
    #[error("no {kind} `{given}`")]
    NoSuchResource {
        /// What it should have been.
        kind: String,
        /// What was given.
        given: String,
        /// What may be meant: ids and names.
        candidates: String,
        /// How many more may be meant.
        more: usize,
        /// Whether what was given is the very name of what may be meant.
        is_name: bool,
        /// What the API said, if it was asked.
        told: Option<Box<ToolError>>,
    },
    /// The API says of a resource that exists that it does not: it does not go with another that the call names.
    #[error("{told}")]
    Apart {
        /// What it is.
        kind: String,
        /// Its id.
        id: String,
        /// What the API said.
        told: Box<ToolError>,
    },
    /// A call failed after some of its arguments were changed or ignored, which may be why.
    #[error("{error}")]
    Noted {
        /// Why it failed.
        error: Box<ToolError>,
        /// What was changed or ignored.
        notes: Vec<String>,
    },
    /// Nobody has agreed to the call.
    #[error("{why}")]
    Unconfirmed {
        /// Why.
        why: Unconfirmed,
        /// Whether a person is asked about such a call.
        asked: bool,
    },
    /// Somebody must agree to the call first, and nobody can be asked: the plan, with a token for a second call. Or what was to be
    /// deleted is gone already: how that ended. [`Tool::call`] makes an answer of it.
    #[error("somebody must agree to this call first")]
    Planned(Box<Answer>),
    /// The person behind the call must be asked first.
    #[error("the user must be asked before this call")]
    Asks(Box<Question>),
    /// A video has no such segment.
    #[error("{0}")]
    NoSuchMoment(String),
    /// The call would cost more than somebody allowed.
    #[error(transparent)]
    Limit(#[from] OverLimit),
    /// An identical call is under way, or went out and what came of it is not known.
    #[error("{what}")]
    Twin {
        /// Which, and what is known of it.
        what: String,
        /// What to do about it.
        next: String,
    },
    /// The configuration switches the tool off that a call names: the tool and the setting.
    #[error("`name`: {0} is switched off by this server's configuration; see {1}")]
    Off(&'static str, &'static str),
    /// The API would refuse the call as things are.
    #[error(transparent)]
    InTheWay(#[from] InTheWay),
}

impl From<Box<client::Error>> for ToolError {
    fn from(error: Box<client::Error>) -> Self {
        Self::Call(CallError::Upstream(error))
    }
}

/// An error as a model reads it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// A stable code: the API's where the API answered, else one of ours.
    pub code: String,
    /// What failed.
    pub message: String,
    /// What to do next.
    pub suggestion: String,
    /// The API's details.
    pub details: Option<Map<String, Value>>,
    /// The API's request id.
    pub request_id: Option<String>,
    /// Whether the call can succeed without a change of key or configuration.
    pub recoverable: bool,
    /// After how many seconds trying again makes sense, if known.
    pub retry_after: Option<u64>,
}

impl ToolError {
    /// The error with notes about the arguments. No argument can cause a lack of scope or of consent, so such an error stays as it is.
    pub(super) fn noted(self, notes: Vec<String>) -> Self {
        match self {
            Self::Call(CallError::Refused(_)) | Self::Unconfirmed { .. } => self,
            Self::Asks(question) => Self::Asks(question),
            error if notes.is_empty() => error,
            error => Self::Noted { error: Box::new(error), notes },
        }
    }

    /// The error of a call that has sent something by now.
    pub(super) fn after_sending(self) -> Self {
        match self {
            Self::Arguments(error) => Self::LateArguments(error),
            Self::Noted { error, notes } => Self::Noted { error: Box::new(error.after_sending()), notes },
            error => error,
        }
    }

    /// Whether it says that what was asked for does not exist.
    pub fn is_missing(&self) -> bool {
        match self {
            Self::NoSuchIndex { .. } | Self::NoSuchResource { .. } | Self::NoSuchMoment(_) => true,
            Self::Noted { error, .. } | Self::Apart { told: error, .. } => error.is_missing(),
            Self::Call(CallError::Upstream(error)) => error.is_missing(),
            _ => false,
        }
    }

    /// What the call lacks, and the arguments that it has to have therefore.
    pub fn wants(&self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Wants { why, arguments } => Some((why, arguments)),
            Self::Noted { error, .. } => error.wants(),
            _ => None,
        }
    }

    /// What a model is told about an error of this tool.
    pub fn report(&self, tool: &Tool, offer: &Offer) -> Report {
        let mut report = match self {
            Self::Arguments(_) | Self::LateArguments(_) | Self::Wants { .. } => {
                let nothing = if matches!(self, Self::Arguments(_)) { "; nothing was sent" } else { "" };
                let said = self.to_string();
                let message = advice::without_unlisted(said.clone(), offer);
                let source = advice::other_source(&said, &message, offer);
                let all = advice::of_all_videos(tool, &said, offer);
                Report {
                    code: "invalid_arguments".into(),
                    message,
                    suggestion: format!("Correct the arguments and call again{nothing}.{source}{all}"),
                    recoverable: true,
                    ..Report::default()
                }
            }
            Self::File(FileError { what, next }) => Report {
                code: "local_file".into(),
                message: text::line(what, 1_000),
                suggestion: text::line(next, 1_000),
                recoverable: true,
                ..Report::default()
            },
            Self::Call(CallError::Refused(refusal)) => refused::lacking(refusal, tool, offer),
            Self::Call(CallError::Key(problem)) => key(problem),
            Self::Call(CallError::Busy) => Report {
                code: "busy".into(),
                message: "this server has too many calls waiting".into(),
                suggestion: "Wait for running calls to end, then try again; nothing was sent.".into(),
                recoverable: true,
                ..Report::default()
            },
            Self::Call(CallError::Upstream(error)) => upstream(error, tool, offer),
            Self::NoSuchIndex { known, .. } => Report {
                code: "resource_index_not_found".into(),
                message: self.to_string(),
                suggestion: if known.is_empty() { "The account has no indexes.".into() } else { format!("Indexes there are: {known}.") },
                recoverable: true,
                ..Report::default()
            },
            Self::NoSuchResource { kind, given, candidates, more, is_name, told } => {
                let suggestion = match (candidates.is_empty(), more) {
                    (true, _) => advice::shows(kind, tool.path, offer),
                    (false, 0) => format!("Did you mean {candidates}?"),
                    (false, more) => format!("Did you mean {candidates}, or one of {more} more that fit?"),
                };
                match told {
                    Some(told) if candidates.is_empty() => told.report(tool, offer),
                    Some(told) => Report { suggestion, ..told.report(tool, offer) },
                    None => {
                        let code = format!("resource_{kind}_not_found");
                        let named = || format!("it takes the id of a {kind}, and `{given}` is a name");
                        let message = if *is_name { named() } else { self.to_string() };
                        Report { code, message, suggestion, recoverable: true, ..Report::default() }
                    }
                }
            }
            Self::Apart { kind, id, told } => {
                let or = match &**told {
                    Self::Call(CallError::Upstream(error)) if error.is_of_framework() => " This API may also not have the function.",
                    _ => "",
                };
                let covers = if kind == "video" { advise(offer, &["get_video"], "shows the runs on it.") } else { String::new() };
                let suggestion = format!("{} exists, but does not go with what else the call names.{or} {covers}", text::id(id));
                Report { suggestion, ..told.report(tool, offer) }
            }
            Self::Noted { error, notes } => {
                let report = error.report(tool, offer);
                let suggestion = format!("{} Note: {}.", report.suggestion, notes.join("; "));
                Report { suggestion: suggestion.trim_start().to_owned(), ..report }
            }
            Self::Unconfirmed { why, asked } => refused::unconfirmed(why, *asked),
            Self::Planned(_) | Self::Asks(_) => {
                let message = self.to_string();
                Report {
                    code: "unconfirmed".into(),
                    message,
                    suggestion: "Nothing was sent.".into(),
                    recoverable: true,
                    ..Report::default()
                }
            }
            Self::Limit(limit) => limit.report(),
            Self::InTheWay(way) => way.report(),
            Self::Twin { next, .. } => Report {
                code: "identical_call".into(),
                message: self.to_string(),
                suggestion: format!("Nothing was sent. {next}"),
                recoverable: true,
                ..Report::default()
            },
            Self::Off(name, _) => {
                let besides = super::catalog::find(name).and_then(|tool| offer.besides(tool));
                refused::off(besides.map_or_else(|| self.to_string(), |why| format!("{self}; besides, {why}")))
            }
            Self::NoSuchMoment(_) => Report {
                code: "resource_segment_not_found".into(),
                message: self.to_string(),
                suggestion: advise(offer, &["get_video_segments"], "lists the segments of a video."),
                recoverable: true,
                ..Report::default()
            },
        };
        report.message = text::clean_line(&report.message).into_owned();
        report.suggestion = text::clean_line(&offer.led(&report.suggestion).0).into_owned();
        report
    }
}

impl Report {
    /// The text for a model.
    pub fn text(&self, tool: &Tool) -> String {
        let mut out = format!("{} failed: {}", tool.name, self.message);
        if !out.ends_with(['.', '!', '?']) {
            out.push('.');
        }
        if let Some(id) = &self.request_id {
            out.push_str(&format!(" Request id: {}.", text::line(id, 120)));
        }
        if !self.suggestion.is_empty() {
            out.push('\n');
            out.push_str(&self.suggestion);
        }
        bounded(out)
    }

    /// The API's details, unless they are long.
    pub fn shown_details(&self) -> Option<&Map<String, Value>> {
        let is_short = |details: &Map<String, Value>| serde_json::to_string(details).is_ok_and(|text| text.len() <= MAX_DETAILS);
        self.details.as_ref().filter(|details| is_short(details))
    }

    /// The text for scripted harnesses, with the contract's members.
    pub fn json(&self) -> String {
        let mut value = json!({
            "error": true,
            "code": self.code,
            "message": text::line(&self.message, 2000),
            "details": self.shown_details(),
            "request_id": self.request_id,
            "recoverable": self.recoverable,
            "suggestion": text::line(&self.suggestion, 2000),
            "retry_after": self.retry_after,
        });
        text::clean_value(&mut value);
        if let Value::Object(members) = &mut value {
            members.retain(|_, member| !member.is_null());
        }
        value.to_string()
    }
}

fn bounded(mut text: String) -> String {
    if let Some((at, _)) = text.char_indices().nth(MAX_ERROR_CHARS - 1) {
        text.truncate(at);
        text.push('…');
    }
    text
}

fn key(problem: &KeyProblem) -> Report {
    Report {
        code: problem.code().into(),
        message: problem.to_string(),
        suggestion: problem.remedy(),
        recoverable: false,
        ..Report::default()
    }
}

fn upstream(error: &client::Error, tool: &Tool, offer: &Offer) -> Report {
    let told = error.retry_after.map(|wait| wait.as_secs().max(1));
    let used_up = error.problem.as_ref().and_then(|problem| used_up::of(problem, told, Utc::now()));
    let (mut suggestion, retry_after) = match used_up {
        Some(used_up) => (used_up.next, used_up.wait),
        None => (advice::of(error, tool, offer, told), told),
    };
    if error.uncertain && tool.effect != Effect::Read {
        let repeat = match &error.idempotency_key {
            Some(key) => format!(
                "It may have been carried out all the same: repeat the call with idempotency_key {key}, so that nothing is done or billed twice."
            ),
            None => "It may have been carried out all the same: look before repeating it.".to_owned(),
        };
        suggestion = if suggestion.is_empty() { repeat } else { format!("{repeat} {suggestion}") };
    }
    let mut message = text::line(&error.to_string(), 4000);
    if error.attempts > 1 {
        message.push_str(&format!(" ({} attempts)", error.attempts));
    }
    Report {
        code: error.code().map_or_else(|| error.own_code(), |code| text::line(code, 100)),
        message,
        suggestion,
        details: error.problem.as_ref().and_then(|problem| problem.details.clone()),
        request_id: error.request_id.clone(),
        recoverable: !matches!(error.status, Some(401 | 403)),
        retry_after,
    }
}
