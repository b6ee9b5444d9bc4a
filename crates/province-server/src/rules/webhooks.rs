//! What a department's system says about its webhook: where it wants to be told, that it ends, what is to be sent again.

use credential::Vct;
use province_api::Bytes;
use province_api::problem::ProblemCode;
use province_api::webhook::{
    DeadLetter, DeadLettersReply, LETTERS_PAGE_MAX, RedeliverReply, RedeliverRequest, WebhookEnded,
    WebhookKey, WebhookKeysReply, WebhookReply, WebhookRequest, WebhookStanding,
};
use serde_json::json;
use sqlx::AnyConnection;

use super::answered::Asked;
use super::applications::reader_of;
use super::callers::{Caller as _, System};
use super::{Fault, Province, Refusal, audit};
use crate::audit::Action;
use crate::store::dead_letter;
use crate::store::lock::{self, Lock};
use crate::store::webhook::{self, Webhook};
use crate::store::{Write, application, trusted_key};

/// Days for which a dead letter is kept. What it tells of can be read from the feed for longer.
pub const DEAD_LETTER_DAYS: u64 = 30;

impl Province {
    /// Says where a system wants to be told of applications to its office: what changes from now on, or, where it had said so
    /// before, what is behind the last that it took.
    ///
    /// # Errors
    /// [`ProblemCode::SystemOffice`], [`ProblemCode::WebhookUrl`], [`Refusal`]; then nothing changed.
    pub async fn set_webhook(
        &self,
        asked: &Asked<System>,
        request: &WebhookRequest,
    ) -> Result<WebhookReply, Refusal> {
        let office = asked.by.office()?;
        let url = self
            .courier
            .as_ref()
            .and_then(|courier| courier.reach().url(&request.url));
        let url = url.ok_or(ProblemCode::WebhookUrl)?;
        let now = self.now();
        let mut write = self.store().write().await?;
        lock::take(&mut write, Lock::Device(&asked.by.key.key)).await?;
        if let Some(reply) = self.answered(&mut write, asked).await? {
            return Ok(reply);
        }
        let system = &asked.by.key.name;
        let reader = reader_of(office);
        let before = webhook::find(&mut write, system).await?;
        let told = match before.filter(|before| before.reader == reader) {
            Some(before) => before.told,
            None => application::last(&mut write, &reader).await?,
        };
        let of = (&**system, office, &*reader);
        webhook::set(&mut write, of, url.as_str(), told, now.unix()).await?;
        // Of a URL only the host is noted: the rest may hold what the department keeps to itself.
        let what = json!({ "host": url.host_str() });
        audit::note(
            &mut write,
            &asked.by.actor(),
            Action::WebhookSet,
            None,
            &what,
            now,
        )
        .await?;
        let set = webhook::find(&mut write, system).await?;
        let reply = said(&mut write, &set.ok_or(ProblemCode::WebhookUnknown)?).await?;
        self.finish(write, asked, &reply).await?;
        Ok(reply)
    }

    /// How a system's webhook stands.
    ///
    /// # Errors
    /// [`ProblemCode::SystemOffice`], [`ProblemCode::WebhookUnknown`], [`Refusal::Fault`].
    pub async fn webhook_of(&self, system: &System) -> Result<WebhookReply, Refusal> {
        let mut db = self.store().read().await?;
        let hook = own(&mut db, system).await?;
        Ok(said(&mut db, &hook).await?)
    }

    /// Ends a system's webhook; its dead letters go with it.
    ///
    /// # Errors
    /// [`ProblemCode::SystemOffice`], [`ProblemCode::WebhookUnknown`], [`Refusal`]; then nothing changed.
    pub async fn end_webhook(&self, asked: &Asked<System>) -> Result<WebhookEnded, Refusal> {
        let now = self.now();
        let mut write = self.store().write().await?;
        lock::take(&mut write, Lock::Device(&asked.by.key.key)).await?;
        if let Some(reply) = self.answered(&mut write, asked).await? {
            return Ok(reply);
        }
        let hook = own(&mut write, &asked.by).await?;
        webhook::remove(&mut write, &hook.system).await?;
        dead_letter::remove_all(&mut write, &hook.system).await?;
        let action = Action::WebhookEnded;
        audit::note(&mut write, &asked.by.actor(), action, None, &json!({}), now).await?;
        let reply = WebhookEnded { told: hook.told };
        self.finish(write, asked, &reply).await?;
        Ok(reply)
    }

