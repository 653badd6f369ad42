//! Plain HTTP requests, as curl would make them.

use std::sync::LazyLock;

use serde_json::Value;
use tokio::runtime::Runtime;

/// The runtime of all requests that tests make themselves.
pub static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub content_type: String,
    /// The announced length of the body.
    pub length: Option<u64>,
    pub body: Vec<u8>,
}

impl Reply {
    /// The body as JSON; null if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

/// Sends a form with a file, as curl would with `-F`.
pub fn form(url: &str, headers: &[(&str, &str)], fields: &[(&str, &str)], file: (&str, &[u8])) -> Reply {
    const EDGE: &str = "edge-of-the-parts";
    let mut body = Vec::new();
    let (name, content) = file;
    body.extend(format!("--{EDGE}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n").bytes());
    body.extend(content);
    for (name, value) in fields {
        body.extend(format!("\r\n--{EDGE}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}").bytes());
    }
    body.extend(format!("\r\n--{EDGE}--\r\n").bytes());
    let kind = format!("multipart/form-data; boundary={EDGE}");
    send("POST", url, &[headers, &[("content-type", &kind)]].concat(), Some(body))
}

/// Sends one request. `headers` are pairs; `body` is sent as JSON.
pub fn http(method: &str, url: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Reply {
    let json = [("content-type", "application/json")];
    let headers = if body.is_some() { [headers, &json].concat() } else { headers.to_vec() };
    send(method, url, &headers, body.map(|body| body.to_string().into_bytes()))
}

fn send(method: &str, url: &str, headers: &[(&str, &str)], body: Option<Vec<u8>>) -> Reply {
    RUNTIME.block_on(async {
        // reqwest comes without cryptography of its own; the program takes this one too.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut request = client.request(method.parse().unwrap(), url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let content_type = answer.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let length = answer.headers().get("content-length").and_then(|value| value.to_str().ok()?.parse().ok());
        Reply { status, content_type, length, body: answer.bytes().await.unwrap().to_vec() }
    })
}
