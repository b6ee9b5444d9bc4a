//! Telling departments' systems what changed: in order, once at least, without one holding up another.
//!
//! What a system is told is the feed of its office behind the last number that it took, so that a citizen's write costs nothing
//! for it and nothing can be lost between the two. Whoever tells a system holds a lease on it: with several servers, one tells
//! it, and what a server that died had begun is begun again by another once the lease is over. Between two tries no connection
//! to the database is held.
//!
//! What is not taken is tried again, later each time. What was not taken for a day is put aside as a dead letter, so that the
//! next change gets its turn.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use credential::{DAY, SignError, SigningKey as _, Timestamp, Vct};
use province_api::Bytes;
use province_api::caller::Scope;
use province_api::signature::webhook::{Sent, sign};
use province_api::webhook::{APPLICATION_CHANGED, NotTaken, Notice};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sqlx::AnyConnection;
use tokio::task::JoinHandle;

use super::{Fault, Province, audit};
use crate::audit::{Action, Actor};
use crate::courier::{Courier, Refused, TIME_LIMIT};
use crate::store::application::{self, Mark};
use crate::store::dead_letter::{self, DeadLetter};
use crate::store::system_key;
use crate::store::webhook::{self, Owner, Webhook};

/// For how long a system is one server's to tell, in seconds; begun anew with each message. Longer than a try takes, by more than
/// the clocks of two servers may differ.
pub const LEASE_SECONDS: u64 = 6 * TIME_LIMIT.as_secs();
/// For how long something is tried before it is a dead letter, in seconds: while nothing was taken, and since it was.
pub const GIVE_UP_SECONDS: u64 = DAY;
/// The first wait after a try that failed, in seconds; each is twice as long as the one before.
pub const WAIT_SECONDS: u64 = 10;
/// The longest wait, in seconds.
pub const WAIT_SECONDS_MAX: u64 = 3_600;
/// How long nothing is sent to a system whose key does not serve, or for which the province has no key, in seconds.
const PAUSE_SECONDS: u64 = 60;
/// Most systems that one server tells at once.
pub(super) const TELLING_MAX: u32 = 64;
/// Most messages to one system before others get its place.
const MESSAGES_MAX: usize = 100;

/// What makes these ids unlike any other hash.
const ID_DOMAIN: &[u8] = b"khyber-pass webhook v1\n";

/// What there is for a system.
#[derive(Clone, Copy, Debug)]
enum Found {
    /// This is to be sent.
    Next(Next),
    /// A dead letter that was asked for, of which there is nothing to tell any more.
    Forgotten(u64),
    /// Nothing up to this number.
    NothingTo(u64),
}

/// What is sent next.
#[derive(Clone, Copy, Debug)]
enum Next {
    /// The next change of the feed.
    New(Mark),
    /// A dead letter that was asked for.
    Again(Mark),
}

impl Next {
    const fn mark(&self) -> &Mark {
        match self {
            Self::New(mark) | Self::Again(mark) => mark,
        }
    }
}

/// Whether there may be more to do for a system at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    GoOn,
    Over,
}

impl Province {
    /// Begins to tell all systems that are due and that nobody tells; gives what goes on by itself. Nothing begins any more
    /// once it was told to end.
    ///
    /// # Errors
    /// [`Fault`]: what was begun goes on.
    pub async fn tell_departments(self: &Arc<Self>) -> Result<Vec<JoinHandle<()>>, Fault> {
        let mut begun = Vec::new();
        let Some(courier) = &self.courier else {
            return Ok(begun);
        };
        if self.is_ending() {
            return Ok(begun);
        }
        let now = self.now().unix();
        // While nothing is signed one is tried, and the others once it is.
        let most = if self.untold.load(Ordering::Relaxed) {
            1
        } else {
            TELLING_MAX
        };
        // What is to wait longer than any wait was told to by a clock that was ahead.
        let latest = now.saturating_add(WAIT_SECONDS_MAX + LEASE_SECONDS);
        let due = webhook::due(&mut *self.store().read().await?, (now, latest), most).await?;
        for system in due {
            let Some(place) = self.telling.one_at_once() else {
                break;
            };
            let owner: Owner = self.randomness().bytes();
            let until = now.saturating_add(LEASE_SECONDS);
            let mut write = self.store().write().await?;
            let is_ours = webhook::lease(&mut write, &system, &owner, (now, until)).await?;
            write.commit().await?;
            if is_ours {
                let (province, courier) = (Arc::clone(self), courier.clone());
                begun.push(tokio::spawn(async move {
                    province.tell_system(&courier, &system, &owner).await;
                    drop(place);
                }));
            }
        }
        Ok(begun)
    }

