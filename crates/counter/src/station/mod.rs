//! The desk: what it holds, whom it sees, what it decides. No clock, no randomness, no network.

mod ask;
mod citizen;
mod fallen;
mod held;
mod signed;
mod update;
mod verify;
mod views;

use std::path::Path;

use credential::{
    Code, CounterCertificateClaims, FaceCheck, IssuedRequest, Mode, RiskRules, RootSet, SecretKey,
    StatusManifest, StatusSet, Timestamp, TrustList, TypeRegister, UPDATE_PREFIX, Verdict, photo,
};
use scan_log::Event;
use update::UpdateReader;

use crate::StationCode;
use crate::gate::{self, Gate, Staff};
use crate::log::flood::{HeldUp, Room, is_anybodys, is_no_pass};
use crate::officers::Officers;
use crate::profile::{Profile, ProfileError};
use crate::store::Highest;
use crate::store::memory::{FirstTime, Once};
use crate::store::{OpenError, Store, StoreError};
use crate::types::ScanReply;
use crate::visit::{Seen, Visit};

pub use signed::StagedStatus;
pub use update::Taken;

/// What a desk is put together from.
#[derive(Debug)]
pub struct Settings {
    /// The pinned roots.
    pub roots: RootSet,
    /// The station's key.
    pub key: SecretKey,
    /// The counter certificate, as the province signed it.
    pub certificate: Option<Vec<u8>>,
    /// The service class of a desk without a certificate, which can check passes that name nobody.
    pub audience: Option<String>,
    /// It asks visitors, which its certificate must allow; not while it only takes an update over.
    pub asks: bool,
    /// Started without a network on purpose.
    pub offline: bool,
    /// The province's address is known.
    pub configured: bool,
}

/// The desk cannot open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Its data file.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Its data file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The certificate is damaged.
    #[error("the counter certificate is damaged")]
    CertificateDamaged,
    /// The certificate is for another station's key.
    #[error("the counter certificate was made for another station's key")]
    CertificateOfAnother,
    /// Neither certificate nor service class.
    #[error("a desk needs a counter certificate, or at least a service class")]
    NoAudience,
    /// The service profile.
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

/// Where a code came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The webcam, which may see posters, and this desk's own screen in a mirror.
    Camera,
    /// A picture that the officer chose.
    Picture,
    /// A USB scanner.
    Scanner,
}

/// The desk.
#[expect(clippy::struct_excessive_bools, reason = "one for each kind of signed data")]
#[derive(Debug)]
pub struct Station {
    pub(crate) settings: Settings,
    pub(crate) audience: String,
    certificate: Option<CounterCertificateClaims>,
    pub(crate) store: Store,
    /// Somebody else changed the log.
    pub(crate) log_damaged: bool,
    /// How attendance is told, at a gate.
    pub(crate) gate: Option<Gate>,
    pub(crate) profile: Profile,
    pub(crate) officers: Officers,
    trust: Option<TrustList>,
    /// The last list that changed the roots, where the newest list cannot be read any more: nothing is decided with it, but
    /// the next list comes from the roots that it names.
    trust_behind: Option<TrustList>,
    trust_broken: bool,
    types: Option<TypeRegister>,
    types_broken: bool,
    status: Option<StatusSet>,
    status_broken: bool,
    rules: Option<RiskRules>,
    rules_broken: bool,
    /// Nothing with a lower number is taken, also where what is stored cannot be read any more.
    floors: Highest,
    last_sync: Option<u64>,
    pub(crate) visit: Visit,
    /// Counts the visits, so that an answer to one is never taken for another.
    visit_number: u32,
    request: Option<IssuedRequest>,
    /// The request that was answered last, so that its answer shown again is called a replay.
    answered: Option<IssuedRequest>,
    /// An update that another screen shows in codes.
    update: UpdateReader,
    /// For what anybody can show.
    pub(crate) room: Room,
    held_up: HeldUp,
}

