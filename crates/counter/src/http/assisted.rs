//! A citizen enrolled at the desk: their phone's code, and then everything at once. For an officer only.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::{BytesRejection, JsonRejection};
use axum::http::HeaderMap;
use axum::response::Json;

use super::App;
use super::handlers::{Reply, bytes, json, side};
use super::officers::Session;
use crate::StationCode;
use crate::types::{AssistedCall, AssistedReply, PhoneReply, PhoneSeen, TextCall};

/// `POST /api/enrol/text`: what a scanner typed, or an officer.
pub async fn text(
    State(app): State<Arc<App>>,
    session: Session,
    call: Result<Json<TextCall>, JsonRejection>,
) -> Reply<PhoneReply> {
    let call = json(call)?;
    let now = app.now();
    app.station().check_officer(session.caller(), now)?;
    crate::assisted::phone(&call.text).map(Json)
}

/// `POST /api/enrol/frame`: a grey picture of the desk's camera. Codes that are no phone's are passed over.
pub async fn frame(
    State(app): State<Arc<App>>,
    session: Session,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Reply<PhoneSeen> {
    let (width, height) = (side(&headers, "x-width")?, side(&headers, "x-height")?);
    let luma = bytes(body)?;
    let now = app.now();
    app.station().check_officer(session.caller(), now)?;
    let texts = tokio::task::spawn_blocking(move || qr::decode_luma(width, height, &luma))
        .await
        .map_err(|_| StationCode::BadCall)?
        .unwrap_or_default();
    let phone = texts.iter().find_map(|text| crate::assisted::phone(text).ok());
    Ok(Json(PhoneSeen { phone }))
}

/// `POST /api/enrol`
pub async fn enrol(
    State(app): State<Arc<App>>,
    session: Session,
    call: Result<Json<AssistedCall>, JsonRejection>,
) -> Reply<AssistedReply> {
    let call = json(call)?;
    let now = app.now();
    app.station().check_officer(session.caller(), now)?;
    crate::assisted::enrol(&app, call).await.map(Json)
}
