//! How often anybody may ask: so much a minute of one key, and from one network.
//!
//! Each server counts in memory, and who comes near their limit is counted in the database too, where all servers add what
//! they let in and read what the others did. So somebody who asks seldom costs the database nothing, and who asks much
//! gets no more from three servers than from one, give or take a second and a sixteenth of the limit at each.
//!
//! The minute before counts as far as it reaches into the last sixty seconds. Who is refused is not counted for that.
//! Rejected: crates with token buckets of their own, because none can be told what other servers let in.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use credential::Timestamp;
use province_api::problem::ProblemCode;
use province_api::signature::Signer;
use sqlx::AnyConnection;

use super::officers::OfficerId;
use super::{Fault, Province, Refusal};
use crate::sealed::Subject;
use crate::store::rate;

/// Seconds of a minute.
const MINUTE: u64 = 60;
/// Who used more than one part of so many of a limit stands in the database.
const SHARED_FROM: u64 = 16;
/// Most callers of one kind that are counted at once. Whoever comes after that in the same minute is let in uncounted: who
/// has that many addresses is not held up by a limit for each, and keys are counted only of those who enrolled or were
/// given one. But no more codes are sent then: they cost money.
const HELD_MAX: usize = 1 << 17;
/// Rows of one statement.
const TOGETHER: usize = 256;
/// Guessing ends sooner than reading: after one part of so many of a network's requests that proved nothing, or came so
/// slowly that they were given up.
const GUESSES_OF: u64 = 10;

/// Most requests in a minute; 0 for no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budgets {
    /// From one network, an IPv4 address or 64 bits of an IPv6 address, and so from all phones of a carrier that puts them
    /// behind one address.
    pub network: u32,
    /// Of one wallet.
    pub device: u32,
    /// Of one counter.
    pub counter: u32,
    /// Of one key of a system.
    pub system: u32,
    /// Codes to SIMs that are sent for one network. Behind one address may be a whole carrier, so it is a cost that is
    /// bounded here and no guess: those are counted by CNIC and by device.
    pub codes: u32,
    /// Of one officer, in all their sessions.
    pub officer: u32,
}

impl Budgets {
    /// No limits.
    pub const NONE: Self = Self {
        network: 0,
        device: 0,
        counter: 0,
        system: 0,
        codes: 0,
        officer: 0,
    };
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            network: 30_000,
            device: 300,
            counter: 1_200,
            system: 6_000,
            codes: 60,
            officer: 600,
        }
    }
}

/// Who is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// A network, by the bits of its addresses that are the same.
    Network(u128),
    /// The same, as what guesses. Apart from its other requests: whoever guesses behind an address that thousands share
    /// keeps none of them from what they can prove, or from what is public.
    Guesses(u128),
    /// The same, as what codes are sent for.
    Codes(u128),
    /// A key.
    Key(Signer, [u8; 32]),
    /// An officer, by their random id.
    Officer(OfficerId),
}

impl Who {
    fn budget(self, budgets: &Budgets) -> u64 {
        u64::from(match self {
            Self::Network(_) => budgets.network,
            Self::Guesses(_) => return u64::from(budgets.network).div_ceil(GUESSES_OF),
            Self::Codes(_) => budgets.codes,
            Self::Key(Signer::Device, _) => budgets.device,
            Self::Key(Signer::Counter, _) => budgets.counter,
            Self::Key(Signer::System, _) => budgets.system,
            Self::Officer(_) => budgets.officer,
        })
    }

    /// With whom it is counted: no kind takes room from another.
    const fn kind(self) -> usize {
        match self {
            Self::Network(_) => 0,
            Self::Guesses(_) => 1,
            Self::Codes(_) => 2,
            Self::Key(Signer::Device, _) => 3,
            Self::Key(Signer::Counter | Signer::System, _) | Self::Officer(_) => 4,
        }
    }

