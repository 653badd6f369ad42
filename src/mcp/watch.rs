//! Who wants to hear how calls ended.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    consent::Unconfirmed,
    session::CallError,
    tools::{Answer, CONFIRM, ToolError},
};

/// How a call of a tool ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The tool, or the method for what is no call of a tool.
    pub tool: &'static str,
    /// `ok`, `asked` if somebody must agree first, `error`, `cancelled`, or what kind of failure it was.
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
    /// A call was refused before it began, for this cause.
    fn refused(&self, cause: &'static str);
}

/// A watcher, if there is one.
pub(super) type Watched = Option<Arc<dyn Watcher>>;

/// A call under way that is watched. One that is dropped before its end counts as cancelled.
pub(super) struct Watching<'a> {
    watcher: &'a dyn Watcher,
    tool: &'static str,
    began: Instant,
    end: (&'static str, Option<&'static str>),
}

impl<'a> Watching<'a> {
    /// Begins to watch a call.
    pub fn begin(watched: &'a Watched, tool: &'static str) -> Option<Self> {
        let watcher = watched.as_deref()?;
        Some(Self { watcher, tool, began: Instant::now(), end: ("cancelled", None) })
    }

    /// Tells how something ended that is no call of a tool.
    pub fn done<T, E>(mut self, outcome: &Result<T, E>) {
        self.end = (if outcome.is_ok() { "ok" } else { "error" }, None);
    }

    /// Tells how the call ended.
    pub fn ended(mut self, outcome: &Result<Answer, ToolError>) {
        self.end = kind(outcome);
    }
}

impl Drop for Watching<'_> {
    fn drop(&mut self) {
        let (outcome, refused) = self.end;
        self.watcher.call_ended(&Ended { tool: self.tool, outcome, refused, took: self.began.elapsed() });
    }
}

/// The kind of an outcome, and why it was refused if it was.
fn kind(outcome: &Result<Answer, ToolError>) -> (&'static str, Option<&'static str>) {
    match outcome {
        // A plan that waits for its second call: nothing was done yet.
        Ok(answer) if answer.has(CONFIRM) => ("asked", None),
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
        ToolError::Unconfirmed { why: Unconfirmed::Uncounted(_), .. } => ("refused", Some("uncounted")),
        ToolError::Unconfirmed { .. } => ("refused", Some("confirmation")),
        ToolError::Limit(_) => ("refused", Some("limit")),
        _ => ("error", None),
    }
}
