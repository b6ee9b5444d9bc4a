//! COSE (RFC 9052): one signer (`COSE_Sign1`, tag 18) and several (`COSE_Sign`, tag 98), as narrow as the format.
//!
//! Signed bytes are kept as received and never written again: what was signed is what is checked.

use crate::cbor::{Malformed, Reader, Writer};
use crate::keys::{PublicKey, SecretKey};
use crate::signing::{SignError, SigningKey};

pub(crate) const TAG_SIGN1: u64 = 18;
pub(crate) const TAG_SIGN: u64 = 98;

pub(crate) const ALG: i64 = 1;
pub(crate) const KID: i64 = 4;
pub(crate) const KCWT: i64 = 13;
pub(crate) const TYP: i64 = 16;

/// `EdDSA`, which is what this crate writes.
pub(crate) const ALG_EDDSA: i64 = -8;
/// Ed25519 by its own number (RFC 9864), accepted too.
pub(crate) const ALG_ED25519: i64 = -19;

/// `typ` of each signed kind. 293 and 294 are registered for SD-CWT and its key-binding token; the others are of the
/// range for private experiments. Each kind has its own, so that no signature can be taken for another kind.
pub(crate) mod typ {
    /// A CWT and nothing else, by the number of its media type: the printed card, which others read too.
    pub(crate) const PLAIN_CWT: u64 = 61;
    pub(crate) const CWT: u64 = 293;
    pub(crate) const KBT: u64 = 294;
    pub(crate) const REQUEST: u64 = 65_001;
    pub(crate) const COUNTER_CERTIFICATE: u64 = 65_002;
    pub(crate) const TRUST_LIST: u64 = 65_003;
    pub(crate) const STATUS_MANIFEST: u64 = 65_004;
    pub(crate) const PROVINCE_CONFIG: u64 = 65_005;
    pub(crate) const TYPE_REGISTER: u64 = 65_006;
    pub(crate) const RISK_RULES: u64 = 65_007;
    pub(crate) const LOG_SEAL: u64 = 65_008;
    pub(crate) const CATALOGUE: u64 = 65_009;
    pub(crate) const AUDIT_HEAD: u64 = 65_010;
}

/// Why bytes are not the COSE message that was looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CoseError {
    Malformed,
    Algorithm,
    UnknownHeader,
    /// A well-formed message of another kind.
    OtherKind,
}

impl From<Malformed> for CoseError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// Lets a reader's error say which step of reading a COSE message failed; it has a variant for each.
macro_rules! from_cose {
    ($error:ty) => {
        impl From<crate::cose::CoseError> for $error {
            fn from(e: crate::cose::CoseError) -> Self {
                use crate::cose::CoseError;
                match e {
                    CoseError::Malformed => Self::Malformed,
                    CoseError::Algorithm => Self::Algorithm,
                    CoseError::UnknownHeader => Self::UnknownHeader,
                    CoseError::OtherKind => Self::OtherKind,
                }
            }
        }

        impl From<crate::cbor::Malformed> for $error {
            fn from(_: crate::cbor::Malformed) -> Self {
                Self::Malformed
            }
        }
    };
}
pub(crate) use from_cose;

/// Which headers a kind has beside the algorithm and `typ`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Headers {
    /// The issuer's key id.
    Kid,
    /// A whole credential or certificate.
    Kcwt,
    /// A certificate, or none.
    MaybeKcwt,
}

/// The protected headers of a message.
#[derive(Debug, Default)]
pub(crate) struct Protected<'b> {
    pub(crate) kid: Option<[u8; 8]>,
    pub(crate) kcwt: Option<&'b [u8]>,
}

/// A `COSE_Sign1` message, taken apart and not verified.
#[derive(Debug)]
pub(crate) struct Sign1<'b> {
    pub(crate) protected: &'b [u8],
    pub(crate) headers: Protected<'b>,
    pub(crate) payload: &'b [u8],
    pub(crate) signature: [u8; 64],
}

impl<'b> Sign1<'b> {
    /// Reads one message of the kind `typ`; the caller limits the length first.
    pub(crate) fn parse(bytes: &'b [u8], typ: u64, headers: Headers) -> Result<Self, CoseError> {
        let mut r = Reader::open(bytes)?;
        r.tag(TAG_SIGN1)?;
        r.array_of(4)?;
        let protected = r.bytes()?;
        no_unprotected(&mut r)?;
        let payload = r.bytes()?;
        let signature = r.bytes_of::<64>()?;
        let headers = parse_protected(protected, typ, headers)?;
        Ok(Self {
            protected,
            headers,
            payload,
            signature,
        })
    }

    /// True if `key` signed this message.
    pub(crate) fn verifies(&self, key: &PublicKey) -> bool {
        verifies_with(self.protected, self.payload, &self.signature, key)
    }
}

