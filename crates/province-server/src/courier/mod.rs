//! Brings messages to departments' systems, and nowhere else: whoever may name a URL could else have the province ask
//! machines of its own network.
//!
//! Addresses are looked at where the connection is made ([`Reach`]), so that a name which stands for another address a moment
//! later leads nowhere else. No proxy of the environment is used, no redirect followed, and of an answer nothing is read but its
//! head.

mod reach;

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use province_api::webhook::NotTaken;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Certificate, Client, StatusCode, Url};
use tokio_rustls::rustls;

pub use reach::Reach;

/// Longest wait for the head of an answer, connecting included.
pub const TIME_LIMIT: Duration = Duration::from_secs(10);
/// How long a connection is kept for the next message.
const IDLE: Duration = Duration::from_secs(15);

/// Why no courier could be made.
#[derive(Debug, thiserror::Error)]
#[error("no HTTP client could be made")]
pub struct CourierError(#[source] reqwest::Error);

/// Why a message was not taken, and after how many seconds the receiver wants to see the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) why: NotTaken,
    pub(crate) retry_after: Option<u64>,
}

impl From<NotTaken> for Refused {
    fn from(why: NotTaken) -> Self {
        Self {
            why,
            retry_after: None,
        }
    }
}

/// Brings messages.
#[derive(Clone, Debug)]
pub struct Courier {
    client: Client,
    reach: Arc<Reach>,
}

impl Courier {
    /// One that goes as far as `reach` says, gives each receiver `limit`, believes certificates of the machine's authorities and
    /// of these, and learns addresses from `names`.
    ///
    /// # Errors
    /// [`CourierError`].
    pub fn new(
        reach: Reach,
        limit: Duration,
        authorities: Vec<Certificate>,
        names: Arc<dyn Resolve>,
    ) -> Result<Self, CourierError> {
        let reach = Arc::new(reach);
        let guarded = Guarded {
            names,
            reach: Arc::clone(&reach),
        };
        let client = Client::builder()
            .user_agent(concat!("khyber-pass-province/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(guarded))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .no_gzip()
            .referer(false)
            .timeout(limit)
            .pool_idle_timeout(IDLE)
            .tls_certs_merge(authorities)
            .build()
            .map_err(CourierError)?;
        Ok(Self { client, reach })
    }

    /// How far it goes.
    pub(crate) fn reach(&self) -> &Reach {
        &self.reach
    }

    /// Brings a message to a URL; anything but 2xx is not taken.
    pub(crate) async fn bring(
        &self,
        url: &str,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    ) -> Result<(), Refused> {
        // It was looked at when it was set; since then the province may have been told to go less far.
        let url: Url = self.reach.url(url).ok_or(NotTaken::AddressRefused)?;
        let mut call = self.client.post(url).header(CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            call = call.header(name, value);
        }
        let answer = call.body(body).send().await.map_err(|error| why(&error))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let retry_after = answer.headers().get(RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
        let why = match status {
            StatusCode::GONE => NotTaken::Gone,
            _ if status.is_redirection() => NotTaken::Redirected,
            _ if status.is_client_error() => NotTaken::Refused,
            _ => NotTaken::Failed,
        };
        Err(Refused { why, retry_after })
    }
}

/// What an error of the client means.
fn why(error: &reqwest::Error) -> NotTaken {
    if caused_by::<Closed>(error) {
        NotTaken::AddressRefused
    } else if caused_by::<rustls::Error>(error) {
        NotTaken::Certificate
    } else if error.is_timeout() {
        NotTaken::TooSlow
    } else if error.is_connect() {
        NotTaken::Unreachable
    } else {
        NotTaken::Failed
    }
}

/// Whether an error has a cause of this kind. What an [`io::Error`] holds is not among its sources.
fn caused_by<E: Error + 'static>(error: &(dyn Error + 'static)) -> bool {
    let held = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    error.is::<E>()
        || held.is_some_and(|held| caused_by::<E>(held))
        || error.source().is_some_and(caused_by::<E>)
}

/// Names as the machine knows them.
#[derive(Clone, Copy, Debug)]
pub struct SystemNames;

impl Resolve for SystemNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// A name stands for no address to which messages are brought.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("no address of this name is open to the province")]
struct Closed;

/// Names, of which only addresses that may be reached are said: those are the ones that are connected to.
struct Guarded {
    names: Arc<dyn Resolve>,
    reach: Arc<Reach>,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let (found, reach) = (self.names.resolve(name), Arc::clone(&self.reach));
        Box::pin(async move {
            let open: Vec<SocketAddr> = found
                .await?
                .filter(|address| reach.is_open(address.ip()))
                .collect();
            if open.is_empty() {
                return Err(Closed.into());
            }
            Ok(Box::new(open.into_iter()) as Addrs)
        })
    }
}
