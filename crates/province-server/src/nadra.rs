//! The desk at NADRA: who is asked whether a citizen is who they say.
//!
//! No public specification of the real service was found, so the question and the outcomes are our own and an adapter
//! maps onto them. Whatever goes wrong on the way is one thing to the citizen: it could not be asked, try later.

pub mod breaker;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use axum::body::Bytes;
use province_api::nadra::{
    CHECK_CODE_PATH, CheckCodeRequest, CodeOutcome, FINGER_PATH, FingerRequest, NadraOutcome, Reply,
    SEND_CODE_PATH, SendCodeRequest, SendOutcome, VERIFY_PATH, VerifyRequest,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

/// Longest wait for a whole answer.
pub const TIME_LIMIT: Duration = Duration::from_secs(5);
/// Largest answer that is read, in bytes.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Room for the texts of a question, so that the picture is not copied about while it is written.
const TEXTS_BYTES: usize = 8 * 1024;

/// Why NADRA gave no outcome. For logs; the citizen is told that it could not be asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NadraError {
    /// Not reached, or the line broke.
    #[error("not reached")]
    Unreachable(#[source] reqwest::Error),
    /// Not answered in time.
    #[error("not answered in time")]
    TooSlow,
    /// Answered with this HTTP status.
    #[error("answered with status {0}")]
    Status(u16),
    /// The answer is larger than [`ANSWER_BYTES_MAX`].
    #[error("the answer is too large")]
    TooLarge,
    /// The answer is not of the agreed form.
    #[error("the answer is nonsense")]
    Nonsense,
    /// The answer is to another question.
    #[error("the answer is to another question")]
    OtherQuestion,
    /// This desk does not take such questions.
    #[error("such questions are not taken")]
    NotOffered,
}

impl NadraError {
    /// Whether NADRA itself is at fault, and not its answer about one citizen: it was not reached, was too slow, or said so by
    /// a status of 500 and above.
    pub const fn is_outage(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::TooSlow => true,
            Self::Status(status) => *status >= 500,
            Self::TooLarge | Self::Nonsense | Self::OtherQuestion | Self::NotOffered => false,
        }
    }

    /// Whether the line may be at fault, and not what answered: asking at once again may do.
    const fn may_be_the_line(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Status(502 | 504))
    }
}

/// A pending answer.
pub type Answer<'a, T = NadraOutcome> = Pin<Box<dyn Future<Output = Result<T, NadraError>> + Send + 'a>>;

/// Where citizens are confirmed. Each question takes no longer than the adapter's own time limit, and what it holds of a
/// body is wiped when it is answered.
pub trait NadraDesk: Send + Sync {
    /// Asks whether somebody is who they say, by their face.
    fn verify(&self, question: VerifyRequest) -> Answer<'_>;

    /// Has a code sent to somebody's SIM.
    fn send_code(&self, _question: SendCodeRequest) -> Answer<'_, SendOutcome> {
        not_offered()
    }

    /// Asks whether a code is the one that was sent.
    fn check_code(&self, _question: CheckCodeRequest) -> Answer<'_, CodeOutcome> {
        not_offered()
    }

    /// Asks BioVerisys whether somebody is who they say, by a finger and their face.
    fn verify_finger(&self, _question: FingerRequest) -> Answer<'_> {
        not_offered()
    }
}

fn not_offered<'a, T: Send + 'a>() -> Answer<'a, T> {
    Box::pin(std::future::ready(Err(NadraError::NotOffered)))
}

/// The desk over HTTP.
#[derive(Clone)]
pub struct HttpNadra {
    client: reqwest::Client,
    url: String,
    limit: Duration,
    token: Option<Zeroizing<String>>,
}

impl std::fmt::Debug for HttpNadra {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpNadra")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl HttpNadra {
    /// A desk at `base_url`, such as `http://127.0.0.1:4000`, that is given `limit` for a whole answer. With a `token`,
    /// the province says who it is by `Authorization: Bearer` (RFC 6750).
    ///
    /// # Errors
    /// [`NadraError::Unreachable`] if the client cannot be made.
    pub fn new(
        base_url: &str,
        token: Option<Zeroizing<String>>,
        limit: Duration,
    ) -> Result<Self, NadraError> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(NadraError::Unreachable)?;
        Ok(Self {
            client,
            url: base_url.trim_end_matches('/').to_owned(),
            limit,
            token,
        })
    }

    /// Asks, and once more where the line broke or a proxy said that it did: the question has a reference of its own, so
    /// that asked twice it is one. All of it within the limit. `bytes` is about how long the question is.
    async fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        question: impl Serialize,
        (reference, bytes): (province_api::Bytes, usize),
    ) -> Result<T, NadraError> {
        // Wiped with the last copy of it, as what it is made of is.
        let mut body = Zeroizing::new(Vec::with_capacity(bytes * 4 / 3 + TEXTS_BYTES));
        serde_json::to_writer(&mut *body, &question).map_err(|_| NadraError::Nonsense)?;
        let body = Bytes::from_owner(body);
        drop(question);
        let asked = async {
            match self.ask_once(path, body.clone(), &reference).await {
                Err(error) if error.may_be_the_line() => self.ask_once(path, body, &reference).await,
                answered => answered,
            }
        };
        tokio::time::timeout(self.limit, asked)
            .await
            .unwrap_or(Err(NadraError::TooSlow))
    }

    async fn ask_once<T: DeserializeOwned>(
        &self,
        path: &str,
        question: Bytes,
        reference: &province_api::Bytes,
    ) -> Result<T, NadraError> {
        let unreachable = |error: reqwest::Error| NadraError::Unreachable(error.without_url());
        let kind = (reqwest::header::CONTENT_TYPE, "application/json");
        let call = self.client.post(format!("{}{path}", self.url));
        let mut call = call.header(kind.0, kind.1).body(question);
        if let Some(token) = &self.token {
            call = call.bearer_auth(token.as_str());
        }
        let mut response = call.send().await.map_err(unreachable)?;
        if response.status() != reqwest::StatusCode::OK {
            return Err(NadraError::Status(response.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(NadraError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        let reply: Reply<T> = serde_json::from_slice(&body).map_err(|_| NadraError::Nonsense)?;
        if reply.reference != *reference {
            return Err(NadraError::OtherQuestion);
        }
        Ok(reply.outcome)
    }
}

impl NadraDesk for HttpNadra {
    fn verify(&self, question: VerifyRequest) -> Answer<'_> {
        let about = (question.reference.clone(), question.photo.as_ref().len());
        Box::pin(self.ask(VERIFY_PATH, question, about))
    }

    fn send_code(&self, question: SendCodeRequest) -> Answer<'_, SendOutcome> {
        let about = (question.reference.clone(), 0);
        Box::pin(self.ask(SEND_CODE_PATH, question, about))
    }

    fn check_code(&self, question: CheckCodeRequest) -> Answer<'_, CodeOutcome> {
        let about = (question.reference.clone(), 0);
        Box::pin(self.ask(CHECK_CODE_PATH, question, about))
    }

    fn verify_finger(&self, question: FingerRequest) -> Answer<'_> {
        let bytes = question.person.photo.as_ref().len() + question.template.as_ref().len();
        let about = (question.person.reference.clone(), bytes);
        Box::pin(self.ask(FINGER_PATH, question, about))
    }
}
