//! Which key signs what: of those that a published trust list names for it, the newest.

use std::cmp::Reverse;

use credential::{Timestamp, Vct};
use sqlx::AnyConnection;

use super::Fault;
use crate::keys::{KeyFolder, ProvinceKey, ServingKeys};
use crate::store::trusted_key::{self, TrustedKeyRow};

/// The public half of the key that signs `vct` now.
///
/// # Errors
/// [`Fault::NoKey`] if no key may.
pub async fn current(db: &mut AnyConnection, vct: Vct, now: Timestamp) -> Result<[u8; 32], Fault> {
    Choice::read(db, now).await?.signs(vct)
}

/// From when on nobody believes what the key that signs `vct` now has signed.
///
/// # Errors
/// [`Fault::NoKey`] if no key may.
pub async fn end_of_current(db: &mut AnyConnection, vct: Vct, now: Timestamp) -> Result<Timestamp, Fault> {
    let choice = Choice::read(db, now).await?;
    Ok(Timestamp::from_unix(choice.newest(vct)?.valid_until))
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
    let choice = Choice::read(db, now).await?;
    Ok(choice.of(vct).find_map(|row| keys.signing_of(&row.key).ok()))
}

/// Which key signs what at one moment.
pub struct Choice {
    keys: Vec<TrustedKeyRow>,
    now: Timestamp,
}

impl Choice {
    /// Reads it.
    ///
    /// # Errors
    /// [`Fault::Store`].
    pub async fn read(db: &mut AnyConnection, now: Timestamp) -> Result<Self, Fault> {
        let mut keys = trusted_key::all(db).await?;
        keys.sort_by_key(|key| Reverse(key.valid_from));
        Ok(Self { keys, now })
    }

    /// The keys for `vct`, the newest first.
    fn of(&self, vct: Vct) -> impl Iterator<Item = &TrustedKeyRow> {
        let now = self.now.unix();
        self.keys.iter().filter(move |key| key.may_sign(vct, now))
    }

    /// The key for `vct`.
    fn newest(&self, vct: Vct) -> Result<&TrustedKeyRow, Fault> {
        self.of(vct).next().ok_or(Fault::NoKey(vct))
    }

    /// The public half of the key that signs `vct`.
    ///
    /// # Errors
    /// [`Fault::NoKey`] if no key may.
    pub fn signs(&self, vct: Vct) -> Result<[u8; 32], Fault> {
        Ok(self.newest(vct)?.key)
    }
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
        self.chosen(&Choice::read(db, now).await?, vct)
    }

    /// The key that was chosen for `vct`.
    ///
    /// # Errors
    /// [`Fault::NoKey`], [`Fault::Keys`].
    pub fn chosen(&self, choice: &Choice, vct: Vct) -> Result<ProvinceKey, Fault> {
        Ok(self.signing(&choice.signs(vct)?)?)
    }
}
