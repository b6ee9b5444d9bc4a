//! One visitor at the desk, from the first code seen to the verdict.
//!
//! A camera sees the same code many times and a phone renews it every 15 seconds, so a verdict stays
//! as it is until the next visit begins: an accepted visitor who keeps holding up the phone does not
//! turn into a replay.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use credential::photo::Assembly;
use credential::{Code, FaceCheck, Verdict, Verified};

use crate::claims;
use crate::opaque::opaque_debug;
use crate::types::{ClaimView, ScanReply, VisitState};

/// Photo frames that are kept when they are seen before the code they belong to.
const EARLY_FRAMES_MAX: usize = credential::photo::FRAMES_MAX;
/// Longest photo frame that is kept.
const FRAME_BYTES_MAX: usize = 1_024;

opaque_debug!(Visit, Comparing, Decided);

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
    verified: Verified,
    assembly: Assembly,
    photo: Option<Vec<u8>>,
}

/// A verdict and what may be shown with it.
pub(crate) struct Decided {
    code: Code,
    claims: Vec<ClaimView>,
    photo: Option<Vec<u8>>,
    issuer: Option<String>,
    vct: Option<String>,
}

impl Default for Visit {
    fn default() -> Self {
        Self::Open(Vec::new())
    }
}

impl Visit {
    /// A verdict with nothing known about the visitor.
    pub fn decided(code: Code) -> Self {
        Self::Decided(Box::new(Decided {
            code,
            claims: Vec::new(),
            photo: None,
            issuer: None,
            vct: None,
        }))
    }

    /// A verdict on a verified code. Nothing of a refused pass is shown.
    pub fn decided_about(code: Code, verified: &Verified, photo: Option<Vec<u8>>) -> Self {
        if code.verdict() != Verdict::Accepted {
            return Self::decided(code);
        }
        Self::Decided(Box::new(Decided {
            code,
            claims: claims::shown(verified.claims()),
            photo,
            issuer: Some(verified.issuer_name().to_owned()),
            vct: Some(verified.claims().vct.as_str().to_owned()),
        }))
    }

    /// A code that holds and whose photo has this hash; frames that were seen before are used at once.
    pub fn comparing(verified: Verified, photo_sha256: [u8; 32], early: Vec<String>) -> Self {
        let assembly = Assembly::new(photo_sha256);
        let mut visit = Self::Comparing(Box::new(Comparing {
            verified,
            assembly,
            photo: None,
        }));
        for frame in early {
            visit.see_photo_frame(&frame);
        }
        visit
    }

    /// Whether a presentation that is seen now would be this visit's first. A code that is none of ours does not
    /// count: a poster in the camera's view must not stand in the way of the phone beside it.
    pub fn takes_presentation(&self) -> bool {
        match self {
            Self::Open(_) => true,
            Self::Comparing(_) => false,
            Self::Decided(decided) => matches!(decided.code, Code::WrongCode | Code::Malformed),
        }
    }

    /// The frames seen so far, before the code they belong to.
    pub fn take_early_frames(&mut self) -> Vec<String> {
        match self {
            Self::Open(frames) => std::mem::take(frames),
            _ => Vec::new(),
        }
    }

    /// Takes one `KPF:` frame. One that belongs to another photo, or to none, changes nothing.
    pub fn see_photo_frame(&mut self, text: &str) {
        match self {
            Self::Open(early) => {
                let known = early.iter().any(|frame| frame == text);
                if !known && early.len() < EARLY_FRAMES_MAX && text.len() <= FRAME_BYTES_MAX {
                    early.push(text.to_owned());
                }
            }
            Self::Comparing(comparing) => comparing.see(text),
            Self::Decided(_) => {}
        }
    }

    /// What the officer saw; `None` if there is nothing to compare. "The same" waits until the photo is complete.
    pub fn compare_face(&mut self, check: FaceCheck) -> Option<()> {
        match std::mem::take(self) {
            Self::Comparing(comparing) if check == FaceCheck::Different || comparing.photo.is_some() => {
                let Comparing { verified, photo, .. } = *comparing;
                let (code, verified) = verified.confirm_face(check);
                *self = Self::decided_about(code, &verified, photo);
            }
            other @ Self::Comparing(_) => *self = other,
            other => {
                *self = other;
                return None;
            }
        }
        Some(())
    }

    /// What the page shows.
    pub fn reply(&self, in_view: bool) -> ScanReply {
        match self {
            Self::Open(early) => ScanReply {
                state: if early.is_empty() {
                    VisitState::Nothing
                } else {
                    VisitState::Partial
                },
                in_view,
                ..ScanReply::default()
            },
            Self::Comparing(comparing) => {
                let code = if comparing.photo.is_some() {
                    Code::FaceNotCompared
                } else {
                    Code::PhotoIncomplete
                };
                ScanReply {
                    state: VisitState::Compare,
                    verdict: Some(code.verdict().into()),
                    code: Some(code.code().to_owned()),
                    claims: claims::shown(comparing.verified.claims()),
                    photo: comparing.photo.as_deref().and_then(data_address),
                    photo_parts: comparing.parts(),
                    issuer: Some(comparing.verified.issuer_name().to_owned()),
                    vct: Some(comparing.verified.claims().vct.as_str().to_owned()),
                    in_view,
                }
            }
            Self::Decided(decided) => ScanReply {
                state: VisitState::Decided,
                verdict: Some(decided.code.verdict().into()),
                code: Some(decided.code.code().to_owned()),
                claims: decided.claims.clone(),
                photo: decided.photo.as_deref().and_then(data_address),
                photo_parts: None,
                issuer: decided.issuer.clone(),
                vct: decided.vct.clone(),
                in_view,
            },
        }
    }
}

impl Comparing {
    /// The assembly checks the whole photo against the signed hash; frames of another photo change nothing.
    fn see(&mut self, text: &str) {
        if self.photo.is_none() {
            self.assembly.add(text);
            self.photo = self.assembly.finished();
        }
    }

    fn parts(&self) -> Option<(u32, u32)> {
        let progress = self.assembly.progress();
        Some((
            u32::try_from(progress.have).ok()?,
            u32::try_from(progress.total).ok()?,
        ))
    }
}

/// The photo as a data address, if it is of a kind that a browser only draws. Its bytes are the ones that were signed.
fn data_address(photo: &[u8]) -> Option<String> {
    let media_type = match photo {
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        _ => return None,
    };
    Some(format!("data:{media_type};base64,{}", STANDARD.encode(photo)))
}
