//! What a model reads about a call that the key may not make, that costs too much, or to which nobody agreed.

use serde_json::{Map, json};

use super::{
    Offer, Report, Tool, ToolError,
    advice::{ELSEWHERE, MEND_TRUST, NO_WAY},
    spending::MAX_MT,
    text,
};
use crate::{
    consent::Unconfirmed,
    gate::{Cause, Refusal, RefusalCause},
    key::Renewal,
    session::{CallError, KeyProblem},
};

/// Why a call costs too much.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum OverLimit {
    /// It alone is above a limit.
    #[error("the run is estimated at {} mt, more than {setting} {}", text::price(*.estimated), text::price(*.most))]
    One {
        /// The estimate.
        estimated: f64,
        /// The limit.
        most: f64,
        /// The argument or setting that sets the limit.
        setting: &'static str,
    },
    /// Together with what was started today it is above the limit of a day.
    #[error(
        "the run is estimated at {} mt, and {} of the {} mt of VIDEOSEARCH_MAX_MT_PER_DAY are spent today",
        text::price(*.estimated), text::number(*.spent), text::price(*.most)
    )]
    Day {
        /// The estimate.
        estimated: f64,
        /// What was spent before.
        spent: f64,
        /// The limit.
        most: f64,
    },
    /// There is a limit, and the price cannot be known before.
    #[error("the price of this call cannot be known before it is made, and {setting} sets a limit")]
    Unknown {
        /// The argument or setting that sets the limit.
        setting: &'static str,
        /// What is missing, and which call gives it.
        missing: String,
    },
    /// What was spent today is not known.
    #[error("what was spent today could not be counted: {0}")]
    Uncounted(String),
}

/// The API would refuse the call as things are, so nobody is asked whether they agree to it, or it comes to nothing if somebody did.
#[derive(Debug, thiserror::Error)]
#[error("the API would refuse this now: {what}")]
pub struct InTheWay {
    what: String,
    next: String,
}

impl InTheWay {
    /// What stands in the way, and what to do about it.
    pub fn new(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self { what: what.into(), next: next.into() }
    }

    /// What a model is told.
    pub fn report(&self) -> Report {
        Report {
            code: "would_be_refused".into(),
            message: text::line(&self.to_string(), 1_000),
            suggestion: format!("Nothing was changed. {}", text::line(&self.next, 1_000)),
            recoverable: true,
            ..Report::default()
        }
    }
}

impl OverLimit {
    /// The API named no price for something that it can price, and this argument or setting sets a limit.
    pub fn unknown(setting: &'static str) -> Self {
        Self::Unknown { setting, missing: "The API named no price. Try again later.".to_owned() }
    }

    /// Says why a price is unknown, and which call makes it known.
    #[must_use]
    pub fn because(self, missing: impl Into<String>) -> Self {
        match self {
            Self::Unknown { setting, .. } => Self::Unknown { setting, missing: missing.into() },
            other => other,
        }
    }

    /// What a model is told.
    pub fn report(&self) -> Report {
        const NO_CALL: &str = "Whoever runs this server can change the limit; no call can.";
        let (code, suggestion) = match self {
            Self::One { setting: MAX_MT, .. } => {
                ("above_max_mt", "Choose fewer media. Raise max_mt only if the user agrees to the price.".to_owned())
            }
            Self::One { .. } => ("above_max_mt", format!("Choose fewer media. {NO_CALL}")),
            Self::Day { estimated, most, .. } if estimated > most => {
                ("above_max_mt", format!("It is above the whole limit of a day, so waiting does not help: choose fewer media. {NO_CALL}"))
            }
            Self::Day { .. } => ("above_max_mt", format!("The count begins anew at midnight, UTC. {NO_CALL}")),
            Self::Unknown { setting: MAX_MT, missing } => ("price_unknown", missing.clone()),
            Self::Unknown { missing, .. } => ("price_unknown", format!("{missing} {NO_CALL}")),
            Self::Uncounted(_) => {
                ("uncounted", "Whoever runs this server must mend that, since VIDEOSEARCH_MAX_MT_PER_DAY is set.".to_owned())
            }
        };
        let message = text::line(&self.to_string(), 1_000);
        Report {
            code: code.into(),
            message,
            suggestion: text::line(&format!("Nothing was started. {suggestion}"), 1_000),
            recoverable: true,
            ..Report::default()
        }
    }
}

impl From<Unconfirmed> for ToolError {
    fn from(why: Unconfirmed) -> Self {
        Self::Unconfirmed { why, asked: false }
    }
}

impl ToolError {
    /// The error where a person is asked about such a call, or is not.
    pub(super) fn where_asked(self, asked: bool) -> Self {
        match self {
            Self::Unconfirmed { why, .. } => Self::Unconfirmed { why, asked },
            Self::Call(CallError::Key(KeyProblem::Replaced)) => Self::Unconfirmed { why: Unconfirmed::KeyReplaced, asked },
            error => error,
        }
    }
}

/// What a model is told about a tool that the configuration switches off.
pub fn off(message: String) -> Report {
    let suggestion = "No argument changes that: whoever runs this server can. Nothing was sent.".into();
    Report { code: "switched_off".into(), message, suggestion, ..Report::default() }
}