impl Station {
    /// Opens the desk with the data in `data/counter.sqlite`; signed data that do not verify any more are left out.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn open(data: &Path, settings: Settings) -> Result<Self, StartError> {
        let certificate = settings
            .certificate
            .as_deref()
            .map(|bytes| {
                CounterCertificateClaims::read_unverified(bytes).map_err(|_| StartError::CertificateDamaged)
            })
            .transpose()?;
        if certificate
            .as_ref()
            .is_some_and(|view| view.holder != settings.key.public())
        {
            return Err(StartError::CertificateOfAnother);
        }
        let audience = certificate
            .as_ref()
            .map(|view| view.audience.clone())
            .or(settings.audience.clone());
        let audience = audience.ok_or(StartError::NoAudience)?;
        let store = Store::open(&data.join("counter.sqlite"), &settings.key)?;
        let stored = store.signed_data()?;
        let profile = match store.profile()? {
            Some(bytes) => Profile::parse(&bytes)?,
            None => Profile::of_certificate(certificate.as_ref()),
        };
        if settings.asks {
            profile.check_allowed(certificate.as_ref())?;
        }
        let gate = Gate::resume(&profile, &store)?;

        let lists = stored.root_changes.iter().chain(&stored.trust_list);
        let trust = TrustList::restore(lists.map(Vec::as_slice), &settings.roots);
        let trust_broken = trust.is_err();
        let trust = trust.unwrap_or_default();
        let changes = stored.root_changes.iter().map(Vec::as_slice);
        let trust_behind = match trust {
            Some(_) => None,
            None => TrustList::restore(changes, &settings.roots).unwrap_or_default(),
        };
        let types = match (&trust, &stored.type_register) {
            (Some(trust), Some(bytes)) => Some(TypeRegister::verify(bytes, trust, None)),
            _ => None,
        };
        let types = types.and_then(Result::ok);
        let types_broken = types.is_none() && stored.type_register.is_some();
        let manifest = match (&trust, &stored.status_manifest) {
            (Some(trust), Some(bytes)) => Some(StatusManifest::verify(bytes, trust, None)),
            _ => None,
        };
        let mut status = manifest.and_then(Result::ok).map(StatusSet::new);
        let mut status_broken = status.is_none() && stored.status_manifest.is_some();
        if let Some(status) = &mut status {
            status_broken |= !status.fill(None, |sha256| store.status_piece(sha256))?;
        }
        let rules = match (&trust, &stored.risk_rules) {
            (Some(trust), Some(bytes)) => Some(RiskRules::verify(bytes, trust, None)),
            _ => None,
        };
        let rules = rules.and_then(Result::ok);
        let rules_broken = rules.is_none() && stored.risk_rules.is_some();
        Ok(Self {
            rules,
            rules_broken,
            settings,
            audience,
            certificate,
            store,
            log_damaged: false,
            gate,
            profile,
            officers: Officers::default(),
            trust,
            trust_behind,
            trust_broken,
            types,
            types_broken,
            floors: stored.highest,
            status,
            status_broken,
            last_sync: stored.last_sync,
            visit: Visit::default(),
            visit_number: 1,
            request: None,
            answered: None,
            update: UpdateReader::default(),
            room: Room::default(),
            held_up: HeldUp::default(),
        })
    }

    /// Takes the texts of one frame, picture or scan into the visit.
    ///
    /// # Errors
    /// [`StationCode::StoreFailed`]; nothing was accepted then.
    pub fn see(
        &mut self,
        texts: &[String],
        source: Source,
        now: Timestamp,
    ) -> Result<ScanReply, StationCode> {
        let mut in_view = false;
        self.end_if_late(now)?;
        // A code before its photo, wherever they are in the picture. An update is no visitor's and leaves them alone.
        let is_photo = |text: &&String| text.starts_with(photo::FRAME_PREFIX);
        let is_update = |text: &&String| text.starts_with(UPDATE_PREFIX);
        for text in texts.iter().filter(is_update) {
            self.see_update(text, now)?;
        }
        for text in texts.iter().filter(|text| !is_photo(text) && !is_update(text)) {
            if source == Source::Camera && text.starts_with("KPR:") {
                continue;
            }
            in_view |= self.see_code(text, source, now)?;
        }
        for text in texts.iter().filter(is_photo) {
            in_view |= self.visit.see_photo_frame(text);
        }
        Ok(ScanReply {
            update: self.update.view(now),
            ..self.reply(in_view)
        })
    }

    /// Takes one code and says whether it belongs to the visit. Another pass is another visitor: it ends the visit
    /// and is judged by itself, so that nobody stands under a verdict that is not theirs. A code that is none of
    /// ours changes nothing then, a poster in the camera's view for one, and neither does it once it was judged, as long as it
    /// stays there.
    fn see_code(&mut self, text: &str, source: Source, now: Timestamp) -> Result<bool, StationCode> {
        let held = source == Source::Camera && self.held_up.is_held(text, now);
        if let Some(seen) = self.visit.seen() {
            if seen.text == text {
                return Ok(true);
            }
            if seen.pass.is_some() && self.verify_again(seen, text, now).1 == seen.pass {
                self.visit.renew(text);
                return Ok(true);
            }
            if is_no_pass(self.verify_as_expected(text, now).code) {
                return Ok(false);
            }
            self.end_visit(now)?;
        } else if held {
            return Ok(false);
        }
        let visit = self.decide(text, now)?;
        if source == Source::Camera && visit.code().is_some_and(is_no_pass) {
            self.held_up.put(text, now);
        }
        self.visit = visit;
        self.note_verdict(now)?;
        Ok(true)
    }

    /// A verdict that was just reached counts in the shift.
    fn note_verdict(&mut self, now: Timestamp) -> Result<(), StationCode> {
        if let Some(code) = self.visit.code() {
            self.count_verdict(self.visit_number, code.verdict(), now)
        } else {
            self.note_activity(now);
            Ok(())
        }
    }

    /// Forgets the visit and takes the question back: nothing is left for whoever signs in next.
    pub(crate) fn clear(&mut self, now: Timestamp) -> Result<(), StationCode> {
        let noted = self.note_unfinished(now);
        self.request = None;
        self.answered = None;
        self.held_up = HeldUp::default();
        self.begin_visit();
        noted
    }

    /// Ends the visit. The request that it was about is closed: a refused answer leaves nothing open for the next
    /// visitor. One that was not answered at all stays, also while somebody shows something
    /// printed.
    fn end_visit(&mut self, now: Timestamp) -> Result<(), StationCode> {
        self.note_unfinished(now)?;
        let about_request = |code| !is_no_pass(code) && code != Code::WrongRequest;
        let printed = |seen: &Seen| credential::is_printed(&seen.text);
        if self.visit.code().is_some_and(about_request) && !self.visit.seen().is_some_and(printed) {
            self.request = None;
        }
        self.begin_visit();
        Ok(())
    }

    /// A comparison that took too long is over.
    fn end_if_late(&mut self, now: Timestamp) -> Result<(), StationCode> {
        if let Some(verified) = self.visit.late(now) {
            let note = self.visit_note(Code::Stale, Some(verified));
            self.store.note(&note, now)?;
            self.visit.end_late();
            self.note_verdict(now)?;
        }
        Ok(())
    }

    fn begin_visit(&mut self) {
        self.visit = Visit::default();
        self.visit_number = self.visit_number.wrapping_add(1);
    }

    fn reply(&self, in_view: bool) -> ScanReply {
        self.visit.reply(self.visit_number, in_view)
    }

    /// Ends the visit; what was shown is forgotten.
    ///
    /// # Errors
    /// [`StationCode::DiskFull`], [`StationCode::StoreFailed`]: a comparison that was not finished could not be written
    /// down.
    pub fn next_visit(&mut self, now: Timestamp) -> Result<ScanReply, StationCode> {
        self.end_visit(now)?;
        Ok(self.reply(false))
    }

    /// Takes what the officer saw of the visitor of visit number `visit`. "The same" waits until the photo is
    /// complete. A comparison takes a while, so the code is verified again with what the desk knows now.
    ///
    /// # Errors
    /// [`StationCode::NothingToCompare`], also for another visit.
    pub fn compare_face(
        &mut self,
        visit: u32,
        check: FaceCheck,
        now: Timestamp,
    ) -> Result<ScanReply, StationCode> {
        if visit != self.visit_number || !self.visit.is_comparing() {
            return Err(StationCode::NothingToCompare);
        }
        self.end_if_late(now)?;
        let complete = self.visit.photo().is_some();
        if self.visit.is_comparing()
            && (complete || check == FaceCheck::Different)
            && let Some(seen) = self.visit.seen().cloned()
        {
            let (outcome, _) = self.verify_again(&seen, &seen.text, now);
            let photo = self.visit.photo().cloned();
            let undecided = outcome.code.verdict() == Verdict::Undecided;
            let (code, verified) = match outcome.verified.map(|verified| verified.confirm_face(check)) {
                Some((code, verified)) => (code, Some(verified)),
                // Another face is refused whatever the desk does not know.
                None if check == FaceCheck::Different && undecided => (Code::FaceDiffers, None),
                None => (outcome.code, None),
            };
            self.log_visit(code, verified.as_ref(), now)?;
            self.visit = match verified {
                Some(verified) => {
                    let shown = self.shown(verified.claims());
                    Visit::decided_about(code, seen, &verified, photo, shown)
                }
                None => Visit::decided(code, seen),
            };
        }
        self.note_verdict(now)?;
        Ok(self.reply(true))
    }

    fn decide(&mut self, text: &str, now: Timestamp) -> Result<Visit, StationCode> {
        let outcome = self.verify_as_expected(text, now);
        if let Some(printed) = &outcome.printed {
            self.log_printed(outcome.code, printed, now)?;
            let shown = self.shown(printed.claims());
            return Ok(Visit::decided_printed(
                outcome.code,
                Seen::unknown(text),
                printed,
                shown,
            ));
        }
        let (code, Some(verified)) = (outcome.code, outcome.verified) else {
            if is_anybodys(outcome.code) {
                self.log_anybodys(Event::Visit, outcome.code.code(), now)?;
            } else {
                self.log_visit(outcome.code, None, now)?;
            }
            return Ok(Visit::decided(outcome.code, Seen::unknown(text)));
        };
        let mut seen = Seen::verified(text, &verified, None);
        let request = self.request.clone();
        let once = match verified.mode() {
            Mode::Request => request
                .as_ref()
                .map(|request| Once::Request { nonce: request.nonce }),
            Mode::Timed => Some(Once::Pass {
                key: *verified.replay_key().as_bytes(),
                until: verified.replay_until().unix(),
            }),
        };
        let replayed = self.visit_note(Code::Replayed, Some(&verified));
        // A face that is still to be compared is no verdict yet.
        let decided = (code != Code::FaceNotCompared).then(|| self.visit_note(code, Some(&verified)));
        let gate = self.gate.as_ref().filter(|_| code == Code::Accepted);
        let staff = gate.and_then(|gate| Some((gate.rules(), Staff::of(&verified)?)));
        let mut passed = None;
        let first = if let Some(once) = once {
            self.store.take_once(&once, now, |transaction, first| {
                if first == FirstTime::No {
                    return Ok(Some(replayed));
                }
                if let Some((rules, staff)) = &staff {
                    passed = Some(gate::pass(transaction, staff, rules, now)?);
                }
                Ok(decided)
            })?
        } else {
            self.store.note(&replayed, now)?;
            FirstTime::No
        };
        if verified.mode() == Mode::Request {
            self.request = None;
            seen.request.clone_from(&request);
            self.answered = request.or(self.answered.take());
        }
        if first == FirstTime::No {
            return Ok(Visit::decided(Code::Replayed, seen));
        }
        let shown = self.shown(verified.claims());
        Ok(
            if let (Code::FaceNotCompared, Some(hash)) = (code, verified.photo_sha256().copied()) {
                Visit::comparing(verified, hash, seen, self.visit.take_early_frames(), now, shown)
            } else {
                Visit::decided_about(code, seen, &verified, None, shown).passed(passed)
            },
        )
    }
}
