//! The desk's side: a presentation in, one of three outcomes out. The order of the checks is in docs/format.md.

use crate::base45;
use crate::cbor::{Malformed, Reader};
use crate::claims::Claims;
use crate::code::{Code, Verdict};
use crate::cose::{Headers, Sign1, typ};
use crate::issue::parse_cwt;
use crate::keys::{PublicKey, sha256};
use crate::present::{PRESENTATION_LIFETIME, PRESENTATION_PREFIX, REQUEST_HASH};
use crate::printed::{self, Printed};
use crate::register::TypeRegister;
use crate::request::{AUDIENCE_BYTES_MAX, IssuedRequest};
use crate::rules::{self, Freshness, ServiceRule};
use crate::status::{Standing, StatusSet};
use crate::time::{CLOCK_ALLOWANCE, Timestamp};
use crate::trust::{TrustList, TrustedKey};

/// Longest presentation, in bytes.
pub const PRESENTATION_BYTES_MAX: usize = 4 * 1024;

/// Longest showing of one pass on the phone, in seconds: later frames of it are replays of the first.
pub const SHOWING_MAX: u64 = 300;

/// What the desk expects.
#[derive(Debug, Clone, Copy)]
pub enum Expect<'a> {
    /// A timed presentation for this desk's service class.
    Timed {
        /// The service class.
        audience: &'a str,
    },
    /// The answer to this request.
    Request(&'a IssuedRequest),
    /// Nothing: the desk takes answers to its requests only, and shows none at the moment.
    Nothing,
}

/// What the desk knows.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The desk's clock.
    pub now: Timestamp,
    /// Its trust list, if it has one.
    pub trust: Option<&'a TrustList>,
    /// Its status lists, if it has them.
    pub status: Option<&'a StatusSet>,
    /// Its type register, if it has one. Without it nothing is known of what a kind of pass must hold.
    pub types: Option<&'a TypeRegister>,
    /// What it expects.
    pub expect: Expect<'a>,
    /// The rule of the service that it serves; without one, the limits of [`crate::AgeLimits`] hold.
    pub rule: Option<ServiceRule<'a>>,
}

/// The two ways to present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// For a minute, without a screen at the desk.
    Timed,
    /// Bound to a request that the desk showed.
    Request,
}

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// Why.
    pub code: Code,
    /// The claims, if they may be acted on: always with `accepted`, and with `face_not_compared`.
    pub verified: Option<Verified>,
    /// What a printed document or card says, if it is genuine: with `document_only` and `paper_not_presence`.
    pub printed: Option<Printed>,
}

impl Outcome {
    /// An outcome with nothing that may be acted on.
    pub const fn bare(code: Code) -> Self {
        Self {
            code,
            verified: None,
            printed: None,
        }
    }

    /// How old the data were that this was decided with; none where nothing may be acted on.
    pub fn freshness(&self) -> Option<Freshness> {
        let printed = || self.printed.as_ref().map(Printed::freshness);
        self.verified.as_ref().map(Verified::freshness).or_else(printed)
    }

    /// Which of the three.
    pub const fn verdict(&self) -> Verdict {
        self.code.verdict()
    }
}

/// By what a desk remembers that a pass was shown: a hash of the pass's key, so that the key itself is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplayKey([u8; 32]);

impl ReplayKey {
    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The officer's answer after comparing the photo with the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaceCheck {
    /// The same person.
    Same,
    /// Another person.
    Different,
}

/// Claims that were verified. Only [`verify`] makes them.
#[derive(Debug)]
pub struct Verified {
    claims: Claims,
    issuer_name: String,
    holder: PublicKey,
    mode: Mode,
    issued_at: Option<Timestamp>,
    expires: Timestamp,
    freshness: Freshness,
}

impl Verified {
    /// What the credential says.
    pub const fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Who issued it, by the trust list.
    pub fn issuer_name(&self) -> &str {
        &self.issuer_name
    }

    /// The pass's key.
    pub const fn holder_key(&self) -> &PublicKey {
        &self.holder
    }

