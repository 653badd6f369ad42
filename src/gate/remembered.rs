//! What one process leaves for the next.

use serde::{Deserialize, Serialize};

use crate::api::Scope;

/// The number of the file's format. A file with another number is ignored.
pub(super) const FORM: u8 = 1;

/// What we learned about scopes, and when. It does not name the key or the base URL: the name of the file is a fingerprint of both.
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