    /// What a keyed hash is made of: no two callers have the same.
    fn bytes(self) -> Vec<u8> {
        match self {
            Self::Network(bits) => [&b"network\0"[..], &bits.to_be_bytes()].concat(),
            Self::Guesses(bits) => [&b"guesses\0"[..], &bits.to_be_bytes()].concat(),
            Self::Codes(bits) => [&b"codes\0"[..], &bits.to_be_bytes()].concat(),
            Self::Key(signer, key) => [signer.label().as_bytes(), b"\0", &key].concat(),
            Self::Officer(id) => [&b"officer\0"[..], &id].concat(),
        }
    }
}

/// What one caller was let in for.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    minute: u64,
    /// All of the minute before.
    before: u64,
    /// Of this minute, over all servers, as far as it was asked.
    shared: u64,
    /// Of this minute and this server, not told to the others yet.
    own: u64,
}

impl Count {
    fn turn(&mut self, minute: u64) {
        if self.minute == minute {
            return;
        }
        let before = if self.minute + 1 == minute {
            self.shared + self.own
        } else {
            0
        };
        *self = Self {
            minute,
            before,
            ..Self::default()
        };
    }
}

/// What callers of one kind were let in for.
#[derive(Debug, Default)]
struct Counts {
    of: HashMap<Who, Count>,
    /// The minute in which there was no room for another caller: it is looked for once.
    full: Option<u64>,
}

impl Counts {
    /// The count of somebody in this minute; none if there is no room for them.
    fn count(&mut self, who: Who, minute: u64) -> Option<&mut Count> {
        if self.of.len() >= HELD_MAX && !self.of.contains_key(&who) {
            if self.full.replace(minute) != Some(minute) {
                self.of.retain(|_, count| count.minute == minute);
            }
            if self.of.len() >= HELD_MAX {
                return None;
            }
        }
        let count = self.of.entry(who).or_default();
        count.turn(minute);
        Some(count)
    }
}

/// What callers were let in for, by [`Who::kind`].
#[derive(Debug)]
pub(super) struct Rates {
    budgets: Budgets,
    counts: [Mutex<Counts>; 5],
}

impl Rates {
    pub(super) fn new(budgets: Budgets) -> Self {
        Self {
            budgets,
            counts: Default::default(),
        }
    }

    fn counts(&self, kind: usize) -> MutexGuard<'_, Counts> {
        // Every kind has its place.
        let [first, ..] = &self.counts;
        let counts = self.counts.get(kind).unwrap_or(first);
        counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets somebody in for `cost`, or says in how many seconds to ask again. `now` is unix seconds.
    fn spend(&self, who: Who, cost: u64, now: u64) -> Result<(), u32> {
        self.look(who, cost, now, |count| count.own += cost)
    }

    /// Whether they would be let in, which counts for nothing.
    fn may(&self, who: Who, now: u64) -> Result<(), u32> {
        self.look(who, 1, now, |_| ())
    }

    fn look(&self, who: Who, cost: u64, now: u64, then: impl FnOnce(&mut Count)) -> Result<(), u32> {
        let budget = who.budget(&self.budgets);
        if budget == 0 {
            return Ok(());
        }
        let (minute, second) = (now / MINUTE, now % MINUTE);
        let later = u32::try_from(MINUTE - second).unwrap_or(1);
        let mut counts = self.counts(who.kind());
        let Some(count) = counts.count(who, minute) else {
            return if matches!(who, Who::Codes(_)) {
                Err(later)
            } else {
                Ok(())
            };
        };
        let reaches = count.before * (MINUTE - second) / MINUTE;
        if reaches + count.shared + count.own + cost > budget {
            return Err(later);
        }
        then(count);
        Ok(())
    }

    /// What others are to be told of this minute: it counts as told.
    fn take(&self, minute: u64) -> Vec<(Who, u64)> {
        let mut taken = Vec::new();
        for kind in 0..self.counts.len() {
            let mut counts = self.counts(kind);
            counts.of.retain(|_, count| count.minute + 1 >= minute);
            for (who, count) in counts.of.iter_mut().filter(|(_, count)| count.minute == minute) {
                let is_much = (count.shared + count.own) * SHARED_FROM > who.budget(&self.budgets);
                if count.own > 0 && is_much {
                    taken.push((*who, count.own));
                    count.shared += count.own;
                    count.own = 0;
                }
            }
        }
        taken
    }

