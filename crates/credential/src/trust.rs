//! The trust list: which keys may sign what, signed by 2 of 3 offline roots.

use crate::cbor::{Malformed, Reader, Writer, is_plain};
use crate::claims::read_vct;
use crate::code::{Code, codes};
use crate::cose::{self, ALG_ED25519, ALG_EDDSA, Sign, Sign1, from_cose, typ};
use crate::keys::{KeyError, PublicKey, SecretKey, sha256};
use crate::roots::{RootKind, RootSet};
use crate::time::Timestamp;
use crate::vct::Vct;

/// Longest trust list, in bytes.
pub const TRUST_LIST_BYTES_MAX: usize = 64 * 1024;

/// Most keys in a trust list.
pub const TRUST_KEYS_MAX: u64 = 256;

/// Most keys tried for one signature; the key id is only a hint, and several keys could share it.
pub const KEYS_TRIED_MAX: usize = 4;

codes! {
    /// Why a trust list is not taken.
    TrustError {
        /// Larger than any real one.
        TooLarge = "trust_too_large",
        /// Not the strict form.
        Malformed = "trust_malformed",
        /// Signed with an algorithm that is not taken.
        Algorithm = "trust_algorithm",
        /// A signed header that the format does not have.
        UnknownHeader = "trust_unknown_header",
        /// Another kind of signed data.
        OtherKind = "trust_other_kind",
        /// Fewer than two different roots signed it.
        TooFewSignatures = "trust_too_few_signatures",
        /// It holds a key that proves nothing.
        WeakKey = "trust_weak_key",
        /// Older than the one that is held already.
        Older = "trust_older",
        /// Another list with the number of the one that is held.
        SameNumber = "trust_same_number",
        /// It follows the held list by number, but not by hash.
        BrokenChain = "trust_broken_chain",
        /// The next roots that it names are not three different ones, or are the ones before.
        BadRoots = "trust_bad_roots",
    }
}

from_cose!(TrustError);

/// One key of a trust list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKey {
    /// The key.
    pub key: PublicKey,
    /// Which kinds it may sign: passes, or one of the names that are never a pass, such as [`Vct::STATUS_MANIFEST`].
    pub allowed: Vec<Vct>,
    /// From when.
    pub nbf: Timestamp,
    /// Until when (not included).
    pub exp: Timestamp,
    /// Whose key it is, for people.
    pub iss: String,
    /// A compromise: what is dated on this moment's day or after it is refused, and zero refuses everything. The thief
    /// writes the dates as well, so anything but zero believes what a thief dates back.
    pub revoked_at: Option<Timestamp>,
    /// An orderly end: what is dated before this midnight stays good until `exp`, and nothing is signed from then on.
    pub retired_at: Option<Timestamp>,
}

impl TrustedKey {
    /// True if what this key issued at `iat` is refused. Credentials carry only the day they were issued on, so the
    /// whole day of the revocation is refused.
    pub(crate) fn is_revoked_for(&self, iat: Timestamp) -> bool {
        self.revoked_at.is_some_and(|at| iat >= at.start_of_day())
    }

    /// True if `now` and `iat` are inside the key's time (whole days for `iat`, as above), and `iat` before its
    /// retirement.
    pub(crate) fn is_current(&self, iat: Timestamp, now: Timestamp) -> bool {
        now < self.exp && iat >= self.nbf.start_of_day() && self.retired_at.is_none_or(|at| iat < at)
    }
}

/// What the roots sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustContent {
    /// Counts up by one with each list.
    pub sequence: u64,
    /// SHA-256 of what the list before says (its payload, without the signatures), none for the first.
    pub previous: Option<[u8; 32]>,
    /// When it was signed.
    pub iat: Timestamp,
    /// From when readers say "cannot decide" with it.
    pub exp: Timestamp,
    /// The keys.
    pub keys: Vec<TrustedKey>,
    /// The roots that sign every list after this one, if they are others than those before.
    pub next_roots: Option<[PublicKey; 3]>,
}

/// Signs a trust list; each root comes with its place (0 to 2), which is not written: the key says who it is.
pub fn sign_trust_list(content: &TrustContent, roots: &[(usize, &SecretKey)]) -> Vec<u8> {
    let keys: Vec<&SecretKey> = roots.iter().map(|(_, key)| *key).collect();
    cose::sign(typ::TRUST_LIST, &content.to_bytes(), &keys)
}

/// One root's signature under a list's content, made where that root is kept and carried to where the list is put
/// together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootSignature {
    /// Who signed.
    pub root: PublicKey,
    /// The signature.
    pub signature: [u8; 64],
}

