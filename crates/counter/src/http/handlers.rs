//! One call each: parse, one step of the desk, reply.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::{BytesRejection, JsonRejection};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Json, Response};
use serde::de::DeserializeOwned;

use super::officers::Session;
use super::{App, FRAME_BYTES_MAX, download, page};
use crate::StationCode;
use crate::station::Source;
use crate::types::{CounterState, FaceCall, RequestCall, RequestReply, ScanReply, SyncReply, TextCall};

pub type Reply<T> = Result<Json<T>, StationCode>;

/// `GET /api/state`
pub async fn state(State(app): State<Arc<App>>, session: Session) -> Json<CounterState> {
    let now = app.now();
    Json(app.station().state_for(session.caller(), now))
}

/// `POST /api/frame`: luma bytes, size in `X-Width` and `X-Height`.
pub async fn frame(
    State(app): State<Arc<App>>,
    session: Session,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Reply<ScanReply> {
    let (width, height) = (side(&headers, "x-width")?, side(&headers, "x-height")?);
    let luma = bytes(body)?;
    if luma.len() > FRAME_BYTES_MAX {
        return Err(StationCode::TooMuch);
    }
    see(app, session, Source::Camera, move || {
        qr::decode_luma(width, height, &luma)
    })
    .await
}

/// `POST /api/picture`: a PNG, JPEG or WebP file.
pub async fn picture(
    State(app): State<Arc<App>>,
    session: Session,
    body: Result<Bytes, BytesRejection>,
) -> Reply<ScanReply> {
    let picture = bytes(body)?;
    see(app, session, Source::Picture, move || {
        qr::decode_picture(&picture)
    })
    .await
}

/// `POST /api/text`: what a USB scanner typed.
pub async fn text(
    State(app): State<Arc<App>>,
    session: Session,
    call: Result<Json<TextCall>, JsonRejection>,
) -> Reply<ScanReply> {
    let call = json(call)?;
    see(app, session, Source::Scanner, move || {
        Ok(vec![call.text.trim().to_owned()])
    })
    .await
}

/// `POST /api/request`
pub async fn request(
    State(app): State<Arc<App>>,
    session: Session,
    call: Result<Json<RequestCall>, JsonRejection>,
) -> Reply<RequestReply> {
    let call = json(call)?;
    let nonce = (app.nonce)().ok_or(StationCode::StoreFailed)?;
    let now = app.now();
    let mut station = app.station();
    station.check_ask(session.caller(), &call.ask, now)?;
    station.open_request(&call.ask, nonce, now).map(Json)
}

/// `POST /api/request/cancel`
pub async fn cancel_request(State(app): State<Arc<App>>, session: Session) -> Reply<CounterState> {
    let now = app.now();
    let mut station = app.station();
    station.check_caller(session.caller(), now)?;
    station.cancel_request();
    Ok(Json(station.state_for(session.caller(), now)))
}

/// `POST /api/face`
pub async fn face(
    State(app): State<Arc<App>>,
    session: Session,
    call: Result<Json<FaceCall>, JsonRejection>,
) -> Reply<ScanReply> {
    let call = json(call)?;
    let check = if call.same {
        credential::FaceCheck::Same
    } else {
        credential::FaceCheck::Different
    };
    let now = app.now();
    let mut station = app.station();
    station.check_officer(session.caller(), now)?;
    let reply = station.compare_face(call.visit, check, now)?;
    station.settle_face(&reply)?;
    Ok(Json(reply))
}

/// `POST /api/next`
pub async fn next(State(app): State<Arc<App>>, session: Session) -> Reply<ScanReply> {
    let now = app.now();
    let mut station = app.station();
    station.check_caller(session.caller(), now)?;
    station.leave_face();
    station.next_visit(now).map(Json)
}

/// `POST /api/log/export`: the whole scan log, one JSON object on each line. It is a POST because handing it out is
/// itself an entry. Years of it take a while, in which the desk goes on.
pub async fn export_log(State(app): State<Arc<App>>, session: Session) -> Result<Response, StationCode> {
    let now = app.now();
    let handed_out = {
        let mut station = app.station();
        station.check_officer(session.caller(), now)?;
        station.export_log(now)?
    };
    let headers = [
        (header::CONTENT_TYPE, "application/jsonl"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"scan-log.jsonl\"",
        ),
    ];
    let file = download::written_by(move |out| handed_out.write(None, out));
    Ok((headers, file).into_response())
}

/// `POST /api/sync`: for an officer, since each is an entry of the scan log and a question to the province.
pub async fn sync(State(app): State<Arc<App>>, session: Session) -> Reply<SyncReply> {
    let now = app.now();
    app.station().check_officer(session.caller(), now)?;
    let report = crate::sync::run(&app).await;
    let now = app.now();
    let state = app.station().state_for(session.caller(), now);
    Ok(Json(SyncReply {
        trust_changed: report.trust_changed,
        types_changed: report.types_changed,
        status_changed: report.status_changed,
        rules_changed: report.rules_changed,
        code: report.problem.map(|code| code.code().to_owned()),
        state,
    }))
}

/// `POST /api/update`: a file with an update that was carried here.
pub async fn update(
    State(app): State<Arc<App>>,
    session: Session,
    body: Result<Bytes, BytesRejection>,
) -> Reply<SyncReply> {
    let file = bytes(body)?;
    // Whole lists take a moment of a processor.
    tokio::task::spawn_blocking(move || {
        let now = app.now();
        let mut station = app.station();
        let taken = station.take_carried(&file, now)?;
        Ok(Json(SyncReply {
            trust_changed: taken.trust,
            types_changed: taken.types,
            status_changed: taken.status,
            rules_changed: taken.rules,
            code: None,
            state: station.state_for(session.caller(), now),
        }))
    })
    .await
    .unwrap_or(Err(StationCode::UpdateUnreadable))
}

/// Everything else: the page's files.
pub async fn file(uri: Uri) -> Result<Response, StationCode> {
    page::file(uri.path()).ok_or(StationCode::NotFound)
}

/// Reading a picture takes tens of milliseconds of a processor, so it leaves the threads that serve.
async fn see<F>(app: Arc<App>, session: Session, source: Source, read: F) -> Reply<ScanReply>
where
    F: FnOnce() -> Result<Vec<String>, qr::QrError> + Send + 'static,
{
    let now = app.now();
    app.station().check_caller(session.caller(), now)?;
    tokio::task::spawn_blocking(move || {
        let texts = read().map_err(|error| match error {
            qr::QrError::PictureTooLarge | qr::QrError::PictureTooManyPixels => StationCode::PictureTooLarge,
            qr::QrError::PictureUnreadable => StationCode::PictureUnreadable,
            _ => StationCode::BadCall,
        })?;
        let now = app.now();
        let mut station = app.station();
        // Somebody may have signed out while the picture was read.
        station.check_caller(session.caller(), now)?;
        let reply = station.see(&texts, source, now)?;
        station.draw_face(reply, dice(&app))
    })
    .await
    .unwrap_or(Err(StationCode::PictureUnreadable))
    .map(Json)
}

/// A random number. A machine that gives none asks for every face that may be asked for.
fn dice(app: &App) -> u32 {
    let bytes = (app.nonce)();
    bytes
        .and_then(|bytes| bytes.first_chunk().copied())
        .map_or(0, u32::from_le_bytes)
}

pub fn side(headers: &HeaderMap, name: &str) -> Result<u32, StationCode> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse().ok())
        .ok_or(StationCode::BadCall)
}

pub fn bytes(body: Result<Bytes, BytesRejection>) -> Result<Bytes, StationCode> {
    body.map_err(|rejection| too_much_or(rejection.status()))
}

pub fn json<T: DeserializeOwned>(call: Result<Json<T>, JsonRejection>) -> Result<T, StationCode> {
    call.map(|Json(call)| call)
        .map_err(|rejection| too_much_or(rejection.status()))
}

fn too_much_or(status: StatusCode) -> StationCode {
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        StationCode::TooMuch
    } else {
        StationCode::BadCall
    }
}
