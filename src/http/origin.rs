//! Which hosts and origins a request may name.
//!
//! A page of another site can reach a server through a host name of its own that resolves to the server's address. The browser then sends
//! that name, and the page's origin. So a request must name a host that belongs to this server, and a page must be one that was allowed.
//!
//! An address cannot be made to lead elsewhere as a name can. So the address that a connection came to is always a good host: probes and
//! collectors of metrics name it.

use std::net::{IpAddr, SocketAddr};

use hyper::{
    HeaderMap, Uri,
    header::{HOST, ORIGIN},
    http::uri::Authority,
};

/// The hosts and origins that were allowed by name.
#[derive(Clone, Debug, Default)]
pub struct Allowed {
    hosts: Vec<Named>,
    origins: Vec<(String, Named)>,
}

/// A host, and its port if only that one is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    host: String,
    port: Option<u16>,
}

/// Why a host or an origin cannot be allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AllowedFault {
    /// Not a host.
    #[error("--allow-host: `{0}` is not the whole name of a host, such as mcp.example.org or mcp.example.org:8443")]
    Host(String),
    /// Not an origin.
    #[error("--allow-origin: `{0}` is not an origin such as https://app.example.org")]
    Origin(String),
}

/// What is wrong with where a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// The host.
    Host,
    /// The origin.
    Origin,
}

impl Allowed {
    /// Reads lists of hosts (`name`, `name:port`) and of origins (`https://name`, `https://name:port`).
    pub fn new(hosts: &[String], origins: &[String]) -> Result<Self, AllowedFault> {
        let host = |text: &String| Named::parse(text).filter(Named::can_be).ok_or_else(|| AllowedFault::Host(text.clone()));
        let origin = |text: &String| parse_origin(text).filter(|(_, host)| host.can_be()).ok_or_else(|| AllowedFault::Origin(text.clone()));
        Ok(Self {
            hosts: hosts.iter().map(host).collect::<Result<_, _>>()?,
            origins: origins.iter().map(origin).collect::<Result<_, _>>()?,
        })
    }

    /// Checks the hosts that a request names, and the page that it comes from. `local` is the address that its connection came to.
    pub fn check(&self, target: &Uri, headers: &HeaderMap, local: SocketAddr) -> Result<(), Foreign> {
        let mut hosts = headers.get_all(HOST).iter();
        let host_is_ours = match (hosts.next(), hosts.next()) {
            (Some(host), None) => host.to_str().ok().and_then(Named::parse).is_some_and(|host| self.is_host(&host, local)),
            // HTTP/1.1 requires exactly one.
            _ => false,
        };
        // An absolute target names a host, too, and servers must trust it more than `Host`.
        let target_is_ours =
            target.authority().is_none_or(|authority| Named::parse(authority.as_str()).is_some_and(|host| self.is_host(&host, local)));
        if !host_is_ours || !target_is_ours {
            return Err(Foreign::Host);
        }
        let mut origins = headers.get_all(ORIGIN).iter();
        match (origins.next(), origins.next()) {
            (None, _) => Ok(()),
            (Some(origin), None) if origin.to_str().is_ok_and(|origin| self.is_origin(origin, local)) => Ok(()),
            _ => Err(Foreign::Origin),
        }
    }

    fn is_host(&self, host: &Named, local: SocketAddr) -> bool {
        let listed = self.hosts.iter().any(|allowed| allowed.host == host.host && allowed.port.is_none_or(|port| host.port == Some(port)));
        let is_address = host.address().is_some_and(|address| address == local.ip().to_canonical());
        listed || is_address || (local.ip().to_canonical().is_loopback() && host.is_this_machine())
    }

    fn is_origin(&self, text: &str, local: SocketAddr) -> bool {
        let Some((scheme, origin)) = parse_origin(text) else { return false };
        let port = |named: &Named| named.port.or(if scheme == "https" { Some(443) } else { Some(80) });
        let listed =
            self.origins.iter().any(|(of, allowed)| *of == scheme && allowed.host == origin.host && port(allowed) == port(&origin));
        listed || (local.ip().to_canonical().is_loopback() && origin.is_this_machine())
    }
}

impl Named {
    /// Reads `name`, `name:port`, `address`, `[address]:port`. No user name.
    fn parse(text: &str) -> Option<Self> {
        let authority: Authority = text.parse().ok()?;
        let rest = authority.as_str().strip_prefix(authority.host())?;
        let port = match rest.strip_prefix(':') {
            Some("") => None,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Some(digits.parse().ok()?),
            None if rest.is_empty() => None,
            _ => return None,
        };
        // A dot at the end means that the name is complete.
        let host = authority.host().strip_suffix('.').unwrap_or(authority.host()).to_ascii_lowercase();
        (!host.is_empty()).then_some(Self { host, port })
    }

