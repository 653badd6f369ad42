//! Makes sure that a connection to a local name stays on this machine.
//!
//! `localhost` and the names below it mean this machine by convention only. A hosts file or a name server may say otherwise, and then the
//! key would go to another machine without encryption. So we resolve these names here and use only addresses of this machine. The
//! connection goes to exactly these addresses, since nothing resolves the name again.

use std::net::{IpAddr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// A resolver that gives only addresses of this machine.
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

/// Whether packets to an address stay on this machine. That is so for `127.0.0.0/8`, also in its IPv6 form, and for `::1`. We do not
/// connect to `0.0.0.0`, since its meaning differs between systems.
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
