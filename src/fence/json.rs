//! Lines of the protocol.

use std::borrow::Cow;

use memchr::memchr;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{SECRETS, characters, text};

/// Puts the last line of a buffer, which begins at `start` and is one JSON-RPC message without its line feed, through the fence.
///
/// Almost every line is fine as it is and is only looked at. The ids that the client chose stay as they are, since it knows its requests
/// and subscriptions by them. So do the names of members, which are the protocol's, except where the API names them.
pub fn json_line(buffer: &mut Vec<u8>, start: usize) {
    let Some(line) = buffer.get(start..).and_then(|line| std::str::from_utf8(line).ok()) else { return };
    if is_plain(line) {
        return;
    }
    let Ok(mut message) = serde_json::from_str::<Value>(line) else {
        let error = unreadable(line);
        buffer.truncate(start);
        buffer.extend_from_slice(error.as_bytes());
        return;
    };
    let ids: Vec<(String, Value)> =
        ID_PLACES.iter().filter_map(|place| message.pointer(place).map(|id| ((*place).to_owned(), id.clone()))).collect();
    let named: Vec<(&str, Value)> =
        NAMED_ELSEWHERE.iter().filter_map(|place| Some((*place, message.pointer_mut(place).map(Value::take)?))).collect();
    characters::map_value(&mut message, &characters::clean, &text);
    for (place, mut value) in named {
        super::value(&mut value);
        if let Some(slot) = message.pointer_mut(place) {
            *slot = value;
        }
    }
    for (place, id) in ids {
        if let Some(slot) = message.pointer_mut(&place) {
            *slot = id;
        }
    }
    buffer.truncate(start);
    // Writing to memory cannot fail.
    let _ = serde_json::to_writer(buffer, &message);
}

/// What is sent in place of a line that cannot be read again, because it is nested too deeply for that. What it holds is not known, so
/// nothing of it leaves but its id.
fn unreadable(line: &str) -> String {
    #[derive(Deserialize)]
    struct Head<'l> {
        #[serde(borrow)]
        id: Option<&'l RawValue>,
    }
    // What is left out may be nested as deeply as it likes.
    let id = serde_json::from_str::<Head<'_>>(line).ok().and_then(|head| head.id).map_or("null", RawValue::get);
    let message = "the answer is nested too deeply to be sent; ask for less of it, for example without metadata";
    format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32603,"message":"{message}"}}}}"#)
}

/// Where a message of ours holds what the client chose.
const ID_PLACES: [&str; 5] = [
    "/id",
    "/params/progressToken",
    "/params/requestId",
    "/params/_meta/io.modelcontextprotocol~1subscriptionId",
    "/result/_meta/io.modelcontextprotocol~1subscriptionId",
];

/// Where a message of ours holds members whose names come from the API.
const NAMED_ELSEWHERE: [&str; 2] = ["/result/structuredContent", "/result/_meta/videosearch~1view"];

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_takes_the_place_of_a_name_of_the_protocol() {
        let secret = "a-name-and-a-secret-4711";
        crate::fence::hide_secret(secret);
        let line = format!(
            r#"{{"jsonrpc":"2.0","id":1,"result":{{"{secret}":{{"a":"{secret}"}},"structuredContent":{{"{secret}":"{secret}"}}}}}}"#
        );
        let mut buffer = line.into_bytes();
        json_line(&mut buffer, 0);
        let told: Value = serde_json::from_slice(&buffer).unwrap();
        assert_eq!(told["result"][secret]["a"], "[secret]", "{told}");
        assert_eq!(told["result"]["structuredContent"], serde_json::json!({"[secret]": "[secret]"}), "{told}");
    }

    #[test]
    fn what_cannot_be_read_again_does_not_leave() {
        for (depth, hidden, leaves) in [(100, "\u{202e}", true), (200, "", true), (200, "\u{202e}", false), (200, "\\u001b", false)] {
            let deep = format!("{}\"a{hidden}b\"{}", "[".repeat(depth), "]".repeat(depth));
            let line = format!(r#"{{"jsonrpc":"2.0","id":"x-7","result":{{"structuredContent":{{"deep":{deep}}}}}}}"#);
            let mut buffer = b"before\n".to_vec();
            let start = buffer.len();
            buffer.extend_from_slice(line.as_bytes());
            json_line(&mut buffer, start);
            let told = String::from_utf8(buffer).unwrap();
            let told = told.strip_prefix("before\n").unwrap();
            if leaves {
                assert_eq!(told, line.replace('\u{202e}', ""), "{depth} {hidden:?}");
            } else {
                let error: Value = serde_json::from_str(told).unwrap();
                assert_eq!((&error["id"], &error["error"]["code"]), (&"x-7".into(), &(-32603).into()), "{told}");
            }
        }
    }
}
