//! Who holds a place among the connections, and who gives one up when places run out.
//!
//! A connection waits (for a request, or for its caller to read an answer) or is asked: a handler works for it, which has an
//! end. Only who waits may be sent away, only when places run out, and the longest waiting first: of the network that holds
//! the most places, so that one that is full of idle connections costs others nothing, and else of all.
//!
//! Until places run out a network may hold any number: mobile carriers put thousands of phones behind one address. Rejected:
//! a number that always holds, which turned such phones away while most places were free.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::metrics::ConnectionCounts;
use crate::rules::rates::Who;

/// Where a caller is: an IPv4 address, or the first 64 bits of an IPv6 address, of which one caller has many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::http) struct Network(u128);

impl Network {
    /// As whom its requests are counted.
    pub(in crate::http) const fn who(self) -> Who {
        Who::Network(self.0)
    }

    /// As whom what proved nothing is counted.
    pub(in crate::http) const fn guesses(self) -> Who {
        Who::Guesses(self.0)
    }

    pub(in crate::http) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(u128::from(u32::from(address))),
            IpAddr::V6(address) => Self(u128::from(address) >> 64 << 64),
        }
    }
}

/// What a connection does. Every request changes it twice, so that it takes no lock; who holds a place is locked only for the
/// callers of a proxy, and when connections come and go.
#[derive(Default)]
struct Seat {
    /// Since which turn it waits; [`ASKED`] or [`SENT_AWAY`].
    waits_since: AtomicU64,
    leave: Notify,
}

/// A handler works for the connection.
const ASKED: u64 = 0;
/// The connection is to end.
const SENT_AWAY: u64 = u64::MAX;

/// A connection that has a place.
struct Held {
    /// Whose place it is: the caller's, or a proxy's while it asks for nobody.
    network: Network,
    seat: Arc<Seat>,
}

impl Held {
    /// Since when it waits, if it does.
    fn waits_since(&self) -> Option<u64> {
        let turn = self.seat.waits_since.load(Ordering::SeqCst);
        (turn != ASKED && turn != SENT_AWAY).then_some(turn)
    }
}

#[derive(Default)]
struct Places {
    held: HashMap<u64, Held>,
    of_network: HashMap<Network, usize>,
}

/// All connections of a service.
pub(super) struct Crowd {
    places: Mutex<Places>,
    places_max: usize,
    of_network_max: usize,
    /// Counts what happens: a clock that cannot be set.
    turn: AtomicU64,
    /// How many look for a place, and told when one may be had.
    looking: AtomicUsize,
    freed: Notify,
    counts: Arc<ConnectionCounts>,
}

/// A place among the connections, given back when it is dropped.
pub(super) struct Place {
    crowd: Arc<Crowd>,
    number: u64,
    /// Where the connection comes from.
    network: Network,
    /// Whether it is held by another network: that of a caller for whom a proxy asks.
    is_lent: AtomicBool,
    seat: Arc<Seat>,
}

/// Somebody who looks for a place.
struct Looking<'a>(&'a Crowd);

impl Drop for Looking<'_> {
    fn drop(&mut self) {
        self.0.looking.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Crowd {
    pub(super) fn new(places_max: usize, of_network_max: usize, counts: Arc<ConnectionCounts>) -> Arc<Self> {
        Arc::new(Self {
            places: Mutex::default(),
            places_max: places_max.max(1),
            of_network_max: of_network_max.max(1),
            turn: AtomicU64::new(ASKED),
            looking: AtomicUsize::new(0),
            freed: Notify::new(),
            counts,
        })
    }

    /// A place for a caller at this address; waits while all are asked. `None`: no place is free, this caller's network has
    /// as many as it may have then, and all of them are asked.
    pub(super) async fn place(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let network = Network::of(address);
        // Before it looks: whoever waits again after that tells it.
        self.looking.fetch_add(1, Ordering::SeqCst);
        let _looking = Looking(self);
        loop {
            let freed = self.freed.notified();
            if self.places().held.len() < self.places_max {
                return Some(self.take(network));
            }
            if self.places().is_full_of(network, self.of_network_max) {
                if self.send_away(Some(network)) {
                    return Some(self.take(network));
                }
                self.counts.turned_away.fetch_add(1, Ordering::Relaxed);
                return None;
            }
            if self.send_away(None) {
                return Some(self.take(network));
            }
            freed.await;
        }
    }

    /// Sends the longest waiting away: of the network that holds the most places, and else of all.
    pub(super) fn make_room(&self) {
        self.send_away(None);
    }

    /// Sends the longest waiting away, of this network or, with none named, of the largest before all others; says whether
    /// there was one.
    fn send_away(&self, network: Option<Network>) -> bool {
        let mut places = self.places();
        let largest = || places.of_network.iter().max_by_key(|(_, held)| **held);
        let first = network.or_else(|| largest().map(|(network, _)| *network));
        let found = match (first.and_then(|first| places.claim(Some(first))), network) {
            (None, None) => places.claim(None),
            (found, _) => found,
        };
        let leaves = found.and_then(|number| places.remove(number));
        if let Some(held) = &leaves {
            held.seat.leave.notify_one();
            self.counts.turned_away.fetch_add(1, Ordering::Relaxed);
        }
        leaves.is_some()
    }

    fn take(self: &Arc<Self>, network: Network) -> Place {
        let number = self.next_turn();
        let seat = Arc::new(Seat::default());
        seat.waits_since.store(number, Ordering::SeqCst);
        let held = Held {
            network,
            seat: Arc::clone(&seat),
        };
        let mut places = self.places();
        places.held.insert(number, held);
        places.count(network);
        self.counts
            .held
            .store(places.held.len() as u64, Ordering::Relaxed);
        Place {
            crowd: Arc::clone(self),
            number,
            network,
            is_lent: AtomicBool::new(false),
            seat,
        }
    }

    /// The first is 1.
    fn next_turn(&self) -> u64 {
        self.turn.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        // Nothing panics while it is held.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells who looks for a place that one may be had.
    fn tell(&self) {
        if self.looking.load(Ordering::SeqCst) > 0 {
            self.freed.notify_one();
        }
    }
}

impl Places {
    fn is_full_of(&self, network: Network, most: usize) -> bool {
        self.of_network.get(&network).is_some_and(|held| *held >= most)
    }

    /// The longest waiting, which is asked nothing any more from here on.
    fn claim(&self, of: Option<Network>) -> Option<u64> {
        loop {
            let (since, number, held) = self
                .held
                .iter()
                .filter(|(_, held)| of.is_none_or(|network| held.network == network))
                .filter_map(|(number, held)| Some((held.waits_since()?, *number, held)))
                .min_by_key(|(since, ..)| *since)?;
            let waits = &held.seat.waits_since;
            // One that is asked just now stays, and another is looked for.
            if waits
                .compare_exchange(since, SENT_AWAY, Ordering::SeqCst, Ordering::SeqCst)
                .is_ok()
            {
                return Some(number);
            }
        }
    }

    fn remove(&mut self, number: u64) -> Option<Held> {
        let held = self.held.remove(&number)?;
        self.count_no_more(held.network);
        Some(held)
    }

    fn count(&mut self, network: Network) {
        *self.of_network.entry(network).or_insert(0) += 1;
    }

    fn count_no_more(&mut self, network: Network) {
        if let Some(count) = self.of_network.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                self.of_network.remove(&network);
            }
        }
    }
}

