//! The routes of officers on one page, each with the roles that may call it.

use axum::Extension;
use axum::routing::{MethodRouter, get, post};
use province_api::officers::{
    Begun, BulkApproval, BulkChoice, BulkList, BulkProposed, BulkRequest, BulkView, CeremonyFinish,
    CitizenRequest, DocumentWithdrawRequest, Done, EndRequest, InviteRequest, Invited, LogReply, LogRequest,
    OfficerChoice, OfficerList, PasskeyBegin, Registered, SignedIn,
};
use province_api::paths;
use province_api::problem::ProblemCode as Code;
use utoipa::ToSchema;
use utoipa::openapi::path::HttpMethod;
use utoipa_axum::router::OpenApiRouter;

use super::App;
use super::contract::{About, Documented, Takes, by_officer};
use super::officer::{self as handlers, Needed};
use crate::rules::officers::roles::Right;

/// Who may call.
#[derive(Clone, Copy)]
pub(super) enum Caller {
    /// Anybody, who is nobody yet.
    Anybody,
    /// Whoever is signed in.
    SignedIn,
    /// Who has this right.
    With(Right),
    /// The same, in a write that is done once.
    Once(Right),
    /// The same, whose passkey spoke lately.
    Fresh(Right),
}

impl Caller {
    /// The right that they need.
    pub(super) const fn right(self) -> Option<Right> {
        match self {
            Self::Anybody | Self::SignedIn => None,
            Self::With(right) | Self::Once(right) | Self::Fresh(right) => Some(right),
        }
    }
}

const CITIZEN: &[Code] = &[Code::NotEnrolled];
const ENDED: &[Code] = &[Code::NotEnrolled, Code::FourEyes];
const PROPOSAL: &[Code] = &[Code::ProposalOver];

/// All of them.
pub(super) fn officers() -> OpenApiRouter<App> {
    citizens(ceremonies(OpenApiRouter::default()))
        .routes(route::<BulkList>(
            (paths::BULKS, "bulks", "What was proposed for many, the newest first."),
            (Caller::With(Right::Many), HttpMethod::Get),
            &[],
            Takes::behind(),
            get(handlers::bulks),
        ))
        .routes(route::<BulkProposed>(
            (paths::BULK_PROPOSE, "bulk_propose", "Proposes to end, suspend or resume many."),
            (Caller::Once(Right::Many), HttpMethod::Post),
            CITIZEN,
            Takes::json::<BulkRequest>(),
            post(handlers::propose),
        ))
        .routes(route::<BulkView>(
            (
                paths::BULK_APPROVE,
                "bulk_approve",
                "Approves what somebody else proposed, as it was looked at; it is done within a minute. The session is five minutes old at most.",
            ),
            (Caller::Fresh(Right::Many), HttpMethod::Post),
            &[Code::FourEyes, Code::ProposalOver, Code::ProposalDiffers],
            Takes::json::<BulkApproval>(),
            post(handlers::approve),
        ))
        .routes(route::<Done>(
            (paths::BULK_CANCEL, "bulk_cancel", "Cancels a proposal that was not approved."),
            (Caller::Once(Right::Many), HttpMethod::Post),
            PROPOSAL,
            Takes::json::<BulkChoice>(),
            post(handlers::cancel),
        ))
        .routes(route::<LogReply>(
            (paths::OFFICER_LOG, "officer_log", "A page of the audit log and its signed heads."),
            (Caller::With(Right::Log), HttpMethod::Post),
            &[],
            Takes::json::<LogRequest>(),
            post(handlers::log),
        ))
        .routes(route::<OfficerList>(
            (paths::OFFICERS, "officers", "The officers, the newest first."),
            (Caller::With(Right::Officers), HttpMethod::Get),
            &[],
            Takes::behind(),
            get(handlers::officers),
        ))
        .routes(route::<Invited>(
            (paths::OFFICER_INVITES, "officer_invite", "Makes an officer, who is no administrator, and invites them to register a passkey. The session is five minutes old at most."),
            (Caller::Fresh(Right::Officers), HttpMethod::Post),
            &[],
            Takes::json::<InviteRequest>(),
            post(handlers::invite),
        ))
        .routes(route::<Done>(
            (paths::OFFICER_END, "officer_end", "Ends an officer, with every session and passkey. The session is five minutes old at most."),
            (Caller::Fresh(Right::Officers), HttpMethod::Post),
            &[],
            Takes::json::<OfficerChoice>(),
            post(handlers::end),
        ))
}

