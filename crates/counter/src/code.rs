//! What can go wrong at a desk apart from a verdict, each with a stable code.
//!
//! Screens have a sentence and a next step for each code in three languages.

use axum::http::StatusCode;

/// Makes the enum, its stable names and the list of all of them from one table.
macro_rules! station_codes {
    ($($(#[$doc:meta])+ $name:ident = $code:literal, $status:ident;)+) => {
        /// Something other than a verdict. Closed: the page answers each one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
        pub enum StationCode { $($(#[$doc])+ #[error($code)] $name,)+ }

        impl StationCode {
            /// All codes, in the order in which they are declared.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable name; the same as in JSON.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The HTTP status that goes with it.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)+ }
            }
        }
    };
}

station_codes! {
    /// The request names another host than this program's address.
    WrongHost = "station_wrong_host", MISDIRECTED_REQUEST;
    /// Another page than this program's own called.
    WrongOrigin = "station_wrong_origin", FORBIDDEN;
    /// The page was not opened from the address that this program printed.
    NoToken = "station_no_token", UNAUTHORIZED;
    /// There is nothing at this address.
    NotFound = "station_not_found", NOT_FOUND;
    /// The call cannot be understood.
    BadCall = "station_bad_call", BAD_REQUEST;
    /// What was sent is too large.
    TooMuch = "station_too_much", PAYLOAD_TOO_LARGE;
    /// The file is not a picture that can be read.
    PictureUnreadable = "picture_unreadable", UNPROCESSABLE_ENTITY;
    /// The picture is too large.
    PictureTooLarge = "picture_too_large", PAYLOAD_TOO_LARGE;
    /// Nobody is signed in, and the desk decides nothing without an officer.
    NobodySignedIn = "station_nobody_signed_in", UNAUTHORIZED;
    /// The session is over: signed out, idle, or another officer took over.
    SessionOver = "station_session_over", UNAUTHORIZED;
    /// No officer with this number may sign in here.
    OfficerUnknown = "station_officer_unknown", UNAUTHORIZED;
    /// The PIN is not this officer's.
    WrongPin = "wrong_pin", UNAUTHORIZED;
    /// Too many wrong PINs; the next try has to wait.
    OfficerMustWait = "station_officer_must_wait", TOO_MANY_REQUESTS;
    /// Somebody else chose the PIN; the officer has to choose one first.
    OfficerPinTemporary = "station_officer_pin_temporary", FORBIDDEN;
    /// Only a supervisor may do that.
    NotSupervisor = "station_not_supervisor", FORBIDDEN;
    /// There is an officer with this number already.
    OfficerTaken = "station_officer_taken", CONFLICT;
    /// Number or name of an officer is not well formed.
    OfficerMalformed = "station_officer_malformed", UNPROCESSABLE_ENTITY;
    /// A PIN has 6 to 12 digits.
    PinMalformed = "pin_malformed", UNPROCESSABLE_ENTITY;
    /// The PIN is one that anybody would try first.
    PinTooEasy = "pin_too_easy", UNPROCESSABLE_ENTITY;
    /// The new PIN is the old one.
    PinSame = "station_pin_same", UNPROCESSABLE_ENTITY;
    /// The desk would be left without a supervisor.
    LastSupervisor = "station_last_supervisor", CONFLICT;
    /// The desk has its first supervisor, or the set-up code was wrong too often.
    SetupClosed = "station_setup_closed", FORBIDDEN;
    /// The set-up code is not the one that the program printed.
    SetupWrong = "station_setup_wrong", UNAUTHORIZED;
    /// This desk's certificate does not allow that question.
    MayNotAsk = "station_may_not_ask", FORBIDDEN;
    /// This desk has no certificate in date, and the question needs one.
    NotCertified = "station_not_certified", FORBIDDEN;
    /// The rule of the desk's service does not take such a pass.
    RuleTakesNot = "station_rule_takes_not", FORBIDDEN;
    /// The rule of the desk's service wants an answer that such a pass never gives.
    RuleNotSaid = "station_rule_not_said", FORBIDDEN;
    /// The rule of the desk's service wants people who were proofed better than such a pass asks for.
    RuleAssurance = "station_rule_assurance", FORBIDDEN;
    /// The rule of the desk's service wants a question for each visitor, and the desk's profile waits for what they show.
    RuleWantsQuestion = "station_rule_wants_question", FORBIDDEN;
    /// The code is not one that a wallet shows to be enrolled at a counter.
    PhoneCodeUnknown = "station_phone_code", UNPROCESSABLE_ENTITY;
    /// This desk's certificate does not allow enrolling citizens, or is not in date.
    MayNotEnrol = "station_may_not_enrol", FORBIDDEN;
    /// NADRA did not confirm the citizen who stands at the desk.
    EnrolNotMatched = "enrol_not_matched", CONFLICT;
    /// That citizen is enrolled on another phone.
    EnrolPhoneOther = "enrol_phone_other", CONFLICT;
    /// The phone is somebody else's.
    EnrolPhoneTaken = "enrol_phone_taken", CONFLICT;
    /// The type register has no such pass, or none that is shown to a question.
    TypeNotAsked = "station_type_not_asked", FORBIDDEN;
    /// No photo is waiting to be compared.
    NothingToCompare = "station_nothing_to_compare", CONFLICT;
    /// The desk's data file could not be read or written; nothing was accepted.
    StoreFailed = "station_store_failed", INTERNAL_SERVER_ERROR;
    /// The disk is full: what cannot be written down is not decided.
    DiskFull = "station_disk_full", INSUFFICIENT_STORAGE;
    /// The desk was started without a network on purpose.
    Offline = "station_offline", CONFLICT;
    /// The desk does not know its province's address.
    NotConfigured = "station_not_configured", CONFLICT;
    /// The province did not answer.
    Unreachable = "station_unreachable", BAD_GATEWAY;
    /// The province's answer makes no sense.
    BadAnswer = "station_bad_answer", BAD_GATEWAY;
    /// The trust list that arrived is not signed by the province's roots; the old one stays.
    TrustRefused = "station_trust_refused", BAD_GATEWAY;
    /// The trust list that arrived is older than the one here; the newer one stays.
    TrustRolledBack = "station_trust_rolled_back", BAD_GATEWAY;
    /// The type register that arrived is not properly signed; the old one stays.
    TypesRefused = "station_types_refused", BAD_GATEWAY;
    /// The type register that arrived is older than the one here; the newer one stays.
    TypesRolledBack = "station_types_rolled_back", BAD_GATEWAY;
    /// The status data that arrived are not properly signed; the old ones stay.
    StatusRefused = "station_status_refused", BAD_GATEWAY;
    /// The file is not an update for desks.
    UpdateUnreadable = "station_update_unreadable", UNPROCESSABLE_ENTITY;
    /// The update's changes begin at other status data than the desk has.
    UpdateOtherStart = "station_update_other_start", CONFLICT;
    /// The status data that arrived are older than those here; the newer ones stay.
    StatusRolledBack = "station_status_rolled_back", BAD_GATEWAY;
    /// The risk rules that arrived are not properly signed; the old ones stay.
    RulesRefused = "station_rules_refused", BAD_GATEWAY;
    /// The risk rules that arrived are older than those here; the newer ones stay.
    RulesRolledBack = "station_rules_rolled_back", BAD_GATEWAY;
}
