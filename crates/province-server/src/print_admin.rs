//! What an operator prints.

use credential::{RootKind, Timestamp, Vct};
use province_api::person::Cnic;

use crate::admin::{AdminError, Office};
use crate::rules::document::Whose;
use crate::rules::print::{CardFormat, Press, PressError};

impl Office {
    /// A citizen's identity on paper: a PDF with a claim-169 code.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn print_card(
        &self,
        cnic: &Cnic,
        format: CardFormat,
        now: Timestamp,
    ) -> Result<Vec<u8>, AdminError> {
        self.print(async |press| press.card(cnic, format, now).await)
            .await
    }

    /// A document that a citizen holds, their own or a child's: a PDF with its `KPD:` code.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn print_document(
        &self,
        whose: impl Into<Whose>,
        vct: &Vct,
        now: Timestamp,
    ) -> Result<Vec<u8>, AdminError> {
        let whose = whose.into();
        self.print(async |press| press.document(&whose, vct, now).await)
            .await
    }

    async fn print(
        &self,
        what: impl AsyncFnOnce(&Press<'_>) -> Result<Vec<u8>, PressError>,
    ) -> Result<Vec<u8>, AdminError> {
        let keys = self.keys().serving()?;
        let press = Press {
            store: self.store(),
            keys: &keys,
            by: &self.by,
            test: self.public_roots()?.kind() == RootKind::Test,
        };
        Ok(what(&press).await?)
    }
}