impl Place {
    /// Ends when this connection is to give its place up.
    pub(super) async fn given_up(&self) {
        self.seat.leave.notified().await;
    }

    /// A handler is to work for a caller at this address. `false`: the connection was sent away a moment ago, and nothing
    /// is begun for it.
    pub(super) fn asked(&self, caller: IpAddr) -> bool {
        if !self.set(ASKED) {
            return false;
        }
        let network = Network::of(caller);
        if network != self.network {
            self.is_lent.store(true, Ordering::Relaxed);
            self.hold_as(network);
        }
        true
    }

    /// It waits again.
    pub(super) fn waits(&self) {
        if self.is_lent.swap(false, Ordering::Relaxed) {
            self.hold_as(self.network);
        }
        if self.set(self.crowd.next_turn()) {
            self.crowd.tell();
        }
    }

    /// Who was sent away stays so: `false`.
    fn set(&self, turn: u64) -> bool {
        let seat = &self.seat.waits_since;
        seat.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |before| {
            (before != SENT_AWAY).then_some(turn)
        })
        .is_ok()
    }

    fn hold_as(&self, network: Network) {
        let mut places = self.crowd.places();
        let Some(held) = places.held.get_mut(&self.number) else {
            return;
        };
        let before = std::mem::replace(&mut held.network, network);
        places.count_no_more(before);
        places.count(network);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.crowd.places();
        places.remove(self.number);
        self.crowd
            .counts
            .held
            .store(places.held.len() as u64, Ordering::Relaxed);
        drop(places);
        self.crowd.tell();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[tokio::test]
    async fn nothing_begins_for_who_was_sent_away_and_who_is_asked_stays() {
        let crowd = Crowd::new(2, 2, Arc::default());
        let (asked, waits) = (crowd.place(HERE).await.unwrap(), crowd.place(HERE).await.unwrap());
        assert!(asked.asked(HERE));
        // One too many: the one that waits goes, though it is asked in the same moment.
        let new = crowd.place(HERE).await.unwrap();
        assert!(!waits.asked(HERE));
        waits.waits();
        assert!(!waits.asked(HERE));
        waits.given_up().await;
        // Both that are left are asked: nobody is sent away, and one of the same network gets no place.
        assert!(new.asked(HERE));
        assert!(crowd.place(HERE).await.is_none());
        asked.waits();
        assert!(crowd.place(HERE).await.is_some());
        assert!(!asked.asked(HERE));
    }

    #[tokio::test]
    async fn who_looks_for_a_place_is_told_of_the_first_that_may_be_had() {
        let crowd = Crowd::new(1, 9, Arc::default());
        let held = crowd.place(HERE).await.unwrap();
        assert!(held.asked(HERE));
        let other = IpAddr::V4(std::net::Ipv4Addr::BROADCAST);
        let looks = tokio::spawn({
            let crowd = Arc::clone(&crowd);
            async move { crowd.place(other).await.is_some() }
        });
        while crowd.looking.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        held.waits();
        assert!(looks.await.unwrap());
        assert!(!held.asked(HERE));
    }
}
