//! The catalogue of services as a screen shows it: by what happens in a life, by office, searched in three scripts, one service
//! by itself.

use std::collections::HashMap;

use credential::{Catalogue, LimitUnit, Names, Office, RootSet, Service, TimeLimit};
use province_api::catalogue::guide::{Document, DocumentKind, Guide, ServiceGuide};
use province_api::deadline::{Calendar, Deadline};
use province_api::definition::Definition;
use province_api::person::Day;
use rusqlite::Connection;

use crate::error::StoreError;
use crate::home::screen_time;
use crate::register::Verified;
use crate::screen::{
    EventServices, FoundService, GuideView, LimitView, NeededKind, NeededView, OfficeServices, ServiceLine,
    ServiceView, Services, Words,
};
use crate::search::index::{Index, Place};
use crate::store::artefact;
use crate::sync::catalogue_here;

/// The service of the ombudsman.
const OMBUDSMAN: &str = "mohtasib-complaint";

/// The catalogue of an open vault with what each service is found by.
#[derive(Debug)]
pub(crate) struct Listed {
    catalogue: Catalogue,
    /// What the catalogue says beside names, fees and limits; empty if it says nothing, or what this version cannot read.
    guide: Guide,
    /// Services in the catalogue's order.
    index: Index,
}

/// The same, as it was verified last.
pub(crate) type Catalogued = Verified<Listed>;

impl Catalogued {
    /// The catalogue on the phone, verified; nothing if there is none.
    pub(crate) fn read(
        &mut self,
        database: &Connection,
        roots: &RootSet,
    ) -> Result<Option<&Listed>, StoreError> {
        self.read_by(database, artefact::CATALOGUE, || {
            Ok(catalogue_here(database, roots)?.map(Listed::of))
        })
    }
}

impl Listed {
    pub(crate) fn of(catalogue: Catalogue) -> Self {
        let content = catalogue.content();
        let ids = content.services.iter().map(|service| &*service.id);
        let guide = Guide::read(&content.guide, ids).unwrap_or_default();
        let mut listed = Self {
            guide,
            catalogue,
            index: Index::default(),
        };
        listed.index = Index::of(listed.texts());
        listed
    }

    /// What each service is found by.
    pub(crate) fn texts(&self) -> impl Iterator<Item = Vec<(Place, String)>> {
        let guides = self.guide.services.iter().map(|one| (&*one.id, one));
        let guides: HashMap<&str, &ServiceGuide> = guides.collect();
        self.catalogue.content().services.iter().map(move |service| {
            let mut texts = Vec::new();
            let mut say = |place, names: &Names| {
                texts.extend([&names.en, &names.ur, &names.ps].map(|text| (place, text.clone())));
            };
            say(Place::Name, &service.name);
            if let Some(office) = office_of(&self.catalogue, service) {
                say(Place::Beside, &office.name);
            }
            if let Some(guide) = guides.get(&*service.id) {
                say(Place::Beside, &guide.output);
                let words = &guide.words;
                let words = [&words.en, &words.ur, &words.ps].into_iter().flatten();
                texts.extend(words.map(|word| (Place::Everyday, word.clone())));
            }
            texts
        })
    }

    /// What was searched for, the best first; all there is where nothing is asked.
    pub(crate) fn search(&self, typed: &str) -> Services {
        let content = self.catalogue.content();
        let as_of = Some(screen_time(content.iat));
        if !typed.chars().any(char::is_alphanumeric) {
            return Services {
                as_of,
                found: Vec::new(),
                events: self.events(),
                offices: self.offices(),
            };
        }
        let found = self.index.find(typed).into_iter();
        let found = found.filter_map(|found| {
            let service = content.services.get(found.thing)?;
            Some(FoundService {
                id: service.id.clone(),
                name: Words::from(&service.name),
                office: Words::from(&office_of(&self.catalogue, service)?.name),
            })
        });
        Services {
            as_of,
            found: found.collect(),
            ..Services::default()
        }
    }

    fn offices(&self) -> Vec<OfficeServices> {
        let content = self.catalogue.content();
        let office = |office: &Office| {
            let of_it = content
                .services
                .iter()
                .filter(|service| service.office == office.id);
            let services: Vec<ServiceLine> = of_it.map(line).collect();
            (!services.is_empty()).then(|| OfficeServices {
                id: office.id.clone(),
                name: Words::from(&office.name),
                services,
            })
        };
        content.offices.iter().filter_map(office).collect()
    }

