//! Fetches pictures from links that the API gives: without the key, and from public addresses only.

use std::{net::IpAddr, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use reqwest::header::CONTENT_TYPE;
use tokio::{sync::Semaphore, time::timeout_at};
use url::{Host, Url};

use super::{
    Client, Deadline,
    transport::{Transport, build, causes, hardened},
};
use crate::reach::Reach;

/// The most bytes of a picture.
const MAX_BYTES: usize = 4 << 20;
/// How long a picture may take.
const PATIENCE: Duration = Duration::from_secs(8);
/// How many pictures may be under way at once.
const PLACES: usize = 4;

/// Why a picture could not be fetched. No text here holds the link, whose query may be a signature.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The link may not be followed.
    #[error("the link is not an https link to a public address")]
    Forbidden,
    /// The link answered with this status, which is not 200.
    #[error("the link answered {0}")]
    Status(u16),
    /// Larger than 4 MiB.
    #[error("the picture is larger than 4 MiB")]
    TooLarge,
    /// Not in time.
    #[error("the picture did not arrive in time")]
    Timeout,
    /// The connection failed.
    #[error("the picture could not be fetched: {0}")]
    Failed(String),
}

/// The HTTP client for pictures. It is made on first use.
pub(super) struct Pictures {
    reach: Reach,
    client: Transport,
    places: Semaphore,
}

impl Pictures {
    /// `loopback` says that the API is on this machine. Then its pictures may be there, too.
    pub(super) fn new(loopback: bool) -> Self {
        let reach = if loopback { Reach::PublicAndLoopback } else { Reach::Public };
        // We use no proxy here: it would connect for us, and we could not check the address.
        let make = move || build(hardened().no_proxy().dns_resolver(Arc::new(reach)).pool_max_idle_per_host(PLACES), true);
        Self { reach, client: Transport::by(make), places: Semaphore::new(PLACES) }
    }

    async fn fetch(&self, link: &str, deadline: &Deadline) -> Result<(String, Bytes), PictureError> {
        let url = self.check(link)?;
        let until = deadline.at_most(PATIENCE).instant();
        let fetching = async {
            let _place = self.places.acquire().await.map_err(|error| PictureError::Failed(error.to_string()))?;
            let client = self.client.client().await.map_err(PictureError::Failed)?;
            let mut response = client.get(url).send().await.map_err(|error| PictureError::Failed(causes(&error)))?;
            // The resolver gave only allowed addresses. Here we check the one that we are connected to.
            if !response.remote_addr().is_some_and(|address| self.reach.allows(address.ip())) {
                return Err(PictureError::Forbidden);
            }
            if response.status().as_u16() != 200 {
                return Err(PictureError::Status(response.status().as_u16()));
            }
            if response.content_length().is_some_and(|length| length > MAX_BYTES as u64) {
                return Err(PictureError::TooLarge);
            }
            let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned();
            let mut body = BytesMut::new();
            while let Some(chunk) = response.chunk().await.map_err(|error| PictureError::Failed(causes(&error)))? {
                if body.len() + chunk.len() > MAX_BYTES {
                    return Err(PictureError::TooLarge);
                }
                body.extend_from_slice(&chunk);
            }
            Ok((kind, body.freeze()))
        };
        timeout_at(until, fetching).await.map_err(|_| PictureError::Timeout)?
    }

    /// Checks a link. An address in a link is never resolved, so we check it here. We check the addresses of a host name when it is
    /// resolved.
    fn check(&self, link: &str) -> Result<Url, PictureError> {
        let url = Url::parse(link).map_err(|_| PictureError::Forbidden)?;
        let address = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) => None,
            None => return Err(PictureError::Forbidden),
        };
        let local = address.is_some_and(|address| address.is_loopback()) || url.host_str() == Some("localhost");
        let scheme_fits = url.scheme() == "https" || (url.scheme() == "http" && local && self.reach != Reach::Public);
        let address_fits = self.reach.allows_host_of(&url);
        let bare = url.username().is_empty() && url.password().is_none();
        if scheme_fits && address_fits && bare { Ok(url) } else { Err(PictureError::Forbidden) }
    }
}

impl Client {
    /// Fetches a picture by a link from the API's data. Returns its media type as sent, and its content.
    ///
    /// The request carries no key and follows no redirect. The link must be an https link to a public address. If the API is on this
    /// machine, a link to this machine is allowed, too.
    pub async fn picture(&self, link: &str, deadline: &Deadline) -> Result<(String, Bytes), PictureError> {
        self.pictures.fetch(link, deadline).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_https_unless_all_is_on_this_machine() {
        let ok = |link: &str, loopback| Pictures::new(loopback).check(link).is_ok();
        assert!(ok("https://cdn.example.com/a.jpg?sig=1", false));
        assert!(ok("http://127.0.0.1:9/a.jpg", true) && ok("http://localhost:9/a.jpg", true));
        for link in [
            "http://cdn.example.com/a.jpg",
            "http://127.0.0.1/a",
            "https://127.0.0.1/a",
            "https://169.254.169.254/latest",
            "https://[::1]/a",
            "https://u:p@cdn.example.com/a",
            "file:///etc/passwd",
            "ftp://x/y",
            "data:image/png;base64,AA",
            "nonsense",
            "https://2130706433/a",
        ] {
            assert!(!ok(link, false), "{link}");
        }
        assert!(!ok("http://cdn.example.com/a.jpg", true));
    }
}
