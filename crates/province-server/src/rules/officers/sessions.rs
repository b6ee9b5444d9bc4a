//! Registering a passkey, signing in with it, and what a session is good for.

use province_api::Bytes;
use province_api::officers::{Begun, CeremonyFinish, Done, OfficerRole, Registered, SignedIn};
use province_api::problem::ProblemCode;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use webauthn_rs::prelude::{
    AuthenticationResult, Passkey, PublicKeyCredential, RegisterPublicKeyCredential, Uuid,
};

use super::roles::Right;
use super::{OfficerId, State, digest, text_of};
use crate::audit::{Action, Actor, Role};
use crate::rules::retention::CLOCKS_DIFFER;
use crate::rules::{Fault, Province, Refusal, audit};
use crate::sealed::Kind;
use crate::store::lock::Lock;
use crate::store::officer::{self, Kept};
use crate::store::session;

/// A session ends after so many seconds in which nothing was asked.
pub const IDLE_SECONDS: u64 = 15 * 60;
/// And after so many in any case: a working day.
pub const SESSION_SECONDS: u64 = 8 * 60 * 60;
/// What ends something for good wants a passkey that said who it is within so many seconds.
pub const FRESH_SECONDS: u64 = 5 * 60;
/// That something was asked is noted once in so many seconds.
const NOTED_EVERY: u64 = 60;

/// An officer who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedOfficer {
    /// Who.
    pub id: OfficerId,
    /// What they may do.
    pub role: OfficerRole,
    /// Whose answers are kept: as long as a device's key, and the key of none.
    pub(in crate::rules) asker: [u8; 32],
    /// When the passkey said so.
    began_at: u64,
    token: [u8; 32],
}

impl SignedOfficer {
    /// Who it is in the audit log.
    pub fn actor(&self) -> Actor {
        actor(&self.id)
    }

    /// Whether they may do this.
    ///
    /// # Errors
    /// [`ProblemCode::OfficerForbidden`].
    pub fn must_have(&self, right: Right) -> Result<(), ProblemCode> {
        if right.is_of(self.role) {
            Ok(())
        } else {
            Err(ProblemCode::OfficerForbidden)
        }
    }

    /// Whether their passkey said lately that it is they.
    ///
    /// # Errors
    /// [`ProblemCode::OfficerStale`].
    pub const fn must_be_fresh(&self, now: u64) -> Result<(), ProblemCode> {
        // One that began later began by a clock that was wrong.
        if self.began_at <= now + CLOCKS_DIFFER && now.saturating_sub(self.began_at) <= FRESH_SECONDS {
            Ok(())
        } else {
            Err(ProblemCode::OfficerStale)
        }
    }
}

/// An officer in the audit log.
pub(super) fn actor(id: &OfficerId) -> Actor {
    Actor {
        role: Role::Officer,
        id: hex::encode(id),
    }
}

impl Province {
    /// Begins to register a passkey for whom this code invites.
    ///
    /// # Errors
    /// [`ProblemCode::OfficerInviteInvalid`], [`ProblemCode::NotFound`], [`Refusal::Fault`].
    pub async fn begin_passkey(&self, invite: &str) -> Result<Begun, Refusal> {
        let desk = self.desk()?;
        let invite = digest(invite.trim().as_bytes());
        let mut db = self.store().read().await?;
        let id = officer::invited(&mut db, &invite, self.now().unix())
            .await?
            .ok_or(ProblemCode::OfficerInviteInvalid)?;
        let found = officer::find(&mut db, &id).await?;
        let found = found.ok_or(ProblemCode::OfficerInviteInvalid)?;
        let mut held = Vec::new();
        for kept in officer::passkeys(&mut db, &id).await? {
            held.push(self.passkey(&kept)?.cred_id().clone());
        }
        drop(db);
        let name = self.officer_name(&found)?;
        let (options, state) = desk
            .start_passkey_registration(Uuid::from_bytes(id), &name, &name, Some(held))
            .map_err(|_| Fault::Passkeys)?;
        let mut options = serde_json::to_value(options).map_err(Fault::Record)?;
        // Nobody says a name to sign in, so the authenticator has to know the passkey by itself.
        if let Some(selection) = options
            .pointer_mut("/publicKey/authenticatorSelection")
            .and_then(|selection| selection.as_object_mut())
        {
            selection.insert("residentKey".to_owned(), "required".into());
            selection.insert("requireResidentKey".to_owned(), true.into());
        }
        let state = State::Register {
            officer: id,
            invite,
            state,
        };
        self.begun(state, options)
    }

