//! What the province does, without HTTP: enrolment, passes, publishing, ending.

pub mod admission;
pub mod anew;
pub mod answered;
pub mod applications;
mod assisted;
pub mod audit;
pub mod batch;
pub mod bulk;
pub mod bundle;
pub mod callers;
pub mod delta;
mod denials;
pub mod departments;
pub mod device_key;
pub mod dispatch;
pub mod document;
mod document_error;
mod drawable;
pub mod end;
pub mod enrol;
pub mod family;
pub mod feed;
mod fields;
pub mod import;
mod kept;
pub mod kinds;
pub mod officers;
pub mod passes;
pub mod print;
pub mod proof;
pub mod publish;
pub mod published;
pub mod rates;
pub mod readiness;
pub mod rebind;
pub mod record;
pub mod retention;
pub mod signing;
pub mod sim_code;
pub mod status;
pub mod sync;
pub mod telling;
mod token;
pub mod tries;
pub mod upkeep;
pub mod webhooks;
pub mod withdraw;
mod work;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use credential::{IssueError, NotSigned, SignError, Timestamp};
use province_api::enrolment::FieldProblem;
use province_api::problem::ProblemCode;

use crate::clock::Clock;
use crate::courier::Courier;
use crate::keys::{KeyFileError, ServingKeys};
use crate::metrics::Metrics;
use crate::nadra::NadraDesk;
use crate::nadra::breaker::Breaker;
use crate::randomness::Randomness;
use crate::sealed::SealError;
pub use crate::store::artefact::{Artefact, Name as PublicFile};
pub use crate::store::page;
use crate::store::{Store, StoreError};
use admission::Admission;
use denials::Denials;
use drawable::Drawable;
use kept::Kept;
use officers::PasskeyDesk;
use published::Held;
use rates::{Budgets, Rates};
use token::Tokens;
use work::Places;

/// Most enrolments under way at once. Each holds a picture while NADRA is asked.
const ENROLLING_MAX: u32 = 128;

/// What a serving province is made of.
pub struct AppParts {
    /// The database.
    pub store: Store,
    /// The open keys.
    pub keys: ServingKeys,
    /// Where citizens are confirmed.
    pub nadra: Arc<dyn NadraDesk>,
    /// Says what time it is.
    pub clock: Arc<dyn Clock>,
    /// Where random bytes come from.
    pub randomness: Randomness,
}

/// A serving province.
pub struct Province {
    parts: AppParts,
    /// Where enrolments are brought to their end.
    enrolling: Places,
    /// Where pictures are read and lists compressed: each takes megabytes, and more at once than processors gain no
    /// time.
    threads: Places,
    /// Where it is tried whether the database can be written: one after another, since each keeps writers waiting.
    trying: Places,
    /// What is published, as of a moment ago, and for how long that counts.
    published: Held,
    lease: Duration,
    /// Public files that never change.
    kept: Kept,
    /// Who asked lately, and what they may draw.
    drawable: Drawable,
    /// Signed requests that are being let in.
    admission: Arc<Admission>,
    /// Tokens that were signed.
    tokens: Tokens,
    /// Where officers sign in, if they may.
    passkeys: Option<PasskeyDesk>,
    /// Brings messages to departments, if any are brought.
    courier: Option<Courier>,
    /// Where departments are told.
    telling: Places,
    /// Whether it was said that nobody is, for want of a signature.
    untold: AtomicBool,
    /// What was denied and is not in the audit log yet.
    denials: Denials,
    /// What callers were let in for.
    rates: Rates,
    /// Days for which entries of the audit log are kept.
    audit_days: u64,
    /// Whether who enrols with a phone proves to have the SIM of their CNIC.
    asks_sim_codes: bool,
    /// Whether more is over than was forgotten at once.
    forgetting: AtomicBool,
    /// Whether it was told to end.
    ending: AtomicBool,
    /// Whether what is written reaches the database's file: a full disk is seen there before a row is refused.
    carries: AtomicBool,
    /// Leaves NADRA alone while it does not answer.
    breaker: Breaker,
    /// What failed when it was last looked at.
    found: Mutex<Option<readiness::Found>>,
    /// What is counted.
    metrics: Metrics,
}

