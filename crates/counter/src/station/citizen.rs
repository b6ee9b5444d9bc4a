//! What the visitor's side of the desk is told: who asks, for what, how far it is. Nothing of the visitor.

use credential::{Timestamp, Verdict};

use super::Station;
use crate::types::{CitizenState, CitizenView, FreshnessView, VisitState};

impl Station {
    /// Everything on the visitor's screen.
    pub fn citizen_view(&mut self, now: Timestamp) -> CitizenView {
        let open = self.is_open(now);
        let request = self
            .request
            .as_ref()
            .filter(|request| open && now < request.expires);
        let visit = self.reply(false);
        let state = match visit.state {
            _ if !open => CitizenState::Closed,
            VisitState::Partial => CitizenState::Reading,
            VisitState::Compare => CitizenState::Compare,
            // A face is to be compared before whoever passed goes on.
            VisitState::Decided if visit.attendance.is_some_and(|one| one.ask_face) => CitizenState::Compare,
            VisitState::Decided => match self.visit.code().map(credential::Code::verdict) {
                Some(Verdict::Accepted) if visit.freshness == Some(FreshnessView::Amber) => {
                    CitizenState::Amber
                }
                Some(Verdict::Accepted) => CitizenState::Accepted,
                Some(Verdict::Refused) => CitizenState::Refused,
                Some(Verdict::Undecided) | None => CitizenState::Undecided,
            },
            VisitState::Nothing if request.is_some() => CitizenState::Request,
            VisitState::Nothing => CitizenState::Ready,
        };
        CitizenView {
            mark: self.mark(),
            station: self.station_view(now),
            profile: self.profile.view(),
            state,
            now: crate::types::seconds(now),
            movement: visit
                .attendance
                .filter(|_| matches!(state, CitizenState::Accepted | CitizenState::Amber))
                .map(|attendance| attendance.movement),
            request: request
                .filter(|_| state == CitizenState::Request)
                .and_then(|request| self.request_reply(request)),
        }
    }
}
