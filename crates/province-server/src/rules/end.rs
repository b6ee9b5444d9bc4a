//! Ending and pausing: revoking or suspending a citizen's passes, lifting that, using up a document, and releasing a
//! CNIC so that it may enrol on a new device.

use credential::{SecretKey, StatusPurpose, StatusRef, Timestamp};
use province_api::artefacts::IDENTITY_LIST;
use province_api::person::Cnic;

use super::{Fault, document, status as publish};
use crate::sealed::{DataKeys, Subject};
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
    /// Signs the manifest.
    pub status_key: &'a SecretKey,
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
        let changed = if set {
            status::set(&mut write, IDENTITY_LIST, purpose, index, now.unix()).await?
        } else {
            status::clear(&mut write, IDENTITY_LIST, purpose, index).await?
        };
        if !changed {
            return Ok(Ended::Before);
        }
        let mut flips = vec![flip(IDENTITY_LIST, purpose, index)];
        flips.extend(if set {
            document::set_all(&mut write, &person, purpose, now).await?
        } else {
            document::clear_all(&mut write, &person, purpose).await?
        });
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
        let index = person.status_index;
        let revoked = status::set(
            &mut write,
            IDENTITY_LIST,
            StatusPurpose::Revoked,
            index,
            now.unix(),
        )
        .await?;
        let mut flips = document::set_all(&mut write, &person, StatusPurpose::Revoked, now).await?;
        flips.extend(revoked.then(|| flip(IDENTITY_LIST, StatusPurpose::Revoked, index)));
        person::remove(&mut write, &person.id).await?;
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
        self.publish(write, &[flip(&at.uri, StatusPurpose::Consumed, at.index)], now)
            .await
    }

    async fn person(&self, write: &mut Write, cnic: &Cnic) -> Result<Option<Person>, Fault> {
        let index = self.data.blind_index(Subject::Cnic, cnic.as_str().as_bytes());
        Ok(person::with_cnic(write, &index).await?)
    }

    async fn publish(&self, mut write: Write, flips: &[Flip], now: Timestamp) -> Result<Ended, Fault> {
        let epoch = publish::publish(&mut write, self.status_key, now, flips).await?;
        write.commit().await?;
        Ok(Ended::Now { epoch })
    }
}

fn flip(list: &str, purpose: StatusPurpose, index: u32) -> Flip {
    Flip {
        list: list.to_owned(),
        purpose,
        index,
    }
}
