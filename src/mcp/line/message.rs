//! One line becomes one message for rmcp, or one refusal for the client, or nothing.
//!
//! rmcp's own parser tries every message type in turn and turns a known method with unfitting parameters into an
//! unknown method. Here the method is looked up first, so that parameters are read once and the refusal can name what
//! is wrong with them.

use memchr::memchr2;
use rmcp::model::{
    ClientJsonRpcMessage, ClientNotification, ClientResult, ElicitResult, ErrorCode, ErrorData, JsonObject, JsonRpcMessage, Notification,
    NotificationNoParam, RequestId,
};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{
    Refusal, ids,
    params::{cut, fit, request, split},
};
use crate::json::surrogates;

/// The most values of a line. A small value takes far more memory than bytes in a line, so they are counted before the line is parsed.
pub const MOST_VALUES: usize = 50_000;

/// Reads one line, with or without BOM and CR. `None` for a blank line and for messages that need no reaction: notifications that this
/// server does not use or whose parameters do not fit (a notification is never answered).
pub fn parse(line: &[u8]) -> Result<Option<ClientJsonRpcMessage>, Refusal> {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line).trim_ascii();
    if line.is_empty() {
        return Ok(None);
    }
    // A line has no more values than bytes.
    if line.len() > MOST_VALUES && values(line) > MOST_VALUES {
        return Err(Refusal::unreadable(
            ids::find(line),
            format!("the line holds more than {MOST_VALUES} values; send less in one request"),
        ));
    }
    match value(line) {
        Ok(Value::Object(message)) => read(message, line),
        Ok(Value::Array(_)) => Err(Refusal::invalid(None, format!("batches are not supported; {ONE_PER_LINE}"))),
        Ok(_) => Err(Refusal::invalid(None, "a JSON-RPC message is a JSON object")),
        Err(reason) => Err(Refusal::unreadable(ids::find(line), reason)),
    }
}

/// How many values a line holds at most inside its outermost one, with those of the JSON that its texts may hold: parameters and arguments
/// are read from texts, too.
pub fn values(line: &[u8]) -> usize {
    let (mut values, mut rest) = (0, line);
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b',' | b'[' | b'{' => values += 1,
            b'"' => {
                let after = after_text(rest);
                let text = rest.get(..rest.len() - after.len()).unwrap_or_default();
                values += values_in_text(text);
                rest = after;
            }
            _ => {}
        }
    }
    values
}

/// The same for a text as the line spells it. Only what begins like JSON is read as such. An escape may stand for anything, and white space
/// has many forms.
fn values_in_text(text: &[u8]) -> usize {
    let text = text.trim_ascii_start();
    if !text.first().is_some_and(|first| matches!(first, b'{' | b'[' | b'\\') || !first.is_ascii()) {
        return 0;
    }
    let (mut values, mut rest) = (0, text);
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b',' | b'[' | b'{' => values += 1,
            b'\\' => {
                // A comma or a bracket may be spelt as an escape, whose backslash may be one itself.
                values += usize::from(match rest {
                    [b'u', b'0', b'0', high, low, ..] => {
                        matches!((high, low.to_ascii_lowercase()), (b'2', b'c') | (b'5', b'b' | b'c') | (b'7', b'b'))
                    }
                    _ => rest.first() == Some(&b'\\'),
                });
                rest = rest.get(1..).unwrap_or_default();
            }
            _ => {}
        }
    }
    values
}

/// What follows a text that has begun.
fn after_text(mut rest: &[u8]) -> &[u8] {
    while let Some((_, [byte, after @ ..])) = memchr2(b'"', b'\\', rest).and_then(|at| rest.split_at_checked(at)) {
        if *byte == b'"' {
            return after;
        }
        rest = after.get(1..).unwrap_or_default();
    }
    &[]
}

/// What a client over stdio can do about it.
pub const ONE_PER_LINE: &str = "send one JSON-RPC message per line, without line breaks inside";

/// Reads a line as JSON. Half of a surrogate pair becomes U+FFFD. The error says what is wrong with the line.
fn value(line: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(line)
        .map_err(|error| format!("the line is not valid UTF-8 (after byte {}); send JSON in UTF-8", error.valid_up_to()))?;
    let read = match serde_json::from_str(text) {
        Err(error) => surrogates::mended(line).map_or(Err(error), |mended| serde_json::from_slice(&mended)),
        read => read,
    };
    read.map_err(|error| match error.to_string() {
        deep if deep.starts_with("recursion limit") => "the line is nested too deeply; at most 127 levels are read".to_owned(),
        error => format!("the line is not valid JSON: {error}; {ONE_PER_LINE}"),
    })
}

