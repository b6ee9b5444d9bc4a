//! A circuit breaker before NADRA: who fails again and again is left alone for a while, and asked by few at first when it
//! comes back.
//!
//! Nobody's enrolment waits here: it would be a face that is stored. What waits is a number: each caller who is put off is
//! told another second to come back, so that a hundred thousand phones do not come back in the same one. Times are seconds
//! of the province's clock, and an argument. Rejected: crates of breakers, which read a clock of their own and know of no
//! queue.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::sealed::BlindIndex;

/// Citizens in a row about whom NADRA failed, after which it is left alone. One citizen counts once: about whom NADRA always
/// fails, whoever asks again and again opens it for nobody else.
pub const FAILURES_MAX: usize = 5;
/// The same for a NADRA that just came back.
pub const RETURNING_FAILURES_MAX: usize = 3;
/// For how long it is left alone at first, in seconds. Each try that fails doubles it.
pub const OPEN_SECONDS: u64 = 15;
/// For how long at most.
pub const OPEN_SECONDS_MAX: u64 = 240;
/// Longest that one try is waited for before another caller makes it, in seconds: longer than NADRA is ever given.
pub const TRY_SECONDS: u64 = 30;
/// Questions a second once NADRA answered again, and callers who are told the same second to come back.
pub const FIRST_PER_SECOND: u32 = 5;
/// After so many seconds twice as many are let through.
pub const STEP_SECONDS: u64 = 30;
/// How often the number is doubled before everybody is let through.
const STEPS: u64 = 6;
/// The seconds over which callers are spread; then the first of these seconds is given again.
pub const SPREAD_SECONDS: u64 = 3_600;

/// How NADRA stands with this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Everybody's question goes through.
    Asked,
    /// It answered again, or is being tried: few go through.
    Trying,
    /// It is left alone.
    Away,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Asked, Self::Trying, Self::Away];

    /// The stable word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Trying => "trying",
            Self::Away => "away",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Closed,
    Open { until: u64, lasted: u64 },
    Probing { since: u64, lasted: u64 },
    Returning { since: u64, second: u64, taken: u32 },
}

/// The seconds that are given to callers who come too early.
#[derive(Clone, Copy, Debug, Default)]
struct Queue {
    second: u64,
    told: u32,
}

impl Queue {
    /// In how many seconds the next caller may come, at `from` at the earliest.
    fn place(&mut self, now: u64, from: u64) -> u32 {
        let from = from.max(now.saturating_add(1));
        if self.second < from || self.second - from >= SPREAD_SECONDS {
            *self = Self {
                second: from,
                told: 0,
            };
        } else if self.told >= FIRST_PER_SECOND {
            *self = Self {
                second: self.second.saturating_add(1),
                told: 0,
            };
        }
        self.told += 1;
        u32::try_from(self.second.saturating_sub(now)).unwrap_or(u32::MAX)
    }
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// Counts openings and tries: who began before one tells nothing after it.
    generation: u64,
    /// About whom NADRA failed, in a row.
    failed: Vec<BlindIndex>,
    queue: Queue,
    put_off: u64,
}

/// The breaker of one process.
#[derive(Debug)]
pub struct Breaker(Mutex<State>);

impl Default for Breaker {
    fn default() -> Self {
        Self(Mutex::new(State {
            phase: Phase::Closed,
            generation: 0,
            failed: Vec::new(),
            queue: Queue::default(),
            put_off: 0,
        }))
    }
}

/// What the end of a question tells of NADRA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// It answers.
    Answered,
    /// It was not reached, was too slow, or said itself that it failed.
    Failed,
    /// Nothing.
    None,
}

/// Leave to ask once. [`Turn::ended`] says how it came out; dropped without that, nothing is learned from it.
#[derive(Debug)]
pub struct Turn<'a> {
    breaker: &'a Breaker,
    generation: u64,
}

