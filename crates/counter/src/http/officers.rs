//! Signing in and out, and the supervisor's calls. Stretching a PIN takes a while, so it leaves the threads that serve.

use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use pin::SALT_BYTES;

use super::App;
use super::handlers::{Reply, json};
use crate::StationCode;
use crate::officers::{Caller, NewOfficer, Refused};
use crate::types::{
    AddOfficerCall, ChangePinCall, CitizenView, ErrorReply, OfficersReply, ResetPinCall, Role, SetActiveCall,
    SetUpCall, SignInCall, SignInReply, SignOutReply,
};

/// The header that carries the secret of an officer's session.
pub const OFFICER_HEADER: HeaderName = HeaderName::from_static("x-khyber-officer");

/// The secret that came with a call.
pub struct Session(Option<String>);

impl Session {
    /// Who calls.
    pub fn caller(&self) -> Caller<'_> {
        self.0.as_deref().map_or(Caller::Nobody, Caller::Secret)
    }
}

impl<S: Sync> FromRequestParts<S> for Session {
    type Rejection = StationCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let mut values = parts.headers.get_all(OFFICER_HEADER).iter();
        let Some(value) = values.next() else {
            return Ok(Self(None));
        };
        let text = value.to_str().ok().filter(|_| values.next().is_none());
        text.map(|text| Self(Some(text.to_owned())))
            .ok_or(StationCode::BadCall)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let reply = ErrorReply {
            code: self.code.code().to_owned(),
            wait_seconds: self.wait_seconds,
        };
        (self.code.status(), Json(reply)).into_response()
    }
}

type Refusable<T> = Result<Json<T>, Refused>;

/// On a thread that may take its time.
async fn unhurried<T, F>(work: F) -> Result<T, Refused>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, Refused> + Send + 'static,
{
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|_| Err(StationCode::StoreFailed.into()))
}

/// Sixteen random bytes.
fn salt(app: &App) -> Result<[u8; SALT_BYTES], StationCode> {
    (app.nonce)().ok_or(StationCode::StoreFailed)
}

/// A secret for a session: 32 random bytes in hex.
fn secret(app: &App) -> Result<String, StationCode> {
    Ok(hex::encode([salt(app)?, salt(app)?].concat()))
}

fn sign_in_now(app: &App, number: &str, pin: &str) -> Result<SignInReply, Refused> {
    let session = secret(app)?;
    let now = app.now();
    let entry = app.station().sign_in(number, pin, session.clone(), now)?;
    Ok(SignInReply {
        session,
        officer: entry.officer,
        ended: entry.ended,
    })
}

/// `GET /api/citizen`: what the visitor's screen shows. It holds nothing of a visitor, so the page's token is enough.
pub async fn citizen(State(app): State<Arc<App>>) -> Json<CitizenView> {
    let now = app.now();
    Json(app.station().citizen_view(now))
}

/// `POST /api/officers/sign-in`
pub async fn sign_in(
    State(app): State<Arc<App>>,
    call: Result<Json<SignInCall>, JsonRejection>,
) -> Refusable<SignInReply> {
    let call = json(call)?;
    unhurried(move || sign_in_now(&app, &call.number, &call.pin))
        .await
        .map(Json)
}

/// `POST /api/officers/set-up`
pub async fn set_up(
    State(app): State<Arc<App>>,
    call: Result<Json<SetUpCall>, JsonRejection>,
) -> Refusable<SignInReply> {
    let call = json(call)?;
    unhurried(move || {
        let salt = salt(&app)?;
        let new = NewOfficer::check(&call.number, &call.name, Role::Supervisor, &call.pin, false, salt)?;
        let now = app.now();
        app.station().set_up(&call.code, &new, now)?;
        sign_in_now(&app, &call.number, &call.pin)
    })
    .await
    .map(Json)
}

/// `POST /api/officers/sign-out`
pub async fn sign_out(State(app): State<Arc<App>>, session: Session) -> Reply<SignOutReply> {
    let now = app.now();
    let mut station = app.station();
    station.check_session(session.caller(), now)?;
    let ended = station.sign_out(now)?;
    Ok(Json(SignOutReply { ended }))
}

/// `POST /api/officers/active`: the officer moved, typed or touched.
pub async fn active(State(app): State<Arc<App>>, session: Session) -> Result<StatusCode, StationCode> {
    let now = app.now();
    let mut station = app.station();
    station.check_session(session.caller(), now)?;
    station.note_activity(now);
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/officers/pin`
pub async fn change_pin(
    State(app): State<Arc<App>>,
    session: Session,
    call: Result<Json<ChangePinCall>, JsonRejection>,
) -> Result<StatusCode, Refused> {
    let call = json(call)?;
    unhurried(move || {
        let (salt, now) = (salt(&app)?, app.now());
        let mut station = app.station();
        station.check_session(session.caller(), now)?;
        station.change_own_pin(call.old.as_deref(), &call.pin, salt, now)
    })
    .await
    .map(|()| StatusCode::NO_CONTENT)
}

/// `GET /api/officers`
pub async fn list(State(app): State<Arc<App>>, session: Session) -> Reply<OfficersReply> {
    let now = app.now();
    let mut station = app.station();
    station.check_supervisor(session.caller(), now)?;
    station.note_activity(now);
    let officers = station.officers()?;
    Ok(Json(OfficersReply { officers }))
}

/// `POST /api/officers/add`
pub async fn add(
    State(app): State<Arc<App>>,
    session: Session,
    call: Result<Json<AddOfficerCall>, JsonRejection>,
) -> Refusable<OfficersReply> {
    let call = json(call)?;
    unhurried(move || {
        let (salt, now) = (salt(&app)?, app.now());
        app.station().check_supervisor(session.caller(), now)?;
        let new = NewOfficer::check(&call.number, &call.name, call.role, &call.pin, true, salt)?;
        let mut station = app.station();
        station.check_supervisor(session.caller(), now)?;
        station.add_officer(&new, now)?;
        Ok(OfficersReply {
            officers: station.officers()?,
        })
    })
    .await
    .map(Json)
}

/// `POST /api/officers/set-active`
pub async fn set_active(
    State(app): State<Arc<App>>,
    session: Session,
    call: Result<Json<SetActiveCall>, JsonRejection>,
) -> Reply<OfficersReply> {
    let call = json(call)?;
    let now = app.now();
    let mut station = app.station();
    station.check_supervisor(session.caller(), now)?;
    station.set_active(&call.number, call.active, now)?;
    let officers = station.officers()?;
    Ok(Json(OfficersReply { officers }))
}

/// `POST /api/officers/reset-pin`
pub async fn reset_pin(
    State(app): State<Arc<App>>,
    session: Session,
    call: Result<Json<ResetPinCall>, JsonRejection>,
) -> Refusable<OfficersReply> {
    let call = json(call)?;
    unhurried(move || {
        let (salt, now) = (salt(&app)?, app.now());
        let mut station = app.station();
        station.check_supervisor(session.caller(), now)?;
        station.reset_pin(&call.number, &call.pin, salt, now)?;
        Ok(OfficersReply {
            officers: station.officers()?,
        })
    })
    .await
    .map(Json)
}
