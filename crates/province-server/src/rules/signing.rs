//! Which key signs what: of those that a published trust list names for it, the newest.

use std::cmp::Reverse;

use credential::{PassType, Timestamp, Vct};
use sqlx::AnyConnection;

use super::Fault;
use crate::keys::{KeyFolder, ProvinceKey, ServingKeys};
use crate::store::trusted_key::{self, TrustedKeyRow};

/// The public half of the key that signs `vct` now.
///
/// # Errors
/// [`Fault::NoKey`] if no key may.
pub async fn current(db: &mut AnyConnection, vct: Vct, now: Timestamp) -> Result<[u8; 32], Fault> {
    Ok(newest(db, vct, now).await?.key)
}

/// From when on nobody believes what the key that signs `vct` now has signed.
///
/// # Errors
/// [`Fault::NoKey`] if no key may.
pub async fn end_of_current(db: &mut AnyConnection, vct: Vct, now: Timestamp) -> Result<Timestamp, Fault> {
    Ok(Timestamp::from_unix(newest(db, vct, now).await?.valid_until))
}

async fn newest(db: &mut AnyConnection, vct: Vct, now: Timestamp) -> Result<TrustedKeyRow, Fault> {
    let newest = newest_first(db, vct, now).await?.into_iter().next();
    newest.ok_or(Fault::NoKey(vct))
}

async fn newest_first(db: &mut AnyConnection, vct: Vct, now: Timestamp) -> Result<Vec<TrustedKeyRow>, Fault> {
    let mut keys = trusted_key::all(db).await?;
    keys.retain(|key| key.may_sign(vct, now.unix()));
    keys.sort_by_key(|key| Reverse(key.valid_from));
    Ok(keys)
}

/// The newest key for `vct` that this machine can open, if there is one: not every machine has every key.
///
/// # Errors
/// [`Fault::Store`].
pub async fn at_hand(
    db: &mut AnyConnection,
    keys: &KeyFolder,
    vct: Vct,
    now: Timestamp,
) -> Result<Option<ProvinceKey>, Fault> {
    let rows = newest_first(db, vct, now).await?;
    Ok(rows.iter().find_map(|row| keys.signing_of(&row.key).ok()))
}

/// Lets the key that signs identities sign those kinds too that no key may sign, from the next trust list on.
///
/// # Errors
/// [`Fault::Store`].
pub async fn allow_new(db: &mut AnyConnection, types: &[PassType], now: Timestamp) -> Result<(), Fault> {
    let keys = trusted_key::all(db).await?;
    let kinds = types.iter().map(|kind| kind.vct);
    let new: Vec<Vct> = kinds
        .filter(|vct| !keys.iter().any(|key| key.allowed.contains(vct)))
        .collect();
    let issuer = keys
        .iter()
        .filter(|key| key.may_sign(Vct::IDENTITY, now.unix()))
        .max_by_key(|key| key.valid_from);
    if let Some(issuer) = issuer.filter(|_| !new.is_empty()) {
        let all: Vec<Vct> = issuer.allowed.iter().copied().chain(new).collect();
        trusted_key::set_allowed(db, &issuer.key, &all).await?;
    }
    Ok(())
}

impl ServingKeys {
    /// The key that signs `vct` now.
    ///
    /// # Errors
    /// [`Fault::NoKey`], [`Fault::Keys`].
    pub async fn current(
        &self,
        db: &mut AnyConnection,
        vct: Vct,
        now: Timestamp,
    ) -> Result<ProvinceKey, Fault> {
        let public = current(db, vct, now).await?;
        Ok(self.signing(&public)?)
    }
}
