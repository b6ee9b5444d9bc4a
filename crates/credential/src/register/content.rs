//! What a type register says, as types. The same shapes are read from a data file (JSON) by the programs that sign one.

use serde::{Deserialize, Serialize};

use crate::claims::Claims;
use crate::names::Names;
use crate::time::Timestamp;
use crate::vct::Vct;

/// All that a register says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterContent {
    /// Counts up with each register.
    pub sequence: u64,
    /// When it was signed.
    pub iat: Timestamp,
    /// From when readers say "cannot decide" with it.
    pub exp: Timestamp,
    /// The types, in the order in which lists show them.
    pub types: Vec<PassType>,
}

/// One kind of pass or document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PassType {
    /// Its name on the wire.
    pub vct: Vct,
    /// Its name on screens.
    pub name: Names,
    /// Name of a picture of the interface, such as `card`; a program that does not know it draws a sheet of paper.
    pub icon: String,
    /// Whole days from the day of issue that one credential lives at most.
    pub lifetime_days: u32,
    /// How many a phone keeps, 0 to 20; with 0 it is on paper only.
    pub stock: u32,
    /// Whether a credential can be revoked by itself, and in which list.
    pub status: StatusRule,
    /// Whether the phone's form must be bound to a photo.
    pub photo: bool,
    /// The least assurance level of the proofing that it is issued on, 0 to 4.
    pub assurance: u8,
    /// How it may be presented.
    pub show: ShowRule,
    /// What it holds, in the order in which people read it.
    pub claims: Vec<ClaimType>,
}

/// Whether a credential can be revoked by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusRule {
    /// No: it names nobody and is short-lived.
    None,
    /// By the person's one index in the list `id`, which all their identity passes share.
    Person,
    /// By an index of its own in the list of this name.
    List(String),
}

/// The list of people's identity passes.
pub(super) const PERSON_LIST: &str = "id";

impl StatusRule {
    /// The list in which a credential's index is.
    pub fn list(&self) -> Option<&str> {
        match self {
            Self::None => None,
            Self::Person => Some(PERSON_LIST),
            Self::List(name) => Some(name),
        }
    }

    pub(super) fn allows(&self, list: Option<&str>) -> bool {
        self.list() == list
    }
}

/// How a credential of a type may be presented.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ShowRule {
    /// To any desk at once, for a minute: only what names nobody.
    pub timed: bool,
    /// To a desk's request.
    pub request: bool,
    /// On paper, without a holder's key.
    pub printed: bool,
}

/// One claim of a type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimType {
    /// Its name in programs and data: 1 to 32 characters of `a`-`z`, `0`-`9` and `_`.
    pub key: String,
    /// Where it stands in a credential.
    pub at: Place,
    /// What its value is.
    pub kind: Kind,
    /// Its name on screens.
    pub label: Names,
    /// Whether a credential must have it.
    #[serde(default)]
    pub required: bool,
    /// In which form of the credential it stands.
    #[serde(default)]
    pub form: Form,
    /// The words of [`Kind::Word`]; of [`Kind::Truth`] how true (1) and false (0) are said, or none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<Word>,
}

/// Where a claim stands in a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Member of claim 169.
    Identity(u8),
    /// Number in the map of facts (-65601): 1 to 9 are the format's own, 32 to 255 a document's fields.
    Fact(u8),
}

/// What a claim's value is, and so how it is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Text in Latin letters.
    Latin,
    /// Text in Arabic letters.
    Arabic,
    /// Text in either.
    Text,
    /// A whole number.
    Number,
    /// A day: text `YYYYMMDD` in claim 169, the same digits as a number in a field.
    Date,
    /// True or false.
    Truth,
    /// 13 digits: text in claim 169, a number in a field.
    Cnic,
    /// The id of a district, such as `peshawar`.
    District,
    /// Paisa.
    Money,
    /// A number that stands for one of the claim's words.
    Word,
    /// SHA-256 of the photo.
    Photo,
    /// A day in a field, written as [`Kind::Date`]: the last one on which the document holds, whatever its credential
    /// says. It ends at the midnight (UTC) after it.
    LastDay,
}

impl Kind {
    pub(super) const ALL: [Self; 12] = [
        Self::Latin,
        Self::Arabic,
        Self::Text,
        Self::Number,
        Self::Date,
        Self::Truth,
        Self::Cnic,
        Self::District,
        Self::Money,
        Self::Word,
        Self::Photo,
        Self::LastDay,
    ];
}

/// The two forms of a credential.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// In either form.
    #[default]
    Both,
    /// Only on the phone, bound to a holder's key.
    Phone,
    /// Only on paper: nothing is bound to a key, and no photo travels.
    Paper,
}

impl Form {
    pub(super) const ALL: [Self; 3] = [Self::Both, Self::Phone, Self::Paper];

    /// The form of a credential: with a holder's key it is the phone's.
    pub(super) const fn of(claims: &Claims) -> Self {
        if claims.holder.is_some() {
            Self::Phone
        } else {
            Self::Paper
        }
    }
}

impl ClaimType {
    /// Whether the claim stands in this form of a credential.
    pub fn stands_in(&self, form: Form) -> bool {
        self.form == Form::Both || self.form == form
    }

    pub(super) fn must_stand_in(&self, form: Form) -> bool {
        self.required && self.stands_in(form)
    }
}

/// One word of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Word {
    /// Its number on the wire.
    pub code: u8,
    /// Its name in programs and data.
    pub key: String,
    /// The word on screens.
    pub label: Names,
}
