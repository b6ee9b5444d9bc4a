//! Letting signed requests in: each once, and each with what the province knows of its device.
//!
//! Requests that come at the same time are looked at together, in two statements for all of them: one notes them, one
//! finds whose they are. When thousands of phones come back at once, that is what the database has to do for each.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use province_api::problem::ProblemCode;
use province_api::signature::{Proven, Signer};
use tokio::sync::oneshot;

use super::answered::Asked;
use super::rates::Who;
use super::{Fault, Province, Refusal};
use crate::sealed::PersonId;
use crate::store::person::{self, Known};
use crate::store::seen::{self, Request};
use crate::store::{Store, StoreError, device};

/// Most requests that are looked at together.
const TOGETHER: usize = 64;

/// What the province knows of a request's device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// It is the device of this person.
    Of(Known),
    /// Nobody has enrolled with it.
    New,
    /// Another one took over what this person had enrolled with it.
    Replaced(PersonId),
}

/// A signed request that was looked at: whether it is the first of its kind, and whose device sent it.
#[derive(Debug)]
pub struct Arrived {
    is_new: bool,
    device: Device,
}

impl Arrived {
    /// The citizen whose device it is or was.
    pub const fn person(&self) -> Option<PersonId> {
        match self.device {
            Device::Of(Known { id, .. }) | Device::Replaced(id) => Some(id),
            Device::New => None,
        }
    }
}

/// A request that waits to be let in.
struct Waiting {
    request: Request,
    reply: oneshot::Sender<Result<(bool, Device), Arc<StoreError>>>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// Whether somebody is at work on it.
    at_work: bool,
}

/// The requests that wait to be let in.
#[derive(Default)]
pub(super) struct Admission(Mutex<Queue>);

impl std::fmt::Debug for Admission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Admission(..)")
    }
}

impl Admission {
    /// Whether this request is the first of its kind, and whose device it came from.
    async fn look(self: &Arc<Self>, store: &Store, request: Request) -> Result<(bool, Device), Fault> {
        let (reply, answer) = oneshot::channel();
        let begins = {
            let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            queue.waiting.push_back(Waiting { request, reply });
            !std::mem::replace(&mut queue.at_work, true)
        };
        if begins {
            let store = store.clone();
            self.begin(move |requests| {
                let store = store.clone();
                async move { look_at(&store, &requests).await }
            });
        }
        match answer.await {
            Ok(Ok(known)) => Ok(known),
            Ok(Err(error)) => Err(Fault::Shared(error)),
            Err(_) => Err(Fault::BrokenOff),
        }
    }

    /// Lets in what waits, to its end, whatever becomes of the request that began it: others wait for it. If that panics,
    /// those that were looked at are told nothing and ask again; the rest is gone on with.
    fn begin<F>(self: &Arc<Self>, look: impl Fn(Vec<Request>) -> F + Clone + Send + Sync + 'static)
    where
        F: Future<Output = Result<Vec<(bool, Device)>, StoreError>> + Send,
    {
        let admission = Arc::clone(self);
        tokio::spawn(async move {
            loop {
                let (admission, look) = (Arc::clone(&admission), look.clone());
                let worked = tokio::spawn(async move { admission.work(look).await }).await;
                if !worked.is_err_and(|ended| ended.is_panic()) {
                    return;
                }
            }
        });
    }

    /// Lets in what waits, until nothing does.
    async fn work<F>(&self, look: impl Fn(Vec<Request>) -> F)
    where
        F: Future<Output = Result<Vec<(bool, Device)>, StoreError>>,
    {
        loop {
            let now: Vec<Waiting> = {
                let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                let count = queue.waiting.len().min(TOGETHER);
                if count == 0 {
                    queue.at_work = false;
                    return;
                }
                queue.waiting.drain(..count).collect()
            };
            match look(now.iter().map(|one| one.request).collect()).await {
                Ok(known) => {
                    for (waiting, known) in now.into_iter().zip(known) {
                        // Who no longer waits is not told.
                        let _ = waiting.reply.send(Ok(known));
                    }
                }
                Err(error) => {
                    let error = Arc::new(error);
                    for waiting in now {
                        let _ = waiting.reply.send(Err(Arc::clone(&error)));
                    }
                }
            }
        }
    }
}

/// Notes these requests and finds their devices, in their order.
async fn look_at(store: &Store, requests: &[Request]) -> Result<Vec<(bool, Device)>, StoreError> {
    let mut keys: Vec<[u8; 32]> = requests.iter().map(|one| one.device_key).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut db = store.passing().await?;
    let mut new: HashSet<Request> = seen::add_all(&mut db, requests).await?.into_iter().collect();
    let people: HashMap<[u8; 32], Known> = person::known(&mut db, &keys).await?.into_iter().collect();
    keys.retain(|key| !people.contains_key(key));
    let replaced: HashMap<[u8; 32], PersonId> = if keys.is_empty() {
        HashMap::new()
    } else {
        device::replaced(&mut db, &keys).await?.into_iter().collect()
    };
    let of = |key: &[u8; 32]| match (replaced.get(key), people.get(key)) {
        (Some(person), _) => Device::Replaced(*person),
        (None, Some(known)) => Device::Of(*known),
        (None, None) => Device::New,
    };
    // Of two that are the same the first is new.
    Ok(requests
        .iter()
        .map(|one| (new.remove(one), of(&one.device_key)))
        .collect())
}

impl Province {
    /// Looks at a signed request of a wallet: it is noted, so that a copy is none of its kind.
    ///
    /// # Errors
    /// [`Refusal::Fault`].
    pub async fn look_at(&self, proven: &Proven) -> Result<Arrived, Refusal> {
        let request = Request {
            device_key: proven.key,
            nonce: proven.nonce,
            until: proven.expires,
        };
        let (is_new, device) = self.admission.look(self.store(), request).await?;
        Ok(Arrived { is_new, device })
    }

