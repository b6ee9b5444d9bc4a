//! Sync: what changed since a phone asked last, and the change of its person's mobile number.

use province_api::enrolment::FieldProblem;
use province_api::problem::ProblemCode;
use province_api::signature::DeviceKey;
use province_api::sync::{
    Event, FEED_PAGE_MAX, FeedEvent, FileNow, HELD_MAX, HeldFile, MobileReply, MobileRequest, Standing,
    SyncReply, SyncRequest, TAG_BYTES, files, offers_tag,
};

use super::admission::Device;
use super::answered::{Asked, locked};
use super::drawable::AsOf;
use super::passes::offers;
use super::published::Published;
use super::status::may_draw;
use super::{Fault, Province, Refusal, feed};
use crate::audit::Actor;
use crate::store::artefact::{self, Name};
use crate::store::event;
use crate::store::person::{self, Known};

/// The files that phones hold.
const ON_PHONES: [(&str, Name); 4] = [
    (files::TRUST, Name::TrustList),
    (files::TYPES, Name::TypeRegister),
    (files::STATUS, Name::StatusManifest),
    (files::CATALOGUE, Name::Catalogue),
];

impl Province {
    /// What changed since this phone asked last. A person whose passes were revoked or suspended is told so here.
    ///
    /// # Errors
    /// [`ProblemCode::DeviceUnknown`], [`ProblemCode::RequestMalformed`], [`Refusal::Fault`].
    pub async fn sync(
        &self,
        asked_by: DeviceKey,
        device: Device,
        request: &SyncRequest,
    ) -> Result<SyncReply, Refusal> {
        if request.held.len() > HELD_MAX {
            return Err(ProblemCode::RequestMalformed.into());
        }
        let Device::Of(person) = device else {
            return Err(ProblemCode::DeviceUnknown.into());
        };
        let standing = match person {
            Known { is_revoked: true, .. } => Standing::Revoked,
            Known {
                is_suspended: true, ..
            } => Standing::Suspended,
            _ => Standing::Good,
        };
        let published = self.published().await?;
        let mut reply = SyncReply {
            server_time: self.now().unix(),
            standing,
            feed: Vec::new(),
            cursor: request.feed,
            more: false,
            files: self.files_that_differ(&published, &request.held).await?,
            offers: None,
        };
        if request.feed != person.events {
            self.page(&person, request.feed, &mut reply).await?;
        }
        let as_of = AsOf::new(person.events, published.version, self.now());
        let is_as_it_was = || self.drawable.is(&person.id, as_of, &request.offers.0);
        if standing == Standing::Good && !is_as_it_was() {
            let mut db = self.store().read().await?;
            // Whole, with what is sealed; the device may have become somebody else's a moment ago.
            let whole = person::with_device(&mut db, asked_by.as_bytes()).await?;
            drop(db);
            let whole = whole.filter(|whole| whole.id == person.id);
            let whole = whole.ok_or(ProblemCode::DeviceUnknown)?;
            let (register, held) = self.kinds_of(&whole).await?;
            let now = offers(&register, &held, &whole);
            let tag = offers_tag(&now);
            // What was read after the request came in may be newer than what it says of itself.
            if whole.events == person.events {
                self.drawable.remember(&person.id, as_of, tag.0.clone());
            }
            reply.offers = (tag != request.offers).then_some(now);
        }
        Ok(reply)
    }

    /// The next page of the person's feed.
    async fn page(&self, person: &Known, asked: u64, reply: &mut SyncReply) -> Result<(), Refusal> {
        // A number that was never given is of another feed: the person's before they were released.
        let from = if asked > person.events { 0 } else { asked };
        let most = u32::try_from(FEED_PAGE_MAX + 1).unwrap_or(u32::MAX);
        let mut db = self.store().read().await?;
        let mut stored = event::after(&mut db, &person.id, from, most).await?;
        drop(db);
        reply.more = stored.len() > FEED_PAGE_MAX;
        stored.truncate(FEED_PAGE_MAX);
        for one in &stored {
            reply.feed.push(FeedEvent {
                seq: one.seq,
                at: one.at,
                what: feed::read(&self.keys().data, &person.id, one)?,
            });
        }
        reply.cursor = stored.last().map_or(from, |last| last.seq);
        Ok(())
    }

    /// The files on phones that are not held as they are now. What was never published is no file.
    async fn files_that_differ(
        &self,
        published: &Published,
        held: &[HeldFile],
    ) -> Result<Vec<FileNow>, Fault> {
        let mut differ = Vec::new();
        for (name, artefact) in ON_PHONES {
            let Some(newest) = published.file(&artefact) else {
                continue;
            };
            let mut tags = held
                .iter()
                .filter(|file| file.name == name)
                .map(|file| &file.tag.0);
            let tag = tags.next().filter(|tag| tag.len() == TAG_BYTES);
            if tag.is_some_and(|tag| newest.sha256.starts_with(tag)) {
                continue;
            }
            let delta = match tag {
                Some(tag) => artefact::is_kept(&mut *self.store().read().await?, &artefact, tag).await?,
                None => false,
            };
            differ.push(FileNow {
                name: name.to_owned(),
                sha256: newest.sha256[..].into(),
                bytes: newest.bytes.len() as u64,
                delta,
            });
        }
        Ok(differ)
    }

    /// Changes the mobile number of this device's person.
    ///
    /// # Errors
    /// [`Refusal`]; then nothing changed.
    pub async fn change_mobile(
        &self,
        asked: &Asked,
        request: &MobileRequest,
    ) -> Result<MobileReply, Refusal> {
        let mobile = request.parse().map_err(|code| {
            Refusal::Fields(vec![FieldProblem {
                field: "mobile".to_owned(),
                code,
            }])
        })?;
        let now = self.now();
        let mut write = self.store().write().await?;
        let person = locked(&mut write, &asked.by).await?;
        if let Some(reply) = self.answered(&mut write, asked).await? {
            return Ok(reply);
        }
        let mut person = person.ok_or(ProblemCode::DeviceUnknown)?;
        may_draw(&mut write, person.status_index).await?;
        let mut record = self.open_record(&person.id, &person.sealed)?;
        let digits = mobile.as_str().as_bytes();
        let ends = digits.get(digits.len().saturating_sub(2)..).unwrap_or_default();
        let what = Event::MobileChanged {
            ends: String::from_utf8_lossy(ends).into_owned(),
        };
        record.particulars.mobile = mobile;
        person.sealed = self.seal_record(&person.id, &record)?;
        person::update(&mut write, &person).await?;
        let (data, randomness) = (&self.keys().data, self.randomness());
        feed::note(
            &mut write,
            data,
            randomness,
            &person.id,
            (&what, &Actor::CITIZEN),
            now,
        )
        .await?;
        let reply = MobileReply {
            changed_at: now.unix(),
        };
        self.remember(&mut write, asked, &reply).await?;
        write.commit().await?;
        Ok(reply)
    }
}
