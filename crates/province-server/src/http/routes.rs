//! All routes on one page, each with what the OpenAPI document says of it.

use axum::routing::{get, post};
use credential::DELTA_BYTES_MAX;
use province_api::application::{
    AnswerReply, AnswerRequest, ApplicationReply, ApplicationRequest, ApplicationsReply, WithdrawRequest,
};
use province_api::artefacts::{
    BITS, CATALOGUE_BYTES_MAX, CBOR, COSE, RISK_RULES_BYTES_MAX, STATUS_LIST_TOKEN,
    STATUS_MANIFEST_BYTES_MAX, TRUST_LIST_BYTES_MAX, TYPE_REGISTER_BYTES_MAX,
};
use province_api::audit::{AuditReply, AuditRequest};
use province_api::caller::{CounterReply, Scope, SystemReply};
use province_api::delta::{FILE_BYTES_MAX, ZSTD};
use province_api::device_key::{DeviceKeyReply, DeviceKeyRequest};
use province_api::enrolment::{EnrolmentReply, EnrolmentRequest};
use province_api::passes::{Challenge, PassesReply, PassesRequest};
use province_api::paths;
use province_api::problem::ProblemCode as Code;
use province_api::proofing::AssistedRequest;
use province_api::sync::{LostReply, LostRequest, MobileReply, MobileRequest, SyncReply, SyncRequest, files};
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};
use utoipa::openapi::{HttpMethod, OpenApi};
use utoipa_axum::router::OpenApiRouter;

use super::caching::Caching;
use super::contract::{About, By, Documented, File, Takes, called, file, service, signed};
use super::handlers::{self, Health};
use super::{App, dispatch, document, officer_routes, webhook_routes};

/// What the proof of an enrolment may be refused with.
const PROOF: &[Code] = &[
    Code::FieldsInvalid,
    Code::PhotoUnreadable,
    Code::NadraNotMatched,
    Code::NadraExpired,
    Code::NadraBlocked,
    Code::NadraDeceased,
    Code::NadraNotFound,
    Code::NadraUnavailable,
    Code::TooManyAttempts,
];
/// What the code to a SIM may be refused with.
const SIM_CODE: &[Code] = &[Code::SimCodeNeeded, Code::SimCodeWrong, Code::SimCodeExpired];
/// What the person of a device may be refused with.
const ENDED: &[Code] = &[Code::PersonRevoked, Code::PersonSuspended];
const UNKNOWN: &[Code] = &[Code::DeviceUnknown];
const CONFLICT: &[Code] = &[Code::IdempotencyConflict];
const TOO_MANY: &[Code] = &[Code::TooManyAttempts];

/// The document of all routes.
pub(super) fn document() -> OpenApi {
    let mut document = OpenApiRouter::with_openapi(document::empty())
        .merge(writes())
        .merge(reads())
        .into_openapi();
    webhook_routes::describe(&mut document);
    document
}

