//! The real program with a real province over real sockets, both killed at random moments while a citizen enrols, syncs,
//! queues and shows: nothing that was confirmed is lost, nothing is done twice, no pass is used twice while others remain.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod checks;
mod journal;
#[allow(dead_code)] // the bench uses the rest
mod life;
mod phone;
#[allow(dead_code)] // the bench uses the rest
mod province;
#[path = "../../../../tests/soak.rs"]
mod soak;
mod weather;

use std::time::Duration;

use phone::Phone;
use province::Province;
use sandbox::proxy::Dice;

/// How often the phone is killed at least; `cargo xtask soak wallet` says more in the environment.
const KILLS: u64 = 300;
const KILLS_WANTED: &str = "KHYBER_KILLS";
/// Repeats what a failure printed, as far as two processes can be repeated.
const SEED: &str = "KHYBER_SEED";
/// Provinces with their phones, side by side: most of the time everybody waits for a disk.
const WORLDS: u64 = 3;
/// Lives of a phone before it is thrown away.
const LIVES: u64 = 25;
const PIN: &str = "739105";
/// The stock that everybody has, in the register's order.
const STOCK: [(&str, u64); 4] = [("age", 10), ("residence", 10), ("identity", 5), ("name-photo", 2)];

fn number_of(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn killed_at_random_moments_nothing_is_lost_and_nothing_is_done_twice() {
    let wanted = number_of(KILLS_WANTED).unwrap_or(KILLS);
    let seed =
        number_of(SEED).unwrap_or_else(|| u64::from(std::process::id()) << 32 | province::now().unix());
    println!("{SEED}={seed}");
    std::thread::scope(|scope| {
        let worlds: Vec<_> = (0..WORLDS)
            .map(|world| scope.spawn(move || one_world(seed.wrapping_add(world), wanted.div_ceil(WORLDS))))
            .collect();
        // What failed in one of them has been said.
        let deaths: Vec<Deaths> = worlds.into_iter().map(|world| world.join().unwrap()).collect();
        let sum = |of: fn(&Deaths) -> u64| deaths.iter().map(of).sum::<u64>();
        let (phones, cut_short, provinces) = (
            sum(|all| all.phones),
            sum(|all| all.cut_short),
            sum(|all| all.provinces),
        );
        println!("{phones} kills of phones, {cut_short} of them within a call; {provinces} of provinces");
        assert!(
            cut_short * 5 > phones,
            "death came when nothing happened: {cut_short} of {phones}"
        );
        assert!(provinces > 0, "no province ever died");
    });
}

/// How often they were killed.
#[derive(Default)]
struct Deaths {
    phones: u64,
    /// Of these, how many came before the answer to what the phone was doing.
    cut_short: u64,
    provinces: u64,
}

/// A province and its phones, until so many of them have died.
fn one_world(seed: u64, wanted: u64) -> Deaths {
    let mut dice = Dice::new(seed);
    let mut province = Province::start();
    let (mut deaths, mut citizen) = (Deaths::default(), 0);
    let mut moments = Moments::default();
    soak::soak(|| {
        loop {
            let mut phone = Phone::new(&mut province, citizen);
            citizen += 1;
            for _ in 0..LIVES {
                phone.live(&mut province, &mut dice, &mut moments, &mut deaths);
                deaths.phones += 1;
            }
            phone.settle(&mut province, u64::from(citizen));
            if deaths.phones >= wanted {
                return;
            }
        }
    });
    deaths
}

/// How long each thing took when it was last confirmed: the next one is cut short somewhere within that.
#[derive(Default)]
struct Moments(std::collections::BTreeMap<String, Duration>);

impl Moments {
    fn learn(&mut self, command: &str, took: Duration) {
        self.0.insert(command.to_owned(), took);
    }

    fn one_of(&self, command: &str, dice: &mut Dice) -> Duration {
        let usual = self.0.get(command).copied().unwrap_or(Duration::from_millis(200));
        let most = u64::try_from(usual.as_micros()).unwrap() * 5 / 4;
        Duration::from_micros(dice.below(most.clamp(100, 1_000_000)))
    }
}
