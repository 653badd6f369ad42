//! Answers one request: checks it, finds its caller, and passes its message on.

use std::{net::SocketAddr, sync::Arc};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::Incoming,
    header::{
        ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, EXPECT, HeaderName,
        HeaderValue, ORIGIN, RETRY_AFTER, VARY, WWW_AUTHENTICATE,
    },
    http::request::Parts,
};

use tokio::task::JoinSet;

use super::{
    Caller, METRICS_PATH, PATH, Service,
    body::{Unread, throw_away},
    held::{until, until_sent},
    listen::Face,
    metrics::MEDIA_TYPE,
    open::{Connection, UnderWay},
    origin::Foreign,
    turns::{NoTurn, Turn, Turns},
};
use crate::mcp::streamable::{Answer, Asks, JSON, Message};

/// Told to whoever may try again a second later, since all places are taken: those for connections, for calls or for large bodies. `doctor
/// --url` knows this text.
pub const BUSY: &str = "the server is busy";
/// Told to whoever wants to know whether the server is ready, if its own key does not work. `doctor --url` knows this text.
pub const NO_KEY: &str = "the API key of this server cannot be used";
/// Told to whoever sends a key that the API rejected a moment ago. It holds nothing that JSON would escape.
const REJECTED: &str = "the API rejects this key: it is wrong, revoked or expired; send a live one";
/// The path that says whether the process lives.
const HEALTH_PATH: &str = "/healthz";
/// The headers that a page may send.
const HEADERS: HeaderValue = HeaderValue::from_static(
    "accept, authorization, content-type, last-event-id, mcp-method, mcp-name, mcp-protocol-version, mcp-session-id, x-api-key",
);

/// The headers of answers that a page may read, beside those that every page may. No answer here has a header of the protocol.
const READABLE: HeaderValue = HeaderValue::from_static("retry-after, www-authenticate");

/// The most bytes of the head of a request.
pub const MOST_HEAD: usize = 32 << 10;

/// The path of the protocol as some people and some clients write it.
const PATH_OF_DIRECTORY: &str = "/mcp/";

/// Where a request came in.
#[derive(Clone)]
pub struct Arrival {
    /// The address that its connection came to.
    pub local: SocketAddr,
    /// Whether there are too many connections.
    pub turned_away: bool,
    /// What is served there.
    pub face: Face,
    /// Its connection. Each request that is not answered yet holds a clone.
    pub connection: Arc<Connection>,
}

impl Arrival {
    /// From now on the connection is that of a caller, if we know them.
    fn is_of(&self, caller: &Caller) {
        if caller.is_proven() {
            self.connection.is_of_caller();
        }
    }
}

/// Answers a request, whatever it is.
pub async fn answer(service: Arc<Service>, request: Request<Incoming>, arrival: Arrival) -> Answer {
    let (head, mut body) = request.into_parts();
    // Whoever asks whether the process lives would take a full one for a dead one.
    if arrival.turned_away && !(arrival.face == Face::Protocol && head.uri.path() == HEALTH_PATH) {
        service.metrics.refused("connections");
        return after(plain(StatusCode::SERVICE_UNAVAILABLE, BUSY), 1);
    }
    if head_size(&head) > MOST_HEAD {
        service.metrics.refused("head");
        return plain(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "the head of the request is larger than 32 KiB");
    }
    if let Err(foreign) = service.allowed.check(&head.uri, &head.headers, arrival.local) {
        let (cause, text) = match foreign {
            Foreign::Host => ("host", "the request names a host that is not this server's; see --allow-host"),
            Foreign::Origin => ("origin", "pages of this origin are not allowed; see --allow-origin"),
        };
        service.metrics.refused(cause);
        return plain(StatusCode::FORBIDDEN, text);
    }
    let origin = head.headers.get(ORIGIN).cloned();
    // Who asks first whether to send the body waits for the answer, and sends nothing.
    let sends = !head.headers.contains_key(EXPECT);
    let mut answer = match arrival.face {
        Face::Protocol => routed(&service, head, &mut body, &arrival).await,
        Face::Metrics => metrics(&service, &head).await,
    };
    if sends {
        arrival.connection.sends(true);
        throw_away(&mut body).await;
        arrival.connection.sends(false);
    }
    answer = until_sent(answer, UnderWay(arrival.connection));
    if let Some(origin) = origin {
        // The page was allowed, so its browser may show it the answer.
        answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        answer.headers_mut().insert(ACCESS_CONTROL_EXPOSE_HEADERS, READABLE);
        answer.headers_mut().append(VARY, HeaderValue::from_static("origin"));
    }
    answer
}

/// About how many bytes the head of a request had.
fn head_size(head: &Parts) -> usize {
    let target = head.uri.path_and_query().map_or(0, |target| target.as_str().len());
    head.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum::<usize>() + target
}