fn ceremonies(router: OpenApiRouter<App>) -> OpenApiRouter<App> {
    let anybody = (Caller::Anybody, HttpMethod::Post);
    router
        .routes(route::<Begun>(
            (
                paths::PASSKEY_BEGIN,
                "passkey_begin",
                "Begins to register a passkey for whom an invite names.",
            ),
            anybody.clone(),
            &[Code::OfficerInviteInvalid],
            Takes::json::<PasskeyBegin>(),
            post(handlers::begin_passkey),
        ))
        .routes(route::<Registered>(
            (
                paths::PASSKEY_FINISH,
                "passkey_finish",
                "Registers the passkey and uses the invite up.",
            ),
            anybody.clone(),
            &[Code::OfficerInviteInvalid, Code::PasskeyRefused],
            Takes::json::<CeremonyFinish>(),
            post(handlers::finish_passkey),
        ))
        .routes(route::<Begun>(
            (
                paths::SESSION_BEGIN,
                "session_begin",
                "Begins to sign an officer in, whoever it is.",
            ),
            anybody.clone(),
            &[],
            Takes::nothing(),
            post(handlers::begin_session),
        ))
        .routes(route::<SignedIn>(
            (
                paths::SESSION_FINISH,
                "session_finish",
                "Signs in whose passkey answered.",
            ),
            anybody,
            &[Code::PasskeyRefused],
            Takes::json::<CeremonyFinish>(),
            post(handlers::finish_session),
        ))
        .routes(route::<Done>(
            (paths::SESSION_END, "session_end", "Signs out."),
            (Caller::SignedIn, HttpMethod::Post),
            &[],
            Takes::nothing(),
            post(handlers::end_session),
        ))
}

fn citizens(router: OpenApiRouter<App>) -> OpenApiRouter<App> {
    let hold = (Caller::Once(Right::Hold), HttpMethod::Post);
    let end = (Caller::Fresh(Right::End), HttpMethod::Post);
    router
        .routes(route::<Done>(
            (
                paths::CITIZEN_DISABLE,
                "citizen_disable",
                "Disables a citizen's lost wallet. The session is five minutes old at most.",
            ),
            (Caller::Fresh(Right::Hold), HttpMethod::Post),
            ENDED,
            Takes::json::<CitizenRequest>(),
            post(handlers::disable),
        ))
        .routes(route::<Done>(
            (
                paths::CITIZEN_SUSPEND,
                "citizen_suspend",
                "Suspends a citizen's passes and documents.",
            ),
            hold.clone(),
            CITIZEN,
            Takes::json::<EndRequest>(),
            post(handlers::suspend),
        ))
        .routes(route::<Done>(
            (paths::CITIZEN_RESUME, "citizen_resume", "Lifts a suspension."),
            hold,
            CITIZEN,
            Takes::json::<CitizenRequest>(),
            post(handlers::resume),
        ))
        .routes(route::<Done>(
            (
                paths::CITIZEN_REVOKE,
                "citizen_revoke",
                "Revokes a citizen's passes and documents for good. The session is five minutes old at most.",
            ),
            end.clone(),
            ENDED,
            Takes::json::<EndRequest>(),
            post(handlers::revoke),
        ))
        .routes(route::<Done>(
            (
                paths::CITIZEN_WITHDRAW,
                "citizen_withdraw",
                "Withdraws a document that a citizen holds. The session is five minutes old at most.",
            ),
            end,
            &[Code::NotEnrolled, Code::DocumentNotHeld, Code::FourEyes],
            Takes::json::<DocumentWithdrawRequest>(),
            post(handlers::withdraw),
        ))
}

fn route<Reply: ToSchema>(
    (path, id, summary): (&'static str, &'static str, &'static str),
    (caller, method): (Caller, HttpMethod),
    codes: &'static [Code],
    takes: Takes,
    handler: MethodRouter<App>,
) -> Documented {
    let needed = Needed {
        right: caller.right(),
        is_fresh: matches!(caller, Caller::Fresh(_)),
    };
    let about = About {
        path,
        id,
        summary,
        codes: &[codes],
    };
    by_officer::<Reply>(&about, (caller, method), takes, handler.layer(Extension(needed)))
}
