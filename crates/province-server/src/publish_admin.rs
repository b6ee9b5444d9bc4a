//! What an operator publishes: the trust list, the type register, the risk rules, the catalogue of services.

use credential::{PassType, PublicKey, Timestamp, TrustContent, Vct, sign_trust_list};
use province_api::catalogue::CatalogueFile;
use province_api::rules::RulesFile;

use crate::admin::{AdminError, Desks, Office};
use crate::key_admin::note_made;
use crate::randomness::Randomness;
use crate::rules::{anew, kinds, publish, signing, status};
use crate::store::lock::Lock;

/// The types that a new province begins with.
pub const PACKAGED_TYPES: &str = include_str!("../../../assets/types/types.json");

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct TypesFile {
    types: Vec<PassType>,
}

pub(crate) fn types_of(json: &str) -> Result<Vec<PassType>, AdminError> {
    let file: TypesFile = serde_json::from_str(json).map_err(|error| AdminError::TypesFile {
        line: error.line(),
        column: error.column(),
    })?;
    Ok(file.types)
}

/// What publishing a type register did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublishedTypes {
    /// Number of the register.
    pub sequence: u64,
    /// Number of the status manifest that names its lists.
    pub epoch: u64,
    /// The register has a kind that the trust list lets nobody sign yet: the next trust list is to be signed.
    pub trust_due: bool,
}

/// What publishing a trust list did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedTrust {
    /// Number of the list.
    pub sequence: u64,
    /// What the list's keys ended and others of them signed anew: names as a trust list has them.
    pub signed_anew: Vec<Vct>,
    /// What no key of the list could sign anew: desks cannot decide until one can.
    pub undecided: Vec<Vct>,
    /// What no key of the list could sign anew and phones alone read: they are without it until one can.
    pub fallen: Vec<Vct>,
}

impl Office {
    /// Signs the next trust list with the roots that lie here, and publishes it.
    ///
    /// # Errors
    /// As [`Self::publish_signed`].
    pub async fn publish_trust(&self, desks: Desks, now: Timestamp) -> Result<PublishedTrust, AdminError> {
        let [first, second] = self.roots()?;
        let content = self.draft_trust(None, now).await?;
        let bytes = sign_trust_list(&content, &[(0, &first), (1, &second)]);
        self.publish_signed(&bytes, desks, now).await
    }

    /// What the next trust list says, for roots that are kept elsewhere.
    ///
    /// # Errors
    /// [`Fault::Trust`](crate::rules::Fault::Trust) if no reader would take it; [`AdminError`].
    pub async fn draft_trust(
        &self,
        next_roots: Option<[PublicKey; 3]>,
        now: Timestamp,
    ) -> Result<TrustContent, AdminError> {
        let mut db = self.store.read().await?;
        let content = publish::trust_content(&mut db, next_roots, now).await?;
        publish::must_be_readable(&content)?;
        Ok(content)
    }

    /// Publishes a trust list that the roots signed, and signs anew what desks would lose with it, both at once.
    ///
    /// # Errors
    /// [`Fault::Trust`](crate::rules::Fault::Trust) if the roots in force did not sign it or it does not follow the published one;
    /// [`AdminError::LeavesUndecided`] if something that falls cannot be signed anew, unless desks may be left undecided.
    /// Then nothing was kept.
    pub async fn publish_signed(
        &self,
        bytes: &[u8],
        desks: Desks,
        now: Timestamp,
    ) -> Result<PublishedTrust, AdminError> {
        let mut write = self.store.write_with(Lock::Published).await?;
        let list = publish::trust_list(&mut write, &self.public_roots()?, bytes, now).await?;
        let done = anew::sign_what_falls(&mut write, &self.keys, &list, now).await?;
        if desks == Desks::MustDecide && !done.undecided.is_empty() {
            return Err(AdminError::LeavesUndecided(done.undecided));
        }
        write.commit().await?;
        Ok(PublishedTrust {
            sequence: list.sequence(),
            signed_anew: done.signed,
            undecided: done.undecided,
            fallen: done.fallen,
        })
    }

    /// Signs and publishes risk rules; gives their number.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn publish_rules(&self, file: &RulesFile, now: Timestamp) -> Result<u64, AdminError> {
        let rules = file.rules().map_err(|e| AdminError::RulesFile(e.to_string()))?;
        let mut write = self.store.write_with(Lock::Published).await?;
        let public = signing::current(&mut write, Vct::RISK_RULES, now).await?;
        let key = self.keys.signing_of(&public)?;
        let sequence = publish::risk_rules(&mut write, &key, rules, now).await?;
        write.commit().await?;
        Ok(sequence)
    }

    /// Signs and publishes the next catalogue ([`catalogue_files`](crate::catalogue_files)); gives its number. A province that was made
    /// before there were catalogues first gets a key for them (`key add`, then `trust`).
    ///
    /// # Errors
    /// [`Fault::NoKey`](crate::rules::Fault::NoKey) without such a key in the trust list; [`AdminError`].
    pub async fn publish_catalogue(&self, file: &CatalogueFile, now: Timestamp) -> Result<u64, AdminError> {
        let key = self.key_for(Vct::CATALOGUE, now).await?;
        let mut write = self.store.write_with(Lock::Published).await?;
        let sequence = publish::catalogue(&mut write, &key, file.content(), now).await?;
        write.commit().await?;
        Ok(sequence)
    }

    /// Signs and publishes the next type register from a data file as assets/types/types.json is one. A kind that no key may
    /// sign yet gets a key of its own; it is issued once the next trust list names that.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn publish_types(
        &self,
        json: &str,
        randomness: &Randomness,
        now: Timestamp,
    ) -> Result<PublishedTypes, AdminError> {
        let types = types_of(json)?;
        let key = self.key_for(Vct::TYPE_REGISTER, now).await?;
        let status_key = self.key_for(Vct::STATUS_MANIFEST, now).await?;
        let mut write = self.store.write_with(Lock::Published).await?;
        let count = types.len();
        let sequence = publish::types(&mut write, types.clone(), &key, now).await?;
        let made = self.add_keys_for_new(&mut write, &types, randomness, (now, now));
        for (key, kind) in made.await? {
            note_made(&mut write, &self.by, (&key, &[kind]), now).await?;
        }
        let trust_due = kinds::in_force(&mut write).await?.types.len() < count;
        // A kind may have a status list that the manifest does not name yet.
        let epoch = status::publish(&mut write, &status_key, now, &[]).await?;
        write.commit().await?;
        Ok(PublishedTypes {
            sequence,
            epoch,
            trust_due,
        })
    }
}