async fn routed(service: &Service, head: Parts, body: &mut Incoming, arrival: &Arrival) -> Answer {
    match (&head.method, head.uri.path()) {
        (&Method::OPTIONS, PATH | PATH_OF_DIRECTORY) => preflight(),
        (_, PATH | PATH_OF_DIRECTORY) => message(service, head, body, arrival).await,
        (&Method::GET | &Method::HEAD, HEALTH_PATH) => plain(StatusCode::OK, "alive"),
        (&Method::GET | &Method::HEAD, "/readyz") => readiness(service).await,
        (_, HEALTH_PATH | "/readyz") => not_allowed("GET, HEAD"),
        _ => plain(StatusCode::NOT_FOUND, "there is nothing here; the protocol is at /mcp"),
    }
}

/// Passes a message on to the server of its caller.
async fn message(service: &Service, head: Parts, body: &mut Incoming, arrival: &Arrival) -> Answer {
    let Some(caller) = service.callers.of(&head.headers).await else {
        service.metrics.refused("credentials");
        return unauthorised(service.callers.asked_for());
    };
    if caller.is_rejected() {
        service.metrics.refused("credentials");
        return unauthorised(REJECTED);
    }
    if head.method != Method::POST {
        service.metrics.refused("method");
        return not_allowed("POST");
    }
    if let Err((wait, why)) = admit(service, &caller).await {
        service.metrics.refused("rate");
        return after(plain(StatusCode::TOO_MANY_REQUESTS, why), wait);
    }
    arrival.is_of(&caller);
    if is_encoded(&head.headers) {
        service.metrics.refused("media_type");
        let mut answer = plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send the body as it is, without Content-Encoding");
        // What may be sent in place of it (RFC 9110, 12.5.3).
        answer.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        return answer;
    }
    arrival.connection.sends(true);
    let read = service.bodies.read(body, &caller).await;
    arrival.connection.sends(false);
    let held = match read {
        Ok(held) => held,
        Err(unread) => {
            service.metrics.refused("body");
            return not_read(unread);
        }
    };
    let message = match Message::read(held.bytes.clone()) {
        Ok(message) => message,
        Err(refusal) => {
            service.metrics.refused("message");
            return private(refusal);
        }
    };
    let mut place = None;
    let turn = match message.asks() {
        Asks::Nothing => None,
        // A subscription only waits, so it takes no turn.
        Asks::Subscription => {
            let Ok(free) = Arc::clone(&caller.subscriptions).try_acquire_owned() else {
                service.metrics.refused("subscriptions");
                return after(plain(StatusCode::TOO_MANY_REQUESTS, "this caller has too many subscriptions"), 60);
            };
            place = Some(free);
            None
        }
        asks @ (Asks::Answer | Asks::Wait) => {
            let theirs = if matches!(asks, Asks::Wait) { &service.turns_of_waits } else { &service.turns };
            let known = caller.is_proven();
            let turns = if known { theirs } else { &service.turns_of_strangers };
            match turns.take(caller.number).await {
                Ok(turn) if known => Some(Place::Known(turn)),
                Ok(turn) => Some(Place::Stranger(moving(turn, Arc::clone(&caller), theirs.clone()))),
                Err(NoTurn::Full | NoTurn::TooLong) => {
                    service.metrics.refused("queue");
                    return after(plain(StatusCode::SERVICE_UNAVAILABLE, BUSY), 1);
                }
            }
        }
    };
    let is_subscription = place.is_some();
    let mut answer = caller.endpoint.answer(head, message).await;
    arrival.is_of(&caller);
    if is_subscription {
        answer = until(answer, service.callers.gone(&caller));
    }
    if let Some(cause) = refused_as(answer.status()) {
        service.metrics.refused(cause);
    }
    until_sent(private(answer), (turn, place, held))
}

