//! What an operator does about callers besides wallets: gives a system a key and scopes, ends it, ends a counter.

use credential::{DAY, PublicKey, Timestamp, Vct};
use province_api::caller::Scope;
use serde_json::json;

use crate::admin::{AdminError, Office};
use crate::audit::Action;
use crate::rules::audit;
use crate::store::system_key::{self, SystemKey};

/// Longest name of a system, in letters.
pub const SYSTEM_NAME_MAX: usize = 48;
/// Longest that a system's key serves, in days: a year, and five weeks to bring the next one to the system.
pub const SYSTEM_KEY_DAYS_MAX: u64 = 400;

/// A system's key to be.
#[derive(Clone, Debug)]
pub struct NewSystemKey {
    /// Its public half; the system keeps the other.
    pub key: PublicKey,
    /// Which system: 1 to [`SYSTEM_NAME_MAX`] letters a to z, digits and hyphens.
    pub name: String,
    /// The office of the catalogue that it works for, if it works for one.
    pub office: Option<String>,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// The kinds of documents that it may grant with its answers to applications.
    pub grants: Vec<Vct>,
    /// For how many days, [`SYSTEM_KEY_DAYS_MAX`] at most.
    pub days: u64,
}

impl Office {
    /// Lets a system in by this key from now on.
    ///
    /// # Errors
    /// [`AdminError::SystemName`], [`AdminError::SystemKeyDays`], [`AdminError::SystemKeyTaken`], [`AdminError`].
    pub async fn add_system_key(&self, new: &NewSystemKey, now: Timestamp) -> Result<SystemKey, AdminError> {
        if !is_name(&new.name) || new.office.as_deref().is_some_and(|office| !is_name(office)) {
            return Err(AdminError::SystemName);
        }
        if !(1..=SYSTEM_KEY_DAYS_MAX).contains(&new.days) {
            return Err(AdminError::SystemKeyDays);
        }
        let mut scopes = new.scopes.clone();
        scopes.sort_unstable();
        scopes.dedup();
        let row = SystemKey {
            key: *new.key.as_bytes(),
            name: new.name.clone(),
            office: new.office.clone(),
            scopes,
            grants: new.grants.clone(),
            valid_from: now.unix(),
            valid_until: now.plus(new.days * DAY).unix(),
            ended_at: None,
        };
        let what = json!({
            "system": row.name,
            "office": row.office,
            "scopes": row.scopes,
            "grants": row.grants,
            "key": key_id(&new.key),
            "until": row.valid_until,
        });
        let mut write = self.store.write().await?;
        match system_key::add(&mut write, &row).await {
            Err(error) if error.is_taken() => return Err(AdminError::SystemKeyTaken),
            added => added?,
        }
        let action = Action::SystemKeyAdded;
        audit::note(&mut write, &self.by, action, None, &what, now).await?;
        write.commit().await?;
        Ok(row)
    }

    /// Lets nobody in by this key any more; says whether it was one of a system that had not ended.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn end_system_key(&self, key: &PublicKey, now: Timestamp) -> Result<bool, AdminError> {
        let mut write = self.store.write().await?;
        let ended = system_key::end(&mut write, key.as_bytes(), now.unix()).await?;
        if ended {
            let what = json!({ "key": key_id(key) });
            let action = Action::SystemKeyEnded;
            audit::note(&mut write, &self.by, action, None, &what, now).await?;
        }
        write.commit().await?;
        Ok(ended)
    }

    /// Every key of every system.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn system_keys(&self) -> Result<Vec<SystemKey>, AdminError> {
        Ok(system_key::all(&mut *self.store.read().await?).await?)
    }

    /// Takes nothing more from the counter with this key; says whether that is new. Wallets go by its certificate alone,
    /// which ends by itself.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn end_counter(&self, key: &PublicKey, now: Timestamp) -> Result<bool, AdminError> {
        let mut write = self.store.write().await?;
        let ended = system_key::end_counter(&mut write, key.as_bytes(), now.unix()).await?;
        if ended {
            let what = json!({ "desk": key_id(key) });
            let action = Action::CounterEnded;
            audit::note(&mut write, &self.by, action, None, &what, now).await?;
        }
        write.commit().await?;
        Ok(ended)
    }
}

fn key_id(key: &PublicKey) -> String {
    hex::encode(key.key_id().as_bytes())
}

/// Whether it may stand in the audit log and in lists as it is.
fn is_name(name: &str) -> bool {
    (1..=SYSTEM_NAME_MAX).contains(&name.len())
        && name
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}
