//! Taking over newer signed data: verified, never older, whole or not at all.

use credential::{
    Piece, RegisterError, RiskRules, RulesError, StatusDelta, StatusError, StatusManifest, StatusSet,
    Timestamp, TrustError, TrustList, TypeRegister,
};

use super::Station;
use crate::StationCode;
use crate::store::Floor;

/// Status data that are being fetched; nothing of them is used before they are whole.
#[derive(Debug)]
pub struct StagedStatus {
    status: StatusSet,
    /// What is used meanwhile, from which changes may lead to the new data.
    held: Option<StatusSet>,
}

impl StagedStatus {
    /// From and to which epoch changes would bring all of it.
    pub fn changes(&self) -> Option<(u64, u64)> {
        let from = self.held.as_ref()?.manifest().epoch();
        let to = self.status.manifest().epoch();
        (from < to && !self.status.is_whole()).then_some((from, to))
    }

    /// Applies the changes since what is held.
    ///
    /// # Errors
    /// [`StationCode::StatusRefused`] if they do not lead to what the manifest says; the pieces can still be fetched.
    pub fn apply(&mut self, delta: &[u8]) -> Result<(), StationCode> {
        let held = self.held.as_ref().ok_or(StationCode::StatusRefused)?;
        let refused = |_| StationCode::StatusRefused;
        let delta = StatusDelta::decode(delta).map_err(refused)?;
        self.status = held.advance(self.status.manifest(), &delta).map_err(refused)?;
        Ok(())
    }

    /// What has to be fetched next.
    pub fn missing(&self) -> Option<Piece> {
        self.status.missing().into_iter().next()
    }

    /// Adds a piece that was fetched.
    ///
    /// # Errors
    /// [`StationCode::StatusRefused`] if it is not the one that the manifest proves.
    pub fn add(&mut self, piece: &Piece, bytes: &[u8]) -> Result<(), StationCode> {
        self.status
            .add(piece, bytes)
            .map_err(|_| StationCode::StatusRefused)
    }
}

/// How the store calls them.
const TYPES: &str = "types";
const RULES: &str = "rules";
const STATUS: &str = "status";

/// What falls with the keys of the list before.
#[derive(Default)]
struct Fall {
    status: bool,
    types: bool,
    rules: bool,
    /// Of these the key was withdrawn, and did not just end: what holds for newer ones.
    withdrawn: Vec<(&'static str, Floor)>,
}

/// Taking over newer signed data.
impl Station {
    /// Why there is no way to the province.
    pub fn why_no_province(&self) -> StationCode {
        if self.settings.offline {
            StationCode::Offline
        } else {
            StationCode::NotConfigured
        }
    }

    /// Whether the desk holds what it needs to decide, however old.
    pub const fn knows_something(&self) -> bool {
        self.trust.is_some() && self.status.is_some()
    }

    /// Names the roots that the next trust list must be signed by.
    pub fn roots_fingerprint(&self) -> String {
        let held = self.trust.as_ref().or(self.trust_behind.as_ref());
        let held = held.map(TrustList::successors);
        held.unwrap_or(&self.settings.roots).fingerprint()
    }

    /// Takes over a trust list if it is properly signed and not older; says whether it is new.
    ///
    /// # Errors
    /// [`StationCode::TrustRefused`], [`StationCode::TrustRolledBack`], [`StationCode::StoreFailed`]; the old one stays.
    pub fn take_trust_list(&mut self, bytes: &[u8]) -> Result<bool, StationCode> {
        let held = self.trust.as_ref().or(self.trust_behind.as_ref());
        let trust = TrustList::verify(bytes, &self.settings.roots, held).map_err(|error| match error {
            TrustError::Older | TrustError::SameNumber => StationCode::TrustRolledBack,
            _ => StationCode::TrustRefused,
        })?;
        if trust.sequence() < self.floors.trust {
            return self.take_passed(trust, bytes);
        }
        if self
            .trust
            .as_ref()
            .is_some_and(|held| held.sha256() == trust.sha256())
        {
            return Ok(false);
        }
        let fall = self.falls_under(&trust);
        self.store
            .put_trust_list(&trust, bytes, &fall.withdrawn)
            .map_err(|_| StationCode::StoreFailed)?;
        self.floors.trust = trust.sequence();
        for (kind, floor) in &fall.withdrawn {
            *match *kind {
                TYPES => &mut self.floors.types,
                RULES => &mut self.floors.rules,
                _ => &mut self.floors.status,
            } = *floor;
        }
        self.trust_behind = None;
        if fall.status {
            self.status = None;
            self.status_broken = true;
        }
        if fall.types {
            self.types = None;
            self.types_broken = true;
        }
        if fall.rules {
            self.rules = None;
            self.rules_broken = true;
        }
        self.trust = Some(trust);
        self.trust_broken = false;
        Ok(true)
    }

