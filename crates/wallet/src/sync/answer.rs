//! The receiving half: what an answer changes, one transaction each.

use credential::{StatusManifest, StatusSet, TrustError, TrustList, TypeRegister};
use province_api::enrolment::EnrolmentReply;
use province_api::passes::{Challenge, PassesReply};
use province_api::problem::ProblemCode;

use super::problem::Refusal;
use super::{Awaiting, HttpResponse, Run, Stage, Surroundings, accept, send};
use crate::code::{UiCode, UiError};
use crate::error::StoreError;
use crate::store::artefact;
use crate::store::draft::{self as draft_table, PhotoKind};
use crate::store::enrolment::{self, State};
use crate::store::outbox::{self, Kind};

impl Run {
    /// Takes the answer to the request that was given last. An answer that nobody waits for is ignored.
    ///
    /// # Errors
    /// Only what the vault itself could not do; what the province said is in the end of the run.
    pub(crate) fn on_response(
        &mut self,
        around: &Surroundings<'_>,
        response: &HttpResponse,
    ) -> Result<(), UiError> {
        match self.awaiting.take() {
            None => Ok(()),
            Some(Awaiting::Application) => self.on_application(around, response),
            Some(Awaiting::TrustList) => self.on_trust_list(around, response),
            Some(Awaiting::Types) => self.on_types(around, response),
            Some(Awaiting::NextRoots) => self.on_next_roots(around, response),
            Some(Awaiting::Challenge) => self.on_challenge(around, response),
            Some(Awaiting::Passes) => self.on_passes(around, response),
            Some(Awaiting::Manifest) => self.on_manifest(around, response),
            Some(Awaiting::Piece) => self.on_piece(around, response),
        }
    }

    fn on_application(&mut self, around: &Surroundings<'_>, response: &HttpResponse) -> Result<(), UiError> {
        if response.status != 200 {
            return self.on_application_refused(around, Refusal::read(response));
        }
        if serde_json::from_slice::<EnrolmentReply>(&response.body).is_err() {
            // It may have been done: the same key goes again next time and brings the same answer.
            self.fail(UiCode::AnswerInvalid);
            return Ok(());
        }
        let transaction = around.database.unchecked_transaction()?;
        if let Some(entry) = outbox::under_way(&transaction, Kind::Enrolment)? {
            outbox::confirm(&transaction, entry.id, around.now)?;
        }
        enrolment::set_state(&transaction, State::Accepted)?;
        transaction.commit()?;
        self.changed = true;
        self.stage = Stage::TrustList;
        Ok(())
    }

    /// A clear no ends the application; what was typed stays, to be mended and sent under a new key.
    fn on_application_refused(&mut self, around: &Surroundings<'_>, refusal: Refusal) -> Result<(), UiError> {
        if let Refusal::Said { error, .. } = &refusal {
            let transaction = around.database.unchecked_transaction()?;
            if let Some(entry) = outbox::under_way(&transaction, Kind::Enrolment)? {
                // The draft has what was typed.
                outbox::refuse(&transaction, entry.id, error, around.now)?;
            }
            enrolment::set_state(&transaction, State::Draft)?;
            transaction.commit()?;
        }
        self.fail(refusal.into_error());
        Ok(())
    }

    fn on_trust_list(&mut self, around: &Surroundings<'_>, response: &HttpResponse) -> Result<(), UiError> {
        if response.status != 200 {
            self.fail(Refusal::read(response).into_error());
            return Ok(());
        }
        let held = accept::load_trust(around.database, around.roots)?;
        let list = match TrustList::verify(&response.body, around.roots, held.as_ref()) {
            Ok(list) => list,
            // It may be of roots that came after those that this phone knows.
            Err(TrustError::TooFewSignatures) if self.root_changes < ROOT_CHANGES_MAX => {
                self.stage = Stage::NextRoots;
                return Ok(());
            }
            Err(_) => {
                self.fail(UiCode::TrustRefused);
                return Ok(());
            }
        };
        if held.is_none_or(|held| held.bytes() != list.bytes()) {
            accept::save_trust(around.database, &list, around.now)?;
            self.changed = true;
        }
        self.stage = Stage::Types;
        Ok(())
    }

