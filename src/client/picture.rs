//! Fetches pictures from links that the API gives: without the key, and from public addresses only.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use reqwest::{
    dns::{Addrs, Name, Resolve, Resolving},
    header::CONTENT_TYPE,
};
use tokio::{sync::Semaphore, time::timeout_at};
use url::{Host, Url};

use super::{
    Client, Deadline,
    transport::{Transport, build, causes, hardened},
};

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
    loopback: bool,
    client: Transport,
    places: Semaphore,
}

impl Pictures {
    /// `loopback` says that the API is on this machine. Then its pictures may be there, too.
    pub(super) fn new(loopback: bool) -> Self {
        // We use no proxy here: it would connect for us, and we could not check the address.
        let make = move || build(hardened().no_proxy().dns_resolver(Checked { loopback }).pool_max_idle_per_host(PLACES), true);
        Self { loopback, client: Transport::by(make), places: Semaphore::new(PLACES) }
    }

    async fn fetch(&self, link: &str, deadline: &Deadline) -> Result<(String, Bytes), PictureError> {
        let url = self.check(link)?;
        let until = deadline.at_most(PATIENCE).instant();
        let fetching = async {
            let _place = self.places.acquire().await.map_err(|error| PictureError::Failed(error.to_string()))?;
            let client = self.client.client().await.map_err(PictureError::Failed)?;
            let mut response = client.get(url).send().await.map_err(|error| PictureError::Failed(causes(&error)))?;
            // The resolver gave only allowed addresses. Here we check the one that we are connected to.
            if !response.remote_addr().is_some_and(|address| allowed(address.ip(), self.loopback)) {
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
        let scheme_fits = url.scheme() == "https" || (url.scheme() == "http" && local && self.loopback);
        let address_fits = address.is_none_or(|address| allowed(address, self.loopback));
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

/// A resolver that gives only allowed addresses.
struct Checked {
    loopback: bool,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let loopback = self.loopback;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let good: Vec<SocketAddr> = found.filter(|address| allowed(address.ip(), loopback)).collect();
            if good.is_empty() {
                return Err("the name has no public address".into());
            }
            Ok(Box::new(good.into_iter()) as Addrs)
        })
    }
}

/// Whether we may connect to an address for a link that came from outside.
fn allowed(address: IpAddr, loopback: bool) -> bool {
    match address {
        address if address.is_loopback() => loopback,
        IpAddr::V4(address) => public_v4(address),
        IpAddr::V6(address) => public_v6(address),
    }
}

/// All but the special-purpose blocks of RFC 6890.
fn public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19)))
}

/// The global unicast block `2000::/3`, without its blocks for special purposes and documentation, and without those that carry an IPv4
/// address (Teredo and 6to4).
fn public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    (first & 0xe000) == 0x2000 && !(first == 0x2001 && (second < 0x0200 || second == 0x0db8)) && first != 0x2002 && first != 0x3fff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_connected_to() {
        for text in [
            "10.0.0.1",
            "172.16.3.4",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.2.1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "2001:db8::1",
            "2001::1",
        ] {
            assert!(!allowed(text.parse().unwrap(), true), "{text}");
        }
        for text in ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "2a00:1450:4001::1"] {
            assert!(allowed(text.parse().unwrap(), false), "{text}");
        }
        for text in ["127.0.0.1", "::1"] {
            assert!(allowed(text.parse().unwrap(), true) && !allowed(text.parse().unwrap(), false), "{text}");
        }
    }

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
