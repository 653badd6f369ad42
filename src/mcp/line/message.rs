//! One line becomes one message for rmcp, or one refusal for the client, or nothing.
//!
//! rmcp's own parser tries every message type in turn and turns a known method with unfitting parameters into an
//! unknown method. Here the method is looked up first, so that parameters are read once and the refusal can name what
//! is wrong with them.

use rmcp::model::{
    ClientJsonRpcMessage, ClientNotification, ClientRequest, CustomRequest, ErrorCode, Extensions, JsonObject, JsonRpcMessage,
    Notification, NotificationNoParam, Request, RequestId, RequestMetaObject, RequestNoParam, RequestOptionalParam,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// A JSON-RPC error that this layer answers by itself.
///
/// rmcp's own type leaves an unknown id out, where JSON-RPC wants `null`.
#[derive(Debug, Serialize)]
pub struct Refusal {
    jsonrpc: &'static str,
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
    pub fn unreadable(message: impl Into<String>) -> Self {
        Self::new(None, ErrorCode::PARSE_ERROR, message)
    }

    /// `-32600`: the line is JSON but no JSON-RPC message.
    pub fn invalid(id: Option<RequestId>, message: impl Into<String>) -> Self {
        Self::new(id, ErrorCode::INVALID_REQUEST, message)
    }

    /// `-32602`: a known method with parameters that do not fit.
    fn unfit(id: RequestId, message: impl Into<String>) -> Self {
        Self::new(Some(id), ErrorCode::INVALID_PARAMS, message)
    }

    /// `-32603`: a fault of this program.
    pub fn internal(id: RequestId, message: impl Into<String>) -> Self {
        Self::new(Some(id), ErrorCode::INTERNAL_ERROR, message)
    }

    fn new(id: Option<RequestId>, code: ErrorCode, message: impl Into<String>) -> Self {
        Self { jsonrpc: "2.0", id, error: Reason { code, message: message.into() } }
    }
}

/// Reads one line, with or without BOM and CR. `None` for a blank line and for messages that need no reaction:
/// notifications that MCP does not define or whose parameters do not fit (a notification is never answered).
pub fn parse(line: &[u8]) -> Result<Option<ClientJsonRpcMessage>, Refusal> {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line).trim_ascii();
    if line.is_empty() {
        return Ok(None);
    }
    let text = std::str::from_utf8(line).map_err(|error| {
        Refusal::unreadable(format!("the line is not valid UTF-8 (after byte {}); send JSON in UTF-8", error.valid_up_to()))
    })?;
    match serde_json::from_str(text) {
        Ok(Value::Object(message)) => read(message),
        Ok(Value::Array(_)) => Err(Refusal::invalid(None, "batches are not supported; send each message as one line of its own")),
        Ok(_) => Err(Refusal::invalid(None, "a JSON-RPC message is a JSON object")),
        Err(error) => Err(Refusal::unreadable(format!(
            "the line is not valid JSON: {error}; send one JSON-RPC message per line, without line breaks inside"
        ))),
    }
}

fn read(mut message: JsonObject) -> Result<Option<ClientJsonRpcMessage>, Refusal> {
    let raw_id = message.get("id").cloned();
    let id = raw_id.clone().and_then(|id| serde_json::from_value::<RequestId>(id).ok());
    if message.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return Err(Refusal::invalid(id, "`jsonrpc` must be the string \"2.0\""));
    }
    let outcomes = usize::from(message.contains_key("result")) + usize::from(message.contains_key("error"));
    let method = match message.remove("method") {
        Some(Value::String(method)) => method,
        Some(_) => return Err(Refusal::invalid(id, "`method` must be a string")),
        None if outcomes == 1 => {
            // This server asks its clients nothing, so nobody waits for it.
            tracing::debug!("dropped a response");
            return Ok(None);
        }
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
    if raw_id.is_none() {
        return Ok(notification(&method, params));
    }
    let Some(id) = id else {
        return Err(Refusal::invalid(None, "`id` must be a string or a 64-bit integer; leave it out of a notification"));
    };
    match request(&method, params) {
        Ok(request) => Ok(Some(JsonRpcMessage::request(request, id))),
        Err(reason) => Err(Refusal::unfit(id, format!("the parameters of {method} do not fit: {reason}"))),
    }
}

