//! The definition of a service: what its form asks, by which rules, and what is attached. Data of the catalogue, signed with it;
//! phones and the province parse by this one module, so that what a phone takes for whole the province takes, too.
//!
//! ```text
//! mod.rs     the parts of a definition as they are signed, and one put together ([`Definition`])
//! value.rs   one value of one type
//! form.rs    a whole form: every fault at once, or the form in its one spelling
//! sample.rs  forms that keep the rules, from numbers, for sandboxes and tests
//! ```

mod form;
mod sample;
mod value;

use std::collections::{BTreeMap, BTreeSet};

use credential::Names;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::catalogue::guide::{Document, DocumentKind, Guide, ServiceGuide};

pub use form::{Filled, prune};

/// Most letters of a line of text where the field does not say.
pub const TEXT_MAX: u16 = 200;
/// Most letters of a text of several lines where the field does not say.
pub const LONG_MAX: u16 = 1_000;
/// Most letters of a number with letters in it (a licence, a passport) where the field does not say.
pub const CODE_MAX: u16 = 40;
/// Most rows of a list where the field does not say.
pub const ROWS_MAX: u16 = 20;
/// Largest photo of a paper, in bytes: 150 KB.
pub const PHOTO_BYTES_MAX: usize = 150_000;
/// Most documents with one application.
pub const ATTACHMENTS_MAX: usize = 12;

/// A question of the library: many forms ask it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Its id, such as `vehicle_number`: the member of the form that has the answer.
    pub id: String,
    /// What is asked; of a declaration, the sentence that is declared.
    pub name: Names,
    /// A word of help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<Names>,
    /// What an answer can be.
    pub ask: Ask,
    /// Where a wallet finds the answer: `TYPE.CLAIM` of a credential, such as `vehicle-card.registration_number`, the best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<String>,
}

/// What an answer can be: its type and rules. In a form: text unless the variant says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Ask {
    /// A person's name, in Latin or in Arabic script.
    Name,
    /// A line.
    Text {
        /// Fewest letters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<u16>,
        /// Most letters, [`TEXT_MAX`] if not said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<u16>,
    },
    /// Several lines.
    Long {
        /// Fewest letters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<u16>,
        /// Most letters, [`LONG_MAX`] if not said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<u16>,
    },
    /// A number that has letters: Latin letters, digits and ` -/.#()`.
    Code {
        /// Fewest signs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<u16>,
        /// Most signs, [`CODE_MAX`] if not said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<u16>,
    },
    /// Digits that nobody calculates with.
    Digits {
        /// Fewest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<u16>,
        /// Most, [`CODE_MAX`] if not said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<u16>,
    },
    /// A CNIC number, 13 digits.
    Cnic,
    /// A Pakistani mobile number, `+923001234567`.
    Mobile,
    /// An e-mail address.
    Email,
    /// A Pakistani bank account (ISO 13616): `PK`, two check digits, four letters, sixteen digits or letters.
    Iban,
    /// What stands on a number plate.
    Vehicle,
    /// A day, `YYYY-MM-DD`.
    Date {
        /// Not before so many days from today, below 0 in the past.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<i32>,
        /// Not after so many days from today.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<i32>,
    },
    /// A whole number; a JSON number.
    Number {
        /// Least.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<i64>,
        /// Most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<i64>,
    },
    /// Whole rupees; a JSON number.
    Money {
        /// Least.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<i64>,
        /// Most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<i64>,
    },
    /// One of these, by its id.
    Choice {
        /// Which.
        choices: Vec<Choice>,
    },
    /// One or more of these; a list of ids.
    Choices {
        /// Which.
        choices: Vec<Choice>,
    },
    /// Yes or no; JSON's `true` or `false`.
    YesNo,
    /// A district, by its id.
    District,
    /// A place in Pakistan, `34.015137,71.524915`: degrees north and east.
    Gps,
    /// Rows of other fields; a list of objects.
    List {
        /// What each row asks.
        of: Vec<Asked>,
        /// Fewest rows, 1 if not said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<u16>,
        /// Most rows, [`ROWS_MAX`] if not said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<u16>,
    },
    /// A sentence that is declared; `true`.
    Declare,
    /// A type of a later version: this one cannot fill the form.
    #[serde(other)]
    Other,
}

/// One of several answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Its id: what the form has.
    pub id: String,
    /// Its name.
    pub name: Names,
}

/// A field where it is asked. In JSON its id alone, where nothing else is to be said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "AskedText", into = "AskedText")]
pub struct Asked {
    /// The id of the field.
    pub field: String,
    /// Whether it may be left empty.
    pub optional: bool,
    /// Asked only then.
    pub when: Option<When>,
}

/// [`Asked`] as it is written.
#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum AskedText {
    Plain(String),
    Whole {
        field: String,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        optional: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        when: Option<When>,
    },
}

