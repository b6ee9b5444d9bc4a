//! Table `showing`: the citizen's own list of what was shown to whom.

use credential::{Names, Timestamp, TypeRegister, Vct};
use rusqlite::Connection;

use super::{from_sql, to_sql};
use crate::claims;
use crate::code::UiCode;
use crate::error::StoreError;
use crate::home::screen_time;
use crate::screen::{HistoryItem, ShowingMode, ShowingOutcome};

/// Most rows kept; the oldest go first.
pub(crate) const ROWS_MAX: u32 = 500;

/// A row to be kept.
pub(crate) struct New<'a> {
    pub(crate) at: Timestamp,
    pub(crate) vct: &'a str,
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
        "INSERT INTO showing (at, vct, mode, outcome, reason, desk_name_en, desk_name_ur, desk_name_ps, claims, last_pass) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        (
            to_sql(row.at.unix()),
            row.vct,
            mode_text(row.mode),
            outcome_text(row.outcome),
            row.reason.map(UiCode::code),
            row.desk.map(|names| names.en.as_str()),
            row.desk.map(|names| names.ur.as_str()),
            row.desk.map(|names| names.ps.as_str()),
            claims,
            row.last_pass,
        ),
    )?;
    database.execute(
        "DELETE FROM showing WHERE id <= (SELECT max(id) FROM showing) - ?1",
        [ROWS_MAX],
    )?;
    Ok(())
}

/// All rows, the newest first, in the words of this register.
pub(crate) fn list(
    database: &Connection,
    types: Option<&TypeRegister>,
) -> Result<Vec<HistoryItem>, StoreError> {
    let mut statement = database.prepare(
        "SELECT at, vct, mode, outcome, reason, desk_name_en, desk_name_ur, desk_name_ps, claims, last_pass \
         FROM showing ORDER BY id DESC",
    )?;
    let mut rows = statement.query([])?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        let vct: String = row.get(1)?;
        let kind = Vct::parse(&vct).ok().and_then(|vct| types?.find(&vct));
        let keys: String = row.get(8)?;
        let keys: Vec<String> = serde_json::from_str(&keys).map_err(|_| StoreError::Row)?;
        items.push(HistoryItem {
            at: screen_time(Timestamp::from_unix(from_sql(row.get(0)?))),
            kind: claims::kind_view(kind),
            vct,
            mode: if row.get::<_, String>(2)? == mode_text(ShowingMode::Timed) {
                ShowingMode::Timed
            } else {
                ShowingMode::Request
            },
            outcome: outcome_parse(&row.get::<_, String>(3)?).ok_or(StoreError::Row)?,
            reason: row
                .get::<_, Option<String>>(4)?
                .as_deref()
                .and_then(UiCode::from_code),
            desk_name_en: row.get(5)?,
            desk_name_ur: row.get(6)?,
            desk_name_ps: row.get(7)?,
            claims: claims::of_keys(kind, &keys),
            last_pass: row.get(9)?,
        });
    }
    Ok(items)
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
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;

    #[test]
    fn the_list_keeps_names_of_claims_and_forgets_the_oldest() {
        let database = crate::store::in_memory();
        for at in 0..u64::from(ROWS_MAX) + 3 {
            let row = New {
                at: Timestamp::from_unix(at),
                vct: "age",
                mode: ShowingMode::Timed,
                outcome: ShowingOutcome::Shown,
                reason: None,
                desk: None,
                claims: &["over_18".to_owned()],
                last_pass: false,
            };
            insert(&database, &row).unwrap();
        }
        let items = list(&database, None).unwrap();
        assert_eq!(items.len(), ROWS_MAX as usize);
        assert_eq!((items[0].at, items[0].claims[0].key.as_str()), (502, "over_18"));
    }
}
