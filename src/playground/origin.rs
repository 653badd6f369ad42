//! Checks that a request comes from this machine.
//!
//! A page of another site can reach a server on loopback through its own host name, if that name resolves to 127.0.0.1. The browser then
//! sends that name. So a request must name this machine wherever it names a host: in `Host`, in an absolute request target, and in
//! `Origin`.

use std::net::IpAddr;

use axum::http::{
    HeaderMap, StatusCode, Uri,
    header::{HOST, ORIGIN},
    uri::Authority,
};

use super::{BASE_PATH, Refusal};
use crate::api::{Endpoint, links::StreamMedia};

/// Refuses a request that names a host other than this machine. Any page may show the media behind a signed address, as it may with those of a
/// cloud: the address is the credential, and the page cannot read what it shows.
pub fn check(target: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
    let refuse = |code, message| Err(Refusal::new(StatusCode::FORBIDDEN, code, message));
    let mut hosts = headers.get_all(HOST).iter();
    let host_is_local = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().is_ok_and(is_local_authority),
        // HTTP/1.1 requires exactly one.
        _ => false,
    };
    // An absolute target (`GET http://host/path`) also names the host. Servers must trust it more than `Host`.
    let target_is_local =
        target.authority().is_none_or(|authority| is_local_authority(authority.as_str())) && target.scheme_str().is_none_or(is_web);
    if !host_is_local || !target_is_local {
        return refuse("host_not_allowed", "The playground answers only requests that name this machine: localhost or a loopback address.");
    }
    let shows_media = target.path().strip_prefix(BASE_PATH) == Some(StreamMedia::PATH);
    if !shows_media && !headers.get_all(ORIGIN).iter().all(|origin| origin.to_str().is_ok_and(is_local_origin)) {
        return refuse("origin_not_allowed", "The playground refuses what pages of other machines send.");
    }
    Ok(())
}

/// Whether an authority (`host`, `host:port`, `[address]:port`) names this machine.
fn is_local_authority(text: &str) -> bool {
    let Ok(authority) = text.parse::<Authority>() else { return false };
    let host = authority.host();
    // The part before the host is a user's name and password. No server here wants them.
    let Some(rest) = authority.as_str().strip_prefix(host) else { return false };
    is_port(rest) && is_local_host(host)
}

/// Whether this text may follow the host in an authority: nothing, or a port.
fn is_port(text: &str) -> bool {
    match text.strip_prefix(':') {
        // The port may be empty.
        Some(digits) => digits.is_empty() || digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<u16>().is_ok(),
        None => text.is_empty(),
    }
}

fn is_local_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return address.parse().is_ok_and(|address: std::net::Ipv6Addr| address.to_canonical().is_loopback());
    }
    // A dot at the end means that the name is complete.
    let name = host.strip_suffix('.').unwrap_or(host);
    name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(|address: IpAddr| address.is_ipv4() && address.is_loopback())
}

fn is_local_origin(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, authority)| is_web(scheme) && is_local_authority(authority))
}

fn is_web(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(target: &str, hosts: &[&str], origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(HOST, host.parse().unwrap());
        }
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        check(&target.parse().unwrap(), &headers).is_ok()
    }

    const LOCAL: [&str; 11] = [
        "127.0.0.1:80",
        "localhost",
        "LOCALHOST:7",
        "localhost.",
        "localhost.:65535",
        "localhost:",
        "[::1]:9",
        "[::1]",
        "[::ffff:127.0.0.1]:1",
        "127.0.0.2",
        "127.0.0.1.",
    ];
    const FOREIGN: [&str; 26] = [
        "example.org",
        "127.0.0.1.example.org",
        "localhost.example.org:1",
        "localhost..",
        ".localhost",
        "10.0.0.1",
        "0.0.0.0",
        "[::]",
        "[fe80::1]",
        "[::ffff:10.0.0.1]",
        "::1",
        "[::1",
        "[::1]x",
        "",
        "user@localhost",
        "user:word@127.0.0.1:80",
        "localhost@example.org",
        "example.org:80@localhost",
        "localhost:80:80",
        "localhost:65536",
        "localhost:+80",
        "localhost:0x50",
        "localhost#.example.org",
        "localhost?.example.org",
        "x/@localhost",
        "127.1",
    ];

    #[test]
    fn only_authorities_of_this_machine_pass() {
        for host in LOCAL {
            assert!(passes("/api/v2/usage", &[host], None), "{host}");
        }
        for host in FOREIGN {
            assert!(!passes("/api/v2/usage", &[host], None), "{host}");
        }
        assert!(!passes("/", &[], None));
        assert!(!passes("/", &["localhost", "localhost"], None));
    }

    #[test]
    fn an_absolute_target_must_name_this_machine_too() {
        assert!(passes("http://127.0.0.1:80/api/v2/usage", &["127.0.0.1:80"], None));
        for target in ["http://example.org/", "http://user@localhost/", "http://localhost.example.org:80/x", "ftp://localhost/"] {
            assert!(!passes(target, &["localhost"], None), "{target}");
        }
        assert!(!passes("http://localhost/", &["example.org"], None));
        assert!(!passes("http://localhost/", &[], None));
    }

    #[test]
    fn any_page_shows_the_media_behind_a_signed_address() {
        for origin in ["null", "https://example.org"] {
            assert!(passes("/api/v2/media/stream?token=x", &["localhost"], Some(origin)));
            for other in ["/api/v2/media/stream/x", "/media/stream", "/api/v2/videos/x?/api/v2/media/stream", "/api/v2//media/stream"] {
                assert!(!passes(other, &["localhost"], Some(origin)), "{other}");
            }
        }
        assert!(!passes("/api/v2/media/stream?token=x", &["example.org"], None), "but only under a name of this machine");
    }

    #[test]
    fn only_pages_of_this_machine_pass() {
        for (origin, expected) in [
            ("http://localhost:5173", true),
            ("https://127.0.0.1", true),
            ("http://[::1]:3000", true),
            ("HTTP://LOCALHOST", true),
            ("null", false),
            ("https://example.org", false),
            ("file://localhost", false),
            ("http://localhost/", false),
            ("http://user@localhost", false),
            ("localhost", false),
        ] {
            assert_eq!(passes("/", &["localhost"], Some(origin)), expected, "{origin}");
        }
    }
}
