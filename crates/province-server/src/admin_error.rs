//! Why an operator's command did nothing, with a stable code for each reason.

use credential::{IssueError, Vct};

use crate::admin::CERTIFICATE_DAYS_MAX;
use crate::caller_admin::{SYSTEM_KEY_DAYS_MAX, SYSTEM_NAME_MAX};
use crate::key_admin::{KEY_DAYS_MAX, KEY_KINDS_MAX};
use crate::keys::KeyFileError;
use crate::rules::Fault;
use crate::rules::bulk::BulkError;
use crate::rules::bundle::NotTaken;
use crate::rules::document::DocumentError;
use province_api::catalogue::folder::FolderError;

use crate::rules::import::ImportError;
use crate::rules::print::PressError;
use crate::store::StoreError;

/// Why an operator's command did nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdminError {
    /// The key files.
    #[error("keys: {0}")]
    Keys(#[from] KeyFileError),
    /// The database.
    #[error("store: {0}")]
    Store(#[from] StoreError),
    /// The folder of a new province has something in it.
    #[error("the folder is not empty: a new province gets a folder of its own")]
    NotEmpty,
    /// The folder could not be made or moved.
    #[error("the folder could not be made: {0}")]
    Folder(#[source] std::io::Error),
    /// The province was never made to its end.
    #[error("the folder holds no whole province: {0}")]
    NotWhole(&'static str),
    /// An export could not be written.
    #[error("the export could not be written: {0}")]
    Export(#[source] std::io::Error),
    /// The database is not a file.
    #[error("the database is PostgreSQL's: back it up with pg_basebackup")]
    BackupElsewhere,
    /// There is such a file.
    #[error("there is a file of this name: a backup takes the place of none")]
    BackupExists,
    /// A backup could not be written.
    #[error("the backup could not be written: {0}")]
    Backup(#[source] std::io::Error),
    /// What was copied does not hold.
    #[error("the copy is not sound ({0}), so it was not kept: look at the database itself")]
    BackupUnsound(&'static str),
    /// A rule failed.
    #[error("{0}")]
    Fault(#[from] Fault),
    /// A document.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// Many at once.
    #[error(transparent)]
    Bulk(#[from] BulkError),
    /// A department's file.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// What was to be printed.
    #[error(transparent)]
    Press(#[from] PressError),
    /// The data file of types.
    #[error("the data file of types cannot be read: line {line}, column {column}")]
    TypesFile {
        /// Where it goes wrong.
        line: usize,
        /// Where in the line.
        column: usize,
    },
    /// The file with the public roots is damaged.
    #[error("the file with the province's public roots is damaged")]
    Roots,
    /// No key has this id.
    #[error("no key has this id")]
    NoSuchKey,
    /// A file of rules is not one.
    #[error("the rules are not used: {0}")]
    RulesFile(String),
    /// A file of services is not one.
    #[error("the data file of services cannot be read: line {line}, column {column}")]
    CatalogueFile {
        /// Where it goes wrong.
        line: usize,
        /// Where in the line.
        column: usize,
    },
    /// A folder of catalogue files is not one.
    #[error("the folder is no catalogue: {0}")]
    CatalogueFolder(#[from] FolderError),
    /// A platform's catalogue is not one.
    #[error("the platform's catalogue cannot be read: line {line}, column {column}")]
    DispatchFile {
        /// Where it goes wrong.
        line: usize,
        /// Where in the line.
        column: usize,
    },
    /// There is nothing of a platform to look at.
    #[error("no platform of this name sent a catalogue, or the province has published none")]
    DispatchNothing,
    /// The operator's file says something else than what is published.
    #[error("this file is not the one that is published: publish it first, or take the one that is")]
    DispatchBase,
    /// The certificate could not be signed.
    #[error("the certificate could not be signed: {0}")]
    Certificate(IssueError),
    /// A desk's certificate would last too long.
    #[error("a desk's certificate serves {} days at most", CERTIFICATE_DAYS_MAX)]
    CertificateTooLong,
    /// A key would sign things that need a key each.
    #[error(
        "{0} has a key of its own: name it alone. Kinds of passes and documents may share a key with each other"
    )]
    KindsMixed(Vct),
    /// A key would serve no day, or too long.
    #[error("a key serves 1 to {} days", KEY_DAYS_MAX)]
    KeyDays,
    /// A key would sign more kinds than a register has.
    #[error("a key signs {} kinds at most, as a type register has", KEY_KINDS_MAX)]
    KeyKinds,
    /// A system's key that is there already, as an ended one stays.
    #[error(
        "this key is known already: every system gets a key of its own, and one that ended comes back under none"
    )]
    SystemKeyTaken,
    /// A system's name that is not one.
    #[error(
        "a system's name is 1 to {} letters a to z, digits and hyphens",
        SYSTEM_NAME_MAX
    )]
    SystemName,
    /// A system would get a key that serves no day, or too long.
    #[error("a system's key serves 1 to {} days", SYSTEM_KEY_DAYS_MAX)]
    SystemKeyDays,
    /// A trust list would leave desks without something that they need to decide.
    #[error(
        "the list ends the key of the published {}, and names no other one of this province that could sign that anew: \
         desks would say \"cannot decide\". Make a key (key add --allow {}) and have the next list signed; if the key has \
         to go before that, publish with --regardless",
        joined(.0), .0.first().map(Vct::as_str).unwrap_or_default()
    )]
    LeavesUndecided(Vec<Vct>),
    /// No desk would take all of an update.
    #[error("no desk would take all of this update ({}), so it was not written. {}", .0, .0.todo())]
    NotTaken(NotTaken),
}

fn joined(kinds: &[Vct]) -> String {
    kinds.iter().map(Vct::as_str).collect::<Vec<_>>().join(", ")
}

impl AdminError {
    /// The stable code; the credential's own where it has one.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Keys(error) => error.code(),
            Self::Store(_) => "store_failed",
            Self::NotEmpty => "folder_not_empty",
            Self::Folder(_) => "folder_failed",
            Self::Export(_) => "export_failed",
            Self::NotWhole(_) => "province_not_whole",
            Self::BackupElsewhere => "backup_elsewhere",
            Self::BackupExists => "backup_exists",
            Self::Backup(_) => "backup_failed",
            Self::BackupUnsound(_) => "backup_unsound",
            Self::Fault(fault) => fault.code(),
            Self::Document(error) => error.code(),
            Self::Bulk(error) => error.code(),
            Self::Import(error) => error.code(),
            Self::Press(error) => error.code(),
            Self::TypesFile { .. } => "types_file_unreadable",
            Self::Roots => "roots_damaged",
            Self::NoSuchKey => "no_such_key",
            Self::RulesFile(_) => "rules_file_unreadable",
            Self::CatalogueFile { .. } => "catalogue_file_unreadable",
            Self::CatalogueFolder(_) => "catalogue_folder_unreadable",
            Self::DispatchFile { .. } => "dispatch_file_unreadable",
            Self::DispatchNothing => "dispatch_nothing",
            Self::DispatchBase => "dispatch_base_differs",
            Self::Certificate(error) => error.code(),
            Self::CertificateTooLong => "certificate_too_long",
            Self::KindsMixed(_) => "key_kinds_mixed",
            Self::KeyDays => "key_days",
            Self::KeyKinds => "key_kinds_too_many",
            Self::SystemKeyTaken => "system_key_taken",
            Self::SystemName => "system_name",
            Self::SystemKeyDays => "system_key_days",
            Self::LeavesUndecided(_) => "trust_leaves_undecided",
            Self::NotTaken(why) => why.code(),
        }
    }
}
