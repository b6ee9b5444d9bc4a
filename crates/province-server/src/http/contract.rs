//! The contract: what the OpenAPI document says of an operation. A route is declared together with it, see `routes`.
//!
//! `utoipa::path` was not taken: it would say the same twenty lines of headers and problems at each handler. Here what all
//! signed requests, and all public files, have in common is said once, by the code that declares them.

use std::collections::BTreeMap;

use axum::Extension;
use axum::routing::MethodRouter;
use province_api::caller::Scope;
use province_api::problem::{PROBLEM_JSON, ProblemCode};
use province_api::signature::Signer;
use utoipa::ToSchema;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn, PathsBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{AllOfBuilder, Object, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{
    ContentBuilder, PathItem, Ref, RefOr, Required, Response, ResponseBuilder, Schema, SecurityRequirement,
};
use utoipa_axum::router::UtoipaMethodRouter;

use super::caching::Caching;
use super::officer_routes::Caller;
use super::signed::Needs;
use super::{App, bytes_max, document as names};
use crate::rules::officers::roles::Right;

/// What any operation may be refused with.
const ALWAYS: &[ProblemCode] = &[
    ProblemCode::RequestMalformed,
    ProblemCode::RateLimited,
    ProblemCode::ServerBusy,
    ProblemCode::ServerFault,
];

/// Who may call an operation, by a signature.
#[derive(Clone, Copy)]
pub(super) enum By {
    /// A wallet.
    Device,
    /// A counter.
    Counter,
    /// A system, with one of these scopes; whatever its scopes are, where none is named.
    System(&'static [Scope]),
}

impl By {
    pub(super) const fn signer(self) -> Signer {
        match self {
            Self::Device => Signer::Device,
            Self::Counter => Signer::Counter,
            Self::System(_) => Signer::System,
        }
    }

    /// What any operation of this caller may be refused with.
    const fn codes(self) -> &'static [ProblemCode] {
        match self {
            Self::Device => &[
                ProblemCode::BodyTooLarge,
                ProblemCode::DeviceSignature,
                ProblemCode::DeviceClock,
                ProblemCode::DeviceReplaced,
                ProblemCode::WalletDisabled,
                ProblemCode::RequestReplayed,
            ],
            Self::Counter => &[
                ProblemCode::BodyTooLarge,
                ProblemCode::CallerSignature,
                ProblemCode::CallerClock,
                ProblemCode::CounterCertificate,
                ProblemCode::RequestReplayed,
            ],
            Self::System(_) => &[
                ProblemCode::BodyTooLarge,
                ProblemCode::CallerSignature,
                ProblemCode::CallerClock,
                ProblemCode::SystemUnknown,
                ProblemCode::ScopeMissing,
                ProblemCode::RequestReplayed,
            ],
        }
    }

    fn security(self) -> SecurityRequirement {
        let scopes: Vec<&str> = match self {
            Self::Device | Self::Counter => Vec::new(),
            Self::System(scopes) => scopes.iter().map(|scope| scope.as_str()).collect(),
        };
        SecurityRequirement::new(self.signer().label(), scopes)
    }
}

/// What says when to ask again.
const LATER: &[ProblemCode] = &[
    ProblemCode::ServerBusy,
    ProblemCode::NadraUnavailable,
    ProblemCode::TooManyAttempts,
    ProblemCode::RateLimited,
];

/// Path and method with their handler, and all that is said of them.
pub(super) type Documented = UtoipaMethodRouter<App>;

pub(super) type Schemas = Vec<(String, RefOr<Schema>)>;

/// What an operation says of itself.
pub(super) struct About<'a> {
    /// The path, with the names of its parameters in braces.
    pub(super) path: &'a str,
    /// Its name in programs that are generated from the document.
    pub(super) id: &'static str,
    /// What it does, in one sentence.
    pub(super) summary: &'static str,
    /// What it may be refused with, besides what all of its sort may be.
    pub(super) codes: &'a [&'a [ProblemCode]],
}

/// What a signed request carries.
pub(super) struct Takes {
    body: Option<String>,
    schemas: Schemas,
    parameters: Vec<ParameterBuilder>,
}

impl Takes {
    /// No body.
    pub(super) const fn nothing() -> Self {
        Self {
            body: None,
            schemas: Vec::new(),
            parameters: Vec::new(),
        }
    }

