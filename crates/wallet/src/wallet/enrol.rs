//! What is typed before the enrolment.

use credential::{Credential, Timestamp, Vct};
use ed25519_dalek::SigningKey;
use province_api::phone_code::{phone_code, phone_letters};
use province_api::proofing::level;
use province_api::signature::DeviceKey;
use rusqlite::Connection;

use super::Wallet;
use crate::code::UiError;
use crate::draft;
use crate::error::StoreError;
use crate::screen::{CounterCode, Draft, DraftCheck, PhotoView};
use crate::show::qr_of;
use crate::store::credential as passes;
use crate::store::enrolment::{self, State};
use crate::store::setting::{self, Setting};

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

    /// What this phone shows at a counter, to be enrolled there or raised to what a counter proves. From now on a sync asks
    /// whether it was.
    ///
    /// # Errors
    /// [`UiCode::Locked`] or a store's error.
    pub fn show_at_counter(&mut self, now: Timestamp) -> Result<CounterCode, UiError> {
        let database = &self.unlocked()?.database;
        if enrolment::load(database)?.state == State::Draft {
            setting::store(database, Setting::AtCounter, &now.unix().to_string())?;
        }
        let device = SigningKey::from_bytes(&*enrolment::device_key(database)?);
        let device = DeviceKey::of(&device);
        Ok(CounterCode {
            qr: qr_of(&phone_code(&device))?,
            letters: phone_letters(&device),
            is_proven: is_proven(database)?,
        })
    }

    /// The photo of the draft.
    ///
    /// # Errors
    /// [`UiCode::Locked`] or a store's error.
    pub fn photo(&self) -> Result<Option<PhotoView>, UiError> {
        draft::photo(&self.unlocked()?.database)
    }
}

/// Whether the newest identity pass says that its holder was proven at a counter.
fn is_proven(database: &Connection) -> Result<bool, StoreError> {
    let Some(stored) = passes::newest(database, Vct::IDENTITY)? else {
        return Ok(false);
    };
    let identity = Credential::parse(&stored.raw).map_err(|_| StoreError::Row)?;
    let assurance = identity.unverified_claims().facts.assurance;
    Ok(assurance.is_some_and(|assurance| assurance >= level::HIGH))
}