impl From<AskedText> for Asked {
    fn from(text: AskedText) -> Self {
        let (field, optional, when) = match text {
            AskedText::Plain(field) => (field, false, None),
            AskedText::Whole {
                field,
                optional,
                when,
            } => (field, optional, when),
        };
        Self {
            field,
            optional,
            when,
        }
    }
}

impl From<Asked> for AskedText {
    fn from(asked: Asked) -> Self {
        let Asked {
            field,
            optional,
            when,
        } = asked;
        if optional || when.is_some() {
            Self::Whole {
                field,
                optional,
                when,
            }
        } else {
            Self::Plain(field)
        }
    }
}

/// On which answer to an earlier question another one is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    /// The earlier field: a choice, or yes or no.
    pub field: String,
    /// Its answers.
    pub is: Vec<Value>,
}

/// One page of a form: one subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The id of its subject.
    pub topic: String,
    /// What is asked, in order.
    pub fields: Vec<Asked>,
}

/// What a service asks, as the catalogue has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// Its pages, in order.
    pub pages: Vec<Page>,
    /// Of the service's documents, those that not everybody brings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub optional_documents: Vec<String>,
    /// What happens after it is sent: ids, in order.
    pub steps: Vec<String>,
    /// The type of the credential that comes of it, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issues: Option<String>,
}

/// A subject or a step, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Names,
}

/// A definition put together: everything that it names is there, and everything in it is known to this version.
#[derive(Clone, Debug)]
pub struct Definition<'a> {
    /// What the catalogue says of the service.
    pub service: &'a ServiceGuide,
    /// Its form.
    pub form: &'a Form,
    guide: &'a Guide,
    fields: BTreeMap<&'a str, &'a Field>,
    districts: BTreeSet<&'a str>,
}

impl Guide {
    /// The definition of a service; none where the catalogue has none, or one that this version cannot read whole.
    pub fn definition(&self, service: &str) -> Option<Definition<'_>> {
        let service = self.services.iter().find(|one| one.id == service)?;
        let form = service.form.as_ref()?;
        let library: BTreeMap<&str, &Field> = self.fields.iter().map(|one| (&*one.id, one)).collect();
        let mut fields = BTreeMap::new();
        for asked in form.pages.iter().flat_map(|page| &page.fields) {
            let field = *library.get(&*asked.field)?;
            fields.insert(&*field.id, field);
            if let Ask::List { of, .. } = &field.ask {
                for inner in of {
                    let inner = *library.get(&*inner.field)?;
                    fields.insert(&*inner.id, inner);
                }
            }
        }
        let is_known = fields.values().all(|field| field.ask != Ask::Other);
        (is_known && !form.pages.is_empty()).then(|| Definition {
            service,
            form,
            guide: self,
            districts: self.districts.iter().map(|one| &*one.id).collect(),
            fields,
        })
    }
}

impl<'a> Definition<'a> {
    /// A field that the form asks, in its pages or in the rows of a list.
    pub fn field(&self, id: &str) -> Option<&'a Field> {
        self.fields.get(id).copied()
    }

    /// All questions of the pages, in order.
    pub fn asked(&self) -> impl Iterator<Item = (&'a Asked, &'a Field)> + '_ {
        let pages = self.form.pages.iter();
        pages
            .flat_map(|page| &page.fields)
            .filter_map(|asked| Some((asked, self.field(&asked.field)?)))
    }

    /// What is attached: papers, cards and pictures of persons, each with whether everybody attaches it.
    pub fn attachable(&self) -> impl Iterator<Item = (&'a Document, bool)> + '_ {
        let documents = self.service.documents.iter();
        documents
            .filter_map(|id| self.guide.documents.iter().find(|one| one.id == *id))
            .filter(|one| {
                matches!(
                    one.kind,
                    DocumentKind::Paper | DocumentKind::Identity | DocumentKind::Photo
                )
            })
            .map(|one| (one, !self.form.optional_documents.contains(&one.id)))
    }

    /// Its pages: the subject and what is asked.
    pub fn pages(&self) -> impl Iterator<Item = (&'a Label, &'a [Asked])> + '_ {
        let pages = self.form.pages.iter();
        pages.filter_map(|page| {
            let topic = self.guide.topics.iter().find(|one| one.id == page.topic)?;
            Some((topic, &*page.fields))
        })
    }

    /// What happens after it is sent, in order.
    pub fn steps(&self) -> impl Iterator<Item = &'a Label> + '_ {
        let steps = self.form.steps.iter();
        steps.filter_map(|id| self.guide.steps.iter().find(|one| one.id == *id))
    }

    fn has_district(&self, id: &str) -> bool {
        self.districts.contains(id)
    }
}
