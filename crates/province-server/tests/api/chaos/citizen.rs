//! One citizen's history with their phones, drawn by dice.

use std::collections::BTreeMap;
use std::sync::Arc;

use ed25519_dalek::SigningKey;
use province_api::Bytes;
use province_api::application::{ApplicationReply, WithdrawRequest};
use province_api::device_key::DeviceKeyRequest;
use province_api::passes::{Challenge, PassesReply};
use province_api::paths;
use province_api::problem::ProblemCode;
use province_api::sync::{Event, LostReply, LostRequest, MobileRequest, Standing, SyncReply, SyncRequest};
use sandbox::proxy::Dice;
use serde_json::json;

use super::ledger::{Batch, Entry, Kept, Life, Sent};
use super::world::{Answer, Known, World, Write};
use crate::bench::Phone;
use crate::served::now;

/// Most times that a citizen is bound to another device, and changes the key of one, in a day.
const CHANGES_MAX: u32 = 3;
/// What is applied for, at the department.
const SERVICE: &str = "domicile-certificate";
/// How many batches the province keeps.
const BATCHES_KEPT: usize = 4;
/// What is drawn.
const KINDS: [&str; 2] = ["age", "identity"];

/// Who else changes something about a citizen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Citizen {
    /// Nobody: every refusal is a fault.
    Alone(u32),
    /// The operator suspends and revokes them.
    Watched(u32),
    /// Two officers revoke them together.
    Listed(u32),
}

/// Those whom the officers revoke.
pub const LISTED: [u32; 2] = [1, 3];

/// A citizen who lives.
pub struct Living {
    life: Life,
    dice: Dice,
    world: Arc<World>,
    citizen: Citizen,
    holders: u64,
    keys: u32,
}

fn phone(dice: &mut Dice) -> Arc<Phone> {
    let mut seed = [0; 32];
    seed.fill_with(|| u8::try_from(dice.below(256)).unwrap());
    let mut phone = Phone::new(0);
    (phone.key, phone.seed) = (SigningKey::from_bytes(&seed), seed);
    Arc::new(phone)
}

pub fn key(dice: &mut Dice) -> String {
    format!("{:016x}{:016x}", dice.next(), dice.next())
}

impl Citizen {
    /// Every other one is alone.
    pub const fn of(number: u32) -> Self {
        if number.is_multiple_of(2) {
            Self::Alone(number)
        } else if number == LISTED[0] || number == LISTED[1] {
            Self::Listed(number)
        } else {
            Self::Watched(number)
        }
    }

    pub const fn number(self) -> u32 {
        match self {
            Self::Alone(number) | Self::Watched(number) | Self::Listed(number) => number,
        }
    }

    /// Whether nobody else changes anything about them.
    pub const fn is_alone(self) -> bool {
        matches!(self, Self::Alone(_))
    }
}

impl Living {
    /// Enrols, sometimes from two phones at once, of which one may win.
    pub async fn enrolled(world: Arc<World>, citizen: Citizen, mut dice: Dice) -> Self {
        let form = sandbox::citizens::numbered(citizen.number()).enrolment();
        let body = serde_json::to_vec(&form).unwrap();
        let (one, other) = (phone(&mut dice), phone(&mut dice));
        let keys = [key(&mut dice), key(&mut dice)];
        let ask = async |device: &Phone, key: &str, mut dice: Dice, copies| {
            let write = Write {
                phone: device,
                path: paths::ENROLMENTS,
                body: &body,
                key,
            };
            world.ask(&mut dice, &write, copies).await
        };
        let [mine, theirs] = [Dice::new(dice.next()), Dice::new(dice.next())];
        let (device, key, answer) = if dice.below(3) == 0 {
            let both = tokio::join!(ask(&one, &keys[0], mine, 1), ask(&other, &keys[1], theirs, 1));
            let [first, second] = keys;
            match both {
                (Answer::Done(answer), Answer::Refused(ProblemCode::AlreadyEnrolled, _)) => {
                    (one, first, answer)
                }
                (Answer::Refused(ProblemCode::AlreadyEnrolled, _), Answer::Done(answer)) => {
                    (other, second, answer)
                }
                both => panic!("of two phones one enrols: {both:?}"),
            }
        } else {
            let [first, _] = keys;
            let copies = 1 + usize::try_from(dice.below(2)).unwrap();
            match ask(&one, &first, mine, copies).await {
                Answer::Done(answer) => (one, first, answer),
                refused @ Answer::Refused(..) => panic!("{refused:?}"),
            }
        };
        let kept = Kept {
            device: Arc::clone(&device),
            path: paths::ENROLMENTS,
            key,
            body,
            answer,
        };
        let life = Life {
            citizen: citizen.number(),
            device,
            entries: vec![Entry::certain(Event::Enrolled)],
            told: Vec::new(),
            kept: vec![kept],
            batches: Vec::new(),
            bindings: 1,
            sent: Vec::new(),
        };
        Self {
            life,
            dice,
            world,
            citizen,
            holders: 0,
            keys: 0,
        }
    }

