//! A phone that lives and dies with its citizen, and what was confirmed on it.

use std::path::PathBuf;

use credential::{Expect, IssuedRequest};
use sandbox::citizens::numbered;
use sandbox::proxy::Dice;
use serde_json::{Value, json};

use crate::journal::{Act, Journal, Shown};
use crate::life::{Call, Life};
use crate::province::{AUDIENCE, CITIZENS_MAX, GivenOut, Province};
use crate::{Deaths, Moments, PIN};

/// A phone with its citizen, its folder, and what was confirmed on it.
pub struct Phone {
    pub data: PathBuf,
    pub config: PathBuf,
    pub journal: Journal,
    pub citizen: u32,
    addresses: u32,
    mobiles: u32,
    /// How often in a row it died over its PIN.
    died_opening: u32,
    /// The desk's request that was answered last.
    asked: Option<IssuedRequest>,
    /// What the province did for other phones before.
    pub before: GivenOut,
}

impl Phone {
    pub fn new(province: &mut Province, citizen: u32) -> Self {
        assert!(citizen < CITIZENS_MAX, "NADRA knows no more citizens");
        let data = province.folder.path().join(format!("phone-{citizen}"));
        Self {
            journal: Journal::create(&data.with_extension("journal")),
            config: province.config.clone(),
            data,
            citizen,
            addresses: 0,
            mobiles: 0,
            died_opening: 0,
            asked: None,
            before: province.given_out(),
        }
    }

    /// From one start to the next death.
    pub fn live(
        &mut self,
        province: &mut Province,
        dice: &mut Dice,
        moments: &mut Moments,
        deaths: &mut Deaths,
    ) {
        let life = Life::begin(&self.data, &self.config);
        // Now and then it does not even get through its start. A third time in a row there is a wait: a try counts before it
        // is known how it ends, or a thief would pull the battery.
        if dice.below(10) == 0 && self.died_opening < 2 {
            self.died_opening += 1;
            let opening = life.call("unlock", json!({ "pin": PIN }));
            std::thread::sleep(moments.one_of("unlock", dice));
            life.kill();
            deaths.cut_short += u64::from(opening.join().0.is_none());
            return;
        }
        if !self.open(&life, dice, moments, deaths) {
            return;
        }
        self.died_opening = 0;
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
        deaths.cut_short += u64::from(answer.is_none());
        if province_dies {
            province.restart();
            deaths.provinces += 1;
        }
        self.end(&act, answer.as_ref(), province);
        life.kill();
    }

    /// Makes the vault or opens it; `false` when the phone died over it.
    fn open(&mut self, life: &Life, dice: &mut Dice, moments: &mut Moments, deaths: &mut Deaths) -> bool {
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
            deaths.cut_short += u64::from(answer.is_none());
            self.end_plain(&Act::CreateVault, answer.as_ref());
            return false;
        }
        let (answer, took) = call.join();
        moments.learn("create_vault", took);
        self.end_plain(&Act::CreateVault, answer.as_ref());
        true
    }

    /// What the citizen does next.
    fn choose(&mut self, life: &Life, dice: &mut Dice) -> Act {
        let oracle = self.journal.read();
        let state = life.ok("app_state", json!({}))["enrolment"].clone();
        if state == "enrolled" {
            return match dice.below(10) {
                0..4 => Act::Sync,
                4..7 => Act::Show { kind: "age".into() },
                7 => Act::Show {
                    kind: "residence".into(),
                },
                8 => Act::Answer {
                    kind: "identity".into(),
                },
                _ => {
                    self.mobiles += 1;
                    Act::ChangeMobile {
                        mobile: format!("0300{:07}", self.mobiles),
                    }
                }
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
            Act::ChangeMobile { mobile } => json!({ "mobile": mobile }),
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
            Act::CreateVault
            | Act::SaveDraft { .. }
            | Act::SetPhoto
            | Act::Enrol
            | Act::Sync
            | Act::ChangeMobile { .. } => return self.end_plain(act, answer),
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

    pub fn end_plain(&mut self, act: &Act, answer: Option<&Value>) {
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
                    "still_underway",
                    // A province that had no time for it asked for that.
                    "province_pause",
                ];
                assert!(may_be.contains(&code), "{act:?}: {}", answer["error"]);
                self.journal.refused(act, code);
            }
            None => {}
        }
    }
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
        Act::ChangeMobile { .. } => "change_mobile",
    }
}
