//! Tries the way to the API step by step: route, name, connection, encryption, answer. It sends no key.

use std::{
    net::SocketAddr,
    time::{Duration, SystemTime},
};

use httpdate::parse_http_date;
use reqwest::header::{CONTENT_TYPE, DATE, LOCATION};
use tokio::{
    net::{TcpStream, lookup_host},
    time::{Instant, timeout},
};

use super::{
    certificate::blocked,
    local::only_this_machine,
    proxy::Choice,
    transport::{Transport, causes},
};
use crate::{
    api::{Endpoint, Problem, service::ValidateKey},
    key::BaseUrl,
};

/// How long a name may take to resolve.
const NAME: Duration = Duration::from_secs(3);
/// How long it may take to connect to one address.
const ADDRESS: Duration = Duration::from_millis(1_500);
/// How many addresses of a name are tried.
const ADDRESSES: usize = 2;
/// How long the answer may take, TLS included.
const ANSWER: Duration = Duration::from_secs(5);
/// How many bytes of a body we read to see whose it is.
const MAX_BODY: usize = 64 * 1024;

/// How far we got on the way to an API. A step is `None` if we did not try it because one before it failed.
#[derive(Debug)]
pub struct RouteReport {
    /// Whether there is a proxy on the way.
    pub route: Route,
    /// What we connect to: the proxy, or the API's host.
    pub peer: Peer,
    /// How many addresses it has.
    pub resolved: Result<usize, String>,
    /// How long the connection took.
    pub connected: Option<Result<Duration, String>>,
    /// What answered a request without a key.
    pub answered: Option<Result<Greeting, Blocked>>,
}

/// A host and port to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// A name or an address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// What the proxy variables mean for one base URL. No variant holds a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// No proxy is set for it.
    Direct,
    /// It is this machine, for which proxies never apply.
    Loopback,
    /// A variable names a proxy, and it is used.
    Proxy {
        /// The variable.
        variable: &'static str,
        /// Where the proxy is.
        peer: Peer,
    },
    /// A variable names a proxy, but another variable says to reach this host without it.
    Excepted {
        /// The variable that names the proxy.
        variable: &'static str,
    },
    /// A variable is set, but its value is not the address of a proxy. So it is ignored.
    Unreadable {
        /// The variable.
        variable: &'static str,
    },
}

/// What we know about the answer to a request without a key.
#[derive(Clone, Debug)]
pub struct Greeting {
    /// The HTTP status.
    pub status: u16,
    /// The code in the body, if the body is an error of the API's own form.
    pub code: Option<String>,
    /// Whether the body is a page for browsers.
    pub is_page: bool,
    /// Scheme, host and port of a redirect.
    pub redirect: Option<String>,
    /// How far this machine's clock is ahead of the answer's `Date`, in seconds.
    pub clock_ahead: Option<i64>,
    /// How long the answer took, TLS included.
    pub elapsed: Duration,
}

/// Why nothing was answered although there was a connection.
#[derive(Clone, Debug)]
pub enum Blocked {
    /// The certificate was not accepted.
    Certificate(Certificate),
    /// What listens there does not speak TLS.
    NotTls,
    /// TLS, the proxy or the connection failed in another way.
    Connection(String),
    /// The HTTP client could not be set up, for example because there are no root certificates.
    Setup(String),
    /// No answer within the time given.
    Silence(Duration),
    /// The connection broke before an answer.
    Broken(String),
}

/// What is wrong with a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// It has ended.
    Expired,
    /// It begins in the future.
    NotYetValid,
    /// This machine does not trust its issuer.
    UnknownIssuer,
    /// It is for another host.
    OtherHost,
    /// Something else.
    Other(String),
}

/// Tries the way to the API at a base URL.
pub async fn check_route(base: &BaseUrl) -> RouteReport {
    let route = Choice::of(base).route;
    let peer = match &route {
        Route::Proxy { peer, .. } => peer.clone(),
        _ => Peer::of(base.as_str()).unwrap_or_else(|| Peer { host: String::new(), port: 0 }),
    };
    let addresses = resolve(&peer, base).await;
    let mut reach =
        RouteReport { route, peer, resolved: addresses.as_ref().map(Vec::len).map_err(Clone::clone), connected: None, answered: None };
    let Ok(addresses) = addresses else { return reach };
    let connected = connect(&addresses).await;
    let open = connected.is_ok();
    reach.connected = Some(connected);
    if open {
        reach.answered = Some(greet(base).await);
    }
    reach
}

