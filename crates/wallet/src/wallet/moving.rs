//! Backup, restore, and the move from phone to phone.

use std::path::Path;

use credential::{Credential, DAY, Timestamp, TypeRegister, Vct};
use pin::Cost;
use province_api::person::Day;
use rand_core::CryptoRng;
use rusqlite::Connection;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::lock::AutoLock;
use super::{Open, Wallet};
use crate::archive::{Archive, ArchiveError, EnterError};
use crate::backup::phrase::{PHRASE_WORDS, Phrase};
use crate::backup::{self, BackupError, words};
use crate::claims;
use crate::code::{UiCode, UiError};
use crate::error::{OpenError, StoreError};
use crate::file;
use crate::home::{self, screen_time};
use crate::request::Requests;
use crate::screen::moving::{
    BackupFile, BackupPhrase, DocumentView, MoveStep, MoveView, Moving, RestoredView,
};
use crate::screen::{AppState, Child, Language, Words};
use crate::show::{Showings, qr_of};
use crate::store::child;
use crate::store::credential::Which;
use crate::store::enrolment::{self, State};
use crate::store::moving::{self as table, Move, Source};
use crate::store::outbox;
use crate::sync;
use crate::transfer::incoming::Incoming;
use crate::transfer::outgoing::Outgoing;
use crate::transfer::{ANSWER_PREFIX, CONFIRMATION_PREFIX, OFFER_PREFIX, TransferError};

/// How long each of several codes stays: a small phone looks at a camera's picture five times a second.
const FRAME_MS: u32 = 200;

/// Most completions of a word that is being typed.
const COMPLETIONS: usize = 6;

/// What is under way and is gone when the vault is locked.
#[derive(Default)]
pub(super) struct UnderWay {
    phrase: Option<(Phrase, [usize; 2])>,
    incoming: Option<Incoming>,
    outgoing: Option<Outgoing>,
}

impl Wallet {
    /// Draws the phrase of a new backup. It is kept until [`Wallet::make_backup`] or until the vault is locked.
    ///
    /// # Errors
    /// [`UiCode::Locked`].
    pub fn make_phrase(&mut self, rng: &mut impl CryptoRng) -> Result<BackupPhrase, UiError> {
        let open = self.unlocked_mut()?;
        let phrase = Phrase::make(rng);
        let ask = two_places(rng);
        let view = BackupPhrase {
            words: phrase.words().into(),
            digits: phrase.digits(),
            ask: ask.iter().filter_map(|at| u32::try_from(at + 1).ok()).collect(),
        };
        open.under_way.phrase = Some((phrase, ask));
        Ok(view)
    }

