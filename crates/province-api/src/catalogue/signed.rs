//! What is signed of the entries of the files: neither how a value is known, nor notes, nor marks.

use credential::{LimitUnit, Office, Service, TimeLimit};

use super::guide::{Authority, District, Division, Document, Guide, LifeEvent, ServiceGuide};
use super::{
    AuthorityEntry, CatalogueFile, DistrictEntry, DivisionEntry, DocumentEntry, EventEntry, FieldEntry,
    HolidayEntry, Known, LabelEntry, LimitEntry, ServiceEntry, Signed, UnitEntry,
};
use crate::deadline::Holiday;
use crate::definition::{Field, Label};

impl CatalogueFile {
    /// What is signed of the file, which is where offices and services are checked.
    pub fn content(&self) -> Signed {
        let offices = self.offices.iter().map(|one| Office {
            id: one.id.clone(),
            name: one.name.clone(),
        });
        let services = self.services.iter().map(ServiceEntry::service);
        let guide = self.guide();
        let bytes = if guide == Guide::default() {
            Vec::new()
        } else {
            guide.to_bytes()
        };
        (offices.collect(), services.collect(), bytes)
    }

    /// The guide that is signed.
    pub fn guide(&self) -> Guide {
        Guide {
            authorities: self.authorities.iter().map(AuthorityEntry::authority).collect(),
            documents: self.documents.iter().map(DocumentEntry::document).collect(),
            divisions: self.divisions.iter().map(DivisionEntry::division).collect(),
            districts: self.districts.iter().map(DistrictEntry::district).collect(),
            events: self.events.iter().map(EventEntry::event).collect(),
            holidays: self.holidays.iter().map(HolidayEntry::holiday).collect(),
            fields: self.fields.iter().map(FieldEntry::field).collect(),
            topics: self.topics.iter().map(LabelEntry::label).collect(),
            steps: self.steps.iter().map(LabelEntry::label).collect(),
            services: self.services.iter().filter_map(ServiceEntry::guide).collect(),
        }
    }
}

impl AuthorityEntry {
    fn authority(&self) -> Authority {
        Authority {
            id: self.id.clone(),
            name: self.name.clone(),
            reach: self.reach,
            place: self.place.clone(),
        }
    }
}

impl DocumentEntry {
    fn document(&self) -> Document {
        Document {
            id: self.id.clone(),
            name: self.name.clone(),
            kind: self.kind,
            held: self.held.clone(),
        }
    }
}

impl DivisionEntry {
    fn division(&self) -> Division {
        Division {
            id: self.id.clone(),
            name: self.name.clone(),
            seat: self.seat.clone(),
        }
    }
}

impl DistrictEntry {
    fn district(&self) -> District {
        District {
            id: self.id.clone(),
            name: self.name.clone(),
            division: self.division.clone(),
        }
    }
}

impl EventEntry {
    fn event(&self) -> LifeEvent {
        LifeEvent {
            id: self.id.clone(),
            name: self.name.clone(),
            services: self.services.clone(),
        }
    }
}

impl HolidayEntry {
    fn holiday(&self) -> Holiday {
        Holiday {
            on: self.on,
            name: self.name.clone(),
            provisional: self.provisional,
        }
    }
}

impl FieldEntry {
    fn field(&self) -> Field {
        self.field.clone()
    }
}

impl LabelEntry {
    fn label(&self) -> Label {
        Label {
            id: self.id.clone(),
            name: self.name.clone(),
        }
    }
}

impl ServiceEntry {
    /// What the guide says of it; nothing where the file does not say who decides and what comes of it.
    pub fn guide(&self) -> Option<ServiceGuide> {
        let needed = self.documents.as_ref();
        Some(ServiceGuide {
            id: self.id.clone(),
            authority: self.authority.clone()?,
            documents: needed.map(|needed| needed.list.clone()).unwrap_or_default(),
            documents_sourced: needed.is_some_and(|needed| needed.known == Known::Sourced),
            output: self.output.clone()?,
            pays: self.pays,
            recurs: self.recurs,
            appeal: self.appeal.clone(),
            words: self.words.clone(),
            form: self.form.clone(),
        })
    }

    /// What is signed of it.
    pub fn service(&self) -> Service {
        Service {
            id: self.id.clone(),
            office: self.office.clone(),
            name: self.name.clone(),
            fee_rupees: self.fee_rupees,
            limit: self.limit.map(LimitEntry::limit),
        }
    }
}

impl From<TimeLimit> for LimitEntry {
    fn from(limit: TimeLimit) -> Self {
        Self {
            days: limit.days,
            unit: match limit.unit {
                LimitUnit::Days => UnitEntry::Days,
                LimitUnit::WorkingDays => UnitEntry::WorkingDays,
            },
        }
    }
}

impl LimitEntry {
    /// What is signed of it.
    pub const fn limit(self) -> TimeLimit {
        TimeLimit {
            days: self.days,
            unit: match self.unit {
                UnitEntry::Days => LimitUnit::Days,
                UnitEntry::WorkingDays => LimitUnit::WorkingDays,
            },
        }
    }
}
