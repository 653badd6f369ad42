//! An upstream that counts requests. It is a proxy to a playground, or answers by a script.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use tokio::{net::TcpListener, sync::oneshot};

use super::http::{CLIENT, RUNTIME};

/// What the upstream does with a request.
#[derive(Clone)]
pub enum Answer {
    /// Passes it on to the real API.
    Pass,
    /// Answers this: status, headers, body.
    Fixed(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// Says that the body is longer than it is, then closes.
    Cut(Vec<u8>),
    /// Never answers.
    Hang,
    /// Passes it on, keeps the answer back, and does this instead.
    PassThen(Box<Answer>),
    /// Passes it on, changes the JSON of the answer, and adds headers.
    Changed(Arc<dyn Fn(&mut serde_json::Value) + Send + Sync>, Vec<(&'static str, String)>),
}

impl Answer {
    /// JSON with a status.
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::Fixed(status, vec![("content-type", "application/json".into())], body.to_string().into_bytes())
    }

    /// Passes a request on, and breaks the connection instead of giving the answer.
    pub fn lost() -> Self {
        Self::PassThen(Box::new(Self::Cut(Vec::new())))
    }

    /// A page as proxies send them.
    pub fn html(status: u16) -> Self {
        Self::Fixed(status, vec![("content-type", "text/html".into())], b"<html><body>Sign in to continue</body></html>".to_vec())
    }
}

/// One request that came in.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    /// Path and query below the base.
    pub target: String,
    pub idempotency_key: Option<String>,
    /// The event after which a stream is to go on.
    pub last_event_id: Option<String>,
    /// Whether a key came with it.
    pub keyed: bool,
    pub body: Bytes,
}

type Script = Arc<dyn Fn(&Seen) -> Answer + Send + Sync>;

struct Shared {
    script: Mutex<Script>,
    seen: Mutex<Vec<Seen>>,
    /// What it does with the notices that processing begins. They are counted apart from other calls.
    notice: Mutex<Answer>,
    notices: Mutex<Vec<String>>,
    aborted: tokio::sync::watch::Sender<usize>,
    target: Option<String>,
}

/// A running upstream; stopped when dropped.
pub struct Upstream {
    pub base_url: String,
    shared: Arc<Shared>,
    _stop: oneshot::Sender<()>,
}

impl Upstream {
    /// A proxy to an API at this base URL.
    pub fn before(base_url: &str) -> Self {
        Self::start(Some(base_url.to_owned()), |_| Answer::Pass)
    }

    /// An upstream that answers by a script alone.
    pub fn scripted(script: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        Self::start(None, script)
    }

    fn start(target: Option<String>, script: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        let shared = Arc::new(Shared {
            script: Mutex::new(Arc::new(script)),
            seen: Mutex::default(),
            notice: Mutex::new(Answer::json(200, &serde_json::json!({}))),
            notices: Mutex::default(),
            aborted: tokio::sync::watch::Sender::new(0),
            target,
        });
        let (stop, stopped) = oneshot::channel::<()>();
        let listener = RUNTIME.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let base_url = format!("http://{}/api/v2", listener.local_addr().unwrap());
        let router = Router::new().fallback(serve).with_state(Arc::clone(&shared));
        RUNTIME.spawn(async move {
            tokio::select! {
                _ = axum::serve(listener, router) => {}
                _ = stopped => {}
            }
        });
        Self { base_url, shared, _stop: stop }
    }

    /// Changes what it does from now on.
    pub fn script(&self, script: impl Fn(&Seen) -> Answer + Send + Sync + 'static) {
        *self.shared.script.lock().unwrap() = Arc::new(script);
    }

    /// Changes what it does with the notices that processing begins.
    pub fn on_notice(&self, answer: Answer) {
        *self.shared.notice.lock().unwrap() = answer;
    }

    /// Waits until a notice of processing came, and gives its body.
    pub fn wait_for_notice(&self) -> serde_json::Value {
        let end = std::time::Instant::now() + super::PATIENCE;
        loop {
            if let Some(body) = self.shared.notices.lock().unwrap().pop() {
                return serde_json::from_str(&body).unwrap();
            }
            assert!(std::time::Instant::now() < end, "no notice came");
            super::pause();
        }
    }

