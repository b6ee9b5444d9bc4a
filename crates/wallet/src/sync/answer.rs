//! The receiving half: what an answer changes, one transaction each.

use credential::{Catalogue, StatusManifest, StatusSet, TrustError, TrustList, TypeRegister};
use province_api::passes::{Challenge, PassesReply};
use province_api::problem::ProblemCode;

use super::deliver::DAMAGED_MAX;
use super::file::{By, File};
use super::problem::{Refusal, arrived_damaged};
use super::{Awaiting, HttpResponse, Run, Stage, Surroundings, accept, send};
use crate::code::{UiCode, UiError};
use crate::error::StoreError;
use crate::store::artefact;
use crate::store::draft::{self as draft_table, PhotoKind};
use crate::store::enrolment::{self, State};
use crate::store::outbox::{self, Entry, Kind, PutOff};

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
        let around = &self.at_its_time(around);
        self.bytes += bytes_of(response);
        let response = &response.as_it_was_written();
        match self.awaiting.take() {
            None => Ok(()),
            Some(Awaiting::DeviceKey) => self.on_device_key(around, response),
            Some(Awaiting::Audit { before }) => self.on_audit(around, before, response),
            Some(Awaiting::Errand(errand)) => self.on_errand(around, errand, response),
            Some(Awaiting::Reply { cursor }) => self.on_reply(around, cursor, response),
            Some(Awaiting::File { which, by }) => self.on_file(around, (which, by), response),
            Some(Awaiting::NextRoots) => self.on_next_roots(around, response),
            Some(Awaiting::Challenge) => self.on_challenge(around, response),
            Some(Awaiting::Passes) => self.on_passes(around, response),
            Some(Awaiting::Piece) => self.on_piece(around, response),
        }
    }

    fn on_file(
        &mut self,
        around: &Surroundings<'_>,
        (which, by): (File, By),
        response: &HttpResponse,
    ) -> Result<(), UiError> {
        if response.status != 200 && (by == By::Name || response.status != 404) {
            let error = Refusal::read(response).into_error();
            if which == File::Catalogue {
                self.go_without_catalogue(error);
            } else {
                self.fail_keeping_first(error);
            }
            return Ok(());
        }
        let Some(bytes) = self.file_bytes(around, (which, by), response)? else {
            return Ok(());
        };
        match which {
            File::Trust => self.on_trust_list(around, &bytes)?,
            File::Types => self.on_types(around, &bytes)?,
            File::Status => self.on_manifest(around, &bytes)?,
            File::Catalogue => self.on_catalogue(around, &bytes)?,
        }
        Ok(())
    }

    fn on_trust_list(&mut self, around: &Surroundings<'_>, bytes: &[u8]) -> Result<(), StoreError> {
        let held = accept::load_trust(around.database, around.roots)?;
        let list = match TrustList::verify(bytes, around.roots, held.as_ref()) {
            Ok(list) => list,
            // It may be of roots that came after those that this phone knows.
            Err(TrustError::TooFewSignatures) if self.root_changes < ROOT_CHANGES_MAX => {
                self.stage = Stage::NextRoots;
                return Ok(());
            }
            Err(_) => {
                self.fail_keeping_first(UiCode::TrustRefused.into());
                return Ok(());
            }
        };
        if held.is_none_or(|held| held.bytes() != list.bytes()) {
            accept::save_trust(around.database, &list, around.now)?;
            self.changed = true;
        }
        self.told.remove(&File::Trust);
        self.stage = Stage::Types;
        Ok(())
    }

    fn on_types(&mut self, around: &Surroundings<'_>, bytes: &[u8]) -> Result<(), StoreError> {
        let Some(trust) = accept::load_trust(around.database, around.roots)? else {
            self.fail_keeping_first(UiCode::TrustRefused.into());
            return Ok(());
        };
        let held = accept::load_types(around.database, &trust)?;
        let Ok(types) = TypeRegister::verify(bytes, &trust, held.as_ref()) else {
            self.fail_keeping_first(UiCode::TypesRefused.into());
            return Ok(());
        };
        if held.is_none_or(|held| held.bytes() != types.bytes()) {
            artefact::save(around.database, artefact::TYPES, types.bytes(), around.now)?;
            self.changed = true;
        }
        self.told.remove(&File::Types);
        Ok(())
    }

    /// Takes the list that replaced the roots this phone knows, then asks for the newest again.
    fn on_next_roots(&mut self, around: &Surroundings<'_>, response: &HttpResponse) -> Result<(), UiError> {
        if response.status != 200 && response.status != 404 {
            self.fail_keeping_first(Refusal::read(response).into_error());
            return Ok(());
        }
        let held = accept::load_trust(around.database, around.roots)?;
        match TrustList::verify(&response.body, around.roots, held.as_ref()) {
            Ok(list) if response.status == 200 && list.changes_roots() => {
                accept::save_trust(around.database, &list, around.now)?;
                self.root_changes += 1;
                self.changed = true;
                // What is held is another list now than the one that the province made a delta from.
                self.whole.insert(File::Trust);
                self.stage = Stage::TrustList;
            }
            _ => self.fail_keeping_first(UiCode::TrustRefused.into()),
        }
        Ok(())
    }

    fn on_challenge(&mut self, around: &Surroundings<'_>, response: &HttpResponse) -> Result<(), UiError> {
        if response.status != 200 {
            return self.on_passes_refused(around, Kind::Challenge, Refusal::read(response));
        }
        match serde_json::from_slice::<Challenge>(&response.body) {
            Ok(challenge) if challenge.challenge.0.len() == CHALLENGE_BYTES => {
                self.no_passes = !send::decide_to_ask_for_passes(around, &challenge)?;
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
                // A batch has a limit: what was more than that is asked for in the next one.
                self.batches += 1;
                self.no_passes = self.batches >= BATCHES_MAX;
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
        if self.signs_anew(around, &refusal) {
            return Ok(());
        }
        let Refusal::Said { code, mut error, .. } = refusal else {
            self.fail(refusal.into_error());
            return Ok(());
        };
        let entry = outbox::under_way(around.database, kind)?;
        // The province looked at the clock, too, before it looked for a batch that it issued under this key.
        let damaged = arrived_damaged(code);
        if damaged || code == ProblemCode::DeviceClock {
            if damaged {
                error.code = UiCode::DeviceSignature;
                note_damaged(around, entry, &error)?;
            }
            self.fail(error);
            return Ok(());
        }
        if let Some(entry) = entry {
            outbox::remove(around.database, entry.id)?;
        }
        match code {
            ProblemCode::ChallengeInvalid if !self.challenge_renewed => self.challenge_renewed = true,
            ProblemCode::WalletDisabled | ProblemCode::DeviceReplaced => return self.end(around, error),
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

    fn on_manifest(&mut self, around: &Surroundings<'_>, bytes: &[u8]) -> Result<(), StoreError> {
        let Some(trust) = accept::load_trust(around.database, around.roots)? else {
            self.fail_keeping_first(UiCode::StatusRefused.into());
            return Ok(());
        };
        let held = accept::load_status(around.database, &trust)?;
        let held_manifest = held.as_ref().map(StatusSet::manifest);
        let Ok(manifest) = StatusManifest::verify(bytes, &trust, held_manifest) else {
            self.fail_keeping_first(UiCode::StatusRefused.into());
            return Ok(());
        };
        self.stage_status(around, manifest)
    }

    /// Goes on with this manifest: what of it is missing is fetched next.
    pub(super) fn stage_status(
        &mut self,
        around: &Surroundings<'_>,
        manifest: StatusManifest,
    ) -> Result<(), StoreError> {
        self.told.remove(&File::Status);
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
            let newer = before.as_deref() != Some(manifest);
            if newer || !self.pieces_here.is_empty() {
                self.changed |= newer;
                artefact::save(&transaction, artefact::STATUS_MANIFEST, manifest, around.now)?;
                let held = staged.held().map(|piece| piece.sha256).collect();
                artefact::save_pieces(&transaction, &self.pieces_here, &held, around.now)?;
                self.pieces_here.clear();
            }
        }
        transaction.commit()?;
        self.stage = Stage::Catalogue;
        Ok(())
    }

    /// The last step: all that came before is stored already and counts, whatever becomes of it.
    fn on_catalogue(&mut self, around: &Surroundings<'_>, bytes: &[u8]) -> Result<(), StoreError> {
        let Some(trust) = accept::load_trust(around.database, around.roots)? else {
            self.go_without_catalogue(UiCode::CatalogueRefused);
            return Ok(());
        };
        let held = accept::load_catalogue(around.database, &trust)?;
        let Ok(catalogue) = Catalogue::verify(bytes, &trust, held.as_ref()) else {
            self.go_without_catalogue(UiCode::CatalogueRefused);
            return Ok(());
        };
        if held.is_none_or(|held| held.bytes() != catalogue.bytes()) {
            artefact::save(
                around.database,
                artefact::CATALOGUE,
                catalogue.bytes(),
                around.now,
            )?;
            self.changed = true;
        }
        self.told.remove(&File::Catalogue);
        self.stage = Stage::Done;
        Ok(())
    }
}

/// What was asked for did not arrive as it was sent. The same goes again in the next run, which brings a batch that was
/// issued and whose answer was lost; one that never arrives is given up, and another one is asked for.
fn note_damaged(around: &Surroundings<'_>, entry: Option<Entry>, error: &UiError) -> Result<(), StoreError> {
    match entry {
        Some(entry) if entry.damaged + 1 >= DAMAGED_MAX => outbox::remove(around.database, entry.id),
        Some(entry) => {
            let tried = PutOff {
                code: error.code,
                not_before: around.now,
                retry_at: around.now,
                damaged: true,
                undone: false,
            };
            outbox::put_off(around.database, entry.id, &tried)
        }
        None => Ok(()),
    }
}

/// Most changes of the roots that are caught up with in one run.
const ROOT_CHANGES_MAX: u8 = 16;

/// Length of the province's challenge, in bytes.
const CHALLENGE_BYTES: usize = 16;

/// Most batches of passes in one run: the first enrolment of somebody with many documents takes two or three.
const BATCHES_MAX: u8 = 4;

/// What an answer costs on the wire at most: it may have come packed.
fn bytes_of(response: &HttpResponse) -> u64 {
    let headers: usize = response
        .headers
        .iter()
        .map(|(name, value)| name.len() + value.len() + 4)
        .sum();
    (response.body.len() + headers) as u64
}
