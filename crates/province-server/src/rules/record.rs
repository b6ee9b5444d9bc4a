//! What the province keeps of a citizen, sealed: what the citizen gave and NADRA confirmed, and the small picture.

use province_api::Bytes;
use province_api::enrolment::Particulars;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Fault, Province};
use crate::sealed::{Kind, PersonId};

/// A citizen's record.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// What the citizen gave.
    pub particulars: Particulars,
    /// The small picture, WebP. The large one is not kept.
    pub photo: Bytes,
}

impl Province {
    pub(super) fn seal_record(&self, person: &PersonId, record: &Record) -> Result<Vec<u8>, Fault> {
        let plain = Zeroizing::new(serde_json::to_vec(record).map_err(Fault::Record)?);
        Ok(self
            .keys()
            .data
            .seal(Kind::Record, person, &plain, self.randomness())?)
    }

    pub(super) fn open_record(&self, person: &PersonId, sealed: &[u8]) -> Result<Record, Fault> {
        let plain = self.keys().data.open(Kind::Record, person, sealed)?;
        serde_json::from_slice(&plain).map_err(Fault::Record)
    }
}