    /// Tells one system all that there is for it, as far as it takes it.
    async fn tell_system(&self, courier: &Courier, system: &str, owner: &Owner) {
        for _ in 0..MESSAGES_MAX {
            if self.is_ending() {
                break;
            }
            match self.tell_next(courier, system, owner).await {
                Ok(Turn::GoOn) => {}
                Ok(Turn::Over) => break,
                // Its turn comes every second: said once when nothing is signed any more, and once when something is.
                Err(Fault::Signer(SignError::Unavailable)) => {
                    if !self.untold.swap(true, Ordering::Relaxed) {
                        tracing::warn!("departments wait to be told: their messages are not signed");
                    }
                    break;
                }
                Err(fault) => {
                    // What stops one stops none of the others: they have their turns again.
                    self.untold.store(false, Ordering::Relaxed);
                    tracing::warn!(system, cause = %fault, "a department waits to be told");
                    break;
                }
            }
        }
        if let Err(fault) = self.let_others_tell(system, owner).await {
            tracing::warn!(system, cause = %fault, "a department waits for the end of a lease");
        }
    }

    async fn let_others_tell(&self, system: &str, owner: &Owner) -> Result<(), Fault> {
        let mut write = self.store().write().await?;
        webhook::release(&mut write, system, owner).await?;
        Ok(write.commit().await?)
    }

    /// Sends the next message and keeps what became of it.
    async fn tell_next(&self, courier: &Courier, system: &str, owner: &Owner) -> Result<Turn, Fault> {
        let mut db = self.store().read().await?;
        let Some(mut hook) = webhook::held(&mut db, system, owner).await? else {
            return Ok(Turn::Over);
        };
        let now = self.now();
        let keys = system_key::of_system(&mut db, system).await?;
        let may_know = keys.iter().any(|key| {
            key.serves(now.unix())
                && key.office.as_deref() == Some(&*hook.office)
                && key.scopes.contains(&Scope::Webhooks)
        });
        let key = self.keys().current(&mut db, Vct::WEBHOOK, now).await;
        let (true, Ok(key)) = (may_know, key) else {
            drop(db);
            tracing::debug!(system, may_know, "nothing is sent for lack of a key");
            hook.due_at = now.plus(PAUSE_SECONDS).unix();
            return self.keep_standing(owner, &hook, now).await.map(|()| Turn::Over);
        };
        let found = next_for(&mut db, &hook).await?;
        drop(db);
        let next = match found {
            Found::Next(next) => next,
            Found::Forgotten(number) => return self.forget_letter(system, number).await,
            Found::NothingTo(last) => {
                if last > hook.told {
                    hook.told = last;
                    self.keep_standing(owner, &hook, now).await?;
                }
                return Ok(Turn::Over);
            }
        };
        let notice = notice(&hook, next.mark());
        let body = serde_json::to_vec(&notice).map_err(Fault::Record)?;
        let sent = Sent {
            url: &hook.url,
            id: &message_id(&hook.system, next.mark()),
            body: &body,
        };
        let made = (now.unix(), &self.randomness().bytes());
        let headers = sign(key.public().as_bytes(), |text| key.sign(text), &sent, made)?;
        if self.untold.swap(false, Ordering::Relaxed) {
            tracing::info!("departments are told again");
        }
        let brought = self.metrics().told(courier.bring(&hook.url, headers, body)).await;
        // As it is after the try, which may have taken its time.
        let now = self.now();
        match (next, brought) {
            (next, Ok(())) => self.taken(owner, hook, next, now).await,
            (
                _,
                Err(Refused {
                    why: NotTaken::Gone, ..
                }),
            ) => self.gone(owner, hook, now).await,
            (Next::Again(mark), Err(refused)) => {
                let mut write = self.store().write().await?;
                let until = now.plus(LEASE_SECONDS).unix();
                if webhook::keep(&mut write, owner, &hook, until).await? {
                    dead_letter::not_again(&mut write, system, mark.seq, refused.why).await?;
                }
                write.commit().await?;
                Ok(Turn::Over)
            }
            (Next::New(mark), Err(refused)) => self.not_taken(owner, hook, (&mark, refused), now).await,
        }
    }

