//! A platform's catalogue held against the published one: faults, conflicts, what is new, and a proposal to sign.

use std::collections::{BTreeMap, BTreeSet};

use credential::{Catalogue, CatalogueContent, Service};
use province_api::catalogue::{CatalogueFile, LimitEntry, ServiceEntry};
use province_api::dispatch::catalogue::{
    DispatchCatalogue, DispatchCatalogueReply, DispatchEntry, ENTRIES_MAX, Finding, FindingCode, limit_words,
};
use province_api::dispatch::is_service_code;
use province_api::problem::ProblemCode;
use sqlx::AnyConnection;

use crate::rules::answered::Asked;
use crate::rules::callers::System;
use crate::rules::{Fault, Province, Refusal};
use crate::store::artefact::{self, Name};
use crate::store::dispatch;
use crate::store::lock::{self, Lock};

/// What was found in a platform's catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// What is to be said, in the order of its services.
    pub findings: Vec<Finding>,
    /// The services that it can carry as they are: the province's id, and what the platform calls it.
    pub clean: Vec<(String, String)>,
}

impl Looked {
    fn say(
        &mut self,
        entry: usize,
        finding: FindingCode,
        published: Option<String>,
        offered: Option<String>,
    ) {
        self.findings.push(Finding {
            entry: u32::try_from(entry).unwrap_or(u32::MAX).saturating_add(1),
            finding,
            published,
            offered,
        });
    }

    /// Whether something keeps this entry from being carried, or from being proposed.
    fn is_in_the_way(&self, entry: usize) -> bool {
        let number = u32::try_from(entry).unwrap_or(u32::MAX).saturating_add(1);
        self.findings
            .iter()
            .rev()
            .take_while(|one| one.entry == number)
            .any(|one| one.finding.is_in_the_way())
    }
}

/// What the published catalogue says, by id.
struct Published<'a> {
    offices: BTreeSet<&'a str>,
    services: BTreeMap<&'a str, &'a Service>,
    /// Which platform carries a service.
    carried: BTreeMap<&'a str, &'a str>,
}

/// Holds the catalogue of a platform of this name against what is published and carried.
pub fn look(
    system: &str,
    offer: &DispatchCatalogue,
    published: &CatalogueContent,
    carried: &[(String, String, String)],
) -> Looked {
    let known = Published {
        offices: published.offices.iter().map(|one| &*one.id).collect(),
        services: published.services.iter().map(|one| (&*one.id, one)).collect(),
        carried: carried
            .iter()
            .map(|(service, by, _)| (&**service, &**by))
            .collect(),
    };
    let (mut codes, mut ids) = (BTreeSet::new(), BTreeSet::new());
    let mut looked = Looked::default();
    for (n, entry) in offer.services.iter().enumerate() {
        if !is_service_code(&entry.code) {
            looked.say(n, FindingCode::CodeMalformed, None, None);
        }
        if !codes.insert(&entry.code) {
            looked.say(n, FindingCode::CodeTwice, None, Some(entry.code.clone()));
        }
        if !proposed(entry).service().is_fit() {
            looked.say(n, FindingCode::EntryUnfit, None, None);
        }
        if !known.offices.contains(&*entry.office) {
            looked.say(n, FindingCode::OfficeUnknown, None, Some(entry.office.clone()));
        }
        // What has no service of its own here must not stand in another one's place.
        let is_anothers = entry.service.is_none() && known.services.contains_key(&*entry.own_id());
        if !ids.insert(id_of(entry)) || is_anothers {
            looked.say(n, FindingCode::ServiceTwice, None, Some(id_of(entry)));
        }
        match &entry.service {
            Some(id) => against(&mut looked, n, system, entry, id, &known),
            None if is_anothers => {}
            None => looked.say(n, FindingCode::ServiceNew, None, Some(entry.own_id())),
        }
    }
    looked
}

/// One service against the one of the same id.
fn against(
    looked: &mut Looked,
    n: usize,
    system: &str,
    entry: &DispatchEntry,
    id: &str,
    known: &Published<'_>,
) {
    let Some(own) = known.services.get(id) else {
        looked.say(n, FindingCode::ServiceUnknown, None, Some(id.to_owned()));
        return;
    };
    if known.carried.get(id).is_some_and(|by| *by != system) {
        looked.say(n, FindingCode::ServiceTaken, None, Some(id.to_owned()));
    }
    let mut differs = |finding, published: &str, offered: &str| {
        let said = |text: &str| Some(text.to_owned());
        looked.say(n, finding, said(published), said(offered));
    };
    if own.office != entry.office {
        differs(FindingCode::OfficeDiffers, &own.office, &entry.office);
    }
    for language in ["en", "ur", "ps"] {
        let text = |names: &credential::Names| match language {
            "en" => names.en.clone(),
            "ur" => names.ur.clone(),
            _ => names.ps.clone(),
        };
        let (published, offered) = (text(&own.name), text(&entry.name));
        if !offered.is_empty() && !published.is_empty() && published != offered {
            differs(FindingCode::NameDiffers, &published, &offered);
        }
    }
    match (own.fee_rupees, entry.fee_rupees) {
        (Some(published), Some(offered)) if published != offered => {
            differs(
                FindingCode::FeeDiffers,
                &published.to_string(),
                &offered.to_string(),
            );
        }
        (None, Some(offered)) => looked.say(n, FindingCode::FeeNew, None, Some(offered.to_string())),
        _ => {}
    }
    match (
        own.limit.map(LimitEntry::from).map(limit_words),
        entry.limit.map(limit_words),
    ) {
        (Some(published), Some(offered)) if published != offered => {
            looked.say(n, FindingCode::LimitDiffers, Some(published), Some(offered));
        }
        (None, Some(offered)) => looked.say(n, FindingCode::LimitNew, None, Some(offered)),
        _ => {}
    }
    if !looked.is_in_the_way(n) {
        looked.clean.push((id.to_owned(), entry.code.clone()));
    }
}

