//! The new phone's side: shows its key, reads the old phone's, then collects frames until everything is there.

use std::cell::OnceCell;

use credential::frames::{Assembly, CHUNK_BYTES_MAX, Progress};
use rand_core::CryptoRng;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use super::{
    ANSWER_PREFIX, KEY_BYTES, OFFER_PREFIX, PART_PREFIXES, SEALED_BYTES_MAX, SESSION_BYTES, Session, Shared,
    TAG_BYTES, TransferError, VERSION, WORDS_TO_COMPARE, body, parts, secret, split, text,
};
use crate::screen::Words;

/// What was packed, and the text of the confirmation that the old phone waits for.
pub(crate) type Finished = (Zeroizing<Vec<u8>>, String);

/// What the new phone waits for. Lives in memory only: until everything is there, there is nothing to keep.
pub(crate) struct Incoming {
    secret: StaticSecret,
    session: Session,
    /// The code with this phone's key.
    pub(crate) offer: String,
    old: Option<Old>,
}

/// What is known once the old phone's key was read.
struct Old {
    answer: String,
    shared: Shared,
    /// Made when somebody looks: they cost an Argon2id.
    words: OnceCell<[Words; WORDS_TO_COMPARE]>,
    length: usize,
    parts: Vec<Assembly>,
}

impl Incoming {
    /// A phone that waits.
    pub(crate) fn new(rng: &mut impl CryptoRng) -> Self {
        let secret = secret(rng);
        let mut session = [0; SESSION_BYTES];
        rng.fill_bytes(&mut session);
        let key = PublicKey::from(&secret).to_bytes();
        Self {
            secret,
            session,
            offer: text(OFFER_PREFIX, &[&[VERSION][..], &session, &key].concat()),
            old: None,
        }
    }

    /// The words to compare, once the old phone's key was read.
    ///
    /// # Errors
    /// [`TransferError::Derivation`].
    pub(crate) fn words(&self) -> Result<Option<[Words; WORDS_TO_COMPARE]>, TransferError> {
        let Some(old) = &self.old else {
            return Ok(None);
        };
        if let Some(words) = old.words.get() {
            return Ok(Some(words.clone()));
        }
        let words = old.shared.words()?;
        Ok(Some(old.words.get_or_init(|| words).clone()))
    }

    /// Takes the code with the old phone's key. The same one again changes nothing; another one begins anew, since a
    /// citizen who found the words different scans again.
    ///
    /// # Errors
    /// [`TransferError`].
    pub(crate) fn answered(&mut self, answer: &str) -> Result<(), TransferError> {
        const BYTES: usize = SESSION_BYTES + KEY_BYTES + 4;
        if self.old.as_ref().is_some_and(|old| old.answer == answer) {
            return Ok(());
        }
        let body = body::<BYTES>(ANSWER_PREFIX, answer)?;
        let (session, rest) = split::<SESSION_BYTES, { KEY_BYTES + 4 }>(&body)?;
        let (old_key, length) = split::<KEY_BYTES, 4>(&rest)?;
        if session != self.session {
            return Err(TransferError::Another);
        }
        let length = u32::from_be_bytes(length);
        let new_key = PublicKey::from(&self.secret).to_bytes();
        let shared = Shared::new(&self.secret, &old_key, session, (&new_key, &old_key), length)?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if !(TAG_BYTES + 1..=SEALED_BYTES_MAX).contains(&length) {
            return Err(TransferError::TooLarge);
        }
        let (count, _) = parts(length);
        self.old = Some(Old {
            answer: answer.to_owned(),
            shared,
            words: OnceCell::new(),
            length,
            parts: PART_PREFIXES.into_iter().take(count).map(Assembly::any).collect(),
        });
        Ok(())
    }

    /// Takes a frame, and says whether it was one of this move.
    pub(crate) fn add(&mut self, text: &str) -> bool {
        let Some(old) = &mut self.old else {
            return false;
        };
        let part = old.parts.iter_mut().find(|part| part.takes(text));
        part.map(|part| part.add(text)).is_some()
    }

    /// How many frames are here and how many it takes in all.
    pub(crate) fn progress(&self) -> Progress {
        let Some(old) = &self.old else {
            return Progress::default();
        };
        let (_, each) = parts(old.length);
        let lengths = (0..old.parts.len()).map(|at| each.min(old.length.saturating_sub(at * each)));
        let needed = lengths
            .map(|length| (length + 32).div_ceil(CHUNK_BYTES_MAX))
            .sum();
        let have: usize = old.parts.iter().map(|part| part.progress().have).sum();
        Progress {
            have: have.min(needed),
            needed,
        }
    }

    /// What was packed and the text of the confirmation, once everything is here.
    ///
    /// # Errors
    /// [`TransferError::Damaged`] for a whole that the old phone did not seal: what is here is forgotten, and frames are
    /// taken anew.
    pub(crate) fn finished(&mut self) -> Result<Option<Finished>, TransferError> {
        let Some(old) = &mut self.old else {
            return Ok(None);
        };
        let whole: Option<Vec<&[u8]>> = old.parts.iter().map(Assembly::finished).collect();
        let Some(sealed) = whole.map(|parts| parts.concat()) else {
            return Ok(None);
        };
        let opened = old
            .shared
            .unseal(&sealed)
            .and_then(|packed| Ok((packed, old.shared.confirmation(&sealed)?)));
        if opened.is_err() {
            for (part, prefix) in old.parts.iter_mut().zip(PART_PREFIXES) {
                *part = Assembly::any(prefix);
            }
        }
        opened.map(Some)
    }
}
