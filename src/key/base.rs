//! The one place a key may be sent to.

use std::{fmt, net::IpAddr, sync::Arc};

use url::{Host, Url};

/// The longest origin of a redirect that we show. Host names have at most 253 characters.
const MAX_ORIGIN: usize = 300;

/// The base URL of the API. It is https, or plain http on this machine. It has no credentials, query or fragment, and no slash at its end.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl {
    url: Arc<Url>,
    loopback: bool,
}

/// Why a text is not a base URL. It repeats nothing of the text, which may contain a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// Not a URL at all, or one without a host.
    #[error("it is not an absolute URL such as https://api.vectormethods.com/api/v2")]
    Malformed,
    /// Plain HTTP, or another scheme, to another machine.
    #[error("it must begin with https:// (plain http:// is allowed for this machine only), since the API key is sent there")]
    Insecure,
    /// A user name or password.
    #[error("it must not contain a user name or password")]
    Credentials,
    /// A query or fragment.
    #[error("it must not contain a query or fragment")]
    Query,
}

impl BaseUrl {
    /// The API's public address.
    pub const DEFAULT: &'static str = "https://api.vectormethods.com/api/v2";

    /// Checks a text.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let url = Url::parse(text.trim()).map_err(|_| BaseUrlError::Malformed)?;
        let host = url.host().ok_or(BaseUrlError::Malformed)?;
        let loopback = is_loopback(&host);
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            _ => return Err(BaseUrlError::Insecure),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BaseUrlError::Credentials);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(BaseUrlError::Query);
        }
        Ok(Self { url: Arc::new(url), loopback })
    }

    /// The normalised text, to which a path is appended.
    pub fn as_str(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    /// Scheme, host and port, as browsers write them.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// The URL of a path below this one, with its query if it has one. The base is not parsed again, which would take longer than all the rest
    /// of building a request.
    pub fn below(&self, target: &str) -> Url {
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let mut url = Url::clone(&self.url);
        url.set_path(&[self.url.path().trim_end_matches('/'), path].concat());
        url.set_query(query);
        url
    }

    /// Where a redirect from this URL leads, without its path and query, which may hold secrets. `None` if that is too long to be shown.
    pub fn origin_of(&self, location: &str) -> Option<String> {
        let target = self.url.join(location).ok()?;
        Some(target.origin().ascii_serialization()).filter(|origin| origin.len() <= MAX_ORIGIN)
    }

    /// Whether the host names this machine. A name may have another address, so the code that connects checks the address, too.
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// Whether requests to it are encrypted.
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => IpAddr::V4(*address).is_loopback(),
        Host::Ipv6(address) => address.to_canonical().is_loopback(),
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_appended() {
        for base in ["http://127.0.0.1:9", "http://127.0.0.1:9/api/v2", "https://example.com/a%20b/"] {
            let base = BaseUrl::parse(base).unwrap();
            for target in ["/indexes", "/indexes/a%2Fb/search?q=%3F?&limit=1", "/x/..%2Fy?", "/caf%C3%A9"] {
                assert_eq!(base.below(target).as_str(), format!("{base}{target}"));
            }
        }
    }

    #[test]
    fn only_https_or_this_machine() {
        for (text, expect) in [
            ("https://api.vectormethods.com/api/v2//", Ok("https://api.vectormethods.com/api/v2")),
            (" http://127.0.0.1:8080/ ", Ok("http://127.0.0.1:8080")),
            ("http://localhost/x", Ok("http://localhost/x")),
            ("http://[::1]:9/", Ok("http://[::1]:9")),
            ("http://[::ffff:127.0.0.1]:9/", Ok("http://[::ffff:7f00:1]:9")),
            ("http://127.1/", Ok("http://127.0.0.1")),
            ("http://0.0.0.0/", Err(BaseUrlError::Insecure)),
            ("http://[::]/", Err(BaseUrlError::Insecure)),
            ("http://localhost.example.com/", Err(BaseUrlError::Insecure)),
            ("http://notlocalhost/", Err(BaseUrlError::Insecure)),
            ("HTTPS://Example.com", Ok("https://example.com")),
            ("http://example.com", Err(BaseUrlError::Insecure)),
            ("http://localhost.example.com", Err(BaseUrlError::Insecure)),
            ("http://192.168.0.1", Err(BaseUrlError::Insecure)),
            ("file:///etc/passwd", Err(BaseUrlError::Malformed)),
            ("ftp://127.0.0.1/", Err(BaseUrlError::Insecure)),
            ("https://u:p@example.com", Err(BaseUrlError::Credentials)),
            ("https://example.com?a=b", Err(BaseUrlError::Query)),
            ("https://example.com/#x", Err(BaseUrlError::Query)),
            ("example.com", Err(BaseUrlError::Malformed)),
            ("", Err(BaseUrlError::Malformed)),
        ] {
            assert_eq!(BaseUrl::parse(text).as_ref().map(BaseUrl::as_str), expect.as_ref().copied(), "{text}");
        }
    }
}
