//! What an operator does about platforms that carry applications: looks at their catalogues, and lets them carry services.

use credential::Timestamp;
use province_api::catalogue::CatalogueFile;
use province_api::dispatch::catalogue::DispatchCatalogue;
use serde_json::json;

use crate::admin::{AdminError, Office};
use crate::audit::Action;
use crate::rules::audit;
pub use crate::rules::dispatch::catalogue::Looked;
use crate::rules::dispatch::catalogue::{look, proposal, published};
use crate::store::dispatch;
use crate::store::lock::Lock;

/// A platform's catalogue: the one that it sent last, or a file of it.
#[derive(Clone, Copy, Debug)]
pub struct Offer<'a> {
    /// The name of its system.
    pub system: &'a str,
    /// The file's text; none for what it sent.
    pub file: Option<&'a str>,
}

impl Office {
    /// Holds a platform's catalogue against the published one. With `base`, the operator's file of what is published, gives
    /// that file with what is new and contradicts nothing, to be looked through and then signed as any other.
    ///
    /// # Errors
    /// [`AdminError::DispatchNothing`] if it sent none; [`AdminError::DispatchFile`]; [`AdminError::DispatchBase`] if `base` does not
    /// say what is published; [`AdminError`].
    pub async fn look_at_offer(
        &self,
        offer: Offer<'_>,
        base: Option<CatalogueFile>,
    ) -> Result<(Looked, Option<CatalogueFile>), AdminError> {
        let mut db = self.store.read().await?;
        let said = read(&mut db, offer).await?;
        let known = published(&mut db).await?.ok_or(AdminError::DispatchNothing)?;
        let looked = look(offer.system, &said, &known, &dispatch::services(&mut db).await?);
        if base
            .as_ref()
            .is_some_and(|base| base.content() != (known.offices, known.services, known.guide))
        {
            return Err(AdminError::DispatchBase);
        }
        let proposed = base.map(|base| proposal(offer.system, &said, &looked, base));
        Ok((looked, proposed))
    }

    /// Lets a platform carry the services of its catalogue that have no fault and contradict nothing, and no others: what
    /// citizens apply for from now on goes to it, too. Applications that it carries already stay with it.
    ///
    /// # Errors
    /// As [`Self::look_at_offer`].
    pub async fn settle_dispatch(&self, offer: Offer<'_>, now: Timestamp) -> Result<Looked, AdminError> {
        let mut write = self.store.write_with(Lock::Published).await?;
        let said = read(&mut write, offer).await?;
        let known = published(&mut write).await?.ok_or(AdminError::DispatchNothing)?;
        let looked = look(
            offer.system,
            &said,
            &known,
            &dispatch::services(&mut write).await?,
        );
        dispatch::set_services(&mut write, offer.system, &looked.clean).await?;
        let services: Vec<&String> = looked.clean.iter().map(|(service, _)| service).collect();
        let what = json!({ "system": offer.system, "services": services });
        let action = Action::DispatchSettled;
        audit::note(&mut write, &self.by, action, None, &what, now).await?;
        write.commit().await?;
        Ok(looked)
    }
}

async fn read(db: &mut sqlx::AnyConnection, offer: Offer<'_>) -> Result<DispatchCatalogue, AdminError> {
    let text = match offer.file {
        Some(text) => text.to_owned(),
        None => dispatch::offer(db, offer.system)
            .await?
            .ok_or(AdminError::DispatchNothing)?,
    };
    serde_json::from_str(&text).map_err(|error| AdminError::DispatchFile {
        line: error.line(),
        column: error.column(),
    })
}
