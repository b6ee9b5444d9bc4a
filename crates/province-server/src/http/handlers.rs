//! Handlers: parse, call a rule, map.

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use province_api::application::{AnswerReply, ApplicationReply, ApplicationsReply};
use province_api::artefacts::{BITS, CBOR, COSE, STATUS_LIST_TOKEN};
use province_api::audit::AuditReply;
use province_api::caller::{CounterReply, SystemReply};
use province_api::device_key::DeviceKeyReply;
use province_api::enrolment::{EnrolmentReply, EnrolmentRequest};
use province_api::passes::{Challenge, PassesReply};
use province_api::problem::ProblemCode;
use province_api::proofing::ALLOWED_AS;
use province_api::sync::{LostReply, MobileReply, SyncReply};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::around::Unpacked;
use super::caching::{Caching, Tag, file};
use super::problem::ApiError;
use super::reply::Json;
use super::signed::{ByCounter, BySystem, SentByCounter, Signed};
use super::{App, document};
use crate::rules::PublicFile;
use crate::rules::publish::Hashed;

/// Enrols the citizen of the device that signed.
pub(super) async fn enrol(State(app): State<App>, signed: Signed) -> Result<Json<EnrolmentReply>, ApiError> {
    let request: EnrolmentRequest = signed.json()?;
    Ok(Json(app.enrol(signed.asked, request).await?))
}

/// Gives the device that signed a fresh challenge.
pub(super) async fn challenge(State(app): State<App>, signed: Signed) -> Result<Json<Challenge>, ApiError> {
    if !signed.body.is_empty() {
        return Err(ProblemCode::RequestMalformed.into());
    }
    Ok(Json(app.challenge(&signed.asked).await?))
}

/// Issues a batch of passes to the device that signed.
pub(super) async fn passes(State(app): State<App>, signed: Signed) -> Result<Json<PassesReply>, ApiError> {
    Ok(Json(app.issue_passes(&signed.asked, &signed.body).await?))
}

/// Says what changed since the device that signed asked last.
pub(super) async fn sync(State(app): State<App>, signed: Signed) -> Result<Json<SyncReply>, ApiError> {
    Ok(Json(
        app.sync(signed.asked.by, signed.device, &signed.json()?).await?,
    ))
}

/// Changes the mobile number of the citizen of the device that signed.
pub(super) async fn mobile(State(app): State<App>, signed: Signed) -> Result<Json<MobileReply>, ApiError> {
    Ok(Json(app.change_mobile(&signed.asked, &signed.json()?).await?))
}

/// Says what the audit log has about the citizen of the device that signed.
pub(super) async fn audit(State(app): State<App>, signed: Signed) -> Result<Json<AuditReply>, ApiError> {
    Ok(Json(app.audit_of(signed.asked.by, signed.json()?).await?))
}

/// Changes the device key of the citizen of the device that signed.
pub(super) async fn device_key(
    State(app): State<App>,
    signed: Signed,
) -> Result<Json<DeviceKeyReply>, ApiError> {
    Ok(Json(app.change_device_key(&signed.asked, &signed.json()?).await?))
}

/// Gives an enrolment to the device that signed.
pub(super) async fn rebind(State(app): State<App>, signed: Signed) -> Result<Json<EnrolmentReply>, ApiError> {
    Ok(Json(app.rebind(signed.asked, signed.json()?).await?))
}

/// Disables a lost wallet.
pub(super) async fn lost(State(app): State<App>, signed: Signed) -> Result<Json<LostReply>, ApiError> {
    Ok(Json(app.lose(signed.asked, signed.json()?).await?))
}

/// Enrols, or raises, the citizen in front of the counter that signed.
pub(super) async fn assist(
    State(app): State<App>,
    sent: SentByCounter,
) -> Result<Json<EnrolmentReply>, ApiError> {
    if !sent.asked.by.may(ALLOWED_AS) {
        return Err(ProblemCode::ScopeMissing.into());
    }
    let request = serde_json::from_slice(&sent.body).map_err(|_| ProblemCode::RequestMalformed)?;
    Ok(Json(app.assist(sent.asked, request).await?))
}

/// Sends an application of the citizen of the device that signed.
pub(super) async fn apply(
    State(app): State<App>,
    signed: Signed,
) -> Result<Json<ApplicationReply>, ApiError> {
    Ok(Json(
        app.submit_application(&signed.asked, &signed.json()?).await?,
    ))
}

/// Takes an application of the citizen of the device that signed back.
pub(super) async fn withdraw(
    State(app): State<App>,
    signed: Signed,
) -> Result<Json<ApplicationReply>, ApiError> {
    Ok(Json(
        app.withdraw_application(&signed.asked, &signed.json()?).await?,
    ))
}

/// Where a page begins.
#[derive(Deserialize)]
pub(super) struct After {
    /// The number of the last that the caller has; 0 for none.
    #[serde(default)]
    pub(super) after: u64,
}

/// Says what changed about the applications to the office of the system that signed.
pub(super) async fn department_applications(
    State(app): State<App>,
    Query(page): Query<After>,
    by: BySystem,
) -> Result<(Extension<Unpacked>, Json<ApplicationsReply>), ApiError> {
    let reply = app.applications_of(&by.asked.by, page.after).await?;
    Ok((Extension(Unpacked), Json(reply)))
}

/// Answers an application to the office of the system that signed.
pub(super) async fn department_answer(
    State(app): State<App>,
    by: BySystem,
) -> Result<Json<AnswerReply>, ApiError> {
    Ok(Json(app.answer_application(&by.asked, &by.json()?).await?))
}

