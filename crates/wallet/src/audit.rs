//! What the province's audit log says about this citizen, from what this phone keeps of it.

use std::collections::BTreeMap;

use credential::{TypeRegister, Vct};
use rusqlite::Connection;
use serde_json::Value;

use crate::claims;
use crate::error::StoreError;
use crate::home::screen_time;
use crate::screen::{AuditLine, AuditView};
use crate::store::audit::{self, Entry};
use crate::store::child;
use crate::sync::AUDIT_KEPT_MAX;

/// Everything that is kept, in the words of the register as it is now.
pub(crate) fn view(database: &Connection, types: Option<&TypeRegister>) -> Result<AuditView, StoreError> {
    let Some(asked) = audit::asked(database)? else {
        return Ok(AuditView::default());
    };
    let entries = audit::all(database)?;
    let full = entries.len() >= AUDIT_KEPT_MAX as usize;
    let lines = entries.into_iter().map(|entry| line(database, types, entry));
    Ok(AuditView {
        asked_at: Some(screen_time(asked.at)),
        lines: lines.collect::<Result<_, _>>()?,
        more: asked.earlier.is_some() && !full,
        full: asked.earlier.is_some() && full,
    })
}

/// What the detail of a newer province means is not known here: a part that has not the form of ours is left out.
fn line(database: &Connection, types: Option<&TypeRegister>, entry: Entry) -> Result<AuditLine, StoreError> {
    let detail: BTreeMap<String, Value> = serde_json::from_str(&entry.detail).map_err(|_| StoreError::Row)?;
    let number = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
    let vct = detail.get("vct").and_then(Value::as_str);
    let kind = vct.and_then(|vct| Vct::parse(vct).ok());
    let of = detail.get("no").and_then(number).unwrap_or_default();
    let count = match (detail.get("passes"), detail.get("count")) {
        (Some(Value::Object(of_each)), _) => {
            let counts = of_each.values().filter_map(number);
            Some(counts.fold(0, u32::saturating_add)).filter(|count| *count > 0)
        }
        (_, Some(count)) => number(count),
        _ => None,
    };
    Ok(AuditLine {
        number: entry.number.to_string(),
        at: screen_time(entry.at),
        role: entry.role,
        actor: readable(&entry.actor),
        action: entry.action,
        pass: kind.map(|vct| claims::kind_view(types.and_then(|types| types.find(&vct)))),
        vct: vct.map(str::to_owned),
        child: child::find(database, of)?,
        count,
    })
}

/// An actor's id without what no screen can show: marks that turn the line round, say.
fn readable(actor: &str) -> Option<String> {
    let seen: String = actor
        .chars()
        .filter(|one| one.is_alphanumeric() || matches!(one, ' ' | '-' | '_' | '.' | ':' | '/' | '@'))
        .collect();
    Some(seen.trim().to_owned()).filter(|seen| !seen.is_empty())
}
