//! The catalogue of public services, from what this phone holds.

use super::{Open, Wallet};
use crate::code::UiError;
use crate::screen::{ServiceView, Services};
use crate::services::Listed;

impl Wallet {
    /// The services, by office: all of them, or those whose names have the words of `query` in any of three languages.
    ///
    /// # Errors
    /// [`UiCode::Locked`](crate::UiCode::Locked) or a store's error.
    pub fn services(&mut self, query: &str) -> Result<Services, UiError> {
        Ok(self.listed()?.map(|all| all.search(query)).unwrap_or_default())
    }

    /// One service; nothing if the catalogue on this phone does not have it.
    ///
    /// # Errors
    /// As [`Self::services`].
    pub fn service(&mut self, id: &str) -> Result<Option<ServiceView>, UiError> {
        Ok(self.listed()?.and_then(|all| all.service(id)))
    }

    fn listed(&mut self) -> Result<Option<&Listed>, UiError> {
        let roots = self.roots.clone();
        let Open {
            database, catalogue, ..
        } = self.unlocked_mut()?;
        Ok(catalogue.read(database, &roots)?)
    }
}
