//! What is printed: a document (`KPD:`, a credential without a holder's key) and the claim-169 card.
//!
//! Paper can be copied, so neither says who holds it. A document is accepted as a document, with a code of its own; a
//! card names a person and is never more than "cannot decide".

use crate::base45;
use crate::claims::Claims;
use crate::code::Code;
use crate::cose::Sign1;
use crate::issue::{CREDENTIAL_BYTES_MAX, parse_cwt};
use crate::paper;
use crate::register::TypeRegister;
use crate::rules::Freshness;
use crate::status::Standing;
use crate::trust::TrustList;
use crate::vct::Vct;
use crate::verify::{Context, check_clock, check_dates, check_standing, data_age, standing};

/// The prefix of a printed document's text.
pub const DOCUMENT_PREFIX: &str = "KPD:";

/// Which kind of print a code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PrintedKind {
    /// A document, `KPD:`.
    Document,
    /// The claim-169 card.
    Card,
}

/// Claims of something printed that were verified: genuine and current, and no word about who holds it. Only
/// [`crate::verify`] makes them.
#[derive(Debug)]
pub struct Printed {
    kind: PrintedKind,
    claims: Claims,
    issuer_name: String,
    freshness: Freshness,
}

impl Printed {
    /// Which kind of print it is.
    pub const fn kind(&self) -> PrintedKind {
        self.kind
    }

    /// What it says.
    pub const fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Who issued it, by the trust list.
    pub fn issuer_name(&self) -> &str {
        &self.issuer_name
    }

    /// How old the data were that it was decided with.
    pub const fn freshness(&self) -> Freshness {
        self.freshness
    }

    /// [`Code::DocumentOnly`] or [`Code::PaperNotPresence`].
    pub(crate) const fn code(&self) -> Code {
        match self.kind {
            PrintedKind::Document => Code::DocumentOnly,
            PrintedKind::Card => Code::PaperNotPresence,
        }
    }
}

/// The text of a document's QR code, for a credential that names no holder's key.
///
/// # Errors
/// [`Code::NotADocument`] if it belongs to a phone or is a kind that is only shown by one; else why it cannot be read.
pub fn document_text(credential: &[u8]) -> Result<String, Code> {
    let claims = Claims::decode(parse_cwt(credential)?.payload)?;
    must_be_document(&claims)?;
    let mut text = String::with_capacity(DOCUMENT_PREFIX.len() + base45::encoded_len(credential.len()));
    text.push_str(DOCUMENT_PREFIX);
    base45::encode_into(credential, &mut text);
    Ok(text)
}

/// True for the text of a printed document or card, whatever is in it.
pub fn is_printed(text: &str) -> bool {
    text.starts_with(DOCUMENT_PREFIX) || !text.starts_with("KP") && paper::looks_like(text)
}

/// Verifies a text that [`is_printed`].
pub(crate) fn verify(text: &str, ctx: &Context<'_>) -> Result<Printed, Code> {
    match text.strip_prefix(DOCUMENT_PREFIX) {
        Some(body) => document(body, ctx),
        None => card(text, ctx),
    }
}

/// Verifies a document; `body` is its text without the prefix.
fn document(body: &str, ctx: &Context<'_>) -> Result<Printed, Code> {
    if body.len() > base45::encoded_len(CREDENTIAL_BYTES_MAX) {
        return Err(Code::TooLarge);
    }
    let bytes = base45::decode(body).map_err(|_| Code::Malformed)?;
    let cwt = parse_cwt(&bytes)?;
    let claims = Claims::decode(cwt.payload)?;
    // A pass copied without its phone, or an identity that nobody could compare with a face.
    must_be_document(&claims)?;
    decide(PrintedKind::Document, &cwt, claims, ctx)
}

/// Verifies a card.
fn card(text: &str, ctx: &Context<'_>) -> Result<Printed, Code> {
    let bytes = paper::unpack(text)?;
    let (cwt, claims) = paper::parse(&bytes)?;
    decide(PrintedKind::Card, &cwt, claims.into_claims(), ctx)
}

fn must_be_document(claims: &Claims) -> Result<(), Code> {
    let shown_by_phone = [Vct::AGE, Vct::RESIDENCE, Vct::IDENTITY, Vct::NAME_PHOTO];
    if claims.holder.is_some() || shown_by_phone.contains(&claims.vct) {
        return Err(Code::NotADocument);
    }
    Ok(())
}

/// What this reader knows of the kind of document.
fn check_type(types: &TypeRegister, claims: &Claims, ctx: &Context<'_>) -> Result<(), Code> {
    if ctx.now >= types.expires() {
        return Err(Code::TypesExpired);
    }
    let kind = types.find(&claims.vct).ok_or(Code::UnknownType)?;
    if !kind.show.printed {
        return Err(Code::NotADocument);
    }
    kind.check_read(claims, ctx.now)
}

/// The checks of a presentation that do not concern its holder, in the same order.
fn decide(kind: PrintedKind, cwt: &Sign1<'_>, claims: Claims, ctx: &Context<'_>) -> Result<Printed, Code> {
    let trust: &TrustList = ctx.trust.ok_or(Code::NoTrustList)?;
    check_clock(ctx, trust)?;
    let issuer = trust.issuer_of(cwt, &claims.vct, claims.iat)?;
    let standing = standing(&claims, ctx.status);
    match standing {
        Some(Standing::Revoked) => return Err(Code::Revoked),
        Some(Standing::Consumed) => return Err(Code::Consumed),
        _ => {}
    }
    if !trust.is_current(ctx.now) {
        return Err(Code::TrustListExpired);
    }
    check_dates(&claims, issuer, ctx.now)?;
    check_standing(&claims, standing, ctx)?;
    let freshness = data_age(&claims, trust, ctx)?;
    // A card is of one form, which no register describes.
    if let (Some(types), PrintedKind::Document) = (ctx.types, kind) {
        check_type(types, &claims, ctx)?;
    }
    Ok(Printed {
        kind,
        issuer_name: issuer.iss.clone(),
        claims,
        freshness,
    })
}
