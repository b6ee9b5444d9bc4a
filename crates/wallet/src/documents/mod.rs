//! What this vault holds, as the citizen looks through it: whose it is, who signed it, what it says, whether it shows.

pub(crate) mod export;
mod person;

use credential::{
    Credential, PassType, RootSet, Standing, StatusSet, Timestamp, TrustList, TypeRegister, Vct,
};
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

use crate::claims;
use crate::code::{UiCode, UiError};
use crate::error::StoreError;
use crate::home::{last_day, screen_time};
use crate::picture;
use crate::screen::{Document, DocumentSort, DocumentState, Documents, PutAway};
use crate::store::child;
use crate::store::credential::Which;
use crate::store::draft::{self as draft_table, PhotoKind};
use crate::store::past_document::{self, PastDocument, Why};
use crate::store::{credential as passes, enrolment, moving, offer, put_away, sync_state};
use crate::sync::{load_status, load_trust, load_types};
use person::People;

/// Where a document is, and the text that names it to a screen.
#[derive(Clone, PartialEq, Eq)]
enum Place {
    /// Among the passes that can be shown.
    Stock(Which),
    /// Of the phone before.
    Kept(Which),
    /// It ended.
    Past(i64),
}

impl Place {
    fn parse(text: &str) -> Option<Self> {
        let (place, name) = text.split_once(':')?;
        match place {
            "stock" => Which::parse(name).map(Self::Stock),
            "kept" => Which::parse(name).map(Self::Kept),
            "past" => name.parse().ok().map(Self::Past),
            _ => None,
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stock(which) => write!(formatter, "stock:{which}"),
            Self::Kept(which) => write!(formatter, "kept:{which}"),
            Self::Past(id) => write!(formatter, "past:{id}"),
        }
    }
}

/// One document with its bytes.
struct Paper {
    place: Place,
    which: Which,
    credential: Credential,
    /// When it ended at the province, and why.
    ended: Option<(Timestamp, Why)>,
}

/// Everything that the vault holds: of each document and kind of pass the newest copy.
fn papers(database: &Connection) -> Result<Vec<Paper>, StoreError> {
    let mut papers = Vec::new();
    let mut add = |place, which, raw: &[u8], ended| {
        let credential = Credential::parse(raw).map_err(|_| StoreError::Row)?;
        papers.push(Paper {
            place,
            which,
            credential,
            ended,
        });
        Ok::<_, StoreError>(())
    };
    for which in passes::all(database)? {
        if let Some(stored) = passes::newest(database, which)? {
            add(Place::Stock(which), which, &stored.raw, None)?;
        }
    }
    for (which, raw) in moving::kept(database)? {
        add(Place::Kept(which), which, &raw, None)?;
    }
    for PastDocument {
        id,
        which,
        raw,
        ended_at,
        why,
    } in past_document::all(database)?
    {
        add(Place::Past(id), which, &raw, Some((ended_at, why)))?;
    }
    Ok(papers)
}

/// What documents are read with, and when.
struct Reader<'a> {
    database: &'a Connection,
    trust: Option<TrustList>,
    types: Option<TypeRegister>,
    status: Option<StatusSet>,
    photo: Option<Vec<u8>>,
    /// The province takes this wallet.
    taken: bool,
    now: Timestamp,
}

impl<'a> Reader<'a> {
    fn new(database: &'a Connection, roots: &RootSet, now: Timestamp) -> Result<Self, StoreError> {
        let trust = load_trust(database, roots)?;
        let (status, types) = match &trust {
            Some(trust) => (load_status(database, trust)?, load_types(database, trust)?),
            None => (None, None),
        };
        Ok(Self {
            database,
            trust,
            types,
            status,
            photo: draft_table::photo(database, PhotoKind::Card)?,
            taken: sync_state::load(database)?.ended.is_none(),
            now,
        })
    }

    fn kind(&self, vct: &Vct) -> Option<&PassType> {
        self.types.as_ref()?.find(vct)
    }

    /// The register's order; what it does not have comes last.
    fn rank(&self, vct: &str) -> usize {
        let types = self.types.as_ref().map(TypeRegister::types).unwrap_or_default();
        types
            .iter()
            .position(|kind| kind.vct.as_str() == vct)
            .unwrap_or(types.len())
    }

    fn state(&self, paper: &Paper) -> Result<DocumentState, StoreError> {
        let says = paper.credential.unverified_claims();
        if let Some((at, why)) = paper.ended {
            return Ok(match why {
                Why::Replaced => DocumentState::Replaced,
                Why::Withdrawn if says.exp <= at => DocumentState::Ended,
                Why::Withdrawn => DocumentState::Withdrawn,
            });
        }
        let standing = says
            .status
            .as_ref()
            .and_then(|at| self.status.as_ref()?.standing(at));
        let shows = match paper.place {
            Place::Stock(which) => {
                self.taken && passes::next_to_show(self.database, which, self.now)?.is_some()
            }
            Place::Kept(_) | Place::Past(_) => false,
        };
        Ok(match standing {
            Some(Standing::Revoked | Standing::Consumed) => DocumentState::Withdrawn,
            _ if says.exp <= self.now => DocumentState::Ended,
            Some(Standing::Suspended) => DocumentState::Suspended,
            _ if shows => DocumentState::Shows,
            _ => DocumentState::LookOnly,
        })
    }

