//! What becomes of an answer in which a record lacks what it needs, an id above all.
//!
//! The call may know the id, because its path names it. Else a part of the answer is lost, and not all of it: the innermost row of a list, or
//! the member, that holds the record. A list that has lost all its rows to this is no list of ours.

use percent_encoding::percent_decode_str;

use super::{
    json_path::{member_at, path_at},
    reading::value_end,
};
use crate::api::{Method, Request};

/// What a request was about: the ids in its path, and whether it reads.
#[derive(Clone, Default)]
pub(super) struct About {
    pub(super) method: Option<Method>,
    template: &'static str,
    target: String,
}

impl About {
    pub(super) fn of(request: &Request) -> Self {
        Self { method: Some(request.method()), template: request.template(), target: request.target().to_owned() }
    }

    /// The id of this name, if the path has it.
    fn id(&self, name: &str) -> Option<String> {
        let path = self.target.split('?').next().unwrap_or_default();
        let mut steps = self.template.split('/').zip(path.split('/'));
        let (_, id) = steps.find(|(step, _)| step.strip_prefix('{').and_then(|step| step.strip_suffix('}')) == Some(name))?;
        Some(percent_decode_str(id).decode_utf8_lossy().into_owned())
    }
}

/// A text that was changed so that it may be read.
pub(super) struct Mended {
    pub(super) text: Vec<u8>,
    /// Whether a row went.
    pub(super) lost_row: bool,
}

/// The text with the id that was missed, or without what lacks something. `None` if neither can be.
pub(super) fn mended(text: &[u8], error: &serde_json::Error, about: &About) -> Option<Mended> {
    if let Some(text) = with_id(text, error, about).or_else(|| without_member(text, error)) {
        return Some(Mended { text, lost_row: false });
    }
    Some(Mended { text: without_row(text, error)?, lost_row: true })
}

fn with_id(text: &[u8], error: &serde_json::Error, about: &About) -> Option<Vec<u8>> {
    let reason = error.to_string();
    if let Some((name, _)) = reason.strip_prefix("missing field `").and_then(|rest| rest.split_once('`')) {
        let id = serde_json::to_vec(&about.id(name)?).ok()?;
        // The reader has just left the object.
        let (before, after) = text.split_at_checked(position(text, error))?;
        let members = before.strip_suffix(b"}")?;
        let comma: &[u8] = if members.trim_ascii_end().ends_with(b"{") { b"" } else { b"," };
        return Some([members, comma, b"\"", name.as_bytes(), b"\":", &id, b"}", after].concat());
    }
    if !reason.starts_with("invalid type: null, expected a string") {
        return None;
    }
    let path = path_at(text, error.line(), error.column());
    let id = about.id(path.rsplit('.').next()?)?;
    replaced(text, member_at(text, error.line(), error.column())?, &serde_json::to_vec(&id).ok()?)
}

/// Null in the place of a member that is an object and lacks something.
fn without_member(text: &[u8], error: &serde_json::Error) -> Option<Vec<u8>> {
    let end = position(text, error);
    if !error.to_string().starts_with("missing field ") || !text.get(..end)?.ends_with(b"}") {
        return None;
    }
    replaced(text, member_at(text, error.line(), error.column())?, b"null")
}

/// The text without the innermost row in which reading failed.
fn without_row(text: &[u8], error: &serde_json::Error) -> Option<Vec<u8>> {
    let row = row_at(text.get(..position(text, error))?)?;
    let end = value_end(text, row.start)?;
    let (before, after) = (text.get(..row.start)?, text.get(end..)?);
    if let Some(after) = after.trim_ascii_start().strip_prefix(b",") {
        return Some([before, after].concat());
    }
    match before.strip_suffix(b",") {
        Some(before) => Some([before, after].concat()),
        None if row.of_answer => None,
        None => Some([before, after].concat()),
    }
}

/// A row in a text.
struct Row {
    start: usize,
    /// Whether its list is what was asked for: the whole text, or its `data`.
    of_answer: bool,
}

/// The innermost row that the end of a text is in.
fn row_at(text: &[u8]) -> Option<Row> {
    // Of each object and list that is open: the row that begins last, if it is a list.
    let mut open: Vec<Option<Row>> = Vec::new();
    let (mut inside, mut escaped) = (false, false);
    for (at, &byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            _ if inside => {}
            b'{' => open.push(None),
            b'[' => {
                let name = text.get(..at).unwrap_or_default().trim_ascii_end();
                let is_data = name.strip_suffix(b":").is_some_and(|name| name.trim_ascii_end().ends_with(b"\"data\""));
                let of_answer = open.is_empty() || (open.len() == 1 && is_data);
                open.push(Some(Row { start: at + 1, of_answer }));
            }
            b'}' | b']' => drop(open.pop()),
            b',' => {
                if let Some(Some(row)) = open.last_mut() {
                    row.start = at + 1;
                }
            }
            _ => {}
        }
    }
    open.into_iter().flatten().next_back()
}

/// The text with another value in the place of the one that begins here.
fn replaced(text: &[u8], start: usize, value: &[u8]) -> Option<Vec<u8>> {
    Some([text.get(..start)?, value, text.get(value_end(text, start)?..)?].concat())
}

/// How much of the text was read when reading failed.
fn position(text: &[u8], error: &serde_json::Error) -> usize {
    let start: usize = text.split_inclusive(|&byte| byte == b'\n').take(error.line().saturating_sub(1)).map(<[u8]>::len).sum();
    (start + error.column()).min(text.len())
}
