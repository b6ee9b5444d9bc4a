//! Whose a document is, where a guardian holds some for children.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::ClaimView;
use crate::opaque::opaque_debug;

opaque_debug!(Child, AnswerChoice);

/// A child whose document this is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(deny_unknown_fields)]
pub struct Child {
    /// Its number with this citizen, from 1: the same for all kinds of documents.
    pub no: u32,
    /// What it is called in Latin letters; empty as long as nothing of it came here.
    pub name_en: String,
    /// The same in Urdu; empty where its documents do not say it.
    pub name_ur: String,
}

/// One of several documents that answer a request.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AnswerChoice {
    /// Whose: 0 is the citizen's own.
    pub no: u32,
    /// The child, if it is one's.
    pub child: Option<Child>,
    /// What the desk would learn.
    pub claims: Vec<ClaimView>,
}
