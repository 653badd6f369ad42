//! This machine, by the address that is connected to.
//!
//! `localhost` and the names below it are this machine's by convention only: a file of hosts or a name server may say otherwise, and the
//! key would go there without encryption. So names of that kind are resolved here, and only addresses of this machine are handed on. The
//! connection is made to these very addresses; nothing asks again in between.

use std::net::{IpAddr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// A resolver that knows this machine alone.
pub(super) struct OnlyThisMachine;

impl Resolve for OnlyThisMachine {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(Box::new(only_this_machine(found)?.into_iter()) as Addrs)
        })
    }
}

/// The addresses of this machine among those of a name.
pub(super) fn only_this_machine(found: impl IntoIterator<Item = SocketAddr>) -> Result<Vec<SocketAddr>, &'static str> {
    let local: Vec<_> = found.into_iter().filter(|address| is_this_machine(address.ip())).collect();
    if local.is_empty() { Err("the name does not belong to this machine, so nothing is sent there without encryption") } else { Ok(local) }
}

/// Whether packets to an address stay on this machine: `127.0.0.0/8` and `::1`, also as IPv6 writes the former. The address `0.0.0.0`
/// is not one to connect to: what it means differs between systems.
pub(super) fn is_this_machine(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_machine_are_handed_on() {
        let at = |text: &str| SocketAddr::new(text.parse().unwrap(), 0);
        for text in ["127.0.0.1", "127.9.8.7", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(only_this_machine([at("192.0.2.1"), at(text), at("2001:db8::1")]), Ok(vec![at(text)]), "{text}");
        }
        for text in ["0.0.0.0", "::", "10.0.0.1", "192.168.0.1", "169.254.1.1", "8.8.8.8", "::ffff:10.0.0.1", "::127.0.0.1", "fe80::1"] {
            assert!(only_this_machine([at(text)]).is_err(), "{text}");
        }
        assert!(only_this_machine([]).is_err());
    }
}
