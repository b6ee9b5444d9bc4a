//! Fetching newer signed data. Never part of a verdict: without a network the desk goes on with what it has.
//!
//! The trust list is one unit, and so are the type register, the status data (manifest and all that it proves) and the
//! risk rules; each is taken over whole or not at all. What arrived of the status data before a connection broke is kept
//! and not fetched again.

use scan_log::Event;

use crate::StationCode;
use crate::http::App;
use crate::province::Province;

/// What a sync brought.
#[expect(clippy::struct_excessive_bools, reason = "one for each kind of signed data")]
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct SyncReport {
    /// A newer trust list is here.
    pub trust_changed: bool,
    /// A newer type register is here.
    pub types_changed: bool,
    /// Newer status data are here.
    pub status_changed: bool,
    /// Newer risk rules are here.
    pub rules_changed: bool,
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
        note(app, report);
        return report;
    }
    match types(app, province).await {
        Ok(changed) => report.types_changed = changed,
        Err(code) => report.problem = report.problem.or(Some(code)),
    }
    match status(app, province).await {
        Ok(changed) => report.status_changed = changed,
        Err(code) => report.problem = report.problem.or(Some(code)),
    }
    match rules(app, province).await {
        Ok(changed) => report.rules_changed = changed,
        Err(code) => report.problem = report.problem.or(Some(code)),
    }
    if report.problem.is_none() {
        let now = app.now();
        report.problem = app.station().note_sync(now).err();
    }
    note(app, report);
    report
}

/// Writes down what came of it; a desk whose disk is full says so at the next visitor.
fn note(app: &App, report: SyncReport) {
    let code = match report.problem {
        Some(code) => code.code(),
        None if report.trust_changed
            || report.types_changed
            || report.status_changed
            || report.rules_changed =>
        {
            "changed"
        }
        None => "unchanged",
    };
    let now = app.now();
    if let Err(code) = app.station().log_event(Event::Sync, Some(code), now) {
        tracing::error!(code = code.code(), "the sync was not written down");
    }
}

/// Most changes of the roots that are caught up with in one turn.
const CHANGES_MAX: usize = 16;

/// A list that the known roots did not sign may be of later ones: their change is asked for, step by step.
async fn trust(app: &App, province: &Province) -> Result<bool, StationCode> {
    let bytes = province.trust_list().await?;
    for _ in 0..CHANGES_MAX {
        // Each step takes the desk for itself and gives it back before the next.
        let taken = app.station().take_trust_list(&bytes);
        if taken != Err(StationCode::TrustRefused) {
            return taken;
        }
        let roots = app.station().roots_fingerprint();
        let change = province.next_roots(&roots).await?;
        let change = change.ok_or(StationCode::TrustRefused)?;
        app.station().take_trust_list(&change)?;
        if app.station().roots_fingerprint() == roots {
            return Err(StationCode::TrustRefused);
        }
    }
    app.station().take_trust_list(&bytes)
}

async fn types(app: &App, province: &Province) -> Result<bool, StationCode> {
    let bytes = province.type_register().await?;
    app.station().take_type_register(&bytes)
}

async fn rules(app: &App, province: &Province) -> Result<bool, StationCode> {
    match province.risk_rules().await? {
        Some(bytes) => app.station().take_risk_rules(&bytes),
        None => Ok(false),
    }
}

async fn status(app: &App, province: &Province) -> Result<bool, StationCode> {
    let bytes = province.status_manifest().await?;
    let Some(mut staged) = app.station().stage_status(&bytes)? else {
        return Ok(false);
    };
    if let Some((from, to)) = staged.changes() {
        match province.status_delta(from, to).await {
            // Changes that lead elsewhere are as good as none: the pieces are still there.
            Ok(delta) => _ = staged.apply(&delta),
            Err(StationCode::Unreachable) => return Err(StationCode::Unreachable),
            Err(_) => {}
        }
    }
    while let Some(piece) = staged.missing() {
        // What did not change, and what an earlier sync brought before it broke off, is here.
        let kept = app.station().kept_piece(&piece)?;
        if kept.is_some_and(|bytes| staged.add(&piece, &bytes).is_ok()) {
            continue;
        }
        let bytes = province.status_piece(&piece).await?;
        staged.add(&piece, &bytes)?;
        app.station().keep_piece(&piece, &bytes)?;
    }
    app.station().take_status(staged)?;
    Ok(true)
}
