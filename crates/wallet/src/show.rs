//! Showing a pass: which one, as which codes, for how long.
//!
//! A pass is marked as shown when its showing starts, before its first code is on the screen: a phone
//! that dies in between wastes a pass and never shows one twice to two desks by mistake.

use credential::{
    CLOCK_ALLOWANCE, Credential, PresentError, ReadRequest, RootSet, SHOWING_MAX, Timestamp, Vct, photo,
    present_timed, present_to_request,
};
use qr::Ecc;
use rusqlite::Connection;

use crate::claims;
use crate::code::{UiCode, UiError};
use crate::error::StoreError;
use crate::home::is_taken_back;
use crate::screen::{Child, ClaimView, KindView, Qr, Showing, ShowingMode, ShowingOutcome};
use crate::store::child;
use crate::store::credential::{self as passes, Stored, Which};
use crate::store::draft::{self as draft_table, PhotoKind};
use crate::store::{enrolment, showing, sync_state};
use crate::sync::{load_status, load_trust, types_here};

/// The service class of any public counter. A desk of a narrower class takes no timed code and asks by request.
pub const DEFAULT_AUDIENCE: &str = "kp:desk";

/// A timed code is signed anew this often; it lives for a minute.
pub const RENEW_SECONDS: u64 = 15;

/// How long an answer stays up after its desk stopped waiting for it: one that was seen just in time still has its photo
/// to hand over.
const PHOTO_SECONDS: u64 = 15;

/// How long each code stays on the screen.
pub const FRAME_MS: u32 = 125;

/// Most showings at a time; a screen has one, and one may be on its way out.
const SHOWINGS_MAX: usize = 4;

/// What is on the screen now. Lives in memory and goes when the vault is locked.
struct Active {
    id: u32,
    which: Which,
    kind: KindView,
    child: Option<Child>,
    pass: Stored,
    started_at: Timestamp,
    /// Longest time on the screen, in seconds.
    lasts: u64,
    claims: Vec<ClaimView>,
    how: How,
}

enum How {
    Timed { audience: String },
    Request { check_code: String, frames: Vec<Qr> },
}

/// The showings of an open vault.
#[derive(Default)]
pub(crate) struct Showings {
    active: Vec<Active>,
    last_id: u32,
}

impl Showings {
    /// Starts to show a pass that names nobody.
    pub(crate) fn start_timed(
        &mut self,
        (database, roots): (&Connection, &RootSet),
        vct: &str,
        audience: Option<&str>,
        now: Timestamp,
    ) -> Result<Showing, UiError> {
        let vct = Vct::parse(vct).map_err(|_| UiCode::NoPass)?;
        let audience = audience.unwrap_or(DEFAULT_AUDIENCE).to_owned();
        let types = types_here(database, roots)?;
        let kind = types.as_ref().and_then(|types| types.find(&vct));
        if kind.is_some_and(|kind| !kind.show.timed) {
            return Err(UiCode::RequestNeeded.into());
        }
        let chosen = choose((database, roots), vct.into(), now)?;
        let Chosen { pass, claims, .. } = &chosen;
        // Signed once before the pass counts as shown, so that a name that cannot be written costs none.
        sign_timed(database, pass, &audience, now)?;
        let record = showing::New {
            at: now,
            which: vct.into(),
            mode: ShowingMode::Timed,
            outcome: ShowingOutcome::Shown,
            reason: None,
            desk: None,
            claims: &claims::keys(claims),
            last_pass: pass.shown,
        };
        use_up(database, pass, &record)?;
        let id = self.add(vct.into(), chosen, (now, SHOWING_MAX), How::Timed { audience });
        self.frames(database, id, now)
    }

    /// Starts to show the answer to a request: of what it asks for, the document of the person with this number. `waits`
    /// is for how many seconds its desk still waits.
    pub(crate) fn start_answer(
        &mut self,
        (database, roots): (&Connection, &RootSet),
        (request, no): (&ReadRequest, u32),
        waits: u64,
        now: Timestamp,
    ) -> Result<Showing, UiError> {
        let which = Which {
            vct: *request.ask(),
            no,
        };
        let chosen = choose((database, roots), which, now)?;
        let Chosen { pass, claims, .. } = &chosen;
        let key = enrolment::holder_key(database, pass.holder_index)?;
        let text = present_to_request(&pass.raw, &key, request).map_err(present_code)?;
        let photo = if chosen.has_photo {
            draft_table::photo(database, PhotoKind::Card)?.unwrap_or_default()
        } else {
            Vec::new()
        };
        let frames = with_photo(&qr_of(&text)?, &photo)?;
        let record = showing::New {
            at: now,
            which,
            mode: ShowingMode::Request,
            outcome: ShowingOutcome::Shown,
            reason: None,
            desk: crate::request::desk_name(request),
            claims: &claims::keys(claims),
            last_pass: pass.shown,
        };
        use_up(database, pass, &record)?;
        let how = How::Request {
            check_code: request.check_code(),
            frames,
        };
        let id = self.add(which, chosen, (now, waits + PHOTO_SECONDS), how);
        self.frames(database, id, now)
    }

