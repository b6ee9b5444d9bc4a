//! What operators do to many at once: one proposes, another approves.

use credential::Timestamp;
use province_api::person::Cnic;
use serde_json::json;

use crate::admin::{AdminError, Office};
use crate::audit::{Action, Actor, Role};
use crate::randomness::Randomness;
use crate::rules::audit;
use crate::rules::bulk::{self, Act, Bulk, BulkError, BulkId, Proposed};
use crate::rules::page::Behind;

/// An operator who says who they are. Two names are two people only as far as the office holds its people to it; officers
/// prove it.
pub fn operator(name: &str) -> Actor {
    Actor {
        role: Role::Operator,
        id: name.to_owned(),
    }
}

impl Office {
    /// Proposes to do this to all of them.
    ///
    /// # Errors
    /// [`AdminError::Bulk`].
    pub async fn propose(
        &self,
        by: &Actor,
        what: (Act, &[Cnic]),
        randomness: &Randomness,
        now: Timestamp,
    ) -> Result<Proposed, AdminError> {
        let data = self.keys.data()?;
        Ok(bulk::propose(&self.store, &data, by, what, randomness, now).await?)
    }

    /// Approves what somebody else proposed, as it was looked at. Who may not is in the audit log.
    ///
    /// # Errors
    /// [`AdminError::Bulk`].
    pub async fn approve(
        &self,
        by: &Actor,
        what: (&BulkId, &[u8; 32]),
        now: Timestamp,
    ) -> Result<Bulk, AdminError> {
        let approved = bulk::approve(&self.store, by, what, now).await;
        if let Err(BulkError::FourEyes) = &approved {
            let mut write = self.store.write().await?;
            let (action, what) = (
                Action::Denied,
                json!({ "command": "bulk approve", "code": BulkError::FourEyes.code() }),
            );
            audit::note(&mut write, by, action, None, &what, now).await?;
            write.commit().await?;
        }
        Ok(approved?)
    }

    /// Does the next piece of what was approved; `false` when there is no more to do.
    ///
    /// # Errors
    /// [`AdminError`]; then nothing of this piece is done.
    pub async fn end_some(
        &self,
        id: &BulkId,
        randomness: &Randomness,
        now: Timestamp,
    ) -> Result<bool, AdminError> {
        let keys = self.keys.serving()?;
        Ok(bulk::step(&self.store, &keys, id, randomness, now).await?)
    }

    /// Cancels what was proposed and not approved.
    ///
    /// # Errors
    /// [`AdminError::Bulk`].
    pub async fn cancel(&self, by: &Actor, id: &BulkId, now: Timestamp) -> Result<(), AdminError> {
        Ok(bulk::cancel(&self.store, by, id, now).await?)
    }

    /// A page of proposals, the newest first, and where the next one begins.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn bulks(&self, behind: Behind) -> Result<(Vec<Bulk>, Option<Behind>), AdminError> {
        Ok(bulk::list(&self.store, behind).await?)
    }
}