    /// How it was presented.
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// When the phone signed it; none in request mode, where the phone's clock plays no part.
    pub const fn issued_at(&self) -> Option<Timestamp> {
        self.issued_at
    }

    /// How old the data were that it was decided with.
    pub const fn freshness(&self) -> Freshness {
        self.freshness
    }

    /// SHA-256 of the photo that belongs to it.
    pub const fn photo_sha256(&self) -> Option<&[u8; 32]> {
        self.claims.facts.photo_sha256.as_ref()
    }

    /// The officer compared the photo with the person.
    pub fn confirm_face(self, same: FaceCheck) -> (Code, Self) {
        let code = match same {
            FaceCheck::Same => Code::Accepted,
            FaceCheck::Different => Code::FaceDiffers,
        };
        (code, self)
    }

    /// What the desk remembers, to answer [`Code::Replayed`] when the pass is shown again.
    pub fn replay_key(&self) -> ReplayKey {
        ReplayKey(sha256(self.holder.as_bytes()))
    }

    /// Until when the desk remembers it: while any frame of the same showing could still be taken.
    pub fn replay_until(&self) -> Timestamp {
        let from = self.issued_at.unwrap_or(self.expires);
        from.plus(SHOWING_MAX + PRESENTATION_LIFETIME + CLOCK_ALLOWANCE)
    }
}

/// Verifies the text of a presentation, of a printed document or of a printed card.
pub fn verify(text: &str, ctx: &Context<'_>) -> Outcome {
    if !printed::is_printed(text) {
        return verify_presentation(text, ctx);
    }
    match printed::verify(text, ctx) {
        Err(code) => Outcome::bare(code),
        Ok(printed) => Outcome {
            code: printed.code(),
            verified: None,
            printed: Some(printed),
        },
    }
}

fn verify_presentation(text: &str, ctx: &Context<'_>) -> Outcome {
    match decide(text, ctx) {
        Err(code) => Outcome::bare(code),
        Ok(verified) => {
            let code = if verified.photo_sha256().is_some() {
                Code::FaceNotCompared
            } else {
                Code::Accepted
            };
            Outcome {
                code,
                verified: Some(verified),
                printed: None,
            }
        }
    }
}

fn decide(text: &str, ctx: &Context<'_>) -> Result<Verified, Code> {
    // What can be read at all.
    let bytes = decode_text(text)?;
    let kbt = Sign1::parse(&bytes, typ::KBT, Headers::Kcwt)?;
    let cwt = parse_cwt(kbt.headers.kcwt.ok_or(Code::Malformed)?)?;
    let claims = Claims::decode(cwt.payload)?;
    let holder = claims.holder.ok_or(Code::Malformed)?.public()?;
    let binding = Binding::decode(kbt.payload)?;

    // What this reader can decide.
    let trust = ctx.trust.ok_or(Code::NoTrustList)?;
    check_clock(ctx, trust)?;

    // What stays wrong whatever the date is.
    if !kbt.verifies(&holder) {
        return Err(Code::HolderSignature);
    }
    let issuer = trust.issuer_of(&cwt, &claims.vct, claims.iat)?;
    check_binding(&binding, &claims, ctx.expect)?;
    let kind = ctx.types.and_then(|types| types.find(&claims.vct));
    if binding.mode() == Mode::Timed && kind.is_some_and(|kind| !kind.show.timed) {
        return Err(Code::RequestRequired);
    }
    if let Some(rule) = &ctx.rule {
        rule.check(binding.mode(), &claims)?;
    }
    let standing = standing(&claims, ctx.status);
    match standing {
        Some(Standing::Revoked) => return Err(Code::Revoked),
        Some(Standing::Consumed) => return Err(Code::Consumed),
        _ => {}
    }

    // What depends on the date.
    if !trust.is_current(ctx.now) {
        return Err(Code::TrustListExpired);
    }
    check_dates(&claims, issuer, ctx.now)?;
    let expires = check_freshness(&binding, ctx)?;
    check_standing(&claims, standing, ctx)?;
    let freshness = data_age(&claims, trust, ctx)?;

    // What this reader knows of the kind of pass.
    if let Some(types) = ctx.types {
        if ctx.now >= types.expires() {
            return Err(Code::TypesExpired);
        }
        kind.ok_or(Code::UnknownType)?.check_read(&claims, ctx.now)?;
    }
    if let Some(rule) = &ctx.rule {
        rule.check_level(&claims, kind)?;
    }
    // A name without a face to compare is anyone's who has the phone.
    if claims.lacks_photo() {
        return Err(Code::PhotoIncomplete);
    }

    Ok(Verified {
        issuer_name: issuer.iss.clone(),
        holder,
        mode: binding.mode(),
        issued_at: binding.issued_at(),
        expires,
        freshness,
        claims,
    })
}