    /// What all servers let in of this minute; `None` where it could not be told, so that it is told the next time.
    fn settle(&self, minute: u64, told: &[(Who, u64)], all: Option<&[u64]>) {
        for (at, (who, cost)) in told.iter().enumerate() {
            let mut counts = self.counts(who.kind());
            let Some(count) = counts.of.get_mut(who).filter(|count| count.minute == minute) else {
                continue;
            };
            if let Some(all) = all {
                count.shared = all.get(at).copied().unwrap_or(count.shared);
            } else {
                count.shared = count.shared.saturating_sub(*cost);
                count.own += cost;
            }
        }
    }
}

impl Province {
    /// Lets somebody in for `cost` requests.
    ///
    /// # Errors
    /// [`ProblemCode::RateLimited`], with the seconds after which to ask again.
    pub fn spend(&self, who: Who, cost: u64) -> Result<(), Refusal> {
        self.rates
            .spend(who, cost, self.now().unix())
            .map_err(|seconds| Refusal::Later(ProblemCode::RateLimited, seconds))
    }

    /// Whether somebody would be let in for one request, which counts for nothing.
    ///
    /// # Errors
    /// [`ProblemCode::RateLimited`], with the seconds after which to ask again.
    pub fn may_spend(&self, who: Who) -> Result<(), Refusal> {
        self.rates
            .may(who, self.now().unix())
            .map_err(|seconds| Refusal::Later(ProblemCode::RateLimited, seconds))
    }

    /// Tells the other servers what this one let in, and hears what they did; once a second is often enough.
    ///
    /// # Errors
    /// [`Fault`]; what was not told is told the next time.
    pub async fn share_rates(&self) -> Result<(), Fault> {
        let minute = self.now().unix() / MINUTE;
        let taken = self.rates.take(minute);
        for told in taken.chunks(TOGETHER) {
            let all = self.tell(minute, told).await;
            self.rates.settle(minute, told, all.as_deref().ok());
            all?;
        }
        Ok(())
    }

    async fn tell(&self, minute: u64, told: &[(Who, u64)]) -> Result<Vec<u64>, Fault> {
        let index = |who: Who| self.keys().data.blind_index(Subject::Rate, &who.bytes());
        let costs: Vec<_> = told.iter().map(|(who, cost)| (index(*who), *cost)).collect();
        let mut write = self.store().write().await?;
        let rows = rate::add_all(&mut write, minute, &costs).await?;
        write.commit().await?;
        let all: HashMap<[u8; 32], u64> = rows.into_iter().collect();
        let of = |subject: &[u8; 32]| all.get(subject).copied().unwrap_or_default();
        Ok(costs.iter().map(|(subject, _)| of(subject.as_bytes())).collect())
    }
}