    /// Writes the backup file into this folder, once the citizen gave the two words that were asked for. It is read and
    /// opened again before it is called done.
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::PhraseGone`], [`UiCode::PhraseNotConfirmed`], [`UiCode::BackupTooLarge`] or a store's.
    pub fn make_backup(
        &mut self,
        two: &[String],
        folder: &Path,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<BackupFile, UiError> {
        let language = self.unlocked()?.language;
        let open = self.unlocked()?;
        let (phrase, ask) = open.under_way.phrase.as_ref().ok_or(UiCode::PhraseGone)?;
        let numbers = phrase.numbers();
        let asked = ask.iter().filter_map(|at| numbers.get(*at).copied());
        if !asked.map(Some).eq(two.iter().map(|word| words::number(word))) {
            return Err(UiCode::PhraseNotConfirmed.into());
        }
        let archive = Archive::of(&open.database, language, now)?;
        let sealed = backup::seal(&archive, phrase, Cost::BACKUP, rng)?;
        let path = file::free_name(folder, "khyber-pass", "kpb", now);
        file::write_atomically(&path, &sealed).map_err(OpenError::File)?;
        let written = std::fs::read(&path).map_err(OpenError::File)?;
        if backup::open(&written, phrase)? != archive {
            return Err(UiCode::StorageFailed.into());
        }
        Ok(BackupFile {
            name: file::last_part(&path),
            folder: file::last_part(folder),
            documents: count(archive.documents.len()),
            history: count(archive.rows()),
        })
    }

    /// Forgets the phrase: the file is where it belongs.
    ///
    /// # Errors
    /// [`UiCode::Locked`].
    pub fn forget_phrase(&mut self) -> Result<(), UiError> {
        self.unlocked_mut()?.under_way.phrase = None;
        Ok(())
    }

    /// Puts what is in a backup file into this vault, which nobody used yet.
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::RestoreNotEmpty`], the codes of a phrase and of a file, or a store's.
    pub fn restore_backup(&mut self, file: &[u8], phrase: &str, now: Timestamp) -> Result<AppState, UiError> {
        let open = self.unlocked()?;
        if !Archive::may_enter(&open.database)? {
            return Err(UiCode::RestoreNotEmpty.into());
        }
        let archive = backup::open(file, &Phrase::parse(phrase)?)?;
        enter(&open.database, &archive, Source::Backup, None, now)?;
        self.take_settings(archive.language, now)
    }

    /// Goes by the settings that came along.
    fn take_settings(&mut self, language: Language, now: Timestamp) -> Result<AppState, UiError> {
        let open = self.unlocked_mut()?;
        open.auto_lock = AutoLock::chosen(&open.database)?;
        self.set_language(language, now)
    }

    /// What this wallet has of the phone before; nothing once the province bound it.
    ///
    /// # Errors
    /// [`UiCode::Locked`] or a store's.
    pub fn restored(&self) -> Result<Option<RestoredView>, UiError> {
        let database = &self.unlocked()?.database;
        let Some(restored) = table::restored(database)? else {
            return Ok(None);
        };
        let types = sync::types_here(database, &self.roots)?;
        let mut card = None;
        let mut documents = Vec::new();
        for (which, raw) in table::kept(database)? {
            let credential = Credential::parse(&raw).map_err(|_| StoreError::Row)?;
            if which == Vct::IDENTITY.into() {
                card = Some(home::card(database, &credential)?);
            } else {
                let child = child::find(database, which.no)?;
                documents.push(document((which, child), &credential, types.as_ref()));
            }
        }
        Ok(Some(RestoredView {
            from_backup: restored.source == Source::Backup,
            at: screen_time(restored.at),
            card,
            documents,
        }))
    }

    /// Begins to receive what another phone has: shows this phone's key.
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::RestoreNotEmpty`] or a store's.
    pub fn begin_receiving(&mut self, rng: &mut impl CryptoRng) -> Result<MoveView, UiError> {
        let open = self.unlocked_mut()?;
        let confirming = table::restored(&open.database)?.is_some_and(|row| row.confirmation.is_some());
        if !confirming {
            if !Archive::may_enter(&open.database)? {
                return Err(UiCode::RestoreNotEmpty.into());
            }
            open.under_way.incoming = Some(Incoming::new(rng));
        }
        open.move_view()
    }

    /// Where a move stands; on a phone that is neither, as on the old one before it read anything.
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::MoveTooLarge`] or a store's.
    pub fn move_view(&self) -> Result<MoveView, UiError> {
        self.unlocked()?.move_view()
    }

    /// Takes a code of the other phone, whichever it is.
    ///
    /// # Errors
    /// [`UiCode::Locked`], the codes of a move, or a store's.
    pub fn read_move_code(
        &mut self,
        text: &str,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<MoveView, UiError> {
        if text.starts_with(OFFER_PREFIX) {
            self.offered(text, now, rng)
        } else if text.starts_with(CONFIRMATION_PREFIX) {
            self.confirmed(text, now, rng)
        } else {
            self.arrived(text, now)
        }
    }

    /// The citizen says that both phones show the same words: from now on the content is played.
    ///
    /// # Errors
    /// [`UiCode::Locked`], [`UiCode::MoveGone`], [`UiCode::MoveErrandsWait`], [`UiCode::MoveChanged`] or a store's.
    pub fn words_agree(&mut self, now: Timestamp) -> Result<MoveView, UiError> {
        let language = self.unlocked()?.language;
        let open = self.unlocked()?;
        let outgoing = open.under_way.outgoing.as_ref().ok_or(UiCode::MoveGone)?;
        no_errands(&open.database)?;
        let digest = Archive::of(&open.database, language, now)?
            .digest()
            .map_err(TransferError::from)?;
        if digest != outgoing.digest {
            return Err(UiCode::MoveChanged.into());
        }
        table::begin(&open.database, &outgoing.confirmation, &digest, now)?;
        open.move_view()
    }

    /// Ends this phone's part: the old phone has read the confirmation (new phone), the move is given up or its note was
    /// seen (old phone).
    ///
    /// # Errors
    /// [`UiCode::Locked`] or a store's.
    pub fn end_move(&mut self, now: Timestamp) -> Result<AppState, UiError> {
        let open = self.unlocked_mut()?;
        open.under_way = UnderWay::default();
        table::confirmed(&open.database)?;
        table::forget(&open.database)?;
        self.app_state(now)
    }

    /// A new phone's key, on the old phone.
    fn offered(&mut self, text: &str, now: Timestamp, rng: &mut impl CryptoRng) -> Result<MoveView, UiError> {
        let language = self.unlocked()?.language;
        let open = self.unlocked_mut()?;
        // A phone that waits itself has nothing to give.
        if open.under_way.incoming.is_some() {
            return Err(UiCode::MoveCodeWrong.into());
        }
        match enrolment::load(&open.database)?.state {
            State::Applying | State::Accepted => return Err(UiCode::EnrolmentUnderway.into()),
            State::Draft | State::Complete => {}
        }
        no_errands(&open.database)?;
        let archive = Archive::of(&open.database, language, now)?;
        if archive.is_empty() {
            return Err(UiCode::NothingToMove.into());
        }
        let packed = Zeroizing::new(archive.pack().map_err(|_| UiCode::MoveTooLarge)?);
        let digest = archive.digest().map_err(TransferError::from)?;
        open.under_way.outgoing = Some(Outgoing::answer(text, &packed, digest, rng)?);
        table::forget(&open.database)?;
        open.move_view()
    }

    /// The confirmation, on the old phone: only now is anything taken away.
    fn confirmed(
        &mut self,
        text: &str,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<MoveView, UiError> {
        let language = self.unlocked()?.language;
        let open = self.unlocked_mut()?;
        let Some(Move::Begun {
            confirmation,
            content_sha256,
        }) = table::outgoing(&open.database)?
        else {
            return Err(UiCode::MoveGone.into());
        };
        if !bool::from(confirmation.as_bytes().ct_eq(text.as_bytes())) {
            return Err(UiCode::MoveCodeAnother.into());
        }
        // Asked for while it was played.
        no_errands(&open.database)?;
        let transaction = open.database.unchecked_transaction()?;
        let digest = Archive::of(&transaction, language, now)?.digest();
        if digest.map_err(TransferError::from)? != content_sha256 {
            return Err(UiCode::MoveChanged.into());
        }
        table::empty(&transaction, now, rng)?;
        transaction.commit()?;
        open.showings = Showings::default();
        open.requests = Requests::default();
        open.run = None;
        open.under_way = UnderWay::default();
        open.move_view()
    }

    /// The old phone's key or a frame, on the new phone.
    fn arrived(&mut self, text: &str, now: Timestamp) -> Result<MoveView, UiError> {
        let open = self.unlocked_mut()?;
        let Some(incoming) = &mut open.under_way.incoming else {
            return Err(UiCode::MoveCodeWrong.into());
        };
        if text.starts_with(ANSWER_PREFIX) {
            incoming.answered(text)?;
        } else if !incoming.add(text) {
            return Err(UiCode::MoveCodeWrong.into());
        }
        let Some((packed, confirmation)) = incoming.finished()? else {
            return open.move_view();
        };
        let archive = Archive::unpack(&packed).map_err(TransferError::from)?;
        enter(
            &open.database,
            &archive,
            Source::Transfer,
            Some(&confirmation),
            now,
        )?;
        open.under_way.incoming = None;
        let view = open.move_view();
        self.take_settings(archive.language, now)?;
        view
    }

    /// Of an open vault, for [`AppState::moving`].
    pub(super) fn moving(open: &Open) -> Result<Moving, StoreError> {
        Ok(match table::outgoing(&open.database)? {
            Some(Move::Moved(_)) => Moving::Moved,
            Some(Move::Begun { .. }) => Moving::Leaving,
            None => match table::restored(&open.database)? {
                Some(row) if row.confirmation.is_some() => Moving::Confirming,
                Some(_) => Moving::Restored,
                None => Moving::None,
            },
        })
    }
}

impl Open {
    fn move_view(&self) -> Result<MoveView, UiError> {
        let (mut view, texts) = self.move_texts()?;
        view.codes = texts.iter().map(|text| qr_of(text)).collect::<Result<_, _>>()?;
        Ok(view)
    }

    /// The view, and the texts of its codes.
    fn move_texts(&self) -> Result<(MoveView, Vec<String>), UiError> {
        let mut view = MoveView {
            step: MoveStep::Scan,
            codes: Vec::new(),
            frame_ms: FRAME_MS,
            words: Vec::new(),
            have: 0,
            needed: 0,
        };
        if let Some(incoming) = &self.under_way.incoming {
            let Some(words) = incoming.words()? else {
                view.step = MoveStep::Offer;
                return Ok((view, vec![incoming.offer.clone()]));
            };
            let progress = incoming.progress();
            view.step = MoveStep::Receive;
            view.words = words.into();
            view.have = count(progress.have);
            view.needed = count(progress.needed);
            return Ok((view, Vec::new()));
        }
        if let Some(confirmation) = table::restored(&self.database)?.and_then(|row| row.confirmation) {
            view.step = MoveStep::Confirm;
            return Ok((view, vec![confirmation]));
        }
        let mut texts = Vec::new();
        match (&self.under_way.outgoing, table::outgoing(&self.database)?) {
            (_, Some(Move::Moved(_))) => view.step = MoveStep::Done,
            (Some(outgoing), Some(Move::Begun { .. })) => {
                view.step = MoveStep::Play;
                view.words = outgoing.words.to_vec();
                texts = outgoing.frames();
                view.needed = count(texts.len());
            }
            // The program ended since: what was played cannot be played again, but the confirmation is still awaited.
            (None, Some(Move::Begun { .. })) => view.step = MoveStep::Play,
            (Some(outgoing), None) => {
                view.step = MoveStep::Compare;
                view.words = outgoing.words.to_vec();
                texts.push(outgoing.answer.clone());
            }
            (None, None) => {}
        }
        Ok((view, texts))
    }
}

#[cfg(test)]
impl Wallet {
    /// The texts of the codes on the screen, for a test that needs no camera.
    pub(crate) fn codes_shown(&self) -> Vec<String> {
        self.unlocked()
            .and_then(Open::move_texts)
            .map(|(_, texts)| texts)
            .unwrap_or_default()
    }
}

/// Completions of a word that is being typed, in any of the three languages.
pub fn complete_word(typed: &str) -> Vec<Words> {
    words::complete(typed, COMPLETIONS)
}

fn enter(
    database: &Connection,
    archive: &Archive,
    source: Source,
    confirmation: Option<&str>,
    now: Timestamp,
) -> Result<(), UiError> {
    let transaction = database.unchecked_transaction()?;
    let entered = archive.enter(&transaction, source, confirmation, now);
    entered.map_err(|error| match (error, source) {
        (EnterError::Store(error), _) => UiError::from(error),
        (EnterError::Archive(error), Source::Backup) => BackupError::from(error).into(),
        (EnterError::Archive(error), Source::Transfer) => TransferError::from(error).into(),
    })?;
    transaction.commit()?;
    Ok(())
}

fn document(
    (which, child): (Which, Option<Child>),
    credential: &Credential,
    types: Option<&TypeRegister>,
) -> DocumentView {
    let kind = types.and_then(|types| types.find(&which.vct));
    let content = credential.unverified_claims();
    DocumentView {
        kind: claims::kind_view(kind),
        vct: which.vct.as_str().to_owned(),
        child,
        claims: claims::views(kind, content),
        expires_on: Day::at_unix(content.exp.minus(DAY).unix()).to_string(),
    }
}

/// An errand does not move: it goes out first, or the citizen takes it back.
fn no_errands(database: &Connection) -> Result<(), UiError> {
    if outbox::errands_wait(database)? {
        return Err(UiCode::MoveErrandsWait.into());
    }
    Ok(())
}

/// Where there is no pass because this wallet came from another phone, that is said.
pub(super) fn why_no_pass(database: &Connection, error: UiError) -> UiError {
    match table::restored(database) {
        Ok(Some(_)) if error.code == UiCode::NoPass => UiCode::RestoredNotBound.into(),
        _ => error,
    }
}

/// Two different places of a phrase, in their order.
fn two_places(rng: &mut impl CryptoRng) -> [usize; 2] {
    let first = usize::try_from(rng.next_u32()).unwrap_or(0) % PHRASE_WORDS;
    let step = 1 + usize::try_from(rng.next_u32()).unwrap_or(0) % (PHRASE_WORDS - 1);
    let second = (first + step) % PHRASE_WORDS;
    [first.min(second), first.max(second)]
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl From<ArchiveError> for TransferError {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::TooLarge => Self::TooLarge,
            ArchiveError::Malformed => Self::Damaged,
            ArchiveError::TooNew => Self::TooNew,
        }
    }
}
