//! The catalogue of services as a screen shows it: by office, searched in three languages, one service by itself.

use credential::{Catalogue, LimitUnit, Office, RootSet, Service, TimeLimit};
use rusqlite::Connection;

use crate::error::StoreError;
use crate::home::screen_time;
use crate::register::Verified;
use crate::screen::{LimitView, OfficeServices, ServiceLine, ServiceView, Services, Words};
use crate::search::query::{Query, Said};
use crate::sync::catalogue_here;

/// The catalogue of an open vault with what each service is found by.
pub(crate) struct Listed {
    catalogue: Catalogue,
    /// The names of each service and of its office, folded; in the catalogue's order.
    said: Vec<Said>,
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
        self.read_by(database, || Ok(catalogue_here(database, roots)?.map(Listed::of)))
    }
}

impl Listed {
    fn of(catalogue: Catalogue) -> Self {
        let services = catalogue.content().services.iter();
        let said = services.map(|service| {
            let office = office_of(&catalogue, service).map(|office| &office.name);
            let names = [&service.name].into_iter().chain(office);
            Said::of(names.flat_map(|name| [name.en.as_str(), name.ur.as_str(), name.ps.as_str()]))
        });
        Self {
            said: said.collect(),
            catalogue,
        }
    }

    /// The services that every word of the query is met by, by office; all of them where nothing is asked.
    pub(crate) fn search(&self, typed: &str) -> Services {
        let query = Query::read(typed);
        let content = self.catalogue.content();
        let found: Vec<&Service> = content
            .services
            .iter()
            .zip(&self.said)
            .filter(|(_, said)| query.is_met(said))
            .map(|(service, _)| service)
            .collect();
        let office = |office: &Office| {
            let of_it = found.iter().filter(|service| service.office == office.id);
            let services: Vec<ServiceLine> = of_it
                .map(|service| ServiceLine {
                    id: service.id.clone(),
                    name: Words::from(&service.name),
                })
                .collect();
            (!services.is_empty()).then(|| OfficeServices {
                id: office.id.clone(),
                name: Words::from(&office.name),
                services,
            })
        };
        Services {
            as_of: Some(screen_time(content.iat)),
            offices: content.offices.iter().filter_map(office).collect(),
        }
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
            as_of: screen_time(content.iat),
        })
    }
}

fn office_of<'a>(catalogue: &'a Catalogue, service: &Service) -> Option<&'a Office> {
    let mut offices = catalogue.content().offices.iter();
    offices.find(|office| office.id == service.office)
}

fn limit(limit: TimeLimit) -> LimitView {
    LimitView {
        days: limit.days,
        working: limit.unit == LimitUnit::WorkingDays,
    }
}
