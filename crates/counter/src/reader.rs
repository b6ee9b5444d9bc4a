//! The reader of fingers at the desk, behind a port of HTTP on this machine (docs/desk.md).
//!
//! A vendor's driver, or the sandbox, listens on loopback; this asks it for one finger at a time and keeps nothing. Rejected:
//! vendors' libraries in this program, which would put their memory faults beside the station's key.

use std::path::Path;
use std::time::Duration;

use province_api::Biometric;
use province_api::proofing::{
    Finger, FingerQuestion, FingerReader, NoFinger, READER_PATH, ReaderError, TEMPLATE_BYTES_MAX,
};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};
use serde::Deserialize;
use tokio::runtime::Handle;
use zeroize::Zeroizing;

/// Longest wait for somebody to put a finger on it and for it to be read.
const TIME_MAX: Duration = Duration::from_secs(30);

/// What the file says that names a reader. Only its owner should read it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    url: String,
    token: Zeroizing<String>,
}

/// The file that names a reader cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReaderFileError {
    /// It cannot be read.
    #[error("the file that names the reader cannot be read")]
    File(#[from] std::io::Error),
    /// It is of another form.
    #[error("the file that names the reader is not as docs/desk.md describes it")]
    Form(#[source] serde_json::Error),
    /// The reader is not on this machine.
    #[error("a reader listens on loopback: http://127.0.0.1:PORT")]
    Elsewhere,
    /// There is no HTTP.
    #[error("the reader cannot be asked")]
    Client(#[source] reqwest::Error),
}

/// A reader that listens on this machine.
#[derive(Clone)]
pub struct LocalReader {
    client: Client,
    url: Url,
    token: Zeroizing<String>,
    runtime: Handle,
}

impl std::fmt::Debug for LocalReader {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("LocalReader").finish_non_exhaustive()
    }
}

impl LocalReader {
    /// The one that this file names.
    ///
    /// # Errors
    /// [`ReaderFileError`].
    pub fn of_file(file: &Path, runtime: Handle) -> Result<Self, ReaderFileError> {
        let text = Zeroizing::new(std::fs::read_to_string(file)?);
        let place: Place = serde_json::from_str(&text).map_err(ReaderFileError::Form)?;
        Self::new(&place.url, place.token, runtime)
    }

    /// The one at this address, which knows this desk by this token.
    ///
    /// # Errors
    /// [`ReaderFileError::Elsewhere`], [`ReaderFileError::Client`].
    pub fn new(url: &str, token: Zeroizing<String>, runtime: Handle) -> Result<Self, ReaderFileError> {
        let url = Url::parse(url).map_err(|_| ReaderFileError::Elsewhere)?;
        let host = url.host_str().map(|host| host.trim_matches(['[', ']']).parse());
        let is_here = matches!(host, Some(Ok(address)) if std::net::IpAddr::is_loopback(&address));
        if url.scheme() != "http" || !is_here {
            return Err(ReaderFileError::Elsewhere);
        }
        let url = url.join(READER_PATH).map_err(|_| ReaderFileError::Elsewhere)?;
        let client = Client::builder()
            .timeout(TIME_MAX)
            .redirect(Policy::none())
            .no_proxy()
            .build()
            .map_err(ReaderFileError::Client)?;
        Ok(Self {
            client,
            url,
            token,
            runtime,
        })
    }

    async fn ask(&self, finger: Finger) -> Result<Biometric, ReaderError> {
        let question = serde_json::to_vec(&FingerQuestion { finger }).map_err(|_| ReaderError::NoReader)?;
        let sent = self
            .client
            .post(self.url.clone())
            .bearer_auth(self.token.as_str())
            .header("content-type", "application/json")
            .body(question)
            .send()
            .await;
        // Whoever waits for a finger that does not come is no broken reader.
        let mut answer = sent.map_err(|error| {
            if error.is_timeout() {
                ReaderError::NoFinger
            } else {
                ReaderError::NoReader
            }
        })?;
        let status = answer.status();
        let mut body = Zeroizing::new(Vec::with_capacity(TEMPLATE_BYTES_MAX));
        while let Some(piece) = answer.chunk().await.map_err(|_| ReaderError::NoReader)? {
            if body.len() + piece.len() > TEMPLATE_BYTES_MAX {
                return Err(ReaderError::NoReader);
            }
            body.extend_from_slice(&piece);
        }
        if status == StatusCode::OK && !body.is_empty() {
            return Ok(Biometric::from(std::mem::take(&mut *body)));
        }
        let said: Option<NoFinger> = serde_json::from_slice(&body).ok();
        let code = said.map(|said| said.code);
        Err(ReaderError::ALL
            .into_iter()
            .find(|error| code.as_deref() == Some(error.code()))
            .unwrap_or(ReaderError::NoReader))
    }
}

impl FingerReader for LocalReader {
    fn read(&self, finger: Finger) -> Result<Biometric, ReaderError> {
        self.runtime.block_on(self.ask(finger))
    }
}
