//! A lost phone, told from another one.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::Draft;
use crate::opaque::opaque_debug;

opaque_debug!(LostPerson);

/// That the province disabled the wallet of a lost phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct LostTold {
    /// Since when it is disabled, by the province's clock.
    pub disabled_at: u32,
}

/// The person of a report that was refused, to be mended.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct LostPerson {
    /// As it was typed.
    pub person: Draft,
    /// The picture that was sent, as a `data:` URL.
    pub photo: String,
}