    /// All requests so far, and forgets them. Notices are not among them.
    pub fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut self.shared.seen.lock().unwrap())
    }

    /// Waits until a request matches.
    pub fn wait_for(&self, fits: impl Fn(&Seen) -> bool) {
        let end = std::time::Instant::now() + super::PATIENCE;
        while !self.shared.seen.lock().unwrap().iter().any(&fits) {
            assert!(std::time::Instant::now() < end, "no such request came");
            super::pause();
        }
    }

    /// Waits until a request that hung was given up by its sender.
    pub fn wait_for_abort(&self) {
        let mut aborted = self.shared.aborted.subscribe();
        RUNTIME.block_on(async { tokio::time::timeout(super::PATIENCE, aborted.wait_for(|n| *n > 0)).await.unwrap().unwrap() });
    }
}

/// Counts a request that ends before its answer.
struct Pending(Arc<Shared>);

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.aborted.send_modify(|n| *n += 1);
    }
}

async fn serve(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 64 << 20).await.unwrap_or_default();
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let full = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let seen = Seen {
        method: parts.method.to_string(),
        target: full.strip_prefix("/api/v2").unwrap_or(&full).to_owned(),
        idempotency_key: header("idempotency-key"),
        last_event_id: header("last-event-id"),
        keyed: header("x-api-key").is_some(),
        body: body.clone(),
    };
    let mut answer = if seen.target == "/auth/processing-activity" {
        shared.notices.lock().unwrap().push(String::from_utf8_lossy(&body).into_owned());
        shared.notice.lock().unwrap().clone()
    } else {
        let script = Arc::clone(&shared.script.lock().unwrap());
        let answer = script(&seen);
        shared.seen.lock().unwrap().push(seen.clone());
        answer
    };
    while let Answer::PassThen(next) = answer {
        pass(&shared, &seen, parts.headers.clone(), body.clone()).await;
        answer = *next;
    }
    match answer {
        Answer::Pass => pass(&shared, &seen, parts.headers, body).await,
        Answer::Fixed(status, headers, body) => {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            response.body(Body::from(body)).unwrap()
        }
        Answer::Cut(body) => {
            let length = body.len() + 1000;
            Response::builder()
                .header("content-type", "application/json")
                .header("content-length", length)
                .body(Body::new(Broken(Some(body.into()))))
                .unwrap()
        }
        Answer::Changed(change, headers) => {
            let (mut parts, body) = pass(&shared, &seen, parts.headers, body).await.into_parts();
            let body = axum::body::to_bytes(body, 64 << 20).await.unwrap();
            for (name, value) in headers {
                parts.headers.insert(name, value.parse().unwrap());
            }
            match serde_json::from_slice(&body) {
                Ok(mut value) => {
                    change(&mut value);
                    Response::from_parts(parts, Body::from(value.to_string()))
                }
                Err(_) => Response::from_parts(parts, Body::from(body)),
            }
        }
        Answer::Hang | Answer::PassThen(_) => {
            let _pending = Pending(Arc::clone(&shared));
            std::future::pending().await
        }
    }
}

async fn pass(shared: &Shared, seen: &Seen, headers: HeaderMap, body: Bytes) -> Response {
    let url = format!("{}{}", shared.target.as_deref().unwrap(), seen.target);
    let mut request = CLIENT.request(seen.method.parse().unwrap(), url).body(body);
    for name in ["x-api-key", "content-type", "idempotency-key", "authorization", "accept"] {
        if let Some(value) = headers.get(name) {
            request = request.header(name, value.clone());
        }
    }
    let answer = request.send().await.unwrap();
    let mut response = Response::builder().status(answer.status());
    for name in ["content-type", "x-request-id"] {
        if let Some(value) = answer.headers().get(name) {
            response = response.header(name, value.clone());
        }
    }
    let status = answer.status();
    let body = answer.bytes().await.unwrap();
    if status == StatusCode::NO_CONTENT { response.body(Body::empty()).unwrap() } else { response.body(Body::from(body)).unwrap() }
}

/// A body that breaks off.
struct Broken(Option<Bytes>);

impl axum::body::HttpBody for Broken {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, std::io::Error>>> {
        std::task::Poll::Ready(Some(match self.0.take() {
            Some(bytes) => Ok(http_body::Frame::data(bytes)),
            None => Err(std::io::ErrorKind::ConnectionReset.into()),
        }))
    }
}
