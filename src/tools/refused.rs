//! What a model reads about a call that costs too much, or to which nobody agreed.

use super::{Report, ToolError, spending::MAX_MT, text};
use crate::consent::Unconfirmed;

/// Why a call costs too much.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum OverLimit {
    /// It alone is above a limit.
    #[error("the run is estimated at {} mt, more than {setting} {}", text::number(*.estimated), text::number(*.most))]
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
        text::number(*.estimated), text::number(*.spent), text::number(*.most)
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
    },
    /// What was spent today is not known.
    #[error("what was spent today could not be counted: {0}")]
    Uncounted(String),
}

/// The API would refuse the call as things are, so nobody is asked whether they agree to it.
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
            suggestion: format!("Nobody was asked and nothing was changed. {}", text::line(&self.next, 1_000)),
            recoverable: true,
            ..Report::default()
        }
    }
}

impl OverLimit {
    /// What a model is told.
    pub fn report(&self) -> Report {
        let (code, suggestion) = match self {
            Self::One { setting: MAX_MT, .. } => ("above_max_mt", "Raise max_mt, or choose fewer media."),
            Self::One { .. } => ("above_max_mt", "Choose fewer media. Whoever runs this server can change the limit; no call can."),
            Self::Day { .. } => {
                ("above_max_mt", "The count begins anew at midnight, UTC. Whoever runs this server can change the limit; no call can.")
            }
            Self::Unknown { setting: MAX_MT } => (
                "price_unknown",
                "A call that names a prompt and media by their ids can be priced. If this one does, the API named no price: try again later, or leave max_mt out.",
            ),
            Self::Unknown { .. } => (
                "price_unknown",
                "A call that names a prompt and media by their ids can be priced. If this one does, the API named no price: try again later. Otherwise only whoever runs this server can change the limit.",
            ),
            Self::Uncounted(_) => ("uncounted", "Whoever runs this server must mend that, since VIDEOSEARCH_MAX_MT_PER_DAY is set."),
        };
        let message = text::line(&self.to_string(), 1_000);
        Report {
            code: code.into(),
            message,
            suggestion: format!("Nothing was started. {suggestion}"),
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
        Unconfirmed::Unavailable(_) => ("unconfirmed", "Whoever runs this server must mend that."),
        Unconfirmed::Uncounted(_) => ("uncounted", "Try again in a moment; if it stays like this, whoever runs this server must mend it."),
        Unconfirmed::OtherMeaning if asked => ("unconfirmed", "Call it again; the user will be asked anew."),
        // All others come from what the client brought back.
        _ if asked => ("unconfirmed", "Call it again without `requestState` and `inputResponses`; the user will be asked anew."),
        _ => ("unconfirmed", "Call again without `confirm` to see what would be done and to get a new confirmation."),
    };
    let message = text::line(&why.to_string(), 1_000);
    let recoverable = !matches!(why, Unconfirmed::Unavailable(_));
    Report { code: code.into(), message, suggestion: format!("Nothing was sent. {next}"), recoverable, ..Report::default() }
}
