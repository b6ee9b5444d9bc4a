//! Another device key for the same phone: what one key could do, from now on only the other can.

use credential::Timestamp;
use province_api::device_key::{DeviceKeyReply, DeviceKeyRequest};
use province_api::problem::ProblemCode;
use province_api::sync::Event;

use super::answered::{Asked, locked};
use super::{Province, Refusal, day_of, feed};
use crate::audit::Actor;
use crate::sealed::Subject;
use crate::store::lock::{self, Lock};
use crate::store::person::{self, Person};
use crate::store::{answer, attempt, challenge, device};

/// Most times that one person's key is changed in a day.
pub const CHANGES_MAX: u32 = 3;

impl Province {
    /// Puts a new device key in the place of the one that asks. The key before is nobody's from then on; a repeated
    /// question of it is still answered, because the first answer may never have arrived.
    ///
    /// # Errors
    /// A [`Refusal`]; then nothing changed.
    pub async fn change_device_key(
        &self,
        asked: &Asked,
        request: &DeviceKeyRequest,
    ) -> Result<DeviceKeyReply, Refusal> {
        let new = request.verify(&asked.by).ok_or(ProblemCode::RequestMalformed)?;
        let now: Timestamp = self.now();
        let before = asked.by.as_bytes();
        let mut write = self.store().write().await?;
        lock::take_all(&mut write, &[Lock::Device(before), Lock::Device(&new)]).await?;
        let person = locked(&mut write, &asked.by).await?;
        if let Some(reply) = self.answered(&mut write, asked).await? {
            return Ok(reply);
        }
        let person = person.ok_or(ProblemCode::DeviceUnknown)?;
        // A key that was anybody's is never taken into use again.
        let taken = person::with_device(&mut write, &new).await?.is_some()
            || device::is_retired(&mut write, &new).await?;
        if taken {
            return Err(ProblemCode::RequestMalformed.into());
        }
        let changes = self
            .keys()
            .data
            .blind_index(Subject::DeviceKeyChange, person.id.as_bytes());
        if attempt::count(&mut write, &changes, day_of(now)).await? > CHANGES_MAX {
            return Err(self.tomorrow());
        }
        challenge::forget_device(&mut write, before).await?;
        answer::forget_device(&mut write, before).await?;
        let renewed = Person {
            device_key: new,
            ..person
        };
        person::update(&mut write, &renewed).await?;
        feed::note_bare(
            &mut write,
            &renewed.id,
            (&Event::DeviceKeyChanged, &Actor::CITIZEN),
            now,
        )
        .await?;
        let reply = DeviceKeyReply {
            changed_at: now.unix(),
        };
        self.remember(&mut write, asked, &reply).await?;
        write.commit().await?;
        Ok(reply)
    }
}
