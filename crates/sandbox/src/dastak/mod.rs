//! A simulated Dastak: a platform with services, numbers and states of its own that carries applications for departments.
//!
//! What the real one calls things, and how it speaks, is not public: nothing here is taken from it. This one shows what an
//! adapter in its place has to do (docs/dastak.md). It keeps what it has to say until the province answered, repeats it
//! under the same key, reads the feed to its end before it decides anything, and gives way where the other side has the
//! last word.

mod line;

use std::collections::BTreeMap;

use ed25519_dalek::SigningKey;
use province_api::Bytes;
use province_api::application::{AnswerReply, ApplicationState, ApplicationsReply, Mover};
use province_api::dispatch::catalogue::{DispatchCatalogue, DispatchCatalogueReply};
use province_api::dispatch::{
    DispatchReportReply, DispatchReportRequest, DispatchState, DispatchStateRequest, Origin,
};
use province_api::paths;
use province_api::person::Cnic;
use province_api::problem::{Problem, ProblemCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use line::Pen;
pub use line::{Answer, Call, HttpLine, Line};

/// Where an application began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Began {
    /// In a wallet, under this id.
    Wallet(Bytes),
    /// Here, filed by the citizen with this CNIC.
    Here(Cnic),
}

/// One application as this platform has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Where it began.
    pub began: Began,
    /// What this platform calls its service, or the province's id of it for one from a wallet.
    pub service: String,
    /// The word for its state that is sent.
    pub word: String,
    /// The state that the province is known to have.
    pub seen: ApplicationState,
    /// Counts this platform's changes.
    pub revision: u64,
    /// The last of them that the province is known to have.
    pub said: u64,
    /// What the province refused, until it is mended here.
    pub stuck: Option<ProblemCode>,
    /// What was sent and not answered.
    pending: Option<Pending>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Pending {
    key: [u8; 16],
    path: &'static str,
    body: Vec<u8>,
    revision: u64,
    /// The feed has told of the application since this was written.
    is_overtaken: bool,
}

impl Case {
    /// Where it stands, in the province's words.
    pub fn stands(&self) -> Option<ApplicationState> {
        if self.seen == ApplicationState::DocumentIssued {
            return Some(self.seen);
        }
        Some(DispatchState::parse(&self.word)?.state())
    }

    fn changes_to(&mut self, word: DispatchState) {
        word.as_str().clone_into(&mut self.word);
        self.revision += 1;
    }
}

/// This platform's word for what the province decided.
const fn word_of(state: ApplicationState) -> DispatchState {
    match state {
        ApplicationState::InReview => DispatchState::UnderProcess,
        ApplicationState::InformationWanted => DispatchState::Objection,
        ApplicationState::Approved => DispatchState::Approved,
        ApplicationState::Rejected => DispatchState::Rejected,
        ApplicationState::Withdrawn => DispatchState::Cancelled,
        ApplicationState::DocumentIssued | ApplicationState::Closed => DispatchState::Delivered,
        _ => DispatchState::Received,
    }
}

/// What came of a call.
enum Came<T> {
    Done(T),
    Refused(ProblemCode),
    /// Nobody knows, or the same may do later.
    Unclear,
}

/// The platform.
#[derive(Debug)]
pub struct Dastak {
    pen: Pen,
    cursor: u64,
    cases: BTreeMap<String, Case>,
    drawn: u64,
}

impl Dastak {
    /// One that signs with this key. What it draws follows from `seed`.
    pub const fn new(key: SigningKey, seed: u64) -> Self {
        Self {
            pen: Pen::new(key, seed),
            cursor: 0,
            cases: BTreeMap::new(),
            drawn: 0,
        }
    }

    /// Its applications, by their numbers.
    pub const fn cases(&self) -> &BTreeMap<String, Case> {
        &self.cases
    }

    fn number(&mut self) -> String {
        self.drawn += 1;
        format!("DSTK/2026-{:06}", self.drawn)
    }

    /// A citizen files an application here; gives its number.
    pub fn file(&mut self, cnic: Cnic, service: &str) -> String {
        let number = self.number();
        let case = Case {
            began: Began::Here(cnic),
            service: service.to_owned(),
            word: DispatchState::Received.as_str().to_owned(),
            seen: ApplicationState::Submitted,
            revision: 1,
            said: 0,
            stuck: None,
            pending: None,
        };
        self.cases.insert(number.clone(), case);
        number
    }

