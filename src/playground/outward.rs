//! HTTP clients for calls to addresses that somebody else named, as the URL of a webhook.
//!
//! They follow no redirects, use no proxy, and connect to allowed addresses only. Start with [`client`].

use std::{error::Error, sync::Arc, time::Duration};

use reqwest::{Client, redirect};

use crate::reach::Reach;

const USER_AGENT: &str = concat!("videosearch-mcp-playground/", env!("CARGO_PKG_VERSION"));

/// A client that connects to these addresses. Without `secure` it is for http, and reads no certificates. `patience` is for a whole call.
pub async fn client(reach: Reach, secure: bool, patience: Duration) -> Result<Client, String> {
    let make = move || {
        // This fails if there is a provider already, and that is the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(USER_AGENT)
            .redirect(redirect::Policy::none())
            .referer(false)
            // A proxy would connect for us, and we could not check the address.
            .no_proxy()
            .dns_resolver(Arc::new(reach))
            .timeout(patience)
            // Receivers come and go, and a connection that broke meanwhile would count as a failure.
            .pool_max_idle_per_host(0);
        if !secure {
            builder = builder.tls_certs_only([]);
        }
        builder.build().map_err(|error| cause(&error, patience))
    };
    // It takes milliseconds to read certificates, and other requests should go on meanwhile.
    tokio::task::spawn_blocking(make).await.map_err(|error| error.to_string())?
}

/// The innermost cause of an error. It never holds the URL, which may hold a secret.
pub fn cause(error: &reqwest::Error, patience: Duration) -> String {
    if error.is_timeout() {
        return late(patience);
    }
    let mut innermost: &dyn Error = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    if innermost.is::<reqwest::Error>() { "the request failed".to_owned() } else { plain(&innermost.to_string()) }
}

/// A cause without the number that the operating system gives to it.
fn plain(cause: &str) -> String {
    cause.split(" (os error ").next().unwrap_or_default().to_owned()
}

/// What to say of an answer that does not come.
pub fn late(patience: Duration) -> String {
    format!("no answer within {} s", patience.as_secs())
}