    /// Registers the passkey, and uses the invite up.
    ///
    /// # Errors
    /// [`ProblemCode::PasskeyRefused`], [`ProblemCode::OfficerInviteInvalid`], [`ProblemCode::NotFound`],
    /// [`Refusal::Fault`].
    pub async fn finish_passkey(&self, said: CeremonyFinish) -> Result<Registered, Refusal> {
        let desk = self.desk()?;
        let State::Register {
            officer: id,
            invite,
            state,
        } = self.opened(&said.ceremony)?.state
        else {
            return Err(ProblemCode::PasskeyRefused.into());
        };
        let credential: RegisterPublicKeyCredential =
            serde_json::from_value(said.credential).map_err(|_| ProblemCode::PasskeyRefused)?;
        let passkey = desk
            .finish_passkey_registration(&credential, &state)
            .map_err(|_| ProblemCode::PasskeyRefused)?;
        let now = self.now();
        let mut write = self.store().write_with(Lock::Bulk(&id)).await?;
        let found = officer::find(&mut write, &id).await?;
        let found = found
            .filter(|found| found.ended_at.is_none())
            .ok_or(ProblemCode::OfficerInviteInvalid)?;
        let kept = self.kept_passkey(&id, &passkey)?;
        if officer::passkey(&mut write, &kept.credential).await?.is_some() {
            return Err(ProblemCode::PasskeyRefused.into());
        }
        if !officer::use_invite(&mut write, &invite, now.unix()).await? {
            return Err(ProblemCode::OfficerInviteInvalid.into());
        }
        officer::put_passkey(&mut write, &kept, now.unix()).await?;
        let what = json!({ "passkey": hex::encode(kept.credential) });
        audit::note(
            &mut write,
            &actor(&id),
            Action::PasskeyRegistered,
            None,
            &what,
            now,
        )
        .await?;
        write.commit().await?;
        Ok(Registered {
            officer: hex::encode(id),
            role: found.role,
        })
    }

    /// Begins to sign somebody in.
    ///
    /// # Errors
    /// [`ProblemCode::NotFound`], [`Refusal::Fault`].
    pub fn begin_session(&self) -> Result<Begun, Refusal> {
        let started = self.desk()?.start_discoverable_authentication();
        let (options, state) = started.map_err(|_| Fault::Passkeys)?;
        let mut options = serde_json::to_value(options).map_err(Fault::Record)?;
        // The page asks at once and does not wait for a form to be filled.
        if let Some(options) = options.as_object_mut() {
            options.remove("mediation");
        }
        self.begun(State::SignIn(state), options)
    }

