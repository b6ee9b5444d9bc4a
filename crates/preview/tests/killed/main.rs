//! The real program with a real province over real sockets, both killed at random moments while a citizen enrols, syncs,
//! queues and shows: nothing that was confirmed is lost, nothing is done twice, no pass is used twice while others remain.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod journal;
#[allow(dead_code)] // the bench uses the rest
mod life;
#[allow(dead_code)] // the bench uses the rest
mod province;
#[path = "../../../../tests/soak.rs"]
mod soak;
mod weather;

use std::path::PathBuf;
use std::time::Duration;

use credential::{Expect, IssuedRequest};
use journal::{Act, Journal, Shown};
use life::{Call, Life};
use province::{AUDIENCE, CITIZENS_MAX, Province};
use sandbox::citizens::numbered;
use sandbox::proxy::Dice;
use serde_json::{Value, json};

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
        let province_deaths: u64 = worlds.into_iter().map(|world| world.join().unwrap()).sum();
        assert!(province_deaths > 0, "no province ever died");
    });
}

/// A province and its phones, until so many of them have died. Says how often the province did.
fn one_world(seed: u64, wanted: u64) -> u64 {
    let mut dice = Dice::new(seed);
    let mut province = Province::start();
    let (mut kills, mut citizen, mut server_kills) = (0_u64, 0, 0_u64);
    let mut moments = Moments::default();
    soak::soak(|| {
        loop {
            let mut phone = Phone::new(&mut province, citizen);
            citizen += 1;
            for _ in 0..LIVES {
                server_kills += u64::from(phone.live(&mut province, &mut dice, &mut moments));
                kills += 1;
            }
            phone.settle(&mut province, u64::from(citizen));
            if kills >= wanted {
                return;
            }
        }
    });
    println!("{kills} kills of the phone, {server_kills} of the province, {citizen} citizens");
    server_kills
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

/// A phone with its citizen, its folder, and what was confirmed on it.
struct Phone {
    data: PathBuf,
    config: PathBuf,
    journal: Journal,
    citizen: u32,
    addresses: u32,
    /// The desk's request that was answered last.
    asked: Option<IssuedRequest>,
    /// Passes that other phones were given before.
    given_before: usize,
}

impl Phone {
    fn new(province: &mut Province, citizen: u32) -> Self {
        assert!(citizen < CITIZENS_MAX, "NADRA knows no more citizens");
        let data = province.folder.path().join(format!("phone-{citizen}"));
        Self {
            journal: Journal::create(&data.with_extension("journal")),
            config: province.config.clone(),
            data,
            citizen,
            addresses: 0,
            asked: None,
            given_before: province.given_out().1,
        }
    }

    /// From one start to the next death. Says whether the province died too.
    fn live(&mut self, province: &mut Province, dice: &mut Dice, moments: &mut Moments) -> bool {
        let life = Life::begin(&self.data, &self.config);
        // Now and then it does not even get through its start.
        if dice.below(10) == 0 {
            let opening = life.call("unlock", json!({ "pin": PIN }));
            std::thread::sleep(moments.one_of("unlock", dice));
            life.kill();
            opening.join();
            return false;
        }
        if !self.open(&life, dice, moments) {
            life.kill();
            return false;
        }
        self.look(&life, province);
        for _ in 0..dice.below(4) {
            let act = self.choose(&life, dice);
            let call = self.begin(&life, &act, province, dice);
            let (answer, took) = call.join();
            moments.learn(command(&act), took);
            self.end(&act, answer.as_ref(), province);
        }
        let act = self.choose(&life, dice);
        let call = self.begin(&life, &act, province, dice);
        // Nothing waits for this: the moment is what is tested.
        std::thread::sleep(moments.one_of(command(&act), dice));
        let province_dies = dice.below(8) == 0;
        if province_dies {
            province.kill();
        }
        // The phone lives on without a province, or dies with it or without.
        if !province_dies || dice.below(2) == 0 {
            life.kill();
        }
        let (answer, _) = call.join();
        if province_dies {
            province.restart();
        }
        self.end(&act, answer.as_ref(), province);
        life.kill();
        province_dies
    }

    /// Makes the vault or opens it; `false` when the phone is to die over it.
    fn open(&mut self, life: &Life, dice: &mut Dice, moments: &mut Moments) -> bool {
        let oracle = self.journal.read();
        let lock = life.ok("app_state", json!({}))["lock"].clone();
        let made = oracle.done(&Act::CreateVault);
        assert!(
            !made || lock == "locked",
            "a vault that was confirmed is gone: {lock}"
        );
        if lock == "locked" {
            assert!(oracle.begun(&Act::CreateVault), "a vault that nobody made");
            let (_, took) = life.done("unlock", json!({ "pin": PIN }));
            moments.learn("unlock", took);
            return true;
        }
        self.journal.begin(&Act::CreateVault);
        let call = life.call("create_vault", json!({ "pin": PIN }));
        if dice.below(2) == 0 {
            std::thread::sleep(moments.one_of("create_vault", dice));
            life.kill();
            let (answer, _) = call.join();
            self.end_plain(&Act::CreateVault, answer.as_ref());
            return false;
        }
        let (answer, took) = call.join();
        moments.learn("create_vault", took);
        self.end_plain(&Act::CreateVault, answer.as_ref());
        true
    }

    /// What the phone shows after a start, beside what was confirmed.
    fn look(&self, life: &Life, province: &Province) {
        let oracle = self.journal.read();
        let state = life.ok("app_state", json!({}))["enrolment"].clone();
        if oracle.done(&Act::Enrol) {
            assert_eq!(state, "enrolled", "an enrolment that was confirmed is gone");
        } else if !oracle.begun(&Act::Enrol) {
            assert!(
                state == "none" || state == "draft",
                "nobody sent anything: {state}"
            );
        }
        if state == "draft" || state == "none" {
            let draft = life.ok("draft", json!({}));
            let address = draft["address"].as_str().unwrap();
            let none_yet = address.is_empty() && self.nothing_confirmed();
            assert!(
                none_yet || oracle.addresses.iter().any(|known| known == address),
                "the draft says {address:?}, not one of {:?}",
                oracle.addresses
            );
            let has_photo = draft["has_photo"] == true;
            assert!(has_photo || !oracle.done(&Act::SetPhoto), "the photo is gone");
        }
        let rows = past(life);
        let home = life.ok("home", json!({}));
        for (kind, _) in STOCK {
            let shown = rows
                .iter()
                .filter(|row| row["vct"] == kind && row["outcome"] == "shown");
            let shown = shown.count();
            let range = oracle.showings(kind);
            assert!(
                range.contains(&shown),
                "{kind}: {shown} rows in the history, {range:?} showings"
            );
            let used = used_of(&home, kind);
            assert!(
                oracle.passes_seen(kind) <= used && used <= *range.end(),
                "{kind}: {used} passes used"
            );
        }
        let (before, with_this) = (u64::from(self.citizen), u64::from(self.citizen) + 1);
        let least = if oracle.done(&Act::Enrol) {
            with_this
        } else {
            before
        };
        let people = province.people();
        assert!(
            (least..=with_this).contains(&people),
            "{people} people are enrolled"
        );
    }

    /// Whether no draft was ever confirmed.
    fn nothing_confirmed(&self) -> bool {
        !self.journal.read().any_draft()
    }

    /// What the citizen does next.
    fn choose(&mut self, life: &Life, dice: &mut Dice) -> Act {
        let oracle = self.journal.read();
        let state = life.ok("app_state", json!({}))["enrolment"].clone();
        if state == "enrolled" {
            return match dice.below(10) {
                0..4 => Act::Sync,
                4..7 => Act::Show { kind: "age".into() },
                7..9 => Act::Show {
                    kind: "residence".into(),
                },
                _ => Act::Answer {
                    kind: "identity".into(),
                },
            };
        }
        let sendable = oracle.any_draft() && oracle.done(&Act::SetPhoto);
        if state == "sent" || sendable && dice.below(3) > 0 {
            return Act::Enrol;
        }
        if oracle.any_draft() && !oracle.done(&Act::SetPhoto) && dice.below(3) > 0 {
            return Act::SetPhoto;
        }
        self.addresses += 1;
        Act::SaveDraft {
            address: format!("House {}, Street 2, Khar", self.addresses),
        }
    }

    fn begin(&mut self, life: &Life, act: &Act, province: &Province, dice: &mut Dice) -> Call {
        let arguments = match act {
            Act::CreateVault => json!({ "pin": PIN }),
            Act::SaveDraft { address } => {
                let mut draft = life.ok("test_citizens", json!({}))[0]["draft"].clone();
                draft["cnic"] = json!(numbered(self.citizen).cnic);
                draft["address"] = json!(address);
                json!({ "draft": draft })
            }
            Act::SetPhoto => json!({ "bytes": life.ok("test_citizens", json!({}))[0]["portrait"] }),
            Act::Enrol | Act::Sync => json!({}),
            Act::Show { kind } => json!({ "vct": kind }),
            Act::Answer { .. } => {
                let mut nonce = [0; 16];
                nonce[..8].copy_from_slice(&dice.next().to_be_bytes());
                let request = province.request(nonce);
                let view = life.ok("read_request_text", json!({ "text": request.text }));
                self.asked = Some(request);
                json!({ "id": view["id"] })
            }
        };
        self.journal.begin(act);
        life.call(command(act), arguments)
    }

    /// Writes down what was confirmed, and looks at what was shown as a desk does.
    fn end(&mut self, act: &Act, answer: Option<&Value>, province: &Province) {
        let kind = match act {
            Act::Show { kind } | Act::Answer { kind } => kind,
            Act::CreateVault | Act::SaveDraft { .. } | Act::SetPhoto | Act::Enrol | Act::Sync => {
                return self.end_plain(act, answer);
            }
        };
        let Some(shown) = answer
            .map(|answer| &answer["ok"])
            .filter(|shown| shown.is_object())
        else {
            return self.end_plain(act, answer);
        };
        let expect = match (act, &self.asked) {
            (Act::Answer { .. }, Some(request)) => Expect::Request(request),
            _ => Expect::Timed { audience: AUDIENCE },
        };
        let shown = Shown {
            key: province.seen(&shown["frames"][0], expect),
            last_pass: shown["last_pass"] == true,
        };
        self.journal.done(act, Some(shown));
        self.journal.read().passes_seen(kind);
    }

    fn end_plain(&mut self, act: &Act, answer: Option<&Value>) {
        match answer {
            Some(answer) if answer["error"].is_null() => self.journal.done(act, None),
            Some(answer) => {
                let code = answer["error"]["code"].as_str().unwrap();
                let may_be = [
                    "network_down",
                    "network_timeout",
                    "server_fault",
                    "answer_invalid",
                    "no_pass",
                ];
                assert!(may_be.contains(&code), "{act:?}: {}", answer["error"]);
                self.journal.refused(act, code);
            }
            None => {}
        }
    }

    /// Nobody dies any more: everything that was begun comes to its end, once.
    fn settle(&mut self, province: &mut Province, people: u64) {
        let life = Life::begin(&self.data, &self.config);
        if life.ok("app_state", json!({}))["lock"] == "empty" {
            self.journal.begin(&Act::CreateVault);
            let (answer, _) = life.call("create_vault", json!({ "pin": PIN })).join();
            self.end_plain(&Act::CreateVault, answer.as_ref());
        } else {
            life.ok("unlock", json!({ "pin": PIN }));
        }
        self.look(&life, province);
        let state = life.ok("app_state", json!({}))["enrolment"].clone();
        if state == "draft" || state == "none" {
            let citizen = life.ok("test_citizens", json!({}))[0].clone();
            let mut draft = citizen["draft"].clone();
            draft["cnic"] = json!(numbered(self.citizen).cnic);
            life.ok("save_draft", json!({ "draft": draft }));
            life.ok("set_photo", json!({ "bytes": citizen["portrait"] }));
        }
        if state != "enrolled" {
            self.journal.begin(&Act::Enrol);
            assert_eq!(life.ok("enrol", json!({}))["enrolment"], "enrolled");
            self.journal.done(&Act::Enrol, None);
        }
        life.ok("sync", json!({}));
        let again = life.ok("sync", json!({}));
        assert_eq!(again["changed"], false, "there was still something to fetch");
        self.look(&life, province);

        assert_eq!(province.people(), people, "one person for each citizen");
        let home = life.ok("home", json!({}));
        for (kind, full) in STOCK {
            let left = stock_of(&home, kind)["left"].as_u64().unwrap();
            assert!(left * 3 >= full && left <= full, "{kind}: {left} of {full}");
        }
        let (batches, passes) = province.given_out();
        assert_eq!(
            batches,
            province.batches(),
            "the province's batches, and those on the wire"
        );
        let total = |kind| usize::try_from(stock_of(&home, kind)["total"].as_u64().unwrap()).unwrap();
        let here: usize = STOCK.iter().map(|(kind, _)| total(*kind)).sum();
        assert_eq!(
            here,
            passes - self.given_before,
            "every pass that was given out is here"
        );
    }
}

/// Every showing of the past, page after page.
fn past(life: &Life) -> Vec<Value> {
    let (mut rows, mut before) = (Vec::new(), Value::Null);
    loop {
        let ask = json!({ "words": "", "filter": "all", "vct": null, "before": before });
        let page = life.ok("past", json!({ "ask": ask }));
        let entries = page["entries"].as_array().unwrap().iter();
        rows.extend(
            entries
                .map(|entry| entry["showing"].clone())
                .filter(Value::is_object),
        );
        before = page["next"].clone();
        if before.is_null() {
            return rows;
        }
    }
}

fn stock_of<'a>(home: &'a Value, kind: &str) -> &'a Value {
    let passes = home["passes"].as_array().unwrap();
    passes
        .iter()
        .find(|pass| pass["vct"] == kind)
        .unwrap_or(&Value::Null)
}

/// Passes of a kind that were marked as shown.
fn used_of(home: &Value, kind: &str) -> usize {
    let number = |name: &str| stock_of(home, kind)[name].as_u64().unwrap_or_default();
    usize::try_from(number("total") - number("left")).unwrap()
}

const fn command(act: &Act) -> &'static str {
    match act {
        Act::CreateVault => "create_vault",
        Act::SaveDraft { .. } => "save_draft",
        Act::SetPhoto => "set_photo",
        Act::Enrol => "enrol",
        Act::Sync => "sync",
        Act::Show { .. } => "show_timed",
        Act::Answer { .. } => "answer_request",
    }
}
