//! Ending and pausing: revoking or suspending a citizen's passes, lifting that, using up a document, and releasing a
//! CNIC so that it may enrol on a new device.

use credential::{StatusPurpose, StatusRef, Timestamp};
use province_api::artefacts::IDENTITY_LIST;
use province_api::person::Cnic;
use province_api::reason::Reason;
use province_api::sync::Event;
use sqlx::AnyConnection;

use super::{Fault, audit, document, feed, rebind, status as publish};
use crate::audit::{Action, Actor};
use crate::keys::ProvinceKey;
use crate::sealed::{DataKeys, Subject};
use crate::store::lock::{self, Lock};
use crate::store::person::{self, Person};
use crate::store::status_file::{self, Flip};
use crate::store::{Store, Write, status};

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Done, and published under this epoch.
    Now {
        /// The manifest's number.
        epoch: u64,
    },
    /// It had been done before.
    Before,
    /// Nobody is enrolled with this CNIC.
    NotEnrolled,
    /// There is no such document: no such list, no such use of it, or an index outside.
    NoSuchPlace,
}

/// What becomes of a citizen's passes and documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// They end for good.
    Revoke(Reason),
    /// They count for nothing until that is lifted.
    Suspend(Reason),
    /// That is lifted.
    Resume,
}

/// Who does it: the keys that find a CNIC and sign a manifest.
#[derive(Debug)]
pub struct Ending<'a> {
    /// The database.
    pub store: &'a Store,
    /// Finds a CNIC.
    pub data: &'a DataKeys,
    /// Who asked for it.
    pub by: &'a Actor,
    /// Signs the manifest.
    pub status_key: &'a ProvinceKey,
}

impl Ending<'_> {
    /// Revokes, suspends or resumes the passes and documents of the citizen with this CNIC and publishes it. Whoever is
    /// revoked stays enrolled and gets no more passes.
    ///
    /// # Errors
    /// [`Fault`]; then nothing changed.
    pub async fn change(&self, cnic: &Cnic, what: Change, now: Timestamp) -> Result<Ended, Fault> {
        let mut write = self.store.write().await?;
        let Some(person) = self.person(&mut write, cnic).await? else {
            return Ok(Ended::NotEnrolled);
        };
        match change(&mut write, self.data, &person, what, self.by, now).await? {
            Some(flips) => self.publish(write, &flips, now).await,
            None => Ok(Ended::Before),
        }
    }

    /// Disables the wallet of the citizen with this CNIC, who proved on paper who they are, and publishes it: its device
    /// is refused, identity and documents are revoked. The enrolment stays for a device that takes it over.
    ///
    /// # Errors
    /// [`Fault`]; then nothing changed.
    pub async fn disable(&self, cnic: &Cnic, now: Timestamp) -> Result<Ended, Fault> {
        let mut write = self.store.write().await?;
        let Some(person) = self.person(&mut write, cnic).await? else {
            return Ok(Ended::NotEnrolled);
        };
        if person.disabled_at.is_some() {
            return Ok(Ended::Before);
        }
        let flips = rebind::disable_wallet(&mut write, &person, self.by, now).await?;
        self.publish(write, &flips, now).await
    }

    /// Ends the enrolment of the citizen with this CNIC: their passes and documents are revoked, their record is gone, and the CNIC
    /// may enrol anew.
    ///
    /// # Errors
    /// [`Fault`]; then nothing changed.
    pub async fn release(&self, cnic: &Cnic, now: Timestamp) -> Result<Ended, Fault> {
        let mut write = self.store.write().await?;
        let Some(person) = self.person(&mut write, cnic).await? else {
            return Ok(Ended::NotEnrolled);
        };
        let flips = revoke_places(&mut write, &person, now).await?;
        person::remove(&mut write, &person).await?;
        let nothing = serde_json::json!({});
        audit::note(
            &mut write,
            self.by,
            Action::Released,
            Some(&person.id),
            &nothing,
            now,
        )
        .await?;
        self.publish(write, &flips, now).await
    }

    /// Uses up a document such as an e-stamp, by the place that it names, and publishes it.
    ///
    /// # Errors
    /// [`Fault`]; then nothing changed.
    pub async fn consume(&self, at: &StatusRef, now: Timestamp) -> Result<Ended, Fault> {
        let mut write = self.store.write().await?;
        let shape = status::shape(&mut write, &at.uri).await?;
        let purposes = status_file::bitmaps(&mut write, &at.uri).await?;
        let is_there = shape.is_some_and(|shape| u64::from(at.index) < shape.length());
        if !is_there || !purposes.contains_key(&StatusPurpose::Consumed) {
            return Ok(Ended::NoSuchPlace);
        }
        if !status::set(&mut write, &at.uri, StatusPurpose::Consumed, at.index, now.unix()).await? {
            return Ok(Ended::Before);
        }
        let what = serde_json::json!({ "list": at.uri, "index": at.index });
        audit::note(&mut write, self.by, Action::DocumentConsumed, None, &what, now).await?;
        self.publish(write, &[flip(&at.uri, StatusPurpose::Consumed, at.index)], now)
            .await
    }

    async fn person(&self, write: &mut Write, cnic: &Cnic) -> Result<Option<Person>, Fault> {
        let index = self.data.blind_index(Subject::Cnic, cnic.as_str().as_bytes());
        lock::take(write, Lock::Citizen(&index)).await?;
        Ok(person::with_cnic(write, &index).await?)
    }

    async fn publish(&self, mut write: Write, flips: &[Flip], now: Timestamp) -> Result<Ended, Fault> {
        let epoch = publish::publish(&mut write, self.status_key, now, flips).await?;
        write.commit().await?;
        Ok(Ended::Now { epoch })
    }
}

