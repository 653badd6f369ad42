//! What a server can ever offer, whatever the key turns out to be.

use super::{Selection, Tool};
use crate::api::Scopes;

/// A selection of tools within a limit of scopes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limited {
    selection: Selection,
    ceiling: Option<Scopes>,
}

impl Limited {
    /// The selection within these scopes, with all that they imply. `None` sets no limit.
    pub fn new(selection: Selection, ceiling: Option<Scopes>) -> Self {
        Self { selection, ceiling }
    }

    /// Whether the configuration lets a tool be called.
    pub fn may_ever_call(&self, tool: &Tool) -> bool {
        let within = |scope| self.ceiling.is_none_or(|ceiling| ceiling.contains(scope));
        self.selection.check(tool).is_ok() && tool.scope().is_none_or(within)
    }
}
