//! Lines of the protocol.

use std::borrow::Cow;

use memchr::memchr;
use serde_json::Value;

use super::{SECRETS, characters, text};

/// Puts the last line of a buffer, which begins at `start` and is one JSON-RPC message without its line feed, through the fence.
///
/// Almost every line is fine as it is and is only looked at. The ids that the client chose stay as they are, since it knows its requests
/// and subscriptions by them.
pub fn json_line(buffer: &mut Vec<u8>, start: usize) {
    let Some(line) = buffer.get(start..).and_then(|line| std::str::from_utf8(line).ok()) else { return };
    if is_plain(line) {
        return;
    }
    let Ok(mut message) = serde_json::from_str::<Value>(line) else { return };
    let ids: Vec<(String, Value)> =
        ID_PLACES.iter().filter_map(|place| message.pointer(place).map(|id| ((*place).to_owned(), id.clone()))).collect();
    characters::map_value(&mut message, &text);
    for (place, id) in ids {
        if let Some(slot) = message.pointer_mut(&place) {
            *slot = id;
        }
    }
    buffer.truncate(start);
    // Writing to memory cannot fail.
    let _ = serde_json::to_writer(buffer, &message);
}

/// Where a message of ours holds what the client chose.
const ID_PLACES: [&str; 5] = [
    "/id",
    "/params/progressToken",
    "/params/requestId",
    "/params/_meta/io.modelcontextprotocol~1subscriptionId",
    "/result/_meta/io.modelcontextprotocol~1subscriptionId",
];

/// Whether a line of JSON holds nothing that could have to go. May say no of a line that is fine.
fn is_plain(line: &str) -> bool {
    let mut rest = line.as_bytes();
    while let Some(at) = memchr(b'\\', rest) {
        // Other escapes than those of quote, backslash, line feed and tab stand for control characters, or spell something otherwise.
        if !matches!(rest.get(at + 1), Some(b'"' | b'\\' | b'n' | b't')) {
            return false;
        }
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    matches!(characters::clean(line), Cow::Borrowed(_)) && !SECRETS.may_be_in(line)
}