/// A notification that this server does something about. The others (progress, roots, what MCP does not define) are dropped here:
/// rmcp's reader of all of them is a good deal of code for messages that end in an empty handler.
fn notification(method: &str, params: Option<Value>) -> Option<ClientJsonRpcMessage> {
    let notification = match method {
        "notifications/initialized" => ClientNotification::InitializedNotification(NotificationNoParam::default()),
        "notifications/cancelled" => {
            let Ok(params) = split(params).and_then(|(params, _)| fit(params.unwrap_or_default())) else {
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

/// A request of a known or unknown method; the error says what does not fit.
///
/// Only the methods that something may come of are listed. All others (tasks, skills, log levels, resource subscriptions) are unknown here
/// whatever their parameters are, which is also what rmcp's handler would answer to them.
fn request(method: &str, params: Option<Value>) -> Result<ClientRequest, String> {
    use ClientRequest as C;
    Ok(match method {
        "tools/call" => C::CallToolRequest(required(params)?),
        "tools/list" => C::ListToolsRequest(optional(params)?),
        "initialize" => C::InitializeRequest(required(params)?),
        "server/discover" => C::DiscoverRequest(required(params)?),
        "ping" => C::PingRequest(bare(params)?),
        "subscriptions/listen" => C::SubscriptionsListenRequest(required(params)?),
        "resources/list" => C::ListResourcesRequest(optional(params)?),
        "resources/templates/list" => C::ListResourceTemplatesRequest(optional(params)?),
        "resources/read" => C::ReadResourceRequest(required(params)?),
        "prompts/list" => C::ListPromptsRequest(optional(params)?),
        "prompts/get" => C::GetPromptRequest(required(params)?),
        "completion/complete" => C::CompleteRequest(required(params)?),
        _ => other(method, params),
    })
}

fn required<M: Default, P: DeserializeOwned>(params: Option<Value>) -> Result<Request<M, P>, String> {
    let (params, extensions) = split(params)?;
    let mut request = Request::new(fit(params.unwrap_or_default())?);
    request.extensions = extensions;
    Ok(request)
}

fn optional<M: Default, P: DeserializeOwned>(params: Option<Value>) -> Result<RequestOptionalParam<M, P>, String> {
    let (params, extensions) = split(params)?;
    Ok(RequestOptionalParam { method: M::default(), params: params.map(fit).transpose()?, extensions })
}

fn bare<M: Default>(params: Option<Value>) -> Result<RequestNoParam<M>, String> {
    let (_, extensions) = split(params)?;
    Ok(RequestNoParam { method: M::default(), extensions })
}

fn other(method: &str, params: Option<Value>) -> ClientRequest {
    let mut request = CustomRequest::new(method, params);
    if let Some(Value::Object(meta)) = request.params.as_mut().and_then(Value::as_object_mut).and_then(|params| params.remove("_meta")) {
        request.extensions.insert(RequestMetaObject::from(meta));
    }
    ClientRequest::CustomRequest(request)
}

/// Parts `_meta` from the rest: rmcp keeps it in the extensions.
fn split(params: Option<Value>) -> Result<(Option<JsonObject>, Extensions), String> {
    let mut extensions = Extensions::new();
    let mut params = match params {
        None => return Ok((None, extensions)),
        Some(Value::Object(params)) => params,
        Some(_) => return Err("`params` must be an object".to_owned()),
    };
    match params.remove("_meta") {
        None | Some(Value::Null) => {}
        Some(Value::Object(meta)) => {
            extensions.insert(RequestMetaObject::from(meta));
        }
        Some(_) => return Err("`_meta` must be an object".to_owned()),
    }
    Ok((Some(params), extensions))
}

fn fit<P: DeserializeOwned>(params: JsonObject) -> Result<P, String> {
    serde_json::from_value(Value::Object(params)).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The error a line is refused with, as (code, id, message).
    fn refusal(line: &str) -> (i32, Value, String) {
        let Err(refusal) = parse(line.as_bytes()) else { unreachable!("{line} is accepted") };
        let id = json!(refusal)["id"].clone();
        (refusal.error.code.0, id, refusal.error.message)
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
        for line in ["{", "hello", "{\"jsonrpc\":\"2.0\",}", "{} {}"] {
            let (code, id, message) = refusal(line);
            assert_eq!((code, id), (-32700, Value::Null), "{line}: {message}");
        }
        let Err(refusal) = parse(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}") else { unreachable!("it is not UTF-8") };
        assert_eq!(refusal.error.code.0, -32700);
        assert!(refusal.error.message.contains("UTF-8"), "{}", refusal.error.message);
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
            (r#"{"jsonrpc":"2.0","id":2,"result":{},"error":{}}"#, json!(2), "exactly one"),
            (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, Value::Null, "`id`"),
            (r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, Value::Null, "`id`"),
            (r#"{"jsonrpc":"2.0","id":[1],"method":"ping"}"#, Value::Null, "`id`"),
        ];
        for (line, id, word) in cases {
            let (code, got, message) = refusal(line);
            assert_eq!((code, got), (-32600, id), "{line}");
            assert!(message.contains(word), "{line}: {message}");
        }
    }

    #[test]
    fn known_methods_with_unfitting_parameters_name_what_is_wrong() {
        let cases = [
            ("tools/call", r#"{"arguments":{}}"#, "name"),
            ("tools/call", r#"{"name":5}"#, "string"),
            ("tools/call", r#"{"name":"x","arguments":[1]}"#, "map"),
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
