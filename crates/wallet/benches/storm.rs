//! The storm of all phones at once: what comes to the province after an outage, second by second, by the wallet's own waits.
//! As one line of JSON, after a table.
//!
//! One phone in a hundred is simulated, and the province with a hundredth of its rate. Before the outage each phone syncs at
//! a moment of its own; while it lasts their tries fail and they wait longer and longer; afterwards each one's next try is
//! let in, waits in the queue, or is refused and goes on waiting. Who is let in for the first time draws passes as well, since
//! their stock is used up. Some open the app in the first minutes, because they heard that it works again.
//!
//! `KHYBER_SYNC_RATE`: idle syncs a second that all servers and their database give together; without it, what
//! docs/scale.md calls the medium size.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss
)]

use std::collections::VecDeque;

use serde_json::{Value, json};
use wallet::waits;

/// Everybody in the province, each with a phone.
const PHONES: u64 = 40_800_000;
/// One of so many is simulated.
const OF: u64 = 100;
/// Idle syncs a second of the medium size (docs/scale.md).
const MEDIUM: f64 = 60_000.0;
/// What the first sync after the outage costs, in idle syncs: with it come a challenge and a batch of 30 passes, which cost
/// PostgreSQL 5.6 ms of a core (`cargo bench -p province-server --bench work`): 60 % of the medium size's 16 cores take 1,700
/// batches a second.
const FIRST_COST: f64 = 35.0;
/// How many wait at once: the connections of the medium size, four servers with 4,096 each. Whoever finds none has failed.
const PLACES: f64 = 4.0 * 4_096.0;
/// Longest that a request waits for its turn, in seconds; then it is told when to come back.
const ANSWER_MAX: u64 = 20;
const BUSY_SECONDS: u64 = 30;
/// Of a hundred, how many open the app within [`CURIOUS_WITHIN`] seconds of the end.
const CURIOUS: u64 = 5;
const CURIOUS_WITHIN: u64 = 600;
/// How far the simulation goes behind the outage, in seconds.
const AFTER: u64 = 36 * 3600;
const HOUR: u64 = 3600;
/// Hours after which all but one in a thousand are to have synced: the time in which everybody syncs anyway.
const DONE_MAX: f64 = 12.0;
/// Most tries of one phone, from the end of the outage to its answer, on average.
const TRIES_MAX: f64 = 2.0;

/// `SplitMix64`: the same storm each time.
struct Chance(u64);

impl Chance {
    fn draw(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        u32::try_from((z ^ (z >> 31)) >> 32).unwrap()
    }

    fn below(&mut self, most: u64) -> u64 {
        u64::from(self.draw()) % most
    }
}

/// How phones wait.
#[derive(Clone, Copy)]
enum Waits {
    /// As the wallet does.
    Ours,
    /// Every minute after a failure, and else every twelve hours: what is left out of many apps.
    Herd,
}