/// Changes what a citizen's passes and documents are worth, inside the caller's transaction, which locked the citizen and
/// publishes the bits that turned; `None` if it had been done before.
pub(super) async fn change(
    db: &mut AnyConnection,
    data: &DataKeys,
    person: &Person,
    what: Change,
    by: &Actor,
    now: Timestamp,
) -> Result<Option<Vec<Flip>>, Fault> {
    let (flips, event) = match what {
        Change::Revoke(reason) => {
            let flips = revoke_places(db, person, now).await?;
            // The bit of a disabled wallet is set already; that the province ended it too is new.
            let ends = person.revoked_at.is_none();
            if flips.is_empty() && !ends {
                return Ok(None);
            }
            if ends {
                let revoked = Person {
                    revoked_at: Some(now.unix()),
                    ..person.clone()
                };
                person::update(db, &revoked).await?;
            }
            let reason = Some(reason);
            (flips, Event::Revoked { reason })
        }
        Change::Suspend(reason) => {
            let flips = set_all(db, person, StatusPurpose::Suspended, now).await?;
            if flips.is_empty() {
                return Ok(None);
            }
            let reason = Some(reason);
            (flips, Event::Suspended { reason })
        }
        Change::Resume => {
            let (purpose, index) = (StatusPurpose::Suspended, person.status_index);
            if !status::clear(db, IDENTITY_LIST, purpose, index).await? {
                return Ok(None);
            }
            let mut flips = vec![flip(IDENTITY_LIST, purpose, index)];
            flips.extend(document::clear_all(db, person, purpose).await?);
            (flips, Event::Resumed)
        }
    };
    feed::note_derived(db, data, &person.id, (&event, by), now).await?;
    Ok(Some(flips))
}

/// Revokes where a citizen's identity and documents have their bits, inside the caller's transaction; says which turned.
pub(super) async fn revoke_places(
    db: &mut AnyConnection,
    person: &Person,
    now: Timestamp,
) -> Result<Vec<Flip>, Fault> {
    set_all(db, person, StatusPurpose::Revoked, now).await
}

async fn set_all(
    db: &mut AnyConnection,
    person: &Person,
    purpose: StatusPurpose,
    now: Timestamp,
) -> Result<Vec<Flip>, Fault> {
    let index = person.status_index;
    let turned = status::set(db, IDENTITY_LIST, purpose, index, now.unix()).await?;
    let mut flips = document::set_all(db, person, purpose, now).await?;
    flips.extend(turned.then(|| flip(IDENTITY_LIST, purpose, index)));
    Ok(flips)
}

fn flip(list: &str, purpose: StatusPurpose, index: u32) -> Flip {
    Flip {
        list: list.to_owned(),
        purpose,
        index,
    }
}
