//! Publishing: the trust list that the roots sign, the type register, and looking after all that is published.

use credential::{
    CLOCK_ALLOWANCE, DAY, PassType, PublicKey, RegisterContent, SecretKey, StatusPurpose, Timestamp,
    TrustContent, TrustedKey, TypeRegister, Vct, sign_trust_list,
};
use province_api::artefacts::{ESTAMP_LIST, IDENTITY_LIST};
use sha2::{Digest as _, Sha256};
use sqlx::AnyConnection;

use super::kinds;
use super::{Fault, Province, Refusal, day_of, status};
use crate::store::artefact::{self, Artefact, Name};
use crate::store::trusted_key::{self, Purpose};
use crate::store::{Store, StoreError, answer, attempt, challenge, status as lists};

/// How long a trust list serves.
pub const TRUST_LIST_DAYS: u64 = 180;
/// How long a type register serves.
pub const REGISTER_DAYS: u64 = 2 * 365;
/// A manifest older than this is signed anew, in seconds.
pub const MANIFEST_AGE_MAX: u64 = DAY;
/// How long answers are kept for asking again.
const ANSWER_DAYS: u64 = 7;

/// The issuer's name in trust lists, for people.
pub const ISSUER_NAME: &str = "Khyber Pakhtunkhwa";

/// Signs and publishes the next trust list; gives its sequence.
///
/// # Errors
/// [`Fault`]; then nothing was published.
pub async fn trust_list(store: &Store, roots: [&SecretKey; 2], now: Timestamp) -> Result<u64, Fault> {
    let mut write = store.write().await?;
    let kinds: Vec<Vct> = kinds::published(&mut write)
        .await?
        .types
        .iter()
        .map(|kind| kind.vct)
        .collect();
    let last = artefact::newest(&mut write, Name::TrustList).await?;
    let keys = trusted_key::all(&mut write)
        .await?
        .into_iter()
        .map(|row| {
            Ok(TrustedKey {
                key: PublicKey::parse(&row.key)?,
                allowed: allowed(row.purpose, &kinds),
                nbf: Timestamp::from_unix(row.valid_from),
                exp: Timestamp::from_unix(row.valid_until),
                iss: ISSUER_NAME.to_owned(),
                revoked_at: row.revoked_at.map(Timestamp::from_unix),
            })
        })
        .collect::<Result<Vec<_>, Fault>>()?;
    let sequence = last.as_ref().map_or(1, |list| list.sequence + 1);
    let content = TrustContent {
        sequence,
        previous: last.map(|list| list.sha256),
        iat: now,
        exp: now.plus(TRUST_LIST_DAYS * DAY),
        keys,
    };
    let [first, second] = roots;
    let bytes = sign_trust_list(&content, &[(0, first), (1, second)]);
    put(&mut write, Name::TrustList, sequence, bytes, now).await?;
    write.commit().await?;
    Ok(sequence)
}

/// Signs and publishes a type register and makes the status lists that it names; gives its sequence. The next status
/// manifest names these lists. A kind that is new to the trust list can be issued and
/// verified once the next trust list is signed.
///
/// # Errors
/// [`Fault::Types`] if it contradicts itself; then nothing was published.
pub async fn types(
    db: &mut AnyConnection,
    types: Vec<PassType>,
    key: &SecretKey,
    now: Timestamp,
) -> Result<u64, Fault> {
    let last = artefact::newest(db, Name::TypeRegister).await?;
    let content = RegisterContent {
        sequence: last.map_or(1, |register| register.sequence + 1),
        iat: now,
        exp: now.plus(REGISTER_DAYS * DAY),
        types,
    };
    let bytes = TypeRegister::sign(&content, key).map_err(Fault::Types)?;
    make_lists(db, &content.types).await?;
    put(db, Name::TypeRegister, content.sequence, bytes, now).await?;
    Ok(content.sequence)
}