/// Forgets what no minute that still counts is in, not more than `most` rows; gives how many went.
pub(super) async fn forget(db: &mut AnyConnection, now: Timestamp, most: u32) -> Result<u64, Fault> {
    let minute = now.unix() / MINUTE;
    Ok(rate::forget_before(db, minute.saturating_sub(1), most).await?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const PHONE: Who = Who::Key(Signer::Device, [1; 32]);

    fn rates(device: u32) -> Rates {
        Rates::new(Budgets {
            device,
            ..Budgets::NONE
        })
    }

    #[test]
    fn each_caller_has_a_limit_of_its_own_and_gets_it_back_with_time() {
        let rates = rates(60);
        for _ in 0..60 {
            rates.spend(PHONE, 1, 600).unwrap();
        }
        assert_eq!(rates.spend(PHONE, 1, 600), Err(60));
        assert_eq!(rates.spend(PHONE, 1, 655), Err(5));
        rates.spend(Who::Key(Signer::Device, [2; 32]), 60, 600).unwrap();
        // The same bytes as a counter's key, and a network: no limit was set for them.
        rates
            .spend(Who::Key(Signer::Counter, [1; 32]), 1_000, 600)
            .unwrap();
        rates.spend(Who::Network(1), 1_000, 600).unwrap();
        // Half of the next minute: half of this one still counts.
        assert_eq!(rates.spend(PHONE, 31, 690), Err(30));
        rates.spend(PHONE, 30, 690).unwrap();
        assert_eq!(rates.spend(PHONE, 1, 690), Err(30));
        // Two minutes on nothing does.
        rates.spend(PHONE, 60, 840).unwrap();
    }

    #[test]
    fn a_clock_that_goes_back_gives_nobody_more_than_a_minute_again() {
        let rates = rates(10);
        rates.spend(PHONE, 10, 6_000).unwrap();
        assert!(rates.spend(PHONE, 1, 6_000).is_err());
        rates.spend(PHONE, 10, 60).unwrap();
        assert!(rates.spend(PHONE, 1, 60).is_err());
    }

    #[test]
    fn what_others_let_in_counts_and_what_could_not_be_told_is_told_again() {
        let rates = rates(32);
        rates.spend(PHONE, 2, 600).unwrap();
        assert!(
            rates.take(10).is_empty(),
            "who asks for little is nobody else's business"
        );
        rates.spend(PHONE, 1, 600).unwrap();
        let told = rates.take(10);
        assert_eq!(told, [(PHONE, 3)]);
        assert!(rates.take(10).is_empty());
        rates.settle(10, &told, None);
        assert_eq!(rates.take(10), [(PHONE, 3)]);
        rates.settle(10, &told, Some(&[31]));
        rates.spend(PHONE, 1, 601).unwrap();
        assert!(rates.spend(PHONE, 1, 601).is_err());
        // Of a minute that is over nothing is taken over.
        rates.spend(PHONE, 1, 720).unwrap();
        rates.settle(10, &told, Some(&[31]));
        rates.spend(PHONE, 30, 720).unwrap();
    }

    #[test]
    fn who_comes_with_more_addresses_than_are_counted_takes_nobody_elses_room_and_gets_no_codes() {
        let rates = Rates::new(Budgets {
            network: 10,
            device: 1,
            codes: 1,
            ..Budgets::NONE
        });
        for bits in 0..HELD_MAX as u128 {
            rates.spend(Who::Network(bits), 1, 600).unwrap();
            rates.spend(Who::Codes(bits), 1, 600).unwrap();
        }
        let late = HELD_MAX as u128 + 1;
        for _ in 0..20 {
            rates.spend(Who::Network(late), 1, 600).unwrap();
        }
        assert_eq!(rates.spend(Who::Codes(late), 1, 600), Err(60));
        rates.spend(PHONE, 1, 600).unwrap();
        assert!(rates.spend(PHONE, 1, 600).is_err());
        // Those who were counted are counted on, and the next minute has room.
        rates.spend(Who::Network(0), 9, 600).unwrap();
        assert!(rates.spend(Who::Network(0), 1, 600).is_err());
        rates.spend(Who::Codes(late), 1, 720).unwrap();
        assert!(rates.spend(Who::Codes(late), 1, 720).is_err());
    }

    #[test]
    fn looking_counts_for_nothing_and_guesses_end_at_a_tenth() {
        let rates = Rates::new(Budgets {
            network: 20,
            ..Budgets::NONE
        });
        for _ in 0..2 {
            rates.may(Who::Guesses(1), 600).unwrap();
            rates.spend(Who::Guesses(1), 1, 600).unwrap();
        }
        assert!(rates.may(Who::Guesses(1), 600).is_err());
        rates.spend(Who::Network(1), 20, 600).unwrap();
    }

    #[test]
    fn the_names_of_callers_are_never_the_same() {
        let all = [
            Who::Network(7),
            Who::Guesses(7),
            Who::Codes(7),
            Who::Key(Signer::Device, [7; 32]),
            Who::Key(Signer::Counter, [7; 32]),
            Who::Key(Signer::System, [7; 32]),
            Who::Officer([7; 16]),
        ];
        let names: std::collections::HashSet<_> = all.iter().map(|who| who.bytes()).collect();
        assert_eq!(names.len(), all.len());
    }
}
