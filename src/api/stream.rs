//! Answers that are not one JSON document.
//!
//! The types say what an endpoint answers with, as its `Output`. They hold nothing: the client gives such an answer piece by piece.

use serde::{Deserialize, Serialize};

/// The bytes of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileBody {}

/// A stream of server-sent events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventStream {}

/// One event of such a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What kind of event it is; `message` if the stream does not say so.
    pub event: String,
    /// The id of this event, or of the last one that had an id. A stream that breaks off can be taken up after this id.
    pub id: Option<String>,
    /// The data. Lines are joined with a line feed.
    pub data: String,
}
