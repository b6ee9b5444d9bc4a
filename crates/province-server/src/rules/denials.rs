//! Denials: who was not let do something, counted until they are written into the audit log.
//!
//! Each is in the log, but not each as an entry of its own: whoever sends a thousand wrong signatures in a second would
//! fill the log with them. The counts of a second become one entry for each route, code and caller.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use province_api::problem::ProblemCode;
use serde_json::json;

use super::{Fault, Province, audit};
use crate::audit::{Action, Actor, Role};
use crate::sealed::PersonId;

/// Most counts that are held before they are written. More callers than that are counted as [`Role::Nobody`].
const HELD_MAX: usize = 4_096;

/// One kind of denial: role and id of the caller, the citizen whose wallet it was, route, code.
type Denied = (Role, String, Option<PersonId>, &'static str, &'static str);

/// What was denied and is not written yet.
#[derive(Debug, Default)]
pub(super) struct Denials(Mutex<BTreeMap<Denied, u64>>);

impl Province {
    /// Counts a denial of somebody, and whose wallet it was if it was one, at this route, which is a constant.
    pub fn deny(&self, (by, of): (&Actor, Option<PersonId>), route: &'static str, code: ProblemCode) {
        let mut counts = self.denials.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut denied = (by.role, by.id.clone(), of, route, code.code());
        if counts.len() >= HELD_MAX && !counts.contains_key(&denied) {
            denied = (Role::Nobody, String::new(), None, route, code.code());
        }
        *counts.entry(denied).or_insert(0) += 1;
    }

    /// Writes what was denied into the audit log, gives entries that wait their places, and says how many those were.
    ///
    /// # Errors
    /// [`Fault`]; denials that were not written are counted on.
    pub async fn chain_audit(&self) -> Result<u64, Fault> {
        let counts = std::mem::take(&mut *self.denials.0.lock().unwrap_or_else(PoisonError::into_inner));
        if let Err(fault) = self.write_denials(&counts).await {
            let mut held = self.denials.0.lock().unwrap_or_else(PoisonError::into_inner);
            for (denied, count) in counts {
                *held.entry(denied).or_insert(0) += count;
            }
            return Err(fault);
        }
        audit::chain(self.store()).await
    }

    async fn write_denials(&self, counts: &BTreeMap<Denied, u64>) -> Result<(), Fault> {
        if counts.is_empty() {
            return Ok(());
        }
        let now = self.now();
        let mut write = self.store().write().await?;
        for ((role, id, of, route, code), count) in counts {
            let by = Actor {
                role: *role,
                id: id.clone(),
            };
            let what = json!({ "route": route, "code": code, "count": count });
            audit::note(&mut write, &by, Action::Denied, of.as_ref(), &what, now).await?;
        }
        Ok(write.commit().await?)
    }
}