/// The id that an entry stands for.
fn id_of(entry: &DispatchEntry) -> String {
    entry.service.clone().unwrap_or_else(|| entry.own_id())
}

/// An entry as a service of the province's catalogue.
fn proposed(entry: &DispatchEntry) -> ServiceEntry {
    ServiceEntry {
        id: id_of(entry),
        office: entry.office.clone(),
        name: entry.name.clone(),
        name_ps_review: !entry.name.ps.is_empty(),
        fee_rupees: entry.fee_rupees,
        limit: entry.limit,
        ..ServiceEntry::default()
    }
}

/// The operator's file with what is new and contradicts nothing. What was published stays as it is, word for word.
pub fn proposal(
    system: &str,
    offer: &DispatchCatalogue,
    looked: &Looked,
    mut base: CatalogueFile,
) -> CatalogueFile {
    let in_the_way: BTreeSet<u32> = looked
        .findings
        .iter()
        .filter(|one| one.finding.is_in_the_way())
        .map(|one| one.entry)
        .collect();
    for (number, entry) in (1..).zip(&offer.services) {
        if in_the_way.contains(&number) {
            continue;
        }
        let note = format!("offered by {system} as {}", entry.code);
        let id = id_of(entry);
        let Some(own) = base.services.iter_mut().find(|one| one.id == id) else {
            base.services.push(ServiceEntry {
                source_note: note,
                ..proposed(entry)
            });
            continue;
        };
        let is_new = (own.fee_rupees.is_none() && entry.fee_rupees.is_some())
            || (own.limit.is_none() && entry.limit.is_some());
        own.fee_rupees = own.fee_rupees.or(entry.fee_rupees);
        own.limit = own.limit.or(entry.limit);
        // What somebody says is inferred no more.
        own.fee_inferred = own.fee_inferred.filter(|_| own.fee_rupees.is_none());
        own.limit_inferred = own.limit_inferred.filter(|_| own.limit.is_none());
        if is_new {
            let space = if own.source_note.is_empty() { "" } else { " " };
            own.source_note = format!("{}{space}({note})", own.source_note);
        }
    }
    base
}

/// What is published now; nothing before there is a catalogue.
///
/// # Errors
/// [`Fault`].
pub async fn published(db: &mut AnyConnection) -> Result<Option<CatalogueContent>, Fault> {
    let file = artefact::newest(db, Name::Catalogue).await?;
    let content = file.map(|file| Catalogue::read_unverified(&file.bytes));
    content.transpose().map_err(Fault::Catalogue)
}

impl Province {
    /// Keeps the catalogue that a platform sent, for the operator, and says what is to be said of it.
    ///
    /// # Errors
    /// A [`Refusal`]; then nothing was kept.
    pub async fn dispatch_catalogue(
        &self,
        asked: &Asked<System>,
        offer: &DispatchCatalogue,
    ) -> Result<DispatchCatalogueReply, Refusal> {
        let system = &asked.by.key.name;
        if offer.services.len() > ENTRIES_MAX {
            return Err(ProblemCode::RequestMalformed.into());
        }
        let body = serde_json::to_string(offer).map_err(Fault::Record)?;
        let mut write = self.store().write().await?;
        lock::take(&mut write, Lock::Device(&asked.by.key.key)).await?;
        if let Some(reply) = self.answered(&mut write, asked).await? {
            return Ok(reply);
        }
        let published = published(&mut write).await?.ok_or(ProblemCode::NotFound)?;
        let carried = dispatch::services(&mut write).await?;
        let looked = look(system, offer, &published, &carried);
        dispatch::put_offer(&mut write, system, &body, self.now().unix()).await?;
        let reply = DispatchCatalogueReply {
            clean: u32::try_from(looked.clean.len()).unwrap_or(u32::MAX),
            findings: looked.findings,
        };
        self.remember(&mut write, asked, &reply).await?;
        write.commit().await?;
        Ok(reply)
    }
}
