//! What we know about a key, and how we know it.

use std::{fmt, time::Duration};

use super::Timestamp;
use crate::api::{Scope, Scopes};

/// Whether a key holds a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Held,
    /// It does not, or the configuration limits this server to other scopes.
    NotHeld,
    /// Not known.
    Unknown,
}

/// How we know whether a key holds a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The probe of this scope told us.
    Probe,
    /// An earlier process asked, and left the answer in the state directory.
    Cache,
    /// The API refused a call for lack of the scope, after the gate had let the call pass. So the key held the scope once, and may hold it
    /// again.
    Refused403,
    /// The configuration limits this server to other scopes.
    Ceiling,
    /// It follows from what we know about a stronger or a weaker scope.
    Implied,
}

/// Why we do not know something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// We have not asked yet.
    NotAsked,
    /// The answer was an error that says nothing about scopes.
    Status {
        /// The HTTP status.
        status: u16,
        /// The API's code, if the body was the API's.
        code: Option<String>,
        /// How long to wait before asking again, if the answer says so.
        retry_after: Option<Duration>,
    },
    /// The answer was a success, but not one that the API sends.
    Foreign {
        /// The HTTP status.
        status: u16,
    },
    /// There was no answer. Holds the reason.
    Unreachable(String),
    /// The answer was a redirect, which is not followed. Holds the reason.
    Redirected(String),
    /// There was no answer, since the certificate was not accepted. Holds the reason.
    Untrusted(String),
    /// We did not ask, since too many callers with new keys came at once.
    Crowded,
    /// The API refused the key itself.
    KeyRejected,
    /// We knew it once, but too long ago to act on it.
    Outdated,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAsked => f.write_str("not asked yet"),
            Self::Status { status, code, retry_after } => {
                write!(f, "the upstream answered {status}")?;
                if let Some(code) = code {
                    write!(f, " ({code})")?;
                }
                if let Some(wait) = retry_after {
                    write!(f, "; it asks to wait {} s", wait.as_secs())?;
                }
                Ok(())
            }
            Self::Foreign { status } => write!(f, "the upstream answered {status} with something the API does not send"),
            Self::Unreachable(reason) | Self::Redirected(reason) | Self::Untrusted(reason) => f.write_str(reason),
            Self::Crowded => f.write_str("too many new callers came at once; try again in a few seconds"),
            Self::KeyRejected => f.write_str("the API rejects the key"),
            Self::Outdated => f.write_str("last known more than an hour ago"),
        }
    }
}

/// What we know about one scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Belief {
    /// Held, not held or unknown.
    pub standing: Standing,
    /// How we know that. `None` exactly if `standing` is unknown.
    pub origin: Option<Origin>,
    /// When we learned it. `None` if it is unknown, or if it comes from the configuration.
    pub at: Option<Timestamp>,
    /// Whether an earlier process learned it, or learned what it follows from.
    pub cached: bool,
    /// Why the last attempt to find out failed, if it did.
    pub cause: Option<Cause>,
}

impl Belief {
    /// We know nothing, for this reason.
    pub(super) fn unknown(cause: Option<Cause>) -> Self {
        Self { standing: Standing::Unknown, origin: None, at: None, cached: false, cause }
    }
}

/// Whether the API accepts the key at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// We do not know, for this reason.
    Unknown(Cause),
    /// The API accepted it at this time.
    Live(Timestamp),
    /// The API rejected it at this time.
    Rejected(Timestamp),
}

/// What we know about a key at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beliefs {
    /// What we know about each scope, without the ceiling, in the order of [`Scope::ALL`].
    pub(super) bare: [Belief; 4],
    pub(super) ceiling: Option<Scopes>,
    pub(super) key: KeyState,
    pub(super) generation: u64,
}

impl Beliefs {
    /// We know nothing about any key, for this reason.
    pub fn unknown(ceiling: Option<Scopes>, cause: &Cause) -> Self {
        let bare = std::array::from_fn(|_| Belief::unknown(Some(cause.clone())));
        Self { bare, ceiling, key: KeyState::Unknown(cause.clone()), generation: 0 }
    }

    /// What we know about a scope. A scope that the ceiling leaves out counts as not held.
    pub fn of(&self, scope: Scope) -> Belief {
        if self.above_ceiling(scope) {
            return Belief { standing: Standing::NotHeld, origin: Some(Origin::Ceiling), at: None, cached: false, cause: None };
        }
        self.of_key(scope)
    }

    /// What we know about a scope, without the ceiling.
    pub fn of_key(&self, scope: Scope) -> Belief {
        self.bare.get(scope as usize).cloned().unwrap_or_else(|| Belief::unknown(None))
    }

    /// Whether tools that need this scope are listed. They are, unless we know that the scope is missing.
    pub fn lists(&self, scope: Scope) -> bool {
        self.of(scope).standing != Standing::NotHeld
    }

    /// The scopes that the key holds, within the ceiling.
    pub fn held(&self) -> Scopes {
        self.with(Standing::Held)
    }

    /// The scopes of which we know nothing, within the ceiling.
    pub fn unknowns(&self) -> Scopes {
        self.with(Standing::Unknown)
    }

    /// The ceiling: the scopes that the configuration limits this server to, with all that they imply. `None` if there is no limit.
    pub fn ceiling(&self) -> Option<Scopes> {
        self.ceiling
    }

    /// Whether the ceiling leaves this scope out.
    pub fn above_ceiling(&self, scope: Scope) -> bool {
        self.ceiling.is_some_and(|ceiling| !ceiling.contains(scope))
    }

    /// Whether the API accepts the key.
    pub fn key(&self) -> &KeyState {
        &self.key
    }

    /// Which key this is about: 0 means none, 1 means the first of the process.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    fn with(&self, standing: Standing) -> Scopes {
        Scope::ALL.into_iter().filter(|&scope| self.of(scope).standing == standing).collect()
    }
}