/// What the province says of a counter to itself.
pub(super) async fn counter(State(app): State<App>, by: ByCounter) -> Json<CounterReply> {
    let certificate = by.counter.certificate;
    Json(CounterReply {
        audience: certificate.audience,
        certified_until: certificate.exp.unix(),
        now: app.now().unix(),
    })
}

/// What the province says of a system to itself.
pub(super) async fn system(State(app): State<App>, by: BySystem) -> Json<SystemReply> {
    let key = by.asked.by.key;
    Json(SystemReply {
        system: key.name,
        office: key.office,
        scopes: key.scopes,
        valid_until: key.valid_until,
        now: app.now().unix(),
    })
}

/// The newest trust list.
pub(super) async fn trust_list(State(app): State<App>, headers: HeaderMap) -> Result<Response, ApiError> {
    public_file(&app, PublicFile::TrustList, COSE, &headers).await
}

/// The newest type register.
pub(super) async fn types(State(app): State<App>, headers: HeaderMap) -> Result<Response, ApiError> {
    public_file(&app, PublicFile::TypeRegister, COSE, &headers).await
}

/// The trust list that replaced the roots with this fingerprint.
pub(super) async fn trust_next(
    State(app): State<App>,
    Path(roots): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let found = app.trust_next(roots).await?;
    // Roots that were replaced never come back, so nothing else ever follows them.
    let tag = hex::encode(found.sha256);
    Ok(file(
        found.bytes,
        Tag::of(tag),
        Caching::Immutable,
        COSE,
        &headers,
    ))
}

/// The newest risk rules.
pub(super) async fn risk_rules(State(app): State<App>, headers: HeaderMap) -> Result<Response, ApiError> {
    public_file(&app, PublicFile::RiskRules, COSE, &headers).await
}

/// The newest catalogue of services.
pub(super) async fn catalogue(State(app): State<App>, headers: HeaderMap) -> Result<Response, ApiError> {
    public_file(&app, PublicFile::Catalogue, COSE, &headers).await
}

/// The newest status manifest.
pub(super) async fn status_manifest(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    public_file(&app, PublicFile::StatusManifest, COSE, &headers).await
}

/// Any public file, by its hash: it never changes.
pub(super) async fn by_hash(
    State(app): State<App>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (bytes, media_type) = match app.file(&sha256(&name)?).await? {
        Hashed::Signed(bytes) => (bytes, COSE),
        Hashed::Piece(bytes) => (bytes, BITS),
    };
    Ok(file(
        bytes,
        Tag::of(name),
        Caching::Immutable,
        media_type,
        &headers,
    ))
}

/// A table or shard of a status list, by its hash: it never changes.
pub(super) async fn status_piece(
    State(app): State<App>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let sha256 = sha256(&name)?;
    let bytes = app.status_piece(&sha256).await?;
    Ok(file(bytes, Tag::of(name), Caching::Immutable, BITS, &headers))
}

/// The delta of a public file between two of its versions: it never changes.
pub(super) async fn delta(
    State(app): State<App>,
    Path((name, from, to)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let bytes = app.delta(&name, &sha256(&from)?, &sha256(&to)?).await?;
    let tag = format_args!("{from}-{to}");
    Ok(file(
        bytes,
        Tag::of(tag),
        Caching::Immutable,
        province_api::delta::ZSTD,
        &headers,
    ))
}

/// A SHA-256 in its one spelling: a cache holds what it names once.
fn sha256(name: &str) -> Result<[u8; 32], ProblemCode> {
    let mut sha256 = [0; 32];
    if hex::decode_to_slice(name, &mut sha256).is_err() || hex::encode(sha256) != name {
        return Err(ProblemCode::NotFound);
    }
    Ok(sha256)
}

/// The changes between two epochs: they never change.
pub(super) async fn status_delta(
    State(app): State<App>,
    Path((from, to)): Path<(u64, u64)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let bytes = app.status_delta(from, to).await?;
    Ok(file(
        bytes,
        Tag::of(format_args!("{from}-{to}")),
        Caching::Immutable,
        CBOR,
        &headers,
    ))
}

/// The Status List Token of a shard, for readers of other makes.
pub(super) async fn status_token(
    State(app): State<App>,
    Path((list, shard)): Path<(String, u32)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let bytes = app.status_token(&list, shard).await?;
    let tag = hex::encode(Sha256::digest(&bytes));
    Ok(file(
        bytes,
        Tag::of(tag),
        Caching::Newest,
        STATUS_LIST_TOKEN,
        &headers,
    ))
}

/// The OpenAPI document of all this.
pub(super) async fn openapi(headers: HeaderMap) -> Response {
    let text = document::TEXT.as_bytes();
    let tag = hex::encode(Sha256::digest(text));
    file(text, Tag::of(tag), Caching::Newest, "application/json", &headers)
}

/// How the service is.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    /// `ok`.
    #[schema(pattern = "^ok$")]
    status: &'static str,
}

/// 200 while the database can be read and its write lock be had. A full disk is seen only by what writes.
pub(super) async fn health(State(app): State<App>) -> Result<Json<Health>, ApiError> {
    app.try_store().await?;
    Ok(Json(Health { status: "ok" }))
}

async fn public_file(
    app: &App,
    name: PublicFile,
    media_type: &'static str,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let found = app.newest_file(&name).await?;
    Ok(file(
        found.bytes,
        found.tag.into(),
        Caching::Newest,
        media_type,
        headers,
    ))
}