impl std::fmt::Debug for Province {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Province(..)")
    }
}

impl Province {
    /// Puts one together.
    pub fn new(parts: AppParts) -> Self {
        Self {
            parts,
            enrolling: Places::new(ENROLLING_MAX),
            threads: Places::processors(),
            trying: Places::new(1),
            published: Held::default(),
            lease: Duration::ZERO,
            kept: Kept::default(),
            drawable: Drawable::default(),
            admission: Arc::default(),
            tokens: Tokens::default(),
            passkeys: None,
            courier: None,
            telling: Places::new(telling::TELLING_MAX),
            untold: AtomicBool::new(false),
            denials: Denials::default(),
            rates: Rates::new(Budgets::NONE),
            audit_days: audit::AUDIT_DAYS,
            asks_sim_codes: false,
            forgetting: AtomicBool::new(false),
            ending: AtomicBool::new(false),
            carries: AtomicBool::new(true),
            breaker: Breaker::default(),
            found: Mutex::default(),
            metrics: Metrics::default(),
        }
    }

    /// The same that keeps entries of its audit log for so many days, [`audit::AUDIT_DAYS`] at least.
    #[must_use]
    pub fn keeping_audit(self, days: u64) -> Self {
        Self {
            audit_days: days.max(audit::AUDIT_DAYS),
            ..self
        }
    }

    /// The same that lets nobody in more often than this.
    #[must_use]
    pub fn limiting(self, budgets: Budgets) -> Self {
        Self {
            rates: Rates::new(budgets),
            ..self
        }
    }

    /// The same that asks who enrols with a phone for a code to the SIM that is registered to their CNIC.
    #[must_use]
    pub fn asking_sim_codes(self, asks_sim_codes: bool) -> Self {
        Self {
            asks_sim_codes,
            ..self
        }
    }

    /// The same, at which officers sign in. Without a desk there is nothing of theirs.
    #[must_use]
    pub fn with_passkeys(self, desk: Option<PasskeyDesk>) -> Self {
        Self {
            passkeys: desk,
            ..self
        }
    }

    /// The same, which tells departments what changed. Without a courier nobody can say where to.
    #[must_use]
    pub fn telling(self, courier: Courier) -> Self {
        Self {
            courier: Some(courier),
            ..self
        }
    }

    /// The same, answering from what it read up to `lease` ago of what is published. Without one it asks each time.
    #[must_use]
    pub fn leasing(self, lease: Duration) -> Self {
        Self { lease, ..self }
    }

    /// Waits until no enrolment is under way and no department is being told.
    pub async fn settled(&self) {
        self.enrolling.all_free().await;
        self.telling.all_free().await;
    }

    /// What time it is here.
    pub fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    /// What is counted while it serves.
    pub const fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    fn store(&self) -> &Store {
        &self.parts.store
    }

    fn keys(&self) -> &ServingKeys {
        &self.parts.keys
    }

    fn nadra(&self) -> &dyn NadraDesk {
        self.parts.nadra.as_ref()
    }

    fn randomness(&self) -> &Randomness {
        &self.parts.randomness
    }
}

