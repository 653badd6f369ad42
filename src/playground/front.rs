//! The front of the playground: what happens to every request before and after its handler.
//!
//! It checks where a request comes from, who sends it, and whether they may. Only then it reads the body and the arguments. It also turns
//! refusals into bodies, so every error of the playground has the API's envelope, a request id and a time. Start with [`router`].

use std::sync::Arc;

use axum::{
    Router,
    body::Body as HttpBody,
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER},
        request::Parts,
    },
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{MethodFilter, any, on},
};

use super::{
    BASE_PATH, Refusal,
    arguments::Arguments,
    auth::{Caller, authenticate},
    body,
    connection::Switch,
    faults::Kind,
    form,
    mount::{Answer, Call, Route},
    origin, random,
    raw::Wanted,
    serve::{MOST_CONNECTIONS, TurnedAway},
    service::Service,
    time::{now, rfc3339},
};
use crate::api::{Access, Body, Method};

const MOST_IDEMPOTENCY_KEY_CHARS: usize = 255;
const REQUEST_ID: &str = "x-request-id";

/// All operations of the API below the base path. Every other path gets an error in JSON.
pub fn router(service: Arc<Service>) -> Router {
    let mut api = Router::new();
    for route in &service.routes {
        let route = Arc::clone(route);
        api = api.route(
            route.path,
            on(filter(route.method), move |State(service): State<Arc<Service>>, request: Request| {
                serve(service, Arc::clone(&route), request)
            }),
        );
    }
    let api = api.fallback(unknown_path).method_not_allowed_fallback(async |State(service): State<Arc<Service>>, headers: HeaderMap| {
        permitted(&service, &headers, Access::AnyKeyOrSession).await.err().unwrap_or_else(|| {
            Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This path does not support this method.")
        })
    });
    Router::new()
        .nest(BASE_PATH, api)
        // The router does not count the base path with a slash after it as nested.
        .route(&format!("{BASE_PATH}/"), any(unknown_path))
        .fallback(async || no_such_path())
        .with_state(Arc::clone(&service))
        .layer(from_fn_with_state(service, finish))
}

/// Answers that the API has no such path. Only a caller with a valid credential gets this answer.
async fn unknown_path(State(service): State<Arc<Service>>, headers: HeaderMap) -> Refusal {
    permitted(&service, &headers, Access::AnyKeyOrSession).await.err().unwrap_or_else(no_such_path)
}

const fn filter(method: Method) -> MethodFilter {
    match method {
        Method::Get => MethodFilter::GET,
        Method::Post => MethodFilter::POST,
        Method::Put => MethodFilter::PUT,
        Method::Patch => MethodFilter::PATCH,
        Method::Delete => MethodFilter::DELETE,
    }
}

fn no_such_path() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "endpoint_not_found", "The API has no such path.")
}

/// The caller, if we know them and they have this access.
async fn permitted(service: &Service, headers: &HeaderMap, access: Access) -> Result<Caller, Refusal> {
    let caller = authenticate(headers, &service.store, &service.sessions).await?;
    caller.permit(access)?;
    Ok(caller)
}

async fn serve(service: Arc<Service>, route: Arc<Route>, request: Request) -> Result<Response, Refusal> {
    let (mut parts, body) = request.into_parts();
    let caller = match ticket(&route, &parts) {
        Some(ticket) if service.sessions.admits(&ticket, parts.uri.path()) => Caller::with_ticket(),
        Some(_) => return Err(Refusal::unauthenticated("This link has expired, or is not one of this playground.")),
        None => permitted(&service, &parts.headers, route.access).await?,
    };
    let key = idempotency_key(&parts.headers)?;
    let wanted = Wanted::of(&parts.method, &parts.headers, key.clone());
    let call = match route.body {
        Body::Query | Body::Nothing => Call::plain(Arguments::of(route.body, &mut parts, b"").await?),
        Body::Members | Body::MembersIfAny | Body::MembersBeside(_) => {
            let body = body::read(body).await?;
            Call::plain(Arguments::of(route.body, &mut parts, &body).await?)
        }
        Body::Form(part) => {
            let (fields, file) = form::read(&service.scratch, &parts.headers, body, part, route.destination).await?;
            Call { file, ..Call::plain(Arguments::of_form(&mut parts, fields).await?) }
        }
    };
    let call = Call { wanted: wanted.clone(), ..call };
    match route.call(Arc::clone(&service), caller, call, key).await? {
        Answer::Json(_) if route.status == StatusCode::NO_CONTENT => Ok(route.status.into_response()),
        Answer::Json(body) => Ok((route.status, [(CONTENT_TYPE, "application/json")], body).into_response()),
        Answer::Raw(raw) => raw.respond(route.status, &wanted, &service.stopping),
    }
}

/// The ticket of a request that has no other credential.
fn ticket(route: &Route, parts: &Parts) -> Option<String> {
    if !route.ticketed || parts.headers.contains_key("x-api-key") || parts.headers.contains_key(AUTHORIZATION) {
        return None;
    }
    let pairs = url::form_urlencoded::parse(parts.uri.query()?.as_bytes());
    pairs.into_iter().find(|(name, _)| name == "token").map(|(_, ticket)| ticket.into_owned())
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(key) = headers.get("idempotency-key").or_else(|| headers.get("x-idempotency-key")) else { return Ok(None) };
    checked_key(key.to_str().unwrap_or_default()).map(Some)
}

/// An idempotency key, without the spaces around it.
pub fn checked_key(key: &str) -> Result<String, Refusal> {
    let key = key.trim();
    if (1..=MOST_IDEMPOTENCY_KEY_CHARS).contains(&key.len()) && key.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Ok(key.to_owned());
    }
    let message = format!("An idempotency key has 1 to {MOST_IDEMPOTENCY_KEY_CHARS} visible ASCII characters.");
    Err(Refusal::bad_request("invalid_idempotency_key", message))
}

/// Checks where a request comes from, and turns refusals into bodies.
async fn finish(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    let request_id = random::id("req_").unwrap_or_else(|_| "req_unknown".to_owned());
    let method = request.method().clone();
    let (parts, body) = request.into_parts();
    let body = body::drained(body, &parts.headers);
    let request = Request::from_parts(parts, body);
    let mut response = match check(&request) {
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
        *response.body_mut() = HttpBody::from(body);
    }
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    tracing::debug!(%method, status = response.status().as_u16(), request_id, "answered");
    response
}

/// Refuses a request without looking at more of it.
fn check(request: &Request) -> Result<(), Refusal> {
    if request.extensions().get::<TurnedAway>().is_some() {
        let message = format!("The playground serves at most {MOST_CONNECTIONS} connections at once.");
        return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_connections", message).after(1));
    }
    origin::check(request.uri(), request.headers())
}

/// Lets the router answer, unless a fault answers instead.
async fn answer(service: &Service, request: Request, next: Next) -> Response {
    if !service.latency.is_zero() {
        tokio::time::sleep(service.latency).await;
    }
    let Some(strike) = service.faults.strike(request.uri().path()) else { return next.run(request).await };
    let switch = request.extensions().get::<Switch>().cloned().unwrap_or_default();
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