/// What changes something, or says what is one person's own.
pub(super) fn writes() -> OpenApiRouter<App> {
    officer_routes::officers()
        .routes(signed::<EnrolmentReply>(
            &About {
                path: paths::ENROLMENTS,
                id: "enrol",
                summary: "Enrols the citizen of the device that signs, once NADRA has confirmed who they are.",
                codes: &[PROOF, SIM_CODE, ENDED, CONFLICT, &[Code::AlreadyEnrolled, Code::DeviceTaken]],
            },
            Takes::json::<EnrolmentRequest>(),
            post(handlers::enrol),
        ))
        .routes(signed::<Challenge>(
            &About {
                path: paths::CHALLENGES,
                id: "challenge",
                summary: "Gives the enrolled device that signs a fresh challenge for holder keys.",
                codes: &[UNKNOWN, ENDED, TOO_MANY],
            },
            Takes::nothing(),
            post(handlers::challenge),
        ))
        .routes(signed::<PassesReply>(
            &About {
                path: paths::PASSES,
                id: "passes",
                summary: "Issues a batch of passes to the enrolled device that signs: all or none.",
                codes: &[
                    UNKNOWN,
                    ENDED,
                    CONFLICT,
                    TOO_MANY,
                    &[Code::ChallengeInvalid, Code::HolderKeyUnproven, Code::PassTypeUnknown],
                ],
            },
            Takes::json::<PassesRequest>(),
            post(handlers::passes),
        ))
        .routes(signed::<SyncReply>(
            &About {
                path: paths::SYNC,
                id: "sync",
                summary: "Says what changed since the enrolled device that signs asked last; the feed in pages, by a cursor.",
                codes: &[UNKNOWN],
            },
            Takes::json::<SyncRequest>(),
            post(handlers::sync),
        ))
        .routes(signed::<MobileReply>(
            &About {
                path: paths::MOBILE,
                id: "change_mobile",
                summary: "Changes the mobile number of the citizen of the enrolled device that signs.",
                codes: &[UNKNOWN, ENDED, CONFLICT, &[Code::FieldsInvalid]],
            },
            Takes::json::<MobileRequest>(),
            post(handlers::mobile),
        ))
        .routes(signed::<AuditReply>(
            &About {
                path: paths::AUDIT,
                id: "audit",
                summary: "Says what the audit log has about the citizen of the enrolled device that signs, in pages, by a cursor.",
                codes: &[UNKNOWN],
            },
            Takes::json::<AuditRequest>(),
            post(handlers::audit),
        ))
        .routes(signed::<DeviceKeyReply>(
            &About {
                path: paths::DEVICE_KEY,
                id: "change_device_key",
                summary: "Puts another device key in the place of the enrolled one that signs.",
                codes: &[UNKNOWN, CONFLICT, TOO_MANY],
            },
            Takes::json::<DeviceKeyRequest>(),
            post(handlers::device_key),
        ))
        .routes(signed::<EnrolmentReply>(
            &About {
                path: paths::REBIND,
                id: "rebind",
                summary: "Gives the enrolment of a citizen to the device that signs, once NADRA has confirmed who they are.",
                codes: &[PROOF, SIM_CODE, ENDED, CONFLICT, &[Code::NotEnrolled, Code::DeviceTaken]],
            },
            Takes::json::<EnrolmentRequest>(),
            post(handlers::rebind),
        ))
        .routes(signed::<LostReply>(
            &About {
                path: paths::LOST,
                id: "report_lost",
                summary: "Disables the lost wallet of a citizen, once NADRA has confirmed who reports it. Any device may sign.",
                codes: &[PROOF, CONFLICT, &[Code::NotEnrolled]],
            },
            Takes::json::<LostRequest>(),
            post(handlers::lost),
        ))
        .merge(callers())
        .merge(departments().merge(webhook_routes::webhooks()))
        .merge(dispatch::dispatch())
}

/// What citizens send to offices, and offices' systems answer.
fn departments() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(signed::<ApplicationReply>(
            &About {
                path: paths::APPLICATIONS,
                id: "apply",
                summary: "Sends an application of the citizen of the enrolled device that signs to the office of a service.",
                codes: &[
                    UNKNOWN,
                    ENDED,
                    CONFLICT,
                    TOO_MANY,
                    &[
                        Code::ServiceUnknown,
                        Code::FormInvalid,
                        Code::FieldsInvalid,
                        Code::ApplicationsTooMany,
                    ],
                ],
            },
            Takes::json::<ApplicationRequest>(),
            post(handlers::apply),
        ))
        .routes(signed::<ApplicationReply>(
            &About {
                path: paths::WITHDRAW,
                id: "withdraw_application",
                summary: "Takes an application of the citizen of the enrolled device that signs back.",
                codes: &[UNKNOWN, CONFLICT, &[Code::ApplicationUnknown, Code::ApplicationChanged]],
            },
            Takes::json::<WithdrawRequest>(),
            post(handlers::withdraw),
        ))
        .routes(called::<ApplicationsReply>(
            &About {
                path: paths::DEPARTMENT_APPLICATIONS,
                id: "department_applications",
                summary: "Says what changed about the applications to the office of the system that signs, in pages, by a cursor.",
                codes: &[&[Code::SystemOffice, Code::NotFound]],
            },
            (By::System(&[Scope::ApplicationsRead]), HttpMethod::Get),
            Takes::after(),
            get(handlers::department_applications),
        ))
        .routes(called::<AnswerReply>(
            &About {
                path: paths::DEPARTMENT_ANSWER,
                id: "answer_application",
                summary: "Answers an application to the office of the system that signs, with a document or without one.",
                codes: &[
                    CONFLICT,
                    &[
                        Code::SystemOffice,
                        Code::ApplicationUnknown,
                        Code::ApplicationChanged,
                        Code::ApplicationMove,
                        Code::AnswerParts,
                        Code::DocumentNotAllowed,
                        Code::DocumentRefused,
                    ],
                ],
            },
            (By::System(&[Scope::ApplicationsAnswer]), HttpMethod::Post),
            Takes::json::<AnswerRequest>(),
            post(handlers::department_answer),
        ))
}