impl State {
    /// Begins a time before which nobody who asks now tells anything.
    fn turn_to(&mut self, phase: Phase) {
        self.generation = self.generation.wrapping_add(1);
        self.failed.clear();
        self.phase = phase;
    }

    /// Leaves NADRA alone.
    fn open(&mut self, now: u64, lasted: u64) {
        self.turn_to(Phase::Open {
            until: now.saturating_add(lasted),
            lasted,
        });
        tracing::warn!("NADRA is left alone for a while");
    }

    /// Counts a failure about somebody; opens after so many of others.
    fn count(&mut self, about: &BlindIndex, most: usize, now: u64) {
        if !self.failed.contains(about) {
            self.failed.push(*about);
        }
        if self.failed.len() >= most {
            self.open(now, OPEN_SECONDS);
        }
    }
}

impl Breaker {
    /// Leave to ask at `now`.
    ///
    /// # Errors
    /// In how many seconds to come back.
    pub fn enter(&self, now: u64) -> Result<Turn<'_>, u32> {
        let mut state = self.held();
        let earliest = match &mut state.phase {
            Phase::Closed => None,
            Phase::Open { until, .. } if now < *until => Some(*until),
            Phase::Probing { since, .. } if now < since.saturating_add(TRY_SECONDS) => {
                Some(since.saturating_add(TRY_SECONDS))
            }
            Phase::Open { lasted, .. } | Phase::Probing { lasted, .. } => {
                let lasted = *lasted;
                state.turn_to(Phase::Probing { since: now, lasted });
                None
            }
            Phase::Returning { since, second, taken } => {
                let step = now.saturating_sub(*since) / STEP_SECONDS;
                if step > STEPS {
                    state.phase = Phase::Closed;
                    None
                } else {
                    if *second != now {
                        (*second, *taken) = (now, 0);
                    }
                    *taken = taken.saturating_add(1);
                    (*taken > FIRST_PER_SECOND << step).then_some(now)
                }
            }
        };
        let Some(earliest) = earliest else {
            return Ok(Turn {
                breaker: self,
                generation: state.generation,
            });
        };
        state.put_off = state.put_off.saturating_add(1);
        Err(state.queue.place(now, earliest))
    }

    /// How NADRA stands, and how many callers were put off since the start.
    pub fn standing(&self) -> (Standing, u64) {
        let state = self.held();
        let standing = match state.phase {
            Phase::Closed => Standing::Asked,
            Phase::Open { .. } => Standing::Away,
            Phase::Probing { .. } | Phase::Returning { .. } => Standing::Trying,
        };
        (standing, state.put_off)
    }

    fn held(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    /// How the question came out, and about whom it was. What began before NADRA was left alone or tried anew is not heard.
    pub fn ended(self, news: News, about: &BlindIndex, now: u64) {
        if news == News::None {
            return;
        }
        let mut state = self.breaker.held();
        if state.generation != self.generation {
            return;
        }
        match (state.phase, news) {
            (Phase::Probing { lasted, .. }, News::Failed) => {
                state.open(now, (lasted * 2).min(OPEN_SECONDS_MAX));
            }
            (Phase::Probing { .. }, _) => {
                state.turn_to(Phase::Returning {
                    since: now,
                    second: now,
                    taken: 1,
                });
                tracing::info!("NADRA answers again, and is asked by few at first");
            }
            (Phase::Closed, News::Failed) => state.count(about, FAILURES_MAX, now),
            (Phase::Returning { .. }, News::Failed) => state.count(about, RETURNING_FAILURES_MAX, now),
            _ => state.failed.clear(),
        }
    }
}

impl Drop for Turn<'_> {
    /// A try that told nothing is made by the next who asks.
    fn drop(&mut self) {
        let mut state = self.breaker.held();
        if let Phase::Probing { since, lasted } = state.phase
            && state.generation == self.generation
        {
            state.phase = Phase::Open { until: since, lasted };
        }
    }
}

#[cfg(test)]
mod tests;
