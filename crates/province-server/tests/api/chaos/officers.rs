//! Two officers who revoke several citizens together meanwhile: one proposes, the other approves.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request};
use province_api::officers::{Begun, BulkProposed, BulkView, Invited, Registered, SignedIn};
use province_api::paths;
use province_api::problem::ProblemCode;
use province_api::reason::Reason;
use province_api::sync::Event;
use sandbox::proxy::Dice;
use serde_json::{Value, json};

use super::citizen::{LISTED, key};
use super::ledger::Entry;
use super::office::Done;
use super::world::{Answer, World};
use crate::passkeys::{Authenticator, keyed};
use crate::process;

/// How often it is looked whether what was approved is done; each look is a command of its own.
const LOOKS: u32 = 200;

/// An officer's write, and its answer.
struct Kept {
    by: usize,
    path: &'static str,
    body: Value,
    key: String,
    answer: Vec<u8>,
}

/// The two, by their sessions, and what they did.
pub struct Officers {
    world: Arc<World>,
    passkeys: Vec<Authenticator>,
    tokens: [String; 2],
    kept: Vec<Kept>,
    dice: Dice,
}

impl Officers {
    /// Two supervisors whom different people invited.
    pub async fn new(world: &Arc<World>, dice: Dice) -> Self {
        let mut officers = Self {
            world: Arc::clone(world),
            passkeys: Vec::new(),
            tokens: Default::default(),
            kept: Vec::new(),
            dice,
        };
        for by in ["one", "two"] {
            let invite = move |world: &World| {
                let words = [
                    "officer",
                    "invite",
                    "--role",
                    "supervisor",
                    "--name",
                    by,
                    "--by",
                    by,
                ];
                process::json(&world.command(&words, ""))
            };
            let invited = Arc::clone(world).in_thread(invite).await;
            let invited: Invited = serde_json::from_value(invited).unwrap();
            let mut passkey = Authenticator::new();
            let invite = json!({ "invite": invited.code });
            let begun: Begun = officers.nobody(paths::PASSKEY_BEGIN, &invite).await;
            let said = json!({ "ceremony": begun.ceremony, "credential": passkey.register(&begun.options) });
            let _: Registered = officers.nobody(paths::PASSKEY_FINISH, &said).await;
            officers.passkeys.push(passkey);
        }
        officers
    }

    /// Signs both in: what they decide takes a passkey that spoke lately, and the machine's clock counts.
    async fn sign_in(&mut self) {
        for at in 0..self.passkeys.len() {
            let begun: Begun = self.nobody(paths::SESSION_BEGIN, &Value::Null).await;
            let credential = self.passkeys[at].assert(&begun.options);
            let said = json!({ "ceremony": begun.ceremony, "credential": credential });
            let signed_in: SignedIn = self.nobody(paths::SESSION_FINISH, &said).await;
            self.tokens[at] = signed_in.token;
        }
    }

    /// What somebody sends who is nobody yet.
    async fn nobody<T: serde::de::DeserializeOwned>(&mut self, path: &'static str, body: &Value) -> T {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let made = || Request::post(path).body(Body::from(body.clone())).unwrap();
        match self.world.ask_with(&mut self.dice, path, &made, 1).await {
            Answer::Done(answer) => serde_json::from_slice(&answer).unwrap(),
            refused @ Answer::Refused(..) => panic!("{path}: {refused:?}"),
        }
    }

    /// What an officer writes, at both servers at once, until it is answered.
    async fn write(&mut self, by: usize, path: &'static str, body: Value) -> Result<Vec<u8>, ProblemCode> {
        let kept = Kept {
            by,
            path,
            body,
            key: key(&mut self.dice),
            answer: Vec::new(),
        };
        let answer = self.sent(&kept).await?;
        self.kept.push(Kept {
            answer: answer.clone(),
            ..kept
        });
        Ok(answer)
    }

    async fn sent(&mut self, kept: &Kept) -> Result<Vec<u8>, ProblemCode> {
        let (token, text) = (&self.tokens[kept.by], kept.body.to_string());
        let made = || keyed((&Method::POST, kept.path), token, text.as_bytes(), &kept.key);
        match self.world.ask_with(&mut self.dice, kept.path, &made, 2).await {
            Answer::Done(answer) => Ok(answer),
            Answer::Refused(code, _) => Err(code),
        }
    }

    /// Revokes those who are listed, once they are enrolled and the phones did half of all things.
    pub async fn work(&mut self, steps: u64) -> Done {
        let mut step = steps / 2;
        loop {
            self.world.until(step).await;
            if self.world.listed().len() == LISTED.len() {
                break;
            }
            step += 1;
        }
        self.sign_in().await;
        let cnics = LISTED.map(|citizen| sandbox::citizens::numbered(citizen).cnic);
        let what = json!({ "act": "revoke", "reason": "fraud", "cnics": cnics });
        let proposed = self.write(0, paths::BULK_PROPOSE, what).await.unwrap();
        let BulkProposed { bulk, not_enrolled } = serde_json::from_slice(&proposed).unwrap();
        assert_eq!((bulk.people, not_enrolled), (LISTED.len() as u64, 0));
        let seen = json!({ "id": bulk.id, "people_sha256": bulk.people_sha256 });
        let alone = self.write(0, paths::BULK_APPROVE, seen.clone()).await;
        assert_eq!(alone, Err(ProblemCode::FourEyes));
        let approved = self.write(1, paths::BULK_APPROVE, seen).await.unwrap();
        let approved: BulkView = serde_json::from_slice(&approved).unwrap();
        assert_eq!(approved.id, bulk.id);
        let mut done = Done::new();
        for citizen in LISTED {
            let acts = done.entry(citizen).or_default();
            acts.revoked = true;
            acts.entries.push(Entry::certain(Event::Revoked {
                reason: Some(Reason::Fraud),
            }));
        }
        done
    }

    /// Waits until a server did what was approved.
    pub async fn until_done(&self) {
        let is_done = |world: &World| {
            let listed = process::json(&world.command(&["bulk", "list"], ""));
            let bulks = listed["bulks"].as_array().unwrap();
            assert_eq!(bulks.len(), 1, "{listed}");
            bulks[0]["done_at"].is_u64()
        };
        for _ in 0..LOOKS {
            if Arc::clone(&self.world).in_thread(is_done).await {
                return;
            }
        }
        panic!("what was approved is never done: {}", self.world.logs());
    }

    /// Each write is answered as it was.
    pub async fn answered_again(&mut self) {
        self.sign_in().await;
        for kept in std::mem::take(&mut self.kept) {
            assert_eq!(self.sent(&kept).await.as_ref(), Ok(&kept.answer), "{}", kept.path);
        }
    }
}
