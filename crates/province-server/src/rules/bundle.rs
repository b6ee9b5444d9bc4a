//! Updates for desks without a network, read as a desk reads them before anybody carries them there.

use std::collections::BTreeMap;

use credential::{
    Bitmap, DAY, RegisterError, RiskRules, RootSet, RulesError, Shape, StatusBundle, StatusError,
    StatusManifest, StatusPurpose, StatusSet, Timestamp, TrustError, TrustList, TypeRegister,
};
use sqlx::AnyConnection;

use super::Fault;
use super::status::delta;
use crate::store::artefact::{self, Artefact, Name};
use crate::store::lock::Lock;
use crate::store::{Store, StoreError, status, status_file};

/// Most steps in one bundle.
const STEPS_MAX: usize = 64;
/// With how many of the newest desks' data an update is tried as a whole; what the others hold is no longer here.
const DESKS_TRIED: usize = 2;

/// From where a bundle leads to the newest manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// From the last epoch of each of so many days, and from each that was carried to desks.
    Days(u64),
    /// From this epoch only: the shortest. Type register and risk rules are in it where they were published since then, or
    /// where they are asked for.
    Epoch {
        /// The epoch that the desk has.
        from: u64,
        /// The type register, however old.
        types: bool,
        /// The risk rules, however old.
        rules: bool,
    },
    /// From nothing: every list whole.
    Whole,
}

/// An update, and what desks will say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// The update.
    pub bundle: StatusBundle,
    /// Why no desk takes all of it, if that is so. What stands before that in it (the trust list, then types, status,
    /// rules) is taken.
    pub not_taken: Option<NotTaken>,
}

/// Why no desk takes all of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotTaken {
    /// The trust lists.
    Trust(TrustError),
    /// The type register.
    Types(RegisterError),
    /// The status data.
    Status(StatusError),
    /// The risk rules.
    Rules(RulesError),
}

impl NotTaken {
    /// The reader's own code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Trust(error) => error.code(),
            Self::Types(error) => error.code(),
            Self::Status(error) => error.code(),
            Self::Rules(error) => error.code(),
        }
    }

    /// What helps.
    pub const fn todo(&self) -> &'static str {
        match self {
            Self::Status(StatusError::OtherStart) => {
                "Desks lost their lists together with the key that signed them: write every list (--whole)"
            }
            Self::Status(StatusError::ListDiffers | StatusError::UnknownList) => {
                "The database is damaged: go back to a copy of the data folder"
            }
            _ => {
                "Have a trust list signed that names a key for it (key add, then trust). With --regardless it is written \
                 as it is, so that desks learn of a withdrawn key"
            }
        }
    }
}

impl std::fmt::Display for NotTaken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

/// An update for desks without a network, and what they will say of it. `None` if changes from there are not kept.
/// `pinned` are the roots in the desks' programs.
///
/// # Errors
/// [`Fault`].
pub async fn carried(
    store: &Store,
    pinned: &RootSet,
    reach: Reach,
    now: Timestamp,
) -> Result<Option<Carried>, Fault> {
    // With the lock of what is published, so that all of it is of one moment.
    let mut db = store.write_with(Lock::Published).await?;
    let Some((epoch, bundle)) = put_together(&mut db, reach, now).await? else {
        return Ok(None);
    };
    let not_taken = match read(&bundle, pinned) {
        Err(why) => Some(why),
        Ok(desk) => {
            let before = desks_before(&mut db, &desk).await?;
            desk.takes(&before).err().map(NotTaken::Status)
        }
    };
    if not_taken.is_none() {
        status_file::set_bundled(&mut db, epoch).await?;
        db.commit().await?;
    }
    Ok(Some(Carried { bundle, not_taken }))
}

/// What a desk has read of an update: the file itself, and its list.
struct Desk {
    file: StatusBundle,
    list: TrustList,
}

/// Reads everything that is signed, as a desk that comes from the pinned roots.
fn read(bundle: &StatusBundle, pinned: &RootSet) -> Result<Desk, NotTaken> {
    let file = StatusBundle::decode(&bundle.encode()).map_err(NotTaken::Status)?;
    let lists = file.trust.iter().map(Vec::as_slice);
    let list = TrustList::restore(lists, pinned).map_err(NotTaken::Trust)?;
    let list = list.ok_or(NotTaken::Trust(TrustError::TooFewSignatures))?;
    if let Some(types) = &file.types {
        TypeRegister::verify(types, &list, None).map_err(NotTaken::Types)?;
    }
    StatusManifest::verify(&file.manifest, &list, None).map_err(NotTaken::Status)?;
    if let Some(rules) = &file.rules {
        RiskRules::verify(rules, &list, None).map_err(NotTaken::Rules)?;
    }
    Ok(Desk { file, list })
}

/// The data of desks from which the changes in an update begin, as far as it is known.
struct Before {
    /// Desks that lost theirs with the key of the manifest.
    lost: usize,
    /// Desks that have theirs.
    held: usize,
    /// All that some of these hold.
    sets: Vec<StatusSet>,
}

