//! Enrolment and sync as a state machine without a socket.
//!
//! ```text
//! while let Some(request) = next_request(now, rng) { on_response(answer, now) or on_failure(why, now) }
//! finish(now)
//! ```
//! One order for every run: application (if one is on its way), trust list (and before it whatever changed the
//! roots), type register, what may be drawn and the passes that are wanted, status manifest, and of the lists the
//! shards of this person. Each step is one transaction. What changes something at
//! the province stands in the outbox, with its idempotency key, before it is sent and until its
//! answer is stored; so a phone that dies at any point sends the same thing again and the province
//! does it once. Rejected: keeping the position of a run on disk. It can be told from what is stored,
//! and a second truth could disagree with the first.

mod accept;
mod answer;
mod problem;
mod send;

use credential::{Piece, RootSet, StatusRef, StatusSet, Timestamp};
use rand_core::CryptoRng;
use rusqlite::Connection;

use crate::code::{UiCode, UiError};
use crate::error::StoreError;
use crate::home::screen_time;
use crate::opaque::opaque_debug;
use crate::screen::SyncReport;
use crate::store::credential as passes;
use crate::store::enrolment::{self, State};

pub(crate) use accept::{load_status, load_trust, load_types, types_here};

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

/// Where a run is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    Application,
    TrustList,
    Types,
    NextRoots,
    Passes,
    Manifest,
    Pieces,
    Done,
}

/// What was sent and is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaiting {
    Application,
    TrustList,
    Types,
    NextRoots,
    Challenge,
    Passes,
    Manifest,
    Piece,
}

/// One run, from start to finish. Lives in memory: everything that matters is in the vault.
pub(crate) struct Run {
    stage: Stage,
    awaiting: Option<Awaiting>,
    changed: bool,
    error: Option<UiError>,
    /// The province said in this run what may be drawn, and nothing of it is wanted.
    nothing_wanted: bool,
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
}

/// What every step needs beside the run.
pub(crate) struct Surroundings<'a> {
    pub(crate) database: &'a Connection,
    pub(crate) roots: &'a RootSet,
    pub(crate) api_url: &'a str,
    pub(crate) now: Timestamp,
}

/// Decides to enrol: checks the draft and puts the application into the outbox, or resumes one.
pub(crate) fn start_enrolment(around: &Surroundings<'_>, rng: &mut impl CryptoRng) -> Result<Run, UiError> {
    if enrolment::load(around.database)?.state == State::Draft {
        let request = crate::draft::to_request(around.database, around.now)?;
        send::decide_to_apply(around, &request, rng)?;
    }
    Ok(Run::new())
}

/// Begins a sync, which also resumes an enrolment that was cut short.
pub(crate) fn start_sync(around: &Surroundings<'_>) -> Result<Run, UiError> {
    if enrolment::load(around.database)?.state == State::Draft {
        return Err(UiCode::NotEnrolled.into());
    }
    Ok(Run::new())
}

impl Run {
    fn new() -> Self {
        Self {
            stage: Stage::Application,
            awaiting: None,
            changed: false,
            error: None,
            nothing_wanted: false,
            root_changes: 0,
            challenge_renewed: false,
            staged: None,
            places: Vec::new(),
            pieces_here: Vec::new(),
        }
    }

    /// There was no answer: the run ends, the outbox keeps what was sent.
    pub(crate) fn on_failure(&mut self, failure: Failure) {
        if self.awaiting.take().is_some() {
            self.fail(match failure {
                Failure::Unreachable => UiCode::NetworkDown,
                Failure::TimedOut => UiCode::NetworkTimeout,
                Failure::AnswerTooLarge => UiCode::AnswerInvalid,
            });
        }
    }

    /// Ends the run and says how it went.
    pub(crate) fn finish(self, around: &Surroundings<'_>) -> Result<SyncReport, UiError> {
        let transaction = around.database.unchecked_transaction()?;
        // This phone's clock alone deletes nothing: one that is a year ahead would take the whole stock.
        if let Some(proven) = accept::proven_time(&transaction, around.roots)? {
            passes::delete_expired(&transaction, around.now.min(proven))?;
        }
        let outcome = if let Some(error) = self.error {
            if is_lasting(&transaction, &error)? {
                enrolment::set_error(&transaction, Some(&error), around.now)?;
            }
            Err(error)
        } else {
            enrolment::set_error(&transaction, None, around.now)?;
            enrolment::set_last_sync(&transaction, around.now)?;
            Ok(SyncReport {
                changed: self.changed,
                at: screen_time(around.now),
            })
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

    /// Ends the run with this error; nothing more is asked.
    fn fail(&mut self, error: impl Into<UiError>) {
        self.error = Some(error.into());
        self.stage = Stage::Done;
    }
}

/// Whether the screens must still know of an error after the run: while the card is not here, or when
/// the province says that this phone or person no longer counts. A missing connection is no such thing.
fn is_lasting(database: &Connection, error: &UiError) -> Result<bool, StoreError> {
    let incomplete = enrolment::load(database)?.state != State::Complete;
    let of_person = matches!(
        error.code,
        UiCode::DeviceUnknown | UiCode::PersonRevoked | UiCode::PersonSuspended
    );
    Ok(incomplete || of_person)
}
