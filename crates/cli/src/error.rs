//! What goes wrong on the way to an answer. A refused or undecided presentation is an answer, not an error.

use credential::{
    Code, IssueError, NotSigned, PresentError, RegisterError, RequestError, RulesError, SignError,
    StatusError, TrustError,
};
use province_api::rules::BadRule;
use qr::QrError;

/// Why a command gave no answer. Messages name files and fields, never what they hold.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error("{0}")]
    Usage(String),
    #[error("cannot find or open {0}")]
    NoInput(String),
    #[error("cannot read the input")]
    Input,
    #[error("nothing came on stdin")]
    NothingRead,
    #[error("cannot write the output")]
    Output,
    #[error("cannot write {0}; a key file that is there already is never written over")]
    Write(String),
    #[error("the machine's clock stands before 1970")]
    Clock,
    #[error("the machine gives no randomness")]
    Randomness,
    #[error("the input is larger than {0} bytes")]
    InputTooLarge(u64),
    #[error("the JSON is not what this command reads, at line {line}, column {column}")]
    Json { line: usize, column: usize },
    #[error("{field}: {expected} expected")]
    Field {
        field: &'static str,
        expected: &'static str,
    },
    #[error("the picture holds no QR code")]
    NoCode,
    #[error("{}", sentence(.0.code()))]
    Unreadable(Code),
    #[error("the trust list is not used: {}", sentence(.0.code()))]
    Trust(TrustError),
    #[error("the status bundle is not used: {}", sentence(.0.code()))]
    Status(StatusError),
    #[error("the type register is not used: {}", sentence(.0.code()))]
    Types(RegisterError),
    #[error("nothing was issued: {}", sentence(.0.code()))]
    Issue(IssueError),
    #[error("nothing is presented: {}", sentence(.0.code()))]
    Present(PresentError),
    #[error("the request is not used: {}", sentence(.0.code()))]
    Request(RequestError),
    #[error("the rules are not used: {}", sentence(.0.code()))]
    Rules(RulesError),
    #[error("{0}")]
    RulesFile(#[from] BadRule),
    #[error("a passphrase has at least {0} characters: six words, for example")]
    PassphraseTooShort(usize),
    #[error(
        "a passphrase has at least {0} different characters and is not one piece over and over: six words that have \
         nothing to do with each other, for example"
    )]
    PassphraseTooSimple(usize),
    #[error("the two passphrases are not the same")]
    PassphrasesDiffer,
    #[error("the root's secret could not be sealed")]
    RootNotSealed,
    #[error("this passphrase does not open the root's file")]
    RootLocked,
    #[error("the file does not hold a root's sealed secret")]
    RootFile,
    #[error("the digits are not those of this content: do not sign, and find out who changed it")]
    DigitsDiffer,
    #[error("{0} is a signature of another content")]
    OtherContent(String),
    #[error("one root is there twice: two signatures are of two different roots")]
    SameRoot,
    #[error("{0}")]
    Qr(#[from] QrError),
}

/// The English texts of the screens, so that a code is explained in one place.
const TEXTS: &str = include_str!("../../../ui/messages/en.json");

/// What a code of the credential means, in English; the code itself where the screens have no text for it.
fn sentence(code: &str) -> String {
    serde_json::from_str::<serde_json::Value>(TEXTS)
        .ok()
        .and_then(|texts| Some(texts.get(format!("code_{code}"))?.as_str()?.to_owned()))
        .unwrap_or_else(|| code.to_owned())
}

impl CliError {
    /// The stable code; the credential's own where it has one.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Usage(_) => "usage",
            Self::NoInput(_) => "no_input",
            Self::Input => "input_failed",
            Self::NothingRead => "nothing_read",
            Self::Output => "output_failed",
            Self::Write(_) => "write_failed",
            Self::Clock => "clock_before_1970",
            Self::Randomness => "no_randomness",
            Self::InputTooLarge(_) => "input_too_large",
            Self::Json { .. } => "json_unreadable",
            Self::Field { .. } => "field_unreadable",
            Self::NoCode => "no_code_found",
            Self::Unreadable(code) => code.code(),
            Self::Trust(error) => error.code(),
            Self::Status(error) => error.code(),
            Self::Types(error) => error.code(),
            Self::Issue(error) => error.code(),
            Self::Present(error) => error.code(),
            Self::Request(error) => error.code(),
            Self::Rules(error) => error.code(),
            Self::RulesFile(BadRule::Kind(_)) => "rules_unknown_kind",
            Self::RulesFile(_) => "rules_file_unreadable",
            Self::PassphraseTooShort(_) => "passphrase_too_short",
            Self::PassphraseTooSimple(_) => "passphrase_too_simple",
            Self::PassphrasesDiffer => "passphrases_differ",
            Self::RootNotSealed => "root_not_sealed",
            Self::RootLocked => "root_locked",
            Self::RootFile => "root_file_unreadable",
            Self::DigitsDiffer => "digits_differ",
            Self::OtherContent(_) => "other_content",
            Self::SameRoot => "same_root",
            Self::Qr(error) => error.code(),
        }
    }

    /// The exit code, as in sysexits.h.
    pub(crate) fn exit(&self) -> u8 {
        match self {
            Self::Usage(_) => 64,
            Self::NoInput(_) => 66,
            Self::Clock | Self::Randomness => 71,
            Self::Input | Self::Output | Self::Write(_) => 74,
            _ => 65,
        }
    }
}

impl From<serde_json::Error> for CliError {
    // serde's own message may quote the input, which may be personal.
    fn from(error: serde_json::Error) -> Self {
        Self::Json {
            line: error.line(),
            column: error.column(),
        }
    }
}

impl From<TrustError> for CliError {
    fn from(error: TrustError) -> Self {
        Self::Trust(error)
    }
}

impl From<StatusError> for CliError {
    fn from(error: StatusError) -> Self {
        Self::Status(error)
    }
}

impl From<RegisterError> for CliError {
    fn from(error: RegisterError) -> Self {
        Self::Types(error)
    }
}

impl From<RulesError> for CliError {
    fn from(error: RulesError) -> Self {
        Self::Rules(error)
    }
}

impl From<IssueError> for CliError {
    fn from(error: IssueError) -> Self {
        Self::Issue(error)
    }
}

impl From<SignError> for CliError {
    fn from(error: SignError) -> Self {
        Self::Issue(error.into())
    }
}

impl<E: Into<Self>> From<NotSigned<E>> for CliError {
    fn from(error: NotSigned<E>) -> Self {
        match error {
            NotSigned::Content(error) => error.into(),
            NotSigned::Key(error) => error.into(),
        }
    }
}

impl From<PresentError> for CliError {
    fn from(error: PresentError) -> Self {
        Self::Present(error)
    }
}

impl From<RequestError> for CliError {
    fn from(error: RequestError) -> Self {
        Self::Request(error)
    }
}