    /// Somebody here moves an application on, or cancels it for its citizen. Nothing happens where it cannot go there.
    pub fn work(&mut self, number: &str, word: DispatchState) {
        let Some(case) = self.cases.get_mut(number) else {
            return;
        };
        let may = case
            .stands()
            .is_some_and(|now| now.next(Mover::Dispatcher).contains(&word.state()));
        if may {
            case.changes_to(word);
        }
    }

    /// A word for a state gets into the records that the province never heard.
    pub fn spoil(&mut self, number: &str, word: &str) {
        if let Some(case) = self.cases.get_mut(number) {
            word.clone_into(&mut case.word);
            case.revision += 1;
        }
    }

    /// Somebody puts a word of the table in its place.
    pub fn mend(&mut self, number: &str, word: DispatchState) {
        if let Some(case) = self.cases.get_mut(number) {
            case.changes_to(word);
            case.stuck = None;
        }
    }

    /// Sends this platform's catalogue.
    pub async fn offer(
        &mut self,
        line: &mut impl Line,
        catalogue: &DispatchCatalogue,
        now: u64,
    ) -> Option<DispatchCatalogueReply> {
        let key = self.pen.draw();
        match self
            .post(line, (paths::DISPATCH_CATALOGUE, &key), &json(catalogue), now)
            .await
        {
            Came::Done(reply) => Some(reply),
            _ => None,
        }
    }

    /// Says everything that the province has not answered yet, each once; whether all of it was answered.
    pub async fn push(&mut self, line: &mut impl Line, now: u64) -> bool {
        let numbers: Vec<String> = self.cases.keys().cloned().collect();
        let mut is_clear = true;
        for number in numbers {
            is_clear &= self.say(line, &number, now).await;
        }
        is_clear
    }

    async fn say(&mut self, line: &mut impl Line, number: &str, now: u64) -> bool {
        let Some(case) = self.cases.get(number) else {
            return true;
        };
        let mut case = case.clone();
        if case.stuck.is_some() {
            return true;
        }
        if case.pending.is_none() {
            case.pending = self.due(number, &mut case);
        }
        let Some(pending) = case.pending.clone() else {
            self.cases.insert(number.to_owned(), case);
            return true;
        };
        // Written down before it is sent.
        self.cases.insert(number.to_owned(), case.clone());
        let target = (pending.path, &pending.key);
        let refused = if matches!(case.began, Began::Wallet(_)) {
            match self.post::<AnswerReply>(line, target, &pending.body, now).await {
                Came::Unclear => return false,
                Came::Refused(code) => Some(code),
                Came::Done(reply) => {
                    if !pending.is_overtaken {
                        case.seen = reply.state;
                    }
                    case.said = case.said.max(pending.revision);
                    None
                }
            }
        } else {
            match self
                .post::<DispatchReportReply>(line, target, &pending.body, now)
                .await
            {
                Came::Unclear => return false,
                Came::Refused(code) => Some(code),
                Came::Done(reply) => {
                    case.seen = reply.state;
                    case.said = case.said.max(reply.revision);
                    None
                }
            }
        };
        case.pending = None;
        let is_clear = match refused {
            None => true,
            // The feed says what happened; then it is decided anew.
            Some(ProblemCode::ApplicationChanged) => false,
            Some(ProblemCode::ApplicationMove) if matches!(case.began, Began::Wallet(_)) => {
                case.changes_to(word_of(case.seen));
                false
            }
            Some(code) => {
                case.stuck = Some(code);
                true
            }
        };
        self.cases.insert(number.to_owned(), case);
        is_clear
    }

    /// What is to be said of a case, under a new key. Of an application from a wallet the province has the last word: what
    /// cannot be reached from where it stands is given up.
    fn due(&mut self, number: &str, case: &mut Case) -> Option<Pending> {
        if case.said >= case.revision {
            return None;
        }
        let (path, body) = match &case.began {
            Began::Here(cnic) => (
                paths::DISPATCH_REPORT,
                json(&DispatchReportRequest {
                    reference: number.to_owned(),
                    cnic: cnic.clone(),
                    service: case.service.clone(),
                    revision: case.revision,
                    state: case.word.clone(),
                    reason: None,
                    text: None,
                }),
            ),
            Began::Wallet(application) => {
                let application = application.clone();
                if let Some(stands) = DispatchState::parse(&case.word).map(DispatchState::state)
                    && stands != case.seen
                    && !case.seen.next(Mover::Dispatcher).contains(&stands)
                {
                    word_of(case.seen).as_str().clone_into(&mut case.word);
                    if case.seen == ApplicationState::DocumentIssued {
                        case.said = case.revision;
                        return None;
                    }
                }
                let request = DispatchStateRequest {
                    application,
                    reference: number.to_owned(),
                    seen: case.seen,
                    state: case.word.clone(),
                    reason: None,
                    text: None,
                };
                (paths::DISPATCH_STATE, json(&request))
            }
        };
        Some(Pending {
            key: self.pen.draw(),
            path,
            body,
            revision: case.revision,
            is_overtaken: false,
        })
    }

