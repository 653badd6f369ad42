//! The playground through its front door: real HTTP requests to a playground that really runs.

mod access;
mod automations;
mod bounds;
mod connections;
mod errors;
mod events;
mod faults;
mod imports;
mod kept;
mod keys;
mod mcp;
mod names;
mod repeats;
mod restart;
pub mod round_trip;
mod segmentation;
mod settling;
mod usage;
mod wire;

use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpListener;

use super::{Handle, Options, start};
use crate::api::{Method, Scope};

/// How long a test waits for what must come.
pub const LONGEST: Duration = Duration::from_mins(1);

/// A running playground and a client for it.
pub struct Local {
    pub handle: Handle,
    http: reqwest::Client,
}

/// The credential that a request carries.
pub enum As<'a> {
    Nobody,
    Key(&'a str),
    Token(&'a str),
}

/// An answer: status, headers, and the body as JSON (null if empty).
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Answer {
    /// The error code of the envelope.
    pub fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }
}

impl Local {
    pub async fn start(options: Options) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { handle: start(options, listener).await.unwrap(), http: client() }
    }

    pub fn key(&self) -> String {
        self.handle.api_key().to_owned()
    }

    pub fn token(&self) -> String {
        self.handle.token(Duration::from_mins(10)).unwrap()
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.handle.base_url())
    }

    pub fn request(&self, caller: As<'_>, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method.as_str().parse().unwrap(), self.url(path));
        match caller {
            As::Nobody => request,
            As::Key(key) => request.header("X-API-Key", key),
            As::Token(token) => request.bearer_auth(token),
        }
    }

    pub async fn get(&self, caller: As<'_>, path: &str) -> Answer {
        send(self.request(caller, Method::Get, path)).await
    }

    pub async fn delete(&self, caller: As<'_>, path: &str) -> Answer {
        send(self.request(caller, Method::Delete, path)).await
    }

    pub async fn post(&self, caller: As<'_>, path: &str, body: Value) -> Answer {
        send(self.request(caller, Method::Post, path).body(body.to_string())).await
    }

    /// Makes a key with these scopes and returns its secret.
    pub async fn key_with(&self, scopes: &[Scope]) -> String {
        let body = serde_json::json!({"name": "test", "scopes": scopes});
        let made = self.post(As::Token(&self.token()), "/api-keys", body).await;
        assert_eq!(made.status, 201, "{made:?}");
        made.body["key"].as_str().unwrap().to_owned()
    }
}

/// A client that connects straight to the playground, even if the environment names a proxy.
pub fn client() -> reqwest::Client {
    // reqwest has no cryptography of its own here. The program uses the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

pub async fn send(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.bytes().await.unwrap();
    let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
    Answer { status, headers, body }
}
