//! Officers: who is signed in, and handlers of what they ask for.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::header::AUTHORIZATION;
use province_api::officers::{
    Begun, BulkApproval, BulkChoice, BulkList, BulkProposed, BulkRequest, BulkView, CeremonyFinish,
    CitizenRequest, DocumentWithdrawRequest, Done, EndRequest, InviteRequest, Invited, LogReply, LogRequest,
    OfficerChoice, OfficerList, PasskeyBegin, Registered, SignedIn,
};
use province_api::person::Cnic;
use province_api::problem::ProblemCode;
use province_api::reason::Reason;
use serde::de::DeserializeOwned;

use super::App;
use super::connections::Network;
use super::headers::{idempotency_key, the_only};
use super::named::Named;
use super::problem::ApiError;
use crate::rules::answered::Asked;
use crate::rules::end::Change;
use crate::rules::officers::acts::Act;
use crate::rules::officers::roles::Right;
use crate::rules::officers::sessions::SignedOfficer;
use crate::rules::page::Behind;
use crate::rules::rates::Who;

/// What a route needs of its caller. Its declaration puts it there.
#[derive(Clone, Copy)]
pub(super) struct Needed {
    /// A right; none for whoever is signed in.
    pub(super) right: Option<Right>,
    /// A passkey that spoke lately.
    pub(super) is_fresh: bool,
}

/// What an officer asks for, who has the right to.
pub(super) struct ByOfficer {
    officer: SignedOfficer,
    path: &'static str,
    query: Option<String>,
    key: Option<[u8; 16]>,
    /// When it came, unix seconds.
    at: u64,
    body: Bytes,
}

impl ByOfficer {
    fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        serde_json::from_slice(&self.body).map_err(|_| ProblemCode::RequestMalformed.into())
    }

    /// The same as a write, which is done once.
    fn write(self) -> Result<Asked<SignedOfficer>, ApiError> {
        let key = self.key.ok_or(ProblemCode::RequestMalformed)?;
        Ok(Asked::new(self.officer, self.at, self.path, key, &self.body))
    }

    /// Where the page of a list begins.
    fn behind(&self) -> Result<Behind, ApiError> {
        match self.query.as_deref() {
            None | Some("") => Ok(Behind::START),
            Some(query) => {
                let place = query.strip_prefix("after=").and_then(Behind::parse);
                place.ok_or_else(|| ProblemCode::RequestMalformed.into())
            }
        }
    }
}

impl FromRequest<App> for ByOfficer {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let Needed { right, is_fresh } = request
            .extensions()
            .get()
            .copied()
            .ok_or(ProblemCode::OfficerForbidden)?;
        let bearer = the_only(request.headers(), AUTHORIZATION.as_str()).map(str::to_owned);
        let key = idempotency_key(request.headers());
        let named = Named::of(request.extensions());
        let path = super::route(request.uri().path());
        let query = request.uri().query().map(str::to_owned);
        // Taken in before anything is looked up: a request is not held while the database is asked.
        let body = plain_body(request, app).await?;
        let token = bearer.as_deref().and_then(|value| value.strip_prefix("Bearer "));
        let (officer, at) = (app.officer(token).await?, app.now().unix());
        named.says_it_is(officer.actor());
        app.spend(Who::Officer(officer.id), 1)?;
        let mut may = right.map_or(Ok(()), |right| officer.must_have(right));
        if is_fresh {
            may = may.and_then(|()| officer.must_be_fresh(at));
        }
        may?;
        Ok(Self {
            officer,
            path,
            query,
            key,
            at,
            body,
        })
    }
}

async fn plain_body(request: Request, app: &App) -> Result<Bytes, ApiError> {
    let body = Bytes::from_request(request, app).await;
    body.map_err(|_| ProblemCode::RequestMalformed.into())
}

/// What somebody asks for who is nobody yet.
pub(super) struct Unsigned(Bytes);

impl FromRequest<App> for Unsigned {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        if let Some(network) = request.extensions().get::<Network>() {
            app.may_spend(network.guesses())?;
        }
        plain_body(request, app).await.map(Self)
    }
}

impl Unsigned {
    fn json<T: DeserializeOwned>(&self) -> Result<T, ProblemCode> {
        serde_json::from_slice(&self.0).map_err(|_| ProblemCode::RequestMalformed)
    }
}

type Answer<T> = Result<Json<T>, ApiError>;

/// Begins to register a passkey.
pub(super) async fn begin_passkey(State(app): State<App>, body: Unsigned) -> Answer<Begun> {
    let PasskeyBegin { invite } = body.json()?;
    Ok(Json(app.begin_passkey(&invite).await?))
}

/// Registers it.
pub(super) async fn finish_passkey(State(app): State<App>, body: Unsigned) -> Answer<Registered> {
    let said: CeremonyFinish = body.json()?;
    Ok(Json(app.finish_passkey(said).await?))
}

