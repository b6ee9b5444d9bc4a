//! Deltas of public files: from a version that is still kept to another, made when they are asked for.

use bytes::Bytes;
use province_api::delta;
use province_api::problem::ProblemCode;
use province_api::sync::files;

use super::kept::Which;
use super::{Fault, Province, Refusal};
use crate::store::artefact::{self, Name};

/// The public file that has this name in a sync.
fn named(name: &str) -> Option<Name> {
    match name {
        files::TRUST => Some(Name::TrustList),
        files::TYPES => Some(Name::TypeRegister),
        files::STATUS => Some(Name::StatusManifest),
        files::RULES => Some(Name::RiskRules),
        files::CATALOGUE => Some(Name::Catalogue),
        _ => None,
    }
}

impl Province {
    /// The delta of a file between two of its versions, by their SHA-256.
    ///
    /// # Errors
    /// [`ProblemCode::NotFound`] if a version is not kept, or if the delta is no smaller than the file;
    /// [`Refusal::Fault`].
    pub async fn delta(&self, name: &str, from: &[u8; 32], to: &[u8; 32]) -> Result<Bytes, Refusal> {
        let which = Which::Delta(name.to_owned(), *from, *to);
        let name = named(name).ok_or(ProblemCode::NotFound)?;
        self.kept.or_make(which, self.make_delta(name, from, to)).await
    }

    async fn make_delta(&self, name: Name, from: &[u8; 32], to: &[u8; 32]) -> Result<Vec<u8>, Refusal> {
        let mut db = self.store().read().await?;
        let older = artefact::with_sha256(&mut db, &name, from).await?;
        let newer = artefact::with_sha256(&mut db, &name, to).await?;
        drop(db);
        let (older, newer) = older.zip(newer).ok_or(ProblemCode::NotFound)?;
        let size = newer.len();
        // Away from the threads that answer others: the smallest delta takes milliseconds to find.
        let made = self.threads.in_thread(move || delta::make(&older, &newer)).await;
        let made = made.ok_or(Fault::BrokenOff)?.map_err(Fault::Delta)?;
        if made.len() < size {
            Ok(made)
        } else {
            Err(ProblemCode::NotFound.into())
        }
    }
}
