//! Why passes or a document were ended or suspended: a closed list of words, so that every one has a sentence in every
//! language and none holds what somebody typed about a person.

use serde::{Deserialize, Serialize};

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $word:literal;)+) => {
        /// Why passes or a document were ended or suspended. Closed here; [`Reason::Other`] is what a newer province says to
        /// an older phone, and nobody gives it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum Reason {
            $($(#[$doc])* $variant,)+
            /// Something that this program does not know.
            #[serde(other)]
            Other,
        }

        impl Reason {
            /// Every reason that can be given.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The stable word, as in JSON.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other => "other",
                }
            }
        }
    };
}

reasons! {
    /// The citizen has died, as NADRA records it.
    Deceased = "deceased";
    /// NADRA has blocked, impounded or cancelled the citizen's card.
    CnicBlocked = "cnic_blocked";
    /// What was enrolled or granted rests on a false statement or a forged paper.
    Fraud = "fraud";
    /// The office made a mistake.
    IssuedInError = "issued_in_error";
    /// The phone is lost or stolen.
    Lost = "lost";
    /// The citizen asked for it.
    CitizenRequest = "citizen_request";
    /// A court ordered it.
    CourtOrder = "court_order";
    /// It is being looked into; what is ended for good has a reason of its own.
    UnderInquiry = "under_inquiry";
    /// Another one takes its place.
    Superseded = "superseded";
    /// The department that granted it took it back.
    DepartmentWithdrawal = "department_withdrawal";
}

impl Reason {
    /// Reads a word of somebody who gives a reason; `None` for one that nobody gives.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.as_str() == word)
    }

    /// Whether something may be ended for good for it: an inquiry has no end yet.
    pub const fn may_end(self) -> bool {
        !matches!(self, Self::UnderInquiry | Self::Other)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn each_word_is_read_as_it_is_written_and_a_newer_one_is_other() {
        for reason in Reason::ALL {
            assert_eq!(Reason::parse(reason.as_str()), Some(*reason));
            let json = serde_json::to_value(reason).unwrap();
            assert_eq!(json, reason.as_str());
            assert_eq!(serde_json::from_value::<Reason>(json).unwrap(), *reason);
        }
        assert_eq!(Reason::parse("other"), None, "nobody gives it");
        let newer = serde_json::from_str::<Reason>("\"struck_by_lightning\"").unwrap();
        assert_eq!(newer, Reason::Other);
    }

    #[test]
    fn nothing_is_ended_for_good_while_it_is_looked_into() {
        assert!(!Reason::UnderInquiry.may_end() && !Reason::Other.may_end());
        assert!(Reason::Fraud.may_end());
    }
}
