//! What an operator does with signing keys: adds one, ends one in order, withdraws one that was stolen.
//!
//! Each takes effect at readers with the next trust list; a key that was retired or withdrawn here signs nothing from
//! that moment on, whatever readers know.

use credential::{DAY, KeyId, PassType, PublicKey, TYPES_MAX, Timestamp, TrustedKey, Vct};
use serde_json::json;
use sqlx::AnyConnection;

use crate::admin::{AdminError, Office};
use crate::audit::{Action, Actor};
use crate::randomness::Randomness;
use crate::rules::audit;
use crate::rules::publish::{self, ISSUER_NAME};
use crate::store::lock::Lock;
use crate::store::trusted_key::{self, TrustedKeyRow};

/// What has a key of its own, so that a stolen one is worth one thing and its withdrawal ends one thing: cards, which are
/// printed in numbers and have no holder's key; desks' certificates; the three that desks decide with; the catalogue; and what departments are told. So
/// has each kind of pass and document from the beginning, though an operator may make keys that several share.
pub const ALONE: [Vct; 8] = [
    Vct::PAPER_CARD,
    Vct::COUNTER_CERTIFICATE,
    Vct::STATUS_MANIFEST,
    Vct::TYPE_REGISTER,
    Vct::RISK_RULES,
    Vct::CATALOGUE,
    Vct::AUDIT_LOG,
    Vct::WEBHOOK,
];

/// How long the keys serve that the province makes by itself, in days.
pub(crate) const KEY_DAYS: u64 = 2 * 365;

/// Longest that a key serves, in days.
pub const KEY_DAYS_MAX: u64 = 3650;

/// Most kinds that one key may sign: all that a register has.
pub const KEY_KINDS_MAX: usize = TYPES_MAX;

/// What a withdrawn key leaves standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing: whoever has the key can date what they sign as they like.
    Nothing,
    /// What is dated before the day of the theft, forged or not.
    DatedBefore,
}

impl Office {
    /// Makes a key that may sign `allowed` for so many days from today. The next trust list names it; it signs from
    /// then on in place of older keys of the same kinds.
    ///
    /// # Errors
    /// [`AdminError::KindsMixed`] if one of [`ALONE`] does not stand alone; [`AdminError::KeyDays`] and
    /// [`AdminError::KeyKinds`] beyond [`KEY_DAYS_MAX`] and [`KEY_KINDS_MAX`]; [`Fault::Trust`](crate::rules::Fault::Trust)
    /// if no trust list has room for it; [`AdminError`]. Then nothing was kept.
    pub async fn add_key(
        &self,
        allowed: &[Vct],
        days: u64,
        randomness: &Randomness,
        now: Timestamp,
    ) -> Result<PublicKey, AdminError> {
        let alone = allowed.iter().find(|vct| ALONE.contains(vct));
        if let Some(alone) = alone.filter(|alone| allowed.iter().any(|vct| vct != *alone)) {
            return Err(AdminError::KindsMixed(*alone));
        }
        if !(1..=KEY_DAYS_MAX).contains(&days) {
            return Err(AdminError::KeyDays);
        }
        if allowed.len() > KEY_KINDS_MAX {
            return Err(AdminError::KeyKinds);
        }
        let until = now.start_of_day().plus(days.saturating_mul(DAY));
        let mut write = self.store().write_with(Lock::Published).await?;
        self.must_have_room(&mut write, allowed, until, now).await?;
        let is_for = allowed.first().map_or("nothing", Vct::as_str);
        let key = self.keys().make_another(is_for, randomness)?;
        // A second key of one day is the newer one: the time of day is kept for the choice between them.
        let row = new_row(&key, allowed.to_vec(), now, days);
        trusted_key::add(&mut write, &row).await?;
        note_made(&mut write, &self.by, (&key, allowed), now).await?;
        write.commit().await?;
        Ok(key)
    }

    /// Makes a key that serves from `from` on for each of these kinds that no key may sign: it is issued once the next trust
    /// list names its key.
    ///
    /// # Errors
    /// As [`Self::add_key`].
    pub(crate) async fn add_keys_for_new(
        &self,
        db: &mut AnyConnection,
        types: &[PassType],
        randomness: &Randomness,
        (from, now): (Timestamp, Timestamp),
    ) -> Result<Vec<(PublicKey, Vct)>, AdminError> {
        let mut made = Vec::new();
        let known = trusted_key::all(&mut *db).await?;
        let is_new = |kind: &&PassType| !known.iter().any(|key| key.allowed.contains(&kind.vct));
        for kind in types.iter().filter(is_new) {
            let until = from.start_of_day().plus(KEY_DAYS * DAY);
            self.must_have_room(db, &[kind.vct], until, now).await?;
            let key = self.keys().make_another(kind.vct.as_str(), randomness)?;
            trusted_key::add(db, &new_row(&key, vec![kind.vct], from, KEY_DAYS)).await?;
            made.push((key, kind.vct));
        }
        Ok(made)
    }