    /// A list that the desk had passed is taken for what it says of the roots, where the desk lost the lists that changed
    /// them; nothing is decided with it.
    fn take_passed(&mut self, list: TrustList, bytes: &[u8]) -> Result<bool, StationCode> {
        if self.trust.is_some() || !list.changes_roots() {
            return Err(StationCode::TrustRolledBack);
        }
        self.store
            .put_root_change(&list, bytes)
            .map_err(|_| StationCode::StoreFailed)?;
        self.trust_behind = Some(list);
        Ok(false)
    }

    /// What the old list's keys signed must hold under the new one's.
    fn falls_under(&self, list: &TrustList) -> Fall {
        let mut fall = Fall::default();
        let mut withdrawn = |kind, fallen, is_withdrawn: bool| {
            if is_withdrawn {
                let floor = Floor::of_withdrawn(fallen, list.issued_at());
                fall.withdrawn.push((kind, floor));
            }
        };
        if let Some(held) = self.status.as_ref().map(StatusSet::manifest)
            && let Err(error) = StatusManifest::verify(held.bytes(), list, None)
        {
            fall.status = true;
            withdrawn(STATUS, held.issued_at(), error == StatusError::KeyRevoked);
        }
        if let Some(held) = &self.types
            && let Err(error) = TypeRegister::verify(held.bytes(), list, None)
        {
            fall.types = true;
            withdrawn(TYPES, held.issued_at(), error == RegisterError::KeyRevoked);
        }
        if let Some(held) = &self.rules
            && let Err(error) = RiskRules::verify(held.bytes(), list, None)
        {
            fall.rules = true;
            withdrawn(RULES, held.content().iat, error == RulesError::KeyRevoked);
        }
        fall
    }

    /// Takes over a type register if it is properly signed and not older; says whether it is new.
    ///
    /// # Errors
    /// [`StationCode::TypesRefused`], [`StationCode::TypesRolledBack`], [`StationCode::StoreFailed`]; the old one stays.
    pub fn take_type_register(&mut self, bytes: &[u8]) -> Result<bool, StationCode> {
        let trust = self.trust.as_ref().ok_or(StationCode::TypesRefused)?;
        let types = TypeRegister::verify(bytes, trust, self.types.as_ref()).map_err(|error| match error {
            RegisterError::Older | RegisterError::SameNumber => StationCode::TypesRolledBack,
            _ => StationCode::TypesRefused,
        })?;
        if !self.floors.types.takes(types.sequence(), types.issued_at()) {
            return Err(StationCode::TypesRolledBack);
        }
        if self.types.as_ref().is_some_and(|held| held.bytes() == bytes) {
            return Ok(false);
        }
        self.store
            .put_type_register(&types)
            .map_err(|_| StationCode::StoreFailed)?;
        self.floors.types.number = types.sequence();
        self.types = Some(types);
        self.types_broken = false;
        Ok(true)
    }

    /// Takes over risk rules if they are properly signed and not older; says whether they are new.
    ///
    /// # Errors
    /// [`StationCode::RulesRefused`], [`StationCode::RulesRolledBack`], [`StationCode::StoreFailed`]; the old ones stay.
    pub fn take_risk_rules(&mut self, bytes: &[u8]) -> Result<bool, StationCode> {
        let trust = self.trust.as_ref().ok_or(StationCode::RulesRefused)?;
        let rules = RiskRules::verify(bytes, trust, self.rules.as_ref()).map_err(|error| match error {
            RulesError::Older | RulesError::SameNumber => StationCode::RulesRolledBack,
            _ => StationCode::RulesRefused,
        })?;
        if !self
            .floors
            .rules
            .takes(rules.content().sequence, rules.content().iat)
        {
            return Err(StationCode::RulesRolledBack);
        }
        if self.rules.as_ref().is_some_and(|held| held.bytes() == bytes) {
            return Ok(false);
        }
        self.store
            .put_risk_rules(&rules)
            .map_err(|_| StationCode::StoreFailed)?;
        self.floors.rules.number = rules.content().sequence;
        self.rules = Some(rules);
        self.rules_broken = false;
        Ok(true)
    }