async fn resolve(peer: &Peer, base: &BaseUrl) -> Result<Vec<SocketAddr>, String> {
    match timeout(NAME, lookup_host((peer.host.as_str(), peer.port))).await {
        Ok(Ok(addresses)) if base.is_loopback() => only_this_machine(addresses).map_err(str::to_owned),
        Ok(Ok(addresses)) => {
            let addresses: Vec<_> = addresses.collect();
            if addresses.is_empty() { Err("the name has no address".into()) } else { Ok(addresses) }
        }
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer within {} s", NAME.as_secs())),
    }
}

/// Tries the first IPv4 address, and then the first IPv6 address.
async fn connect(addresses: &[SocketAddr]) -> Result<Duration, String> {
    let first = |v4: bool| addresses.iter().filter(move |address| address.is_ipv4() == v4).take(1);
    let mut failure = "no address".to_owned();
    for address in first(true).chain(first(false)).take(ADDRESSES) {
        let began = Instant::now();
        match timeout(ADDRESS, TcpStream::connect(address)).await {
            Ok(Ok(_)) => return Ok(began.elapsed()),
            Ok(Err(error)) => failure = error.kind().to_string(),
            Err(_) => failure = format!("no answer within {} ms", ADDRESS.as_millis()),
        }
    }
    Err(failure)
}

/// Whether the API answers a request without a key. Anything else that answers has another form.
pub(super) async fn greeted(client: &reqwest::Client, base: &BaseUrl) -> bool {
    let asked = async {
        let response = client.get(format!("{}{}", base.as_str(), ValidateKey::PATH)).send().await.ok()?;
        let status = response.status().as_u16();
        Problem::parse(status, &beginning(response).await).filter(|_| status < 500)
    };
    timeout(ANSWER, asked).await.ok().flatten().is_some()
}

/// Asks the API whether a key is live, but sends no key. The API refuses that with an error in its own form.
async fn greet(base: &BaseUrl) -> Result<Greeting, Blocked> {
    let began = Instant::now();
    let transport = Transport::new(base.clone());
    let client = transport.client().await.map_err(Blocked::Setup)?;
    let request = client.get(format!("{}{}", base.as_str(), ValidateKey::PATH)).send();
    let response = match timeout(ANSWER, request).await {
        Err(_) => return Err(Blocked::Silence(ANSWER)),
        Ok(Err(error)) if error.is_connect() => {
            // We need not say that the client failed to connect.
            return Err(blocked(&error, causes(&error).trim_start_matches("client error (Connect): ").to_owned()));
        }
        Ok(Err(error)) => return Err(Blocked::Broken(causes(&error))),
        Ok(Ok(response)) => response,
    };
    let elapsed = began.elapsed();
    let now = SystemTime::now();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = timeout(ANSWER.saturating_sub(began.elapsed()), beginning(response)).await.unwrap_or_default();
    let text = |name| headers.get(name).and_then(|value: &reqwest::header::HeaderValue| value.to_str().ok());
    Ok(Greeting {
        status,
        code: Problem::parse(status, &body).map(|problem| problem.code),
        is_page: text(CONTENT_TYPE).is_some_and(|kind| kind.to_ascii_lowercase().contains("html"))
            || body.trim_ascii_start().starts_with(b"<"),
        redirect: (300..400).contains(&status).then(|| base.origin_of(text(LOCATION)?)).flatten(),
        clock_ahead: text(DATE).and_then(|date| parse_http_date(date).ok()).map(|date| seconds(now, date)),
        elapsed,
    })
}

/// By how many seconds a time is after another one; less than 0 if it is before it.
fn seconds(time: SystemTime, other: SystemTime) -> i64 {
    let whole = |span: Duration| i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
    time.duration_since(other).map_or_else(|before| -whole(before.duration()), whole)
}

async fn beginning(mut response: reqwest::Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() >= MAX_BODY {
            break;
        }
    }
    body
}
