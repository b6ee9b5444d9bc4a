//! A desk's request: read, shown to the citizen, answered or declined.

use credential::{
    Asker, Names, REQUEST_LIFETIME, ReadRequest, RequestError, RootSet, Timestamp, Vct, read_request,
};
use rusqlite::Connection;

use crate::claims;
use crate::code::{UiCode, UiError};
use crate::home::screen_time;
use crate::screen::{AnswerChoice, RequestView, Showing, ShowingMode, ShowingOutcome};
use crate::show::{self, Showings};
use crate::store::credential as passes;
use crate::store::showing;
use crate::sync::{load_trust, types_here};

/// Most requests that wait for an answer; a camera reads the same one again and again.
const PENDING_MAX: usize = 4;

/// The requests that were read and not answered. Live in memory.
#[derive(Default)]
pub(crate) struct Requests {
    pending: Vec<Pending>,
    last_id: u32,
}

struct Pending {
    id: u32,
    request: ReadRequest,
    /// When its desk stops waiting, by this phone's clock.
    over_at: Timestamp,
}

impl Requests {
    /// Reads the text of a code. The same request keeps its number and is put on record once.
    pub(crate) fn read(
        &mut self,
        database: &Connection,
        roots: &RootSet,
        text: &str,
        now: Timestamp,
    ) -> Result<RequestView, UiError> {
        let trust = load_trust(database, roots)?;
        let request = read_request(text, trust.as_ref(), now).map_err(request_code)?;
        let refusal = request.may_ask().err().map(request_code);
        self.pending.retain(|pending| pending.over_at > now);
        let known = self
            .pending
            .iter()
            .find(|pending| pending.request.hash() == request.hash())
            .map(|pending| pending.id);
        let id = if let Some(id) = known {
            id
        } else {
            if let Some(reason) = refusal {
                record(
                    (database, roots),
                    &request,
                    ShowingOutcome::Refused,
                    Some(reason),
                    now,
                )?;
            }
            self.add(request.clone(), now)
        };
        view((database, roots), id, &request, refusal, now)
    }

    /// Answers a request: the citizen agreed to show what the person with this number has. Without a number there is but one
    /// document that answers.
    pub(crate) fn answer(
        &mut self,
        (database, roots): (&Connection, &RootSet),
        showings: &mut Showings,
        (id, no): (u32, Option<u32>),
        now: Timestamp,
    ) -> Result<Showing, UiError> {
        let position = self.position(id)?;
        let pending = self.pending.get(position).ok_or(UiCode::RequestGone)?;
        pending.request.may_ask().map_err(request_code)?;
        let waits = pending.over_at.since(now);
        if waits == 0 {
            return Err(UiCode::RequestGone.into());
        }
        let no = if let Some(no) = no {
            no
        } else {
            let (choices, _) = choices((database, roots), *pending.request.ask(), now)?;
            match choices.as_slice() {
                [] => 0,
                [only] => only.no,
                // Which child's document a desk sees is for the citizen to say.
                _ => return Err(UiCode::ChoiceUnknown.into()),
            }
        };
        let showing = showings.start_answer((database, roots), (&pending.request, no), waits, now)?;
        // Answered once: another answer would use up another pass.
        self.pending.remove(position);
        Ok(showing)
    }

    /// The citizen said no.
    pub(crate) fn decline(
        &mut self,
        (database, roots): (&Connection, &RootSet),
        id: u32,
        now: Timestamp,
    ) -> Result<(), UiError> {
        let position = self.position(id)?;
        let pending = self.pending.remove(position);
        // A request that the phone refused is on record as that.
        if pending.request.may_ask().is_ok() {
            record(
                (database, roots),
                &pending.request,
                ShowingOutcome::Declined,
                None,
                now,
            )?;
        }
        Ok(())
    }

    fn position(&self, id: u32) -> Result<usize, UiCode> {
        self.pending
            .iter()
            .position(|pending| pending.id == id)
            .ok_or(UiCode::RequestGone)
    }

    fn add(&mut self, request: ReadRequest, now: Timestamp) -> u32 {
        if self.pending.len() >= PENDING_MAX {
            self.pending.remove(0);
        }
        self.last_id = self.last_id.wrapping_add(1);
        // The desk counts by its own clock. If ours agrees with it we know the moment, else no more than that it waits
        // no longer than for any request.
        let latest = now.plus(REQUEST_LIFETIME);
        let told = request.expires();
        let over_at = if told > now && told < latest { told } else { latest };
        self.pending.push(Pending {
            id: self.last_id,
            request,
            over_at,
        });
        self.last_id
    }
}

