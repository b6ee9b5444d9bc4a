//! The states of an application, who moves it from which to which, and why one is refused.

use serde::{Deserialize, Serialize};

words! {
    /// Where an application stands. The words are a contract.
    #[non_exhaustive]
    ApplicationState {
        /// It was sent; nobody has looked at it yet.
        Submitted = "submitted",
        /// The office is at work on it.
        InReview = "in_review",
        /// The office waits for something from the citizen.
        InformationWanted = "information_wanted",
        /// The office waits for a fee.
        PaymentDue = "payment_due",
        /// It is granted; what it asks for is yet to be done.
        Approved = "approved",
        /// It is refused, for a reason that is given.
        Rejected = "rejected",
        /// The citizen took it back.
        Withdrawn = "withdrawn",
        /// It is done: the document that it asks for is in the wallet.
        DocumentIssued = "document_issued",
        /// It is done, without a document in the wallet.
        Closed = "closed",
    }
}

words! {
    /// Why an application was refused. The words are a contract.
    #[non_exhaustive]
    RefusalReason {
        /// The citizen is not entitled to it.
        NotEligible = "not_eligible",
        /// Something that it needs was not given.
        InformationMissing = "information_missing",
        /// What was given differs from what the office has.
        ParticularsDiffer = "particulars_differ",
        /// The same was asked for before.
        Duplicate = "duplicate",
        /// A fee was not paid.
        FeeUnpaid = "fee_unpaid",
        /// Another office does this.
        OtherOffice = "other_office",
        /// As the text says.
        Other = "other",
    }
}

/// Who moves an application on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mover {
    /// The citizen whose it is.
    Citizen,
    /// The office that it is addressed to.
    Office,
    /// The platform that carries it, for the office or for the citizen who uses both.
    Dispatcher,
}

impl ApplicationState {
    /// The states that it can be moved to from here: the one table of all moves.
    pub const fn next(self, by: Mover) -> &'static [Self] {
        use ApplicationState::{
            Approved, Closed, DocumentIssued, InReview, InformationWanted, PaymentDue, Rejected, Submitted,
            Withdrawn,
        };
        use Mover::{Citizen, Dispatcher, Office};
        match (by, self) {
            (Citizen, Submitted | InReview | InformationWanted | PaymentDue) => &[Withdrawn],
            (Office, Submitted) => &[
                InReview,
                InformationWanted,
                PaymentDue,
                Approved,
                Rejected,
                DocumentIssued,
                Closed,
            ],
            (Office, InReview) => &[
                InformationWanted,
                PaymentDue,
                Approved,
                Rejected,
                DocumentIssued,
                Closed,
            ],
            (Office, InformationWanted) => {
                &[InReview, PaymentDue, Approved, Rejected, DocumentIssued, Closed]
            }
            (Office, PaymentDue) => &[
                InReview,
                InformationWanted,
                Approved,
                Rejected,
                DocumentIssued,
                Closed,
            ],
            (Office | Dispatcher, Approved) => &[DocumentIssued, Closed],
            (Dispatcher, Submitted | PaymentDue) => &[
                InReview,
                InformationWanted,
                Approved,
                Rejected,
                DocumentIssued,
                Closed,
                Withdrawn,
            ],
            (Dispatcher, InReview) => &[
                InformationWanted,
                Approved,
                Rejected,
                DocumentIssued,
                Closed,
                Withdrawn,
            ],
            (Dispatcher, InformationWanted) => {
                &[InReview, Approved, Rejected, DocumentIssued, Closed, Withdrawn]
            }
            _ => &[],
        }
    }

    /// Whether an office that moves it here from [`Self::PaymentDue`] says by which challan the fee was paid.
    pub const fn follows_payment(self) -> bool {
        matches!(
            self,
            Self::InReview | Self::Approved | Self::DocumentIssued | Self::Closed
        )
    }

    /// Whether anybody can move it from here.
    pub const fn is_open(self) -> bool {
        !self.next(Mover::Office).is_empty()
    }
}