async fn desks_before(db: &mut AnyConnection, desk: &Desk) -> Result<Before, Fault> {
    let (mut lost, mut manifests) = (0, Vec::new());
    for step in desk.file.deltas.iter().rev() {
        let Some(kept) = artefact::numbered(db, Name::StatusManifest, step.from()).await? else {
            continue;
        };
        match StatusManifest::verify(&kept.bytes, &desk.list, None) {
            Ok(manifest) => manifests.push(manifest),
            Err(_) => lost += 1,
        }
    }
    let (held, mut sets) = (manifests.len(), Vec::new());
    for manifest in manifests.into_iter().take(DESKS_TRIED) {
        sets.extend(whole_set(db, manifest).await?);
    }
    Ok(Before { lost, held, sets })
}

/// What a manifest proves, if all of it is still kept.
async fn whole_set(db: &mut AnyConnection, manifest: StatusManifest) -> Result<Option<StatusSet>, Fault> {
    let mut set = StatusSet::new(manifest);
    // Tables first: they say what the shards are.
    for _ in 0..2 {
        for piece in set.missing() {
            let Some(bytes) = status_file::piece(db, &piece.sha256).await? else {
                return Ok(None);
            };
            set.add(&piece, &bytes)?;
        }
    }
    Ok(Some(set))
}

impl Desk {
    /// Whether desks get to the newest status data.
    fn takes(&self, before: &Before) -> Result<(), StatusError> {
        if !self.file.lists.is_empty() {
            self.file.open(&self.list, None)?;
        } else if before.lost > 0 && before.held == 0 {
            return Err(StatusError::OtherStart);
        }
        before
            .sets
            .iter()
            .try_for_each(|set| self.file.open(&self.list, Some(set)).map(drop))
    }
}

/// The newest trust list behind all that changed the roots, the newest manifest, and the changes or the lists. Type
/// register and risk rules too; where the fewest codes are asked for, only what a desk with that epoch cannot have, since
/// they are larger than a day's changes.
async fn put_together(
    db: &mut AnyConnection,
    reach: Reach,
    now: Timestamp,
) -> Result<Option<(u64, StatusBundle)>, Fault> {
    let manifest = artefact::newest(db, Name::StatusManifest)
        .await?
        .ok_or(StoreError::Form)?;
    let newest = manifest.sequence;
    let mut bundle = StatusBundle {
        trust: trust_lists(db).await?,
        manifest: manifest.bytes,
        ..StatusBundle::default()
    };
    match reach {
        Reach::Whole => {
            for (list, shape) in status::lists(db).await? {
                let bitmaps = whole(db, &list, shape).await?;
                bundle.lists.insert(list, bitmaps);
            }
        }
        Reach::Epoch { from, .. } if from == newest => {}
        Reach::Epoch { from, .. } => match delta(db, from, newest).await? {
            Some(delta) => bundle.deltas.push(delta),
            None => return Ok(None),
        },
        Reach::Days(days) => {
            let since = now.minus(days.saturating_mul(DAY)).unix();
            let mut steps = status_file::steps(db, since).await?;
            steps.retain(|epoch| *epoch != newest);
            steps.push(newest);
            steps.drain(..steps.len().saturating_sub(STEPS_MAX + 1));
            for (from, to) in steps.iter().zip(steps.iter().skip(1)) {
                bundle.deltas.extend(delta(db, *from, *to).await?);
            }
        }
    }
    let (since, with_types, with_rules) = match reach {
        Reach::Epoch { from, types, rules } => {
            let since = status_file::issued_at(db, from).await?;
            (since.unwrap_or(0), types, rules)
        }
        Reach::Days(_) | Reach::Whole => (0, true, true),
    };
    let travels = |file: &Artefact, asked: bool| asked || file.issued_at > since;
    let types = artefact::newest(db, Name::TypeRegister).await?;
    bundle.types = types.filter(|one| travels(one, with_types)).map(|one| one.bytes);
    let rules = artefact::newest(db, Name::RiskRules).await?;
    bundle.rules = rules.filter(|one| travels(one, with_rules)).map(|one| one.bytes);
    Ok(Some((newest, bundle)))
}

/// The trust lists that changed the roots, and the newest one behind them.
async fn trust_lists(db: &mut AnyConnection) -> Result<Vec<Vec<u8>>, Fault> {
    let mut lists = artefact::root_changes(db).await?;
    if let Some(newest) = artefact::newest(db, Name::TrustList).await? {
        lists.retain(|list| *list != newest.bytes);
        lists.push(newest.bytes);
    }
    Ok(lists)
}

async fn whole(
    db: &mut AnyConnection,
    list: &str,
    shape: Shape,
) -> Result<BTreeMap<StatusPurpose, Vec<Vec<u8>>>, Fault> {
    let empty = Bitmap::new(Shape::new(1, shape.shard_bits())?)
        .encoded(0)
        .unwrap_or_default();
    let mut bitmaps = BTreeMap::new();
    for purpose in status_file::bitmaps(db, list).await?.into_keys() {
        let held = status_file::shards(db, list, purpose).await?;
        let mut shards = Vec::with_capacity(shape.shards() as usize);
        for number in 0..shape.shards() {
            shards.push(match held.get(&number) {
                Some(sha256) => status_file::piece(db, sha256).await?.ok_or(StoreError::Form)?,
                None => empty.clone(),
            });
        }
        bitmaps.insert(purpose, shards);
    }
    Ok(bitmaps)
}
