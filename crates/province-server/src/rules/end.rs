//! Ending and pausing: revoking or suspending a citizen's passes, lifting that, using up a document, and releasing a
//! CNIC so that it may enrol on a new device.

use credential::{StatusPurpose, StatusRef, Timestamp};
use province_api::artefacts::IDENTITY_LIST;
use province_api::person::Cnic;
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
    /// Revokes the passes and documents of the citizen with this CNIC and publishes it. They stay enrolled and get no more passes.
    ///
    /// # Errors
    /// [`Fault`]; then nothing changed.
    pub async fn revoke(&self, cnic: &Cnic, now: Timestamp) -> Result<Ended, Fault> {
        self.of_citizen(cnic, StatusPurpose::Revoked, true, now).await
    }

    /// Suspends the passes and documents of the citizen with this CNIC and publishes it.
    ///
    /// # Errors
    /// [`Fault`]; then nothing changed.
    pub async fn suspend(&self, cnic: &Cnic, now: Timestamp) -> Result<Ended, Fault> {
        self.of_citizen(cnic, StatusPurpose::Suspended, true, now).await
    }

    /// Lifts a suspension and publishes that.
    ///
    /// # Errors
    /// [`Fault`]; then nothing changed.
    pub async fn resume(&self, cnic: &Cnic, now: Timestamp) -> Result<Ended, Fault> {
        self.of_citizen(cnic, StatusPurpose::Suspended, false, now).await
    }

    async fn of_citizen(
        &self,
        cnic: &Cnic,
        purpose: StatusPurpose,
        set: bool,
        now: Timestamp,
    ) -> Result<Ended, Fault> {
        let mut write = self.store.write().await?;
        let Some(person) = self.person(&mut write, cnic).await? else {
            return Ok(Ended::NotEnrolled);
        };
        let index = person.status_index;
        let mut flips = if set {
            set_all(&mut write, &person, purpose, now).await?
        } else if status::clear(&mut write, IDENTITY_LIST, purpose, index).await? {
            vec![flip(IDENTITY_LIST, purpose, index)]
        } else {
            Vec::new()
        };
        // The bit of a disabled wallet is set already; that the province ended it too is new.
        let ends = purpose == StatusPurpose::Revoked && person.revoked_at.is_none();
        if flips.is_empty() && !ends {
            return Ok(Ended::Before);
        }
        if !set {
            flips.extend(document::clear_all(&mut write, &person, purpose).await?);
        }
        if ends {
            let revoked = Person {
                revoked_at: Some(now.unix()),
                ..person.clone()
            };
            person::update(&mut write, &revoked).await?;
        }
        let what = match (purpose, set) {
            (StatusPurpose::Revoked, _) => Event::Revoked,
            (_, true) => Event::Suspended,
            (_, false) => Event::Resumed,
        };
        feed::note_bare(&mut write, &person.id, (&what, self.by), now).await?;
        self.publish(write, &flips, now).await
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
