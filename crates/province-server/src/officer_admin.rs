//! What operators do with officers: the first administrator is theirs to invite.

use credential::Timestamp;
use province_api::officers::{Invited, OfficerList, OfficerRole};

use crate::admin::{AdminError, Office};
use crate::audit::Actor;
use crate::randomness::Randomness;
use crate::rules::officers::{OfficerId, manage};
use crate::rules::page::Behind;

impl Office {
    /// Makes an officer and invites them, in the name of this operator.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn invite_officer(
        &self,
        by: &Actor,
        what: (OfficerRole, &str),
        randomness: &Randomness,
        now: Timestamp,
    ) -> Result<Invited, AdminError> {
        let data = self.keys.data()?;
        Ok(manage::invite(&self.store, &data, by, what, randomness, now).await?)
    }

    /// A page of officers, the newest first.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn officers(&self, behind: Behind) -> Result<OfficerList, AdminError> {
        Ok(manage::list(&self.store, &self.keys.data()?, behind).await?)
    }

    /// Ends an officer; `None` if there is none with this id, `false` if they had been ended before.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn end_officer(&self, id: &OfficerId, now: Timestamp) -> Result<Option<bool>, AdminError> {
        Ok(manage::end(&self.store, &self.by, id, now).await?)
    }
}
