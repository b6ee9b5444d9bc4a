//! Enrolment and sync as a state machine without a socket.
//!
//! ```text
//! while let Some(request) = next_request(now, rng) { on_response(answer, now) or on_failure(why, now) }
//! finish(now)
//! ```
//! One order for every run: what waits in the outbox (application, change of mobile number, lost phone), then one
//! question after everything that may have changed, and then only what did: trust list (and before it whatever changed
//! the roots), type register, the passes that are wanted, status manifest, of the lists the shards of this person, and
//! last the catalogue of services, which nothing else waits for. Files come as deltas from what is held, where the
//! province has one. Each step is one transaction. What changes something at the province stands in the outbox, with
//! its idempotency key, before it is sent and until its answer is stored; so a phone that dies at any point sends the
//! same thing again and the province does it once. Rejected: keeping the position of a run on disk. It can be told from
//! what is stored, and a second truth could disagree with the first.

mod accept;
mod answer;
mod audit;
mod deliver;
mod device_key;
mod errand;
mod file;
mod items;
mod plan;
mod problem;
mod reply;
mod send;
pub mod waits;

use province_api::signature::{UNENCODED_DIGEST, content_digest};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use credential::{Piece, RootSet, StatusRef, StatusSet, Timestamp};
use province_api::passes::Offer;
use province_api::sync::FileNow;
use rand_core::CryptoRng;
use rusqlite::Connection;

use crate::code::{UiCode, UiError};
use crate::error::StoreError;
use crate::home::screen_time;
use crate::opaque::opaque_debug;
use crate::screen::SyncReport;
use crate::store::credential as passes;
use crate::store::enrolment::{self, State};
use crate::store::outbox::{self, Kind};
use crate::store::setting::{self, Setting};
use crate::store::sync_state;
use deliver::Errand;
use file::{By, File};

pub(crate) use accept::{catalogue_here, load_status, load_trust, load_types, types_here};
pub(crate) use audit::{KEPT_MAX as AUDIT_KEPT_MAX, start_audit};
pub(crate) use errand::{
    application_undone, change_mobile, discard, give_up, lost_person, note_whose_feed, report_lost, retry,
    start_over, take_back_application, takes_over,
};
pub(crate) use items::{on_its_way, trouble};
pub use plan::{Network, SyncPlan};
pub(crate) use plan::{going_on, plan};
pub(crate) use problem::Refusal;
pub(crate) use send::{key_after, offered, signed_by};

opaque_debug!(HttpRequest, HttpResponse);

/// One request for the driver, which owns the socket.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The province's address and the path.
    pub url: String,
    /// The path alone, as it was signed.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Empty for `GET`.
    pub body: Vec<u8>,
    /// The driver gives up on an answer that is longer ([`Failure::AnswerTooLarge`]).
    pub response_bytes_max: usize,
    /// The driver gives up after this time ([`Failure::TimedOut`]).
    pub time_limit_seconds: u32,
}

/// What the province answered.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpResponse {
    /// HTTP status.
    pub status: u16,
    /// Names in any case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// The answer, or one with nothing in it where its body is not what its digest says: a turned bit can make another word
    /// of a word, and what is JSON still would be believed. Files, and what is no answer of the province, have no digest.
    pub(crate) fn as_it_was_written(&self) -> Cow<'_, Self> {
        let named = |(name, _): &&(String, String)| name.eq_ignore_ascii_case(UNENCODED_DIGEST);
        let mut digests = self.headers.iter().filter(named);
        if digests.all(|(_, digest)| *digest == content_digest(&self.body)) {
            return Cow::Borrowed(self);
        }
        Cow::Owned(Self {
            status: self.status,
            headers: Vec::new(),
            body: Vec::new(),
        })
    }
}

/// Why there was no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No connection.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// An answer without end.
    AnswerTooLarge,
}

impl Failure {
    /// What a screen says of it.
    pub(crate) const fn code(self) -> UiCode {
        match self {
            Self::Unreachable => UiCode::NetworkDown,
            Self::TimedOut => UiCode::NetworkTimeout,
            Self::AnswerTooLarge => UiCode::AnswerInvalid,
        }
    }
}

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    DeviceKey,
    Errands,
    Ask,
    TrustList,
    NextRoots,
    Types,
    Passes,
    Manifest,
    Pieces,
    Catalogue,
    Done,
}

/// What was sent and is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaiting {
    DeviceKey,
    Audit { before: Option<u64> },
    Errand(Errand),
    Reply { cursor: u64 },
    File { which: File, by: By },
    NextRoots,
    Challenge,
    Passes,
    Piece,
}

/// What a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// Everything that may wait or have changed.
    Sync,
    /// The audit log's entries before a number, or the newest, and nothing else.
    Audit { before: Option<u64> },
}

