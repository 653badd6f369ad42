//! The front of the playground: what happens to every request before and after its handler.
//!
//! Here refusals become bodies, so every error of the playground has the API's envelope, a request id and a time. Start with [`router`].

use std::{pin::Pin, sync::Arc};

use axum::{
    Router,
    body::{Body, HttpBody},
    extract::{ConnectInfo, Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CONTENT_TYPE, HOST, ORIGIN, RETRY_AFTER},
    },
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{MethodFilter, on},
};
use url::Url;

use super::{
    BASE_PATH, Refusal,
    arguments::Arguments,
    auth::authenticate,
    faults::Kind,
    listener::Switch,
    mount::Route,
    random,
    service::Service,
    store::repeats::Repeat,
    time::{now, rfc3339},
};
use crate::api::Method;

/// The largest request body. The largest pictures of the image search fit, base64 included.
const MOST_BODY: usize = 32 << 20;
/// A body that is too large is still read up to here, since a connection closed earlier would hide the answer from its sender.
const MOST_DRAINED: usize = 8 * MOST_BODY;
const MOST_IDEMPOTENCY_KEY_CHARS: usize = 255;
const REQUEST_ID: &str = "x-request-id";

/// All routes below the base path, and JSON for everything else.
pub fn router(service: Arc<Service>) -> Router {
    let mut api = Router::new();
    for route in &service.routes {
        let method = match route.method {
            Method::Get => MethodFilter::GET,
            Method::Post => MethodFilter::POST,
            Method::Delete => MethodFilter::DELETE,
        };
        let route = Arc::clone(route);
        api = api.route(
            route.path,
            on(method, move |State(service): State<Arc<Service>>, request: Request| serve(service, Arc::clone(&route), request)),
        );
    }
    Router::new()
        .nest(BASE_PATH, api)
        .fallback(async || Refusal::new(StatusCode::NOT_FOUND, "endpoint_not_found", "The playground has no such path."))
        .method_not_allowed_fallback(async || {
            Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This path does not have this method.")
        })
        .with_state(Arc::clone(&service))
        .layer(from_fn_with_state(service, finish))
}

async fn serve(service: Arc<Service>, route: Arc<Route>, request: Request) -> Result<Response, Refusal> {
    let (mut parts, body) = request.into_parts();
    // Read even for callers who are refused: an answer to an unread body can be lost with the connection.
    let body = read_body(body).await?;
    let caller = authenticate(&parts.headers, &service.store, &service.sessions).await?;
    caller.permit(route.access)?;
    let body = body.ok_or_else(|| {
        let message = format!("A request body has at most {MOST_BODY} bytes.");
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "request_too_large", message)
    })?;
    let arguments = Arguments::of(route.method, &mut parts, &body).await?;
    let repeat = match idempotency_key(&parts.headers)? {
        Some(key) if route.keyed => {
            let fingerprint = arguments.fingerprint(route.method, parts.uri.path());
            Some(Repeat { account: caller.account.to_owned(), key, fingerprint })
        }
        _ => None,
    };
    let media_type = route.media_type;
    let body = route.call(service, caller, arguments, repeat).await?;
    if route.status == StatusCode::NO_CONTENT {
        return Ok(route.status.into_response());
    }
    Ok((route.status, [(CONTENT_TYPE, media_type)], body).into_response())
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    match key.to_str().map(str::trim) {
        Ok(key) if (1..=MOST_IDEMPOTENCY_KEY_CHARS).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => Err(Refusal::bad_request(
            "invalid_idempotency_key",
            format!("An idempotency key has 1 to {MOST_IDEMPOTENCY_KEY_CHARS} visible ASCII characters."),
        )),
    }
}

/// Reads a body; `None` if it is larger than allowed.
async fn read_body(mut body: Body) -> Result<Option<Vec<u8>>, Refusal> {
    let mut read = Vec::new();
    let mut length = 0;
    while let Some(frame) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|_| Refusal::bad_request("incomplete_request", "The request body ended early."))?;
        let Ok(data) = frame.into_data() else { continue };
        length += data.len();
        if length <= MOST_BODY {
            read.extend_from_slice(&data);
        } else if length > MOST_DRAINED {
            break;
        }
    }
    Ok((length <= MOST_BODY).then_some(read))
}

/// Checks where a request comes from, and turns refusals into bodies.
async fn finish(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    let request_id = random::id("req_").unwrap_or_else(|_| "req_unknown".to_owned());
    let method = request.method().clone();
    let mut response = match check_origin(request.headers()) {
        Ok(()) => answer(&service, request, next).await,
        Err(refusal) => refusal.into_response(),
    };
    if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
        let body = refusal.body(&request_id, rfc3339(now())).to_string();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(seconds) = refusal.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        *response.body_mut() = Body::from(body);
    }
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    tracing::debug!(%method, status = response.status().as_u16(), request_id, "answered");
    response
}

/// Lets the router answer, unless scripted trouble does.
async fn answer(service: &Service, request: Request, next: Next) -> Response {
    if !service.latency.is_zero() {
        tokio::time::sleep(service.latency).await;
    }
    let Some(strike) = service.faults.strike(request.uri().path()) else { return next.run(request).await };
    let switch = request.extensions().get::<ConnectInfo<Switch>>().map(|ConnectInfo(switch)| switch.clone()).unwrap_or_default();
    match strike.kind {
        Kind::Status(_) | Kind::Html => strike.answer(),
        Kind::Reset => {
            switch.reset();
            strike.answer()
        }
        Kind::Cut => {
            let response = next.run(request).await;
            switch.cut();
            response
        }
        Kind::Hang => {
            service.stopping.cancelled().await;
            switch.reset();
            strike.answer()
        }
    }
}

/// Lets only requests through that name this machine: a page of another site could otherwise reach the playground through a name of its
/// own that resolves to loopback.
fn check_origin(headers: &HeaderMap) -> Result<(), Refusal> {
    let refuse = |code, message| Err(Refusal::new(StatusCode::FORBIDDEN, code, message));
    let mut hosts = headers.get_all(HOST).iter();
    let host_is_local = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().is_ok_and(|host| !host.contains('/') && is_loopback_url(&format!("http://{host}/"))),
        _ => false,
    };
    if !host_is_local {
        return refuse("host_not_allowed", "The playground answers only to loopback names in `Host`.");
    }
    if !headers.get_all(ORIGIN).iter().all(|origin| origin.to_str().is_ok_and(is_loopback_url)) {
        return refuse("origin_not_allowed", "The playground answers web pages of this machine only.");
    }
    Ok(())
}

fn is_loopback_url(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let local = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    local && matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_pass() {
        let check = |host: &str, origin: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, host.parse().unwrap());
            if let Some(origin) = origin {
                headers.insert(ORIGIN, origin.parse().unwrap());
            }
            check_origin(&headers).is_ok()
        };
        for host in ["127.0.0.1:80", "localhost", "LOCALHOST:7", "[::1]:9", "127.0.0.2"] {
            assert!(check(host, None), "{host}");
        }
        for host in ["example.org", "127.0.0.1.example.org", "localhost.example.org:1", "10.0.0.1", "", "user@localhost", "x/@localhost"] {
            assert!(!check(host, None), "{host}");
        }
        for (origin, passes) in
            [("http://localhost:5173", true), ("https://127.0.0.1", true), ("null", false), ("https://example.org", false)]
        {
            assert_eq!(check("localhost", Some(origin)), passes, "{origin}");
        }
        assert!(check_origin(&HeaderMap::new()).is_err());
    }
}