    /// Begins to take over a status manifest; `None` if it is the one that is here, whole.
    ///
    /// # Errors
    /// [`StationCode::StatusRefused`], [`StationCode::StatusRolledBack`], [`StationCode::StoreFailed`]; the old data stay.
    pub fn stage_status(&self, bytes: &[u8]) -> Result<Option<StagedStatus>, StationCode> {
        let trust = self.trust.as_ref().ok_or(StationCode::StatusRefused)?;
        let held = self.status.as_ref().map(StatusSet::manifest);
        let manifest = StatusManifest::verify(bytes, trust, held).map_err(|error| match error {
            StatusError::Older | StatusError::SameNumber => StationCode::StatusRolledBack,
            _ => StationCode::StatusRefused,
        })?;
        if !self.floors.status.takes(manifest.epoch(), manifest.issued_at()) {
            return Err(StationCode::StatusRolledBack);
        }
        let whole = self.status.as_ref().is_some_and(StatusSet::is_whole);
        if whole && held.is_some_and(|held| held.bytes() == bytes) {
            return Ok(None);
        }
        let status = StatusSet::new(manifest);
        let held = self.status.clone().filter(StatusSet::is_whole);
        Ok(Some(StagedStatus { status, held }))
    }

    /// A piece that was kept: of the data that are used, or of an earlier sync that broke off.
    ///
    /// # Errors
    /// [`StationCode::StoreFailed`].
    pub fn kept_piece(&self, piece: &Piece) -> Result<Option<Vec<u8>>, StationCode> {
        self.store
            .status_piece(&piece.sha256)
            .map_err(|_| StationCode::StoreFailed)
    }

    /// Keeps a piece that was proven, so that a sync that breaks off need not fetch it again.
    ///
    /// # Errors
    /// [`StationCode::StoreFailed`].
    pub fn keep_piece(&mut self, piece: &Piece, bytes: &[u8]) -> Result<(), StationCode> {
        self.store
            .put_status_piece(&piece.sha256, bytes)
            .map_err(|_| StationCode::StoreFailed)
    }

    /// Takes over status data that have all arrived.
    ///
    /// # Errors
    /// [`StationCode::StatusRefused`] if a piece is missing or newer data came in between, [`StationCode::StoreFailed`].
    pub fn take_status(&mut self, staged: StagedStatus) -> Result<(), StationCode> {
        self.use_status(staged.status)
    }

    pub(super) fn use_status(&mut self, status: StatusSet) -> Result<(), StationCode> {
        let epoch = status.manifest().epoch();
        // The pieces may have taken a while, and another list or manifest may have come in between.
        let held = self.status.as_ref().map(StatusSet::manifest);
        let trust = self.trust.as_ref().ok_or(StationCode::StatusRefused)?;
        let still = StatusManifest::verify(status.manifest().bytes(), trust, held);
        if still.is_err() || !status.is_whole() {
            return Err(StationCode::StatusRefused);
        }
        let issued_at = status.manifest().issued_at();
        if !self.floors.status.takes(epoch, issued_at) {
            return Err(StationCode::StatusRolledBack);
        }
        self.store
            .put_status(&status)
            .map_err(|_| StationCode::StoreFailed)?;
        self.floors.status.number = epoch;
        self.status = Some(status);
        self.status_broken = false;
        Ok(())
    }

    /// Notes that the desk heard of the newest data: the province answered everything, or an update brought what was new here.
    ///
    /// # Errors
    /// [`StationCode::StoreFailed`].
    pub fn note_sync(&mut self, now: Timestamp) -> Result<(), StationCode> {
        self.store
            .put_last_sync(now.unix())
            .map_err(|_| StationCode::StoreFailed)?;
        self.last_sync = Some(now.unix());
        Ok(())
    }
}
