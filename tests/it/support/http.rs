//! Plain HTTP requests, as curl would make them.

use std::sync::LazyLock;

use serde_json::Value;
use tokio::runtime::Runtime;

/// The runtime of all requests that tests make themselves.
pub static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());

/// Sends all of them. To make a client means to read the certificates of the system, so there is one. It keeps no connection for the next
/// request, so that each test has its own.
pub static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
    // reqwest comes without cryptography of its own; the program takes this one too.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap()
});

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub content_type: String,
    pub headers: reqwest::header::HeaderMap,
    /// The announced length of the body.
    pub length: Option<u64>,
    pub body: Vec<u8>,
}

impl Reply {
    /// A header of the answer, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as JSON; null if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

/// A file of a form: the name of its part, its own name, and its content.
pub type FormFile<'a> = (&'a str, &'a str, &'a [u8]);

/// Sends a form with a file. `headers` are pairs, and so are `fields`.
pub fn http_form(url: &str, headers: &[(&str, &str)], fields: &[(&str, &str)], (part, name, content): FormFile<'_>) -> Reply {
    let mut body = Vec::new();
    for (field, value) in fields {
        body.extend_from_slice(format!("--edge\r\ncontent-disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n").as_bytes());
    }
    let head = format!("--edge\r\ncontent-disposition: form-data; name=\"{part}\"; filename=\"{name}\"\r\n\r\n");
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(content);
    body.extend_from_slice(b"\r\n--edge--\r\n");
    send("POST", url, &[headers, &[("content-type", "multipart/form-data; boundary=edge")]].concat(), Some(body))
}

/// The same for a file whose part is `file`.
pub fn form(url: &str, headers: &[(&str, &str)], fields: &[(&str, &str)], (name, content): (&str, &[u8])) -> Reply {
    http_form(url, headers, fields, ("file", name, content))
}

/// Sends one request. `headers` are pairs; `body` is sent as JSON.
pub fn http(method: &str, url: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Reply {
    let json = [("content-type", "application/json")];
    let headers = if body.is_some() { [headers, &json].concat() } else { headers.to_vec() };
    send(method, url, &headers, body.map(|body| body.to_string().into_bytes()))
}

/// Sends one request with these bytes as its body.
pub fn send(method: &str, url: &str, headers: &[(&str, &str)], body: Option<Vec<u8>>) -> Reply {
    RUNTIME.block_on(async {
        let mut request = CLIENT.request(method.parse().unwrap(), url);
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
        let headers = answer.headers().clone();
        Reply { status, content_type, headers, length, body: answer.bytes().await.unwrap().to_vec() }
    })
}
