//! Applications at the province of the tests: the same definitions, read by the same module as the phone's.

use credential::{Catalogue, Timestamp};
use province_api::Bytes;
use province_api::application::{ApplicationReply, ApplicationRequest, ApplicationState, WithdrawRequest};
use province_api::catalogue::guide::Guide;
use province_api::person::Day;
use province_api::problem::{Problem, ProblemCode};
use province_api::sync::{Event, FeedEvent};
use serde_json::{Map, Value};

use super::{Province, json, problem_response};
use crate::sync::HttpResponse;

/// One application.
pub(crate) struct Applied {
    pub(crate) number: [u8; 16],
    pub(crate) service: String,
    pub(crate) form: Map<String, Value>,
    pub(crate) state: ApplicationState,
}

impl Province {
    pub(super) fn apply(&mut self, body: &[u8], now: Timestamp) -> Result<HttpResponse, ProblemCode> {
        let request: ApplicationRequest = serde_json::from_slice(body).unwrap();
        let catalogue = Catalogue::read_unverified(self.catalogue.as_ref().unwrap()).unwrap();
        let ids = catalogue.services.iter().map(|service| &*service.id);
        let guide = Guide::read(&catalogue.guide, ids).unwrap();
        let definition = guide
            .definition(&request.service)
            .ok_or(ProblemCode::ServiceUnknown)?;
        let filled = match definition.parse(&request.form, Day::at_unix(now.unix())) {
            Ok(filled) => filled,
            Err(fields) => {
                return Ok(problem_response(&Problem {
                    fields,
                    ..Problem::new(ProblemCode::FieldsInvalid)
                }));
            }
        };
        let mut number = [0; 16];
        number[0] = 1;
        number[8..].copy_from_slice(&(self.applications.len() as u64).to_be_bytes());
        self.applications.push(Applied {
            number,
            service: request.service,
            form: filled.into_form(),
            state: ApplicationState::Submitted,
        });
        let at = self.applications.len() - 1;
        self.move_on(at, ApplicationState::Submitted, None, now);
        Ok(self.reply(at, now))
    }

    pub(super) fn withdraw(&mut self, body: &[u8], now: Timestamp) -> Result<HttpResponse, ProblemCode> {
        let request: WithdrawRequest = serde_json::from_slice(body).unwrap();
        let mut all = self.applications.iter();
        let at = all.position(|one| one.number[..] == request.application.0);
        let at = at.ok_or(ProblemCode::ApplicationUnknown)?;
        if !self.applications[at].state.is_open() {
            return Err(ProblemCode::ApplicationChanged);
        }
        self.move_on(at, ApplicationState::Withdrawn, None, now);
        Ok(self.reply(at, now))
    }

    /// The office, or the citizen, moves one on, and the feed says so.
    pub(crate) fn move_on(&mut self, at: usize, state: ApplicationState, text: Option<&str>, now: Timestamp) {
        let one = &mut self.applications[at];
        let before = one.state;
        one.state = state;
        let what = Event::ApplicationChanged {
            application: Bytes::from(&one.number[..]),
            service: one.service.clone(),
            state: state.as_str().to_owned(),
            reason: (state == ApplicationState::Rejected).then(|| "information_missing".to_owned()),
            text: text.map(str::to_owned),
            amount_rupees: (state == ApplicationState::PaymentDue).then_some(150),
            challan: (before == ApplicationState::PaymentDue && state.follows_payment())
                .then(|| "12345678".to_owned()),
            dispatcher: None,
            reference: None,
        };
        let seq = self.feed.last().map_or(1, |last| last.seq + 1);
        self.feed.push(FeedEvent {
            seq,
            at: now.unix(),
            what,
        });
    }

    /// What the province answers to a body that no wallet would make.
    pub(crate) fn applied_by_hand(&mut self, body: &[u8]) -> HttpResponse {
        self.apply(body, crate::tests::NOW).unwrap()
    }

    fn reply(&self, at: usize, now: Timestamp) -> HttpResponse {
        let one = &self.applications[at];
        json(&ApplicationReply {
            application: Bytes::from(&one.number[..]),
            office: "home".to_owned(),
            state: one.state,
            at: now.unix(),
        })
    }
}