impl Waits {
    fn after_failure(self, failures: u32, chance: &mut Chance) -> u64 {
        match self {
            Self::Ours => waits::backoff(failures, chance.draw()),
            Self::Herd => 60,
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Phone {
    failures: u32,
    /// Tries since the end of the outage, until it was answered.
    tries: u32,
    is_done: bool,
}

/// What came of a storm.
struct Storm {
    /// Most tries in a second, of all phones.
    peak: f64,
    /// Hours after the outage until half, and all but one in a thousand, had synced.
    half: f64,
    done: f64,
    /// Tries of a phone from the end of the outage to its answer, on average.
    tries: f64,
    /// Of a hundred tries, how many found no place.
    refused: f64,
}

/// An outage of so many seconds, and a province that gives `rate` idle syncs a second.
fn storm(outage: u64, rate: f64, waits: Waits) -> Storm {
    let count = usize::try_from(PHONES / OF).unwrap();
    let of = f64::from(u32::try_from(OF).unwrap());
    let rate = rate / of;
    let mut chance = Chance(outage);
    let horizon = usize::try_from(outage + AFTER).unwrap();
    let mut phones = vec![Phone::default(); count];
    let mut due: Vec<Vec<u32>> = vec![Vec::new(); horizon];
    let put = |due: &mut Vec<Vec<u32>>, at: u64, phone: u32| {
        if let Some(second) = due.get_mut(usize::try_from(at).unwrap()) {
            second.push(phone);
        }
    };
    for phone in 0..u32::try_from(count).unwrap() {
        put(&mut due, chance.below(12 * HOUR), phone);
        if chance.below(100) < CURIOUS {
            put(&mut due, outage + chance.below(CURIOUS_WITHIN), phone);
        }
    }
    let mut queue: VecDeque<(u64, u32)> = VecDeque::new();
    let (mut credit, mut peak, mut all, mut refused) = (0.0_f64, 0, 0_u64, 0_u64);
    let mut synced_at = Vec::with_capacity(count);
    for now in 0..u64::try_from(horizon).unwrap() {
        let is_out = now < outage;
        let trying = std::mem::take(&mut due[usize::try_from(now).unwrap()]);
        if !is_out {
            peak = peak.max(trying.len());
            all += trying.len() as u64;
        }
        for number in trying {
            let phone = &mut phones[number as usize];
            phone.tries += u32::from(!is_out && !phone.is_done);
            let is_full = queue.len() as f64 >= PLACES / of;
            if is_out || is_full {
                refused += u64::from(!is_out);
                phone.failures += 1;
                let at = now + waits.after_failure(phone.failures, &mut chance);
                put(&mut due, at, number);
            } else {
                queue.push_back((now, number));
            }
        }
        credit = (credit + if is_out { 0.0 } else { rate }).min(rate * 2.0);
        while let Some(&(since, number)) = queue.front() {
            let phone = &mut phones[number as usize];
            if now - since > ANSWER_MAX {
                // It was told that the province is busy, which costs nothing: no work was begun for it.
                queue.pop_front();
                refused += 1;
                phone.failures += 1;
                let wait = waits.after_failure(phone.failures, &mut chance);
                put(&mut due, now + wait.max(BUSY_SECONDS), number);
                continue;
            }
            let cost = if phone.is_done { 1.0 } else { FIRST_COST };
            if credit < cost {
                break;
            }
            credit -= cost;
            queue.pop_front();
            if !phone.is_done {
                phone.is_done = true;
                synced_at.push(now - outage);
            }
            phone.failures = 0;
            put(&mut due, now + waits::regular(chance.draw()), number);
        }
    }
    let hours = |share: usize| {
        let at = synced_at.get(count * share / 1_000);
        at.map_or(f64::INFINITY, |at| *at as f64 / HOUR as f64)
    };
    let tries: u64 = phones.iter().map(|phone| u64::from(phone.tries)).sum();
    Storm {
        peak: peak as f64 * of,
        half: hours(500),
        done: hours(999),
        tries: tries as f64 / count as f64,
        refused: refused as f64 * 100.0 / all as f64,
    }
}

fn main() {
    let rate = std::env::var("KHYBER_SYNC_RATE").ok();
    let rate = rate.and_then(|rate| rate.parse().ok()).unwrap_or(MEDIUM);
    let mut figures = serde_json::Map::new();
    println!("outage  waits  rate/s  peak/s  half h  99.9 % h  tries  refused %");
    for hours in [1, 12, 72] {
        for (waits, name, rate) in [
            (Waits::Ours, "ours", rate / 4.0),
            (Waits::Ours, "ours", rate),
            (Waits::Herd, "herd", rate),
        ] {
            let storm = storm(hours * HOUR, rate, waits);
            println!(
                "{hours:>4} h  {name:<5}  {rate:>6.0}  {:>6.0}  {:>6.1}  {:>8.1}  {:>5.1}  {:>9.1}",
                storm.peak, storm.half, storm.done, storm.tries, storm.refused
            );
            if matches!(waits, Waits::Ours) && rate >= MEDIUM {
                let told = format!(
                    "{rate:.0} idle syncs a second; most tries in one: {:.0}",
                    storm.peak
                );
                let figure = |value: f64, unit: &str, limit: f64| -> Value {
                    json!({ "value": value, "unit": unit, "limit": limit, "better": "lower", "floor": told })
                };
                figures.insert(
                    format!("storm-{hours}h-synced"),
                    figure(storm.done, "h", DONE_MAX),
                );
                figures.insert(
                    format!("storm-{hours}h-tries"),
                    figure(storm.tries, "tries", TRIES_MAX),
                );
            }
        }
    }
    println!("{}", Value::Object(figures));
}
