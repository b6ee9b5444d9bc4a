//! How the desk verifies what it saw: against the question it shows, or else as a timed presentation, where its profile
//! takes those.

use credential::{
    Claims, Code, Context, Expect, IssuedRequest, Outcome, ReplayKey, ServiceRule, Timestamp, Vct, Verified,
};

use super::Station;
use super::fallen::decided_without;
use crate::claims::{self, ShownPass};
use crate::types::ProfileMode;
use crate::visit::Seen;

impl Station {
    /// Verifies against the open request, or else as what the profile's mode lets visitors show unasked. A late answer,
    /// and one that is shown again, is called what it is.
    pub(super) fn verify_as_expected(&self, text: &str, now: Timestamp) -> Outcome {
        let open = self.request.as_ref();
        if let Some(request) = open.filter(|request| now <= request.expires) {
            let outcome = self.verify(text, Expect::Request(request), now);
            return if outcome.code == Code::WrongRequest {
                self.or_answered(text, outcome)
            } else {
                outcome
            };
        }
        let outcome = self.verify(text, self.unasked(), now);
        match (outcome.code, open) {
            (Code::WrongRequest, Some(request)) => {
                let late = self.verify(text, Expect::Request(request), now);
                if late.code == Code::WrongRequest {
                    self.or_answered(text, outcome)
                } else {
                    late
                }
            }
            (Code::WrongRequest, None) => self.or_answered(text, outcome),
            _ => outcome,
        }
    }

    /// Verifies a text as the visit's code was, with what the desk knows now, and says whose pass it is. The
    /// request's time counted when it was answered and does not count again.
    pub(super) fn verify_again(
        &self,
        seen: &Seen,
        text: &str,
        now: Timestamp,
    ) -> (Outcome, Option<ReplayKey>) {
        let outcome = if let Some(request) = &seen.request {
            let request = IssuedRequest {
                expires: request.expires.max(now),
                ..request.clone()
            };
            self.verify(text, Expect::Request(&request), now)
        } else {
            self.verify(text, self.unasked(), now)
        };
        let pass = outcome.verified.as_ref().map(Verified::replay_key);
        (outcome, pass)
    }

    /// What a visitor may show while the desk asks nothing.
    fn unasked(&self) -> Expect<'_> {
        match self.profile.mode() {
            ProfileMode::Request => Expect::Nothing,
            ProfileMode::Timed => Expect::Timed {
                audience: &self.audience,
            },
        }
    }

    fn or_answered(&self, text: &str, outcome: Outcome) -> Outcome {
        let again = self.answered.as_ref().is_some_and(|request| {
            // As of the time when it could be answered: it is a replay, however late.
            self.verify(text, Expect::Request(request), request.expires)
                .verified
                .is_some()
        });
        if again {
            Outcome::bare(Code::Replayed)
        } else {
            outcome
        }
    }

    /// What the officer sees of a verified pass.
    pub(super) fn shown(&self, claims: &Claims) -> ShownPass {
        let vct = match claims.vct {
            // A printed card says who somebody is, as an identity does.
            Vct::PAPER_CARD => Vct::IDENTITY,
            other => other,
        };
        let kind = self.types.as_ref().and_then(|types| types.find(&vct));
        claims::shown(kind, claims)
    }

    /// The rule of the service that this desk serves.
    pub(super) fn rule(&self) -> Option<ServiceRule<'_>> {
        self.rules.as_ref()?.rule(self.profile.service())
    }

    fn verify(&self, text: &str, expect: Expect<'_>, now: Timestamp) -> Outcome {
        let context = Context {
            now,
            trust: self.trust.as_ref(),
            status: self.status.as_ref(),
            types: self.types.as_ref(),
            expect,
            rule: self.rule(),
        };
        let outcome = credential::verify(text, &context);
        decided_without(outcome, self.rules_broken, self.types_broken)
    }
}
