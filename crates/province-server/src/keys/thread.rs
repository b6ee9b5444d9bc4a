//! A thread for a device that may never answer: whoever asks it waits for so long, and no longer.
//!
//! A call into a maker's library cannot be broken off, so none is made on a thread that serves anybody. One thread makes them,
//! one after another; who asks takes a place in a line of fixed length, and waits for the answer for a time of its own. When
//! nothing moved for the whole of that time the device hangs: nobody waits for it any more, until the call that it hangs in
//! comes back by itself.
//! Rejected: a thread for each call, which would hang too, each with its memory, and without an end to their number.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::runtime::{Handle, RuntimeFlavor};

/// Most questions that wait in line. Each keeps a thread of the runtime waiting, of which there are 512 besides its own.
const LINE_MAX: usize = 128;

/// How long the end of the program waits for a device that does not hang to be closed in order.
const CLOSING: Duration = Duration::from_secs(2);

/// The turn at which a device that always answered hangs.
const NEVER: u64 = u64::MAX;

/// The device has not answered in time, or too many wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoAnswer;

type Question<D> = Box<dyn FnOnce(&mut D) + Send>;

/// A device and the thread that alone speaks with it.
pub(super) struct DeviceThread<D> {
    /// None only while it is dropped.
    line: Option<SyncSender<Question<D>>>,
    standing: Arc<Standing>,
    /// Gives an error when the thread has ended.
    ended: Mutex<Receiver<()>>,
}

/// How far the thread is. It hangs while both are the same.
#[derive(Debug)]
struct Standing {
    /// Questions that are done with.
    turns: AtomicU64,
    /// How many were when somebody waited a whole time for nothing.
    hung_at: AtomicU64,
}

impl Standing {
    fn turns(&self) -> u64 {
        self.turns.load(Ordering::Acquire)
    }

    fn hangs(&self) -> bool {
        self.hung_at.load(Ordering::Acquire) == self.turns()
    }

    /// Somebody waited from this turn on, for a whole time.
    fn waited_from(&self, turn: u64) {
        if self.turns() == turn {
            self.hung_at.store(turn, Ordering::Release);
        }
    }

    /// The next question's turn. Whoever is answered finds it said.
    fn next_turn(&self) {
        self.turns.fetch_add(1, Ordering::AcqRel);
    }
}

impl<D: Send + 'static> DeviceThread<D> {
    /// Begins one.
    ///
    /// # Errors
    /// [`std::io::Error`] if the machine has no thread left.
    pub(super) fn begin(mut device: D) -> std::io::Result<Self> {
        let (line, questions) = mpsc::sync_channel::<Question<D>>(LINE_MAX);
        let (still_here, ended) = mpsc::channel::<()>();
        thread::Builder::new().name("token".to_owned()).spawn(move || {
            for question in questions {
                question(&mut device);
            }
            drop(device);
            drop(still_here);
        })?;
        Ok(Self {
            line: Some(line),
            standing: Arc::new(Standing {
                turns: AtomicU64::new(0),
                hung_at: AtomicU64::new(NEVER),
            }),
            ended: Mutex::new(ended),
        })
    }

    /// Asks the device, and waits for its answer no longer than this. What nobody waits for any more when its turn comes is not
    /// done.
    pub(super) fn ask<T: Send + 'static>(
        &self,
        limit: Duration,
        what: impl FnOnce(&mut D) -> T + Send + 'static,
    ) -> Result<T, NoAnswer> {
        let turn = self.standing.turns();
        if self.standing.hangs() {
            return Err(NoAnswer);
        }
        let (reply, answer) = mpsc::sync_channel(1);
        let asker = Arc::new(());
        let (waits, standing) = (Arc::downgrade(&asker), Arc::clone(&self.standing));
        let question: Question<D> = Box::new(move |device| {
            // A library that panics does so for whoever asked; the others are answered.
            let said = (waits.strong_count() > 0).then(|| catch_unwind(AssertUnwindSafe(|| what(device))));
            standing.next_turn();
            if let Some(Ok(said)) = said {
                // Perhaps nobody waits any more.
                let _ = reply.send(said);
            }
        });
        let line = self.line.as_ref().ok_or(NoAnswer)?;
        line.try_send(question).map_err(|_| NoAnswer)?;
        waiting(|| answer.recv_timeout(limit)).map_err(|why| {
            if why == RecvTimeoutError::Timeout {
                self.standing.waited_from(turn);
            }
            NoAnswer
        })
    }
}

/// Waits without keeping other requests from the thread that they were on.
fn waiting<T>(what: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(what),
        _ => what(),
    }
}

impl<D> Drop for DeviceThread<D> {
    fn drop(&mut self) {
        self.line = None;
        // The end of the program takes away the library that the thread is in: it closes the device first, if it can.
        if !self.standing.hangs() {
            let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
            let _ = ended.recv_timeout(CLOSING);
        }
    }
}