    fn view(&self, paper: &Paper) -> Result<Document, StoreError> {
        let says = paper.credential.unverified_claims();
        let kind = self.kind(&says.vct);
        let sort = match kind {
            _ if says.vct == Vct::IDENTITY => DocumentSort::Identity,
            // The one of a kind that the register does not have any more is nothing that everybody has.
            Some(kind) if !claims::is_document(kind) => DocumentSort::Pass,
            _ => DocumentSort::Document,
        };
        let issuer = self
            .trust
            .as_ref()
            .and_then(|trust| paper.credential.issuer(trust).ok());
        let left = match paper.place {
            Place::Stock(which) => passes::stock(self.database, which, self.now)?.left,
            Place::Kept(_) | Place::Past(_) => 0,
        };
        let photo = self.photo.as_ref().map(Sha256::digest);
        Ok(Document {
            id: paper.place.to_string(),
            vct: says.vct.as_str().to_owned(),
            kind: claims::kind_view(kind),
            sort,
            issuer: issuer.map(|key| key.iss.clone()),
            iss: says.iss.clone(),
            issued_on: province_api::person::Day::at_unix(says.iat.unix()).to_string(),
            valid_until: last_day(says.exp),
            state: self.state(paper)?,
            ended_at: paper.ended.map(|(at, _)| screen_time(at)),
            left,
            timed: kind.is_some_and(|kind| kind.show.timed),
            photo: says
                .facts
                .photo_sha256
                .is_some_and(|hash| photo == Some(hash.into())),
            can_delete: sort == DocumentSort::Document || !matches!(paper.place, Place::Stock(_)),
            claims: claims::views(kind, says),
        })
    }
}

/// Everything that this vault holds.
pub(crate) fn all(database: &Connection, roots: &RootSet, now: Timestamp) -> Result<Documents, StoreError> {
    let reader = Reader::new(database, roots, now)?;
    let papers = papers(database)?;
    let mut people = People::of(papers.iter().map(|paper| paper.credential.unverified_claims()));
    for paper in &papers {
        let document = reader.view(paper)?;
        people.put(document);
    }
    let order = |one: &Document| {
        let ended = one.state >= DocumentState::Ended;
        (ended, one.sort, reader.rank(&one.vct))
    };
    let mut gone = Vec::new();
    for row in put_away::all(database)? {
        gone.push(PutAway {
            id: row.id.to_string(),
            kind: claims::kind_view(reader.kind(&row.which.vct)),
            child: child::find(database, row.which.no)?,
            at: screen_time(row.at),
        });
    }
    Ok(Documents {
        people: people.sorted(order),
        put_away: gone,
        photo_data_url: reader
            .photo
            .as_ref()
            .map(|photo| picture::data_url("image/webp", photo)),
        status_as_of: reader
            .status
            .as_ref()
            .map(|status| screen_time(status.manifest().issued_at())),
        last_sync_at: enrolment::load(database)?.last_sync_at.map(screen_time),
    })
}

/// Deletes one document. What the province granted is not drawn again before the citizen wants it back.
pub(crate) fn delete(
    database: &Connection,
    roots: &RootSet,
    id: &str,
    now: Timestamp,
) -> Result<(), UiError> {
    let transaction = database.unchecked_transaction()?;
    let there = match Place::parse(id) {
        Some(Place::Stock(which)) => delete_granted(&transaction, roots, which, now)?,
        Some(Place::Kept(which)) => moving::delete_kept(&transaction, which)?,
        Some(Place::Past(id)) => past_document::delete(&transaction, id)?,
        None => false,
    };
    if !there {
        return Err(UiCode::DocumentGone.into());
    }
    transaction.commit()?;
    Ok(())
}

fn delete_granted(
    database: &Connection,
    roots: &RootSet,
    which: Which,
    now: Timestamp,
) -> Result<bool, UiError> {
    let types = crate::sync::types_here(database, roots)?;
    let known = types.as_ref().and_then(|types| types.find(&which.vct));
    // They come with the card, and a missing one would be drawn again at once.
    if which.vct == Vct::IDENTITY || known.is_some_and(|kind| !claims::is_document(kind)) {
        return Err(UiCode::DocumentStays.into());
    }
    if let Some(grant) = offer::all(database)?.get(&which) {
        put_away::insert(database, (which, *grant), now)?;
    }
    Ok(passes::delete(database, which)? > 0)
}

/// Wants back what was deleted; the next sync draws it.
pub(crate) fn want_back(database: &Connection, id: &str) -> Result<(), UiError> {
    let there = match id.parse() {
        Ok(id) => put_away::delete(database, id)?,
        Err(_) => false,
    };
    if there {
        Ok(())
    } else {
        Err(UiCode::DocumentGone.into())
    }
}
