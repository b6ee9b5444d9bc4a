//! Both sides agree in the end, whatever happened in between: held against a ledger of what was done and confirmed.

use std::collections::BTreeMap;

use proptest::prelude::*;
use province_api::application::{AnswerReply, ApplicationReply, ApplicationState};
use province_api::dispatch::DispatchState;
use province_api::{Bytes, paths};
use sandbox::dastak::{Began, Dastak, HttpLine, Line};
use sandbox::proxy::Dice;
use serde_json::json;
use tokio::net::TcpListener;

use super::rough::Rough;
use super::{CODES, Inside, cnic_of, heard, let_in};
use crate::applications::{answer, applied, system_of};
use crate::bench::{Bench, Phone};
use crate::callers::SystemCaller;

/// Turns of both sides after the line got better, at most.
const TURNS_MAX: u32 = 12;

/// What was done to an application from a wallet and confirmed.
struct Entry {
    owner: usize,
    id: Bytes,
    /// Its end, if somebody was told that it ended so.
    end: Option<ApplicationState>,
}

/// What one wallet shows: of each application its state and its number.
type Shown = BTreeMap<Vec<u8>, (ApplicationState, Option<String>)>;

fn below(dice: &mut Dice, limit: usize) -> usize {
    usize::try_from(dice.below(limit as u64)).unwrap()
}

/// Two citizens with wallets and one without, an office, and Dastak.
struct World {
    bench: Bench,
    phones: Vec<Phone>,
    home: SystemCaller,
    dastak: Dastak,
    ledger: Vec<Entry>,
    /// What was filed with Dastak, and by whom.
    filed: Vec<(String, usize)>,
    at: u64,
}

impl World {
    async fn new(seed: u64) -> Self {
        let bench = Bench::new().await;
        let phones = vec![bench.enrolled(0, 1).await, bench.enrolled(1, 2).await];
        let home = system_of(&bench, 60, "home").await;
        let dastak = let_in(&bench, seed).await;
        let at = bench.now().unix();
        Self {
            bench,
            phones,
            home,
            dastak,
            ledger: Vec::new(),
            filed: Vec::new(),
            at,
        }
    }

    /// One act of somebody; what is drawn follows from the dice.
    async fn act(&mut self, line: &mut impl Line, act: u64, dice: &mut Dice) {
        self.at += 1;
        self.bench.set_time(self.at);
        let service = CODES[below(dice, 2)];
        match act {
            0 => {
                let owner = below(dice, 2);
                let id = applied(&self.bench, &self.phones[owner], service.1)
                    .await
                    .application;
                self.ledger.push(Entry { owner, id, end: None });
            }
            1 => self.withdraw(dice).await,
            2 => self.office(dice).await,
            3 => {
                let owner = below(dice, 3);
                let number = self.dastak.file(cnic_of(owner), service.0);
                self.filed.push((number, owner));
            }
            4 | 5 => {
                let numbers: Vec<String> = self.dastak.cases().keys().cloned().collect();
                let word = dice.one_of(DispatchState::ALL).unwrap();
                if !numbers.is_empty() {
                    let number = &numbers[below(dice, numbers.len())];
                    self.dastak.work(number, word);
                }
            }
            6 => {
                self.dastak.push(line, self.at).await;
            }
            _ => {
                self.dastak.pull(line, self.at).await;
            }
        }
    }

    /// A citizen takes back what they know of, from wherever it came.
    async fn withdraw(&mut self, dice: &mut Dice) {
        let owner = below(dice, 2);
        let phone = &self.phones[owner];
        let known: Vec<Bytes> = heard(&self.bench, phone)
            .await
            .into_iter()
            .map(|one| one.0)
            .collect();
        if known.is_empty() {
            return;
        }
        let id = &known[below(dice, known.len())];
        let body = json!({ "application": id }).to_string();
        let reply = self.bench.post(phone, paths::WITHDRAW, body.as_bytes()).await;
        if reply.status.is_success() {
            let reply: ApplicationReply = reply.json();
            self.ends(&reply.application, reply.state);
        }
    }

    /// The office answers one that it knows, perhaps in vain.
    async fn office(&mut self, dice: &mut Dice) {
        if self.ledger.is_empty() {
            return;
        }
        let id = self.ledger[below(dice, self.ledger.len())].id.clone();
        let seen = dice
            .one_of(&["submitted", "in_review", "information_wanted"])
            .unwrap();
        let next = dice
            .one_of(&[
                "in_review",
                "information_wanted",
                "approved",
                "rejected",
                "document_issued",
            ])
            .unwrap();
        let more = match next {
            "rejected" => json!({ "reason": "not_eligible" }),
            "document_issued" => json!({ "document": { "vct": "domicile", "fields": {
                "certificate_number": "D-1", "issued_on": "2026-11-02", "domicile_district": "peshawar",
            } } }),
            _ => json!({}),
        };
        let reply = answer(&self.bench, &self.home, &id, (seen, next), more).await;
        if reply.status.is_success() {
            self.ends(&id, reply.json::<AnswerReply>().state);
        }
    }