    /// Whether every later list can be read with one key more, also when all of its keys end and its roots change: a
    /// key is never taken off again, so one without room would stop the province from saying anything.
    async fn must_have_room(
        &self,
        db: &mut AnyConnection,
        allowed: &[Vct],
        until: Timestamp,
        now: Timestamp,
    ) -> Result<(), AdminError> {
        let roots = *self.public_roots()?.keys();
        let [in_its_place, ..] = roots;
        let mut content = publish::trust_content(db, Some(roots), now).await?;
        content.keys.push(TrustedKey {
            key: in_its_place,
            allowed: allowed.to_vec(),
            nbf: now,
            exp: until,
            iss: ISSUER_NAME.to_owned(),
            revoked_at: None,
            retired_at: None,
        });
        for key in &mut content.keys {
            key.revoked_at = Some(until);
            key.retired_at = Some(until);
        }
        Ok(publish::must_be_readable(&content)?)
    }

    /// Ends a key's signing from a midnight on; what it signed before stays good until the key's end. Of two such days the
    /// earlier counts.
    ///
    /// # Errors
    /// [`AdminError::NoSuchKey`]; [`AdminError::Store`].
    pub async fn retire_key(&self, id: KeyId, from: Timestamp, now: Timestamp) -> Result<(), AdminError> {
        let mut write = self.store().write_with(Lock::Published).await?;
        let keys = trusted_key::all(&mut write).await?;
        let known = find(&keys, id)?;
        let at = trusted_key::earlier(known.retired_at, from.start_of_day().unix());
        trusted_key::retire(&mut write, &known.key, at).await?;
        let what = json!({ "key": hex::encode(id.as_bytes()), "from": at });
        audit::note(&mut write, &self.by, Action::KeyRetired, None, &what, now).await?;
        Ok(write.commit().await?)
    }

    /// Withdraws a key that others may have had since the day `from`. Everything it ever signed falls, unless what is
    /// dated before that day is to stand. Nothing that fell stands again.
    ///
    /// # Errors
    /// [`AdminError::NoSuchKey`]; [`AdminError::Store`].
    pub async fn withdraw_key(
        &self,
        id: KeyId,
        from: Timestamp,
        standing: Standing,
        now: Timestamp,
    ) -> Result<(), AdminError> {
        let at = match standing {
            Standing::Nothing => 0,
            Standing::DatedBefore => from.start_of_day().unix(),
        };
        let mut write = self.store().write_with(Lock::Published).await?;
        let keys = trusted_key::all(&mut write).await?;
        let known = find(&keys, id)?;
        let at = trusted_key::earlier(known.revoked_at, at);
        trusted_key::revoke(&mut write, &known.key, at).await?;
        let what = json!({ "key": hex::encode(id.as_bytes()), "from": at });
        audit::note(&mut write, &self.by, Action::KeyWithdrawn, None, &what, now).await?;
        Ok(write.commit().await?)
    }

    /// Every key and its time.
    ///
    /// # Errors
    /// [`AdminError::Store`].
    pub async fn list_keys(&self) -> Result<Vec<TrustedKeyRow>, AdminError> {
        Ok(trusted_key::all(&mut *self.store().read().await?).await?)
    }
}

/// Notes in the audit log that a key was made.
pub(crate) async fn note_made(
    db: &mut AnyConnection,
    by: &Actor,
    (key, allowed): (&PublicKey, &[Vct]),
    now: Timestamp,
) -> Result<(), AdminError> {
    let kinds: Vec<&str> = allowed.iter().map(Vct::as_str).collect();
    let what = json!({ "key": hex::encode(key.key_id().as_bytes()), "kinds": kinds });
    Ok(audit::note(db, by, Action::KeyMade, None, &what, now).await?)
}

/// A key that may sign these things for so many days, from this moment on.
pub(crate) fn new_row(key: &PublicKey, allowed: Vec<Vct>, from: Timestamp, days: u64) -> TrustedKeyRow {
    TrustedKeyRow {
        key: *key.as_bytes(),
        allowed,
        valid_from: from.unix(),
        valid_until: from.start_of_day().plus(days.saturating_mul(DAY)).unix(),
        retired_at: None,
        revoked_at: None,
        listed: Vec::new(),
    }
}

fn find(keys: &[TrustedKeyRow], id: KeyId) -> Result<&TrustedKeyRow, AdminError> {
    keys.iter()
        .find(|row| PublicKey::parse(&row.key).is_ok_and(|key| key.key_id() == id))
        .ok_or(AdminError::NoSuchKey)
}

/// Reads a key's id: 16 hex digits.
///
/// # Errors
/// [`AdminError::NoSuchKey`], also for what is no id.
pub fn key_id(keys: &[TrustedKeyRow], digits: &str) -> Result<KeyId, AdminError> {
    keys.iter()
        .filter_map(|row| PublicKey::parse(&row.key).ok())
        .map(|key| key.key_id())
        .find(|id| hex::encode(id.as_bytes()) == digits.trim().to_ascii_lowercase())
        .ok_or(AdminError::NoSuchKey)
}
