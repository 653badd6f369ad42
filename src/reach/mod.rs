//! Addresses that others name: which of them we may connect to, and a resolver that gives no others.
//!
//! A link in an answer of the API and the URL of a webhook come from somebody else. They must not lead into the network that this machine is
//! in. What counts is the address that we connect to, since any name can stand for any address. This folder must not know what is sent or
//! read there. Start with [`Reach`].

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// The addresses that we may connect to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Public addresses.
    Public,
    /// Public addresses and this machine.
    PublicAndLoopback,
    /// This machine.
    Loopback,
}

impl Reach {
    /// Whether we may connect to an address. An IPv4 address in the form of an IPv6 address counts as what it is.
    pub fn allows(self, address: IpAddr) -> bool {
        let public = self != Self::Loopback;
        match address.to_canonical() {
            address if address.is_loopback() => self != Self::Public,
            IpAddr::V4(address) => public && public_v4(address),
            IpAddr::V6(address) => public && public_v6(address),
        }
    }

    /// Whether we may connect to the host of a URL, as far as the URL tells. The resolver decides about names.
    pub fn allows_host_of(self, url: &Url) -> bool {
        match url.host() {
            Some(Host::Ipv4(address)) => self.allows(address.into()),
            Some(Host::Ipv6(address)) => self.allows(address.into()),
            // A name of this machine only is never looked up elsewhere.
            Some(Host::Domain(name)) => self != Self::Loopback || name == "localhost",
            None => false,
        }
    }
}

impl Resolve for Reach {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = *self;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let good: Vec<SocketAddr> = found.filter(|address| reach.allows(address.ip())).collect();
            if good.is_empty() {
                return Err(match reach {
                    Reach::Public => "the name has no public address",
                    Reach::PublicAndLoopback => "the name has neither a public address nor one of this machine",
                    Reach::Loopback => "the name has no address of this machine",
                }
                .into());
            }
            Ok(Box::new(good.into_iter()) as Addrs)
        })
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
    fn private_addresses_are_never_connected_to() {
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
            "::ffff:169.254.169.254",
            "::10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "2001:db8::1",
            "2001::1",
        ] {
            for reach in [Reach::Public, Reach::PublicAndLoopback, Reach::Loopback] {
                assert!(!reach.allows(text.parse().unwrap()), "{text}");
            }
        }
    }

    #[test]
    fn public_and_loopback_addresses_are_kept_apart() {
        for text in ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "2a00:1450:4001::1", "::ffff:8.8.8.8"] {
            let address = text.parse().unwrap();
            assert!(
                Reach::Public.allows(address) && Reach::PublicAndLoopback.allows(address) && !Reach::Loopback.allows(address),
                "{text}"
            );
        }
        for text in ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"] {
            let address = text.parse().unwrap();
            assert!(
                !Reach::Public.allows(address) && Reach::PublicAndLoopback.allows(address) && Reach::Loopback.allows(address),
                "{text}"
            );
        }
    }
}