fn decode_text(text: &str) -> Result<Vec<u8>, Code> {
    let body = text.strip_prefix(PRESENTATION_PREFIX).ok_or(Code::WrongCode)?;
    if body.len() > base45::encoded_len(PRESENTATION_BYTES_MAX) {
        return Err(Code::TooLarge);
    }
    base45::decode(body).map_err(|_| Code::Malformed)
}

/// A clock before the reader's own signed data is wrong, and every answer about time would be.
pub(crate) fn check_clock(ctx: &Context<'_>, trust: &TrustList) -> Result<(), Code> {
    let latest = ctx.now.plus(CLOCK_ALLOWANCE);
    let status = ctx.status.map(|s| s.manifest().issued_at());
    let types = ctx.types.map(TypeRegister::issued_at);
    let rule = ctx.rule.map(|rule| rule.issued_at());
    let others = status.max(types).max(rule);
    if latest < trust.issued_at() || others.is_some_and(|at| latest < at) {
        return Err(Code::ClockWrong);
    }
    Ok(())
}

/// How old the data are that decide about these claims, by the rule of the service.
pub(crate) fn data_age(claims: &Claims, trust: &TrustList, ctx: &Context<'_>) -> Result<Freshness, Code> {
    let status = ctx.status.filter(|_| claims.status.is_some());
    let signed = status.map(|set| set.manifest().issued_at());
    rules::freshness(ctx.rule.as_ref(), ctx.now, trust.issued_at(), signed)
}

/// What the holder signed.
struct Binding<'b> {
    audience: &'b str,
    iat: Timestamp,
    kind: BindingKind,
}

enum BindingKind {
    Timed { exp: Timestamp },
    Request { nonce: [u8; 16], hash: [u8; 8] },
}

impl<'b> Binding<'b> {
    fn decode(bytes: &'b [u8]) -> Result<Self, Malformed> {
        let mut r = Reader::open(bytes)?;
        let (mut audience, mut exp, mut iat) = (None, None, None);
        let (mut nonce, mut hash) = (None, None);
        for _ in 0..r.map()? {
            match r.int()? {
                3 => audience = Some(r.text()?),
                4 => exp = Some(Timestamp::from_unix(r.uint()?)),
                6 => iat = Some(Timestamp::from_unix(r.uint()?)),
                39 => nonce = Some(r.bytes_of()?),
                REQUEST_HASH => hash = Some(r.bytes_of()?),
                _ => return Err(Malformed),
            }
        }
        let kind = match (exp, nonce, hash) {
            (Some(exp), None, None) => BindingKind::Timed { exp },
            (None, Some(nonce), Some(hash)) => BindingKind::Request { nonce, hash },
            _ => return Err(Malformed),
        };
        let audience = audience.ok_or(Malformed)?;
        if audience.is_empty() || audience.len() > AUDIENCE_BYTES_MAX {
            return Err(Malformed);
        }
        Ok(Self {
            audience,
            iat: iat.ok_or(Malformed)?,
            kind,
        })
    }

    const fn mode(&self) -> Mode {
        match self.kind {
            BindingKind::Timed { .. } => Mode::Timed,
            BindingKind::Request { .. } => Mode::Request,
        }
    }

