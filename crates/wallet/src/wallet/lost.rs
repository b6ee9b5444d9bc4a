//! A lost phone: told from a locked phone or a new one, and what an open vault keeps of such reports.

use credential::Timestamp;
use rand_core::CryptoRng;

use super::Wallet;
use crate::code::{UiCode, UiError};
use crate::draft;
use crate::lost::LostReport;
use crate::screen::lost::LostPerson;
use crate::screen::{Draft, DraftCheck};
use crate::sync;

impl Wallet {
    /// What is still wrong with a person who is typed in and not kept. `has_photo` counts as it is told.
    pub fn check_person(&self, person: &Draft, now: Timestamp) -> DraftCheck {
        draft::check_person(person, now)
    }

    /// A report that the phone of this person is lost, to be sent at once. Needs no vault and leaves nothing behind;
    /// `photo` is a JPEG of their face.
    ///
    /// # Errors
    /// [`UiCode::NotConfigured`], [`UiCode::FieldsInvalid`] with the fields, [`UiCode::PhotoUnreadable`],
    /// [`UiCode::PhotoTooLarge`].
    pub fn lost_report(
        &self,
        person: &Draft,
        photo: Vec<u8>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<LostReport, UiError> {
        let api_url = self.config.as_ref().ok_or(UiCode::NotConfigured)?.api_url();
        LostReport::new(api_url, draft::request_of(person, photo, now)?, now, rng)
    }

    /// The person of a report that the province refused, to be mended; `None` where there is none.
    ///
    /// # Errors
    /// [`UiCode::Locked`] or a store's error.
    pub fn lost_person(&self, id: u32) -> Result<Option<LostPerson>, UiError> {
        sync::lost_person(&self.unlocked()?.database, i64::from(id))
    }

    /// Sends again, as it is, what was refused though nothing that was given is wrong.
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::StillUnderway`] for anything else.
    pub fn retry_errand(&mut self, id: u32) -> Result<(), UiError> {
        sync::retry(&self.unlocked()?.database, i64::from(id))
    }
}
