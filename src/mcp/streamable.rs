//! The Streamable HTTP transport without sessions: one request of HTTP brings one message, and its answer is JSON, or a stream of events if
//! there is something to say before it.
//!
//! The layer `http` decides who may ask, and how much. Here a body becomes a message, rmcp checks the headers of the protocol and calls the
//! handler, and whatever is answered passes the fence.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::{
    Request, Response, StatusCode,
    header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HeaderValue},
    http::request::Parts,
};
use rmcp::{
    model::{CallToolRequestParams, ClientJsonRpcMessage, ClientRequest, JsonRpcMessage},
    transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager},
};

pub use super::line::{MOST_VALUES, values};
use super::{
    Server, heads,
    line::{Refusal, is_mended, is_odd, parse, write_answer},
    stdio::{Control, Limits},
};
use crate::{
    fence,
    tools::{catalog, waiting},
};

/// An answer with any body.
pub type Answer = Response<BoxBody<Bytes, Infallible>>;

/// The media type of messages.
pub const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The state of a server that has no connection of its own. One serves all callers.
pub fn control() -> Control {
    Control::new(Limits::default())
}

/// Ends all subscriptions. Calls go on.
pub fn close(control: &Control) {
    control.closing().cancel();
}

/// Ends everything that still runs.
pub fn stop(control: &Control) {
    control.stop();
}

/// What answers the messages of one caller. Cheap to clone.
#[derive(Clone)]
pub struct Endpoint(Arc<StreamableHttpService<Server, NeverSessionManager>>);

/// A message that could be read.
pub struct Message {
    message: Option<ClientJsonRpcMessage>,
    body: Bytes,
}

/// What a message asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// An answer.
    Answer,
    /// An answer that comes once something has ended. Until then there is little to do.
    Wait,
    /// A subscription, which lasts as long as the caller wants.
    Subscription,
    /// Nothing: it is a notification or a response.
    Nothing,
}

impl Message {
    /// Reads a body. A refusal is the answer to a body that is no message.
    pub fn read(body: Bytes) -> Result<Self, Answer> {
        if body.trim_ascii().is_empty() {
            return Err(refused(&Refusal::unreadable(None, "the body is empty; send one JSON-RPC message")));
        }
        match parse(&body) {
            Ok(Some(JsonRpcMessage::Request(request))) if is_odd(&request.id) => {
                // rmcp writes the answers here, and cannot write such an id as it came.
                Err(refused(&Refusal::invalid(None, "over HTTP the id must be a string or a 64-bit integer")))
            }
            Ok(message) => Ok(Self { message, body }),
            Err(refusal) => Err(refused(&refusal.of_body())),
        }
    }

    /// What it asks for.
    pub fn asks(&self) -> Asks {
        match &self.message {
            Some(JsonRpcMessage::Request(request)) => match &request.request {
                ClientRequest::SubscriptionsListenRequest(_) => Asks::Subscription,
                ClientRequest::CallToolRequest(call) if waits(&call.params) => Asks::Wait,
                _ => Asks::Answer,
            },
            _ => Asks::Nothing,
        }
    }
}

impl Endpoint {
    /// An endpoint of a server. What it still answers at the end is cut off by [`stop`].
    pub fn new(server: Server) -> Self {
        let config = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(false)
            .with_json_response(true)
            // The layer `http` has checked hosts, origins and sizes.
            .disable_allowed_hosts()
            .with_max_request_body_bytes(usize::MAX);
        Self(Arc::new(StreamableHttpService::new(move || Ok(server.clone()), Arc::default(), config)))
    }

    /// Answers a message.
    pub async fn answer(&self, mut head: Parts, message: Message) -> Answer {
        // Nobody behind this point needs a credential.
        for name in [AUTHORIZATION, COOKIE] {
            head.headers.remove(name);
        }
        head.headers.remove("x-api-key");
        if let Err(unfit) = heads::prepare(&mut head.headers, message.message.as_ref()) {
            return unfit_head(&message, &unfit);
        }
        let is_json = head.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).is_some_and(is_json);
        let Message { message, mut body } = message;
        if let Some(JsonRpcMessage::Request(request)) = &message
            && is_mended(&request.request)
            && let Ok(written) = serde_json::to_vec(request)
        {
            // As it came, rmcp would take it for a request of a method that it does not know.
            body = Bytes::from(written);
        }
        // rmcp reads the body itself, and two messages would take twice the memory for as long as the call lasts.
        drop(message);
        let mut answer = self.0.handle(Request::from_parts(head.clone(), Full::new(body.clone()))).await;
        if answer.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE && is_json {
            // rmcp reads less than we do: it knows no half of a surrogate pair. And it calls a notification that it cannot read a body of
            // another type, where the protocol has no answer.
            match parse(&body).map(|message| message.map(|message| serde_json::to_vec(&message))) {
                Ok(Some(Ok(body))) => answer = self.0.handle(Request::from_parts(head, Full::new(Bytes::from(body)))).await,
                Ok(Some(Err(_))) | Err(_) => {}
                Ok(None) => {
                    answer = Response::new(Full::default().boxed());
                    *answer.status_mut() = StatusCode::ACCEPTED;
                }
            }
        }
        fenced(answer).await
    }
}