fn no_unprotected(r: &mut Reader<'_>) -> Result<(), CoseError> {
    if r.map()? == 0 {
        Ok(())
    } else {
        Err(CoseError::UnknownHeader)
    }
}

fn check_alg(alg: i64) -> Result<(), CoseError> {
    if alg == ALG_EDDSA || alg == ALG_ED25519 {
        Ok(())
    } else {
        Err(CoseError::Algorithm)
    }
}

fn parse_protected(bytes: &[u8], typ: u64, want: Headers) -> Result<Protected<'_>, CoseError> {
    let mut r = Reader::open(bytes)?;
    let mut out = Protected::default();
    let (mut alg, mut seen_typ, mut unknown) = (None, None, false);
    for _ in 0..r.map()? {
        let label = if r.at_int() {
            r.int()?
        } else {
            return Err(CoseError::UnknownHeader);
        };
        match label {
            // COSE lets both be texts; ours are numbers.
            ALG if r.at_int() => alg = Some(r.int()?),
            TYP if r.at_int() => seen_typ = Some(r.int()?),
            ALG | TYP => _ = r.raw()?,
            KID if want == Headers::Kid => out.kid = Some(r.bytes_of()?),
            KCWT if want != Headers::Kid => out.kcwt = Some(r.raw()?),
            _ => {
                unknown = true;
                r.raw()?;
            }
        }
    }
    check_alg(alg.ok_or(CoseError::Algorithm)?)?;
    // Another kind may well have other headers, so the kind comes first.
    let same_kind = seen_typ.is_some_and(|t| u64::try_from(t) == Ok(typ));
    if seen_typ.is_some() && !same_kind {
        return Err(CoseError::OtherKind);
    }
    if unknown {
        return Err(CoseError::UnknownHeader);
    }
    let complete = match want {
        Headers::Kid => out.kid.is_some(),
        Headers::Kcwt => out.kcwt.is_some(),
        Headers::MaybeKcwt => true,
    };
    match (same_kind, complete) {
        (true, true) => Ok(out),
        (true, false) => Err(CoseError::Malformed),
        (false, _) => Err(CoseError::OtherKind),
    }
}

/// `Sig_structure` of RFC 9052 section 4.4 for one signer.
pub(crate) fn sign1_bytes(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut w = Writer::with_capacity(protected.len() + payload.len() + 24);
    w.array(4).text("Signature1");
    w.bytes(protected).bytes(&[]).bytes(payload);
    w.finish()
}

/// What to put in the protected headers.
pub(crate) enum Header<'a> {
    Kid([u8; 8]),
    Kcwt(&'a [u8]),
    Bare,
}

fn write_protected(typ: u64, header: &Header<'_>) -> Vec<u8> {
    let mut w = Writer::new();
    w.map(if matches!(header, Header::Bare) { 2 } else { 3 });
    w.int(ALG).int(ALG_EDDSA);
    match header {
        Header::Kid(kid) => w.int(KID).bytes(kid),
        Header::Kcwt(item) => w.int(KCWT).raw(item),
        Header::Bare => &mut w,
    };
    w.int(TYP).uint(typ);
    w.finish()
}

/// Signs a payload as `COSE_Sign1`.
pub(crate) fn sign1(
    typ: u64,
    header: &Header<'_>,
    payload: &[u8],
    key: &dyn SigningKey,
) -> Result<Vec<u8>, SignError> {
    sign1_with(&write_protected(typ, header), payload, key)
}

/// Signs a payload as `COSE_Sign1` with a key of this process, which always signs.
pub(crate) fn sign1_here(typ: u64, header: &Header<'_>, payload: &[u8], key: &SecretKey) -> Vec<u8> {
    let protected = write_protected(typ, header);
    let signature = key.sign(&sign1_bytes(&protected, payload));
    put_together(&protected, payload, &signature)
}

/// Signs a payload as `COSE_Sign1` under headers that are written already.
pub(crate) fn sign1_with(
    protected: &[u8],
    payload: &[u8],
    key: &dyn SigningKey,
) -> Result<Vec<u8>, SignError> {
    let signature = key.sign(&sign1_bytes(protected, payload))?;
    Ok(put_together(protected, payload, &signature))
}

fn put_together(protected: &[u8], payload: &[u8], signature: &[u8; 64]) -> Vec<u8> {
    let mut w = Writer::with_capacity(protected.len() + payload.len() + 80);
    w.tag(TAG_SIGN1).array(4);
    w.bytes(protected).map(0).bytes(payload).bytes(signature);
    w.finish()
}

/// True if `key` signed this payload under these headers.
pub(crate) fn verifies_with(protected: &[u8], payload: &[u8], signature: &[u8; 64], key: &PublicKey) -> bool {
    key.verifies(&sign1_bytes(protected, payload), signature)
}

/// One signature of a `COSE_Sign` message.
#[derive(Debug)]
pub(crate) struct Signer<'b> {
    protected: &'b [u8],
    pub(crate) kid: [u8; 8],
    signature: [u8; 64],
}