    const fn issued_at(&self) -> Option<Timestamp> {
        match self.kind {
            BindingKind::Timed { .. } => Some(self.iat),
            BindingKind::Request { .. } => None,
        }
    }
}

/// Mode, desk, request and kind of pass: nothing of this changes with time.
fn check_binding(binding: &Binding<'_>, claims: &Claims, expect: Expect<'_>) -> Result<(), Code> {
    match (&binding.kind, expect) {
        (BindingKind::Timed { .. }, _) if claims.is_personal() => Err(Code::RequestRequired),
        (BindingKind::Timed { exp }, _) if *exp < binding.iat => Err(Code::Malformed),
        (BindingKind::Timed { exp }, _) if exp.since(binding.iat) > PRESENTATION_LIFETIME => {
            Err(Code::LifetimeTooLong)
        }
        (BindingKind::Timed { .. }, Expect::Timed { audience }) => {
            if binding.audience == audience {
                Ok(())
            } else {
                Err(Code::WrongDesk)
            }
        }
        (BindingKind::Request { nonce, hash }, Expect::Request(request)) => {
            if binding.audience != request.audience {
                Err(Code::WrongDesk)
            } else if *nonce != request.nonce || *hash != request.hash {
                Err(Code::WrongRequest)
            } else if claims.vct != request.ask {
                Err(Code::WrongPass)
            } else {
                Ok(())
            }
        }
        (BindingKind::Timed { .. }, Expect::Nothing) => Err(Code::RequestRequired),
        (BindingKind::Timed { .. }, Expect::Request(_))
        | (BindingKind::Request { .. }, Expect::Timed { .. } | Expect::Nothing) => Err(Code::WrongRequest),
    }
}

pub(crate) fn check_dates(claims: &Claims, issuer: &TrustedKey, now: Timestamp) -> Result<(), Code> {
    if !issuer.is_current(claims.iat, now) {
        return Err(Code::IssuerKeyExpired);
    }
    let latest = now.plus(CLOCK_ALLOWANCE);
    if claims.iat > latest || claims.nbf.is_some_and(|nbf| nbf > latest) {
        return Err(Code::NotYetValid);
    }
    if now >= claims.exp {
        return Err(Code::Expired);
    }
    Ok(())
}

fn check_freshness(binding: &Binding<'_>, ctx: &Context<'_>) -> Result<Timestamp, Code> {
    match (&binding.kind, ctx.expect) {
        (BindingKind::Timed { exp }, _) => {
            if binding.iat > ctx.now.plus(CLOCK_ALLOWANCE) {
                Err(Code::FromTheFuture)
            } else if ctx.now > exp.plus(CLOCK_ALLOWANCE) {
                Err(Code::Stale)
            } else {
                Ok(*exp)
            }
        }
        // Request and answer are timed by the same clock, the desk's, so no difference is allowed for.
        (BindingKind::Request { .. }, Expect::Request(request)) if ctx.now <= request.expires => {
            Ok(request.expires)
        }
        (BindingKind::Request { .. }, _) => Err(Code::Stale),
    }
}

pub(crate) fn standing(claims: &Claims, status: Option<&StatusSet>) -> Option<Standing> {
    status?.standing(claims.status.as_ref()?)
}

/// A suspension may have been lifted since, so it counts only as long as the list does.
pub(crate) fn check_standing(
    claims: &Claims,
    standing: Option<Standing>,
    ctx: &Context<'_>,
) -> Result<(), Code> {
    if claims.status.is_none() {
        return Ok(());
    }
    let set = ctx.status.ok_or(Code::NoStatusList)?;
    if ctx.now >= set.manifest().expires() {
        return Err(Code::StatusListExpired);
    }
    match standing {
        Some(Standing::Valid) => Ok(()),
        Some(Standing::Suspended) => Err(Code::Suspended),
        Some(Standing::Revoked) => Err(Code::Revoked),
        Some(Standing::Consumed) => Err(Code::Consumed),
        None => Err(Code::NoStatusList),
    }
}
