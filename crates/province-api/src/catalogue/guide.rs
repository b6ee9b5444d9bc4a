//! The guide of a catalogue: who decides about each service, where to go, what to bring, what comes of it, and who hears an
//! appeal; the districts; and what happens in a life. JSON inside what is signed.
//!
//! It is read leniently: members that this version does not know are passed over, so that a guide of a later version still
//! says what it says. Names and everyday words are of three languages and no more. What contradicts itself is no guide ([`Guide::read`]), and a reader without one shows the rest of the
//! catalogue.

use std::collections::BTreeSet;

use credential::Names;
use serde::{Deserialize, Serialize};

use crate::deadline::Holiday;
use crate::definition::{Ask, Field, Form, Label};

/// Largest guide, in bytes.
pub const GUIDE_BYTES_MAX: usize = 1536 * 1024;

/// What is signed beside the offices and the services.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Guide {
    /// Who decides.
    pub authorities: Vec<Authority>,
    /// What citizens bring.
    pub documents: Vec<Document>,
    /// The divisions of the province.
    pub divisions: Vec<Division>,
    /// The districts of the divisions.
    pub districts: Vec<District>,
    /// What happens in a life, and the services that it calls for.
    pub events: Vec<LifeEvent>,
    /// Days on which offices are closed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub holidays: Vec<Holiday>,
    /// What forms ask.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
    /// The subjects of their pages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<Label>,
    /// What happens after they are sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Label>,
    /// Of each service, in the catalogue's order.
    pub services: Vec<ServiceGuide>,
}

/// Who decides about a service, and where they are found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authority {
    /// Its id, such as `deputy-commissioner`.
    pub id: String,
    /// Its name.
    pub name: Names,
    /// How many of them there are.
    pub reach: Reach,
    /// Where to go, in a sentence, for somebody without a phone.
    pub place: Names,
}

/// How many offices an authority has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// One for the whole province.
    Province,
    /// One in each division.
    Division,
    /// One in each district.
    District,
    /// One in each tehsil.
    Tehsil,
    /// One for each village or neighbourhood council.
    Council,
    /// Hospitals, schools, police stations, banks: any that does it.
    Facility,
    /// A word of a later version.
    #[serde(other)]
    Other,
}

/// Something that citizens bring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Its id, such as `cnic-copy`.
    pub id: String,
    /// Its name.
    pub name: Names,
    /// What it is.
    pub kind: DocumentKind,
    /// The types of credentials that stand for it, so that a wallet presents one and nobody hands the paper in again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<String>,
}

/// What it is that citizens bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// A certificate or another paper.
    Paper,
    /// What says who somebody is: a CNIC, a Form B, a passport.
    Identity,
    /// A photograph of a person.
    Photo,
    /// What is filled in or signed.
    Form,
    /// The receipt of what was paid.
    Payment,
    /// No paper: a number, a date, an address.
    Detail,
    /// Something else that is brought along: a vehicle, a sample.
    Thing,
    /// A word of a later version.
    #[serde(other)]
    Other,
}

/// A division.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Division {
    /// Its id, such as `malakand`.
    pub id: String,
    /// Its name.
    pub name: Names,
    /// The district of its headquarters.
    pub seat: String,
}

/// A district.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct District {
    /// Its id, such as `bajaur`.
    pub id: String,
    /// Its name.
    pub name: Names,
    /// The id of its division.
    pub division: String,
}

/// Something that happens in a life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifeEvent {
    /// Its id, such as `birth`.
    pub id: String,
    /// Its name.
    pub name: Names,
    /// The services that it calls for, the first one first.
    pub services: Vec<String>,
}

