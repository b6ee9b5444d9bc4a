//! The gate's calls: the list and the sheet of a day, closing. For officers only.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::header;
use axum::response::{IntoResponse as _, Json, Response};

use super::App;
use super::handlers::{Reply, json};
use super::officers::Session;
use crate::StationCode;
use crate::types::{AttendanceDay, CounterState, DayCall, SheetCall};

fn day(text: &str) -> Result<u32, StationCode> {
    scan_log::day_from_text(text).ok_or(StationCode::BadCall)
}

/// `POST /api/gate/day`: who came and went, for the page.
pub async fn attendance(
    State(app): State<Arc<App>>,
    session: Session,
    call: Result<Json<DayCall>, JsonRejection>,
) -> Reply<AttendanceDay> {
    let asked = json(call)?.day.as_deref().map(day).transpose()?;
    let now = app.now();
    let mut station = app.station();
    station.check_officer(session.caller(), now)?;
    station.attendance_day(asked, now).map(Json)
}

/// `POST /api/gate/sheet`: the same as CSV. It is a POST because handing it out is an entry of the scan log.
pub async fn sheet(
    State(app): State<Arc<App>>,
    session: Session,
    call: Result<Json<SheetCall>, JsonRejection>,
) -> Result<Response, StationCode> {
    let day = day(&json(call)?.day)?;
    let now = app.now();
    let mut station = app.station();
    station.check_officer(session.caller(), now)?;
    let sheet = station.attendance_sheet(day, now)?;
    let name = format!(
        "attachment; filename=\"attendance-{}.csv\"",
        scan_log::day_text(day)
    );
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, sheet).into_response())
}

/// `POST /api/gate/close`: the day is over; who closes the gate is signed out.
pub async fn close(State(app): State<Arc<App>>, session: Session) -> Reply<CounterState> {
    let now = app.now();
    let mut station = app.station();
    station.check_officer(session.caller(), now)?;
    station.close_gate(now)?;
    Ok(Json(station.state_for(crate::officers::Caller::Nobody, now)))
}