    fn ends(&mut self, id: &Bytes, state: ApplicationState) {
        if let Some(entry) = self.ledger.iter_mut().find(|entry| entry.id == *id)
            && !state.is_open()
        {
            assert_eq!(entry.end, None, "it ended twice");
            entry.end = Some(state);
        }
    }

    /// Both sides speak until nothing is left to say.
    async fn settle(&mut self, line: &mut impl Line) {
        for _ in 0..TURNS_MAX {
            let is_clear = self.dastak.push(line, self.at).await;
            let is_read = self.dastak.pull(line, self.at).await;
            let is_said = self
                .dastak
                .cases()
                .values()
                .all(|case| case.said >= case.revision);
            if is_clear && is_read && is_said {
                return;
            }
        }
        panic!("they do not come to an end: {:?}", self.dastak.cases());
    }

    /// Holds what the phones were told against the ledger and against Dastak.
    async fn agrees(&self) {
        let mut stand: Vec<Shown> = Vec::new();
        for phone in &self.phones {
            let mut own = BTreeMap::new();
            for (id, state, reference) in heard(&self.bench, phone).await {
                // A number may come late, with the state that there is.
                if let Some((before, _)) = own.insert(id.0, (state, reference)) {
                    assert!(
                        before.is_open() || before == state,
                        "what is finished stays finished"
                    );
                }
            }
            stand.push(own);
        }
        let cases = self.dastak.cases();
        for entry in &self.ledger {
            let (state, reference) = &stand[entry.owner][&entry.id.0];
            assert!(
                entry.end.is_none_or(|end| end == *state),
                "a confirmed end is lost"
            );
            let mut of_it = cases
                .iter()
                .filter(|(_, case)| case.began == Began::Wallet(entry.id.clone()));
            let (number, case) = of_it.next().expect("Dastak has it");
            assert!(of_it.next().is_none(), "Dastak has it once");
            assert_eq!((case.stands(), case.stuck), (Some(*state), None));
            let was_told = *state != ApplicationState::DocumentIssued || reference.is_some();
            assert!(!was_told || reference.as_ref() == Some(number));
        }
        for (number, owner) in &self.filed {
            let case = &cases[number];
            assert_eq!((case.stuck, case.said), (None, case.revision));
            let Some(own) = stand.get(*owner) else { continue };
            let mut shown = own.values().filter(|one| one.1.as_ref() == Some(number));
            let (state, _) = shown.next().expect("the wallet shows it");
            assert!(shown.next().is_none(), "the wallet shows it once");
            assert_eq!(case.stands(), Some(*state));
        }
        let with_wallets = self.filed.iter().filter(|(_, owner)| *owner < 2).count();
        let all: usize = stand.iter().map(BTreeMap::len).sum();
        assert_eq!(all, self.ledger.len() + with_wallets, "none is there twice");
        assert_eq!(cases.len(), self.ledger.len() + self.filed.len());
    }
}

#[tokio::test]
async fn over_a_rough_line_of_http_both_sides_agree_in_the_end() {
    let mut world = World::new(7).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let app = world.bench.app.clone();
    let serving = tokio::spawn(async move {
        let until = async {
            let _ = stopped.await;
        };
        axum::serve(listener, app).with_graceful_shutdown(until).await
    });
    let mut line = Rough::new(HttpLine::new(&url).unwrap(), 11, 35);
    let mut dice = Dice::new(13);
    for _ in 0..220 {
        let act = dice.below(8);
        world.act(&mut line, act, &mut dice).await;
    }
    assert!(
        line.went_wrong.iter().all(|times| *times > 2),
        "{:?}",
        line.went_wrong
    );
    line.calms().await;
    world.settle(&mut line).await;
    assert!(world.ledger.len() > 15 && world.filed.len() > 15);
    world.agrees().await;
    stop.send(()).unwrap();
    drop(line);
    serving.await.unwrap().unwrap();
}

#[test]
fn in_whatever_order_it_happens_both_sides_agree_in_the_end() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let config = ProptestConfig {
        cases: 10,
        failure_persistence: None,
        max_shrink_iters: 60,
        ..ProptestConfig::default()
    };
    proptest!(config, |(acts in prop::collection::vec(0_u64..8, 5..60), seed in any::<u64>(), trouble in 0_u64..60)| {
        runtime.block_on(async {
            let mut world = World::new(seed >> 1).await;
            let mut line = Rough::new(Inside::of(&world.bench), seed, trouble);
            let mut dice = Dice::new(seed);
            for act in acts {
                world.act(&mut line, act, &mut dice).await;
            }
            line.calms().await;
            world.settle(&mut line).await;
            world.agrees().await;
        });
    });
}
