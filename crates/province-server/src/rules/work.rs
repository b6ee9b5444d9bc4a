//! Work that goes on whatever becomes of the request that asked for it, within bounds.
//!
//! Who closes a connection drops the request's future. Work in a thread is not stopped by that, so its place is given
//! back by the work itself; and an enrolment that has begun is brought to its end, so that its count is right.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A number of places.
#[derive(Clone, Debug)]
pub(super) struct Places {
    free: Arc<Semaphore>,
    all: u32,
}

impl Places {
    pub(super) fn new(all: u32) -> Self {
        Self {
            free: Arc::new(Semaphore::new(all as usize)),
            all,
        }
    }

    /// One for each processor.
    pub(super) fn processors() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self::new(u32::try_from(processors).unwrap_or(1))
    }

    /// Waits for a place. `None` never comes: these semaphores are not closed.
    pub(super) async fn one(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.free).acquire_owned().await.ok()
    }

    /// A place, if one is free.
    pub(super) fn one_at_once(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.free).try_acquire_owned().ok()
    }

    /// Waits until every place is free.
    pub(super) async fn all_free(&self) {
        drop(self.free.acquire_many(self.all).await);
    }

    /// Does `work` in a thread of its own, in a place. `None` if it panicked.
    pub(super) async fn in_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let place = self.one().await;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(place);
            done
        });
        done.await.ok()
    }

    /// Does `work` to its end, in a place, whether or not anybody waits for it. `None` if it panicked.
    pub(super) async fn to_its_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let place = self.one().await;
        let done = tokio::spawn(async move {
            let done = work.await;
            drop(place);
            done
        });
        done.await.ok()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn work_in_a_thread_keeps_its_place_when_nobody_waits_for_it() {
        let places = Places::new(1);
        let (go_on, wait) = mpsc::channel::<()>();
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let asking = tokio::spawn({
            let places = places.clone();
            async move {
                let work = move || {
                    begun.send(()).unwrap();
                    wait.recv().unwrap();
                };
                places.in_thread(work).await
            }
        });
        has_begun.await.unwrap();
        asking.abort();
        assert!(asking.await.unwrap_err().is_cancelled());
        assert_eq!(places.free.available_permits(), 0, "the thread is still at work");
        go_on.send(()).unwrap();
        assert_eq!(places.in_thread(|| 7).await, Some(7));
        assert_eq!(places.free.available_permits(), 1);
    }

    #[tokio::test]
    async fn a_panic_gives_its_place_back() {
        let places = Places::new(1);
        assert_eq!(places.in_thread(|| assert!(places_are_few())).await, None);
        assert_eq!(places.to_its_end(async { assert!(places_are_few()) }).await, None);
        places.all_free().await;
    }

    fn places_are_few() -> bool {
        false
    }
}