    /// Lets it in: not of a device that no longer serves, and not a copy of one that came before. A phone that has no answer
    /// signs the same write anew, under its idempotency key; what somebody else kept of it gets none. Gives what is known of
    /// the device.
    ///
    /// # Errors
    /// [`ProblemCode::RateLimited`], [`ProblemCode::DeviceReplaced`], [`ProblemCode::WalletDisabled`],
    /// [`ProblemCode::RequestReplayed`], [`Refusal::Fault`].
    pub fn admit(&self, asked: &Asked, Arrived { is_new, device }: Arrived) -> Result<Device, Refusal> {
        // A copy of what a phone sent takes nothing from its limit. Keys that enrolled nobody are as many as anybody likes.
        if is_new && device != Device::New {
            self.spend(Who::Key(Signer::Device, *asked.by.as_bytes()), 1)?;
        }
        match device {
            Device::Replaced(_) => return Err(ProblemCode::DeviceReplaced.into()),
            Device::Of(person) if person.is_disabled => return Err(ProblemCode::WalletDisabled.into()),
            Device::Of(_) | Device::New => {}
        }
        if is_new {
            Ok(device)
        } else {
            Err(ProblemCode::RequestReplayed.into())
        }
    }

    /// Lets a request of a counter or a system in, once.
    ///
    /// # Errors
    /// [`ProblemCode::RequestReplayed`], [`Refusal::Fault`].
    pub(super) async fn admit_once(&self, proven: &Proven) -> Result<(), Refusal> {
        let Arrived { is_new, .. } = self.look_at(proven).await?;
        if is_new {
            Ok(())
        } else {
            Err(ProblemCode::RequestReplayed.into())
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;

    fn request(device: u8, nonce: u8) -> Request {
        Request {
            device_key: [device; 32],
            nonce: [nonce; 16],
            until: 1_000,
        }
    }

    #[tokio::test]
    async fn of_many_at_once_each_is_let_in_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(&folder.path().into()).await.unwrap();
        let admission = Arc::new(Admission::default());
        // Three times as many as are looked at together, and each of them three times.
        let asked: Vec<_> = (0..TOGETHER * 9)
            .map(|n| u8::try_from(n % (TOGETHER * 3)).unwrap())
            .map(|n| {
                let (admission, store) = (Arc::clone(&admission), store.clone());
                tokio::spawn(async move { (n, admission.look(&store, request(n / 8, n)).await.unwrap()) })
            })
            .collect();
        let mut times = [0; TOGETHER * 3];
        for one in asked {
            let (n, (is_new, device)) = one.await.unwrap();
            assert_eq!(device, Device::New);
            times[usize::from(n)] += usize::from(is_new);
        }
        assert!(times.iter().all(|times| *times == 1), "{times:?}");
        // Nothing waits, and the next is let in all the same.
        assert!(admission.look(&store, request(200, 0)).await.unwrap().0);
    }

    #[tokio::test]
    async fn who_goes_away_leaves_the_others_their_answers() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(&folder.path().into()).await.unwrap();
        let admission = Arc::new(Admission::default());
        let ask = |n| {
            let (admission, store) = (Arc::clone(&admission), store.clone());
            tokio::spawn(async move { admission.look(&store, request(n, n)).await.unwrap().0 })
        };
        let (first, second) = (ask(1), ask(2));
        first.abort();
        assert!(second.await.unwrap());
        assert!(ask(3).await.unwrap());
    }

    #[tokio::test]
    async fn when_the_database_is_gone_all_are_told_and_nobody_waits_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(&folder.path().into()).await.unwrap();
        store.close().await;
        let admission = Arc::new(Admission::default());
        for n in 0..3 {
            assert!(admission.look(&store, request(n, n)).await.is_err());
        }
    }

    #[tokio::test]
    async fn a_panic_costs_those_that_were_looked_at_an_answer_and_nobody_else() {
        let admission = Arc::new(Admission::default());
        let ask = |n| {
            let (reply, answer) = oneshot::channel();
            let request = request(n, n);
            let mut queue = admission.0.lock().unwrap();
            queue.at_work = true;
            queue.waiting.push_back(Waiting { request, reply });
            answer
        };
        let first: Vec<_> = (0..64).map(ask).collect();
        let rest: Vec<_> = (64..70).map(ask).collect();
        admission.begin(|requests: Vec<Request>| async move {
            assert_ne!(requests[0].nonce, [0; 16], "the first that are looked at");
            Ok(vec![(true, Device::New); requests.len()])
        });
        for answer in first {
            assert!(answer.await.is_err());
        }
        for answer in rest {
            assert_eq!(answer.await.unwrap().unwrap(), (true, Device::New));
        }
    }
}
