//! Who wants to hear how calls ended.

use std::{sync::Arc, time::Duration};

use crate::{
    session::CallError,
    tools::{Answer, ToolError},
};

/// How a call of a tool ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The tool.
    pub tool: &'static str,
    /// `ok`, `error`, or what kind of failure it was.
    pub outcome: &'static str,
    /// Why it was refused, if it was.
    pub refused: Option<&'static str>,
    /// How long it took.
    pub took: Duration,
}

/// Hears how calls ended.
pub trait Watcher: Send + Sync {
    /// A call ended.
    fn call_ended(&self, ended: &Ended);
}

/// A watcher, if there is one.
pub(super) type Watched = Option<Arc<dyn Watcher>>;

/// The kind of an outcome, and why it was refused if it was.
pub(super) fn kind(outcome: &Result<Answer, ToolError>) -> (&'static str, Option<&'static str>) {
    match outcome {
        Ok(_) => ("ok", None),
        Err(error) => failure(error),
    }
}

fn failure(error: &ToolError) -> (&'static str, Option<&'static str>) {
    match error {
        ToolError::Noted { error, .. } => failure(error),
        ToolError::Arguments(_) => ("arguments", None),
        ToolError::Call(CallError::Refused(_)) => ("refused", Some("scope")),
        ToolError::Call(CallError::Key(_)) => ("refused", Some("key")),
        ToolError::Call(CallError::Busy) => ("refused", Some("busy")),
        ToolError::Call(CallError::Upstream(_)) => ("upstream", None),
        ToolError::Asks(_) => ("asked", None),
        ToolError::Unconfirmed(_) => ("refused", Some("confirmation")),
        _ => ("error", None),
    }
}
