//! What one process leaves for the next.

use serde::{Deserialize, Serialize};

use crate::api::Scope;

/// The form of the file. Another number means another program version, whose file is left alone.
pub(super) const FORM: u8 = 1;

/// Scopes learnt, with their times. It names neither key nor base URL: the file's name is a fingerprint of both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remembered {
    pub(super) form: u8,
    pub(super) scopes: Vec<Fact>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fact {
    pub(super) scope: Scope,
    pub(super) held: bool,
    /// Milliseconds since 1970.
    pub(super) at: u64,
}