/// One run, from start to finish. Lives in memory: everything that matters is in the vault.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own that a run has met"
)]
pub(crate) struct Run {
    stage: Stage,
    awaiting: Option<Awaiting>,
    network: Network,
    /// The citizen asked for it.
    by_hand: bool,
    purpose: Purpose,
    changed: bool,
    /// The wallet learned in this run that its owner had it disabled.
    disabled: bool,
    error: Option<UiError>,
    /// What went wrong with the last file, after everything else was done.
    afterwards: Option<UiError>,
    /// Chance, drawn once, that keeps phones from trying again all at the same moment.
    jitter: Option<u32>,
    /// Seconds by which the province's clock is ahead of the time that this run is told.
    ahead: i64,
    /// The province said what time it is.
    server_time: Option<Timestamp>,
    /// A request was signed anew because of the clock, or because it was seen before.
    signed_anew: u8,
    /// Entries of the outbox that were tried in this run.
    tried: BTreeSet<i64>,
    /// Answers to the question that brought only a part.
    pages: u8,
    /// The files that differ from what is held.
    told: BTreeMap<File, FileNow>,
    /// Files whose delta did not serve.
    whole: BTreeSet<File>,
    /// Files that did not lie under their hash.
    by_name: BTreeSet<File>,
    /// What may be drawn, until the register that explains it is here.
    offers: Option<Vec<Offer>>,
    /// No passes are drawn in this run (any more).
    no_passes: bool,
    /// Batches of passes in this run.
    batches: u8,
    /// Changes of the roots that were taken in this run.
    root_changes: u8,
    /// A challenge may be too old once; then a new one is asked for.
    challenge_renewed: bool,
    /// A new manifest waits here for its pieces and is stored together with them: half of the status
    /// data would make a revoked person look well.
    staged: Option<StatusSet>,
    /// Where this person's passes have their bits.
    places: Vec<StatusRef>,
    pieces_here: Vec<([u8; 32], Vec<u8>)>,
    /// A large file was left for another network.
    left_out: bool,
    /// The card was here when the run began.
    was_complete: bool,
    /// Bytes that went either way.
    bytes: u64,
    /// Most of them, if there is a limit.
    bytes_max: Option<u64>,
}

/// What every step needs beside the run.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    pub(crate) database: &'a Connection,
    pub(crate) roots: &'a RootSet,
    pub(crate) api_url: &'a str,
    /// What time it is, as far as the phone knows: never before what it has seen.
    pub(crate) now: Timestamp,
    /// What the phone's clock says.
    pub(crate) clock: Timestamp,
}

/// Decides to enrol: checks the draft and puts the application into the outbox, or resumes one. With `kind`
/// [`Kind::Rebind`] this phone takes the place of the one before. With the code to the citizen's SIM, if it was asked for.
pub(crate) fn start_enrolment_with(
    around: &Surroundings<'_>,
    kind: Kind,
    code: Option<String>,
    rng: &mut impl CryptoRng,
) -> Result<Run, UiError> {
    let person = enrolment::load(around.database)?;
    if let Err(pause) = plan::must_not_pause(around) {
        // What the last try met says more than that there is a pause.
        let why = person.error.filter(|_| person.state == State::Applying);
        return Err(why.map_or(pause.clone(), |error| UiError {
            retry_after_seconds: pause.retry_after_seconds,
            ..error
        }));
    }
    if person.state == State::Draft {
        let mut request = crate::draft::to_request(around.database, around.now)?;
        request.sim_code = code;
        send::decide_to_apply(around, kind, &request, rng)?;
    }
    Ok(Run::new(Network::default(), None, true))
}

/// Begins a sync, which also resumes whatever was cut short. `by_hand`: the citizen asked for it, so nothing waits for a
/// time that this phone chose itself.
pub(crate) fn start_sync(around: &Surroundings<'_>, network: Network, by_hand: bool) -> Result<Run, UiError> {
    let idle = outbox::under_way(around.database, Kind::Lost)?.is_none();
    let state = enrolment::load(around.database)?.state;
    if state == State::Draft && idle && !waits_at_counter(around.database)? {
        return Err(UiCode::NotEnrolled.into());
    }
    plan::must_not_pause(around)?;
    let bytes_max = plan::bytes_left(
        &sync_state::load(around.database)?,
        plan::clock_of_waits(around)?,
        network,
    );
    Ok(Run {
        was_complete: state == State::Complete,
        ..Run::new(network, bytes_max, by_hand)
    })
}

/// Whether this phone was shown at a counter to be enrolled there, and is not yet as far as it knows.
pub(crate) fn waits_at_counter(database: &Connection) -> Result<bool, StoreError> {
    Ok(setting::load(database, Setting::AtCounter)?.is_some())
}

impl Run {
    fn new(network: Network, bytes_max: Option<u64>, by_hand: bool) -> Self {
        Self {
            stage: Stage::DeviceKey,
            awaiting: None,
            network,
            by_hand,
            purpose: Purpose::Sync,
            changed: false,
            disabled: false,
            error: None,
            afterwards: None,
            jitter: None,
            ahead: 0,
            server_time: None,
            signed_anew: 0,
            tried: BTreeSet::new(),
            pages: 0,
            told: BTreeMap::new(),
            whole: BTreeSet::new(),
            by_name: BTreeSet::new(),
            offers: None,
            no_passes: false,
            batches: 0,
            root_changes: 0,
            challenge_renewed: false,
            staged: None,
            places: Vec::new(),
            pieces_here: Vec::new(),
            left_out: false,
            was_complete: false,
            bytes: 0,
            bytes_max,
        }
    }

