//! What all requests have in common: who answers them, how much they hold, and whether they want to hear of progress.

use rmcp::{
    ErrorData, RoleServer,
    model::{MetaObject, PaginatedRequestParams, ProgressNotificationParam},
    service::RequestContext,
};
use serde_json::{Map, Value, json};

use crate::tools::{Progress, Step};

/// How many lists of tools wait with the first one. A flood of them would be answered all at once, and take as much memory.
pub const FIRST_LISTS: usize = 64;

/// Sends progress for a request that asked for it.
pub fn progress(context: &RequestContext<RoleServer>) -> Option<Box<Progress>> {
    let token = context.meta.get_progress_token()?;
    let peer = context.peer.clone();
    Some(Box::new(move |step: Step| {
        let mut param = ProgressNotificationParam::new(token.clone(), step.done).with_message(step.message);
        if let Some(total) = step.total {
            param = param.with_total(total);
        }
        let peer = peer.clone();
        Box::pin(async move {
            // A client that is gone needs no progress.
            let _ = peer.notify_progress(param).await;
        })
    }))
}

/// About how many bytes the smallest value takes.
const OF_A_VALUE: usize = 300;

/// About how many bytes the arguments take. The session limits the arguments that wait.
pub fn weight(arguments: &Map<String, Value>) -> usize {
    fn of(value: &Value) -> usize {
        let inside = match value {
            Value::String(text) => text.len(),
            Value::Array(items) => items.iter().map(of).sum(),
            Value::Object(members) => weight(members),
            _ => 0,
        };
        OF_A_VALUE + inside
    }
    arguments.iter().map(|(name, value)| name.len() + of(value)).sum()
}

/// Whether the request follows a version of MCP without a handshake.
pub fn is_modern(context: &RequestContext<RoleServer>) -> bool {
    context.protocol_version().is_some_and(|version| !version.has_initialize())
}

/// Adds who answers, for clients that never saw a handshake.
pub fn signed(meta: &mut Option<MetaObject>, context: &RequestContext<RoleServer>) {
    if is_modern(context) {
        let info = json!({"name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION")});
        meta.get_or_insert_default().0.insert("io.modelcontextprotocol/serverInfo".into(), info);
    }
}

/// Refuses cursors: each of our lists is one page.
pub fn one_page(request: Option<PaginatedRequestParams>, what: &str) -> Result<(), ErrorData> {
    match request.and_then(|request| request.cursor) {
        Some(_) => Err(ErrorData::invalid_params(format!("unknown cursor: the list of {what} is one page"), None)),
        None => Ok(()),
    }
}