fn read(mut message: JsonObject, line: &[u8]) -> Result<Option<ClientJsonRpcMessage>, Refusal> {
    let given = message.contains_key("id");
    // A number that rmcp cannot hold is kept as the line spells it, since `message` may not have it exactly.
    let id = message.get("id").and_then(ids::of).map(|id| if ids::is_odd(&id) { ids::find(line).unwrap_or(id) } else { id });
    let outcomes = usize::from(message.contains_key("result")) + usize::from(message.contains_key("error"));
    if outcomes > 0 && !message.contains_key("method") {
        // Never refused: the client would take a refusal under this id for the answer to a request of its own.
        return Ok(id.map(|id| response(message, id)));
    }
    if message.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return Err(Refusal::invalid(id, "`jsonrpc` must be the string \"2.0\""));
    }
    let method = match message.remove("method") {
        Some(Value::String(method)) => method,
        Some(_) => return Err(Refusal::invalid(id, "`method` must be a string")),
        None => {
            return Err(Refusal::invalid(id, "a message has a `method`, or else exactly one of `result` and `error`"));
        }
    };
    if outcomes > 0 {
        return Err(Refusal::invalid(id, "a message with a `method` has neither `result` nor `error`"));
    }
    let params = match message.remove("params") {
        None | Some(Value::Null) => None,
        Some(params) => Some(params),
    };
    if !given {
        return Ok(notification(&method, params, line));
    }
    let Some(id) = id else {
        return Err(Refusal::invalid(None, "`id` must be a string or a number; leave it out of a notification"));
    };
    if ids::is_odd(&id) && method == "subscriptions/listen" {
        return Err(Refusal::invalid(Some(id), "the id of a subscription must be a string or a 64-bit integer"));
    }
    match request(&method, params) {
        Ok(request) => Ok(Some(JsonRpcMessage::request(request, id))),
        Err(reason) => Err(Refusal::unfit(id, format!("the parameters of {method} do not fit: {reason}"))),
    }
}

/// A response to a question of this server. Whether the question was asked at all, the connection knows. One that cannot be read counts as
/// an error, so that nobody waits for another.
fn response(mut message: JsonObject, id: RequestId) -> ClientJsonRpcMessage {
    let unreadable = |why: String| JsonRpcMessage::error(ErrorData::invalid_request(why, None), Some(id.clone()));
    if message.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return unreadable("its answer is no message of JSON-RPC 2.0".to_owned());
    }
    // Some clients always write both members, one of them as null.
    let mut outcome = |name| message.remove(name).filter(|value: &Value| !value.is_null());
    match (outcome("result"), outcome("error")) {
        (Some(_), Some(_)) => unreadable("its answer has a result and an error".to_owned()),
        (Some(Value::Object(result)), _) => match fit::<ElicitResult>(result) {
            Ok(result) => JsonRpcMessage::response(ClientResult::ElicitResult(result), id),
            Err(why) => unreadable(format!("the answer does not fit: {why}")),
        },
        (_, Some(Value::Object(error))) => {
            let told = error.get("message").and_then(Value::as_str).map(cut).unwrap_or_default();
            let code = error.get("code").and_then(Value::as_i64).and_then(|code| i32::try_from(code).ok()).unwrap_or_default();
            JsonRpcMessage::error(ErrorData::new(ErrorCode(code), told, None), Some(id))
        }
        _ => unreadable("the answer is not an object".to_owned()),
    }
}

/// A notification that this server acts on. The others (progress, roots, what MCP does not define) are dropped here. rmcp could read them
/// too, but that is much code for messages that its handler ignores.
fn notification(method: &str, params: Option<Value>, line: &[u8]) -> Option<ClientJsonRpcMessage> {
    let notification = match method {
        "notifications/initialized" => ClientNotification::InitializedNotification(NotificationNoParam::default()),
        "notifications/cancelled" => {
            let Ok(params) = split(params).and_then(|(params, _)| {
                let mut params = with_odd_id(params.unwrap_or_default(), line);
                // Only the id matters. A reason of another form must not keep a call going.
                params.retain(|name, _| name == "requestId");
                fit(params)
            }) else {
                tracing::debug!("dropped a notification whose parameters do not fit");
                return None;
            };
            ClientNotification::CancelledNotification(Notification::new(params))
        }
        _ => {
            tracing::debug!("dropped a notification that needs no reaction");
            return None;
        }
    };
    Some(JsonRpcMessage::notification(notification))
}

