//! A department's receiver of webhooks: verifies what comes by the province's published keys alone, takes each message once,
//! and answers as it is told to.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use province_api::signature::SignatureError;
use province_api::signature::webhook::{WEBHOOK_ID, verify};
use province_api::webhook::{Notice, WebhookKeysReply};
use tokio::sync::Notify;

/// Where it is told.
pub const PATH: &str = "/khyber";

/// What is sent of an answer without an end, at a time.
static CHUNK: [u8; 64 * 1024] = [b' '; 64 * 1024];

/// How it answers what is good.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// It takes it.
    #[default]
    Good,
    /// With this status.
    Status(u16),
    /// With 503, and after how many seconds it wants to see the next.
    Later(u64),
    /// That it is to be found elsewhere.
    Elsewhere(String),
    /// Never.
    Hanging,
    /// It takes it, and its answer has no end.
    Endless,
}

/// Why it does not believe what came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disbelief {
    /// The signature.
    Signature(SignatureError),
    /// The key is none of the province's.
    Key,
    /// It is no notice.
    Form,
}

/// Who told it: a message by its id, each time that it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// `webhook-id`.
    pub id: String,
    /// What the message says.
    pub notice: Notice,
    /// The message as it came.
    pub body: Vec<u8>,
}

#[derive(Default)]
struct Book {
    manner: Manner,
    keys: BTreeSet<Vec<u8>>,
    ids: BTreeSet<String>,
    came: Vec<Told>,
    taken: Vec<Notice>,
    disbelieved: Vec<Disbelief>,
}

/// A receiver.
pub struct Receiver {
    url: String,
    now: Box<dyn Fn() -> u64 + Send + Sync>,
    book: Mutex<Book>,
    rung: Notify,
}

impl Receiver {
    /// One that is at this URL; `now` says what time it is, in unix seconds.
    pub fn new(url: &str, now: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self {
            url: url.to_owned(),
            now: Box::new(now),
            book: Mutex::default(),
            rung: Notify::new(),
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Believes these keys from now on, as the province publishes them.
    pub fn believe(&self, published: &WebhookKeysReply) {
        self.book().keys = published.keys.iter().map(|key| key.key.0.clone()).collect();
    }

    /// Answers like this from now on.
    pub fn be(&self, manner: Manner) {
        self.book().manner = manner;
    }

    /// Every message that was believed, each time that it came.
    pub fn came(&self) -> Vec<Told> {
        self.book().came.clone()
    }

    /// What was taken, each once.
    pub fn taken(&self) -> Vec<Notice> {
        self.book().taken.clone()
    }

    /// Why others were not believed.
    pub fn disbelieved(&self) -> Vec<Disbelief> {
        self.book().disbelieved.clone()
    }

    /// Waits until so many messages came.
    pub async fn until_came(&self, count: usize) {
        loop {
            let rung = self.rung.notified();
            if self.book().came.len() >= count {
                return;
            }
            rung.await;
        }
    }

    /// The receiver over HTTP.
    pub fn router(self: &Arc<Self>) -> Router {
        Router::new().route(PATH, post(take)).with_state(Arc::clone(self))
    }

    fn believed(&self, headers: &HeaderMap, body: &[u8]) -> Result<Told, Disbelief> {
        let header = |name: &str| headers.get(name)?.to_str().ok();
        let proven = verify(header, &self.url, body, (self.now)()).map_err(Disbelief::Signature)?;
        if !self.book().keys.contains(&proven.key[..]) {
            return Err(Disbelief::Key);
        }
        let notice = serde_json::from_slice(body).map_err(|_| Disbelief::Form)?;
        let id = header(WEBHOOK_ID).unwrap_or_default().to_owned();
        Ok(Told {
            id,
            notice,
            body: body.to_vec(),
        })
    }

    /// What is to be answered to what came.
    fn hears(&self, headers: &HeaderMap, body: &[u8]) -> Option<Manner> {
        let believed = self.believed(headers, body);
        let mut book = self.book();
        let told = match believed {
            Ok(told) => told,
            Err(why) => {
                book.disbelieved.push(why);
                return None;
            }
        };
        let manner = book.manner.clone();
        let is_good = matches!(manner, Manner::Good | Manner::Endless);
        // What was taken before is answered as it was, and not taken again.
        if is_good && book.ids.insert(told.id.clone()) {
            book.taken.push(told.notice.clone());
        }
        book.came.push(told);
        drop(book);
        self.rung.notify_waiters();
        Some(manner)
    }
}

async fn take(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> Response {
    match receiver.hears(&headers, &body) {
        None => StatusCode::UNAUTHORIZED.into_response(),
        Some(Manner::Good) => StatusCode::NO_CONTENT.into_response(),
        Some(Manner::Status(status)) => StatusCode::from_u16(status)
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            .into_response(),
        Some(Manner::Later(seconds)) => {
            let after = [(header::RETRY_AFTER, seconds.to_string())];
            (StatusCode::SERVICE_UNAVAILABLE, after).into_response()
        }
        Some(Manner::Elsewhere(place)) => {
            (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, place)]).into_response()
        }
        Some(Manner::Hanging) => std::future::pending().await,
        Some(Manner::Endless) => {
            let chunk = Ok::<_, std::convert::Infallible>(Bytes::from_static(&CHUNK));
            Response::new(Body::from_stream(tokio_stream::iter(std::iter::repeat(chunk))))
        }
    }
}
