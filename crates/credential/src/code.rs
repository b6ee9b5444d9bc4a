//! What a reader decided: three outcomes, each with stable codes.

/// The three outcomes. There are three on purpose: "cannot decide" is not "refused".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Genuine, current, and shown by its holder.
    Accepted,
    /// Something is wrong with what was shown.
    Refused,
    /// This reader cannot know; "cannot decide" on screens and in documents.
    Undecided,
}

impl Verdict {
    /// `accepted`, `refused` or `undecided`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Undecided => "undecided",
        }
    }
}

/// Makes a closed enum of codes with their stable text and a list of all.
macro_rules! codes {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$doc])* $variant,)+
        }

        impl $name {
            /// Every code, for lists and for the test that each has its texts.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable code, in snake case.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.code())
            }
        }

        impl std::error::Error for $name {}
    };
}
pub(crate) use codes;

codes! {
    /// Why a presentation was accepted, refused, or cannot be decided.
    ///
    /// Complete: a reader that meets another code is older than the format. docs/format.md has the order in which
    /// they are looked for.
    Code {
        /// Everything holds.
        Accepted = "accepted",
        /// A genuine printed document; it says nothing about who holds it.
        DocumentOnly = "document_only",
        /// The reader has no trust list.
        NoTrustList = "no_trust_list",
        /// The reader's trust list is out of date.
        TrustListExpired = "trust_list_expired",
        /// The trust list does not know the key that issued it.
        UnknownIssuer = "unknown_issuer",
        /// The reader's clock is before its own signed data.
        ClockWrong = "clock_wrong",
        /// The pass can be revoked, and the reader has no list to look in.
        NoStatusList = "no_status_list",
        /// The reader's status list is out of date.
        StatusListExpired = "status_list_expired",
        /// The reader's data are older than its rule for this service lets it decide with.
        DataTooOld = "data_too_old",
        /// The reader's rule for this service is out of date.
        RulesExpired = "rules_expired",
        /// Everything holds; the face is still to be compared.
        FaceNotCompared = "face_not_compared",
        /// The photo has not arrived whole, or a pass that names somebody has none.
        PhotoIncomplete = "photo_incomplete",
        /// The reader's type register has no such kind of pass.
        UnknownType = "unknown_type",
        /// The pass lacks what the type register says every pass of its kind has.
        ClaimsMissing = "claims_missing",
        /// The reader's type register is out of date.
        TypesExpired = "types_expired",
        /// A genuine printed card, which anyone could hold or have copied.
        PaperNotPresence = "paper_not_presence",
        /// Not the strict form.
        Malformed = "malformed",
        /// Larger than any real one.
        TooLarge = "too_large",
        /// Another kind of code.
        WrongCode = "wrong_code",
        /// Signed with an algorithm that is not taken.
        AlgorithmNotAllowed = "algorithm_not_allowed",
        /// A signed header that the format does not have.
        UnknownHeader = "unknown_header",
        /// The issuer's signature is wrong.
        IssuerSignature = "issuer_signature",
        /// The holder's signature is wrong: changed on the way, or another phone's pass.
        HolderSignature = "holder_signature",
        /// The issuer may not issue this kind of pass.
        IssuerNotAllowed = "issuer_not_allowed",
        /// The issuer's key was withdrawn.
        IssuerKeyRevoked = "issuer_key_revoked",
        /// Outside the time of the issuer's key.
        IssuerKeyExpired = "issuer_key_expired",
        /// The holder's key is one that proves nothing.
        WeakKey = "weak_key",
        /// The pass is over.
        Expired = "expired",
        /// The pass has not begun.
        NotYetValid = "not_yet_valid",
        /// Shown too long ago: a photo or a recording.
        Stale = "stale",
        /// Made in the future by this reader's clock.
        FromTheFuture = "from_the_future",
        /// A presentation that would live longer than 60 seconds.
        LifetimeTooLong = "lifetime_too_long",
        /// Shown here before.
        Replayed = "replayed",
        /// Made for another desk.
        WrongDesk = "wrong_desk",
        /// A phone's pass, or a kind of pass that only a phone shows, as a printed document.
        NotADocument = "not_a_document",
        /// The answer to another request.
        WrongRequest = "wrong_request",
        /// Names or a photo without a request.
        RequestRequired = "request_required",
        /// Another kind of pass than was asked for.
        WrongPass = "wrong_pass",
        /// The citizen was proofed less well than this service needs.
        AssuranceTooLow = "assurance_too_low",
        /// Genuine, and it says something else than this service needs: younger than 18, for one.
        NotMet = "not_met",
        /// Revoked by the province.
        Revoked = "revoked",
        /// Suspended by the province, until it lifts that.
        Suspended = "suspended",
        /// Used up: it holds for one deed, and that was done.
        Consumed = "consumed",
        /// The officer saw another face.
        FaceDiffers = "face_differs",
    }
}

impl Code {
    /// Which of the three outcomes this code is.
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::Accepted | Self::DocumentOnly => Verdict::Accepted,
            Self::NoTrustList
            | Self::TrustListExpired
            | Self::UnknownIssuer
            | Self::ClockWrong
            | Self::NoStatusList
            | Self::StatusListExpired
            | Self::DataTooOld
            | Self::RulesExpired
            | Self::FaceNotCompared
            | Self::PhotoIncomplete
            | Self::UnknownType
            | Self::ClaimsMissing
            | Self::TypesExpired
            | Self::PaperNotPresence => Verdict::Undecided,
            _ => Verdict::Refused,
        }
    }
}

impl From<crate::cose::CoseError> for Code {
    fn from(e: crate::cose::CoseError) -> Self {
        use crate::cose::CoseError;
        match e {
            CoseError::Malformed => Self::Malformed,
            CoseError::Algorithm => Self::AlgorithmNotAllowed,
            CoseError::UnknownHeader => Self::UnknownHeader,
            CoseError::OtherKind => Self::WrongCode,
        }
    }
}

impl From<crate::cbor::Malformed> for Code {
    fn from(_: crate::cbor::Malformed) -> Self {
        Self::Malformed
    }
}

impl From<crate::keys::KeyError> for Code {
    fn from(e: crate::keys::KeyError) -> Self {
        match e {
            crate::keys::KeyError::Malformed => Self::Malformed,
            crate::keys::KeyError::Weak => Self::WeakKey,
        }
    }
}
