//! What the province keeps of people, closed: sealed records and blind indices.
//!
//! One data key, three derived from it: a leaked database without the key file finds nobody and opens nothing, and a
//! row copied onto another person does not open, because each record is bound to its person's id.

use std::fmt;

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::randomness::Randomness;

const NONCE_BYTES: usize = 24;

/// Whose record a check value is.
const NOBODY: PersonId = PersonId([0; 16]);

/// Random id of an enrolment. Says nothing of the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PersonId([u8; 16]);

impl PersonId {
    /// A new one.
    pub fn make(randomness: &Randomness) -> Self {
        Self(randomness.bytes())
    }

    /// One that was stored.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl AsRef<[u8]> for PersonId {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// HMAC-SHA256 of something personal: equal for equal things, and tells nothing without the key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BlindIndex([u8; 32]);

impl BlindIndex {
    /// One that was stored.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for BlindIndex {
    /// Two log lines with one index would tell that they are of one person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlindIndex(..)")
    }
}

/// What a blind index is of. Each has its own domain, so no two meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A CNIC number.
    Cnic,
    /// A device's public key, as what draws passes.
    Drawing,
    /// A CNIC number's own index, as what is bound to another device.
    Binding,
    /// A person's random id, as whose device key is changed.
    DeviceKeyChange,
    /// A CNIC number, as a child's whose documents somebody else holds: the database alone does not tell that the child
    /// is somebody who enrolled.
    Ward,
    /// A key or a network, as who is counted.
    Rate,
    /// A row of a department's file.
    Import,
    /// An errand at NADRA of a CNIC, or of a device, as what is tried.
    Tries,
    /// The same and an hour, as what NADRA gave no outcome to.
    Unanswered,
    /// A platform's number of an application.
    Dispatch,
    /// A CNIC's own index and a device's public key together: whose code it is.
    SimCode,
    /// An officer, as who ends what citizens hold.
    Endings,
    /// An application and a system, as what it was shown on a day.
    Reading,
    /// An application, as what a citizen is told of it on a day.
    Telling,
}

/// What is sealed. Bound into the seal, so that one kind never opens as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What a citizen gave.
    Record,
    /// What a document says.
    Holding,
    /// An answer kept for asking again. It is bound to the device that asks, which need not be anybody's yet.
    Answer,
    /// What changed about a citizen.
    Event,
    /// What a citizen gave with an application.
    Application,
    /// What the audit log says of somebody's passes and documents.
    Audit,
    /// What an office calls an officer.
    Officer,
    /// An officer's passkey.
    Passkey,
    /// A ceremony of a passkey that is under way.
    Ceremony,
    /// Nothing, to tell whether a key is the right one.
    Check,
}

impl Kind {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Record => b"record\0",
            Self::Holding => b"holding\0",
            Self::Answer => b"answer\0",
            Self::Event => b"event\0",
            Self::Application => b"application\0",
            Self::Audit => b"audit\0",
            Self::Officer => b"officer\0",
            Self::Passkey => b"passkey\0",
            Self::Ceremony => b"ceremony\0",
            Self::Check => b"check\0",
        }
    }
}

/// Why something sealed did not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed record does not open with this key for this person")]
pub struct SealError;

/// The keys of the province's data at rest.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct DataKeys {
    seal: [u8; 32],
    /// One block of SHA-256, as HMAC takes it whole.
    index: [u8; 64],
}

impl fmt::Debug for DataKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKeys(..)")
    }
}

impl DataKeys {
    /// Derives them from the one data key.
    pub fn derive(data_key: &[u8; 32]) -> Self {
        let hkdf = Hkdf::<Sha256>::new(None, data_key);
        let mut keys = Self {
            seal: [0; 32],
            index: [0; 64],
        };
        // 96 bytes are far below HKDF's limit of 255 blocks, so neither can fail.
        let seal = hkdf.expand(b"khyber pass province seal 1", &mut keys.seal);
        let index = hkdf.expand(b"khyber pass province index 1", &mut keys.index);
        debug_assert!(seal.is_ok() && index.is_ok());
        keys
    }

    /// The index that finds `value`.
    pub fn blind_index(&self, subject: Subject, value: &[u8]) -> BlindIndex {
        let label: &[u8] = match subject {
            Subject::Cnic => b"cnic\0",
            Subject::Drawing => b"drawing\0",
            Subject::Binding => b"binding\0",
            Subject::DeviceKeyChange => b"device key change\0",
            Subject::Ward => b"ward\0",
            Subject::Rate => b"rate\0",
            Subject::Import => b"import\0",
            Subject::Tries => b"tries\0",
            Subject::Unanswered => b"unanswered\0",
            Subject::Dispatch => b"dispatch\0",
            Subject::SimCode => b"sim code\0",
            Subject::Endings => b"endings\0",
            Subject::Reading => b"reading\0",
            Subject::Telling => b"telling\0",
        };
        let mut mac = self.mac();
        mac.update(label);
        mac.update(value);
        BlindIndex(mac.finalize().into_bytes().into())
    }

    /// Seals `plain` for `owner`, a person or a device: nonce, then ciphertext and tag.
    ///
    /// # Errors
    /// [`SealError`] if `plain` is larger than the cipher takes (256 GiB).
    pub fn seal(
        &self,
        kind: Kind,
        owner: &impl AsRef<[u8]>,
        plain: &[u8],
        randomness: &Randomness,
    ) -> Result<Vec<u8>, SealError> {
        self.seal_with(randomness.bytes(), kind, owner, plain)
    }

