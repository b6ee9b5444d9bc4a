//! The real program over a hostile network: it ends where the province is, once the network is good.

use std::time::Duration;

use sandbox::citizens::numbered;
use sandbox::proxy::{Fate, Weather};
use serde_json::{Value, json};

use crate::checks::stock_of;
use crate::life::Life;
use crate::province::Province;
use crate::{PIN, STOCK};

/// Seeds of weather; two phones are out in each, so that their answers can change places.
const SEEDS: u64 = 12;

fn ready(province: &Province, number: u32) -> Life {
    let life = Life::begin(
        &province.folder.path().join(format!("wet-{number}")),
        &province.config,
    );
    life.ok("create_vault", json!({ "pin": PIN }));
    let citizen = life.ok("test_citizens", json!({}))[0].clone();
    let mut draft = citizen["draft"].clone();
    draft["cnic"] = json!(numbered(number).cnic);
    life.ok("save_draft", json!({ "draft": draft }));
    life.ok("set_photo", json!({ "bytes": citizen["portrait"] }));
    life
}

/// Enrols, or syncs if that is done; what the phone said.
fn run(life: &Life) -> Value {
    let enrolled = life.ok("app_state", json!({}))["enrolment"] == "enrolled";
    let command = if enrolled { "sync" } else { "enrol" };
    life.call(command, json!({})).join().0.unwrap()
}

fn converge(life: &Life, seed: u64) {
    let mut said = Vec::new();
    for _ in 0..6 {
        let answer = run(life);
        let done = answer["error"].is_null() && life.ok("app_state", json!({}))["enrolment"] == "enrolled";
        if done {
            break;
        }
        // A pause that somebody asked for is kept, and is over then.
        let pause = answer["error"]["retry_after_seconds"]
            .as_u64()
            .unwrap_or_default();
        std::thread::sleep(Duration::from_secs(pause));
        said.push(answer);
    }
    // What a sync did is news of the province that the next one brings; then there is none.
    let still = (0..4).any(|_| life.patiently("sync")["changed"] == false);
    assert!(still, "seed {seed}: {said:?}, and always something to fetch");
    let home = life.ok("home", json!({}));
    for (kind, full) in STOCK {
        let left = stock_of(&home, kind)["left"].as_u64().unwrap();
        assert!(
            left * 3 >= full && left <= full,
            "seed {seed}: {kind}: {left} of {full}"
        );
    }
}

#[test]
fn the_real_program_ends_where_the_province_is_once_the_network_is_good() {
    let mut province = Province::start();
    let mut met = std::collections::HashSet::new();
    for seed in 0..SEEDS {
        let number = u32::try_from(seed * 2).unwrap();
        let phones = [ready(&province, number), ready(&province, number + 1)];
        province.set_weather(Weather {
            seed,
            trouble: 500,
            stall_ms: 20,
            ..Weather::GOOD
        });
        std::thread::scope(|scope| {
            for life in &phones {
                scope.spawn(move || {
                    for _ in 0..4 {
                        run(life);
                        // Whatever the weather is, what is on the phone can be shown.
                        let home = life.ok("home", json!({}));
                        if stock_of(&home, "age")["left"].as_u64().unwrap_or_default() > 0 {
                            life.ok("show_timed", json!({ "vct": "age" }));
                        }
                    }
                });
            }
        });
        province.set_weather(Weather::GOOD);
        for life in &phones {
            converge(life, seed);
        }
        met.extend(province.fates());
        let people = u64::from(number) + 2;
        assert_eq!(
            province.people(),
            people,
            "seed {seed}: one person for each phone"
        );
        assert_eq!(
            province.given_out().batches,
            province.noted("passes_issued"),
            "seed {seed}"
        );
    }
    assert_eq!(met.len(), Fate::ALL.len(), "weather that never came: {met:?}");
}