impl RootSignature {
    /// Signs the content of a list, as [`TrustContent::to_bytes`] writes it.
    ///
    /// # Errors
    /// [`TrustError`] if no reader would take the content: a root signs nothing that it cannot read.
    pub fn make(content: &[u8], root: &SecretKey) -> Result<Self, TrustError> {
        TrustContent::from_bytes(content)?;
        Ok(Self {
            root: root.public(),
            signature: cose::sign_part(typ::TRUST_LIST, content, root),
        })
    }
}

/// Puts a list together from its content and the roots' signatures. [`TrustList::verify`] says whether it holds.
///
/// # Errors
/// [`TrustError::TooFewSignatures`] if a signature is not one of its root under this content, or a root signed twice.
pub fn combine_trust_list(content: &[u8], signatures: &[RootSignature]) -> Result<Vec<u8>, TrustError> {
    TrustContent::from_bytes(content)?;
    let parts: Vec<_> = signatures.iter().map(|s| (s.root, s.signature)).collect();
    let bytes = cose::combine(typ::TRUST_LIST, content, &parts);
    let message = Sign::parse(&bytes, typ::TRUST_LIST)?;
    let all = signatures.iter().zip(&message.signers).enumerate();
    for (place, (signature, signer)) in all {
        let twice = signatures
            .iter()
            .skip(place + 1)
            .any(|other| other.root == signature.root);
        if twice || !message.verifies(signer, &signature.root) {
            return Err(TrustError::TooFewSignatures);
        }
    }
    Ok(bytes)
}

impl TrustContent {
    /// The bytes that the roots sign.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.map(4 + usize::from(self.previous.is_some()) + usize::from(self.next_roots.is_some()));
        w.int(1).uint(self.sequence);
        w.int(2).uint(self.iat.unix());
        w.int(3).uint(self.exp.unix());
        if let Some(previous) = &self.previous {
            w.int(4).bytes(previous);
        }
        w.int(5).array(self.keys.len());
        for key in &self.keys {
            key.encode(&mut w);
        }
        if let Some(roots) = &self.next_roots {
            w.int(6).array(roots.len());
            for root in roots {
                w.bytes(root.as_bytes());
            }
        }
        w.finish()
    }

    /// Reads what the roots sign, or are to sign.
    ///
    /// # Errors
    /// [`TrustError`] if it is not the strict form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TrustError> {
        if bytes.len() > TRUST_LIST_BYTES_MAX {
            return Err(TrustError::TooLarge);
        }
        let mut r = Reader::open(bytes)?;
        let (mut sequence, mut iat, mut exp) = (None, None, None);
        let (mut previous, mut keys, mut next_roots) = (None, None, None);
        for _ in 0..r.map()? {
            match r.int()? {
                1 => sequence = Some(r.uint()?),
                2 => iat = Some(Timestamp::from_unix(r.uint()?)),
                3 => exp = Some(Timestamp::from_unix(r.uint()?)),
                4 => previous = Some(r.bytes_of()?),
                5 => {
                    let count = r.array()?;
                    if count > TRUST_KEYS_MAX {
                        return Err(TrustError::TooLarge);
                    }
                    let all: Result<Vec<_>, _> = (0..count).map(|_| TrustedKey::decode(&mut r)).collect();
                    keys = Some(all?);
                }
                6 => {
                    r.array_of(3)?;
                    next_roots = Some([read_key(&mut r)?, read_key(&mut r)?, read_key(&mut r)?]);
                }
                _ => return Err(TrustError::Malformed),
            }
        }
        Ok(Self {
            sequence: sequence.ok_or(Malformed)?,
            previous,
            iat: iat.ok_or(Malformed)?,
            exp: exp.ok_or(Malformed)?,
            keys: keys.ok_or(Malformed)?,
            next_roots,
        })
    }
}

fn read_key(r: &mut Reader<'_>) -> Result<PublicKey, TrustError> {
    PublicKey::parse(r.bytes()?).map_err(|e| match e {
        KeyError::Malformed => TrustError::Malformed,
        KeyError::Weak => TrustError::WeakKey,
    })
}

