//! JSON-RPC errors that this layer answers by itself, and how an answer is written.

use rmcp::model::{ErrorCode, RequestId};
use serde::Serialize;

use super::ids;

/// A JSON-RPC error that this layer answers by itself.
///
/// rmcp's own type leaves an unknown id out, where JSON-RPC wants `null`.
#[derive(Debug)]
pub struct Refusal {
    id: Option<RequestId>,
    error: Reason,
}

#[derive(Debug, Serialize)]
struct Reason {
    code: ErrorCode,
    message: String,
}

impl Refusal {
    /// `-32700`: the line could not be read as JSON.
    pub fn unreadable(id: Option<RequestId>, message: impl Into<String>) -> Self {
        Self::new(id, ErrorCode::PARSE_ERROR, message)
    }

    /// The id, if the refusal is for a line that could not be read.
    pub fn found(&self) -> Option<&RequestId> {
        self.id.as_ref().filter(|_| self.error.code == ErrorCode::PARSE_ERROR)
    }

    /// Whether it answers a request that could be read.
    #[cfg(feature = "http")]
    pub fn is_of_request(&self) -> bool {
        self.error.code == ErrorCode::INVALID_PARAMS
    }

    /// The same refusal without an id.
    pub fn without_id(self) -> Self {
        Self { id: None, ..self }
    }

    /// The same refusal of the body of a request, which has no lines.
    #[cfg(feature = "http")]
    pub fn of_body(mut self) -> Self {
        let message = self.error.message.replace(super::message::ONE_PER_LINE, "send one JSON-RPC message in each request");
        self.error.message = message.strip_prefix("the line ").map(|rest| format!("the body {rest}")).unwrap_or(message);
        self
    }

    /// `-32600`: the line is JSON but no JSON-RPC message.
    pub fn invalid(id: Option<RequestId>, message: impl Into<String>) -> Self {
        Self::new(id, ErrorCode::INVALID_REQUEST, message)
    }

    /// `-32602`: a known method with parameters that do not fit.
    pub fn unfit(id: RequestId, message: impl Into<String>) -> Self {
        Self::new(Some(id), ErrorCode::INVALID_PARAMS, message)
    }

    /// `-32603`: a fault of this program.
    pub fn internal(id: RequestId, message: impl Into<String>) -> Self {
        Self::new(Some(id), ErrorCode::INTERNAL_ERROR, message)
    }

    fn new(id: Option<RequestId>, code: ErrorCode, message: impl Into<String>) -> Self {
        Self { id, error: Reason { code, message: message.into() } }
    }

    /// Writes the refusal as a message.
    pub fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        write_answer(out, self.id.as_ref(), "error", &self.error)
    }
}

/// Writes a message that answers a request: its `result` or its `error`.
pub fn write_answer(out: &mut Vec<u8>, id: Option<&RequestId>, member: &str, content: &impl Serialize) -> serde_json::Result<()> {
    out.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    match id {
        Some(id) => ids::write(out, id)?,
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(format!(",\"{member}\":").as_bytes());
    serde_json::to_writer(&mut *out, content)?;
    out.push(b'}');
    Ok(())
}

/// Writes a question to a person as a request.
pub fn write_question(out: &mut Vec<u8>, id: &RequestId, params: &impl Serialize) -> serde_json::Result<()> {
    out.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    ids::write(out, id)?;
    out.extend_from_slice(br#","method":"elicitation/create","params":"#);
    serde_json::to_writer(&mut *out, params)?;
    out.push(b'}');
    Ok(())
}
