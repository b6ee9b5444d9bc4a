//! Bodies that arrive: taken in whole before their request takes a place, and no more bytes of them than there is room for.

use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::{Body, Bytes, HttpBody as _};

use super::connections::Network;

/// Bytes of every body that are not counted: whatever a phone sends each day is smaller.
const FREE_BYTES: usize = 16 * 1024;
/// Most bytes of all bodies together, besides those: sixty-four of the largest, three hundred usual pictures.
const BYTES_MAX: usize = 64 << 20;
/// Most of those of one network.
const NETWORK_BYTES_MAX: usize = BYTES_MAX / 4;

/// Why a body was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotTaken {
    /// It is larger than its path allows, or broke off.
    TooLarge,
    /// There is no room for it now.
    NoRoom,
}

#[derive(Default)]
struct Held {
    bytes: usize,
    /// Of each network that holds some.
    of: HashMap<Option<Network>, usize>,
}

/// The room for bodies.
#[derive(Clone, Default)]
pub(super) struct Arriving(Arc<Mutex<Held>>);

impl Arriving {
    fn held(&self) -> MutexGuard<'_, Held> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in a body of at most so many bytes. What it takes up is given back when the room is dropped.
    pub(super) async fn whole(
        &self,
        mut body: Body,
        bytes_max: usize,
        network: Option<Network>,
    ) -> Result<(Bytes, Room), NotTaken> {
        let mut room = Room {
            arriving: self.clone(),
            network,
            bytes: 0,
        };
        let (mut first, mut rest) = (Bytes::new(), Vec::new());
        loop {
            let frame = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await;
            let Some(frame) = frame else { break };
            let Ok(data) = frame.map_err(|_| NotTaken::TooLarge)?.into_data() else {
                continue;
            };
            let bytes = first.len() + rest.len() + data.len();
            if bytes > bytes_max {
                return Err(NotTaken::TooLarge);
            }
            room.grow_to(bytes.saturating_sub(FREE_BYTES))?;
            if first.is_empty() && rest.is_empty() {
                first = data;
            } else {
                // Only what comes in pieces is copied.
                rest.extend_from_slice(&std::mem::take(&mut first));
                rest.extend_from_slice(&data);
            }
        }
        let whole = if rest.is_empty() { first } else { rest.into() };
        Ok((whole, room))
    }
}

/// The room that one body takes up.
pub(super) struct Room {
    arriving: Arriving,
    network: Option<Network>,
    bytes: usize,
}

impl Room {
    fn grow_to(&mut self, bytes: usize) -> Result<(), NotTaken> {
        let more = bytes.saturating_sub(self.bytes);
        if more == 0 {
            return Ok(());
        }
        let mut held = self.arriving.held();
        let of_network = held.of.get(&self.network).copied().unwrap_or_default();
        if held.bytes + more > BYTES_MAX || of_network + more > NETWORK_BYTES_MAX {
            return Err(NotTaken::NoRoom);
        }
        held.bytes += more;
        held.of.insert(self.network, of_network + more);
        self.bytes = bytes;
        Ok(())
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if self.bytes == 0 {
            return;
        }
        let mut held = self.arriving.held();
        held.bytes -= self.bytes;
        if let Some(of_network) = held.of.get_mut(&self.network) {
            *of_network -= self.bytes;
            if *of_network == 0 {
                held.of.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    async fn taken(arriving: &Arriving, bytes: usize, last: u8) -> Result<(Bytes, Room), NotTaken> {
        let body = Body::from(vec![7; bytes]);
        let network = Network::of([192, 0, 2, last].into());
        arriving.whole(body, 1 << 20, Some(network)).await
    }

    #[tokio::test]
    async fn there_is_room_for_so_many_bytes_and_for_a_quarter_of_them_of_one_network() {
        let arriving = Arriving::default();
        let mut rooms = Vec::new();
        for last in 1..=4 {
            let counted = (1 << 20) - FREE_BYTES;
            for _ in 0..NETWORK_BYTES_MAX / counted {
                rooms.push(taken(&arriving, 1 << 20, last).await.unwrap());
            }
            assert_eq!(
                taken(&arriving, 1 << 20, last).await.err(),
                Some(NotTaken::NoRoom)
            );
        }
        // What is small comes in all the same.
        let (bytes, _room) = taken(&arriving, FREE_BYTES, 1).await.unwrap();
        assert_eq!(bytes.len(), FREE_BYTES);
        assert!(arriving.held().bytes <= BYTES_MAX);
        rooms.clear();
        let held = arriving.held();
        assert_eq!((held.bytes, held.of.len()), (0, 0));
    }

    #[tokio::test]
    async fn a_body_that_is_refused_takes_up_nothing() {
        let arriving = Arriving::default();
        let large = taken(&arriving, (1 << 20) + 1, 1).await;
        assert_eq!(large.err(), Some(NotTaken::TooLarge));
        assert_eq!(arriving.held().bytes, 0);
    }

    #[tokio::test]
    async fn what_comes_in_pieces_is_put_together() {
        let arriving = Arriving::default();
        let pieces = [&b"a"[..], b"", b"bc", b"d"].map(|piece| Ok::<_, std::io::Error>(Bytes::from(piece)));
        let body = Body::from_stream(tokio_stream::iter(pieces));
        let (bytes, _room) = arriving.whole(body, 4, None).await.unwrap();
        assert_eq!(&*bytes, b"abcd");
    }
}
