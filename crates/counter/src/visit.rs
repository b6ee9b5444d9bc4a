//! One visitor at the desk, from the first code seen to the verdict.
//!
//! A camera sees the same code many times and a phone renews it every 15 seconds, so a verdict stays
//! as it is while its own pass is in view: an accepted visitor who keeps holding up the phone does not
//! turn into a replay. Another pass is another visitor, who is never left standing under this verdict.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use credential::frames::Assembly;
use credential::{Code, IssuedRequest, Printed, ReplayKey, Timestamp, Verdict, Verified, photo};

use crate::claims::ShownPass;
use crate::gate::Passed;
use crate::opaque::opaque_debug;
use crate::types::{FreshnessView, ScanReply, VisitState};

/// Photo frames that are kept when they are seen before the code they belong to: more than one photo takes.
const EARLY_FRAMES_MAX: usize = 16;
/// Longest photo frame that is kept.
const FRAME_BYTES_MAX: usize = 1_024;

/// Longest time from the code to the officer's answer, in seconds.
const COMPARE_SECONDS_MAX: u64 = 300;

opaque_debug!(Visit, Comparing, Decided, Seen, Portrait);

/// The code that a visit is about, so that it is known again.
#[derive(Clone)]
pub(crate) struct Seen {
    /// Its latest text; a phone renews it.
    pub text: String,
    /// Its pass, if it was verified.
    pub pass: Option<ReplayKey>,
    /// The request that it answered.
    pub request: Option<IssuedRequest>,
    /// The photo that belongs to it.
    pub photo_sha256: Option<[u8; 32]>,
}

impl Seen {
    /// A code of which nothing is known but its text.
    pub fn unknown(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            pass: None,
            request: None,
            photo_sha256: None,
        }
    }

    /// The code of a verified pass.
    pub fn verified(text: &str, verified: &Verified, request: Option<IssuedRequest>) -> Self {
        Self {
            text: text.to_owned(),
            pass: Some(verified.replay_key()),
            request,
            photo_sha256: verified.photo_sha256().copied(),
        }
    }
}

/// One visitor.
pub(crate) enum Visit {
    /// Nobody yet; perhaps parts of a photo.
    Open(Vec<String>),
    /// Everything holds but the face, which the officer has to compare.
    Comparing(Box<Comparing>),
    /// There is a verdict.
    Decided(Box<Decided>),
}

/// A verified code whose photo is collected and compared.
pub(crate) struct Comparing {
    seen: Seen,
    began: Timestamp,
    verified: Verified,
    shown: ShownPass,
    assembly: Assembly,
    photo: Option<Portrait>,
}

/// A photo that is the signed one and can be drawn, as a data address: nobody compares a face with a picture that is not
/// there.
#[derive(Clone)]
pub(crate) struct Portrait(String);

impl Portrait {
    fn of(photo: &[u8]) -> Option<Self> {
        let media_type = qr::media_type(photo).ok()?;
        Some(Self(format!(
            "data:{media_type};base64,{}",
            STANDARD.encode(photo)
        )))
    }
}

/// A verdict and what may be shown with it.
pub(crate) struct Decided {
    seen: Seen,
    code: Code,
    shown: ShownPass,
    photo: Option<Portrait>,
    issuer: Option<String>,
    vct: Option<String>,
    passed: Option<Passed>,
    freshness: Option<FreshnessView>,
}

impl Default for Visit {
    fn default() -> Self {
        Self::Open(Vec::new())
    }
}

impl Visit {
    /// A verdict with nothing known about the visitor.
    pub fn decided(code: Code, seen: Seen) -> Self {
        Self::Decided(Box::new(Decided {
            seen,
            code,
            shown: ShownPass::default(),
            photo: None,
            issuer: None,
            vct: None,
            passed: None,
            freshness: None,
        }))
    }

    /// A verdict on a verified code. Nothing of a refused pass is shown.
    pub fn decided_about(
        code: Code,
        seen: Seen,
        verified: &Verified,
        photo: Option<Portrait>,
        shown: ShownPass,
    ) -> Self {
        if code.verdict() != Verdict::Accepted {
            return Self::decided(code, seen);
        }
        Self::Decided(Box::new(Decided {
            seen,
            code,
            shown,
            photo,
            issuer: Some(verified.issuer_name().to_owned()),
            vct: Some(verified.claims().vct.as_str().to_owned()),
            passed: None,
            freshness: Some(verified.freshness().into()),
        }))
    }

    /// What the pass meant at a gate.
    #[must_use]
    pub fn passed(mut self, passed: Option<Passed>) -> Self {
        if let Self::Decided(decided) = &mut self {
            decided.passed = passed;
        }
        self
    }

    /// The same, of a visit that is decided.
    pub fn passed_mut(&mut self) -> Option<&mut Passed> {
        match self {
            Self::Decided(decided) => decided.passed.as_mut(),
            _ => None,
        }
    }

    /// A verdict on something printed that is genuine. Its claims are shown: the page says that they are of paper.
    pub fn decided_printed(code: Code, seen: Seen, printed: &Printed, shown: ShownPass) -> Self {
        Self::Decided(Box::new(Decided {
            seen,
            code,
            shown,
            photo: None,
            issuer: Some(printed.issuer_name().to_owned()),
            vct: Some(printed.claims().vct.as_str().to_owned()),
            passed: None,
            freshness: Some(printed.freshness().into()),
        }))
    }

    /// A code that holds and whose photo has this hash; frames that were seen before are used at once.
    pub fn comparing(
        verified: Verified,
        photo_sha256: [u8; 32],
        seen: Seen,
        early: Vec<String>,
        began: Timestamp,
        shown: ShownPass,
    ) -> Self {
        let assembly = photo::assembly(photo_sha256);
        let mut visit = Self::Comparing(Box::new(Comparing {
            seen,
            began,
            verified,
            shown,
            assembly,
            photo: None,
        }));
        for frame in early {
            visit.see_photo_frame(&frame);
        }
        visit
    }

