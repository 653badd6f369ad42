//! A receiver of webhooks on this machine.

use std::sync::{
    Arc,
    atomic::{AtomicU16, Ordering},
    mpsc,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use ring::hmac;
use serde_json::Value;
use tokio::{net::TcpListener, sync::oneshot};

use super::{PATIENCE, http::RUNTIME};

/// A delivery that came.
pub struct Delivered {
    headers: HeaderMap,
    body: Bytes,
}

impl Delivered {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The payload.
    pub fn payload(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The name of the event.
    pub fn event(&self) -> String {
        self.payload()["event"].as_str().unwrap().to_owned()
    }

    /// Whether the signature holds for the raw body.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let tag: String = hmac::sign(&key, &self.body).as_ref().iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        self.header("x-webhook-signature") == Some(&format!("sha256={tag}"))
    }

    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

/// Takes deliveries, and answers all of them with one status.
pub struct Receiver {
    pub url: String,
    status: Arc<AtomicU16>,
    delivered: mpsc::Receiver<Delivered>,
    _stop: oneshot::Sender<()>,
}

impl Receiver {
    pub fn start(status: u16) -> Self {
        let listener = RUNTIME.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let status = Arc::new(AtomicU16::new(status));
        let ((take, delivered), (stop, stopped)) = (mpsc::channel(), oneshot::channel::<()>());
        let receive = {
            let status = Arc::clone(&status);
            async move |State(take): State<mpsc::Sender<Delivered>>, headers: HeaderMap, body: Bytes| {
                // The test may be over.
                let _ = take.send(Delivered { headers, body });
                let status = StatusCode::from_u16(status.load(Ordering::SeqCst)).unwrap();
                (status, [("location", "http://127.0.0.1:1/elsewhere")], "the receiver's answer")
            }
        };
        let router = Router::new().fallback(receive).with_state(take);
        RUNTIME.spawn(async move {
            tokio::select! {
                _ = axum::serve(listener, router) => {}
                _ = stopped => {}
            }
        });
        Self { url, status, delivered, _stop: stop }
    }

    /// Answers with this status from now on.
    pub fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// The next delivery. Waits for it.
    pub fn next(&self) -> Delivered {
        self.delivered.recv_timeout(PATIENCE).unwrap()
    }

    /// All deliveries up to one of this event.
    pub fn until(&self, event: &str) -> Vec<Delivered> {
        let mut all = vec![self.next()];
        while all.last().unwrap().event() != event {
            all.push(self.next());
        }
        all
    }
}