/// Makes the status lists that these kinds name and that are not there yet: as large as the list of people, since
/// every one of them may hold such a document.
async fn make_lists(db: &mut AnyConnection, types: &[PassType]) -> Result<(), Fault> {
    let shape = lists::shape(db, IDENTITY_LIST).await?.ok_or(StoreError::Form)?;
    for list in types.iter().filter_map(|kind| kind.status.list()) {
        if lists::shape(db, list).await?.is_some() {
            continue;
        }
        let purposes: &[StatusPurpose] = if list == ESTAMP_LIST {
            &[StatusPurpose::Revoked, StatusPurpose::Consumed]
        } else {
            &[StatusPurpose::Revoked]
        };
        lists::make_list(db, list, shape, purposes).await?;
    }
    Ok(())
}

fn allowed(purpose: Purpose, kinds: &[Vct]) -> Vec<Vct> {
    match purpose {
        Purpose::Passes => kinds.to_vec(),
        Purpose::Types => vec![Vct::TYPE_REGISTER],
        Purpose::Counters => vec![Vct::COUNTER_CERTIFICATE],
        Purpose::Status => vec![Vct::STATUS_MANIFEST],
    }
}

/// Whether a file's date lies so far ahead that readers whose clocks are right cannot use it.
const fn is_ahead(file: &Artefact, now: Timestamp) -> bool {
    file.issued_at > now.unix().saturating_add(CLOCK_ALLOWANCE)
}

pub(super) async fn put(
    db: &mut AnyConnection,
    name: Name,
    sequence: u64,
    bytes: Vec<u8>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let artefact = Artefact {
        sequence,
        sha256: Sha256::digest(&bytes).into(),
        bytes,
        issued_at: now.unix(),
    };
    artefact::add(db, name, &artefact).await
}

impl Province {
    /// The newest public file of this name, `None` if there is none.
    ///
    /// # Errors
    /// [`Refusal::Fault`].
    pub async fn artefact(&self, name: Name) -> Result<Option<Artefact>, Refusal> {
        Ok(artefact::newest(&mut *self.store().read().await?, name).await?)
    }

    /// Reads the newest manifest under the write lock, as whatever the province does for a citizen needs it.
    ///
    /// # Errors
    /// [`Refusal::Fault`].
    pub async fn try_store(&self) -> Result<(), Refusal> {
        let _place = self.trying.one().await;
        let mut write = self.store().write().await?;
        artefact::newest(&mut write, Name::StatusManifest).await?;
        Ok(())
    }

    /// Daily work: a new manifest if the published one is older than [`MANIFEST_AGE_MAX`] or was signed by a clock that
    /// was ahead, and forgetting what is no longer needed. Gives the new epoch, if there is one.
    ///
    /// # Errors
    /// [`Fault`]; it is tried again at the next turn.
    pub async fn upkeep(&self) -> Result<Option<u64>, Fault> {
        let now = self.now();
        let mut write = self.store().write().await?;
        attempt::forget_before(&mut write, day_of(now)).await?;
        challenge::forget_expired(&mut write, now.unix()).await?;
        answer::forget_before(&mut write, now.minus(ANSWER_DAYS * DAY).unix()).await?;
        let manifest = artefact::newest(&mut write, Name::StatusManifest).await?;
        let is_due = manifest.is_none_or(|m| {
            let ahead = is_ahead(&m, now);
            if ahead {
                tracing::error!(
                    epoch = m.sequence,
                    "the status manifest was signed by a clock that was ahead"
                );
            }
            ahead || now.unix().saturating_sub(m.issued_at) > MANIFEST_AGE_MAX
        });
        let trust = artefact::newest(&mut write, Name::TrustList).await?;
        if let Some(list) = trust.filter(|list| is_ahead(list, now)) {
            // Only the roots mend it, and they are not here.
            tracing::error!(
                sequence = list.sequence,
                "the trust list was signed by a clock that was ahead: sign the next one with `trust`"
            );
        }
        let epoch = if is_due {
            Some(status::publish(&mut write, &self.keys().status, now, &[]).await?)
        } else {
            None
        };
        write.commit().await?;
        Ok(epoch)
    }
}
