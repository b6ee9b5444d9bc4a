//! Publishing: the trust list that the roots sign, the type register, the risk rules, and the catalogue of services.

use bytes::Bytes;
use credential::{
    Catalogue, CatalogueContent, DAY, PassType, PublicKey, RegisterContent, RiskRule, RiskRules, RootSet,
    RulesContent, StatusPurpose, TRUST_LIST_BYTES_MAX, Timestamp, TrustContent, TrustError, TrustList,
    TrustedKey, TypeRegister,
};
use province_api::artefacts::{ESTAMP_LIST, IDENTITY_LIST};
use province_api::catalogue::Signed;
use province_api::problem::ProblemCode;
use sha2::{Digest as _, Sha256};
use sqlx::AnyConnection;

use super::{Fault, Province, Refusal, audit};
use crate::audit::{Action, Actor};
use crate::keys::ProvinceKey;
use crate::store::artefact::{self, Artefact, Name};
use crate::store::trusted_key;
use crate::store::{StoreError, status as lists};

/// How long a trust list serves.
pub const TRUST_LIST_DAYS: u64 = 180;
/// How long a type register serves.
pub const REGISTER_DAYS: u64 = 2 * 365;
/// How long risk rules serve.
pub const RULES_DAYS: u64 = 180;

/// What the signatures add to a trust list at most, in bytes: three roots and the next three, below 100 each.
const SIGNATURES_BYTES: usize = 1024;

/// The issuer's name in trust lists, for people.
pub const ISSUER_NAME: &str = "Khyber Pakhtunkhwa";
/// The same in Urdu.
pub const ISSUER_NAME_UR: &str = "خیبر پختونخوا";

/// What the next trust list says, for the roots to sign. With `next_roots`, those sign every list after it.
///
/// # Errors
/// [`Fault`].
pub async fn trust_content(
    db: &mut AnyConnection,
    next_roots: Option<[PublicKey; 3]>,
    now: Timestamp,
) -> Result<TrustContent, Fault> {
    let last = artefact::newest(db, Name::TrustList).await?;
    let keys = trusted_keys(db).await?;
    Ok(TrustContent {
        sequence: last.as_ref().map_or(1, |list| list.sequence + 1),
        previous: last
            .map(|list| TrustList::sha256_unverified(&list.bytes))
            .transpose()
            .map_err(Fault::Trust)?,
        iat: now,
        exp: now.plus(TRUST_LIST_DAYS * DAY),
        keys,
        next_roots,
    })
}

/// The keys that the next trust list names.
///
/// # Errors
/// [`Fault`].
pub(super) async fn trusted_keys(db: &mut AnyConnection) -> Result<Vec<TrustedKey>, Fault> {
    trusted_key::all(db)
        .await?
        .into_iter()
        .map(|row| {
            Ok(TrustedKey {
                key: PublicKey::parse(&row.key)?,
                allowed: row.allowed,
                nbf: Timestamp::from_unix(row.valid_from),
                exp: Timestamp::from_unix(row.valid_until),
                iss: ISSUER_NAME.to_owned(),
                revoked_at: row.revoked_at.map(Timestamp::from_unix),
                retired_at: row.retired_at.map(Timestamp::from_unix),
            })
        })
        .collect()
}

/// Whether readers take what a list says, once it is signed.
///
/// # Errors
/// [`Fault::Trust`].
pub fn must_be_readable(content: &TrustContent) -> Result<(), Fault> {
    let bytes = content.to_bytes();
    if bytes.len() + SIGNATURES_BYTES > TRUST_LIST_BYTES_MAX {
        return Err(Fault::Trust(TrustError::TooLarge));
    }
    TrustContent::from_bytes(&bytes).map_err(Fault::Trust)?;
    Ok(())
}

