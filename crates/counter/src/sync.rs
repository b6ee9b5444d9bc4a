//! Fetching newer signed data. Never part of a verdict: without a network the desk goes on with what it has.
//!
//! The trust list is one unit, the type register another, and so are the status data (manifest and all its lists); each is
//! taken over whole or not at all.

use scan_log::Event;

use crate::StationCode;
use crate::http::App;
use crate::province::Province;

/// What a sync brought.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct SyncReport {
    /// A newer trust list is here.
    pub trust_changed: bool,
    /// A newer type register is here.
    pub types_changed: bool,
    /// Newer status data are here.
    pub status_changed: bool,
    /// What went wrong; what was here stays.
    pub problem: Option<StationCode>,
}

/// Asks the province for everything and takes over what is newer and properly signed.
pub async fn run(app: &App) -> SyncReport {
    let mut report = SyncReport::default();
    let Some(province) = &app.province else {
        report.problem = Some(app.station().why_no_province());
        return report;
    };
    match trust(app, province).await {
        Ok(changed) => report.trust_changed = changed,
        Err(code) => report.problem = Some(code),
    }
    if report.problem == Some(StationCode::Unreachable) {
        note(app, &report);
        return report;
    }
    match types(app, province).await {
        Ok(changed) => report.types_changed = changed,
        Err(code) => report.problem = report.problem.or(Some(code)),
    }
    let mut came = status(app, province).await;
    if came == Err(StationCode::StatusRefused) {
        // A revocation between manifest and list makes the two differ, and asking again makes them fit.
        came = status(app, province).await;
    }
    match came {
        Ok(changed) => report.status_changed = changed,
        Err(code) => report.problem = report.problem.or(Some(code)),
    }
    if report.problem.is_none() {
        let now = app.now();
        report.problem = app.station().note_sync(now).err();
    }
    note(app, &report);
    report
}

/// Writes down what came of it; a desk whose disk is full says so at the next visitor.
fn note(app: &App, report: &SyncReport) {
    let code = match report.problem {
        Some(code) => code.code(),
        None if report.trust_changed || report.status_changed => "changed",
        None => "unchanged",
    };
    let now = app.now();
    if let Err(code) = app.station().log_event(Event::Sync, Some(code), now) {
        tracing::error!(code = code.code(), "the sync was not written down");
    }
}

async fn trust(app: &App, province: &Province) -> Result<bool, StationCode> {
    let bytes = province.trust_list().await?;
    app.station().take_trust_list(&bytes)
}

async fn types(app: &App, province: &Province) -> Result<bool, StationCode> {
    let bytes = province.type_register().await?;
    app.station().take_type_register(&bytes)
}

async fn status(app: &App, province: &Province) -> Result<bool, StationCode> {
    let bytes = province.status_manifest().await?;
    let Some(mut staged) = app.station().stage_status(&bytes)? else {
        return Ok(false);
    };
    for name in staged.missing() {
        let bits = province.status_list(&name).await?;
        staged.add(&name, bits)?;
    }
    app.station().take_status(staged)?;
    Ok(true)
}
