//! What is believed about a key, and why.

use std::{fmt, time::Duration};

use super::Timestamp;
use crate::api::{Scope, Scopes};

/// Whether a key holds a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Held,
    /// It does not, or a ceiling takes it away.
    NotHeld,
    /// Not known.
    Unknown,
}

/// Where a belief comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The scope's own probe.
    Probe,
    /// The state directory: an earlier process asked.
    Cache,
    /// A call that had passed was refused for lack of scope, so the key held it once and may hold it again.
    Refused403,
    /// The ceiling that the configuration declares.
    Ceiling,
    /// The order of the scopes, from what is believed about another one.
    Implied,
}

/// Why something could not be found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Nobody has asked so far.
    NotAsked,
    /// The answer was an error that says nothing about scopes.
    Status {
        /// The HTTP status.
        status: u16,
        /// The API's code, if the body was the API's.
        code: Option<String>,
        /// How long to wait before asking again.
        retry_after: Option<Duration>,
    },
    /// The answer was a success, yet not what the API sends.
    Foreign {
        /// The HTTP status.
        status: u16,
    },
    /// No answer, for the reason given.
    Unreachable(String),
    /// No answer, since the certificate was not accepted, as the reason says.
    Untrusted(String),
    /// The API refused the key itself.
    KeyRejected,
    /// It was known once, too long ago to act on.
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
            Self::Unreachable(reason) | Self::Untrusted(reason) => f.write_str(reason),
            Self::KeyRejected => f.write_str("the API rejects the key"),
            Self::Outdated => f.write_str("last known more than an hour ago"),
        }
    }
}

/// What is believed about one scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Belief {
    /// Held, not held or unknown.
    pub standing: Standing,
    /// Where that comes from; `None` exactly if it is unknown.
    pub origin: Option<Origin>,
    /// When the evidence was seen; `None` for unknowns and for the ceiling.
    pub at: Option<Timestamp>,
    /// Whether the evidence, also that behind an implication, is from an earlier process.
    pub cached: bool,
    /// Why the last attempt to find out failed, if it did.
    pub cause: Option<Cause>,
}

impl Belief {
    /// Nothing known, for this reason.
    pub(super) fn unknown(cause: Option<Cause>) -> Self {
        Self { standing: Standing::Unknown, origin: None, at: None, cached: false, cause }
    }
}

/// Whether the API takes the key at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Not known, for this reason.
    Unknown(Cause),
    /// It was taken then.
    Live(Timestamp),
    /// It was refused then.
    Rejected(Timestamp),
}

/// What is believed about a key at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beliefs {
    /// About the scopes as such, ceiling left aside; in the order of [`Scope::ALL`].
    pub(super) bare: [Belief; 4],
    pub(super) ceiling: Option<Scopes>,
    pub(super) key: KeyState,
    pub(super) generation: u64,
}

impl Beliefs {
    /// Nothing known about any key, for this reason.
    pub fn unknown(ceiling: Option<Scopes>, cause: &Cause) -> Self {
        let bare = std::array::from_fn(|_| Belief::unknown(Some(cause.clone())));
        Self { bare, ceiling, key: KeyState::Unknown(cause.clone()), generation: 0 }
    }

    /// About a scope, with the ceiling applied: what lies above it counts as not held.
    pub fn of(&self, scope: Scope) -> Belief {
        if self.above_ceiling(scope) {
            return Belief { standing: Standing::NotHeld, origin: Some(Origin::Ceiling), at: None, cached: false, cause: None };
        }
        self.of_key(scope)
    }

    /// About a scope as the key holds it, ceiling left aside.
    pub fn of_key(&self, scope: Scope) -> Belief {
        self.bare.get(scope as usize).cloned().unwrap_or_else(|| Belief::unknown(None))
    }

    /// Whether tools that need this scope are listed: all but those whose scope is known to be missing.
    pub fn lists(&self, scope: Scope) -> bool {
        self.of(scope).standing != Standing::NotHeld
    }

    /// The scopes held, ceiling applied.
    pub fn held(&self) -> Scopes {
        self.with(Standing::Held)
    }

    /// The scopes of which nothing is known, ceiling applied.
    pub fn unknowns(&self) -> Scopes {
        self.with(Standing::Unknown)
    }

    /// The ceiling, implications filled in.
    pub fn ceiling(&self) -> Option<Scopes> {
        self.ceiling
    }

    /// Whether the ceiling takes this scope away.
    pub fn above_ceiling(&self, scope: Scope) -> bool {
        self.ceiling.is_some_and(|ceiling| !ceiling.contains(scope))
    }

    /// Whether the API takes the key.
    pub fn key(&self) -> &KeyState {
        &self.key
    }

    /// Which key this is about: 0 for none, 1 for the first of the process.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    fn with(&self, standing: Standing) -> Scopes {
        Scope::ALL.into_iter().filter(|&scope| self.of(scope).standing == standing).collect()
    }
}