    /// Seals with a nonce that follows from all that is sealed, as in a synthetic initialisation vector (RFC 5297): the
    /// same thing gives the same bytes, and two different things never share a nonce. For where no randomness is at hand
    /// and it tells nothing that the same was sealed twice.
    ///
    /// # Errors
    /// As [`DataKeys::seal`].
    pub fn seal_derived(
        &self,
        kind: Kind,
        owner: &impl AsRef<[u8]>,
        plain: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let mut mac = self.mac();
        mac.update(b"nonce\0");
        mac.update(&bound_to(kind, owner));
        mac.update(b"\0");
        mac.update(plain);
        let tag = mac.finalize().into_bytes();
        let mut nonce = [0; NONCE_BYTES];
        nonce.iter_mut().zip(tag).for_each(|(to, from)| *to = from);
        self.seal_with(nonce, kind, owner, plain)
    }

    fn seal_with(
        &self,
        nonce: [u8; NONCE_BYTES],
        kind: Kind,
        owner: &impl AsRef<[u8]>,
        plain: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let aad = bound_to(kind, owner);
        let payload = Payload {
            msg: plain,
            aad: &aad,
        };
        let ciphertext = self
            .cipher()
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| SealError)?;
        Ok([&nonce[..], &ciphertext].concat())
    }

    /// Opens what [`DataKeys::seal`] gave for the same kind and owner.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn open(
        &self,
        kind: Kind,
        owner: &impl AsRef<[u8]>,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(SealError)?;
        let aad = bound_to(kind, owner);
        let payload = Payload {
            msg: ciphertext,
            aad: &aad,
        };
        self.cipher()
            .decrypt(&XNonce::from(*nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| SealError)
    }

    /// Seals nothing, for [`DataKeys::opens`].
    ///
    /// # Errors
    /// [`SealError`].
    pub fn check_value(&self, randomness: &Randomness) -> Result<Vec<u8>, SealError> {
        self.seal(Kind::Check, &NOBODY, b"", randomness)
    }

    /// Whether these are the keys that made this check value.
    pub fn opens(&self, check_value: &[u8]) -> bool {
        self.open(Kind::Check, &NOBODY, check_value).is_ok()
    }

    fn mac(&self) -> Hmac<Sha256> {
        Hmac::<Sha256>::new(&self.index.into())
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.seal.into())
    }
}

fn bound_to(kind: Kind, owner: &impl AsRef<[u8]>) -> Vec<u8> {
    [kind.label(), owner.as_ref()].concat()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;
    use crate::randomness::tests::counting;

    #[test]
    fn what_was_sealed_opens_for_its_person_and_kind_only() {
        let keys = DataKeys::derive(&[1; 32]);
        let (one, two) = (PersonId::from_bytes([1; 16]), PersonId::from_bytes([2; 16]));
        let sealed = keys
            .seal(Kind::Record, &one, b"what was given", &counting())
            .unwrap();
        assert_eq!(
            keys.open(Kind::Record, &one, &sealed).unwrap().as_slice(),
            b"what was given"
        );
        assert!(keys.open(Kind::Record, &two, &sealed).is_err());
        assert!(keys.open(Kind::Answer, &one, &sealed).is_err());
        assert!(
            DataKeys::derive(&[2; 32])
                .open(Kind::Record, &one, &sealed)
                .is_err()
        );
    }

    #[test]
    fn any_changed_or_missing_byte_keeps_it_closed() {
        let keys = DataKeys::derive(&[1; 32]);
        let person = PersonId::from_bytes([1; 16]);
        let sealed = keys.seal(Kind::Record, &person, b"abc", &counting()).unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(keys.open(Kind::Record, &person, &changed).is_err());
            assert!(keys.open(Kind::Record, &person, &sealed[..at]).is_err());
        }
    }

    #[test]
    fn what_was_sealed_without_randomness_opens_and_differs_wherever_anything_differs() {
        let keys = DataKeys::derive(&[1; 32]);
        let (one, two) = (PersonId::from_bytes([1; 16]), PersonId::from_bytes([2; 16]));
        let seal = |kind, person, plain| keys.seal_derived(kind, person, plain).unwrap();
        let sealed = seal(Kind::Audit, &one, b"abc");
        assert_eq!(keys.open(Kind::Audit, &one, &sealed).unwrap().as_slice(), b"abc");
        assert_eq!(sealed, seal(Kind::Audit, &one, b"abc"));
        for other in [
            seal(Kind::Audit, &two, b"abc"),
            seal(Kind::Event, &one, b"abc"),
            seal(Kind::Audit, &one, b"abd"),
        ] {
            assert_ne!(sealed[..NONCE_BYTES], other[..NONCE_BYTES]);
        }
    }

    #[test]
    fn the_index_of_a_cnic_is_stable_and_needs_the_key() {
        let keys = DataKeys::derive(&[1; 32]);
        let index = keys.blind_index(Subject::Cnic, b"9999900000011");
        assert_eq!(index, keys.blind_index(Subject::Cnic, b"9999900000011"));
        assert_ne!(index, keys.blind_index(Subject::Drawing, b"9999900000011"));
        assert_ne!(
            index,
            DataKeys::derive(&[2; 32]).blind_index(Subject::Cnic, b"9999900000011")
        );
    }
}