    /// The same surroundings at the province's time, once it is known.
    fn at_its_time<'a>(&self, around: &Surroundings<'a>) -> Surroundings<'a> {
        let ahead = self.ahead.unsigned_abs();
        let now = if self.ahead < 0 {
            around.now.minus(ahead)
        } else {
            around.now.plus(ahead)
        };
        Surroundings { now, ..*around }
    }

    /// There was no answer: the outbox keeps what was sent, and the run ends or goes on with the next errand.
    pub(crate) fn on_failure(&mut self, around: &Surroundings<'_>, failure: Failure) -> Result<(), UiError> {
        let around = &self.at_its_time(around);
        match (self.awaiting.take(), failure) {
            (None, _) => {}
            (Some(Awaiting::Errand(errand)), failure) => {
                return self.on_errand_unanswered(around, errand, failure);
            }
            // What a costly network may bring is used up: what is held stays, and the rest comes another time.
            (
                Some(
                    Awaiting::Piece
                    | Awaiting::File {
                        which: File::Catalogue,
                        ..
                    },
                ),
                Failure::AnswerTooLarge,
            ) if self.bytes_max.is_some() => self.leave_out(),
            (
                Some(Awaiting::File {
                    which: File::Catalogue,
                    ..
                }),
                failure,
            ) => self.go_without_catalogue(failure.code()),
            (Some(_), failure) => self.fail_keeping_first(failure.code().into()),
        }
        Ok(())
    }

    /// Whether the wallet learned in this run that its owner had it disabled.
    pub(crate) const fn learned_that_it_is_disabled(&self) -> bool {
        self.disabled
    }

    /// Ends the run and says how it went.
    pub(crate) fn finish(self, around: &Surroundings<'_>) -> Result<SyncReport, UiError> {
        let around = &self.at_its_time(around);
        if self.purpose != Purpose::Sync {
            return self.finish_audit(around);
        }
        let transaction = around.database.unchecked_transaction()?;
        let proven = accept::proven_time(&transaction, around.roots)?;
        // This phone's clock alone deletes nothing: one that is a year ahead would take the whole stock.
        if let Some(proven) = proven {
            passes::delete_expired(&transaction, around.now.min(proven))?;
        }
        let mut state = sync_state::load(&transaction)?;
        plan::note_end(&mut state, &self, around, proven);
        sync_state::save(&transaction, &state)?;
        let outcome = if let Some(error) = self.error {
            if is_lasting(&transaction, &error)? {
                enrolment::set_error(&transaction, Some(&error), around.now)?;
            }
            Err(error)
        } else {
            enrolment::set_error(&transaction, None, around.now)?;
            if self.server_time.is_some() {
                enrolment::set_last_sync(&transaction, around.now)?;
            }
            match self.afterwards {
                Some(error) => Err(error),
                None => Ok(SyncReport {
                    changed: self.changed,
                    at: screen_time(around.now),
                }),
            }
        };
        transaction.commit()?;
        outcome
    }

    /// What of the new status data has to be fetched next.
    fn piece_wanted(&self) -> Option<Piece> {
        let staged = self.staged.as_ref()?;
        self.places
            .iter()
            .find_map(|at| staged.missing_for(at).into_iter().next())
    }

    /// Bytes that may still go, if there is a limit.
    fn bytes_left(&self) -> Option<u64> {
        self.bytes_max.map(|max| max.saturating_sub(self.bytes))
    }

    /// Ends the run without the large files that are outstanding.
    fn leave_out(&mut self) {
        self.left_out = true;
        self.staged = None;
        self.pieces_here.clear();
        self.stage = Stage::Done;
    }

    /// Ends the run, which has done all that it is for, and says what was wrong with the catalogue.
    fn go_without_catalogue(&mut self, error: impl Into<UiError>) {
        self.afterwards = Some(error.into());
        self.stage = Stage::Done;
    }

    /// Ends the run with this error; nothing more is asked.
    fn fail(&mut self, error: impl Into<UiError>) {
        self.error = Some(error.into());
        self.stage = Stage::Done;
    }

    /// The same; an earlier and more telling error is kept.
    fn fail_keeping_first(&mut self, error: UiError) {
        let first = self.error.take();
        self.fail(first.unwrap_or(error));
    }
}

/// Whether the screens must still know of an error after the run: while the card is not here, or when
/// the province says that this phone or person no longer counts. A missing connection is no such thing.
fn is_lasting(database: &Connection, error: &UiError) -> Result<bool, StoreError> {
    let incomplete = enrolment::load(database)?.state != State::Complete;
    let of_person = matches!(
        error.code,
        UiCode::DeviceUnknown
            | UiCode::DeviceReplaced
            | UiCode::WalletDisabled
            | UiCode::PersonRevoked
            | UiCode::PersonSuspended
    );
    Ok(incomplete || of_person)
}