    fn on_types(&mut self, around: &Surroundings<'_>, response: &HttpResponse) -> Result<(), UiError> {
        if response.status != 200 {
            self.fail(Refusal::read(response).into_error());
            return Ok(());
        }
        let Some(trust) = accept::load_trust(around.database, around.roots)? else {
            self.fail(UiCode::TrustRefused);
            return Ok(());
        };
        let held = accept::load_types(around.database, &trust)?;
        let Ok(types) = TypeRegister::verify(&response.body, &trust, held.as_ref()) else {
            self.fail(UiCode::TypesRefused);
            return Ok(());
        };
        if held.is_none_or(|held| held.bytes() != types.bytes()) {
            artefact::save(around.database, artefact::TYPES, types.bytes(), around.now)?;
            self.changed = true;
        }
        self.stage = Stage::Passes;
        Ok(())
    }

    /// Takes the list that replaced the roots this phone knows, then asks for the newest again.
    fn on_next_roots(&mut self, around: &Surroundings<'_>, response: &HttpResponse) -> Result<(), UiError> {
        if response.status != 200 && response.status != 404 {
            self.fail(Refusal::read(response).into_error());
            return Ok(());
        }
        let held = accept::load_trust(around.database, around.roots)?;
        match TrustList::verify(&response.body, around.roots, held.as_ref()) {
            Ok(list) if response.status == 200 && list.changes_roots() => {
                accept::save_trust(around.database, &list, around.now)?;
                self.root_changes += 1;
                self.changed = true;
                self.stage = Stage::TrustList;
            }
            _ => self.fail(UiCode::TrustRefused),
        }
        Ok(())
    }

    fn on_challenge(&mut self, around: &Surroundings<'_>, response: &HttpResponse) -> Result<(), UiError> {
        if response.status != 200 {
            return self.on_passes_refused(around, Kind::Challenge, Refusal::read(response));
        }
        match serde_json::from_slice::<Challenge>(&response.body) {
            Ok(challenge) if challenge.challenge.0.len() == CHALLENGE_BYTES => {
                self.nothing_wanted = !send::decide_to_ask_for_passes(around, &challenge)?;
                Ok(())
            }
            _ => {
                self.fail(UiCode::AnswerInvalid);
                Ok(())
            }
        }
    }

    fn on_passes(&mut self, around: &Surroundings<'_>, response: &HttpResponse) -> Result<(), UiError> {
        if response.status != 200 {
            return self.on_passes_refused(around, Kind::Passes, Refusal::read(response));
        }
        let Ok(reply) = serde_json::from_slice::<PassesReply>(&response.body) else {
            self.fail(UiCode::AnswerInvalid);
            return Ok(());
        };
        let entry = outbox::under_way(around.database, Kind::Passes)?.ok_or(StoreError::Row)?;
        let transaction = around.database.unchecked_transaction()?;
        outbox::remove(&transaction, entry.id)?;
        match accept::passes(&transaction, around, &entry, &reply)? {
            Ok(()) => {
                enrolment::set_state(&transaction, State::Complete)?;
                draft_table::delete_photo(&transaction, PhotoKind::Draft)?;
                transaction.commit()?;
                self.changed = true;
                self.stage = Stage::Manifest;
            }
            Err(code) => {
                transaction.rollback()?;
                // The same key would bring the same passes: the next run asks anew.
                outbox::remove(around.database, entry.id)?;
                self.fail(code);
            }
        }
        Ok(())
    }