/// Publishes a trust list that the roots signed. `pinned` are the roots of programs that know of no change of them yet.
///
/// # Errors
/// [`Fault::Trust`] if it is not signed by the roots in force, or does not follow the last one directly.
pub async fn trust_list(
    db: &mut AnyConnection,
    pinned: &RootSet,
    bytes: &[u8],
    now: Timestamp,
) -> Result<TrustList, Fault> {
    let last = artefact::newest(db, Name::TrustList).await?;
    let held = held_trust(db, pinned).await?;
    let roots = held.as_ref().map_or(pinned, TrustList::successors).clone();
    let signed = TrustList::verify(bytes, pinned, held.as_ref()).map_err(Fault::Trust)?;
    let sequence = signed.sequence();
    let expected = last.as_ref().map_or(1, |list| list.sequence + 1);
    if sequence != expected {
        // A number left out could be signed once more, with other words, for readers that missed this one.
        return Err(Fault::Trust(if sequence < expected {
            TrustError::Older
        } else {
            TrustError::BrokenChain
        }));
    }
    if signed.changes_roots() {
        // Roots that were replaced never come back: a reader asks for what followed three roots, and gets one answer.
        let next = Name::TrustNext(signed.successors().fingerprint());
        let returns = artefact::newest(db, next).await?.is_some();
        if returns || signed.successors().fingerprint() == pinned.fingerprint() {
            return Err(Fault::Trust(TrustError::BadRoots));
        }
        let replaced = Name::TrustNext(roots.fingerprint());
        put(db, replaced, sequence, bytes.to_vec(), now).await?;
    }
    put(db, Name::TrustList, sequence, bytes.to_vec(), now).await?;
    take_over_keys(db, &signed).await?;
    Ok(signed)
}

/// Notes what readers of a list believe of each key: what no list names signs nothing, and what the roots ended, be it
/// with other words than this province's, is ended here too.
async fn take_over_keys(db: &mut AnyConnection, list: &TrustList) -> Result<(), StoreError> {
    for row in trusted_key::all(db).await? {
        let mut keys = list.content().keys.iter();
        let Some(said) = keys.find(|key| *key.key.as_bytes() == row.key) else {
            trusted_key::set_listed(db, &row.key, &[]).await?;
            continue;
        };
        trusted_key::set_listed(db, &row.key, &said.allowed).await?;
        trusted_key::shorten(db, &row.key, said.exp.unix()).await?;
        if let Some(at) = said.revoked_at {
            let at = trusted_key::earlier(row.revoked_at, at.unix());
            trusted_key::revoke(db, &row.key, at).await?;
        }
        if let Some(at) = said.retired_at {
            let at = trusted_key::earlier(row.retired_at, at.unix());
            trusted_key::retire(db, &row.key, at).await?;
        }
    }
    Ok(())
}

/// Signs and publishes a type register and makes the status lists that it names; gives its sequence. The next status
/// manifest names these lists.
///
/// # Errors
/// [`Fault::Types`] if it contradicts itself; then nothing was published.
pub async fn types(
    db: &mut AnyConnection,
    types: Vec<PassType>,
    key: &ProvinceKey,
    now: Timestamp,
) -> Result<u64, Fault> {
    let last = artefact::newest(db, Name::TypeRegister).await?;
    let content = RegisterContent {
        sequence: last.map_or(1, |register| register.sequence + 1),
        iat: now,
        exp: now.plus(REGISTER_DAYS * DAY),
        types,
    };
    let bytes = TypeRegister::sign(&content, key).map_err(|e| Fault::not_signed(e, Fault::Types))?;
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
            &[StatusPurpose::Revoked, StatusPurpose::Suspended]
        };
        lists::make_list(db, list, shape, purposes).await?;
    }
    Ok(())
}