/// What counters and systems ask.
fn callers() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(called::<EnrolmentReply>(
            &About {
                path: paths::ASSISTED,
                id: "enrol_assisted",
                summary: "Enrols the citizen in front of the counter that signs, or raises who is enrolled, once NADRA has confirmed face and finger. Its certificate has to allow `assisted-enrolment`.",
                codes: &[PROOF, ENDED, &[Code::AlreadyEnrolled, Code::DeviceTaken, Code::ScopeMissing]],
            },
            (By::Counter, HttpMethod::Post),
            Takes::json::<AssistedRequest>(),
            post(handlers::assist),
        ))
        .routes(called::<CounterReply>(
            &about(
                paths::COUNTER,
                "counter",
                "Says of the counter that signs what the province thinks of its certificate.",
            ),
            (By::Counter, HttpMethod::Get),
            Takes::nothing(),
            get(handlers::counter),
        ))
        .routes(called::<SystemReply>(
            &about(
                paths::SYSTEM,
                "system",
                "Says of the system that signs who it is here and what its key may do.",
            ),
            (By::System(&[]), HttpMethod::Get),
            Takes::nothing(),
            get(handlers::system),
        ))
}

/// What anybody may ask for.
pub(super) fn reads() -> OpenApiRouter<App> {
    newest(OpenApiRouter::default())
        .merge(immutable(OpenApiRouter::default()))
        .merge(webhook_routes::keys())
        .routes(service::<Health>(
            &About {
                path: paths::HEALTH,
                id: "health",
                summary: "Whether the database can be read and written.",
                codes: &[],
            },
            get(handlers::health),
        ))
}

/// Files as they are now.
fn newest(router: OpenApiRouter<App>) -> OpenApiRouter<App> {
    let cose = |path: &'static str, id: &'static str, summary: &'static str, bytes_max: usize, handler| {
        let this = File {
            media: &[(COSE, Some(bytes_max))],
            caching: Caching::Newest,
            parameters: &[],
        };
        file(&about(path, id, summary), &this, handler)
    };
    router
        .routes(cose(
            paths::TRUST_LIST,
            "trust_list",
            "The newest trust list, signed by two of three roots.",
            TRUST_LIST_BYTES_MAX,
            get(handlers::trust_list),
        ))
        .routes(cose(
            paths::TYPES,
            "types",
            "The newest type register.",
            TYPE_REGISTER_BYTES_MAX,
            get(handlers::types),
        ))
        .routes(cose(
            paths::RISK_RULES,
            "risk_rules",
            "The newest risk rules.",
            RISK_RULES_BYTES_MAX,
            get(handlers::risk_rules),
        ))
        .routes(cose(
            paths::CATALOGUE,
            "catalogue",
            "The newest catalogue of services.",
            CATALOGUE_BYTES_MAX,
            get(handlers::catalogue),
        ))
        .routes(cose(
            paths::STATUS_MANIFEST,
            "status_manifest",
            "The newest status manifest.",
            STATUS_MANIFEST_BYTES_MAX,
            get(handlers::status_manifest),
        ))
        .routes(status_token())
        .routes(file(
            &about(paths::OPENAPI, "openapi", "This document."),
            &File {
                media: &[("application/json", None)],
                caching: Caching::Newest,
                parameters: &[],
            },
            get(handlers::openapi),
        ))
}