/// What is known of a service beside its name, fee and time limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceGuide {
    /// The id of the service.
    pub id: String,
    /// Who decides.
    pub authority: String,
    /// What to bring, in order.
    pub documents: Vec<String>,
    /// Whether a source says so; else it is what such services usually ask for, to be confirmed with the department.
    pub documents_sourced: bool,
    /// What comes of it.
    pub output: Names,
    /// Whether something is paid for it.
    pub pays: bool,
    /// Whether it is due again each year or period.
    pub recurs: bool,
    /// The service by which an appeal is made, where a source says who hears it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appeal: Option<String>,
    /// Other words for it.
    #[serde(default)]
    pub words: EverydayWords,
    /// What is asked of who applies for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<Form>,
}

/// How people call a service who do not know its name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EverydayWords {
    /// English, and Urdu and Pashto in Latin letters.
    pub en: Vec<String>,
    /// Urdu.
    pub ur: Vec<String>,
    /// Pashto.
    pub ps: Vec<String>,
}

impl Guide {
    /// Reads what was signed. `services` are the ids of the catalogue's services.
    ///
    /// # Errors
    /// None where there is no guide, or where it contradicts itself or the catalogue: an id twice, or one that is not there.
    pub fn read<'a>(bytes: &[u8], services: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        if bytes.is_empty() || bytes.len() > GUIDE_BYTES_MAX {
            return None;
        }
        let guide: Self = serde_json::from_slice(bytes).ok()?;
        let services = services.into_iter().collect();
        guide.is_sound(&services).then_some(guide)
    }

    /// Whether each id stands once and everything that is named is there.
    pub fn is_sound(&self, services: &BTreeSet<&str>) -> bool {
        let authorities = unique(self.authorities.iter().map(|one| &*one.id));
        let documents = unique(self.documents.iter().map(|one| &*one.id));
        let divisions = unique(self.divisions.iter().map(|one| &*one.id));
        let districts = unique(self.districts.iter().map(|one| &*one.id));
        let events = unique(self.events.iter().map(|one| &*one.id));
        let guided = unique(self.services.iter().map(|one| &*one.id));
        if unique(self.fields.iter().map(|one| &*one.id)).is_none() {
            return false;
        }
        let (Some(authorities), Some(documents), Some(divisions), Some(districts), Some(_), Some(guided)) =
            (authorities, documents, divisions, districts, events, guided)
        else {
            return false;
        };
        guided.is_subset(services)
            && self.divisions.iter().all(|one| districts.contains(&*one.seat))
            && self
                .districts
                .iter()
                .all(|one| divisions.contains(&*one.division))
            && self
                .events
                .iter()
                .flat_map(|one| &one.services)
                .all(|id| services.contains(&**id))
            && self.services.iter().all(|one| {
                one.form.as_ref().is_none_or(|form| self.is_form_sound(form))
                    && authorities.contains(&*one.authority)
                    && one.documents.iter().all(|id| documents.contains(&**id))
                    && one.appeal.as_deref().is_none_or(|id| services.contains(id))
            })
    }

    /// Whether the questions of a form, those of their rows, and its subjects and steps are there.
    fn is_form_sound(&self, form: &Form) -> bool {
        let has = |labels: &[Label], id: &str| labels.iter().any(|one| one.id == id);
        let field = |id: &str| self.fields.iter().find(|one| one.id == id);
        let mut pages = form.pages.iter();
        form.steps.iter().all(|id| has(&self.steps, id))
            && pages.all(|page| {
                has(&self.topics, &page.topic)
                    && page.fields.iter().all(|asked| {
                        field(&asked.field).is_some_and(|one| match &one.ask {
                            Ask::List { of, .. } => of.iter().all(|inner| field(&inner.field).is_some()),
                            _ => true,
                        })
                    })
            })
    }

    /// As it is signed.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Strings, lists and words: nothing that JSON cannot say.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// These ids; none if one stands twice.
fn unique<'a>(ids: impl Iterator<Item = &'a str>) -> Option<BTreeSet<&'a str>> {
    let mut all = BTreeSet::new();
    let mut ids = ids;
    ids.all(|id| all.insert(id)).then_some(all)
}
