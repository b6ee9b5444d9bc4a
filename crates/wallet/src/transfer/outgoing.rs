//! The old phone's side: reads the new phone's key, shows its own, then plays the sealed content.

use credential::frames;
use rand_core::CryptoRng;
use x25519_dalek::PublicKey;
use zeroize::Zeroizing;

use super::{
    ANSWER_PREFIX, KEY_BYTES, OFFER_PREFIX, PART_PREFIXES, SEALED_BYTES_MAX, SESSION_BYTES, Shared,
    TAG_BYTES, TransferError, VERSION, WORDS_TO_COMPARE, body, parts, secret, split, text,
};
use crate::screen::Words;

/// What the old phone shows. Lives in memory only: what has to outlive the program is [`Outgoing::confirmation`].
pub(crate) struct Outgoing {
    /// The code with this phone's key.
    pub(crate) answer: String,
    pub(crate) words: [Words; WORDS_TO_COMPARE],
    /// What the new phone shows when it has everything.
    pub(crate) confirmation: String,
    /// Of what is sealed.
    pub(crate) digest: [u8; 32],
    sealed: Vec<u8>,
}

impl Outgoing {
    /// Answers the code of a new phone. `packed` is what is to move, `digest` tells later whether it is still the same.
    ///
    /// # Errors
    /// [`TransferError`].
    pub(crate) fn answer(
        offer: &str,
        packed: &Zeroizing<Vec<u8>>,
        digest: [u8; 32],
        rng: &mut impl CryptoRng,
    ) -> Result<Self, TransferError> {
        let (session, new_key) =
            split::<SESSION_BYTES, KEY_BYTES>(&body::<{ SESSION_BYTES + KEY_BYTES }>(OFFER_PREFIX, offer)?)?;
        let length = packed.len() + TAG_BYTES;
        if length > SEALED_BYTES_MAX {
            return Err(TransferError::TooLarge);
        }
        let length = u32::try_from(length).map_err(|_| TransferError::TooLarge)?;
        let own = secret(rng);
        let old_key = PublicKey::from(&own).to_bytes();
        let shared = Shared::new(&own, &new_key, session, (&new_key, &old_key), length)?;
        let sealed = shared.seal(packed)?;
        let answer = [&[VERSION][..], &session, &old_key, &length.to_be_bytes()].concat();
        Ok(Self {
            answer: text(ANSWER_PREFIX, &answer),
            words: shared.words()?,
            confirmation: shared.confirmation(&sealed)?,
            digest,
            sealed,
        })
    }

    /// The codes to play in a loop: of each part its own frames and half as many again of parity, so that a reader who
    /// missed some need not wait for those very ones.
    pub(crate) fn frames(&self) -> Vec<String> {
        let (_, each) = parts(self.sealed.len());
        let parts = self.sealed.chunks(each).zip(PART_PREFIXES);
        parts
            .filter_map(|(part, prefix)| {
                let needed = (part.len() + 32).div_ceil(frames::CHUNK_BYTES_MAX);
                frames::split_with_hash(prefix, part, needed.div_ceil(2))
            })
            .flatten()
            .collect()
    }
}
