//! How many connections each address holds that have brought no caller yet.
//!
//! Whoever can reach the server can open connections and send nothing. So one address never has all connections that there are, until
//! callers came on them whom we know.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How many connections one address may hold that have brought no caller. A proxy has one address for all callers, and opens many connections
/// at once, so this is nearly all; the rest is for whoever else asks.
const MOST_OF_ONE: usize = 1_008;

/// The addresses that hold such connections.
#[derive(Default)]
pub struct Peers(Mutex<HashMap<IpAddr, usize>>);

/// A connection that has brought no caller. Dropping it counts it out.
pub struct Stranger {
    peers: Arc<Peers>,
    network: IpAddr,
}

impl Peers {
    /// Counts a connection in. `None` if its address holds too many.
    pub fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Stranger> {
        let network = network(address);
        let mut counts = self.counts();
        let count = counts.entry(network).or_default();
        if *count >= MOST_OF_ONE {
            return None;
        }
        *count += 1;
        drop(counts);
        Some(Stranger { peers: Arc::clone(self), network })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let mut counts = self.peers.counts();
        if let Some(count) = counts.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.network);
            }
        }
    }
}

/// The address, or the network of one household, since that has all of its addresses.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_network_holds_a_part_of_all_and_gives_it_back() {
        let peers = Arc::new(Peers::default());
        let [first, same, other] = ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"].map(|text| text.parse().unwrap());
        let mut held: Vec<_> = (0..MOST_OF_ONE).map(|_| peers.enter(first).unwrap()).collect();
        assert!(peers.enter(same).is_none());
        assert!(peers.enter(other).is_some());
        held.pop();
        let again = peers.enter(same);
        assert!(again.is_some() && peers.enter(first).is_none());
        drop((held, again));
        assert!(peers.counts().is_empty());
        assert_eq!(network("::ffff:192.0.2.1".parse().unwrap()), "192.0.2.1".parse::<IpAddr>().unwrap());
    }
}