    /// No body, and a number behind which a page begins.
    pub(super) fn after() -> Self {
        let number = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(0))
            .maximum(Some(i64::MAX));
        Self::page(
            number,
            "`cursor` of the answer before; 0 or none for the first page.",
        )
    }

    /// No body, and a place of a list behind which a page begins.
    pub(super) fn behind() -> Self {
        let place = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^[0-9]{1,18}-[0-9a-f]{32}$"));
        Self::page(place, "`next` of the answer before; none for the first page.")
    }

    fn page(after: ObjectBuilder, about: &str) -> Self {
        let after = ParameterBuilder::new()
            .name("after")
            .parameter_in(ParameterIn::Query)
            .description(Some(about))
            .schema(Some(after));
        Self {
            parameters: vec![after],
            ..Self::nothing()
        }
    }

    /// This as JSON.
    pub(super) fn json<T: ToSchema>() -> Self {
        Self {
            body: Some(T::name().into_owned()),
            schemas: with_parts::<T>(),
            parameters: Vec::new(),
        }
    }
}

/// A `POST` that a device signs, answered in JSON.
pub(super) fn signed<Reply: ToSchema>(
    about: &About<'_>,
    takes: Takes,
    handler: MethodRouter<App>,
) -> Documented {
    called::<Reply>(about, (By::Device, HttpMethod::Post), takes, handler)
}

/// What somebody signs, answered in JSON.
pub(super) fn called<Reply: ToSchema>(
    about: &About<'_>,
    (by, method): (By, HttpMethod),
    takes: Takes,
    handler: MethodRouter<App>,
) -> Documented {
    let handler = match by {
        By::Device | By::Counter => handler,
        By::System(scopes) => handler.layer(Extension(Needs(scopes))),
    };
    let mut operation = operation(about, by.signer().label(), &[ALWAYS, by.codes()])
        .security(by.security())
        .response(
            "200",
            json_reply::<Reply>("Done, or done before under the same key."),
        );
    for header in names::signed_headers(by.signer()) {
        operation = operation.parameter_ref(Ref::new(format!("#/components/parameters/{header}")));
    }
    for parameter in takes.parameters {
        operation = operation.parameter(parameter);
    }
    if let Some(body) = takes.body {
        let most = bytes_max(about.path);
        let about = RequestBodyBuilder::new()
            .description(Some(format!(
                "At most {most} bytes, as they are sent and as they come out. May be packed by zstd (RFC 8878, window of \
                 1 MiB at most): no header says so, the body begins with 28 B5 2F FD then. The content digest is of the \
                 bytes as they are sent."
            )))
            .required(Some(Required::True))
            .content("application/json", content(Ref::from_schema_name(body)));
        operation = operation.request_body(Some(about.build()));
    }
    let mut schemas = takes.schemas;
    schemas.extend(with_parts::<Reply>());
    documented(about.path, method, operation, schemas, handler)
}

/// What an officer asks for, answered in JSON.
pub(super) fn by_officer<Reply: ToSchema>(
    about: &About<'_>,
    (caller, method): (Caller, HttpMethod),
    takes: Takes,
    handler: MethodRouter<App>,
) -> Documented {
    const OF_ANYBODY: &[ProblemCode] = &[ProblemCode::NotFound, ProblemCode::BodyTooLarge];
    const OF_OFFICERS: &[ProblemCode] = &[
        ProblemCode::NotFound,
        ProblemCode::BodyTooLarge,
        ProblemCode::OfficerSession,
    ];
    let right = caller.right();
    let is_once = matches!(caller, Caller::Once(_) | Caller::Fresh(_));
    let of_caller = match caller {
        Caller::Anybody => OF_ANYBODY,
        _ => OF_OFFICERS,
    };
    let of_right: &[ProblemCode] = if right.is_some() {
        &[ProblemCode::OfficerForbidden]
    } else {
        &[]
    };
    let of_once: &[ProblemCode] = match caller {
        Caller::Fresh(_) => &[ProblemCode::IdempotencyConflict, ProblemCode::OfficerStale],
        Caller::Once(_) => &[ProblemCode::IdempotencyConflict],
        _ => &[],
    };
    let mut operation = operation(about, names::OFFICER, &[ALWAYS, of_caller, of_right, of_once])
        .response("200", json_reply::<Reply>("Done, or as it is now."));
    operation = if matches!(caller, Caller::Anybody) {
        operation.securities(Some([]))
    } else {
        let roles = right.map_or(&[][..], Right::roles);
        let roles = roles.iter().map(|role| role.as_str());
        operation.security(SecurityRequirement::new(names::OFFICER, roles))
    };
    if is_once {
        operation = operation.parameter_ref(Ref::new("#/components/parameters/idempotency-key"));
    }
    for parameter in takes.parameters {
        operation = operation.parameter(parameter);
    }
    if let Some(takes) = takes.body {
        let body = RequestBodyBuilder::new()
            .description(Some(format!("At most {} bytes.", bytes_max(about.path))))
            .required(Some(Required::True))
            .content("application/json", content(Ref::from_schema_name(takes)));
        operation = operation.request_body(Some(body.build()));
    }
    let mut schemas = takes.schemas;
    schemas.extend(with_parts::<Reply>());
    documented(about.path, method, operation, schemas, handler)
}

