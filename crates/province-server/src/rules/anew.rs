//! Signing anew what a trust list lets fall: readers forget what a withdrawn key signed. A desk decides nothing, and a phone
//! has no catalogue, until they get the same under another key.

use credential::{
    Catalogue, RegisterContent, RiskRules, StatusManifest, Timestamp, TrustList, TypeRegister, Vct,
};
use sqlx::AnyConnection;

use super::{Fault, publish, signing, status};
use crate::keys::{KeyFolder, ProvinceKey};
use crate::store::artefact::{self, Name};

/// What was signed anew and what could not be: names as a trust list has them.
#[derive(Debug, Default)]
pub struct Anew {
    /// Signed by another key of the list.
    pub signed: Vec<Vct>,
    /// Nobody can sign it under this list, and desks need it.
    pub undecided: Vec<Vct>,
    /// Nobody can sign it under this list either; phones alone are without it.
    pub fallen: Vec<Vct>,
}

/// What readers need beside the trust list.
#[derive(Clone, Copy)]
enum Needed {
    Types,
    Status,
    Rules,
    Catalogue,
}

/// Looks whether what is published holds under a list that is being published, and signs anew what does not, inside the
/// caller's transaction.
///
/// # Errors
/// [`Fault`].
pub async fn sign_what_falls(
    db: &mut AnyConnection,
    keys: &KeyFolder,
    list: &TrustList,
    now: Timestamp,
) -> Result<Anew, Fault> {
    let mut done = Anew::default();
    for needed in [Needed::Types, Needed::Status, Needed::Rules, Needed::Catalogue] {
        if needed.holds(db, list).await? {
            continue;
        }
        if let Some(key) = signing::at_hand(db, keys, needed.vct(), now).await? {
            needed.sign(db, &key, now).await?;
        }
        // As a reader finds it, whatever this province thinks of its key.
        if needed.holds(db, list).await? {
            done.signed.push(needed.vct());
        } else if needed.is_for_desks() {
            done.undecided.push(needed.vct());
        } else {
            done.fallen.push(needed.vct());
        }
    }
    Ok(done)
}

impl Needed {
    const fn vct(self) -> Vct {
        match self {
            Self::Types => Vct::TYPE_REGISTER,
            Self::Status => Vct::STATUS_MANIFEST,
            Self::Rules => Vct::RISK_RULES,
            Self::Catalogue => Vct::CATALOGUE,
        }
    }

    /// Whether desks cannot decide without it.
    const fn is_for_desks(self) -> bool {
        !matches!(self, Self::Catalogue)
    }

    async fn published(self, db: &mut AnyConnection) -> Result<Option<Vec<u8>>, Fault> {
        let name = match self {
            Self::Types => Name::TypeRegister,
            Self::Status => Name::StatusManifest,
            Self::Rules => Name::RiskRules,
            Self::Catalogue => Name::Catalogue,
        };
        Ok(artefact::newest(db, name).await?.map(|file| file.bytes))
    }

    /// Whether a reader with this list takes what is published; what was never published does not fall.
    async fn holds(self, db: &mut AnyConnection, list: &TrustList) -> Result<bool, Fault> {
        let Some(bytes) = self.published(db).await? else {
            return Ok(true);
        };
        Ok(match self {
            Self::Types => TypeRegister::verify(&bytes, list, None).is_ok(),
            Self::Status => StatusManifest::verify(&bytes, list, None).is_ok(),
            Self::Rules => RiskRules::verify(&bytes, list, None).is_ok(),
            Self::Catalogue => Catalogue::verify(&bytes, list, None).is_ok(),
        })
    }

    /// Publishes the same once more.
    async fn sign(self, db: &mut AnyConnection, key: &ProvinceKey, now: Timestamp) -> Result<u64, Fault> {
        let bytes = self.published(db).await?.unwrap_or_default();
        match self {
            Self::Types => {
                let register = RegisterContent::read_unverified(&bytes).map_err(Fault::Types)?;
                publish::types(db, register.types, key, now).await
            }
            Self::Status => status::publish(db, key, now, &[]).await,
            Self::Rules => {
                let content = RiskRules::read_unverified(&bytes).map_err(Fault::Rules)?;
                publish::risk_rules(db, key, content.rules, now).await
            }
            Self::Catalogue => {
                let content = Catalogue::read_unverified(&bytes).map_err(Fault::Catalogue)?;
                publish::catalogue(db, key, (content.offices, content.services, content.guide), now).await
            }
        }
    }
}
