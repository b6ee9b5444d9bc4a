//! What platforms that carry applications may call, on one page, and how it is answered.

use axum::extract::{Query, State};
use axum::routing::{get, post};
use axum::{Extension, Json};
use province_api::application::{AnswerReply, ApplicationsReply};
use province_api::caller::Scope;
use province_api::dispatch::catalogue::{DispatchCatalogue, DispatchCatalogueReply};
use province_api::dispatch::{DispatchReportReply, DispatchReportRequest, DispatchStateRequest};
use province_api::paths;
use province_api::problem::ProblemCode as Code;
use utoipa::openapi::HttpMethod;
use utoipa_axum::router::OpenApiRouter;

use super::App;
use super::around::Unpacked;
use super::contract::{About, By, Takes, called};
use super::handlers::After;
use super::problem::ApiError;
use super::signed::BySystem;

const BY: By = By::System(&[Scope::Dispatch]);

/// All of them.
pub(super) fn dispatch() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(called::<DispatchCatalogueReply>(
            &About {
                path: paths::DISPATCH_CATALOGUE,
                id: "dispatch_catalogue",
                summary: "Takes the catalogue of the platform that signs as an offer, and says what differs from the published one. Nothing goes by it before an operator settled it.",
                codes: &[&[Code::IdempotencyConflict, Code::NotFound]],
            },
            (BY, HttpMethod::Post),
            Takes::json::<DispatchCatalogue>(),
            post(catalogue),
        ))
        .routes(called::<ApplicationsReply>(
            &About {
                path: paths::DISPATCH_APPLICATIONS,
                id: "dispatch_applications",
                summary: "Says what changed about the applications that the platform that signs carries, in pages, by a cursor.",
                codes: &[&[Code::NotFound]],
            },
            (BY, HttpMethod::Get),
            Takes::after(),
            get(applications),
        ))
        .routes(called::<AnswerReply>(
            &About {
                path: paths::DISPATCH_STATE,
                id: "dispatch_state",
                summary: "Takes the word of the platform that signs about an application that a citizen sent from the wallet.",
                codes: &[&[
                    Code::IdempotencyConflict,
                    Code::ApplicationUnknown,
                    Code::ApplicationChanged,
                    Code::ApplicationMove,
                    Code::AnswerParts,
                    Code::DispatchStateUnknown,
                    Code::ReferenceTaken,
                ]],
            },
            (BY, HttpMethod::Post),
            Takes::json::<DispatchStateRequest>(),
            post(state),
        ))
        .routes(called::<DispatchReportReply>(
            &About {
                path: paths::DISPATCH_REPORT,
                id: "dispatch_report",
                summary: "Takes a report of an application that somebody filed with the platform that signs. The answer is the same whether or not they hold a wallet.",
                codes: &[&[
                    Code::IdempotencyConflict,
                    Code::ServiceUnknown,
                    Code::ApplicationChanged,
                    Code::ApplicationMove,
                    Code::AnswerParts,
                    Code::DispatchStateUnknown,
                    Code::ReferenceTaken,
                ]],
            },
            (BY, HttpMethod::Post),
            Takes::json::<DispatchReportRequest>(),
            post(report),
        ))
}

/// Takes the platform's catalogue.
async fn catalogue(State(app): State<App>, by: BySystem) -> Result<Json<DispatchCatalogueReply>, ApiError> {
    Ok(Json(app.dispatch_catalogue(&by.asked, &by.json()?).await?))
}

/// Says what changed about the applications that the platform carries.
async fn applications(
    State(app): State<App>,
    Query(page): Query<After>,
    by: BySystem,
) -> Result<(Extension<Unpacked>, Json<ApplicationsReply>), ApiError> {
    let reply = app.dispatched_to(&by.asked.by, page.after).await?;
    Ok((Extension(Unpacked), Json(reply)))
}

/// Takes the platform's word about an application from a wallet.
async fn state(State(app): State<App>, by: BySystem) -> Result<Json<AnswerReply>, ApiError> {
    Ok(Json(app.dispatch_state(&by.asked, &by.json()?).await?))
}

/// Takes the platform's report of an application of its own.
async fn report(State(app): State<App>, by: BySystem) -> Result<Json<DispatchReportReply>, ApiError> {
    Ok(Json(app.dispatch_report(&by.asked, &by.json()?).await?))
}