    fn events(&self) -> Vec<EventServices> {
        let events = self.guide.events.iter();
        events
            .map(|event| EventServices {
                id: event.id.clone(),
                name: Words::from(&event.name),
                services: event.services.iter().filter_map(|id| self.line_of(id)).collect(),
            })
            .collect()
    }

    fn line_of(&self, id: &str) -> Option<ServiceLine> {
        let mut services = self.catalogue.content().services.iter();
        services.find(|service| service.id == id).map(line)
    }

    /// One service; nothing if the catalogue does not have it (any more).
    pub(crate) fn service(&self, id: &str) -> Option<ServiceView> {
        let content = self.catalogue.content();
        let service = content.services.iter().find(|service| service.id == id)?;
        let office = office_of(&self.catalogue, service)?;
        Some(ServiceView {
            id: service.id.clone(),
            name: Words::from(&service.name),
            office: Words::from(&office.name),
            fee_rupees: service.fee_rupees,
            limit: service.limit.map(limit),
            guide: self.guide_of(id),
            as_of: screen_time(content.iat),
        })
    }

    /// By when an office has to be done with an application that came on a day; nothing where no source says how long it may take.
    pub(crate) fn deadline(&self, service: &str, from: Day, today: Day) -> Option<Deadline> {
        let mut services = self.catalogue.content().services.iter();
        let limit = services.find(|one| one.id == service)?.limit?;
        Calendar::new(&self.guide.holidays).deadline(from, limit, today)
    }

    /// The service by which an appeal against another one is made: the one that the catalogue names, else the ombudsman, who
    /// hears complaints about every office.
    pub(crate) fn appeal(&self, service: &str) -> Option<ServiceLine> {
        let guide = self.guide.services.iter().find(|one| one.id == service)?;
        self.line_of(guide.appeal.as_deref().unwrap_or(OMBUDSMAN))
            .filter(|line| line.id != service)
    }

    /// What a service and its office are called.
    pub(crate) fn names(&self, id: &str) -> Option<(Words, Words)> {
        let mut services = self.catalogue.content().services.iter();
        let service = services.find(|service| service.id == id)?;
        let office = office_of(&self.catalogue, service)?;
        Some((Words::from(&service.name), Words::from(&office.name)))
    }

    /// What a service asks; nothing where the catalogue does not say, or says what this version cannot read.
    pub(crate) fn definition(&self, id: &str) -> Option<Definition<'_>> {
        self.guide.definition(id)
    }

    fn guide_of(&self, id: &str) -> Option<GuideView> {
        let guide = self.guide.services.iter().find(|one| one.id == id)?;
        let authority = self
            .guide
            .authorities
            .iter()
            .find(|one| one.id == guide.authority)?;
        let document = |id: &String| self.guide.documents.iter().find(|one| one.id == *id).map(needed);
        Some(GuideView {
            authority: Words::from(&authority.name),
            place: Words::from(&authority.place),
            documents: guide.documents.iter().filter_map(document).collect(),
            documents_sourced: guide.documents_sourced,
            output: Words::from(&guide.output),
            pays: guide.pays,
            recurs: guide.recurs,
            appeal: guide.appeal.as_deref().and_then(|id| self.line_of(id)),
            can_apply: self.definition(id).is_some(),
        })
    }
}

fn office_of<'a>(catalogue: &'a Catalogue, service: &Service) -> Option<&'a Office> {
    let mut offices = catalogue.content().offices.iter();
    offices.find(|office| office.id == service.office)
}

fn line(service: &Service) -> ServiceLine {
    ServiceLine {
        id: service.id.clone(),
        name: Words::from(&service.name),
    }
}

fn needed(document: &Document) -> NeededView {
    NeededView {
        name: Words::from(&document.name),
        kind: match document.kind {
            DocumentKind::Paper => NeededKind::Paper,
            DocumentKind::Identity => NeededKind::Identity,
            DocumentKind::Photo => NeededKind::Photo,
            DocumentKind::Form => NeededKind::Form,
            DocumentKind::Payment => NeededKind::Payment,
            DocumentKind::Detail => NeededKind::Detail,
            DocumentKind::Thing => NeededKind::Thing,
            DocumentKind::Other => NeededKind::Other,
        },
    }
}

fn limit(limit: TimeLimit) -> LimitView {
    LimitView {
        days: limit.days,
        working: limit.unit == LimitUnit::WorkingDays,
    }
}