    /// Does so many things more.
    pub async fn live(mut self, steps: u64) -> Life {
        if self.citizen.is_alone() {
            self.apply().await;
        }
        for _ in 0..steps {
            let alone = self.citizen.is_alone();
            match self.dice.below(13) {
                0..3 => self.draw().await,
                3..6 => self.sync().await,
                6 if alone && self.keys < CHANGES_MAX => self.change_key().await,
                7 if alone && self.life.bindings <= CHANGES_MAX => self.rebind().await,
                8 if alone && self.life.bindings <= CHANGES_MAX => self.lose().await,
                9 | 10 if alone => self.apply().await,
                11 if alone => self.withdraw().await,
                _ => self.change_mobile().await,
            }
            self.world.step();
        }
        self.life
    }

    /// Asks with this device until it is answered, sometimes both servers at once.
    async fn ask_as(&mut self, device: &Phone, path: &'static str, body: &[u8]) -> (String, Answer) {
        let key = key(&mut self.dice);
        let write = Write {
            phone: device,
            path,
            body,
            key: &key,
        };
        let copies = match path {
            // No writes: what they say may change from one to the next.
            paths::SYNC | paths::CHALLENGES => 1,
            _ => 1 + usize::try_from(self.dice.below(2)).unwrap(),
        };
        let answer = self.world.ask(&mut self.dice, &write, copies).await;
        (key, answer)
    }

    /// A write of the citizen's own device. `None` if the operator had ended or suspended them.
    async fn write(&mut self, path: &'static str, body: Vec<u8>, what: Option<Event>) -> Option<Vec<u8>> {
        let device = Arc::clone(&self.life.device);
        let (key, answer) = self.ask_as(&device, path, &body).await;
        match answer {
            Answer::Done(answer) => {
                if let Some(what) = what {
                    self.life.entries.push(Entry::certain(what));
                    self.keep(&device, path, key, body, answer.clone());
                }
                Some(answer)
            }
            Answer::Refused(code, known) => {
                let ended = matches!(code, ProblemCode::PersonRevoked | ProblemCode::PersonSuspended);
                assert!(
                    ended && !self.citizen.is_alone(),
                    "{path}: {code:?} {}",
                    self.world.logs()
                );
                if let (Some(what), Known::Perhaps) = (what, known) {
                    self.life.entries.push(Entry::perhaps(what));
                }
                None
            }
        }
    }

    fn keep(&mut self, device: &Arc<Phone>, path: &'static str, key: String, body: Vec<u8>, answer: Vec<u8>) {
        self.life.kept.push(Kept {
            device: Arc::clone(device),
            path,
            key,
            body,
            answer,
        });
    }

    /// What the province forgets when a device serves no longer.
    fn forget(&mut self, device: &Arc<Phone>) {
        self.life.kept.retain(|kept| !Arc::ptr_eq(&kept.device, device));
    }

    async fn draw(&mut self) {
        let Some(answer) = self.write(paths::CHALLENGES, Vec::new(), None).await else {
            return;
        };
        let challenge: Challenge = serde_json::from_slice(&answer).unwrap();
        let (device, first) = (Arc::clone(&self.life.device), self.holders);
        self.holders += KINDS.len() as u64;
        let wanted = device.wanted(&challenge.challenge, first, &KINDS);
        let passes = KINDS.map(|kind| (kind.to_owned(), 1));
        let what = Event::PassesIssued {
            passes: BTreeMap::from(passes),
        };
        let body = serde_json::to_vec(&wanted).unwrap();
        if let Some(answer) = self.write(paths::PASSES, body, Some(what)).await {
            let reply: PassesReply = serde_json::from_slice(&answer).unwrap();
            assert_eq!(reply.credentials.len(), KINDS.len());
            let of_device = |kept: &&Kept| kept.path == paths::PASSES && Arc::ptr_eq(&kept.device, &device);
            if self.life.kept.iter().filter(of_device).count() > BATCHES_KEPT {
                let oldest = self.life.kept.iter().position(|kept| of_device(&kept)).unwrap();
                self.life.kept.remove(oldest);
            }
            self.life.batches.push(Batch {
                device,
                first,
                binding: self.life.bindings,
                reply,
            });
        }
    }

    async fn change_mobile(&mut self) {
        let mobile = format!("0300{:07}", self.dice.below(10_000_000));
        let what = Event::MobileChanged {
            ends: mobile[9..].to_owned(),
        };
        let body = serde_json::to_vec(&MobileRequest { mobile }).unwrap();
        self.write(paths::MOBILE, body, Some(what)).await;
    }

    async fn change_key(&mut self) {
        let (before, new) = (Arc::clone(&self.life.device), phone(&mut self.dice));
        let request = DeviceKeyRequest::new(before.key.verifying_key().as_bytes(), &new.key);
        let body = serde_json::to_vec(&request).unwrap();
        self.forget(&before);
        self.write(paths::DEVICE_KEY, body, Some(Event::DeviceKeyChanged))
            .await;
        self.life.device = new;
        self.keys += 1;
    }

