//! The one way in which the wallet tells a screen what went wrong: a stable code.
//!
//! Screens have a sentence and a next step for each code in each language. A code is added only
//! when somebody acts on it. No personal data ever rides along.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::screen::FieldError;

/// What went wrong, for a screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type, thiserror::Error)]
#[error("{}", code.code())]
pub struct UiError {
    /// What happened.
    pub code: UiCode,
    /// When it makes sense to try again, if the province said so.
    pub retry_after_seconds: Option<u32>,
    /// The fields that are wrong, when `code` is about what was typed.
    pub fields: Vec<FieldError>,
}

impl From<UiCode> for UiError {
    fn from(code: UiCode) -> Self {
        Self {
            code,
            retry_after_seconds: None,
            fields: Vec::new(),
        }
    }
}

/// Makes the enum, its stable names and the list of all of them from one table.
macro_rules! ui_codes {
    ($($(#[$doc:meta])+ $name:ident = $code:literal,)+) => {
        /// Every code that a screen may have to put in words. Closed: a screen answers each one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
        #[serde(rename_all = "snake_case")]
        pub enum UiCode { $($(#[$doc])+ $name,)+ }

        impl UiCode {
            /// All codes, in the order in which they are declared.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable name, such as `wrong_pin`; the same as in JSON.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The code with this stable name.
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.code() == code)
            }
        }
    };
}

ui_codes! {
    // The vault.
    /// There is no vault yet.
    VaultMissing = "vault_missing",
    /// There is a vault already.
    VaultExists = "vault_exists",
    /// The vault is locked.
    Locked = "locked",
    /// The PIN is not the vault's.
    WrongPin = "wrong_pin",
    /// A PIN has 6 to 12 digits.
    PinMalformed = "pin_malformed",
    /// A PIN that a thief tries first: a row, a repeat, a well-known one, a day.
    PinTooEasy = "pin_too_easy",
    /// Several wrong PINs; `retry_after_seconds` says when the next may be tried.
    PinWait = "pin_wait",
    /// Too many wrong PINs removed this profile, as its owner wished.
    ProfileWiped = "profile_wiped",
    /// There is no such profile, or there are several and none was named.
    ProfileUnknown = "profile_unknown",
    /// Another profile of this phone has this sign.
    SignTaken = "sign_taken",
    /// This phone opens no vault by finger or face, or another one was enrolled since.
    BiometricUnavailable = "biometric_unavailable",
    /// The finger or the face was not the enrolled one.
    BiometricRefused = "biometric_refused",
    /// The vault belongs to another phone, or this phone lost its key.
    WrongDevice = "wrong_device",
    /// This phone's key store did not answer.
    KeyStoreUnavailable = "key_store_unavailable",
    /// The envelope or the database is damaged; nothing was deleted.
    VaultDamaged = "vault_damaged",
    /// A newer version of the app wrote this vault.
    VaultTooNew = "vault_too_new",
    /// Another program has this wallet open.
    AlreadyOpen = "already_open",
    /// The phone could not write or read its storage.
    StorageFailed = "storage_failed",
    /// The phone's storage is full; nothing of what was there before is lost.
    StorageFull = "storage_full",
    /// The phone's storage can be read and not written.
    StorageReadOnly = "storage_read_only",

    // The draft: the same names as `province_api::person::FieldError`.
    /// Something typed is missing or wrong; `fields` says what.
    FieldsInvalid = "fields_invalid",
    /// Nothing was given.
    FieldMissing = "field_missing",
    /// A CNIC has 13 digits.
    CnicMalformed = "cnic_malformed",
    /// The text is too long.
    FieldTooLong = "field_too_long",
    /// The name is not in the script that was asked for.
    NameWrongScript = "name_wrong_script",
    /// There is no such day.
    DateMalformed = "date_malformed",
    /// The day is in the future or too long ago.
    DateImpossible = "date_impossible",
    /// The mobile number is not a Pakistani one.
    MobileMalformed = "mobile_malformed",
    /// Not one of the choices.
    ChoiceUnknown = "choice_unknown",
    /// There is no photo of the face.
    PhotoMissing = "photo_missing",
    /// The person must be 18 or older.
    TooYoung = "too_young",
    /// Shorter than the field must be.
    FieldTooShort = "field_too_short",
    /// A text with signs of another script, or no text.
    TextMalformed = "text_malformed",
    /// Not Latin letters and digits.
    CodeMalformed = "code_malformed",
    /// Not a number.
    NumberMalformed = "number_malformed",
    /// A number that is too small or too large.
    NumberOutOfRange = "number_out_of_range",
    /// Not an e-mail address.
    EmailMalformed = "email_malformed",
    /// Not the number of a Pakistani bank account.
    IbanMalformed = "iban_malformed",
    /// Not what stands on a number plate.
    VehicleMalformed = "vehicle_malformed",
    /// Not a place in Pakistan.
    PlaceMalformed = "place_malformed",
    /// A sentence that has to be declared was not.
    DeclarationMissing = "declaration_missing",
    /// Fewer rows than are needed.
    ListTooShort = "list_too_short",
    /// More rows than are taken.
    ListTooLong = "list_too_long",
    /// Nobody asks this here.
    FieldUnknown = "field_unknown",
    /// A document that is needed is not attached.
    DocumentMissing = "document_missing",
    /// The file is not a picture that can be read.
    PhotoUnreadable = "photo_unreadable",
    /// The picture's file is too large.
    PhotoTooLarge = "photo_too_large",
    /// The picture has too few pixels.
    PhotoTooSmall = "photo_too_small",
    /// The application is on its way: what was typed cannot be changed now.
    EnrolmentUnderway = "enrolment_underway",

    // The province's answers: the same names as `province_api::problem::ProblemCode`.
    /// The province does not accept this device's signature.
    DeviceSignature = "device_signature",
    /// This phone's clock is wrong.
    DeviceClock = "device_clock",
    /// The province does not know this phone (any more).
    DeviceUnknown = "device_unknown",
    /// Another phone took this enrolment over.
    DeviceReplaced = "device_replaced",
    /// This wallet was disabled: lost, or stolen.
    WalletDisabled = "wallet_disabled",
    /// This CNIC is enrolled on another phone.
    AlreadyEnrolled = "already_enrolled",
    /// This phone is enrolled for another CNIC.
    DeviceTaken = "device_taken",
    /// NADRA: something does not agree.
    NadraNotMatched = "nadra_not_matched",
    /// NADRA: the card has expired.
    NadraExpired = "nadra_expired",
    /// NADRA: the card is blocked.
    NadraBlocked = "nadra_blocked",
    /// NADRA: the holder is recorded as dead.
    NadraDeceased = "nadra_deceased",
    /// NADRA: no such number.
    NadraNotFound = "nadra_not_found",
    /// NADRA could not be asked.
    NadraUnavailable = "nadra_unavailable",
    /// A code was sent to the SIM of this CNIC.
    SimCodeNeeded = "sim_code_needed",
    /// This is not that code.
    SimCodeWrong = "sim_code_wrong",
    /// That code holds no more.
    SimCodeExpired = "sim_code_expired",
    /// Too many tries.
    TooManyAttempts = "too_many_attempts",
    /// The person's passes were revoked.
    PersonRevoked = "person_revoked",
    /// The person's passes are suspended for now.
    PersonSuspended = "person_suspended",
    /// The province is too busy to answer in time.
    ServerBusy = "server_busy",
    /// The province cannot answer now.
    ServerFault = "server_fault",
    /// The province does not understand this app: it may be too old.
    AppRefused = "app_refused",

    // The network.
    /// This phone does not know its province's address.
    NotConfigured = "not_configured",
    /// The phone is not enrolled yet.
    NotEnrolled = "not_enrolled",
    /// Nobody is enrolled with the CNIC of a phone that was told to be lost.
    LostNotEnrolled = "lost_not_enrolled",
    /// A wallet that was bound after the time of the report: nothing was disabled.
    LostNewerWallet = "lost_newer_wallet",
    /// What was sent did not arrive as it was, several times in a row.
    ErrandDamaged = "errand_damaged",
    /// The same was sent before and is not answered yet.
    StillUnderway = "still_underway",
    /// The province asked for a pause that is not over.
    ProvincePause = "province_pause",
    /// There is no connection.
    NetworkDown = "network_down",
    /// The province did not answer in time.
    NetworkTimeout = "network_timeout",
    /// The province's answer makes no sense; nothing was stored.
    AnswerInvalid = "answer_invalid",
    /// The trust list is not signed by the province's roots, or is older than ours; nothing was stored.
    TrustRefused = "trust_refused",
    /// The type register is not properly signed, or goes back.
    TypesRefused = "types_refused",
    /// A pass is not properly signed, not this phone's, or not what was asked; nothing was stored.
    PassRefused = "pass_refused",
    /// The photo is not the one that was signed; nothing was stored.
    PhotoRefused = "photo_refused",
    /// The status data are not properly signed or older than ours; nothing was stored.
    StatusRefused = "status_refused",
    /// The catalogue of services is not properly signed or older than ours; nothing was stored.
    CatalogueRefused = "catalogue_refused",

    // Applications: some are names of `province_api::problem::ProblemCode`.
    /// The application is not on this phone (any more).
    ApplicationGone = "application_gone",
    /// There are too many applications under way.
    ApplicationsTooMany = "applications_too_many",
    /// The application was moved on meanwhile.
    ApplicationChanged = "application_changed",
    /// The province does not know that application.
    ApplicationUnknown = "application_unknown",
    /// The form of this service is not on this phone, or is one of a newer app.
    FormUnknown = "form_unknown",
    /// The form is larger than any that is taken.
    FormInvalid = "form_invalid",
    /// The catalogue does not have that service (any more).
    ServiceUnknown = "service_unknown",

    // Showing.
    /// There is no pass of this kind on the phone.
    NoPass = "no_pass",
    /// The passes of this kind are out of date.
    PassExpired = "pass_expired",
    /// This may be shown only at a desk that asks for it.
    RequestNeeded = "request_needed",
    /// The showing is over.
    ShowingEnded = "showing_ended",
    /// The picture holds no code.
    NoCodeFound = "no_code_found",
    /// The code is not a desk's request.
    NotARequest = "not_a_request",
    /// The request is not properly made or signed.
    RequestInvalid = "request_invalid",
    /// The request was answered, declined or forgotten; it has to be read again.
    RequestGone = "request_gone",
    /// The desk asks for more than it may.
    RequestOverAsking = "request_over_asking",
    /// The desk's certificate cannot be checked with the trust list on this phone.
    DeskUnknown = "desk_unknown",
    /// The desk's certificate does not hold (any more).
    DeskUntrusted = "desk_untrusted",

    // Documents.
    /// The document is not on this phone (any more).
    DocumentGone = "document_gone",
    /// The identity and the passes come with the card and are not deleted one by one.
    DocumentStays = "document_stays",
    /// What was to be written is no page of an export, or larger than any.
    ExportInvalid = "export_invalid",

    // Backup, restore, and the move between phones.
    /// A phrase is six words or 20 digits.
    PhraseMalformed = "phrase_malformed",
    /// A word is not in the list.
    PhraseWordUnknown = "phrase_word_unknown",
    /// A digit of the phrase is wrong.
    PhraseDigitWrong = "phrase_digit_wrong",
    /// The words that were asked for are not those of the phrase.
    PhraseNotConfirmed = "phrase_not_confirmed",
    /// The phrase was forgotten when the wallet was locked.
    PhraseGone = "phrase_gone",
    /// The file is no backup of this app.
    NotABackup = "not_a_backup",
    /// The backup was changed or is not whole.
    BackupDamaged = "backup_damaged",
    /// A newer version of the app made the backup.
    BackupTooNew = "backup_too_new",
    /// The backup is larger than any that is taken.
    BackupTooLarge = "backup_too_large",
    /// The phrase is not this backup's.
    BackupWrongPhrase = "backup_wrong_phrase",
    /// There is something in this wallet already.
    RestoreNotEmpty = "restore_not_empty",
    /// What came from another phone is only to be looked at until the province has bound this phone.
    RestoredNotBound = "restored_not_bound",
    /// There is nothing in this wallet to move.
    NothingToMove = "nothing_to_move",
    /// The code is not one that this step waits for.
    MoveCodeWrong = "move_code_wrong",
    /// The code is of another move.
    MoveCodeAnother = "move_code_another",
    /// The other phone has a newer version of the app.
    MoveTooNew = "move_too_new",
    /// There is more to move than codes can carry.
    MoveTooLarge = "move_too_large",
    /// What arrived is not what the other phone sent.
    MoveDamaged = "move_damaged",
    /// Something changed on this phone since the move began; nothing was taken away.
    MoveChanged = "move_changed",
    /// A change of mobile number or a report of a lost phone waits here to be sent, and would be lost in a move.
    MoveErrandsWait = "move_errands_wait",
    /// The move was forgotten when the wallet was locked or begun anew.
    MoveGone = "move_gone",
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]

    use super::*;

    #[test]
    fn a_code_is_the_same_in_json_and_in_rust() {
        for code in UiCode::ALL {
            let json = serde_json::to_string(code).unwrap();
            assert_eq!(json, format!("\"{}\"", code.code()));
            assert_eq!(UiCode::from_code(code.code()), Some(*code));
        }
    }

    #[test]
    fn every_code_has_a_sentence_and_a_next_step_in_three_languages() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/messages");
        for language in ["en", "ur", "ps"] {
            let text = std::fs::read(folder.join(format!("{language}.json"))).unwrap();
            let messages: serde_json::Value = serde_json::from_slice(&text).unwrap();
            for code in UiCode::ALL {
                for key in [
                    format!("code_{}", code.code()),
                    format!("code_{}_next", code.code()),
                ] {
                    let there = messages[&key].as_str().is_some_and(|text| !text.is_empty());
                    assert!(there, "{language}.json lacks {key}");
                }
            }
        }
    }
}
