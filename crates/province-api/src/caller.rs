//! Callers besides wallets: what a counter or a system may do, and what the province says of it to itself.

use serde::{Deserialize, Serialize};

macro_rules! scopes {
    ($($(#[$doc:meta])* $variant:ident = $word:literal,)+) => {
        /// What a system may do. The words are a contract.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum Scope { $($(#[$doc])* #[serde(rename = $word)] $variant,)+ }

        impl Scope {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable word.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// Reads the word.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|scope| scope.as_str() == word)
            }
        }
    };
}

scopes! {
    /// Reads the applications that are addressed to its department.
    ApplicationsRead = "applications:read",
    /// Answers them: with events and documents.
    ApplicationsAnswer = "applications:answer",
    /// Says where it wants to be told of them, and looks at what could not be told.
    Webhooks = "webhooks",
    /// Exchanges the catalogue and the states of applications, as a dispatcher for several departments.
    Dispatch = "dispatch",
    /// Asks for bills and says that they were paid, as a payment network.
    Bills = "bills",
}

/// What the province says of a counter to itself: with it a desk's owner sees that certificate, clock and connection are
/// good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CounterReply {
    /// The audience whose requests it may sign.
    pub audience: String,
    /// From when its certificate holds no longer, unix seconds.
    pub certified_until: u64,
    /// The province's clock, unix seconds.
    pub now: u64,
}

/// What the province says of a system to itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SystemReply {
    /// Its name, as the audit log has it.
    pub system: String,
    /// The office of the catalogue that it works for, if it works for one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub office: Option<String>,
    /// What the key that signed may do.
    pub scopes: Vec<Scope>,
    /// From when the key holds no longer, unix seconds.
    pub valid_until: u64,
    /// The province's clock, unix seconds.
    pub now: u64,
}