    /// The codes to show now. A showing that is over is gone.
    pub(crate) fn frames(
        &mut self,
        database: &Connection,
        id: u32,
        now: Timestamp,
    ) -> Result<Showing, UiError> {
        self.active.retain(|one| now.since(one.started_at) < one.lasts);
        let one = self
            .active
            .iter()
            .find(|one| one.id == id)
            .ok_or(UiCode::ShowingEnded)?;
        let ends_in = one.lasts - now.since(one.started_at);
        let (mode, frames, renew_in, check_code) = match &one.how {
            How::Timed { audience } => {
                let text = sign_timed(database, &one.pass, audience, now)?;
                (
                    ShowingMode::Timed,
                    vec![qr_of(&text)?],
                    RENEW_SECONDS.min(ends_in),
                    None,
                )
            }
            How::Request { check_code, frames } => {
                (ShowingMode::Request, frames.clone(), 0, Some(check_code.clone()))
            }
        };
        Ok(Showing {
            id,
            vct: one.which.vct.as_str().to_owned(),
            kind: one.kind.clone(),
            child: one.child.clone(),
            mode,
            frames,
            frame_ms: FRAME_MS,
            claims: one.claims.clone(),
            renew_in_ms: milliseconds(renew_in),
            ends_in_ms: milliseconds(ends_in),
            last_pass: one.pass.shown,
            check_code,
        })
    }

    /// Ends a showing; one that is gone already is no error.
    pub(crate) fn end(&mut self, id: u32) {
        self.active.retain(|one| one.id != id);
    }

    fn add(&mut self, which: Which, chosen: Chosen, (started_at, lasts): (Timestamp, u64), how: How) -> u32 {
        if self.active.len() >= SHOWINGS_MAX {
            self.active.remove(0);
        }
        self.last_id = self.last_id.wrapping_add(1);
        self.active.push(Active {
            id: self.last_id,
            which,
            kind: chosen.kind,
            child: chosen.child,
            pass: chosen.pass,
            started_at,
            lasts,
            claims: chosen.claims,
            how,
        });
        self.last_id
    }
}

/// A pass that would be shown, and what it says.
pub(crate) struct Chosen {
    pub(crate) pass: Stored,
    pub(crate) kind: KindView,
    pub(crate) child: Option<Child>,
    pub(crate) claims: Vec<ClaimView>,
    has_photo: bool,
}

/// The pass to show next.
pub(crate) fn choose(
    (database, roots): (&Connection, &RootSet),
    which: Which,
    now: Timestamp,
) -> Result<Chosen, UiError> {
    let state = sync_state::load(database)?;
    if let Some(code) = state.ended {
        return Err(code.into());
    }
    let status = match load_trust(database, roots)? {
        Some(trust) => load_status(database, &trust)?,
        None => None,
    };
    if is_taken_back(database, status.as_ref(), which)? {
        return Err(UiCode::NoPass.into());
    }
    let Some(pass) = passes::next_to_show(database, which, now)? else {
        if passes::begin_later(database, which, now.plus(CLOCK_ALLOWANCE))? {
            return Err(UiCode::DeviceClock.into());
        }
        // A clock that is far ahead calls everything over.
        let off_by = u64::try_from(state.clock_off_by).unwrap_or_default();
        if off_by > CLOCK_ALLOWANCE && passes::next_to_show(database, which, now.minus(off_by))?.is_some() {
            return Err(UiCode::DeviceClock.into());
        }
        return Err(match passes::newest(database, which)? {
            Some(_) => UiCode::PassExpired,
            None => UiCode::NoPass,
        }
        .into());
    };
    let credential = Credential::parse(&pass.raw).map_err(|_| StoreError::Row)?;
    let says = credential.unverified_claims();
    let types = types_here(database, roots)?;
    let kind = types.as_ref().and_then(|types| types.find(&which.vct));
    Ok(Chosen {
        kind: claims::kind_view(kind),
        child: child::find(database, which.no)?,
        claims: claims::views(kind, says),
        has_photo: says.facts.photo_sha256.is_some(),
        pass,
    })
}

fn use_up(database: &Connection, pass: &Stored, record: &showing::New<'_>) -> Result<(), UiError> {
    let transaction = database.unchecked_transaction()?;
    passes::mark_shown(&transaction, pass.id, record.at)?;
    showing::insert(&transaction, record)?;
    transaction.commit()?;
    Ok(())
}

fn sign_timed(
    database: &Connection,
    pass: &Stored,
    audience: &str,
    now: Timestamp,
) -> Result<String, UiError> {
    let key = enrolment::holder_key(database, pass.holder_index)?;
    Ok(present_timed(&pass.raw, &key, audience, now).map_err(present_code)?)
}

fn present_code(error: PresentError) -> UiCode {
    match error {
        PresentError::BadCredential | PresentError::WrongKey => UiCode::VaultDamaged,
        PresentError::RequestRequired => UiCode::RequestNeeded,
        PresentError::NotAllowed => UiCode::RequestOverAsking,
        PresentError::WrongPass => UiCode::NoPass,
        PresentError::BadAudience => UiCode::RequestInvalid,
    }
}

/// The presentation first, then three frames of the photo, and so on until all frames are through.
fn with_photo(main: &Qr, picture: &[u8]) -> Result<Vec<Qr>, UiError> {
    let texts = photo::frames(picture);
    let mut frames = Vec::with_capacity(texts.len() * 2 + 1);
    if texts.is_empty() {
        frames.push(main.clone());
    }
    for chunk in texts.chunks(photo::FRAMES_BETWEEN) {
        frames.push(main.clone());
        for text in chunk {
            frames.push(qr_of(text)?);
        }
    }
    Ok(frames)
}

pub(crate) fn qr_of(text: &str) -> Result<Qr, UiError> {
    // Level L: a screen is not torn or stained, and fewer modules read better from a poor camera.
    let code = qr::Qr::encode(text, Ecc::Low).map_err(|_| UiCode::VaultDamaged)?;
    Ok(Qr {
        size: u32::try_from(code.size()).unwrap_or(u32::MAX),
        path: code.svg_path(),
    })
}

fn milliseconds(seconds: u64) -> u32 {
    u32::try_from(seconds.saturating_mul(1000)).unwrap_or(u32::MAX)
}