    /// Reads the feed to its end and takes over what it says; whether the end was reached. Until then nothing is taken
    /// over: in the middle of it this platform's own words look like news.
    pub async fn pull(&mut self, line: &mut impl Line, now: u64) -> bool {
        let (mut cursor, mut changes) = (self.cursor, Vec::new());
        loop {
            let path = format!("{}?after={cursor}", paths::DISPATCH_APPLICATIONS);
            let key = self.pen.draw();
            let call = self.pen.sign("GET", &path, b"", &key, now);
            let Came::Done::<ApplicationsReply>(page) = came(line.carry(call).await) else {
                return false;
            };
            cursor = page.cursor;
            changes.extend(page.changes);
            if !page.more {
                break;
            }
        }
        self.cursor = cursor;
        for change in changes {
            let reference = change.dispatched.as_ref().and_then(|it| it.reference.clone());
            let began_here = change
                .dispatched
                .is_some_and(|it| it.origin == Origin::Dispatcher);
            if began_here {
                // Only the citizen moves it besides this platform.
                if let Some(case) = reference.and_then(|number| self.cases.get_mut(&number))
                    && case.stands() != Some(change.state)
                {
                    case.seen = change.state;
                    case.pending = None;
                    case.changes_to(word_of(change.state));
                }
                continue;
            }
            let known = self
                .cases
                .iter_mut()
                .find(|(_, case)| case.began == Began::Wallet(change.application.clone()));
            if let Some((_, case)) = known {
                case.seen = change.state;
                if let Some(pending) = &mut case.pending {
                    pending.is_overtaken = true;
                }
                continue;
            }
            let number = self.number();
            let case = Case {
                began: Began::Wallet(change.application),
                service: change.service,
                word: DispatchState::Received.as_str().to_owned(),
                seen: change.state,
                revision: 1,
                said: 0,
                stuck: None,
                pending: None,
            };
            self.cases.insert(number, case);
        }
        self.follow();
        true
    }

    /// Takes over the province's state of what began in wallets, where there is nothing of its own left to say.
    fn follow(&mut self) {
        for case in self.cases.values_mut() {
            let is_of_wallet = matches!(case.began, Began::Wallet(_));
            if is_of_wallet && case.said >= case.revision && case.stands() != Some(case.seen) {
                word_of(case.seen).as_str().clone_into(&mut case.word);
            }
        }
    }

    async fn post<T: DeserializeOwned>(
        &mut self,
        line: &mut impl Line,
        (path, key): (&str, &[u8; 16]),
        body: &[u8],
        now: u64,
    ) -> Came<T> {
        let call = self.pen.sign("POST", path, body, key, now);
        came(line.carry(call).await)
    }
}

/// Reads an answer. What is no answer of the province's, or one that says to come again, tells nothing.
fn came<T: DeserializeOwned>(answer: Option<Answer>) -> Came<T> {
    let Some(answer) = answer else {
        return Came::Unclear;
    };
    if answer.status == 200 {
        return serde_json::from_slice(&answer.body).map_or(Came::Unclear, Came::Done);
    }
    let problem = serde_json::from_slice::<Problem>(&answer.body).ok();
    match problem.filter(|problem| problem.status == answer.status) {
        Some(problem) if problem.status < 500 => match problem.code {
            ProblemCode::RateLimited
            | ProblemCode::RequestReplayed
            | ProblemCode::CallerClock
            // Somebody on the way changed what was signed.
            | ProblemCode::CallerSignature
            | ProblemCode::NotFound
            | ProblemCode::BodyTooLarge
            | ProblemCode::RequestMalformed => Came::Unclear,
            code => Came::Refused(code),
        },
        _ => Came::Unclear,
    }
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}