impl<D> std::fmt::Debug for DeviceThread<D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeviceThread")
            .field("standing", &self.standing)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// So long that a test which waits it out does not end.
    const LONG: Duration = Duration::from_hours(1);
    /// In which a thread begins what it was given, and which a test waits out.
    const SHORT: Duration = Duration::from_secs(1);

    /// What a device was made to do; its end is said.
    struct Counting(u32, Arc<AtomicU64>);

    impl Drop for Counting {
        fn drop(&mut self) {
            self.1.store(1, Ordering::Release);
        }
    }

    fn begun() -> (DeviceThread<Counting>, Arc<AtomicU64>) {
        let closed = Arc::new(AtomicU64::new(0));
        let thread = DeviceThread::begin(Counting(0, Arc::clone(&closed))).unwrap();
        (thread, closed)
    }

    fn count(device: &mut Counting) -> u32 {
        device.0 += 1;
        device.0
    }

    /// A call that comes back when it is told to.
    fn hanging() -> (mpsc::Sender<()>, impl FnOnce(&mut Counting) -> u32 + Send) {
        let (go_on, wait) = mpsc::channel();
        (go_on, move |device: &mut Counting| {
            let _ = wait.recv();
            count(device)
        })
    }

    #[test]
    fn nobody_waits_for_a_device_that_hangs_and_one_that_comes_back_is_asked_again() {
        let (thread, _) = begun();
        assert_eq!(thread.ask(LONG, count), Ok(1));
        let (go_on, call) = hanging();
        assert_eq!(thread.ask(SHORT, call), Err(NoAnswer));
        // With this much patience it would never end.
        for _ in 0..3 {
            assert_eq!(thread.ask(LONG, count), Err(NoAnswer));
        }
        go_on.send(()).unwrap();
        let next = loop {
            if let Ok(next) = thread.ask(LONG, count) {
                break next;
            }
            thread::yield_now();
        };
        assert_eq!(next, 3, "the call that hung, and this one");
    }

    #[test]
    fn what_nobody_waits_for_any_more_is_not_done() {
        let (thread, _) = begun();
        let (go_on, call) = hanging();
        let (moved, has_moved) = mpsc::channel();
        thread::scope(|scope| {
            let first = scope.spawn(|| {
                thread.ask(LONG, move |device| {
                    moved.send(()).unwrap();
                    call(device)
                })
            });
            has_moved.recv().unwrap();
            assert_eq!(thread.ask(SHORT, count), Err(NoAnswer));
            go_on.send(()).unwrap();
            assert_eq!(first.join().unwrap(), Ok(1), "who has more patience is answered");
        });
        let next = loop {
            if let Ok(next) = thread.ask(LONG, count) {
                break next;
            }
            thread::yield_now();
        };
        assert_eq!(next, 2, "the one that was given up is not among them");
    }

    #[test]
    fn the_line_has_an_end() {
        let (thread, _) = begun();
        let (go_on, call) = hanging();
        let line = thread.line.as_ref().unwrap();
        let hangs = |device: &mut Counting| {
            call(device);
        };
        line.try_send(Box::new(hangs)).unwrap();
        while line.try_send(Box::new(|_| ())).is_ok() {}
        assert_eq!(thread.ask(LONG, count), Err(NoAnswer));
        go_on.send(()).unwrap();
    }

    #[test]
    fn a_panic_is_for_its_asker_alone() {
        let (thread, _) = begun();
        let panics = |device: &mut Counting| assert!(device.0 > 0);
        assert_eq!(thread.ask(LONG, panics), Err(NoAnswer));
        assert_eq!(thread.ask(LONG, count), Ok(1));
    }

    #[test]
    fn the_end_waits_for_the_device_to_be_closed_unless_it_hangs() {
        let (thread, closed) = begun();
        assert_eq!(thread.ask(LONG, count), Ok(1));
        drop(thread);
        assert_eq!(closed.load(Ordering::Acquire), 1);

        let (thread, closed) = begun();
        let (go_on, call) = hanging();
        assert_eq!(thread.ask(SHORT, call), Err(NoAnswer));
        drop(thread);
        assert_eq!(closed.load(Ordering::Acquire), 0);
        go_on.send(()).unwrap();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn the_thread_that_serves_others_is_not_kept() {
        let (thread, _) = begun();
        let (go_on, call) = hanging();
        let (asked, is_asked) = tokio::sync::oneshot::channel();
        let asking = tokio::spawn(async move {
            thread.ask(LONG, move |device| {
                asked.send(()).unwrap();
                call(device)
            })
        });
        // There is one worker: this one.
        let other = tokio::spawn(async move {
            is_asked.await.unwrap();
            go_on.send(()).unwrap();
        });
        other.await.unwrap();
        assert_eq!(asking.await.unwrap(), Ok(1));
    }
}
