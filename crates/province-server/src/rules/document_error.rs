//! Why a document is not granted, printed or withdrawn.

use super::Fault;
use crate::store::StoreError;

/// Why a document was not granted. Names fields, never what was entered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// Nobody is enrolled with this CNIC.
    #[error("nobody is enrolled with this CNIC")]
    NotEnrolled,
    /// The citizen's passes were revoked.
    #[error("this citizen's passes were revoked")]
    Revoked,
    /// The citizen's passes are suspended for now.
    #[error("this citizen's passes are suspended")]
    Suspended,
    /// The citizen's wallet is disabled: nothing is handed to it.
    #[error("this citizen's wallet is disabled")]
    Disabled,
    /// The register has no document of this name.
    #[error("the type register has no document of this name")]
    UnknownType,
    /// A field that the kind does not have.
    #[error("this kind has no field {0}")]
    UnknownField(String),
    /// A field that the kind must have.
    #[error("the field {0} is missing")]
    FieldMissing(String),
    /// A field's value is of another kind.
    #[error("the field {0} is not {1}")]
    FieldWrong(String, &'static str),
    /// Nobody holds a document of this kind for a child.
    #[error("this kind is not held for a child")]
    NotForChildren,
    /// The child is of age: it enrols and holds its documents itself.
    #[error("the child is of age")]
    ChildOfAge,
    /// Somebody is enrolled with the child's number.
    #[error("somebody is enrolled with the child's number")]
    ChildEnrolled,
    /// The last day that was entered is over, or that of a document that was granted before.
    #[error("the document's last day is over")]
    Ended,
    /// The province's proofing does not reach the level that the kind asks for.
    #[error("this kind asks for a better proofing than the province's")]
    AssuranceTooLow,
    /// The citizen does not hold it.
    #[error("this citizen holds no such document")]
    NotHeld,
    /// The kind is not printed, or what it would say does not fit its kind.
    #[error("the document does not fit its kind: {0}")]
    Issue(credential::IssueError),
    /// The province's side.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl DocumentError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotEnrolled => "not_enrolled",
            Self::Revoked => "person_revoked",
            Self::Suspended => "person_suspended",
            Self::Disabled => "wallet_disabled",
            Self::UnknownType => "issue_unknown_type",
            Self::UnknownField(_) => "field_unknown",
            Self::FieldMissing(_) => "field_missing",
            Self::FieldWrong(..) => "field_wrong",
            Self::NotForChildren => "not_for_children",
            Self::ChildOfAge => "child_of_age",
            Self::ChildEnrolled => "child_enrolled",
            Self::Ended => "document_ended",
            Self::AssuranceTooLow => "issue_assurance_too_low",
            Self::NotHeld => "not_held",
            Self::Issue(error) => error.code(),
            Self::Fault(_) => "server_fault",
        }
    }
}

impl From<StoreError> for DocumentError {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<crate::sealed::SealError> for DocumentError {
    fn from(error: crate::sealed::SealError) -> Self {
        Self::Fault(error.into())
    }
}