    /// The code that it is about; none before the first.
    pub const fn seen(&self) -> Option<&Seen> {
        match self {
            Self::Open(_) => None,
            Self::Comparing(comparing) => Some(&comparing.seen),
            Self::Decided(decided) => Some(&decided.seen),
        }
    }

    /// The phone renewed its code.
    pub fn renew(&mut self, text: &str) {
        match self {
            Self::Open(_) => {}
            Self::Comparing(comparing) => text.clone_into(&mut comparing.seen.text),
            Self::Decided(decided) => text.clone_into(&mut decided.seen.text),
        }
    }

    /// The verdict's reason, if there is one.
    pub const fn code(&self) -> Option<Code> {
        match self {
            Self::Decided(decided) => Some(decided.code),
            _ => None,
        }
    }

    /// The pass of a comparison that took too long.
    pub fn late(&self, now: Timestamp) -> Option<&Verified> {
        match self {
            Self::Comparing(comparing) if now > comparing.began.plus(COMPARE_SECONDS_MAX) => {
                Some(&comparing.verified)
            }
            _ => None,
        }
    }

    /// Ends a comparison that took too long.
    pub fn end_late(&mut self) {
        if let Self::Comparing(comparing) = self {
            *self = Self::decided(Code::Stale, comparing.seen.clone());
        }
    }

    /// What a comparison that is still under way comes to if it ends now, and its pass.
    pub fn unfinished(&self) -> Option<(Code, &Verified)> {
        match self {
            Self::Comparing(comparing) => Some((comparing.code(), &comparing.verified)),
            Self::Open(_) | Self::Decided(_) => None,
        }
    }

    /// The frames seen so far, before the code they belong to.
    pub fn take_early_frames(&mut self) -> Vec<String> {
        match self {
            Self::Open(frames) => std::mem::take(frames),
            _ => Vec::new(),
        }
    }

    /// Takes one `KPF:` frame and says whether it belongs to the visit. One of another photo changes nothing.
    pub fn see_photo_frame(&mut self, text: &str) -> bool {
        if let Self::Open(early) = self {
            let known = early.iter().any(|frame| frame == text);
            if !known && text.len() <= FRAME_BYTES_MAX {
                // The newest stay: they are of the phone that is in view.
                if early.len() >= EARLY_FRAMES_MAX {
                    early.remove(0);
                }
                early.push(text.to_owned());
            }
            return true;
        }
        if let Self::Comparing(comparing) = self {
            comparing.see(text);
        }
        let hash = self.seen().and_then(|seen| seen.photo_sha256);
        hash.is_some_and(|hash| photo::assembly(hash).takes(text))
    }

    /// Whether there is a face to compare.
    pub const fn is_comparing(&self) -> bool {
        matches!(self, Self::Comparing(_))
    }

    /// The photo of the visit, once it is complete and can be drawn.
    pub const fn photo(&self) -> Option<&Portrait> {
        match self {
            Self::Comparing(comparing) => comparing.photo.as_ref(),
            Self::Open(_) | Self::Decided(_) => None,
        }
    }

    /// What the page shows.
    pub fn reply(&self, number: u32, in_view: bool) -> ScanReply {
        match self {
            Self::Open(early) => ScanReply {
                visit: number,
                state: if early.is_empty() {
                    VisitState::Nothing
                } else {
                    VisitState::Partial
                },
                in_view,
                ..ScanReply::default()
            },
            Self::Comparing(comparing) => {
                let code = comparing.code();
                ScanReply {
                    visit: number,
                    state: VisitState::Compare,
                    verdict: Some(code.verdict().into()),
                    code: Some(code.code().to_owned()),
                    claims: comparing.shown.claims.clone(),
                    photo: comparing.photo.clone().map(|photo| photo.0),
                    photo_parts: comparing.parts(),
                    issuer: Some(comparing.verified.issuer_name().to_owned()),
                    vct: Some(comparing.verified.claims().vct.as_str().to_owned()),
                    attendance: None,
                    kind: comparing.shown.kind.clone(),
                    freshness: Some(comparing.verified.freshness().into()),
                    update: None,
                    in_view,
                }
            }
            Self::Decided(decided) => ScanReply {
                visit: number,
                state: VisitState::Decided,
                verdict: Some(decided.code.verdict().into()),
                code: Some(decided.code.code().to_owned()),
                claims: decided.shown.claims.clone(),
                photo: decided.photo.clone().map(|photo| photo.0),
                photo_parts: None,
                issuer: decided.issuer.clone(),
                vct: decided.vct.clone(),
                attendance: decided.passed.map(Into::into),
                kind: decided.shown.kind.clone(),
                freshness: decided.freshness,
                update: None,
                in_view,
            },
        }
    }
}

impl Comparing {
    /// The assembly checks the whole photo against the signed hash; frames of another photo change nothing.
    fn see(&mut self, text: &str) {
        if self.assembly.finished().is_none() {
            self.assembly.add(text);
            self.photo = self.assembly.finished().and_then(Portrait::of);
        }
    }

    /// The verdict so far.
    const fn code(&self) -> Code {
        if self.photo.is_some() {
            Code::FaceNotCompared
        } else {
            Code::PhotoIncomplete
        }
    }

    fn parts(&self) -> Option<(u32, u32)> {
        let progress = self.assembly.progress();
        Some((
            u32::try_from(progress.have).ok()?,
            u32::try_from(progress.needed).ok()?,
        ))
    }
}
