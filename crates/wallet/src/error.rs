//! What can go wrong in the store, typed, and the one place where it becomes a code.

use pin::PinError;

use crate::backup::BackupError;
use crate::backup::phrase::PhraseError;
use crate::code::{UiCode, UiError};
use crate::envelope::EnvelopeError;
use crate::key_store::KeyStoreError;
use crate::transfer::TransferError;

/// The vault could not be made or opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error("there is no vault")]
    Missing,
    #[error("a newer version wrote this vault")]
    TooNew,
    #[error("the database is missing beside its envelope")]
    DatabaseMissing,
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    #[error(transparent)]
    KeyStore(#[from] KeyStoreError),
    #[error("the folder could not be written or read")]
    File(#[from] std::io::Error),
    #[error("the database could not be brought to this version")]
    Migration(#[from] refinery::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The open vault could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("the database answered with an error")]
    Sql(#[from] rusqlite::Error),
    #[error("a row does not hold what it must")]
    Row,
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(StoreError::Sql(error))
    }
}

impl From<StoreError> for UiError {
    fn from(error: StoreError) -> Self {
        use rusqlite::ErrorCode::{
            CannotOpen, DatabaseCorrupt, DiskFull, NotADatabase, OutOfMemory, PermissionDenied, ReadOnly,
        };

        match &error {
            StoreError::Row => UiCode::VaultDamaged,
            StoreError::Sql(sql) => match sql.sqlite_error_code() {
                // Without a code of SQLite's the row is missing or does not have the form it must. Of a page that cannot be
                // decrypted SQLCipher may say that memory ran out; where it truly did, the app is gone.
                None | Some(DatabaseCorrupt | NotADatabase | OutOfMemory) => UiCode::VaultDamaged,
                Some(DiskFull) => UiCode::StorageFull,
                // The journal that a change begins with cannot be made.
                Some(ReadOnly | CannotOpen | PermissionDenied) => UiCode::StorageReadOnly,
                Some(_) => UiCode::StorageFailed,
            },
        }
        .into()
    }
}

impl From<rusqlite::Error> for UiError {
    fn from(error: rusqlite::Error) -> Self {
        StoreError::Sql(error).into()
    }
}

impl From<OpenError> for UiError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Missing => UiCode::VaultMissing.into(),
            OpenError::TooNew => UiCode::VaultTooNew.into(),
            OpenError::KeyStore(KeyStoreError::Silent { .. }) => UiCode::KeyStoreUnavailable.into(),
            OpenError::KeyStore(KeyStoreError::Refused) => UiCode::BiometricRefused.into(),
            OpenError::File(error) => of_file(&error).into(),
            OpenError::DatabaseMissing => UiCode::VaultDamaged.into(),
            OpenError::Migration(error) => of_migration(&error),
            OpenError::Store(error) => error.into(),
            OpenError::Envelope(error) => match error {
                EnvelopeError::Malformed | EnvelopeError::Parameters => UiCode::VaultDamaged,
                EnvelopeError::TooNew => UiCode::VaultTooNew,
                EnvelopeError::WrongDevice => UiCode::WrongDevice,
                EnvelopeError::WrongPin => UiCode::WrongPin,
                EnvelopeError::NoBiometric => UiCode::BiometricUnavailable,
                EnvelopeError::Derivation => UiCode::StorageFailed,
            }
            .into(),
        }
    }
}

fn of_file(error: &std::io::Error) -> UiCode {
    use std::io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};

    match error.kind() {
        StorageFull | QuotaExceeded => UiCode::StorageFull,
        ReadOnlyFilesystem | PermissionDenied => UiCode::StorageReadOnly,
        _ => UiCode::StorageFailed,
    }
}

/// A migration says what SQLite said only at the end of its chain of causes: a full phone is no damaged vault.
fn of_migration(error: &refinery::Error) -> UiError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(one) = cause {
        if let Some(rusqlite::Error::SqliteFailure(why, text)) = one.downcast_ref() {
            return rusqlite::Error::SqliteFailure(*why, text.clone()).into();
        }
        cause = one.source();
    }
    UiCode::VaultDamaged.into()
}

impl From<PinError> for UiError {
    fn from(_: PinError) -> Self {
        UiCode::PinMalformed.into()
    }
}

impl From<PhraseError> for UiError {
    fn from(error: PhraseError) -> Self {
        match error {
            PhraseError::Malformed => UiCode::PhraseMalformed,
            PhraseError::UnknownWord => UiCode::PhraseWordUnknown,
            PhraseError::WrongDigit => UiCode::PhraseDigitWrong,
        }
        .into()
    }
}

impl From<BackupError> for UiError {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::NotABackup => UiCode::NotABackup,
            BackupError::Damaged => UiCode::BackupDamaged,
            BackupError::TooNew => UiCode::BackupTooNew,
            BackupError::TooLarge => UiCode::BackupTooLarge,
            BackupError::WrongPhrase => UiCode::BackupWrongPhrase,
            BackupError::Derivation => UiCode::StorageFailed,
        }
        .into()
    }
}

impl From<TransferError> for UiError {
    fn from(error: TransferError) -> Self {
        match error {
            TransferError::NotOfAMove => UiCode::MoveCodeWrong,
            TransferError::TooNew => UiCode::MoveTooNew,
            TransferError::Another => UiCode::MoveCodeAnother,
            TransferError::TooLarge => UiCode::MoveTooLarge,
            TransferError::Damaged => UiCode::MoveDamaged,
            TransferError::Derivation => UiCode::StorageFailed,
        }
        .into()
    }
}
