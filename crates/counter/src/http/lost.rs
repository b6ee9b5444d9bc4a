//! A lost phone: what was typed is checked, and then told to the province. For an officer only.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::response::Json;

use super::App;
use super::handlers::{Reply, json};
use super::officers::Session;
use crate::lost;
use crate::types::{LostCall, LostReply, PersonCall, PersonReply};

/// `POST /api/lost/check`
pub async fn check(
    State(app): State<Arc<App>>,
    session: Session,
    call: Result<Json<PersonCall>, JsonRejection>,
) -> Reply<PersonReply> {
    let call = json(call)?;
    let now = app.now();
    app.station().check_officer(session.caller(), now)?;
    Ok(Json(lost::check(call, now)))
}

/// `POST /api/lost`
pub async fn tell(
    State(app): State<Arc<App>>,
    session: Session,
    call: Result<Json<LostCall>, JsonRejection>,
) -> Reply<LostReply> {
    let call = json(call)?;
    let now = app.now();
    app.station().check_officer(session.caller(), now)?;
    lost::tell(&app, call).await.map(Json)
}