/// The desk's names, if the province vouches for them.
pub(crate) fn desk_name(request: &ReadRequest) -> Option<&Names> {
    match request.asker() {
        Asker::Certified { name, .. } => Some(name),
        Asker::Unsigned | Asker::Uncertified => None,
    }
}

fn view(
    (database, roots): (&Connection, &RootSet),
    id: u32,
    request: &ReadRequest,
    refusal: Option<UiCode>,
    now: Timestamp,
) -> Result<RequestView, UiError> {
    let (name, purpose) = match request.asker() {
        Asker::Certified { name, purpose, .. } => (Some(name), Some(purpose)),
        Asker::Unsigned | Asker::Uncertified => (None, None),
    };
    // What would be handed over is shown even for a request that is refused: the citizen sees what
    // the desk wanted.
    let types = types_here(database, roots)?;
    let kind = types.as_ref().and_then(|types| types.find(request.ask()));
    let (choices, missing) = choices((database, roots), *request.ask(), now)?;
    let claims = choices
        .first()
        .map_or_else(|| claims::names_of(kind), |one| one.claims.clone());
    let reason = refusal.or(missing);
    let text =
        |names: Option<&Names>, language: &str| names.map(|names| names.in_language(language).to_owned());
    Ok(RequestView {
        id,
        certified: request.is_certified(),
        name_en: text(name, "en"),
        name_ur: text(name, "ur"),
        name_ps: text(name, "ps"),
        purpose_en: text(purpose, "en"),
        purpose_ur: text(purpose, "ur"),
        purpose_ps: text(purpose, "ps"),
        ask: request.ask().as_str().to_owned(),
        kind: claims::kind_view(kind),
        claims,
        choices,
        check_code: request.check_code(),
        answerable: reason.is_none(),
        reason,
        expires_at: screen_time(request.expires()),
    })
}

/// What answers a request for this kind, the citizen's own first; or why nothing does.
fn choices(
    (database, roots): (&Connection, &RootSet),
    vct: Vct,
    now: Timestamp,
) -> Result<(Vec<AnswerChoice>, Option<UiCode>), UiError> {
    let mut choices = Vec::new();
    let mut missing = None;
    let mut held = passes::of_kind(database, vct)?;
    if held.is_empty() {
        held.push(vct.into());
    }
    for which in held {
        match show::choose((database, roots), which, now) {
            Ok(chosen) => choices.push(AnswerChoice {
                no: which.no,
                child: chosen.child,
                claims: chosen.claims,
            }),
            Err(error)
                if matches!(
                    error.code,
                    UiCode::NoPass
                        | UiCode::PassExpired
                        | UiCode::DeviceClock
                        | UiCode::WalletDisabled
                        | UiCode::DeviceReplaced
                        | UiCode::PersonRevoked
                ) =>
            {
                missing = missing.or(Some(error.code));
            }
            Err(error) => return Err(error),
        }
    }
    let missing = missing.filter(|_| choices.is_empty());
    Ok((choices, missing))
}

fn record(
    (database, roots): (&Connection, &RootSet),
    request: &ReadRequest,
    outcome: ShowingOutcome,
    reason: Option<UiCode>,
    now: Timestamp,
) -> Result<(), UiError> {
    let types = types_here(database, roots)?;
    let kind = types.as_ref().and_then(|types| types.find(request.ask()));
    showing::insert(
        database,
        &showing::New {
            at: now,
            which: (*request.ask()).into(),
            mode: ShowingMode::Request,
            outcome,
            reason,
            desk: desk_name(request),
            claims: &claims::keys(&claims::names_of(kind)),
            last_pass: false,
        },
    )?;
    Ok(())
}

fn request_code(error: RequestError) -> UiCode {
    match error {
        RequestError::NotARequest => UiCode::NotARequest,
        RequestError::TooLarge
        | RequestError::Malformed
        | RequestError::Algorithm
        | RequestError::UnknownHeader
        | RequestError::Signature => UiCode::RequestInvalid,
        RequestError::NotCertified | RequestError::NotAllowed => UiCode::RequestOverAsking,
        RequestError::NoTrustList | RequestError::TrustListExpired | RequestError::UnknownCertifier => {
            UiCode::DeskUnknown
        }
        RequestError::ClockWrong => UiCode::DeviceClock,
        RequestError::CertificateSignature
        | RequestError::CertificateRevoked
        | RequestError::CertificateExpired
        | RequestError::CertificateOtherDesk => UiCode::DeskUntrusted,
    }
}