/// Whether a call is of a tool that waits, by its own name or through the pair.
fn waits(call: &CallToolRequestParams) -> bool {
    let inner = call.arguments.as_ref().and_then(|arguments| arguments.get("name")).and_then(|name| name.as_str());
    waiting::waits(&call.name) || catalog::find(&call.name).is_some_and(catalog::is_pair) && inner.is_some_and(waiting::waits)
}

fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

/// The answer to a body that is no message.
fn refused(refusal: &Refusal) -> Answer {
    let mut body = Vec::new();
    // Writing to memory cannot fail.
    let _ = refusal.write(&mut body);
    // A request whose parameters do not fit is a request all the same, and clients read the error of an answer to one.
    error(if refusal.is_of_request() { StatusCode::OK } else { StatusCode::BAD_REQUEST }, body)
}

/// The answer to a message whose head is refused.
fn unfit_head(message: &Message, (status, why): &heads::Unfit) -> Answer {
    let id = match &message.message {
        Some(JsonRpcMessage::Request(request)) => Some(&request.id),
        _ => None,
    };
    let mut body = Vec::new();
    // Writing to memory cannot fail.
    let _ = write_answer(&mut body, id, "error", why);
    error(*status, body)
}

fn error(status: StatusCode, mut body: Vec<u8>) -> Answer {
    fence::json_line(&mut body, 0);
    let mut answer = Response::new(Full::new(Bytes::from(body)).boxed());
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, JSON);
    answer
}

/// Puts an answer through the fence.
async fn fenced(answer: Answer) -> Answer {
    let (mut head, body) = answer.into_parts();
    if head.headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream")) {
        return Response::from_parts(head, Events { body }.boxed());
    }
    let Ok(collected) = body.collect().await;
    let mut body = Vec::from(collected.to_bytes());
    if head.headers.get(CONTENT_TYPE) == Some(&JSON) {
        fence::json_line(&mut body, 0);
    }
    if !body.is_empty() && !head.headers.contains_key(CONTENT_TYPE) {
        head.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    }
    head.headers.remove(CONTENT_LENGTH);
    Response::from_parts(head, Full::new(Bytes::from(body)).boxed())
}

/// A stream of events behind the fence. Each frame of rmcp's holds whole events.
struct Events {
    body: BoxBody<Bytes, Infallible>,
}

impl Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.body).poll_frame(context).map(|frame| frame.map(|frame| frame.map(|frame| frame.map_data(event))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

/// Puts the messages in the lines of events through the fence.
fn event(data: Bytes) -> Bytes {
    let mut out = BytesMut::with_capacity(data.len());
    for line in data.split_inclusive(|&byte| byte == b'\n') {
        match line.strip_prefix(b"data:") {
            Some(message) => {
                let mut message = message.trim_ascii().to_vec();
                fence::json_line(&mut message, 0);
                out.extend_from_slice(b"data: ");
                out.extend_from_slice(&message);
                out.extend_from_slice(b"\n");
            }
            None => out.extend_from_slice(line),
        }
    }
    out.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_that_waits_is_known_by_its_own_name_and_through_the_pair() {
        let asks = |name: &str, arguments: &str| {
            let params = format!(r#"{{"name":"{name}","arguments":{arguments}}}"#);
            let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#);
            Message::read(Bytes::from(body)).ok().unwrap().asks()
        };
        for tool in ["wait_for_prompt_run", "wait_for_export", "wait_for_import", "watch_processing", "ask_library"] {
            assert!(catalog::find(tool).is_some(), "{tool}");
            for pair in ["use_read_tool", "use_write_tool"] {
                assert_eq!(asks(pair, &format!(r#"{{"name":"{tool}"}}"#)), Asks::Wait, "{tool}");
            }
            assert_eq!(asks(tool, "{}"), Asks::Wait, "{tool}");
        }
        assert_eq!(asks("wait_for_nothing", "{}"), Asks::Answer);
        assert_eq!(asks("create_index", r#"{"name":"ask_library"}"#), Asks::Answer);
    }

    #[test]
    fn events_pass_the_fence_and_keep_their_form() {
        let key = format!("sk_live_{}", "ab".repeat(24));
        let sent = format!(": ping\n\nid: 7\ndata: {{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{{\"text\":\"{key}\"}}}}\n\n");
        let told = String::from_utf8(event(Bytes::from(sent)).to_vec()).unwrap();
        assert!(told.starts_with(": ping\n\nid: 7\ndata: {\"jsonrpc\"") && told.ends_with("}\n\n"), "{told}");
        assert!(!told.contains("abab"), "{told}");
    }
}