/// What a model is told about a call to which nobody agreed, where a person is asked or not.
pub fn unconfirmed(why: &Unconfirmed, asked: bool) -> Report {
    let (code, next) = match why {
        Unconfirmed::Declined | Unconfirmed::Cancelled | Unconfirmed::NotFilledIn(_) => {
            ("declined", "Do not call it again unless the user asks for it.")
        }
        Unconfirmed::Silence => ("unanswered", "Call it again when the user is there to answer."),
        Unconfirmed::NotAsked(_) => ("not_asked", "Tell the user that they could not be asked, and why; then try again if they want it."),
        Unconfirmed::Dearer { .. } | Unconfirmed::Priced { .. } if asked => {
            ("price_rose", "Call it again; the user will be asked anew, with this price.")
        }
        Unconfirmed::Dearer { .. } | Unconfirmed::Priced { .. } => ("price_rose", "Call it again without `confirm` to see the new price."),
        Unconfirmed::Unpriced { .. } => ("price_unknown", "Try again in a moment, when the price may be known again."),
        Unconfirmed::Unavailable(_) => ("unconfirmed", "Whoever runs this server must mend that."),
        Unconfirmed::Uncounted(_) => ("uncounted", "Try again in a moment; if it stays like this, whoever runs this server must mend it."),
        Unconfirmed::OtherMeaning | Unconfirmed::KeyReplaced if asked => ("unconfirmed", "Call it again; the user will be asked anew."),
        // All others come from what the client brought back.
        _ if asked => ("unconfirmed", "Call it again without `requestState` and `inputResponses`; the user will be asked anew."),
        _ => ("unconfirmed", "Call again without `confirm` to see what would be done and to get a new confirmation."),
    };
    let message = text::line(&why.to_string(), 1_000);
    let recoverable = !matches!(why, Unconfirmed::Unavailable(_));
    Report { code: code.into(), message, suggestion: format!("Nothing was sent. {next}"), recoverable, ..Report::default() }
}

/// A refusal for lack of scope: what is needed, what is held, how to get more, and what can be done instead.
pub fn lacking(refusal: &Refusal, tool: &Tool, offer: &Offer) -> Report {
    let (needed, held) = (refusal.needed, refusal.held);
    let mut suggestion;
    let message = match &refusal.cause {
        RefusalCause::Ceiling => {
            let limited;
            (limited, suggestion) = match refusal.renewal {
                Renewal::Operator => ("this token", "Whoever runs this server can give out a token with more scopes, within the limits of the server itself.".to_owned()),
                _ => ("this server", "The limit comes from its configuration: VIDEOSEARCH_SCOPES / --scopes or VIDEOSEARCH_READ_ONLY / --read-only. Whoever runs this server can change that and restart it.".to_owned()),
            };
            // The ceiling refuses before the API is asked, so what the key holds may be unknown, and does not matter here.
            let ceiling = refusal.ceiling.map(|ceiling| ceiling.to_string()).unwrap_or_default();
            format!("it needs the scope {needed}, but {limited} is limited to `{ceiling}`")
        }
        RefusalCause::NotHeld { .. } | RefusalCause::Told => {
            suggestion = format!(
                "Whoever owns the account can make a key with the scope {needed} (on the account's API key page, with `videosearch-mcp keys create`, or by POST /api-keys with a session token). {}",
                refusal.renewal.advice("the new key")
            );
            format!("it needs the scope {needed}; this key holds: {held}")
        }
        RefusalCause::Unverified(cause) => {
            let wait = match cause {
                Cause::Status { retry_after: Some(wait), .. } if !wait.is_zero() => format!("in {} s", wait.as_secs().max(1)),
                _ => "in a moment".to_owned(),
            };
            suggestion = match cause {
                Cause::Untrusted(_) => MEND_TRUST.to_owned(),
                Cause::Unreachable(_) => NO_WAY.to_owned(),
                // What is asked for exists at the API, and the API has a code for each of its errors.
                Cause::Foreign { .. } | Cause::Redirected(_) | Cause::Status { status: 404 | 405, .. } => ELSEWHERE.to_owned(),
                Cause::Status { status, code: None, .. } if !matches!(status, 408 | 429 | 500..=599) => ELSEWHERE.to_owned(),
                _ => format!("Try again {wait}; get_key_info shows what is known about the key."),
            };
            format!(
                "it needs the scope {needed}, and it could not be found out whether this key has it: {cause}; scopes that the key is known to hold: {held}"
            )
        }
    };
    let mut message = message;
    message.push_str(if refusal.cause == RefusalCause::Told { ". The API refused the call" } else { ". Nothing was sent" });
    if let Some(other) = offer.instead_of(tool) {
        suggestion.push_str(&format!(
            " Allowed instead: {} ({}).",
            other.name,
            text::sentence(other.description(), 120).trim_end_matches('.')
        ));
    }
    let unverified = matches!(refusal.cause, RefusalCause::Unverified(_));
    let mut details = Map::new();
    details.insert("needed".into(), json!(needed));
    details.insert("held".into(), json!(held));
    Report {
        code: if unverified { "scope_unverified" } else { "insufficient_scope" }.into(),
        message,
        suggestion,
        details: Some(details),
        recoverable: unverified,
        ..Report::default()
    }
}