/// What a `GET` gives that anybody may ask for.
pub(super) struct File<'a> {
    /// Which media types it may have, and how large it may be in each, in bytes, where there is a limit.
    pub(super) media: &'a [(&'static str, Option<usize>)],
    /// For how long it may be kept.
    pub(super) caching: Caching,
    /// The parameters of its path.
    pub(super) parameters: &'a [(&'static str, Object)],
}

/// A `GET` of a public file.
pub(super) fn file(about: &About<'_>, file: &File<'_>, handler: MethodRouter<App>) -> Documented {
    let cached = |response: ResponseBuilder| {
        let caching = format!("#/components/headers/{}", file.caching.name());
        response
            .header_ref("ETag", Ref::new("#/components/headers/ETag"))
            .header_ref("Cache-Control", Ref::new(caching))
    };
    let mut found = ResponseBuilder::new().description("The file.");
    for (media, bytes_max) in file.media {
        let bytes = ObjectBuilder::new()
            .schema_type(SchemaType::AnyValue)
            .content_media_type(*media)
            .max_length(*bytes_max);
        found = found.content(*media, content(bytes));
    }
    let held = ResponseBuilder::new().description("The caller has it: no body.");
    let mut operation = operation(about, "files", &[ALWAYS, &[ProblemCode::NotFound]])
        .securities(Some([]))
        .response("200", cached(found).build())
        .response("304", cached(held).build())
        .parameter_ref(Ref::new(format!(
            "#/components/parameters/{}",
            names::IF_NONE_MATCH
        )));
    for (name, schema) in file.parameters {
        let parameter = ParameterBuilder::new()
            .name(*name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .schema(Some(schema.clone()));
        operation = operation.parameter(parameter);
    }
    documented(about.path, HttpMethod::Get, operation, Vec::new(), handler)
}

/// A `GET` that says how the service is, which nobody keeps.
pub(super) fn service<Reply: ToSchema>(about: &About<'_>, handler: MethodRouter<App>) -> Documented {
    let operation = operation(about, "service", &[ALWAYS])
        .securities(Some([]))
        .response("200", json_reply::<Reply>("As it is now."));
    let schemas = with_parts::<Reply>();
    documented(about.path, HttpMethod::Get, operation, schemas, handler)
}

fn documented(
    path: &str,
    method: HttpMethod,
    operation: OperationBuilder,
    schemas: Schemas,
    handler: MethodRouter<App>,
) -> Documented {
    let item = PathItem::new(method, operation.build());
    (schemas, PathsBuilder::new().path(path, item).build(), handler)
}

fn operation(about: &About<'_>, tag: &str, common: &[&[ProblemCode]]) -> OperationBuilder {
    let mut of_status: BTreeMap<u16, Vec<ProblemCode>> = BTreeMap::new();
    for code in common.iter().chain(about.codes).copied().flatten() {
        of_status.entry(code.status()).or_default().push(*code);
    }
    let mut operation = OperationBuilder::new()
        .tag(tag)
        .operation_id(Some(about.id))
        .summary(Some(about.summary));
    for (status, codes) in of_status {
        operation = operation.response(status.to_string(), problem(&codes));
    }
    operation
}

/// A schema and all that it refers to.
pub(super) fn with_parts<T: ToSchema>() -> Schemas {
    let mut schemas = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut schemas);
    schemas
}

pub(super) fn content(schema: impl Into<RefOr<Schema>>) -> utoipa::openapi::Content {
    ContentBuilder::new().schema(Some(schema)).build()
}

fn json_reply<T: ToSchema>(description: &str) -> Response {
    let never_kept = format!("#/components/headers/{}", names::NEVER_KEPT);
    ResponseBuilder::new()
        .description(description)
        .header_ref("Cache-Control", Ref::new(never_kept))
        .content("application/json", content(Ref::from_schema_name(T::name())))
        .build()
}

/// The problems of one status: the general form, with one of these codes.
fn problem(codes: &[ProblemCode]) -> Response {
    let code = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(codes.iter().map(|code| code.code())));
    let these = ObjectBuilder::new().property("code", code);
    let schema = AllOfBuilder::new()
        .item(Ref::from_schema_name("Problem"))
        .item(these);
    let said: Vec<_> = codes.iter().map(|code| format!("`{}`", code.code())).collect();
    let response = ResponseBuilder::new()
        .description(said.join(", "))
        .header_ref(
            "Cache-Control",
            Ref::new(format!("#/components/headers/{}", names::NEVER_KEPT)),
        )
        .content(PROBLEM_JSON, content(Schema::from(schema.build())));
    if codes.iter().any(|code| LATER.contains(code)) {
        response.header_ref("Retry-After", Ref::new("#/components/headers/Retry-After"))
    } else {
        response
    }
    .build()
}