impl TrustedKey {
    fn encode(&self, w: &mut Writer) {
        w.map(7 + usize::from(self.revoked_at.is_some()) + usize::from(self.retired_at.is_some()));
        w.int(1).bytes(&self.key.key_id().0);
        w.int(2).bytes(self.key.as_bytes());
        w.int(3).int(ALG_EDDSA);
        w.int(4).array(self.allowed.len());
        for vct in &self.allowed {
            w.bytes(vct.as_str().as_bytes());
        }
        w.int(5).uint(self.nbf.unix());
        w.int(6).uint(self.exp.unix());
        w.int(7).text(&self.iss);
        if let Some(at) = self.revoked_at {
            w.int(8).uint(at.unix());
        }
        if let Some(at) = self.retired_at {
            w.int(9).uint(at.unix());
        }
    }

    fn decode(r: &mut Reader<'_>) -> Result<Self, TrustError> {
        let (mut kid, mut key, mut alg, mut allowed) = (None, None, None, None);
        let (mut nbf, mut exp, mut iss) = (None, None, None);
        let (mut revoked_at, mut retired_at) = (None, None);
        for _ in 0..r.map()? {
            match r.int()? {
                1 => kid = Some(r.bytes_of::<8>()?),
                2 => key = Some(read_key(r)?),
                3 => alg = Some(r.int()?),
                4 => {
                    let count = r.array()?;
                    let all: Result<Vec<_>, _> = (0..count).map(|_| read_vct(r)).collect();
                    allowed = Some(all?);
                }
                5 => nbf = Some(Timestamp::from_unix(r.uint()?)),
                6 => exp = Some(Timestamp::from_unix(r.uint()?)),
                7 => iss = Some(r.text()?.to_owned()),
                8 => revoked_at = Some(Timestamp::from_unix(r.uint()?)),
                9 => {
                    let at = Timestamp::from_unix(r.uint()?);
                    // Passes carry only their day: a retirement at noon would say nothing of that day's.
                    retired_at = Some(if at.is_whole_day() {
                        at
                    } else {
                        return Err(TrustError::Malformed);
                    });
                }
                _ => return Err(TrustError::Malformed),
            }
        }
        let alg = alg.ok_or(Malformed)?;
        if alg != ALG_EDDSA && alg != ALG_ED25519 {
            return Err(TrustError::Algorithm);
        }
        let key: PublicKey = key.ok_or(Malformed)?;
        if kid != Some(key.key_id().0) {
            return Err(TrustError::Malformed);
        }
        Ok(Self {
            key,
            allowed: allowed.ok_or(Malformed)?,
            nbf: nbf.ok_or(Malformed)?,
            exp: exp.ok_or(Malformed)?,
            iss: iss.ok_or(Malformed)?,
            revoked_at,
            retired_at,
        })
    }
}

/// A trust list that the roots signed. Only [`TrustList::verify`] makes one.
#[derive(Debug, Clone)]
pub struct TrustList {
    bytes: Vec<u8>,
    hash: [u8; 32],
    content: TrustContent,
    ids: Vec<[u8; 8]>,
    successors: RootSet,
}

impl TrustList {
    /// Reads a list and checks that 2 of the 3 roots signed it and that it does not go back behind `previous`, the
    /// list that is held already. An expired list still loads: with it readers say "cannot decide".
    ///
    /// `pinned` are the roots that the program was built with; they count where nothing is held. Else the roots that
    /// the held list left in force do. A list that names next roots is signed by 2 of those as well, so that the
    /// province cannot hand over to keys that nobody can use.
    ///
    /// # Errors
    /// [`TrustError`]; the held list stays in use then. With [`TrustError::TooFewSignatures`] the reader may have missed
    /// a change of the roots and asks for the list that made it, by [`RootSet::fingerprint`].
    pub fn verify(bytes: &[u8], pinned: &RootSet, previous: Option<&Self>) -> Result<Self, TrustError> {
        if bytes.len() > TRUST_LIST_BYTES_MAX {
            return Err(TrustError::TooLarge);
        }
        if let Some(held) = previous.filter(|held| held.bytes == bytes) {
            return Ok(held.clone());
        }
        let roots = previous.map_or(pinned, |held| &held.successors);
        let message = Sign::parse(bytes, typ::TRUST_LIST)?;
        if !roots.have_signed(&message) {
            return Err(TrustError::TooFewSignatures);
        }
        let content = TrustContent::from_bytes(message.payload)?;
        let hash = sha256(message.payload);
        if let Some(held) = previous {
            held.may_be_followed_by(&content, &hash)?;
        }
        let successors = match content.next_roots {
            None => roots.clone(),
            Some(keys) => {
                let next = RootSet::new(roots.kind(), keys).map_err(|_| TrustError::BadRoots)?;
                if next.fingerprint() == roots.fingerprint() {
                    return Err(TrustError::BadRoots);
                }
                if !next.have_signed(&message) {
                    return Err(TrustError::TooFewSignatures);
                }
                next
            }
        };
        Ok(Self {
            bytes: bytes.to_vec(),
            hash,
            ids: content.keys.iter().map(|k| k.key.key_id().0).collect(),
            content,
            successors,
        })
    }

