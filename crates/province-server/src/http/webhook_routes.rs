//! The routes of departments' webhooks, each with its handler.

use axum::Json;
use axum::extract::{Query, State};
use axum::routing::{get, post};
use province_api::caller::Scope;
use province_api::paths;
use province_api::problem::ProblemCode as Code;
use province_api::webhook::{
    APPLICATION_CHANGED, DeadLettersReply, Notice, RedeliverReply, RedeliverRequest, WebhookEnded,
    WebhookKeysReply, WebhookReply, WebhookRequest,
};
use utoipa::ToSchema as _;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, PathsBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::{OpenApi, PathItem, Ref, Required, ResponseBuilder};
use utoipa_axum::router::OpenApiRouter;

use super::App;
use super::contract::{About, By, Takes, called, content, service, with_parts};
use super::handlers::After;
use super::problem::ApiError;
use super::signed::BySystem;

const BY: By = By::System(&[Scope::Webhooks]);
const NONE_SET: &[Code] = &[Code::SystemOffice, Code::WebhookUnknown];

/// All of them that a system calls.
pub(super) fn webhooks() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(called::<WebhookReply>(
            &About {
                path: paths::WEBHOOK,
                id: "webhook",
                summary: "Says how the webhook of the system that signs stands.",
                codes: &[NONE_SET],
            },
            (BY, HttpMethod::Get),
            Takes::nothing(),
            get(standing),
        ))
        .routes(called::<WebhookReply>(
            &About {
                path: paths::WEBHOOK,
                id: "set_webhook",
                summary: "Sets or replaces the URL at which the system that signs is told of changes to its office's applications.",
                codes: &[&[Code::SystemOffice, Code::WebhookUrl, Code::IdempotencyConflict]],
            },
            (BY, HttpMethod::Post),
            Takes::json::<WebhookRequest>(),
            post(set),
        ))
        .routes(called::<WebhookEnded>(
            &About {
                path: paths::WEBHOOK_END,
                id: "end_webhook",
                summary: "Ends the webhook of the system that signs; its dead letters go with it.",
                codes: &[NONE_SET, &[Code::IdempotencyConflict]],
            },
            (BY, HttpMethod::Post),
            Takes::nothing(),
            post(end),
        ))
        .routes(called::<DeadLettersReply>(
            &About {
                path: paths::DEAD_LETTERS,
                id: "dead_letters",
                summary: "Says what the system that signs did not take for a day, in pages, by a cursor.",
                codes: &[NONE_SET],
            },
            (BY, HttpMethod::Get),
            Takes::after(),
            get(dead_letters),
        ))
        .routes(called::<RedeliverReply>(
            &About {
                path: paths::REDELIVER,
                id: "redeliver",
                summary: "Sends the system that signs one or all of its dead letters once more.",
                codes: &[NONE_SET, &[Code::IdempotencyConflict]],
            },
            (BY, HttpMethod::Post),
            Takes::json::<RedeliverRequest>(),
            post(redeliver),
        ))
}

/// What anybody may ask: by which keys the province signs what it sends.
pub(super) fn keys() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(service::<WebhookKeysReply>(
        &About {
            path: paths::WEBHOOK_KEY,
            id: "webhook_key",
            summary: "The keys by which the province signs what it sends to departments.",
            codes: &[],
        },
        get(webhook_keys),
    ))
}

/// Says in the document what the province sends by itself.
pub(super) fn describe(document: &mut OpenApi) {
    let answer = |about: &str| ResponseBuilder::new().description(about).build();
    let body = RequestBodyBuilder::new()
        .required(Some(Required::True))
        .content("application/json", content(Ref::from_schema_name(Notice::name())));
    let about = "A change of an application to the office of a system that set a webhook, signed by the province (RFC 9421, label \
                 `province`, over `@method`, `@target-uri`, `content-digest` and `webhook-id`) by a key of `webhook_key`. See \
                 docs/departments.md.";
    let operation = OperationBuilder::new()
        .operation_id(Some(APPLICATION_CHANGED))
        .summary(Some(
            "Tells a department's system that there is something to read.",
        ))
        .description(Some(about))
        .request_body(Some(body.build()))
        .response("2XX", answer("It is taken."))
        .response(
            "410",
            answer("The receiver is gone: nothing more is sent until the webhook is set again."),
        )
        .response("default", answer("It is not taken: it comes again."));
    let item = PathItem::new(HttpMethod::Post, operation.build());
    document.webhooks = Some(PathsBuilder::new().path(APPLICATION_CHANGED, item).build());
    let components = document.components.get_or_insert_default();
    components.schemas.extend(with_parts::<Notice>());
}

async fn standing(State(app): State<App>, by: BySystem) -> Result<Json<WebhookReply>, ApiError> {
    Ok(Json(app.webhook_of(&by.asked.by).await?))
}

async fn set(State(app): State<App>, by: BySystem) -> Result<Json<WebhookReply>, ApiError> {
    Ok(Json(app.set_webhook(&by.asked, &by.json()?).await?))
}

async fn end(State(app): State<App>, by: BySystem) -> Result<Json<WebhookEnded>, ApiError> {
    by.nothing()?;
    Ok(Json(app.end_webhook(&by.asked).await?))
}

async fn dead_letters(
    State(app): State<App>,
    Query(page): Query<After>,
    by: BySystem,
) -> Result<Json<DeadLettersReply>, ApiError> {
    Ok(Json(app.dead_letters_of(&by.asked.by, page.after).await?))
}

async fn redeliver(State(app): State<App>, by: BySystem) -> Result<Json<RedeliverReply>, ApiError> {
    Ok(Json(app.redeliver(&by.asked, &by.json()?).await?))
}

async fn webhook_keys(State(app): State<App>) -> Result<Json<WebhookKeysReply>, ApiError> {
    let reply = app.webhook_keys().await;
    Ok(Json(reply.map_err(crate::rules::Refusal::from)?))
}
