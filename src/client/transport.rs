//! The HTTP client underneath: connections, TLS and proxies.

use std::{
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};

use reqwest::{ClientBuilder, redirect};
use tokio::{sync::Mutex, task::JoinHandle, time::timeout};

use super::{local::OnlyThisMachine, proxy::Choice, retry::CONNECT};
use crate::key::BaseUrl;

/// How this program names itself.
const USER_AGENT: &str = concat!("videosearch-mcp/", env!("CARGO_PKG_VERSION"));
/// How long a set-up is waited for. Certificates lie in files, and files can lie on disks that do not answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// The most bytes of a file of certificates. The largest that systems come with has 250 KB.
const MAX_CERTIFICATES: u64 = 16 << 20;

/// A client that is made on first use: setting up TLS reads the system's certificates, which a server that is only asked for its tools
/// should not wait for.
pub(super) struct Transport {
    make: Arc<dyn Fn() -> Result<reqwest::Client, String> + Send + Sync>,
    made: OnceLock<reqwest::Client>,
    /// The set-up under way. Whoever waits for it may stop waiting, and the next one waits for the same.
    making: Mutex<Option<JoinHandle<Result<reqwest::Client, String>>>>,
}

impl Transport {
    /// For requests to the API.
    pub(super) fn new(base: BaseUrl, connections: usize) -> Self {
        Self::by(move || build(for_base(&base, connections)?, base.is_https()))
    }

    /// For whatever this makes.
    pub(super) fn by(make: impl Fn() -> Result<reqwest::Client, String> + Send + Sync + 'static) -> Self {
        Self { make: Arc::new(make), made: OnceLock::new(), making: Mutex::default() }
    }

    /// The client. A set-up that failed is tried again at the next call: the file that was missing may be there by then.
    pub(super) async fn client(&self) -> Result<&reqwest::Client, String> {
        if let Some(client) = self.made.get() {
            return Ok(client);
        }
        let setting_up = async {
            let mut making = self.making.lock().await;
            if let Some(client) = self.made.get() {
                return Ok(client);
            }
            let task = making.get_or_insert_with(|| {
                let make = Arc::clone(&self.make);
                // Reading certificates takes milliseconds of file access, in which other calls should go on.
                tokio::task::spawn_blocking(move || make())
            });
            let made = task.await;
            *making = None;
            let client = made.map_err(|error| error.to_string())??;
            Ok(self.made.get_or_init(|| client))
        };
        timeout(PATIENCE, setting_up).await.unwrap_or_else(|_| Err("the certificates could not be read in time".into()))
    }
}

fn for_base(base: &BaseUrl, connections: usize) -> Result<ClientBuilder, String> {
    let mut builder = hardened().pool_max_idle_per_host(connections).pool_idle_timeout(Duration::from_mins(1)).no_proxy();
    if let Some(proxy) = Choice::of(base).proxy().map_err(|error| causes(&error))? {
        builder = builder.proxy(proxy);
    }
    if base.is_loopback() {
        builder = builder.dns_resolver(OnlyThisMachine);
    }
    if !base.is_https() {
        builder = builder.tls_certs_only([]);
    }
    Ok(builder)
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

/// Makes a client, with the system's certificates if it is to speak TLS.
pub(super) fn build(builder: ClientBuilder, tls: bool) -> Result<reqwest::Client, String> {
    if tls && let Some(file) = std::env::var_os("SSL_CERT_FILE") {
        check_certificates(Path::new(&file))?;
    }
    builder.build().map_err(|error| causes(&error))
}

/// Opening a pipe would wait for somebody who writes, and a device may never end. A file that is not there is left to the library, which
/// may know other certificates.
fn check_certificates(file: &Path) -> Result<(), String> {
    match std::fs::metadata(file) {
        Ok(found) if !found.is_file() => Err("SSL_CERT_FILE names something that is no regular file".into()),
        Ok(found) if found.len() > MAX_CERTIFICATES => {
            Err(format!("SSL_CERT_FILE names a file of more than {} MiB", MAX_CERTIFICATES >> 20))
        }
        _ => Ok(()),
    }
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