    /// Keeps how a webhook stands, and the lease for the next message.
    async fn keep_standing(&self, owner: &Owner, hook: &Webhook, now: Timestamp) -> Result<(), Fault> {
        let mut write = self.store().write().await?;
        webhook::keep(&mut write, owner, hook, now.plus(LEASE_SECONDS).unix()).await?;
        Ok(write.commit().await?)
    }

    /// Takes a dead letter away of which there is nothing to tell any more.
    async fn forget_letter(&self, system: &str, number: u64) -> Result<Turn, Fault> {
        let mut write = self.store().write().await?;
        dead_letter::remove(&mut write, system, number).await?;
        write.commit().await?;
        Ok(Turn::GoOn)
    }

    async fn taken(
        &self,
        owner: &Owner,
        mut hook: Webhook,
        next: Next,
        now: Timestamp,
    ) -> Result<Turn, Fault> {
        hook.told_at = Some(now.unix());
        hook.attempts = 0;
        hook.failing_since = None;
        hook.not_taken = None;
        hook.due_at = now.unix();
        if let Next::New(mark) = next {
            hook.told = mark.seq;
        }
        let until = now.plus(LEASE_SECONDS).unix();
        let mut write = self.store().write().await?;
        // First the webhook, then its letters, as everybody does: nobody waits in a circle.
        let is_ours = webhook::keep(&mut write, owner, &hook, until).await?;
        if let (true, Next::Again(mark)) = (is_ours, next) {
            dead_letter::remove(&mut write, &hook.system, mark.seq).await?;
        }
        write.commit().await?;
        Ok(if is_ours { Turn::GoOn } else { Turn::Over })
    }

    async fn gone(&self, owner: &Owner, mut hook: Webhook, now: Timestamp) -> Result<Turn, Fault> {
        hook.ended_at = Some(now.unix());
        hook.not_taken = Some(NotTaken::Gone);
        let mut write = self.store().write().await?;
        if webhook::keep(&mut write, owner, &hook, now.unix()).await? {
            let what = json!({ "system": hook.system, "why": NotTaken::Gone.as_str() });
            audit::note(
                &mut write,
                &Actor::PROVINCE,
                Action::WebhookEnded,
                None,
                &what,
                now,
            )
            .await?;
        }
        write.commit().await?;
        tracing::warn!(
            system = hook.system,
            "a department's receiver says that it is gone"
        );
        Ok(Turn::Over)
    }

