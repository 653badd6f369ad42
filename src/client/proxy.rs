//! Finds the proxy that the environment names for the API.
//!
//! The client takes its proxy only from here, and [`check_route`](super::check_route()) reports the same choice. We do not let reqwest read
//! the variables: it silently ignores a value with a blank or a line end around it.

use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

use super::{Peer, Route};
use crate::key::BaseUrl;

/// The variables that name a proxy for https. In each pair, the first that is set counts, even if it is empty. Of the pairs, the first that
/// names a proxy counts.
const VARIABLES: [[&str; 2]; 2] = [["HTTPS_PROXY", "https_proxy"], ["ALL_PROXY", "all_proxy"]];
/// The variables that name the hosts to reach without a proxy. The first that is set counts.
const EXCEPTIONS: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// What the variables mean for one base URL.
pub(super) struct Choice {
    /// The way to the API, to be shown: without passwords.
    pub(super) route: Route,
    /// The address of the proxy, with user name and password. `None` if no proxy is used.
    address: Option<String>,
}

impl Choice {
    /// Chooses by the environment of this process.
    pub(super) fn of(base: &BaseUrl) -> Self {
        Self::among(base, |name| std::env::var(name).ok())
    }

    /// Chooses by variables that the caller looks up.
    fn among(base: &BaseUrl, look_up: impl Fn(&str) -> Option<String>) -> Self {
        let bare = |route| Self { route, address: None };
        if base.is_loopback() {
            return bare(Route::Loopback);
        }
        let first = |names: &[&'static str]| {
            let found = names.iter().find_map(|name| Some((*name, look_up(name)?)));
            found.map(|(name, value)| (name, trimmed(&value).to_owned())).filter(|(_, value)| !value.is_empty())
        };
        let named: Vec<_> = VARIABLES.iter().filter_map(|pair| first(pair)).collect();
        let Some((unreadable, _)) = named.first() else { return bare(Route::Direct) };
        let Some((variable, address, peer)) = named.iter().find_map(|(name, value)| Some((*name, value, proxy(base, value, "")?))) else {
            return bare(Route::Unreadable { variable: unreadable });
        };
        let exceptions = first(&EXCEPTIONS).map(|(_, value)| value).unwrap_or_default();
        if proxy(base, address, &exceptions).is_none() {
            return bare(Route::Excepted { variable });
        }
        Self { route: Route::Proxy { variable, peer }, address: Some(address.clone()) }
    }

    /// The proxy for reqwest; `None` if there is none.
    pub(super) fn proxy(&self) -> reqwest::Result<Option<reqwest::Proxy>> {
        let Some(address) = &self.address else { return Ok(None) };
        let address = if address.contains("://") { address.clone() } else { format!("http://{address}") };
        reqwest::Proxy::all(address).map(Some)
    }
}

/// A value without the white space and quotes that shells and files of variables leave around it.
fn trimmed(value: &str) -> &str {
    value.trim().trim_matches(['"', '\'']).trim()
}

/// The host and port of the proxy at this address. `None` if it is not the address of a proxy, or if the API's host is one of the
/// exceptions.
fn proxy(base: &BaseUrl, address: &str, exceptions: &str) -> Option<Peer> {
    let matcher = Matcher::builder().all(address.to_owned()).no(exceptions.to_owned()).build();
    Peer::of(&matcher.intercept(&base.as_str().parse().ok()?)?.uri().to_string())
}

impl Peer {
    /// The host and port that a URL names.
    pub(super) fn of(url: &str) -> Option<Self> {
        let url = Url::parse(url).ok()?;
        let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']').to_owned();
        // A proxy without a port listens at the port of its scheme. For SOCKS that is 1080.
        let port = url.port_or_known_default().or_else(|| url.scheme().starts_with("socks").then_some(1080))?;
        Some(Self { host, port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(variables: &[(&str, &str)]) -> String {
        let base = BaseUrl::parse("https://api.example.com/api/v2").unwrap();
        let look_up = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        let choice = Choice::among(&base, look_up);
        let used = choice.proxy().unwrap().is_some();
        match choice.route {
            Route::Proxy { variable, peer } if used => format!("{variable} {} {}", peer.host, peer.port),
            other if !used => format!("{other:?}"),
            other => panic!("{other:?} is used"),
        }
    }

    #[test]
    fn values_are_used_whatever_stands_around_them() {
        for value in
            ["http://p.example:3128", " http://p.example:3128", "http://p.example:3128\r", "\t'http://p.example:3128' \n", "p.example:3128"]
        {
            assert_eq!(chosen(&[("HTTPS_PROXY", value)]), "HTTPS_PROXY p.example 3128", "{value:?}");
        }
        assert_eq!(chosen(&[("all_proxy", "socks5h://user:p%40ss@p.example \r\n")]), "all_proxy p.example 1080");
        assert_eq!(chosen(&[("https_proxy", "socks5://[::1]:9050")]), "https_proxy ::1 9050");
        assert_eq!(chosen(&[("ALL_PROXY", "https://p.example")]), "ALL_PROXY p.example 443");
    }

    #[test]
    fn the_first_that_names_a_proxy_counts_unless_the_host_is_excepted() {
        let good = "http://p.example:1";
        assert_eq!(chosen(&[]), "Direct");
        assert_eq!(chosen(&[("HTTPS_PROXY", " \r"), ("https_proxy", good)]), "Direct");
        assert_eq!(chosen(&[("HTTPS_PROXY", ""), ("ALL_PROXY", good)]), "ALL_PROXY p.example 1");
        assert_eq!(chosen(&[("HTTPS_PROXY", "gopher://x"), ("ALL_PROXY", good)]), "ALL_PROXY p.example 1");
        assert_eq!(chosen(&[("HTTPS_PROXY", "gopher://x")]), "Unreadable { variable: \"HTTPS_PROXY\" }");
        for exceptions in ["example.com", " .example.com\r", "x, api.example.com ,y", "*"] {
            let route = chosen(&[("HTTPS_PROXY", good), ("NO_PROXY", exceptions)]);
            assert_eq!(route, "Excepted { variable: \"HTTPS_PROXY\" }", "{exceptions:?}");
        }
        assert_eq!(chosen(&[("HTTPS_PROXY", good), ("no_proxy", "other.example")]), "HTTPS_PROXY p.example 1");
    }
}
