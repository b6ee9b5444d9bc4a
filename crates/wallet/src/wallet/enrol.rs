//! What is typed before the enrolment.

use credential::Timestamp;

use super::Wallet;
use crate::code::UiError;
use crate::draft;
use crate::screen::{Draft, DraftCheck, PhotoView};

impl Wallet {
    /// What was typed so far.
    ///
    /// # Errors
    /// [`UiCode::Locked`] or a store's error.
    pub fn draft(&self) -> Result<Draft, UiError> {
        draft::load(&self.unlocked()?.database)
    }

    /// Keeps what was typed, right or wrong, and says what is still wrong.
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::EnrolmentUnderway`] once it may have been done, [`UiCode::FieldTooLong`] beyond reason.
    #[allow(clippy::needless_pass_by_value)] // a command owns what its screen sent
    pub fn save_draft(&mut self, draft: Draft, now: Timestamp) -> Result<DraftCheck, UiError> {
        draft::save(&self.unlocked()?.database, &draft, now)
    }

    /// Keeps the photo: a small JPEG without metadata, which the app made.
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::EnrolmentUnderway`], [`UiCode::PhotoTooLarge`], [`UiCode::PhotoUnreadable`].
    pub fn set_photo(&mut self, jpeg: &[u8], _now: Timestamp) -> Result<PhotoView, UiError> {
        draft::set_photo(&self.unlocked()?.database, jpeg)
    }

    /// The photo of the draft.
    ///
    /// # Errors
    /// [`UiCode::Locked`] or a store's error.
    pub fn photo(&self) -> Result<Option<PhotoView>, UiError> {
        draft::photo(&self.unlocked()?.database)
    }
}