/// A `COSE_Sign` message, taken apart and not verified.
#[derive(Debug)]
pub(crate) struct Sign<'b> {
    protected: &'b [u8],
    pub(crate) payload: &'b [u8],
    pub(crate) signers: Vec<Signer<'b>>,
}

/// Most signatures on one message.
pub(crate) const SIGNERS_MAX: u64 = 4;

impl<'b> Sign<'b> {
    /// Reads one message of the kind `typ`; the caller limits the length first.
    pub(crate) fn parse(bytes: &'b [u8], typ: u64) -> Result<Self, CoseError> {
        let mut r = Reader::open(bytes)?;
        r.tag(TAG_SIGN)?;
        r.array_of(4)?;
        let protected = r.bytes()?;
        no_unprotected(&mut r)?;
        let payload = r.bytes()?;
        let count = r.array()?;
        if count == 0 || count > SIGNERS_MAX {
            return Err(CoseError::Malformed);
        }
        let mut signers = Vec::new();
        for _ in 0..count {
            r.array_of(3)?;
            let protected = r.bytes()?;
            no_unprotected(&mut r)?;
            let signature = r.bytes_of()?;
            let kid = parse_signer(protected)?;
            signers.push(Signer {
                protected,
                kid,
                signature,
            });
        }
        parse_body(protected, typ)?;
        Ok(Self {
            protected,
            payload,
            signers,
        })
    }

    /// True if `key` made this one of the signatures.
    pub(crate) fn verifies(&self, signer: &Signer<'_>, key: &PublicKey) -> bool {
        let bytes = sign_bytes(self.protected, signer.protected, self.payload);
        key.verifies(&bytes, &signer.signature)
    }
}

fn parse_body(bytes: &[u8], typ: u64) -> Result<(), CoseError> {
    let mut r = Reader::open(bytes)?;
    let pairs = r.map()?;
    if pairs == 0 {
        return Err(CoseError::OtherKind);
    }
    if !r.at_int() || r.int()? != TYP || pairs > 1 {
        return Err(CoseError::UnknownHeader);
    }
    if r.at_int() && r.uint()? == typ {
        Ok(())
    } else {
        Err(CoseError::OtherKind)
    }
}

fn parse_signer(bytes: &[u8]) -> Result<[u8; 8], CoseError> {
    let mut r = Reader::open(bytes)?;
    let (mut alg, mut kid) = (None, None);
    for _ in 0..r.map()? {
        if !r.at_int() {
            return Err(CoseError::UnknownHeader);
        }
        match r.int()? {
            ALG if !r.at_int() => return Err(CoseError::Algorithm),
            ALG => alg = Some(r.int()?),
            KID => kid = Some(r.bytes_of()?),
            _ => return Err(CoseError::UnknownHeader),
        }
    }
    check_alg(alg.ok_or(CoseError::Algorithm)?)?;
    kid.ok_or(CoseError::Malformed)
}

/// `Sig_structure` of RFC 9052 section 4.4 for one of several signers.
fn sign_bytes(body: &[u8], signer: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut w = Writer::new();
    w.array(5).text("Signature");
    w.bytes(body).bytes(signer).bytes(&[]).bytes(payload);
    w.finish()
}

/// Signs a payload with several keys as `COSE_Sign`.
pub(crate) fn sign(typ: u64, payload: &[u8], keys: &[&SecretKey]) -> Vec<u8> {
    let parts: Vec<_> = keys
        .iter()
        .map(|key| (key.public(), sign_part(typ, payload, key)))
        .collect();
    combine(typ, payload, &parts)
}

/// One signer's share of [`sign`].
pub(crate) fn sign_part(typ: u64, payload: &[u8], key: &SecretKey) -> [u8; 64] {
    key.sign(&sign_bytes(
        &body_header(typ),
        &signer_header(&key.public()),
        payload,
    ))
}

/// Puts a `COSE_Sign` message together from shares; nothing is checked.
pub(crate) fn combine(typ: u64, payload: &[u8], parts: &[(PublicKey, [u8; 64])]) -> Vec<u8> {
    let mut w = Writer::new();
    w.tag(TAG_SIGN).array(4);
    w.bytes(&body_header(typ))
        .map(0)
        .bytes(payload)
        .array(parts.len());
    for (key, signature) in parts {
        w.array(3).bytes(&signer_header(key)).map(0).bytes(signature);
    }
    w.finish()
}

fn body_header(typ: u64) -> Vec<u8> {
    let mut w = Writer::new();
    w.map(1).int(TYP).uint(typ);
    w.finish()
}

fn signer_header(key: &PublicKey) -> Vec<u8> {
    let mut w = Writer::new();
    w.map(2).int(ALG).int(ALG_EDDSA);
    w.int(KID).bytes(&key.key_id().0);
    w.finish()
}
