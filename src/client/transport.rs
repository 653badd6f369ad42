//! Makes the reqwest clients: their connections, TLS and proxies.

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
/// How long we wait for a set-up. It reads certificates from files, and a disk may not answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// The most connections that are kept while nobody uses them. Over HTTP many callers share them. If there were fewer than requests under way,
/// connections would be closed and opened all the time.
const MOST_IDLE: usize = 1_024;
/// The most bytes of a file of certificates. The largest that comes with a system has 250 KB.
const MAX_CERTIFICATES: u64 = 16 << 20;

/// A client that is made on first use. To set up TLS, it reads the system's certificates, and a server that only lists its tools should not
/// wait for that.
pub(super) struct Transport {
    make: Arc<dyn Fn() -> Result<reqwest::Client, String> + Send + Sync>,
    made: OnceLock<reqwest::Client>,
    /// The set-up under way. A caller may stop waiting for it. Then the next caller waits for the same one.
    making: Mutex<Option<JoinHandle<Result<reqwest::Client, String>>>>,
}

impl Transport {
    /// A client for requests to the API.
    pub(super) fn new(base: BaseUrl) -> Self {
        Self::by(move || build(for_base(&base)?, base.is_https()))
    }

    /// A client that this function makes.
    pub(super) fn by(make: impl Fn() -> Result<reqwest::Client, String> + Send + Sync + 'static) -> Self {
        Self { make: Arc::new(make), made: OnceLock::new(), making: Mutex::default() }
    }

    /// The client. If the set-up failed, the next call tries it again: a missing file may be there by then.
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
                // It takes milliseconds to read certificates, and other calls should go on meanwhile.
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

fn for_base(base: &BaseUrl) -> Result<ClientBuilder, String> {
    let mut builder = hardened().pool_max_idle_per_host(MOST_IDLE).pool_idle_timeout(Duration::from_mins(1)).no_proxy();
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

/// Settings for each client of this program.
pub(super) fn hardened() -> ClientBuilder {
    // reqwest uses the TLS provider of the process. This fails if there is one already, and that is the same one.
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

/// Refuses a file that we could wait for without end: a pipe without a writer, or a device. A missing file is no error here, since the
/// library may know other certificates.
fn check_certificates(file: &Path) -> Result<(), String> {
    match std::fs::metadata(file) {
        Ok(found) if !found.is_file() => Err("SSL_CERT_FILE names something that is no regular file".into()),
        Ok(found) if found.len() > MAX_CERTIFICATES => {
            Err(format!("SSL_CERT_FILE names a file of more than {} MiB", MAX_CERTIFICATES >> 20))
        }
        _ => Ok(()),
    }
}

/// The two innermost causes of an error. They name what really failed, and never the URL.
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