    async fn rebind(&mut self) {
        let (before, new) = (Arc::clone(&self.life.device), phone(&mut self.dice));
        let form = sandbox::citizens::numbered(self.life.citizen).enrolment();
        let body = serde_json::to_vec(&form).unwrap();
        self.life.device = Arc::clone(&new);
        self.write(paths::REBIND, body, Some(Event::DeviceReplaced)).await;
        self.life.bindings += 1;
        self.forget(&before);
        self.is_refused(&before, ProblemCode::DeviceReplaced).await;
    }

    /// Reports the phone as lost, from somebody else's, and takes another one.
    async fn lose(&mut self) {
        let (lost, other) = (Arc::clone(&self.life.device), phone(&mut self.dice));
        let report = LostRequest {
            lost_at: now().unix(),
            person: sandbox::citizens::numbered(self.life.citizen).enrolment(),
        };
        let body = serde_json::to_vec(&report).unwrap();
        let (key, answer) = self.ask_as(&other, paths::LOST, &body).await;
        let Answer::Done(answer) = answer else {
            panic!("{answer:?}")
        };
        let reply: LostReply = serde_json::from_slice(&answer).unwrap();
        assert!(!reply.newer);
        self.life.entries.push(Entry::certain(Event::WalletDisabled));
        self.keep(&other, paths::LOST, key, body, answer);
        self.is_refused(&lost, ProblemCode::WalletDisabled).await;
        self.rebind().await;
    }

    /// Sends an application.
    async fn apply(&mut self) {
        self.life.apply(&self.world, &mut self.dice).await;
    }

    /// Takes the last application back, if the department was not faster.
    async fn withdraw(&mut self) {
        let Some(last) = self.life.sent.last().filter(|last| !last.is_withdrawn) else {
            return;
        };
        let application = Bytes::from(hex::decode(&last.id).unwrap());
        let body = serde_json::to_vec(&WithdrawRequest { application }).unwrap();
        let device = Arc::clone(&self.life.device);
        let (key, answer) = self.ask_as(&device, paths::WITHDRAW, &body).await;
        match answer {
            Answer::Done(answer) => {
                self.keep(&device, paths::WITHDRAW, key, body, answer);
                self.life.sent.last_mut().unwrap().is_withdrawn = true;
            }
            Answer::Refused(ProblemCode::ApplicationChanged, _) => {}
            refused @ Answer::Refused(..) => panic!("{refused:?} {}", self.world.logs()),
        }
    }

    async fn is_refused(&mut self, device: &Phone, code: ProblemCode) {
        let body = serde_json::to_vec(&question(0)).unwrap();
        let (_, answer) = self.ask_as(device, paths::SYNC, &body).await;
        assert!(
            matches!(answer, Answer::Refused(said, _) if said == code),
            "{answer:?}"
        );
    }

    async fn sync(&mut self) {
        self.life.synced(&self.world, &mut self.dice).await;
    }
}

fn question(feed: u64) -> SyncRequest {
    SyncRequest {
        feed,
        held: Vec::new(),
        offers: Bytes::default(),
    }
}

impl Life {
    /// Sends an application, sometimes to both servers at once.
    pub async fn apply(&mut self, world: &World, dice: &mut Dice) {
        let body = json!({ "service": SERVICE, "form": crate::forms::form_of(SERVICE) })
            .to_string()
            .into_bytes();
        let (device, key) = (Arc::clone(&self.device), key(dice));
        let write = Write {
            phone: &device,
            path: paths::APPLICATIONS,
            body: &body,
            key: &key,
        };
        let copies = 1 + usize::try_from(dice.below(2)).unwrap();
        let answer = match world.ask(dice, &write, copies).await {
            Answer::Done(answer) => answer,
            refused @ Answer::Refused(..) => panic!("{refused:?} {}", world.logs()),
        };
        let reply: ApplicationReply = serde_json::from_slice(&answer).unwrap();
        self.sent.push(Sent {
            id: hex::encode(&reply.application.0),
            is_withdrawn: false,
        });
        self.kept.push(Kept {
            path: paths::APPLICATIONS,
            device,
            key,
            body,
            answer,
        });
    }

    /// Asks for all that is new in the feed: no number is left out, none comes twice.
    pub async fn synced(&mut self, world: &World, dice: &mut Dice) -> Standing {
        loop {
            let cursor = self.told.last().map_or(0, |event| event.seq);
            let write = Write {
                phone: &self.device,
                path: paths::SYNC,
                body: &serde_json::to_vec(&question(cursor)).unwrap(),
                key: &key(dice),
            };
            let answer = match world.ask(dice, &write, 1).await {
                Answer::Done(answer) => answer,
                refused @ Answer::Refused(..) => panic!("{refused:?} {}", world.logs()),
            };
            let reply: SyncReply = serde_json::from_slice(&answer).unwrap();
            for event in reply.feed {
                let last = self.told.last().map_or(0, |event| event.seq);
                assert_eq!(event.seq, last + 1, "citizen {}", self.citizen);
                self.told.push(event);
            }
            if !reply.more {
                return reply.standing;
            }
        }
    }
}
