//! Places for requests: so many at once, and of one network no more than its share.
//!
//! Who waits for a place of its network's share waits before those of all, so that a network that is full of slow bodies
//! keeps nobody else waiting.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::connections::Network;

/// The share of one network that somebody holds or waits for.
struct Share {
    free: Arc<Semaphore>,
    people: usize,
}

/// Places.
pub(super) struct Places {
    free: Semaphore,
    /// Most of one network; `None` without such a limit.
    share: Option<usize>,
    networks: Mutex<HashMap<Network, Share>>,
}

impl Places {
    /// So many, for whoever comes.
    pub(super) fn new(all: usize) -> Self {
        Self {
            free: Semaphore::new(all),
            share: None,
            networks: Mutex::default(),
        }
    }

    /// So many, and so many of one network.
    pub(super) fn shared(all: usize, share: usize) -> Self {
        Self {
            share: Some(share),
            ..Self::new(all)
        }
    }

    /// Waits for a place, which is given back when it is dropped.
    pub(super) async fn one(&self, network: Option<Network>) -> Place<'_> {
        let of_network = match (network, self.share) {
            (Some(network), Some(share)) => Some(self.of_network(network, share).await),
            _ => None,
        };
        // None of these is ever closed. A place that is free is taken without asking for a turn.
        let place = match self.free.try_acquire() {
            Ok(place) => Some(place),
            Err(_) => self.free.acquire().await.ok(),
        };
        Place {
            _place: place,
            _of_network: of_network,
        }
    }

    async fn of_network(&self, network: Network, share: usize) -> OfNetwork<'_> {
        let free = {
            let mut networks = self.networks();
            let shared = networks.entry(network).or_insert_with(|| Share {
                free: Arc::new(Semaphore::new(share)),
                people: 0,
            });
            shared.people += 1;
            Arc::clone(&shared.free)
        };
        // From here on it is counted, also while it waits and if it goes away.
        let mut held = OfNetwork {
            places: self,
            network,
            place: None,
        };
        held.place = free.acquire_owned().await.ok();
        held
    }

    fn networks(&self) -> MutexGuard<'_, HashMap<Network, Share>> {
        // Nothing panics while it is held.
        self.networks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place.
pub(super) struct Place<'a> {
    _place: Option<SemaphorePermit<'a>>,
    _of_network: Option<OfNetwork<'a>>,
}

/// A place of a network's share, or the wait for one.
struct OfNetwork<'a> {
    places: &'a Places,
    network: Network,
    place: Option<tokio::sync::OwnedSemaphorePermit>,
}

impl Drop for OfNetwork<'_> {
    fn drop(&mut self) {
        drop(self.place.take());
        let mut networks = self.places.networks();
        if let Some(share) = networks.get_mut(&self.network) {
            share.people -= 1;
            if share.people == 0 {
                networks.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::pin::pin;

    use super::*;

    async fn one(places: &Places, network: u8) -> Place<'_> {
        places.one(Some(Network::of([192, 0, 2, network].into()))).await
    }

    /// Whether it is given at once.
    async fn at_once<T>(wait: impl Future<Output = T>) -> Option<T> {
        let mut wait = pin!(wait);
        tokio::select! {
            biased;
            got = &mut wait => Some(got),
            () = std::future::ready(()) => None,
        }
    }

    #[tokio::test]
    async fn a_network_that_has_its_share_waits_and_the_others_do_not() {
        let places = Places::shared(8, 2);
        let first = one(&places, 1).await;
        let _second = one(&places, 1).await;
        let mut third = Box::pin(one(&places, 1));
        assert!(at_once(&mut third).await.is_none());
        let mut others = Vec::new();
        for last in 2..=4 {
            others.push(at_once(one(&places, last)).await.unwrap());
            others.push(at_once(one(&places, last)).await.unwrap());
        }
        // All eight are taken; who waits for its share has none of them.
        assert!(at_once(one(&places, 5)).await.is_none());
        drop(others);
        assert!(at_once(&mut third).await.is_none());
        drop(first);
        assert!(at_once(&mut third).await.is_some());
    }

    #[tokio::test]
    async fn who_goes_away_while_waiting_takes_no_place_and_is_forgotten() {
        let places = Places::shared(8, 1);
        let held = one(&places, 1).await;
        {
            let mut waits = Box::pin(one(&places, 1));
            assert!(at_once(&mut waits).await.is_none());
        }
        drop(held);
        assert!(places.networks().is_empty());
        assert!(at_once(one(&places, 1)).await.is_some());
    }

    #[tokio::test]
    async fn without_shares_any_network_may_have_all() {
        let places = Places::new(2);
        let _both = (one(&places, 1).await, one(&places, 1).await);
        assert!(at_once(places.one(None)).await.is_none());
    }
}