    async fn not_taken(
        &self,
        owner: &Owner,
        mut hook: Webhook,
        (mark, refused): (&Mark, Refused),
        now: Timestamp,
    ) -> Result<Turn, Fault> {
        let since = hook.failing_since.unwrap_or(now.unix());
        hook.failing_since = Some(since);
        hook.not_taken = Some(refused.why);
        hook.attempts = hook.attempts.saturating_add(1);
        let is_dead = now.unix().saturating_sub(since.max(mark.at)) >= GIVE_UP_SECONDS;
        let mut write = self.store().write().await?;
        if is_dead {
            hook.told = mark.seq;
        } else {
            let wait = wait(hook.attempts, |bound| self.randomness().below(bound));
            let wait = wait.max(refused.retry_after.unwrap_or(0).min(WAIT_SECONDS_MAX));
            hook.due_at = now.plus(wait).unix();
        }
        let until = now.plus(LEASE_SECONDS).unix();
        let is_ours = webhook::keep(&mut write, owner, &hook, until).await?;
        if is_ours && is_dead {
            let letter = DeadLetter {
                number: mark.seq,
                at: mark.at,
                died_at: now.unix(),
                not_taken: refused.why,
                again: false,
            };
            dead_letter::add(&mut write, &hook.system, &letter).await?;
            self.metrics().dead_letters.fetch_add(1, Ordering::Relaxed);
        }
        write.commit().await?;
        // Whether the next is taken is seen at once.
        Ok(if is_ours && is_dead {
            Turn::GoOn
        } else {
            Turn::Over
        })
    }
}

/// What a system is to be sent: what it asked for again, and else the next change.
async fn next_for(db: &mut AnyConnection, hook: &Webhook) -> Result<Found, Fault> {
    if let Some(number) = dead_letter::first_again(db, &hook.system).await? {
        let before = number.saturating_sub(1);
        let mark = application::mark_after(db, &hook.reader, before, number).await?;
        return Ok(mark.map_or(Found::Forgotten(number), |mark| Found::Next(Next::Again(mark))));
    }
    // Changes get their numbers in the order in which they last, so that none up to this one is yet to come: what is missing was
    // forgotten with its person or its time.
    let last = application::last(db, &hook.reader).await?;
    let mark = application::mark_after(db, &hook.reader, hook.told, last).await?;
    Ok(mark.map_or(Found::NothingTo(last), |mark| Found::Next(Next::New(mark))))
}

/// How long to wait after so many tries that failed, in seconds: at least half of what doubling gives, and a part of the other
/// half by chance, so that not all come back at once. `below` gives a number below its bound.
pub fn wait(attempts: u32, below: impl FnOnce(u32) -> u32) -> u64 {
    let doubled = 1_u64
        .checked_shl(attempts.saturating_sub(1))
        .and_then(|times| WAIT_SECONDS.checked_mul(times));
    let whole = doubled.map_or(WAIT_SECONDS_MAX, |whole| whole.min(WAIT_SECONDS_MAX));
    let half = whole / 2;
    let bound = u32::try_from(whole - half + 1).unwrap_or(u32::MAX);
    half + u64::from(below(bound))
}

fn notice(hook: &Webhook, mark: &Mark) -> Notice {
    Notice {
        event: APPLICATION_CHANGED.to_owned(),
        system: hook.system.clone(),
        office: hook.office.clone(),
        number: mark.seq,
        at: mark.at,
        application: Bytes::from(&mark.id.0[..]),
        state: mark.state,
    }
}

/// By what a receiver knows a message again, also after a database was restored and numbers were given anew.
fn message_id(system: &str, mark: &Mark) -> [u8; 16] {
    let hash = Sha256::new_with_prefix(ID_DOMAIN)
        .chain_update((system.len() as u64).to_be_bytes())
        .chain_update(system)
        .chain_update(mark.seq.to_be_bytes())
        .chain_update(mark.at.to_be_bytes())
        .chain_update(mark.id.0)
        .finalize();
    let mut id = [0; 16];
    id.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_an_hour_and_lie_between_half_and_whole() {
        let shortest = |attempts| wait(attempts, |_| 0);
        let longest = |attempts| wait(attempts, |bound| bound - 1);
        assert_eq!((shortest(1), longest(1)), (5, 10));
        assert_eq!((shortest(2), longest(2)), (10, 20));
        assert_eq!((shortest(9), longest(9)), (1_280, 2_560));
        for attempts in [10, 64, 65, 66, u32::MAX] {
            assert_eq!((shortest(attempts), longest(attempts)), (1_800, 3_600));
        }
        assert_eq!(longest(0), WAIT_SECONDS);
    }
}