/// Spells the `requestId` of a cancellation in the way rmcp holds that id: one that it cannot hold, as the line spells it.
fn with_odd_id(mut params: JsonObject, line: &[u8]) -> JsonObject {
    #[derive(Deserialize)]
    struct Cancellation<'a> {
        #[serde(borrow)]
        params: Whose<'a>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Whose<'a> {
        #[serde(borrow)]
        request_id: &'a RawValue,
    }
    if let Some(id) = params.get_mut("requestId")
        && let Some(mut held) = ids::of(id)
    {
        if ids::is_odd(&held)
            && let Ok(Cancellation { params }) = serde_json::from_slice(line)
        {
            held = ids::read(params.request_id.get().as_bytes()).unwrap_or(held);
        }
        if let RequestId::String(text) = held {
            *id = Value::String((*text).to_owned());
        }
    }
    params
}

#[cfg(test)]
mod tests {
    use rmcp::model::{ClientRequest, RequestMetaObject};
    use serde_json::json;

    use super::*;

    /// The error a line is refused with, as (code, id, message).
    fn refusal(line: &str) -> (i64, Value, String) {
        let Err(refusal) = parse(line.as_bytes()) else { unreachable!("{line} is accepted") };
        let mut written = Vec::new();
        refusal.write(&mut written).unwrap();
        let id = serde_json::from_slice::<Value>(&written).unwrap()["id"].clone();
        let error = &serde_json::from_slice::<Value>(&written).unwrap()["error"];
        (error["code"].as_i64().unwrap(), id, error["message"].as_str().unwrap().to_owned())
    }

    fn accepted(line: &str) -> ClientJsonRpcMessage {
        let Ok(Some(message)) = parse(line.as_bytes()) else { unreachable!("{line} is not accepted") };
        message
    }

