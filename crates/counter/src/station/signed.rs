//! Taking over newer signed data: verified, never older, whole or not at all.

use credential::{
    RegisterError, StatusError, StatusManifest, StatusSet, Timestamp, TrustError, TrustList, TypeRegister,
};

use super::Station;
use crate::StationCode;

/// Status data that are being fetched; nothing of them is used before they are whole.
#[derive(Debug)]
pub struct StagedStatus {
    status: StatusSet,
    lists: Vec<(String, Vec<u8>)>,
}

impl StagedStatus {
    /// The lists that have to be fetched.
    pub fn missing(&self) -> Vec<String> {
        self.status.missing().map(str::to_owned).collect()
    }

    /// Adds a list that was fetched.
    ///
    /// # Errors
    /// [`StationCode::StatusRefused`] if it is not the one that the manifest names.
    pub fn add(&mut self, uri: &str, bits: Vec<u8>) -> Result<(), StationCode> {
        self.status
            .add_list(uri, bits.clone())
            .map_err(|_| StationCode::StatusRefused)?;
        self.lists.push((uri.to_owned(), bits));
        Ok(())
    }
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

    /// Takes over a trust list if it is properly signed and not older; says whether it is new.
    ///
    /// # Errors
    /// [`StationCode::TrustRefused`], [`StationCode::TrustRolledBack`], [`StationCode::StoreFailed`]; the old one stays.
    pub fn take_trust_list(&mut self, bytes: &[u8]) -> Result<bool, StationCode> {
        let trust =
            TrustList::verify(bytes, &self.settings.roots, self.trust.as_ref()).map_err(
                |error| match error {
                    TrustError::Older | TrustError::SameNumber => StationCode::TrustRolledBack,
                    _ => StationCode::TrustRefused,
                },
            )?;
        if self
            .trust
            .as_ref()
            .is_some_and(|held| held.sha256() == trust.sha256())
        {
            return Ok(false);
        }
        self.store
            .put_trust_list(bytes)
            .map_err(|_| StationCode::StoreFailed)?;
        // What the old list's keys signed must hold under the new one's.
        if let Some(status) = &self.status {
            let still = StatusManifest::verify(status.manifest().bytes(), &trust, None);
            if still.is_err() {
                self.status = None;
                self.status_broken = true;
            }
        }
        self.types = self
            .types
            .take()
            .and_then(|types| TypeRegister::verify(types.bytes(), &trust, None).ok());
        self.trust = Some(trust);
        self.trust_broken = false;
        Ok(true)
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
        if self.types.as_ref().is_some_and(|held| held.bytes() == bytes) {
            return Ok(false);
        }
        self.store
            .put_type_register(bytes)
            .map_err(|_| StationCode::StoreFailed)?;
        self.types = Some(types);
        Ok(true)
    }

    /// Begins to take over a status manifest; `None` if it is the one that is here, with all its lists.
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
        let whole = self
            .status
            .as_ref()
            .is_some_and(|status| status.missing().next().is_none());
        if whole && held.is_some_and(|held| held.bytes() == bytes) {
            return Ok(None);
        }
        let mut staged = StagedStatus {
            status: StatusSet::new(manifest),
            lists: Vec::new(),
        };
        let stored = self.store.signed_data().map_err(|_| StationCode::StoreFailed)?;
        for (uri, bits) in stored.status_lists {
            // A list that did not change is not fetched again; one that did is refused here and fetched.
            let _ = staged.add(&uri, bits);
        }
        Ok(Some(staged))
    }

    /// Takes over status data whose lists have all arrived.
    ///
    /// # Errors
    /// [`StationCode::StatusRefused`] if a list is missing or newer data came in between, [`StationCode::StoreFailed`].
    pub fn take_status(&mut self, staged: StagedStatus) -> Result<(), StationCode> {
        let manifest = staged.status.manifest();
        let older = self
            .status
            .as_ref()
            .is_some_and(|held| held.manifest().epoch() > manifest.epoch());
        if older || staged.status.missing().next().is_some() {
            return Err(StationCode::StatusRefused);
        }
        self.store
            .put_status(manifest.bytes(), &staged.lists)
            .map_err(|_| StationCode::StoreFailed)?;
        self.status = Some(staged.status);
        self.status_broken = false;
        Ok(())
    }

    /// Notes that everything was fetched.
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