/// The published trust list as a reader holds it that took every change of the roots.
///
/// # Errors
/// [`Fault::Trust`] if what is published does not hold.
pub async fn held_trust(db: &mut AnyConnection, pinned: &RootSet) -> Result<Option<TrustList>, Fault> {
    let changes = artefact::root_changes(db).await?;
    let newest = artefact::newest(db, Name::TrustList)
        .await?
        .map(|list| list.bytes);
    let lists = changes.iter().chain(&newest).map(Vec::as_slice);
    TrustList::restore(lists, pinned).map_err(Fault::Trust)
}

/// Signs and publishes risk rules; gives their number. `content` says it from the number and the dates.
///
/// # Errors
/// [`Fault::Rules`] if no reader would take them.
pub async fn risk_rules(
    db: &mut AnyConnection,
    key: &ProvinceKey,
    rules: Vec<RiskRule>,
    now: Timestamp,
) -> Result<u64, Fault> {
    let last = artefact::newest(db, Name::RiskRules).await?;
    let content = RulesContent {
        sequence: last.map_or(1, |last| last.sequence + 1),
        iat: now,
        exp: now.plus(RULES_DAYS * DAY),
        rules,
    };
    let bytes = RiskRules::sign(&content, key).map_err(|e| Fault::not_signed(e, Fault::Rules))?;
    put(db, Name::RiskRules, content.sequence, bytes, now).await?;
    Ok(content.sequence)
}

/// Signs and publishes a catalogue; gives its number.
///
/// # Errors
/// [`Fault::Catalogue`] if no reader would take it.
pub async fn catalogue(
    db: &mut AnyConnection,
    key: &ProvinceKey,
    (offices, services, guide): Signed,
    now: Timestamp,
) -> Result<u64, Fault> {
    let last = artefact::newest(db, Name::Catalogue).await?;
    let content = CatalogueContent {
        sequence: last.map_or(1, |last| last.sequence + 1),
        iat: now,
        offices,
        services,
        guide,
    };
    let bytes = Catalogue::sign(&content, key).map_err(|e| Fault::not_signed(e, Fault::Catalogue))?;
    put(db, Name::Catalogue, content.sequence, bytes, now).await?;
    Ok(content.sequence)
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
    let what = serde_json::json!({
        "file": name.word(), "sequence": sequence, "sha256": hex::encode(artefact.sha256)
    });
    audit::note(db, &Actor::PROVINCE, Action::Published, None, &what, now).await?;
    artefact::add(db, name, &artefact).await
}

/// A public file that was asked for by its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hashed {
    /// One that is signed.
    Signed(Bytes),
    /// A table or a shard of a status list, which a signed one names.
    Piece(Bytes),
}

impl Province {
    /// The trust list that replaced the roots with this fingerprint.
    ///
    /// # Errors
    /// `not_found` while they are in force, [`Refusal::Fault`].
    pub async fn trust_next(&self, roots: String) -> Result<Artefact, Refusal> {
        let found = artefact::newest(&mut *self.store().read().await?, Name::TrustNext(roots)).await?;
        Ok(found.ok_or(ProblemCode::NotFound)?)
    }

    /// The public file with this SHA-256: any version of any that is kept.
    ///
    /// # Errors
    /// `not_found`, [`Refusal::Fault`].
    pub async fn file(&self, sha256: &[u8; 32]) -> Result<Hashed, Refusal> {
        let signed = artefact::of_any_name(&mut *self.store().read().await?, sha256).await?;
        match signed {
            Some(bytes) => Ok(Hashed::Signed(bytes.into())),
            None => self.status_piece(sha256).await.map(Hashed::Piece),
        }
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
}

/// Whether the catalogue has an office of this id.
pub(super) async fn has_office(db: &mut AnyConnection, office: &str) -> Result<bool, Fault> {
    let Some(file) = artefact::newest(db, Name::Catalogue).await? else {
        return Ok(false);
    };
    let catalogue = Catalogue::read_unverified(&file.bytes).map_err(Fault::Catalogue)?;
    Ok(catalogue.offices.iter().any(|one| one.id == office))
}