/// The place of a call among those that run.
enum Place {
    /// Of a caller whom we know.
    Known(#[expect(dead_code, reason = "it is held")] Turn),
    /// Of any other.
    Stranger(#[expect(dead_code, reason = "it is held")] JoinSet<()>),
}

/// Holds the turn of a caller whom we do not know. Once the API accepts the key, it is free for the next stranger: the call then has a turn
/// among those of callers whom we know. Dropping the result gives back whatever it has.
fn moving(turn: Turn, caller: Arc<Caller>, theirs: Turns) -> JoinSet<()> {
    let mut held = JoinSet::new();
    held.spawn(async move {
        caller.proven().await;
        let moved = theirs.take(caller.number).await;
        // If there is none, the call keeps the one that it has.
        let _turn = moved.unwrap_or(turn);
        std::future::pending::<()>().await;
    });
    held
}

/// Whether a body is compressed, or written in another way that this server does not read.
fn is_encoded(headers: &HeaderMap) -> bool {
    let mut encodings = headers.get_all(CONTENT_ENCODING).iter();
    encodings.any(|encoding| !encoding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity"))
}

/// Why the protocol did not take a request, as the metrics name it.
fn refused_as(status: StatusCode) -> Option<&'static str> {
    match status {
        StatusCode::BAD_REQUEST => Some("headers"),
        StatusCode::NOT_FOUND => Some("unknown_method"),
        StatusCode::NOT_ACCEPTABLE => Some("accept"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Some("media_type"),
        _ => None,
    }
}

/// Counts a request. If there are too many, says after how many seconds the next one is let in, and whose they are.
async fn admit(service: &Service, caller: &Caller) -> Result<(), (u64, &'static str)> {
    if !caller.is_proven()
        && let Err(wait) = service.rate.admit_stranger().await
        // Others used up what is for new callers. Whoever has a live key gets in all the same.
        && !caller.is_known().await
    {
        return Err((wait, "too many requests come with keys that the API has not accepted"));
    }
    let admitted = service.rate.admit(&caller.allowance, caller.is_proven(), async || caller.is_known().await).await;
    admitted.map_err(|wait| (wait, "this caller sends too many requests"))
}

/// The metrics, for whoever can connect to their port.
async fn metrics(service: &Service, head: &Parts) -> Answer {
    match (&head.method, head.uri.path()) {
        (&Method::GET | &Method::HEAD, METRICS_PATH) => {
            with(StatusCode::OK, HeaderValue::from_static(MEDIA_TYPE), Bytes::from(service.measured().await))
        }
        (_, METRICS_PATH) => not_allowed("GET, HEAD"),
        _ => plain(StatusCode::NOT_FOUND, "there is nothing here; the metrics are at /metrics"),
    }
}

/// Whether the server should get requests: it is not ending, and the API answers.
async fn readiness(service: &Service) -> Answer {
    if service.is_stopping() {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "the server is ending");
    }
    let (is_reachable, has_key) = tokio::join!(service.callers.root().is_reachable(), service.callers.has_key());
    if !is_reachable {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "the API does not answer, or something else answers in its place");
    }
    if !has_key {
        return plain(StatusCode::SERVICE_UNAVAILABLE, NO_KEY);
    }
    plain(StatusCode::OK, "ready")
}

/// The answer to a request that shows no credential that can be used. If it does not show who sends it, the message says what this server
/// takes, and is the same whatever was wrong.
fn unauthorised(message: &str) -> Answer {
    let body = format!(r#"{{"error":"unauthorized","message":"{message}"}}"#);
    let mut answer = with(StatusCode::UNAUTHORIZED, JSON, Bytes::from(body));
    answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"videosearch-mcp\""));
    answer
}

fn not_read(unread: Unread) -> Answer {
    match unread {
        Unread::TooLarge => plain(StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 16 MiB"),
        Unread::NoRoom => after(plain(StatusCode::SERVICE_UNAVAILABLE, BUSY), 1),
        Unread::Rejected => unauthorised(REJECTED),
        Unread::OverShare => after(plain(StatusCode::TOO_MANY_REQUESTS, "this caller sends too many large bodies at once"), 1),
        Unread::Slow => plain(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time"),
        Unread::Cut => plain(StatusCode::BAD_REQUEST, "the body ended too early"),
    }
}

/// The answer to a browser that asks what a page may send.
fn preflight() -> Answer {
    let mut answer = plain(StatusCode::NO_CONTENT, "");
    let headers: &mut HeaderMap = answer.headers_mut();
    headers.remove(CONTENT_TYPE);
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    answer
}

fn not_allowed(methods: &'static str) -> Answer {
    let mut answer = plain(StatusCode::METHOD_NOT_ALLOWED, "this path does not support this method");
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
    answer
}

/// The same answer, with the seconds to wait before the next try.
pub fn after(mut answer: Answer, seconds: u64) -> Answer {
    answer.headers_mut().insert(RETRY_AFTER, seconds.into());
    answer
}

/// An answer of a line for people.
pub fn plain(status: StatusCode, text: &'static str) -> Answer {
    let body = if text.is_empty() { Bytes::new() } else { Bytes::from(format!("{text}\n")) };
    with(status, HeaderValue::from_static("text/plain; charset=utf-8"), body)
}

fn with(status: StatusCode, media_type: HeaderValue, body: Bytes) -> Answer {
    let mut answer = Response::new(Full::new(body).boxed());
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, media_type);
    private(answer)
}

/// The same answer, which nobody on the way keeps or takes for something else.
fn private(mut answer: Answer) -> Answer {
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer.headers_mut().insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
    answer
}
