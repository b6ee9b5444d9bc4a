//! What an operator and an auditor do with the audit log.

use std::io::Write;

use credential::{PublicKey, RootSet, Timestamp, Vct};
use serde_json::{Value, json};
use sqlx::AnyConnection;

use crate::admin::{AdminError, Office};
use crate::audit::Action;
use crate::rules::audit::{self, Known, Looked};
use crate::rules::publish;
use crate::store::audit::{self as store, SignedHead};

/// What an export shows of sealed details. It can be verified either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sealed {
    /// Their sealed bytes alone: for whoever need not know which documents people have.
    Closed,
    /// What they say, too.
    Opened,
}

/// Entries that are read at once.
const PAGE: u32 = 1_000;

impl Office {
    /// Gives what waits its place, and looks at every entry and every signed head. `known` are entries that the auditor
    /// wrote down earlier.
    ///
    /// # Errors
    /// [`AdminError`]; what is wrong with the log is no error but in the answer.
    pub async fn look_at_audit(&self, known: &[Known], now: Timestamp) -> Result<Looked, AdminError> {
        audit::chain(&self.store).await?;
        self.look_at_chain(known, &self.public_roots()?, now).await
    }

    /// The same, leaving what waits where it is.
    pub(crate) async fn look_at_chain(
        &self,
        known: &[Known],
        roots: &RootSet,
        now: Timestamp,
    ) -> Result<Looked, AdminError> {
        let mut db = self.store.read().await?;
        let keys = log_keys(&mut db, roots).await?;
        Ok(audit::look(&mut db, known, &keys, now).await?)
    }

    /// Writes the whole log, a JSON object on each line: first where it begins and the keys of its heads, then each entry,
    /// and each signed head behind the entry that it ends with. docs/audit.md says how to verify it. That sealed details were
    /// shown is in the log, and in the export, before one is written.
    ///
    /// # Errors
    /// [`AdminError::Export`] if it cannot be written; [`AdminError`].
    pub async fn export_audit(
        &self,
        mut to: impl Write,
        sealed: Sealed,
        now: Timestamp,
    ) -> Result<u64, AdminError> {
        if sealed == Sealed::Opened {
            let mut write = self.store.write().await?;
            let (by, what) = (&self.by, json!({}));
            audit::note(&mut write, by, Action::AuditOpened, None, &what, now).await?;
            write.commit().await?;
        }
        audit::chain(&self.store).await?;
        let mut db = self.store.read().await?;
        let (keys, data) = (log_keys(&mut db, &self.public_roots()?).await?, self.keys.data()?);
        let cut = store::cut(&mut db).await?;
        let mut line = |value: &Value| writeln!(to, "{value}").map_err(AdminError::Export);
        line(&json!({
            "log": "khyber-pass audit v1",
            "exported_at": now.unix(),
            "after": { "number": cut.number, "hash": hex::encode(cut.hash) },
            "keys": keys.iter().map(|key| hex::encode(key.as_bytes())).collect::<Vec<_>>(),
        }))?;
        let said = |head: &SignedHead| json!({ "head": head.number, "at": head.at, "signed": hex::encode(&head.bytes) });
        // What the beginning rests on, if entries went.
        if let Some(head) = store::head_at(&mut db, cut.number).await? {
            line(&said(&head))?;
        }
        let mut number = cut.number;
        loop {
            let page = store::after(&mut db, number, PAGE).await?;
            let Some(last) = page.last() else { break };
            let heads = store::heads_after(&mut db, number, PAGE).await?;
            number = last.number;
            for one in &page {
                let opened = match sealed {
                    Sealed::Closed => None,
                    Sealed::Opened => audit::opened(&data, &one.entry)?,
                };
                line(&audit::line(one, opened.as_ref()))?;
                for head in heads.iter().filter(|head| head.number == one.number) {
                    line(&said(head))?;
                }
            }
        }
        Ok(number)
    }
}

/// The keys that sign the log's heads, as the newest trust list names them that these roots signed: what a row of the database
/// says is said by whoever writes to it.
async fn log_keys(db: &mut AnyConnection, roots: &RootSet) -> Result<Vec<PublicKey>, AdminError> {
    let held = publish::held_trust(db, roots).await?;
    let named = held.iter().flat_map(|list| &list.content().keys);
    let signs = named.filter(|key| {
        let is_withdrawn = key.revoked_at.is_some_and(|at| at.unix() == 0);
        key.allowed.contains(&Vct::AUDIT_LOG) && !is_withdrawn
    });
    Ok(signs.map(|key| key.key).collect())
}
