//! The connections that are open, and which of them gives up its place when there are too many.
//!
//! Whoever can reach the server can open connections and let them rest. So a connection that rests keeps nobody out: when all places are
//! taken, the one that has rested longest goes, and first of all one that has brought no known caller. Whoever is unknown and sends slowly
//! goes as if they rested. And one address never has all places until callers came on its connections whom we know.

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How many connections one address may hold that have brought no caller. A proxy has one address for all callers, and opens many connections
/// at once, so this is nearly all; the rest is for whoever else asks.
const MOST_OF_ONE: usize = 1_008;
/// How long a connection has rested before it gives up its place. Less would close one whose request is on its way.
const RESTED: Duration = Duration::from_secs(1);
/// How many handles of a connection there are while it rests: that of what serves it, and that which waits for further requests. Each request
/// that is not answered yet has one more.
const AT_REST: usize = 2;

/// The connections of a port.
#[derive(Default)]
pub struct Open(Mutex<Vec<Weak<Connection>>>);

/// What is known of a connection.
pub struct Connection {
    network: IpAddr,
    /// Whether it brought a request.
    began: AtomicBool,
    /// Whether it brought a caller whom we know.
    known: AtomicBool,
    /// Whether somebody whom we do not know is still sending a request that nobody has to wait for.
    dawdles: AtomicBool,
    /// When it was made, or brought its last request, or that one was answered.
    busy_at: Mutex<Instant>,
    /// Cancelled when it is to give up its place.
    pub gives_way: CancellationToken,
}

impl Open {
    /// Counts a connection in. Where all places are taken, or all that its address may have, another one gives up its place. `None` if none
    /// does: then this connection is one too many.
    pub fn enter(&self, address: IpAddr, is_full: bool) -> Option<Arc<Connection>> {
        let entering = Arc::new(Connection::new(address));
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let could_be_crowded = open.len() >= MOST_OF_ONE;
        if is_full || could_be_crowded {
            open.retain(|other| other.strong_count() > 0);
            let others: Vec<Arc<Connection>> = open.iter().filter_map(Weak::upgrade).collect();
            let is_stranger_of_one = |other: &Connection| other.network == entering.network && !other.is_known();
            let is_crowded = others.iter().filter(|other| is_stranger_of_one(other)).count() >= MOST_OF_ONE;
            if is_full || is_crowded {
                let now = Instant::now();
                // The list itself holds one more handle of each.
                let rests = |other: &&Arc<Connection>| {
                    (Arc::strong_count(other) <= AT_REST + 1 || other.dawdles.load(Ordering::Relaxed)) && other.can_give_way(now)
                };
                let may_go = others.iter().filter(|other| !is_crowded || is_stranger_of_one(other)).filter(rests);
                may_go.min_by_key(|other| (other.is_known(), other.busy_at()))?.gives_way.cancel();
            }
        }
        open.push(Arc::downgrade(&entering));
        Some(entering)
    }
}

/// Held as long as a request is not answered.
pub struct UnderWay(pub Arc<Connection>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.is_busy();
    }
}

impl Connection {
    /// A connection from an address, which has brought nothing yet.
    pub fn new(address: IpAddr) -> Self {
        Self {
            network: network(address),
            began: AtomicBool::default(),
            known: AtomicBool::default(),
            dawdles: AtomicBool::default(),
            busy_at: Mutex::new(Instant::now()),
            gives_way: CancellationToken::new(),
        }
    }

    /// Notes that it brings a request.
    pub fn begins(&self) {
        self.began.store(true, Ordering::Relaxed);
        self.is_busy();
    }

    fn is_busy(&self) {
        *self.busy_at.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Notes whether a body is being read from it. While one from somebody whom we do not know is, it may give way.
    pub fn sends(&self, sends: bool) {
        self.dawdles.store(sends && !self.is_known(), Ordering::Relaxed);
    }

    /// Whether it can be closed without a word: nobody whom we know waits for anything on it.
    pub fn is_owed_nothing(&self) -> bool {
        !self.has_begun() || self.dawdles.load(Ordering::Relaxed)
    }

    /// Whether it has brought a request.
    pub fn has_begun(&self) -> bool {
        self.began.load(Ordering::Relaxed)
    }

    /// Notes that it brought a caller whom we know.
    pub fn is_of_caller(&self) {
        self.known.store(true, Ordering::Relaxed);
    }

    /// Whether no request of a connection is under way.
    pub fn rests(self: &Arc<Self>) -> bool {
        Arc::strong_count(self) <= AT_REST
    }

    fn is_known(&self) -> bool {
        self.known.load(Ordering::Relaxed)
    }

    fn busy_at(&self) -> Instant {
        *self.busy_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn can_give_way(&self, now: Instant) -> bool {
        !self.gives_way.is_cancelled() && now.duration_since(self.busy_at()) >= RESTED
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

    const ADDRESSES: [&str; 3] = ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"];

    #[tokio::test(start_paused = true)]
    async fn one_network_holds_a_part_of_all_and_gives_it_back() {
        let open = Open::default();
        let [first, same, other] = ADDRESSES.map(|text| text.parse().unwrap());
        let mut held: Vec<_> = (0..MOST_OF_ONE).map(|_| open.enter(first, false).unwrap()).collect();
        assert!(open.enter(same, false).is_none(), "none has rested");
        assert!(open.enter(other, false).is_some());
        held.pop();
        let again = open.enter(same, false);
        assert!(again.is_some() && open.enter(first, false).is_none());
        held[7].is_of_caller();
        assert!(open.enter(same, false).is_some(), "that of a caller does not count");
        assert_eq!(network("::ffff:192.0.2.1".parse().unwrap()), "192.0.2.1".parse::<IpAddr>().unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn who_rests_longest_gives_way_first_and_strangers_before_callers() {
        let open = Open::default();
        let [first, _, other] = ADDRESSES.map(|text| text.parse().unwrap());
        let [caller, busy, early, late] = [first; 4].map(|address| open.enter(address, false).unwrap());
        caller.is_of_caller();
        let _requests = [Arc::clone(&busy), Arc::clone(&busy)];
        assert!(open.enter(other, true).is_none(), "none has rested");
        tokio::time::advance(RESTED / 2).await;
        late.begins();
        tokio::time::advance(RESTED).await;
        let gone = || [&caller, &busy, &early, &late].map(|connection| connection.gives_way.is_cancelled());
        let _new = open.enter(other, true).unwrap();
        assert_eq!(gone(), [false, false, true, false]);
        let _new = open.enter(other, true).unwrap();
        assert_eq!(gone(), [false, false, true, true]);
        let _new = open.enter(other, true).unwrap();
        assert_eq!(gone(), [true, false, true, true]);
        assert!(open.enter(other, true).is_none(), "a request is under way on the last");
        busy.sends(true);
        assert!(open.enter(other, true).is_some() && busy.gives_way.is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn rest_begins_with_the_answer() {
        let open = Open::default();
        let [first, _, other] = ADDRESSES.map(|text| text.parse().unwrap());
        let [waited, idle] = [first; 2].map(|address| open.enter(address, false).unwrap());
        let request = UnderWay(Arc::clone(&waited));
        tokio::time::advance(RESTED * 20).await;
        drop(request);
        tokio::time::advance(RESTED).await;
        assert!(open.enter(other, true).is_some());
        assert_eq!([&waited, &idle].map(|connection| connection.gives_way.is_cancelled()), [false, true]);
    }
}
