//! A department: a system that reads the feed of its office and answers, another one that only reads, and the receiver that is
//! told of each change, all while servers die.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use province_api::application::{ApplicationChange, ApplicationState, ApplicationsReply};
use province_api::paths;
use province_api::problem::ProblemCode;
use sandbox::department::{Manner, PATH, Receiver};
use sandbox::proxy::Dice;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::citizen::key;
use super::ledger::Desk;
use super::world::{Answer, World};
use crate::callers::SystemCaller;
use crate::process;
use crate::served::now;

/// The office that it is.
const OFFICE: &str = "home";
/// The document that it grants.
const DOCUMENT: &str = "domicile";
/// After how many looks it says again where it wants to be told, so that what a dead server was telling waits for no lease.
const SAYS_AGAIN: u64 = 12;
/// Longest wait for what a server does by itself within seconds.
const PATIENCE: Duration = Duration::from_mins(2);

/// A write that was answered.
struct Kept {
    path: &'static str,
    body: Vec<u8>,
    key: String,
    answer: Vec<u8>,
}

/// The department.
pub struct Department {
    world: Arc<World>,
    answers: SystemCaller,
    reads: SystemCaller,
    receiver: Arc<Receiver>,
    url: String,
}

/// What one of its systems knows.
pub struct Known {
    dice: Dice,
    pub desk: Desk,
    kept: Vec<Kept>,
    /// Applications that can be answered: their state, and whose they are.
    open: BTreeMap<String, (ApplicationState, Option<String>)>,
    /// Who has the document.
    holds: BTreeSet<String>,
}

impl Known {
    pub fn new(dice: Dice) -> Self {
        Self {
            dice,
            desk: Desk::default(),
            kept: Vec::new(),
            open: BTreeMap::new(),
            holds: BTreeSet::new(),
        }
    }

    /// The next number has to be the next: one that is missing would never be read.
    fn read(&mut self, change: &ApplicationChange) {
        assert_eq!(
            change.number,
            self.desk.read.len() as u64 + 1,
            "a change is missing or double"
        );
        let id = hex::encode(&change.application.0);
        let whose = change.applicant.as_ref().map(|one| one.cnic.clone());
        match change.state {
            ApplicationState::Submitted => {
                self.open.insert(id.clone(), (change.state, whose));
            }
            ApplicationState::Withdrawn => drop(self.open.remove(&id)),
            _ => {}
        }
        self.desk.read.push((id, change.state.as_str().to_owned()));
    }

    /// What is said next of an application, and whether it is granted with it.
    fn choice(&mut self, seen: ApplicationState, whose: Option<&String>) -> (ApplicationState, Value) {
        let may_grant = whose.is_some_and(|cnic| !self.holds.contains(cnic));
        match self.dice.below(4) {
            0 if seen == ApplicationState::Submitted => (ApplicationState::InReview, json!({})),
            1 => (ApplicationState::Rejected, json!({ "reason": "duplicate" })),
            2 | 3 if may_grant => {
                let fields = json!({
                    "certificate_number": "D-7", "issued_on": "2026-11-02", "domicile_district": "peshawar",
                });
                let document = json!({ "document": { "vct": DOCUMENT, "fields": fields } });
                (ApplicationState::DocumentIssued, document)
            }
            _ => (ApplicationState::Closed, json!({ "text": "It is done." })),
        }
    }
}

