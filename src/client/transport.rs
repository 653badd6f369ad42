//! The HTTP client underneath: connections, TLS and proxies.

use std::time::Duration;

use reqwest::{ClientBuilder, redirect};
use tokio::sync::OnceCell;

use super::retry::CONNECT;
use crate::key::BaseUrl;

/// How this program names itself.
const USER_AGENT: &str = concat!("videosearch-mcp/", env!("CARGO_PKG_VERSION"));

/// Makes the client on first use: setting up TLS reads the system's certificates, which a server that is only asked for its tools should
/// not wait for.
pub(super) struct Transport {
    base: BaseUrl,
    connections: usize,
    client: OnceCell<Result<reqwest::Client, String>>,
}

impl Transport {
    pub(super) fn new(base: BaseUrl, connections: usize) -> Self {
        Self { base, connections, client: OnceCell::new() }
    }

    pub(super) async fn client(&self) -> Result<&reqwest::Client, String> {
        let made = self.client.get_or_init(|| async {
            let builder = for_base(&self.base, self.connections);
            if !self.base.is_https() {
                return build(builder);
            }
            // Reading certificates takes milliseconds of file access, in which other calls should go on.
            tokio::task::spawn_blocking(move || build(builder)).await.unwrap_or_else(|error| Err(error.to_string()))
        });
        made.await.as_ref().map_err(Clone::clone)
    }
}

fn for_base(base: &BaseUrl, connections: usize) -> ClientBuilder {
    let mut builder = hardened().pool_max_idle_per_host(connections).pool_idle_timeout(Duration::from_mins(1));
    if base.is_loopback() {
        builder = builder.no_proxy();
    }
    if !base.is_https() {
        builder = builder.tls_certs_only([]);
    }
    builder
}

/// What holds for every request of this program.
pub(super) fn hardened() -> ClientBuilder {
    // reqwest takes the process's provider; where there is one already, it is this one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .redirect(redirect::Policy::none())
        .referer(false)
        .connect_timeout(CONNECT)
        .tcp_nodelay(true)
}

pub(super) fn build(builder: ClientBuilder) -> Result<reqwest::Client, String> {
    builder.build().map_err(|error| causes(&error))
}

/// An error's innermost two causes, which name what really failed; never the URL.
pub(super) fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let chain: Vec<String> = std::iter::successors(error.source(), |cause| cause.source()).map(ToString::to_string).collect();
    let mut said: Vec<&str> = Vec::new();
    for text in chain.iter().rev() {
        if said.len() < 2 && !said.iter().any(|inner| text.contains(inner) || inner.contains(text.as_str())) {
            said.push(text);
        }
    }
    said.reverse();
    if said.is_empty() { "for no stated reason".into() } else { said.join(": ") }
}