    /// Whether a request can name it. `*` and other patterns stand for no host here.
    fn can_be(&self) -> bool {
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        self.port != Some(0) && (self.address().is_some() || self.host.split('.').all(is_label))
    }

    fn address(&self) -> Option<IpAddr> {
        let text = self.host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(&self.host);
        text.parse::<IpAddr>().ok().map(|address| address.to_canonical())
    }

    fn is_this_machine(&self) -> bool {
        self.host == "localhost" || self.address().is_some_and(|address| address.is_loopback())
    }
}

/// The scheme and the host of an origin.
fn parse_origin(text: &str) -> Option<(String, Named)> {
    let (scheme, authority) = text.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    matches!(scheme.as_str(), "http" | "https").then_some(())?;
    Some((scheme, Named::parse(authority)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(allowed: &Allowed, local: &str, host: &str, origin: Option<&str>) -> Result<(), Foreign> {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        allowed.check(&"/mcp".parse().unwrap(), &headers, local.parse().unwrap())
    }

    #[test]
    fn hosts_are_those_of_this_machine_those_that_were_named_and_the_address_itself() {
        let named = Allowed::new(&["MCP.example.org".into(), "other.example:8443".into()], &[]).unwrap();
        for (local, host, ours) in [
            ("127.0.0.1:80", "localhost:9", true),
            ("127.0.0.1:80", "127.0.0.1", true),
            ("127.0.0.1:80", "[::1]:80", true),
            ("127.0.0.1:80", "evil.example", false),
            ("127.0.0.1:80", "localhost.evil.example", false),
            ("127.0.0.1:80", "user@localhost", false),
            ("10.1.2.3:80", "localhost", false),
            ("10.1.2.3:80", "10.1.2.3:80", true),
            ("10.1.2.3:80", "10.1.2.4", false),
            ("10.1.2.3:80", "mcp.example.org", true),
            ("10.1.2.3:80", "mcp.example.org.:1", true),
            ("10.1.2.3:80", "other.example:8443", true),
            ("10.1.2.3:80", "other.example", false),
            ("[::ffff:10.1.2.3]:80", "10.1.2.3", true),
            ("[2001:db8::1]:80", "[2001:db8::1]:80", true),
        ] {
            let expected = if ours { Ok(()) } else { Err(Foreign::Host) };
            assert_eq!(verdict(&named, local, host, None), expected, "{host} at {local}");
        }
    }

    #[test]
    fn pages_are_those_of_this_machine_and_those_that_were_named() {
        let named = Allowed::new(&["mcp.example.org".into()], &["https://app.example.org".into()]).unwrap();
        for (local, host, origin, ours) in [
            ("127.0.0.1:80", "localhost", "http://localhost:6274", true),
            ("127.0.0.1:80", "localhost", "https://evil.example", false),
            ("127.0.0.1:80", "localhost", "null", false),
            ("127.0.0.1:80", "localhost", "file://localhost", false),
            ("10.1.2.3:80", "mcp.example.org", "https://app.example.org", true),
            ("10.1.2.3:80", "mcp.example.org", "https://app.example.org:443", true),
            ("10.1.2.3:80", "mcp.example.org", "http://app.example.org", false),
            ("10.1.2.3:80", "mcp.example.org", "https://app.example.org:444", false),
            ("10.1.2.3:80", "mcp.example.org", "http://localhost", false),
        ] {
            let expected = if ours { Ok(()) } else { Err(Foreign::Origin) };
            assert_eq!(verdict(&named, local, host, Some(origin)), expected, "{origin} at {local}");
        }
    }

    #[test]
    fn an_absolute_target_and_a_second_host_are_checked_too() {
        let local = "127.0.0.1:80".parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(HOST, "localhost".parse().unwrap());
        let check = |target: &str, headers: &HeaderMap| Allowed::default().check(&target.parse().unwrap(), headers, local);
        assert_eq!(check("http://127.0.0.1/mcp", &headers), Ok(()));
        assert_eq!(check("http://evil.example/mcp", &headers), Err(Foreign::Host));
        headers.append(HOST, "localhost".parse().unwrap());
        assert_eq!(check("/mcp", &headers), Err(Foreign::Host));
        assert_eq!(check("/mcp", &HeaderMap::new()), Err(Foreign::Host));
    }
}