impl Department {
    /// Lets its systems in, and says where it wants to be told.
    pub async fn new(world: &Arc<World>, known: &mut Known) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}{PATH}", listener.local_addr().unwrap());
        let receiver = Arc::new(Receiver::new(&url, || now().unix()));
        let router = receiver.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let (answers, reads) = (SystemCaller::new(60), SystemCaller::new(61));
        for (system, name, scopes) in [
            (&answers, "home", "applications:read,applications:answer,webhooks"),
            (&reads, "home-archive", "applications:read"),
        ] {
            let key = hex::encode(system.public().as_bytes());
            let add = move |world: &World| {
                let words = ["system", "add", "--name", name, "--office", OFFICE, "--key", &key];
                let may = ["--allow", scopes, "--grants", DOCUMENT];
                process::json(&world.command(&[&words[..], &may].concat(), ""));
            };
            Arc::clone(world).in_thread(add).await;
        }
        let keys = world.get(0, paths::WEBHOOK_KEY).await;
        receiver.believe(&serde_json::from_slice(&keys).unwrap());
        let department = Self {
            world: Arc::clone(world),
            answers,
            reads,
            receiver,
            url,
        };
        department.say_where(known).await;
        department
    }

    /// Reads and answers while the phones do so many things, and until nothing is left to be answered.
    pub async fn work(&self, known: &mut Known, steps: u64) {
        for step in 1..=steps {
            self.world.until(step).await;
            self.read(&self.answers, known).await;
            self.answer_all(known).await;
            if step.is_multiple_of(SAYS_AGAIN) {
                self.say_where(known).await;
            }
        }
        while self.read(&self.answers, known).await || !known.open.is_empty() {
            self.answer_all(known).await;
        }
    }

    /// Only reads, meanwhile.
    pub async fn watch(&self, known: &mut Known, steps: u64) {
        for step in 1..=steps {
            self.world.until(step).await;
            self.read(&self.reads, known).await;
        }
    }

    /// Reads what the other system was told last.
    pub async fn read_on(&self, known: &mut Known) {
        while self.read(&self.reads, known).await {}
    }

    /// Reads what is new; says whether there was something.
    async fn read(&self, system: &SystemCaller, known: &mut Known) -> bool {
        let after = known.desk.read.len();
        let path = format!("{}?after={after}", paths::DEPARTMENT_APPLICATIONS);
        let made = || system.signed(&Method::GET, &path, b"", now().unix());
        let reply: ApplicationsReply = self.asked(known, &path, &made, 1).await;
        reply.changes.iter().for_each(|change| known.read(change));
        assert_eq!(reply.cursor, known.desk.read.len() as u64);
        known.desk.read.len() > after
    }

    async fn asked<T: serde::de::DeserializeOwned>(
        &self,
        known: &mut Known,
        path: &str,
        made: &(dyn Fn() -> Request<Body> + Sync),
        copies: usize,
    ) -> T {
        match self.world.ask_with(&mut known.dice, path, made, copies).await {
            Answer::Done(answer) => serde_json::from_slice(&answer).unwrap(),
            refused @ Answer::Refused(..) => panic!("{path}: {refused:?} {}", self.world.logs()),
        }
    }

    async fn write(&self, known: &mut Known, path: &'static str, body: Vec<u8>) -> Result<(), ProblemCode> {
        let key = key(&mut known.dice);
        let bytes: [u8; 16] = hex::decode(&key).unwrap().try_into().unwrap();
        let made = || self.answers.writes(path, &body, &bytes, now().unix());
        let copies = 1 + usize::try_from(known.dice.below(2)).unwrap();
        match self.world.ask_with(&mut known.dice, path, &made, copies).await {
            Answer::Done(answer) => {
                known.kept.push(Kept {
                    path,
                    body,
                    key,
                    answer,
                });
                Ok(())
            }
            Answer::Refused(code, _) => Err(code),
        }
    }

    async fn answer_all(&self, known: &mut Known) {
        for (id, (seen, whose)) in known.open.clone() {
            let (state, more) = known.choice(seen, whose.as_ref());
            let application = province_api::Bytes::from(hex::decode(&id).unwrap());
            let mut body = json!({ "application": application, "seen": seen, "state": state });
            let Value::Object(more) = more else { panic!() };
            let is_grant = more.contains_key("document");
            body.as_object_mut().unwrap().extend(more);
            let body = body.to_string().into_bytes();
            match self.write(known, paths::DEPARTMENT_ANSWER, body).await {
                Ok(()) => {
                    known.desk.answered.push((id.clone(), state.as_str().to_owned()));
                    if is_grant {
                        known.holds.extend(whose.clone());
                        known.desk.granted.push(id.clone());
                    }
                }
                // The citizen took it back: what was seen is not what is.
                Err(ProblemCode::ApplicationChanged) => {
                    known.open.remove(&id);
                    continue;
                }
                // The citizen's phone is lost: nothing is handed to it until another one is in its place.
                Err(ProblemCode::DocumentRefused) if is_grant => continue,
                Err(code) => panic!("{code:?} {}", self.world.logs()),
            }
            if state.is_open() {
                known.open.insert(id, (state, whose));
            } else {
                known.open.remove(&id);
            }
        }
    }

    /// Says where it wants to be told. It goes on behind the last that was taken, and whoever told until now ends.
    async fn say_where(&self, known: &mut Known) {
        let body = json!({ "url": self.url }).to_string().into_bytes();
        let said = self.write(known, paths::WEBHOOK, body).await;
        assert_eq!(said, Ok(()), "{}", self.world.logs());
    }

    /// Waits until something came that is like this.
    async fn until(&self, is_there: impl Fn(&Receiver) -> bool) {
        let waits = async {
            loop {
                let came = self.receiver.came().len();
                if is_there(&self.receiver) {
                    return;
                }
                self.receiver.until_came(came + 1).await;
            }
        };
        let came = tokio::time::timeout(PATIENCE, waits).await;
        assert!(came.is_ok(), "nothing comes any more: {}", self.world.logs());
    }

    /// Waits until each change was taken that it read, and takes nothing more: what is sent then has no answer.
    pub async fn hangs(&self, known: &mut Known) {
        self.say_where(known).await;
        let count = known.desk.read.len();
        self.until(|receiver| receiver.taken().len() >= count).await;
        self.receiver.be(Manner::Hanging);
    }

    /// Waits until a server is telling it of a change that it has not read yet, and has no answer.
    pub async fn until_told(&self, known: &Known) {
        let next = known.desk.read.len() as u64 + 1;
        let is_there = |receiver: &Receiver| receiver.came().iter().any(|told| told.notice.number == next);
        self.until(is_there).await;
        assert_eq!(self.receiver.taken().len() as u64, next - 1);
    }

    /// Takes again, after that server died, and looks at all that came: each change in order, and what came twice with the
    /// same id and body.
    pub async fn takes_again(&self, known: &mut Known) {
        self.receiver.be(Manner::Good);
        self.say_where(known).await;
        while self.read(&self.answers, known).await {}
        let count = known.desk.read.len();
        self.until(|receiver| receiver.taken().len() >= count).await;
        let taken: Vec<(u64, String, String)> = self
            .receiver
            .taken()
            .iter()
            .map(|one| {
                let id = hex::encode(&one.application.0);
                (one.number, id, one.state.as_str().to_owned())
            })
            .collect();
        let read = (1..).zip(&known.desk.read);
        let read: Vec<_> = read
            .map(|(at, (id, state))| (at, id.clone(), state.clone()))
            .collect();
        assert_eq!(taken, read);
        let mut by_id = BTreeMap::new();
        let mut twice = 0;
        for told in self.receiver.came() {
            let body = (told.notice.number, told.body.clone());
            twice += u64::from(by_id.contains_key(&told.id));
            assert_eq!(*by_id.entry(told.id).or_insert_with(|| body.clone()), body);
        }
        assert_eq!(by_id.len(), count, "one change has one id");
        assert!(twice > 0, "a server was killed while it told of a change");
        assert_eq!(self.receiver.disbelieved(), []);
        println!("{count} changes were told, {twice} of them again");
    }

    /// Each write is answered as it was.
    pub async fn answered_again(&self, known: &mut Known) {
        for kept in std::mem::take(&mut known.kept) {
            let bytes: [u8; 16] = hex::decode(&kept.key).unwrap().try_into().unwrap();
            let made = || self.answers.writes(kept.path, &kept.body, &bytes, now().unix());
            match self.world.ask_with(&mut known.dice, kept.path, &made, 2).await {
                Answer::Done(again) => assert_eq!(again, kept.answer, "{}", kept.path),
                refused @ Answer::Refused(..) => panic!("{}: {refused:?}", kept.path),
            }
        }
    }
}