    fn on_passes_refused(
        &mut self,
        around: &Surroundings<'_>,
        kind: Kind,
        refusal: Refusal,
    ) -> Result<(), UiError> {
        let Refusal::Said { code, error } = refusal else {
            self.fail(refusal.into_error());
            return Ok(());
        };
        if let Some(entry) = outbox::under_way(around.database, kind)? {
            outbox::remove(around.database, entry.id)?;
        }
        match code {
            ProblemCode::ChallengeInvalid if !self.challenge_renewed => self.challenge_renewed = true,
            ProblemCode::DeviceUnknown | ProblemCode::PersonRevoked | ProblemCode::PersonSuspended => {
                // No new passes, but the public files still say how things stand.
                if code == ProblemCode::DeviceUnknown
                    && enrolment::load(around.database)?.state == State::Accepted
                {
                    enrolment::set_state(around.database, State::Draft)?;
                }
                self.error = Some(error);
                self.stage = Stage::Manifest;
            }
            _ => self.fail(error),
        }
        Ok(())
    }

    fn on_manifest(&mut self, around: &Surroundings<'_>, response: &HttpResponse) -> Result<(), UiError> {
        if response.status != 200 {
            self.fail_keeping_first(Refusal::read(response).into_error());
            return Ok(());
        }
        let Some(trust) = accept::load_trust(around.database, around.roots)? else {
            self.fail_keeping_first(UiCode::StatusRefused.into());
            return Ok(());
        };
        let held = accept::load_status(around.database, &trust)?;
        let held_manifest = held.as_ref().map(StatusSet::manifest);
        let Ok(manifest) = StatusManifest::verify(&response.body, &trust, held_manifest) else {
            self.fail_keeping_first(UiCode::StatusRefused.into());
            return Ok(());
        };
        self.places = accept::status_places_of_own(around.database)?;
        self.staged = Some(StatusSet::new(manifest));
        self.take_kept(around)?;
        self.stage = Stage::Pieces;
        Ok(())
    }

    /// Takes what did not change from the vault, so that it is not fetched again.
    fn take_kept(&mut self, around: &Surroundings<'_>) -> Result<(), StoreError> {
        if let Some(staged) = &mut self.staged {
            for at in &self.places {
                staged.fill(Some(at), |sha256| artefact::load_piece(around.database, sha256))?;
            }
        }
        Ok(())
    }

    fn on_piece(&mut self, around: &Surroundings<'_>, response: &HttpResponse) -> Result<(), UiError> {
        if response.status != 200 {
            self.fail_keeping_first(Refusal::read(response).into_error());
            return Ok(());
        }
        let wanted = self.piece_wanted();
        let added = match (&mut self.staged, &wanted) {
            (Some(staged), Some(piece)) => staged.add(piece, &response.body).map(|()| piece.sha256).ok(),
            _ => None,
        };
        let Some(sha256) = added else {
            self.fail_keeping_first(UiCode::StatusRefused.into());
            return Ok(());
        };
        self.pieces_here.push((sha256, response.body.clone()));
        // A table that came says which shards are the same as before.
        self.take_kept(around)?;
        if self.piece_wanted().is_none() {
            self.store_status(around)?;
        }
        Ok(())
    }

    /// Stores the manifest and its pieces together.
    pub(super) fn store_status(&mut self, around: &Surroundings<'_>) -> Result<(), UiError> {
        let transaction = around.database.unchecked_transaction()?;
        if let Some(staged) = self.staged.take() {
            let manifest = staged.manifest().bytes();
            let before = artefact::load(&transaction, artefact::STATUS_MANIFEST)?;
            self.changed |= before.as_deref() != Some(manifest);
            artefact::save(&transaction, artefact::STATUS_MANIFEST, manifest, around.now)?;
            let held = staged.held().map(|piece| piece.sha256).collect();
            artefact::save_pieces(&transaction, &self.pieces_here, &held, around.now)?;
            self.pieces_here.clear();
        }
        transaction.commit()?;
        self.stage = Stage::Done;
        Ok(())
    }

    /// Ends the run; an earlier and more telling error is kept.
    fn fail_keeping_first(&mut self, error: UiError) {
        let first = self.error.take();
        self.fail(first.unwrap_or(error));
    }
}

/// Most changes of the roots that are caught up with in one run.
const ROOT_CHANGES_MAX: u8 = 16;

/// Length of the province's challenge, in bytes.
const CHALLENGE_BYTES: usize = 16;
