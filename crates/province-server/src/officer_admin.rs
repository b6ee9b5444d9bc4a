//! What operators do with officers: the first administrator is theirs to invite.

use credential::Timestamp;
use province_api::officers::{Invited, OfficerList, OfficerRole};

use crate::admin::{AdminError, Office};
use crate::audit::Actor;
use crate::randomness::Randomness;
use crate::rules::officers::{OfficerId, manage};

impl Office {
    /// Makes an officer and invites them.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn invite_officer(
        &self,
        role: OfficerRole,
        name: &str,
        randomness: &Randomness,
        now: Timestamp,
    ) -> Result<Invited, AdminError> {
        let data = self.keys.data()?;
        let what = (role, name);
        Ok(manage::invite(&self.store, &data, &Actor::OPERATOR, what, randomness, now).await?)
    }

    /// The officers.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn officers(&self) -> Result<OfficerList, AdminError> {
        Ok(manage::list(&self.store, &self.keys.data()?).await?)
    }

    /// Ends an officer; `None` if there is none with this id, `false` if they had been ended before.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn end_officer(&self, id: &OfficerId, now: Timestamp) -> Result<Option<bool>, AdminError> {
        Ok(manage::end(&self.store, &Actor::OPERATOR, id, now).await?)
    }
}