    /// Signs in whose passkey it is.
    ///
    /// # Errors
    /// [`ProblemCode::PasskeyRefused`], whatever is wrong with it; [`ProblemCode::NotFound`], [`Refusal::Fault`].
    pub async fn finish_session(&self, said: CeremonyFinish) -> Result<SignedIn, Refusal> {
        let refused = ProblemCode::PasskeyRefused;
        let desk = self.desk()?;
        let ceremony = self.opened(&said.ceremony)?;
        let State::SignIn(state) = ceremony.state else {
            return Err(refused.into());
        };
        let credential: PublicKeyCredential = serde_json::from_value(said.credential).map_err(|_| refused)?;
        let (user, id) = desk
            .identify_discoverable_authentication(&credential)
            .map_err(|_| refused)?;
        let (now, id) = (self.now(), digest(id));
        let of_user = |kept: &Kept| kept.officer == *user.as_bytes();
        let verify = |kept: &Kept| -> Result<(Passkey, AuthenticationResult), Refusal> {
            let passkey = self.passkey(kept)?;
            let proven = desk
                .finish_discoverable_authentication_v2(&credential, state.clone(), &passkey)
                .ok()
                .filter(AuthenticationResult::user_verified);
            Ok((passkey, proven.ok_or(refused)?))
        };
        // Before anything is locked: who sends nonsense keeps nobody waiting.
        let kept = officer::passkey(&mut *self.store().read().await?, &id).await?;
        let kept = kept.filter(of_user).ok_or(refused)?;
        let (mut passkey, mut proven) = verify(&kept)?;
        let mut write = self.store().write_with(Lock::Device(&id)).await?;
        let now_kept = officer::passkey(&mut write, &id).await?;
        let now_kept = now_kept.filter(of_user).ok_or(refused)?;
        if now_kept != kept {
            // Somebody signed in with it meanwhile: its counter went on.
            (passkey, proven) = verify(&now_kept)?;
        }
        let found = officer::find(&mut write, &kept.officer).await?;
        let found = found.filter(|found| found.ended_at.is_none()).ok_or(refused)?;
        if !session::end_ceremony(&mut write, &ceremony.id, ceremony.until).await? {
            return Err(refused.into());
        }
        if passkey.update_credential(&proven) == Some(true) {
            let kept = self.kept_passkey(&kept.officer, &passkey)?;
            officer::put_passkey(&mut write, &kept, now.unix()).await?;
        }
        let token = Bytes(self.randomness().bytes::<32>().to_vec());
        session::begin(&mut write, &digest(&token.0), &found.id, now.unix()).await?;
        audit::note(
            &mut write,
            &actor(&found.id),
            Action::SignedIn,
            None,
            &json!({}),
            now,
        )
        .await?;
        write.commit().await?;
        Ok(SignedIn {
            token: text_of(&token)?,
            officer: hex::encode(found.id),
            role: found.role,
            expires_at: now.plus(SESSION_SECONDS).unix(),
            idle_seconds: IDLE_SECONDS,
        })
    }

    /// Who is signed in with this token.
    ///
    /// # Errors
    /// [`ProblemCode::OfficerSession`], [`ProblemCode::RateLimited`], [`ProblemCode::NotFound`], [`Refusal::Fault`].
    pub async fn officer(&self, token: Option<&str>) -> Result<SignedOfficer, Refusal> {
        self.desk()?;
        let none = ProblemCode::OfficerSession;
        let token: Bytes = token
            .and_then(|text| serde_json::from_value(text.into()).ok())
            .ok_or(none)?;
        let token = digest(&token.0);
        let now = self.now().unix();
        let mut db = self.store().read().await?;
        let session = session::find(&mut db, &token).await?;
        let session = session
            .filter(|session| {
                session.began_at <= now.saturating_add(CLOCKS_DIFFER)
                    && now < session.began_at.saturating_add(SESSION_SECONDS)
                    && now < session.last_at.saturating_add(IDLE_SECONDS)
            })
            .ok_or(none)?;
        let found = officer::find(&mut db, &session.officer).await?.ok_or(none)?;
        drop(db);
        if now >= session.last_at.saturating_add(NOTED_EVERY) {
            session::touch(&mut *self.store().passing().await?, &token, now).await?;
        }
        Ok(SignedOfficer {
            id: found.id,
            role: found.role,
            asker: Sha256::new_with_prefix(b"officer\0")
                .chain_update(found.id)
                .finalize()
                .into(),
            began_at: session.began_at,
            token,
        })
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`Refusal::Fault`].
    pub async fn end_session(&self, officer: &SignedOfficer) -> Result<Done, Refusal> {
        let mut write = self.store().write().await?;
        session::end(&mut write, &officer.token).await?;
        write.commit().await?;
        Ok(Done { changed: true })
    }

    fn passkey(&self, kept: &Kept) -> Result<Passkey, Fault> {
        let plain = self
            .keys()
            .data
            .open(Kind::Passkey, &kept.officer, &kept.sealed)?;
        serde_json::from_slice(&plain).map_err(Fault::Record)
    }

    fn kept_passkey(&self, officer: &OfficerId, passkey: &Passkey) -> Result<Kept, Fault> {
        let plain = serde_json::to_vec(passkey).map_err(Fault::Record)?;
        Ok(Kept {
            credential: digest(passkey.cred_id().as_ref()),
            officer: *officer,
            sealed: self
                .keys()
                .data
                .seal(Kind::Passkey, officer, &plain, self.randomness())?,
        })
    }
}