    #[test]
    fn a_call_is_read_with_its_arguments_and_metadata() {
        let message = accepted(
            r#"{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"_meta":{"progressToken":7},"name":"x","arguments":{"b":1,"a":[2]}}}"#,
        );
        let Some((ClientRequest::CallToolRequest(call), id)) = message.into_request() else { unreachable!("it is a call") };
        assert_eq!(id, RequestId::String("a".into()));
        assert_eq!(call.params.name, "x");
        assert_eq!(serde_json::to_string(&call.params.arguments).ok().as_deref(), Some(r#"{"b":1,"a":[2]}"#));
        assert!(call.extensions.get::<RequestMetaObject>().is_some_and(|meta| meta.get_progress_token().is_some()));
    }

    #[test]
    fn bom_carriage_return_and_blank_lines_are_tolerated() {
        accepted("\u{feff}{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\r");
        for blank in ["", "\r", "  \t", "\u{feff}\r"] {
            assert!(matches!(parse(blank.as_bytes()), Ok(None)), "{blank:?}");
        }
    }

    #[test]
    fn unreadable_lines_are_parse_errors() {
        for line in ["{", "hello", "{\"jsonrpc\":\"2.0\",}", "{} {}", "[[[{\"id\":1}"] {
            let (code, id, message) = refusal(line);
            assert_eq!((code, id), (-32700, Value::Null), "{line}: {message}");
        }
        let Err(refusal) = parse(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}") else { unreachable!("it is not UTF-8") };
        assert_eq!(refusal.found(), Some(&RequestId::Number(1)));
        assert!(format!("{refusal:?}").contains("UTF-8"), "{refusal:?}");
    }

    #[test]
    fn json_that_is_no_message_is_an_invalid_request() {
        let cases = [
            ("[]", Value::Null, "batches"),
            (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, Value::Null, "batches"),
            ("5", Value::Null, "object"),
            ("{}", Value::Null, "jsonrpc"),
            (r#"{"id":1,"method":"ping"}"#, json!(1), "jsonrpc"),
            (r#"{"jsonrpc":"1.0","id":"x","method":"ping"}"#, json!("x"), "jsonrpc"),
            (r#"{"jsonrpc":"2.0","id":2}"#, json!(2), "method"),
            (r#"{"jsonrpc":"2.0","id":2,"method":5}"#, json!(2), "method"),
            (r#"{"jsonrpc":"2.0","id":2,"method":"ping","result":{}}"#, json!(2), "result"),
            (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, Value::Null, "`id`"),
            (r#"{"jsonrpc":"2.0","id":true,"method":"ping"}"#, Value::Null, "`id`"),
            (r#"{"jsonrpc":"2.0","id":[1],"method":"ping"}"#, Value::Null, "`id`"),
        ];
        for (line, id, word) in cases {
            let (code, got, message) = refusal(line);
            assert_eq!((code, got), (-32600, id), "{line}");
            assert!(message.contains(word), "{line}: {message}");
        }
    }

    #[test]
    fn an_answer_that_cannot_be_read_is_an_error_and_is_not_refused() {
        for line in [
            r#"{"jsonrpc":"2.0","id":2,"result":{},"error":{}}"#,
            r#"{"jsonrpc":"1.0","id":2,"result":{"action":"accept"}}"#,
            r#"{"id":2,"result":{"action":"accept"}}"#,
            r#"{"jsonrpc":"2.0","id":2,"result":{"action":"maybe"}}"#,
            r#"{"jsonrpc":"2.0","id":2,"result":5}"#,
            r#"{"jsonrpc":"2.0","id":2,"error":null}"#,
        ] {
            assert!(matches!(accepted(line), JsonRpcMessage::Error(error) if error.id == Some(RequestId::Number(2))), "{line}");
        }
        let agreed = accepted(r#"{"jsonrpc":"2.0","id":2,"result":{"action":"accept","content":{"confirm":true}}}"#);
        assert!(matches!(agreed, JsonRpcMessage::Response(_)), "{agreed:?}");
    }

    #[test]
    fn known_methods_with_unfitting_parameters_name_what_is_wrong() {
        let cases = [
            ("tools/call", r#"{"arguments":{}}"#, "name"),
            ("tools/call", r#"{"name":5}"#, "string"),
            ("tools/call", r#"{"name":"x","arguments":[1]}"#, "an array"),
            ("tools/call", r"[1]", "object"),
            ("tools/call", "null", "name"),
            ("tools/list", r#"{"cursor":5}"#, "string"),
            ("initialize", "{}", "protocolVersion"),
            ("ping", r#"{"_meta":1}"#, "_meta"),
        ];
        for (method, params, word) in cases {
            let (code, id, message) = refusal(&format!(r#"{{"jsonrpc":"2.0","id":9,"method":"{method}","params":{params}}}"#));
            assert_eq!((code, id), (-32602, json!(9)), "{method} {params}");
            assert!(message.contains(method) && message.contains(word), "{method} {params}: {message}");
        }
    }

    #[test]
    fn an_unknown_method_is_left_to_the_handler_whatever_its_parameters() {
        for params in ["{}", "[1]", "5", r#"{"_meta":5}"#] {
            let message = accepted(&format!(r#"{{"jsonrpc":"2.0","id":1,"method":"no/such","params":{params}}}"#));
            let Some((ClientRequest::CustomRequest(custom), _)) = message.into_request() else {
                unreachable!("it is a request of no known method")
            };
            assert_eq!(custom.method, "no/such");
        }
        // The protocol of these metadata has no handshake.
        let meta = r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}"#;
        let message = accepted(&format!(r#"{{"jsonrpc":"2.0","id":1,"method":"initialize","params":{meta}}}"#));
        assert!(matches!(message.into_request(), Some((ClientRequest::CustomRequest(_), _))));
    }

    #[test]
    fn values_are_counted_also_in_texts_that_may_be_read_as_json() {
        let many = r#"{\"\":0},"#.repeat(MOST_VALUES);
        let hidden = r"\u007b\u007D\u002C".repeat(MOST_VALUES);
        for text in [format!("[{many}]"), format!(" \u{a0}[{many}]"), format!(r"\n[{many}]"), hidden, r"\\u002c".repeat(MOST_VALUES)] {
            for member in ["arguments", "_meta", "x"] {
                let line = format!(r#"{{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{{"name":"x","{member}":"{text}"}}}}"#);
                let (code, id, message) = refusal(&line);
                assert_eq!((code, id), (-32700, json!(9)), "{message}");
                assert!(message.contains("more than 50000 values"), "{message}");
            }
        }
        // Prose is no JSON, in whatever script and spelling, and bytes are none either.
        for text in [
            "Yes, no, ".repeat(MOST_VALUES),
            r"\u6f22\u5b57".repeat(MOST_VALUES),
            r"\u00e9".repeat(MOST_VALUES + 1),
            "A,".repeat(MOST_VALUES),
        ] {
            accepted(&format!(r#"{{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{{"name":"x","arguments":{{"a":"{text}"}}}}}}"#));
        }
        assert_eq!(values(br#"{"a":[1,2],"b":"[3,4]"}"#), 6);
    }

    #[test]
    fn notifications_are_never_refused() {
        accepted(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#);
        accepted(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
        for line in
            [r#"{"jsonrpc":"2.0","method":"notifications/no_such"}"#, r#"{"jsonrpc":"2.0","method":"notifications/progress","params":5}"#]
        {
            assert!(matches!(parse(line.as_bytes()), Ok(None)), "{line}");
        }
    }
}