/// Begins to sign somebody in.
pub(super) async fn begin_session(State(app): State<App>, body: Unsigned) -> Answer<Begun> {
    if !body.0.is_empty() {
        return Err(ProblemCode::RequestMalformed.into());
    }
    Ok(Json(app.begin_session()?))
}

/// Signs them in.
pub(super) async fn finish_session(State(app): State<App>, body: Unsigned) -> Answer<SignedIn> {
    let said: CeremonyFinish = body.json()?;
    Ok(Json(app.finish_session(said).await?))
}

/// Signs them out.
pub(super) async fn end_session(State(app): State<App>, asked: ByOfficer) -> Answer<Done> {
    Ok(Json(app.end_session(&asked.officer).await?))
}

/// Disables a lost wallet.
pub(super) async fn disable(State(app): State<App>, asked: ByOfficer) -> Answer<Done> {
    let CitizenRequest { cnic } = asked.json()?;
    act(&app, asked, &cnic, Act::Disable).await
}

/// Suspends one citizen.
pub(super) async fn suspend(State(app): State<App>, asked: ByOfficer) -> Answer<Done> {
    let EndRequest { cnic, reason } = asked.json()?;
    if reason == Reason::Other {
        return Err(ProblemCode::RequestMalformed.into());
    }
    act(&app, asked, &cnic, Act::Change(Change::Suspend(reason))).await
}

/// Lifts that.
pub(super) async fn resume(State(app): State<App>, asked: ByOfficer) -> Answer<Done> {
    let CitizenRequest { cnic } = asked.json()?;
    act(&app, asked, &cnic, Act::Change(Change::Resume)).await
}

/// Revokes one citizen's passes and documents.
pub(super) async fn revoke(State(app): State<App>, asked: ByOfficer) -> Answer<Done> {
    let EndRequest { cnic, reason } = asked.json()?;
    if !reason.may_end() {
        return Err(ProblemCode::RequestMalformed.into());
    }
    act(&app, asked, &cnic, Act::Change(Change::Revoke(reason))).await
}

/// Withdraws a document.
pub(super) async fn withdraw(State(app): State<App>, asked: ByOfficer) -> Answer<Done> {
    let request: DocumentWithdrawRequest = asked.json()?;
    let what = Act::withdrawal(&request)?;
    act(&app, asked, &request.cnic, what).await
}

async fn act(app: &App, asked: ByOfficer, cnic: &str, what: Act) -> Answer<Done> {
    let cnic = Cnic::parse(cnic).map_err(|_| ProblemCode::RequestMalformed)?;
    Ok(Json(app.act(&asked.write()?, &cnic, &what).await?))
}

/// Proposes something for many.
pub(super) async fn propose(State(app): State<App>, asked: ByOfficer) -> Answer<BulkProposed> {
    let request: BulkRequest = asked.json()?;
    Ok(Json(app.propose_many(&asked.write()?, &request).await?))
}

/// What was proposed.
pub(super) async fn bulks(State(app): State<App>, asked: ByOfficer) -> Answer<BulkList> {
    Ok(Json(app.bulks(asked.behind()?).await?))
}

/// Approves it.
pub(super) async fn approve(State(app): State<App>, asked: ByOfficer) -> Answer<BulkView> {
    let BulkApproval { id, people_sha256 } = asked.json()?;
    let what = (&bytes_of(&id)?, &bytes_of(&people_sha256)?);
    Ok(Json(app.approve_many(&asked.write()?, what).await?))
}

/// Cancels it.
pub(super) async fn cancel(State(app): State<App>, asked: ByOfficer) -> Answer<Done> {
    let BulkChoice { id } = asked.json()?;
    Ok(Json(app.cancel_many(&asked.write()?, &bytes_of(&id)?).await?))
}

/// A page of the audit log.
pub(super) async fn log(State(app): State<App>, asked: ByOfficer) -> Answer<LogReply> {
    let request: LogRequest = asked.json()?;
    Ok(Json(app.log_page(request).await?))
}

/// Invites an officer.
pub(super) async fn invite(State(app): State<App>, asked: ByOfficer) -> Answer<Invited> {
    let request: InviteRequest = asked.json()?;
    Ok(Json(app.invite_officer(&asked.write()?, &request).await?))
}

/// The officers.
pub(super) async fn officers(State(app): State<App>, asked: ByOfficer) -> Answer<OfficerList> {
    Ok(Json(app.officers(asked.behind()?).await?))
}

/// Ends an officer.
pub(super) async fn end(State(app): State<App>, asked: ByOfficer) -> Answer<Done> {
    let OfficerChoice { officer } = asked.json()?;
    Ok(Json(
        app.end_officer(&asked.write()?, &bytes_of(&officer)?).await?,
    ))
}

/// Bytes of hex.
fn bytes_of<const N: usize>(digits: &str) -> Result<[u8; N], ProblemCode> {
    let mut bytes = [0; N];
    hex::decode_to_slice(digits, &mut bytes).map_err(|_| ProblemCode::RequestMalformed)?;
    Ok(bytes)
}