fn status_token() -> Documented {
    file(
        &about(
            &under(paths::STATUS_TOKENS, "{list}/{shard}"),
            "status_token",
            "The Status List Token of a shard, for readers of other makes.",
        ),
        &File {
            media: &[(STATUS_LIST_TOKEN, Some(credential::TOKEN_BYTES_MAX))],
            caching: Caching::Newest,
            parameters: &[
                ("list", text("Name of the status list.", "^[a-z0-9-]+$")),
                ("shard", number("Number of the shard, from 0.", u32::MAX)),
            ],
        },
        get(handlers::status_token),
    )
}

/// Files that never change: their paths say what is in them.
fn immutable(router: OpenApiRouter<App>) -> OpenApiRouter<App> {
    let sha256 = |about: &str| text(about, "^[0-9a-f]{64}$");
    let names = [
        files::TRUST,
        files::TYPES,
        files::STATUS,
        files::RULES,
        files::CATALOGUE,
    ];
    let name = ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("Which file."))
        .enum_values(Some(names));
    router
        .routes(file(
            &about(
                &under(paths::FILES, "{sha256}"),
                "file",
                "Any public file that is kept, by its hash: signed ones, and tables and shards of status lists.",
            ),
            &File {
                media: &[(COSE, Some(CATALOGUE_BYTES_MAX)), (BITS, None)],
                caching: Caching::Immutable,
                parameters: &[("sha256", sha256("SHA-256 of the file."))],
            },
            get(handlers::by_hash),
        ))
        .routes(file(
            &about(
                &under(paths::TRUST_NEXT, "{roots}"),
                "trust_next",
                "The trust list that replaced three roots; not found while they are in force.",
            ),
            &File {
                media: &[(COSE, Some(TRUST_LIST_BYTES_MAX))],
                caching: Caching::Immutable,
                parameters: &[("roots", text("Fingerprint of the three roots.", "^[0-9a-f]{16}$"))],
            },
            get(handlers::trust_next),
        ))
        .routes(file(
            &about(
                &under(paths::DELTAS, "{name}/{from}/{to}"),
                "delta",
                "The delta of a public file between two of its versions; not found where it would be no smaller.",
            ),
            &File {
                media: &[(ZSTD, Some(FILE_BYTES_MAX))],
                caching: Caching::Immutable,
                parameters: &[
                    ("name", name.build()),
                    ("from", sha256("SHA-256 of the older version.")),
                    ("to", sha256("SHA-256 of the newer version.")),
                ],
            },
            get(handlers::delta),
        ))
        .routes(file(
            &about(
                &under(paths::STATUS_PIECES, "{sha256}"),
                "status_piece",
                "A table or a shard of a status list.",
            ),
            &File {
                media: &[(BITS, None)],
                caching: Caching::Immutable,
                parameters: &[("sha256", sha256("SHA-256 of the piece."))],
            },
            get(handlers::status_piece),
        ))
        .routes(file(
            &about(
                &under(paths::STATUS_DELTAS, "{from}/{to}"),
                "status_delta",
                "The bits that turned between two epochs; not found where shards are shorter.",
            ),
            &File {
                media: &[(CBOR, Some(DELTA_BYTES_MAX))],
                caching: Caching::Immutable,
                parameters: &[
                    ("from", number("The older epoch.", u32::MAX)),
                    ("to", number("The newer epoch.", u32::MAX)),
                ],
            },
            get(handlers::status_delta),
        ))
}

const fn about<'a>(path: &'a str, id: &'static str, summary: &'static str) -> About<'a> {
    About {
        path,
        id,
        summary,
        codes: &[],
    }
}

fn under(path: &str, rest: &str) -> String {
    format!("{path}{rest}")
}

fn text(about: &str, pattern: &str) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(about))
        .pattern(Some(pattern))
        .build()
}

fn number(about: &str, most: u32) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .description(Some(about))
        .minimum(Some(0))
        .maximum(Some(most))
        .build()
}