/// What went wrong on the province's side. The caller is told only that something did.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The database.
    #[error("store: {0}")]
    Store(#[from] StoreError),
    /// The database, in a statement for several.
    #[error("store: {0}")]
    Shared(Arc<StoreError>),
    /// A sealed record.
    #[error("seal: {0}")]
    Seal(#[from] SealError),
    /// A record of another form than this version writes.
    #[error("a stored record has another form")]
    Record(#[source] serde_json::Error),
    /// A credential could not be signed.
    #[error("a pass could not be signed")]
    Issue(#[source] IssueError),
    /// The province has no type register.
    #[error("there is no type register")]
    NoTypes,
    /// The type register cannot be read or signed.
    #[error("the type register: {0}")]
    Types(#[source] credential::RegisterError),
    /// What is published of the status lists does not fit together.
    #[error("status: {0}")]
    Status(#[from] credential::StatusError),
    /// A bit that was published as ended would be cleared.
    #[error("what has ended would be published as good")]
    EndedForGood,
    /// The list of a proposal is not the one that was proposed.
    #[error("the list of a proposal was changed")]
    ListChanged,
    /// No index of a status list is left.
    #[error("the status list is full")]
    StatusListFull,
    /// A key in the database is no key.
    #[error("a stored key is no key")]
    Key(#[from] credential::KeyError),
    /// No key of the published trust list may sign this now.
    #[error("no key of the published trust list may sign {0} now")]
    NoKey(credential::Vct),
    /// A signing key that the database names cannot be opened.
    #[error("keys: {0}")]
    Keys(#[from] KeyFileError),
    /// A key did not sign.
    #[error("a key did not sign: {0}")]
    Signer(#[from] SignError),
    /// A trust list that was signed elsewhere is not taken.
    #[error("the trust list is not taken: {}", .0.code())]
    Trust(credential::TrustError),
    /// Risk rules are not signed.
    #[error("the risk rules are not signed: {}", .0.code())]
    Rules(credential::RulesError),
    /// The catalogue is not signed.
    #[error("the catalogue is not signed: {}", .0.code())]
    Catalogue(credential::CatalogueError),
    /// The audit log's signed head that entries were to be forgotten up to is not good.
    #[error("the signed head at which the audit log was to be cut is not good")]
    AuditHead,
    /// A delta could not be made.
    #[error("a delta could not be made: {0}")]
    Delta(province_api::delta::DeltaError),
    /// An enrolment broke off.
    #[error("an enrolment broke off")]
    BrokenOff,
    /// Passkeys could not be asked for.
    #[error("passkeys could not be asked for")]
    Passkeys,
    /// The small picture could not be made.
    #[error("a small picture could not be made")]
    Photo(#[source] crate::photo::PhotoError),
}

impl Fault {
    /// Whether the same may do when it is asked again soon.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Store(error) => error.is_passing(),
            Self::Shared(error) => error.is_passing(),
            Self::Keys(error) => error.is_passing(),
            Self::Signer(error) => *error == SignError::Unavailable,
            Self::Issue(error) => *error == IssueError::KeyUnavailable,
            _ => false,
        }
    }

    /// Why data were not signed: their own fault, or the key's.
    fn not_signed<E>(error: NotSigned<E>, content: impl FnOnce(E) -> Self) -> Self {
        match error {
            NotSigned::Content(error) => content(error),
            NotSigned::Key(error) => Self::Signer(error),
        }
    }

    /// The stable code for an operator; the credential's own where it has one.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoTypes => "no_types",
            Self::Types(error) => error.code(),
            Self::Status(error) => error.code(),
            Self::StatusListFull => "status_list_full",
            Self::EndedForGood => "ended_for_good",
            Self::ListChanged => "bulk_list_changed",
            Self::NoKey(_) => "no_key",
            Self::AuditHead => "audit_head_wrong",
            Self::Keys(error) => error.code(),
            Self::Signer(error) => error.code(),
            Self::Trust(error) => error.code(),
            Self::Rules(error) => error.code(),
            Self::Catalogue(error) => error.code(),
            Self::Issue(error) => error.code(),
            Self::Store(_) | Self::Shared(_) => "store_failed",
            Self::Seal(_)
            | Self::Record(_)
            | Self::Key(_)
            | Self::Delta(_)
            | Self::BrokenOff
            | Self::Passkeys
            | Self::Photo(_) => "server_fault",
        }
    }
}

/// Why the province did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// For the caller to mend.
    #[error("refused: {}", .0.code())]
    Code(ProblemCode),
    /// Fields that were not accepted.
    #[error("fields were not accepted")]
    Fields(Vec<FieldProblem>),
    /// Too early: try after so many seconds.
    #[error("refused: {}", .0.code())]
    Later(ProblemCode, u32),
    /// For the caller to mend, with words for people.
    #[error("refused: {}", .0.code())]
    Detailed(ProblemCode, String),
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<SealError> for Refusal {
    fn from(error: SealError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<ProblemCode> for Refusal {
    fn from(code: ProblemCode) -> Self {
        Self::Code(code)
    }
}

/// Whole days since 1970.
fn day_of(now: Timestamp) -> i64 {
    i64::try_from(now.unix() / credential::DAY).unwrap_or(i64::MAX)
}
