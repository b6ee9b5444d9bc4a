//! Signing a batch of passes for one citizen.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use credential::{Claims, HolderKey, PassType, SigningKey, Timestamp, Vct};

use super::Fault;
use super::kinds::{self, Citizen, Granted};

/// Passes of one citizen that are signed together. Those of one kind say the same and differ by the holder's key alone, so
/// what they say is put together once.
pub struct Batch<'a> {
    citizen: Citizen<'a>,
    now: Timestamp,
    said: BTreeMap<(Vct, u32), Claims>,
}

impl<'a> Batch<'a> {
    /// Begins one.
    pub const fn new(citizen: Citizen<'a>, now: Timestamp) -> Self {
        Self {
            citizen,
            now,
            said: BTreeMap::new(),
        }
    }

    /// Signs one pass more: of this kind, and of the documents of the kind the one with this number, of which `granted` says
    /// what was granted. It is asked for once.
    ///
    /// # Errors
    /// What `granted` says; [`Fault::Issue`].
    pub fn issue<E: From<Fault>>(
        &mut self,
        (kind, no): (&PassType, u32),
        granted: impl FnOnce() -> Result<Granted, E>,
        holder: HolderKey,
        key: &dyn SigningKey,
    ) -> Result<Vec<u8>, E> {
        let claims = match self.said.entry((kind.vct, no)) {
            Entry::Occupied(said) => {
                let claims = said.into_mut();
                claims.holder = Some(holder);
                claims
            }
            Entry::Vacant(new) => new.insert(kinds::claims(
                kind,
                &self.citizen,
                &granted()?,
                Some(holder),
                self.now,
            )),
        };
        Ok(kind.issue(claims, key).map_err(Fault::Issue)?)
    }
}
