//! An operator who suspends, revokes and grants meanwhile, each time by a process of its own.

use province_api::reason::Reason;
use std::collections::BTreeMap;
use std::sync::Arc;

use province_api::sync::Event;
use sandbox::proxy::Dice;
use serde_json::{Value, json};

use super::ledger::{Acts, Entry};
use super::world::World;
use crate::process;

/// How often one command is tried.
const TRIES: u32 = 20;
/// A document that everybody may be granted.
const DOCUMENT: &str = "domicile";

/// What the operator did to whom.
pub type Done = BTreeMap<u32, Acts>;

/// What the citizen is told of who was granted it.
pub fn granted() -> Event {
    Event::DocumentGranted {
        vct: DOCUMENT.to_owned(),
        no: 0,
        grant: 0,
    }
}

/// Does so many acts, spread over the time in which the phones do so many things.
pub async fn work(world: Arc<World>, acts: u64, steps: u64, mut dice: Dice) -> Done {
    let mut done = Done::new();
    for act in 1..=acts {
        world.until(steps * act / (acts + 1)).await;
        let Some(citizen) = dice.one_of(&world.watched()) else {
            continue;
        };
        one(&world, citizen, done.entry(citizen).or_default(), &mut dice).await;
    }
    done
}

async fn one(world: &Arc<World>, citizen: u32, acts: &mut Acts, dice: &mut Dice) {
    let cnic = sandbox::citizens::numbered(citizen).cnic;
    let line = format!("{cnic}\n");
    if acts.suspended {
        run(world, &["resume"], &line, Event::Resumed, acts).await;
        acts.suspended = false;
    } else if acts.holds && !acts.revoked && dice.below(2) == 0 {
        let what = Event::DocumentWithdrawn {
            vct: DOCUMENT.to_owned(),
            no: 0,
            reason: Some(Reason::DepartmentWithdrawal),
        };
        run(
            world,
            &["withdraw", "--vct", DOCUMENT, "--reason", "department_withdrawal"],
            &line,
            what,
            acts,
        )
        .await;
        acts.holds = false;
    } else if acts.revoked {
        let now = ran(world, &["revoke", "--reason", "fraud"], &line, || ()).await;
        assert!(!now, "what was revoked was not");
    } else {
        match dice.below(3) {
            0 => {
                run(
                    world,
                    &["suspend", "--reason", "lost"],
                    &line,
                    Event::Suspended {
                        reason: Some(Reason::Lost),
                    },
                    acts,
                )
                .await;
                acts.suspended = true;
            }
            1 => {
                run(
                    world,
                    &["revoke", "--reason", "fraud"],
                    &line,
                    Event::Revoked {
                        reason: Some(Reason::Fraud),
                    },
                    acts,
                )
                .await;
                acts.revoked = true;
            }
            _ => {
                let form = json!({ "cnic": cnic, "vct": DOCUMENT, "fields": {
                    "certificate_number": "D-7", "issued_on": "2026-11-02", "domicile_district": "peshawar",
                }});
                run(world, &["grant"], &form.to_string(), granted(), acts).await;
                acts.holds = true;
            }
        }
    }
}

/// Runs a command until it is known what became of it: `true` if this did it, `false` if it had been done before. `cut` is
/// told of each time that nobody knows.
async fn ran(world: &Arc<World>, words: &'static [&'static str], stdin: &str, mut cut: impl FnMut()) -> bool {
    for _ in 0..TRIES {
        let stdin = stdin.to_owned();
        let output = Arc::clone(world)
            .in_thread(move |world| world.command(words, &stdin))
            .await;
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        match answer["code"].as_str() {
            None if answer["done"] == true => return true,
            Some("already_done" | "not_held") => return false,
            Some("store_failed" | "server_fault") | None => {
                cut();
                world.calm().await;
            }
            Some(code) => panic!("{words:?}: {code} {}", String::from_utf8_lossy(&output.stderr)),
        }
    }
    panic!("{words:?} never came through");
}

/// Does what was not done before.
async fn run(world: &Arc<World>, words: &'static [&'static str], stdin: &str, what: Event, acts: &mut Acts) {
    let mut cuts = 0;
    let now = ran(world, words, stdin, || cuts += 1).await;
    assert!(now || cuts > 0, "{words:?} was done before");
    // Any of the tries of which nothing was heard may have done it, or done it too.
    let perhaps = if now { cuts } else { cuts - 1 };
    acts.entries
        .extend(std::iter::repeat_n(Entry::perhaps(what.clone()), perhaps));
    acts.entries.push(Entry::certain(what));
}

/// Looks whether the audit log is whole, by the command for that.
pub fn verified(world: &World) -> Value {
    process::json(&world.command(&["audit", "verify"], ""))
}
