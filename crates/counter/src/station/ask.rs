//! Asking visitors: what the desk may ask for, and what no answer would be taken to.
//!
//! A profile is written by an office, the rule of its service by the province. Where they contradict each other the desk
//! says so and asks nothing that it would refuse.

use credential::{ClaimType, Form, Kind, Mode, PassType, Place, Signer, Timestamp, Vct};
use province_api::proofing::ALLOWED_AS;
use province_api::signature::{self, Target};

use super::Station;
use crate::StationCode;
use crate::gate::STAFF;
use crate::types::{MisfitView, ProfileMode, RequestReply};

/// Where a pass says how well its owner was proofed (docs/format.cddl).
const ASSURANCE: Place = Place::Fact(6);

impl Station {
    /// Begins a visit with a question, signed by this station under its certificate.
    ///
    /// # Errors
    /// [`StationCode::MayNotAsk`] if profile or certificate do not have the question, those of [`Station::misfits`] if no
    /// answer would be taken, [`StationCode::NotCertified`] if there is no certificate in date that holds under the trust
    /// list, [`StationCode::StoreFailed`].
    pub fn open_request(
        &mut self,
        ask: &str,
        nonce: [u8; 16],
        now: Timestamp,
    ) -> Result<RequestReply, StationCode> {
        let ask = Vct::parse(ask).map_err(|_| StationCode::MayNotAsk)?;
        let certificate = self.settings.certificate.as_deref();
        match &self.certificate {
            _ if !self.profile.ask().contains(&ask) => return Err(StationCode::MayNotAsk),
            Some(view) if !view.allowed.contains(&ask) => return Err(StationCode::MayNotAsk),
            Some(view) if now < view.iat || now >= view.exp => return Err(StationCode::NotCertified),
            None if ask != Vct::AGE && ask != Vct::RESIDENCE => return Err(StationCode::NotCertified),
            Some(_) if self.trust.is_some() && !self.is_certified(now) => {
                return Err(StationCode::NotCertified);
            }
            _ => {}
        }
        self.check_answerable(&ask)?;
        let signer = Signer {
            key: &self.settings.key,
            certificate,
        };
        let request = credential::build_request(&ask, &self.audience, nonce, now, Some(signer))
            .map_err(|_| StationCode::MayNotAsk)?;
        let reply = self.request_reply(&request).ok_or(StationCode::BadCall)?;
        self.note_unfinished(now)?;
        self.store.open_request(&request.nonce, request.expires.unix())?;
        self.request = Some(request);
        self.begin_visit();
        Ok(reply)
    }

    /// Whether this desk may enrol citizens now, as far as it can tell.
    ///
    /// # Errors
    /// [`StationCode::MayNotEnrol`].
    pub(crate) fn check_may_enrol(&self, now: Timestamp) -> Result<(), StationCode> {
        let view = self.certificate.as_ref().ok_or(StationCode::MayNotEnrol)?;
        let is_in_date = view.iat <= now && now < view.exp;
        if is_in_date && view.allowed.iter().any(|kind| kind.as_str() == ALLOWED_AS) {
            Ok(())
        } else {
            Err(StationCode::MayNotEnrol)
        }
    }

    /// The headers of a request to the province that this station signs under its certificate.
    ///
    /// # Errors
    /// [`StationCode::NotCertified`] without one.
    pub(crate) fn sign_request(
        &self,
        target: &Target<'_>,
        body: &[u8],
        (idempotency_key, at, nonce): (&str, u64, [u8; 16]),
    ) -> Result<Vec<(&'static str, String)>, StationCode> {
        let certificate = self.settings.certificate.as_deref();
        let with = (&self.settings.key, certificate.ok_or(StationCode::NotCertified)?);
        Ok(signature::sign_as_counter(
            with,
            target,
            body,
            idempotency_key,
            at,
            &nonce,
        ))
    }

    /// Takes the question back; no answer to it will be accepted.
    pub fn cancel_request(&mut self) {
        self.request = None;
    }

    /// Where the profile wants what the province's rule or register refuses, by what the desk holds now.
    pub fn misfits(&self) -> Vec<MisfitView> {
        let rule_asks = self.rule().is_some_and(|rule| rule.rule().mode == Mode::Request);
        let mode = (rule_asks && self.profile.mode() == ProfileMode::Timed).then(|| MisfitView {
            ask: None,
            code: StationCode::RuleWantsQuestion.code().to_owned(),
        });
        let staff = self.gate.as_ref().and(Vct::parse(STAFF).ok());
        let staff = staff.filter(|staff| self.rule().is_some_and(|rule| !rule.rule().takes.contains(staff)));
        let staff = staff.map(|staff| (staff, StationCode::RuleTakesNot));
        let asks = self.profile.ask().iter();
        let asks = asks.filter_map(|ask| Some((*ask, self.check_answerable(ask).err()?)));
        let kinds = staff.into_iter().chain(asks).map(|(kind, code)| MisfitView {
            ask: Some(kind.as_str().to_owned()),
            code: code.code().to_owned(),
        });
        mode.into_iter().chain(kinds).collect()
    }

    /// Whether some answer to the question would be taken.
    fn check_answerable(&self, ask: &Vct) -> Result<(), StationCode> {
        let kind = self.types.as_ref().map(|types| types.find(ask));
        if let Some(rule) = self.rule().map(|rule| rule.rule()) {
            if !rule.takes.contains(ask) {
                return Err(StationCode::RuleTakesNot);
            }
            if let Some(kind) = kind.flatten() {
                // A pass that does not say how well its owner was proofed counts by its kind.
                if kind.assurance < rule.assurance_min && !says(kind, ASSURANCE) {
                    return Err(StationCode::RuleAssurance);
                }
                let mut facts = rule.must.get(ask).into_iter().flatten();
                if !facts.all(|(fact, _)| answers(kind, Place::Fact(*fact))) {
                    return Err(StationCode::RuleNotSaid);
                }
            }
        }
        match kind {
            Some(None) => Err(StationCode::TypeNotAsked),
            Some(Some(kind)) if !kind.show.request => Err(StationCode::TypeNotAsked),
            _ => Ok(()),
        }
    }
}

/// Whether the phone's form says yes or no there.
fn answers(kind: &PassType, place: Place) -> bool {
    let answer = |claim: &&ClaimType| claim.kind == Kind::Truth && claim.stands_in(Form::Phone);
    kind.claims.iter().filter(answer).any(|claim| claim.at == place)
}

fn says(kind: &PassType, place: Place) -> bool {
    kind.claims.iter().any(|claim| claim.at == place)
}
