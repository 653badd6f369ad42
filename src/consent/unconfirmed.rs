//! Why a call is not confirmed.

use super::LIFE;

/// Why a call is not confirmed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Unconfirmed {
    /// Its seal was not made here, or was changed.
    #[error("this confirmation was not issued by this server, or it was changed")]
    Tampered,
    /// It was issued for a call of another tool.
    #[error("this confirmation was issued for another tool")]
    OtherTool,
    /// It was issued for other arguments.
    #[error("this confirmation was issued for other arguments")]
    OtherArguments,
    /// It was issued for another key, or for another caller with the same key.
    #[error("this confirmation was issued for another API key or another caller")]
    OtherKey,
    /// It was given for the key of before, which was replaced meanwhile.
    #[error("the API key was replaced since this was agreed to")]
    KeyReplaced,
    /// What the call would do has changed: a name belongs to something else, or there is more to delete.
    #[error("what this call would do has changed since it was agreed to")]
    OtherMeaning,
    /// It is too old.
    #[error("this confirmation has expired: it holds for {} minutes", LIFE.as_secs() / 60)]
    Expired,
    /// It was issued by a process whose clock is ahead of this one's.
    #[error("this confirmation was issued by a server whose clock is minutes ahead of this one's")]
    Ahead,
    /// It was used before.
    #[error("this confirmation was used already")]
    Used,
    /// The price is higher now.
    #[error("the price has risen: {then} mt were agreed to, and it is estimated at {now} mt now")]
    Dearer {
        /// What was agreed to, as text.
        then: String,
        /// What it is now, as text.
        now: String,
    },
    /// The price was not known, and is known now.
    #[error("the price is known now, and nobody has agreed to it: it is estimated at {now} mt")]
    Priced {
        /// What it is now, as text.
        now: String,
    },
    /// The price was known, and is not known now.
    #[error("the API names no price now; {then} mt were agreed to")]
    Unpriced {
        /// What was agreed to, as text.
        then: String,
    },
    /// The person said no.
    #[error("the user declined")]
    Declined,
    /// The person closed the question.
    #[error("the user closed the question without an answer")]
    Cancelled,
    /// The person agreed without filling in what was asked for.
    #[error("the user did not agree: {0}")]
    NotFilledIn(&'static str),
    /// Nobody answered.
    #[error("the user did not answer in time")]
    Silence,
    /// The client said that it can ask, and could not.
    #[error("the user could not be asked: {0}")]
    NotAsked(String),
    /// Nothing can be sealed.
    #[error("confirmations do not work here: {0}")]
    Unavailable(String),
    /// What was used and spent cannot be looked up.
    #[error("whatever costs or deletes is refused while it cannot be counted: {0}")]
    Uncounted(String),
}
