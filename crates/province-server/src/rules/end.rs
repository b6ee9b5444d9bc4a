//! Ending: revoking a citizen's passes, and releasing a CNIC so that it may enrol on a new device.

use credential::{SecretKey, Timestamp};
use province_api::artefacts::IDENTITY_LIST;
use province_api::person::Cnic;

use super::{Fault, document, publish};
use crate::sealed::{DataKeys, Subject};
use crate::store::{Store, person, status};

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
}

/// Revokes the passes of the citizen with this CNIC and publishes it. They stay enrolled and get no more passes.
///
/// # Errors
/// [`Fault`]; then nothing changed.
pub async fn revoke(
    store: &Store,
    data: &DataKeys,
    status_key: &SecretKey,
    cnic: &Cnic,
    now: Timestamp,
) -> Result<Ended, Fault> {
    let index = data.blind_index(Subject::Cnic, cnic.as_str().as_bytes());
    let mut write = store.write().await?;
    let Some(person) = person::with_cnic(&mut write, &index).await? else {
        return Ok(Ended::NotEnrolled);
    };
    if !status::revoke(&mut write, IDENTITY_LIST, person.status_index, now.unix()).await? {
        return Ok(Ended::Before);
    }
    document::revoke_all(&mut write, &person, now).await?;
    let epoch = publish::status_manifest(&mut write, status_key, now).await?;
    write.commit().await?;
    Ok(Ended::Now { epoch })
}

/// Ends the enrolment of the citizen with this CNIC: their passes are revoked, their record is gone, and the CNIC may
/// enrol anew.
///
/// # Errors
/// [`Fault`]; then nothing changed.
pub async fn release(
    store: &Store,
    data: &DataKeys,
    status_key: &SecretKey,
    cnic: &Cnic,
    now: Timestamp,
) -> Result<Ended, Fault> {
    let index = data.blind_index(Subject::Cnic, cnic.as_str().as_bytes());
    let mut write = store.write().await?;
    let Some(person) = person::with_cnic(&mut write, &index).await? else {
        return Ok(Ended::NotEnrolled);
    };
    status::revoke(&mut write, IDENTITY_LIST, person.status_index, now.unix()).await?;
    document::revoke_all(&mut write, &person, now).await?;
    person::remove(&mut write, &person.id).await?;
    let epoch = publish::status_manifest(&mut write, status_key, now).await?;
    write.commit().await?;
    Ok(Ended::Now { epoch })
}