    /// What a system did not take for a day, behind a number, a page.
    ///
    /// # Errors
    /// [`ProblemCode::SystemOffice`], [`ProblemCode::WebhookUnknown`], [`Refusal::Fault`].
    pub async fn dead_letters_of(&self, system: &System, after: u64) -> Result<DeadLettersReply, Refusal> {
        let mut db = self.store().read().await?;
        let hook = own(&mut db, system).await?;
        let most = u32::try_from(LETTERS_PAGE_MAX + 1).unwrap_or(u32::MAX);
        let mut found = dead_letter::after(&mut db, &hook.system, after, most).await?;
        let more = found.len() > LETTERS_PAGE_MAX;
        found.truncate(LETTERS_PAGE_MAX);
        Ok(DeadLettersReply {
            cursor: found.last().map_or(after, |last| last.number),
            letters: found.into_iter().map(shown).collect(),
            more,
        })
    }

    /// Sends a system what it did not take once more: one letter or all, as soon as may be.
    ///
    /// # Errors
    /// [`ProblemCode::SystemOffice`], [`ProblemCode::WebhookUnknown`], [`Refusal`]; then nothing changed.
    pub async fn redeliver(
        &self,
        asked: &Asked<System>,
        request: &RedeliverRequest,
    ) -> Result<RedeliverReply, Refusal> {
        let now = self.now();
        let mut write = self.store().write().await?;
        lock::take(&mut write, Lock::Device(&asked.by.key.key)).await?;
        if let Some(reply) = self.answered(&mut write, asked).await? {
            return Ok(reply);
        }
        let hook = own(&mut write, &asked.by).await?;
        let letters = dead_letter::ask_again(&mut write, &hook.system, request.number).await?;
        webhook::hasten(&mut write, &hook.system, now.unix()).await?;
        let what = json!({ "letters": letters });
        let action = Action::WebhookRedelivered;
        audit::note(&mut write, &asked.by.actor(), action, None, &what, now).await?;
        let reply = RedeliverReply { letters };
        self.finish(write, asked, &reply).await?;
        Ok(reply)
    }

    /// The keys by which receivers know what the province sends: all that may sign now, the one that does first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn webhook_keys(&self) -> Result<WebhookKeysReply, Fault> {
        let mut keys = trusted_key::all(&mut *self.store().read().await?).await?;
        let now = self.now().unix();
        keys.retain(|key| key.may_sign(Vct::WEBHOOK, now));
        keys.sort_by_key(|key| std::cmp::Reverse(key.valid_from));
        let said = keys.iter().map(|key| WebhookKey {
            key: Bytes::from(&key.key[..]),
            valid_from: key.valid_from,
            valid_until: key.valid_until,
        });
        Ok(WebhookKeysReply { keys: said.collect() })
    }

    /// Keeps the answer to a write and makes it last.
    async fn finish(
        &self,
        mut write: Write,
        asked: &Asked<System>,
        reply: &impl serde::Serialize,
    ) -> Result<(), Refusal> {
        self.remember(&mut write, asked, reply).await?;
        Ok(write.commit().await?)
    }
}

/// The webhook of a system of an office.
async fn own(db: &mut AnyConnection, system: &System) -> Result<Webhook, Refusal> {
    let reader = reader_of(system.office()?);
    let found = webhook::find(db, &system.key.name).await?;
    let found = found.filter(|hook| hook.reader == reader);
    Ok(found.ok_or(ProblemCode::WebhookUnknown)?)
}

/// A webhook as its system is told of it.
async fn said(db: &mut AnyConnection, hook: &Webhook) -> Result<WebhookReply, Fault> {
    let standing = match (hook.ended_at, hook.failing_since) {
        (Some(_), _) => WebhookStanding::Ended,
        (None, Some(_)) => WebhookStanding::Failing,
        (None, None) => WebhookStanding::Working,
    };
    Ok(WebhookReply {
        url: hook.url.clone(),
        office: hook.office.clone(),
        set_at: hook.set_at,
        standing,
        told: hook.told,
        told_at: hook.told_at,
        failing_since: hook.failing_since,
        not_taken: hook.not_taken,
        next_at: (standing == WebhookStanding::Failing).then_some(hook.due_at),
        dead_letters: dead_letter::count(db, Some(&hook.system)).await?,
    })
}

const fn shown(letter: dead_letter::DeadLetter) -> DeadLetter {
    DeadLetter {
        number: letter.number,
        at: letter.at,
        died_at: letter.died_at,
        not_taken: letter.not_taken,
        again: letter.again,
    }
}