    /// Takes up again what a reader stored: every list that changed the roots, in the order in which they were taken,
    /// and the newest list last. What lies before the pinned roots of a later program is left out. None if nothing was
    /// stored.
    ///
    /// # Errors
    /// [`TrustError`] if the newest does not hold.
    pub fn restore<'b>(
        stored: impl IntoIterator<Item = &'b [u8]>,
        pinned: &RootSet,
    ) -> Result<Option<Self>, TrustError> {
        let (mut held, mut failed) = (None, None);
        for bytes in stored {
            match Self::verify(bytes, pinned, held.as_ref()) {
                Ok(list) => (held, failed) = (Some(list), None),
                Err(why) => failed = Some(why),
            }
        }
        failed.map_or(Ok(held), Err)
    }

    /// [`Self::sha256`] of a list whose signatures nobody asks for: for whoever publishes the next one.
    ///
    /// # Errors
    /// [`TrustError`] if it is not the strict form.
    pub fn sha256_unverified(bytes: &[u8]) -> Result<[u8; 32], TrustError> {
        Ok(sha256(Sign::parse(bytes, typ::TRUST_LIST)?.payload))
    }

    fn may_be_followed_by(&self, next: &TrustContent, hash: &[u8; 32]) -> Result<(), TrustError> {
        if next.sequence < self.content.sequence {
            return Err(TrustError::Older);
        }
        if next.sequence == self.content.sequence && *hash != self.hash {
            return Err(TrustError::SameNumber);
        }
        // A reader that missed lists in between cannot check the chain; the roots' signatures stand alone then.
        if self.content.sequence.checked_add(1) == Some(next.sequence) && next.previous != Some(self.hash) {
            return Err(TrustError::BrokenChain);
        }
        Ok(())
    }

    /// The list's number.
    pub const fn sequence(&self) -> u64 {
        self.content.sequence
    }

    /// When it was signed.
    pub const fn issued_at(&self) -> Timestamp {
        self.content.iat
    }

    /// When it ends.
    pub const fn expires(&self) -> Timestamp {
        self.content.exp
    }

    /// True before its end.
    pub fn is_current(&self, now: Timestamp) -> bool {
        now < self.content.exp
    }

    /// SHA-256 of what it says, which the next list names. Who signed it, and in which order, is no part of it: anybody
    /// could leave out a third signature or turn two round, and a reader would take the same list for another.
    pub const fn sha256(&self) -> [u8; 32] {
        self.hash
    }

    /// Its bytes as they were signed.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whose roots signed it.
    pub const fn root_kind(&self) -> RootKind {
        self.successors.kind()
    }

    /// The roots that sign the lists after this one.
    pub const fn successors(&self) -> &RootSet {
        &self.successors
    }

    /// True if from this list on other roots sign: a reader keeps it as long as its program pins roots before it.
    pub const fn changes_roots(&self) -> bool {
        self.content.next_roots.is_some()
    }

    /// All that it says.
    pub const fn content(&self) -> &TrustContent {
        &self.content
    }

    /// Finds the key that signed `message`, and checks that it may sign `vct` and was not revoked before `iat`.
    pub(crate) fn issuer_of(
        &self,
        message: &Sign1<'_>,
        vct: &Vct,
        iat: Timestamp,
    ) -> Result<&TrustedKey, Code> {
        let hint = message.headers.kid.ok_or(Code::Malformed)?;
        let mut candidates = self
            .ids
            .iter()
            .zip(&self.content.keys)
            .filter(|(id, _)| **id == hint)
            .take(KEYS_TRIED_MAX)
            .map(|(_, key)| key)
            .peekable();
        if candidates.peek().is_none() {
            return Err(Code::UnknownIssuer);
        }
        let issuer = candidates
            .find(|trusted| message.verifies(&trusted.key))
            .ok_or(Code::IssuerSignature)?;
        if !issuer.allowed.contains(vct) {
            return Err(Code::IssuerNotAllowed);
        }
        if issuer.is_revoked_for(iat) {
            return Err(Code::IssuerKeyRevoked);
        }
        Ok(issuer)
    }
}

/// True if a name may stand in signed data.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && is_plain(text)
}
