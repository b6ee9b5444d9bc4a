//! Table `showing`: the citizen's own list of what was shown to whom.

use credential::{Names, Timestamp, TypeRegister, Vct};
use rusqlite::Connection;

use super::child;
use super::credential::Which;
use super::{from_sql, to_sql};
use crate::claims;
use crate::code::UiCode;
use crate::error::StoreError;
use crate::home::screen_time;
use crate::screen::{ExportShowing, HistoryItem, ShowingMode, ShowingOutcome, Words};

/// Most rows kept; the oldest go first.
pub(crate) const ROWS_MAX: u32 = 50_000;

/// A row to be kept.
pub(crate) struct New<'a> {
    pub(crate) at: Timestamp,
    pub(crate) which: Which,
    pub(crate) mode: ShowingMode,
    pub(crate) outcome: ShowingOutcome,
    pub(crate) reason: Option<UiCode>,
    pub(crate) desk: Option<&'a Names>,
    /// Names of claims, never values.
    pub(crate) claims: &'a [String],
    pub(crate) last_pass: bool,
}

/// Keeps a row and lets the oldest go.
pub(crate) fn insert(database: &Connection, row: &New<'_>) -> Result<(), StoreError> {
    let claims = serde_json::to_string(row.claims).map_err(|_| StoreError::Row)?;
    database.execute(
        "INSERT INTO showing (at, vct, mode, outcome, reason, desk_name_en, desk_name_ur, desk_name_ps, claims, last_pass, no) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        (
            to_sql(row.at.unix()),
            row.which.vct.as_str(),
            mode_text(row.mode),
            outcome_text(row.outcome),
            row.reason.map(UiCode::code),
            row.desk.map(|names| names.en.as_str()),
            row.desk.map(|names| names.ur.as_str()),
            row.desk.map(|names| names.ps.as_str()),
            claims,
            row.last_pass,
            row.which.no,
        ),
    )?;
    database.execute(
        "DELETE FROM showing WHERE id <= (SELECT max(id) FROM showing) - ?1",
        [ROWS_MAX],
    )?;
    Ok(())
}

/// One row in the words of this register; nothing if it is gone.
pub(crate) fn load(
    database: &Connection,
    id: i64,
    types: Option<&TypeRegister>,
) -> Result<Option<HistoryItem>, StoreError> {
    let mut statement = database.prepare_cached(
        "SELECT at, vct, mode, outcome, reason, desk_name_en, desk_name_ur, desk_name_ps, claims, last_pass, no \
         FROM showing WHERE id = ?1",
    )?;
    let mut rows = statement.query([id])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let vct: String = row.get(1)?;
    let kind = Vct::parse(&vct).ok().and_then(|vct| types?.find(&vct));
    let keys: String = row.get(8)?;
    let keys: Vec<String> = serde_json::from_str(&keys).map_err(|_| StoreError::Row)?;
    Ok(Some(HistoryItem {
        at: screen_time(Timestamp::from_unix(from_sql(row.get(0)?))),
        kind: claims::kind_view(kind),
        child: child::find(database, row.get(10)?)?,
        vct,
        mode: mode_parse(row.get_ref(2)?.as_str().map_err(|_| StoreError::Row)?),
        outcome: outcome_parse(row.get_ref(3)?.as_str().map_err(|_| StoreError::Row)?)
            .ok_or(StoreError::Row)?,
        reason: row
            .get::<_, Option<String>>(4)?
            .as_deref()
            .and_then(UiCode::from_code),
        desk_name_en: row.get(5)?,
        desk_name_ur: row.get(6)?,
        desk_name_ps: row.get(7)?,
        claims: claims::of_keys(kind, &keys),
        last_pass: row.get(9)?,
    }))
}

/// Every row as it is kept, or those of one document, the newest first.
pub(crate) fn export(database: &Connection, which: Option<Which>) -> Result<Vec<ExportShowing>, StoreError> {
    let mut statement = database.prepare(
        "SELECT at, vct, mode, outcome, reason, desk_name_en, desk_name_ur, desk_name_ps, claims, last_pass \
         FROM showing WHERE ?1 IS NULL OR (vct = ?1 AND no = ?2) ORDER BY at DESC, id DESC",
    )?;
    let mut rows = statement.query((
        which.as_ref().map(|one| one.vct.as_str()),
        which.map(|one| one.no),
    ))?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let text = |at: usize| row.get_ref(at)?.as_str().map_err(|_| StoreError::Row);
        let name = |at: usize| row.get::<_, Option<String>>(at);
        let desk = match (name(5)?, name(6)?, name(7)?) {
            (None, None, None) => None,
            (en, ur, ps) => Some(Words {
                en: en.unwrap_or_default(),
                ur: ur.unwrap_or_default(),
                ps: ps.unwrap_or_default(),
            }),
        };
        all.push(ExportShowing {
            at: screen_time(Timestamp::from_unix(from_sql(row.get(0)?))),
            vct: row.get(1)?,
            mode: mode_parse(text(2)?),
            outcome: outcome_parse(text(3)?).ok_or(StoreError::Row)?,
            reason: name(4)?.as_deref().and_then(UiCode::from_code),
            desk,
            claims: serde_json::from_str(text(8)?).map_err(|_| StoreError::Row)?,
            last_pass: row.get(9)?,
        });
    }
    Ok(all)
}

fn mode_parse(text: &str) -> ShowingMode {
    if text == mode_text(ShowingMode::Timed) {
        ShowingMode::Timed
    } else {
        ShowingMode::Request
    }
}

const fn mode_text(mode: ShowingMode) -> &'static str {
    match mode {
        ShowingMode::Timed => "timed",
        ShowingMode::Request => "request",
    }
}

const fn outcome_text(outcome: ShowingOutcome) -> &'static str {
    match outcome {
        ShowingOutcome::Shown => "shown",
        ShowingOutcome::Declined => "declined",
        ShowingOutcome::Refused => "refused",
    }
}

fn outcome_parse(text: &str) -> Option<ShowingOutcome> {
    [
        ShowingOutcome::Shown,
        ShowingOutcome::Declined,
        ShowingOutcome::Refused,
    ]
    .into_iter()
    .find(|outcome| outcome_text(*outcome) == text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::store::history;

    #[test]
    fn the_list_keeps_names_of_claims_and_forgets_the_oldest() {
        let database = crate::store::in_memory();
        let row = |at: u64| New {
            at: Timestamp::from_unix(at),
            which: Vct::AGE.into(),
            mode: ShowingMode::Timed,
            outcome: ShowingOutcome::Shown,
            reason: None,
            desk: None,
            claims: &[],
            last_pass: false,
        };
        insert(
            &database,
            &New {
                claims: &["over_18".to_owned()],
                ..row(1)
            },
        )
        .unwrap();
        let item = load(&database, 1, None).unwrap().unwrap();
        assert_eq!((item.at, item.claims.len()), (1, 1));
        assert_eq!(item.claims.first().unwrap().key, "over_18");
        // As if so many were there already.
        database
            .execute(
                "UPDATE sqlite_sequence SET seq = ?1 WHERE name = 'showing'",
                [ROWS_MAX],
            )
            .unwrap();
        insert(&database, &row(2)).unwrap();
        assert!(load(&database, 1, None).unwrap().is_none());
        assert_eq!(history::newest(&database, None, 9).unwrap().len(), 1);
    }
}
