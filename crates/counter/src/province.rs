//! The way to the province: public files over HTTP, each with a limit, reports of lost phones, and enrolments.
//!
//! Nothing is believed for where it came from; the station verifies every byte.

use std::time::Duration;

use credential::{DELTA_BYTES_MAX, Piece};
use province_api::artefacts::{
    RISK_RULES_BYTES_MAX, STATUS_MANIFEST_BYTES_MAX, TRUST_LIST_BYTES_MAX, TYPE_REGISTER_BYTES_MAX,
};
use province_api::paths;
use reqwest::redirect::Policy;
use reqwest::{Body, Certificate, Client, Response};

use crate::StationCode;

const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
/// A shard over a village's line takes its time.
const TRANSFER_TIME_MAX: Duration = Duration::from_mins(1);

/// The province's API at one address.
#[derive(Debug, Clone)]
pub struct Province {
    client: Client,
    api_url: String,
}

impl Province {
    /// The API at this address (of a verified configuration). When TLS roots (X.509, DER) are given, chains must end in
    /// one of them; else this machine's roots count.
    ///
    /// # Errors
    /// When this machine's TLS cannot be set up, or a root cannot be read.
    pub fn new(api_url: &str, tls_roots: &[Vec<u8>]) -> Result<Self, reqwest::Error> {
        let mut client = Client::builder();
        if !tls_roots.is_empty() {
            let roots: Result<Vec<_>, _> = tls_roots.iter().map(|der| Certificate::from_der(der)).collect();
            client = client.tls_certs_only(roots?).https_only(true);
        }
        let client = client
            .connect_timeout(CONNECT_TIME_MAX)
            .timeout(TRANSFER_TIME_MAX)
            .redirect(Policy::none())
            .build()?;
        Ok(Self {
            client,
            api_url: api_url.trim_end_matches('/').to_owned(),
        })
    }

    /// The trust list as the province publishes it.
    ///
    /// # Errors
    /// [`StationCode::Unreachable`] and [`StationCode::BadAnswer`].
    pub async fn trust_list(&self) -> Result<Vec<u8>, StationCode> {
        self.get(paths::TRUST_LIST, TRUST_LIST_BYTES_MAX).await
    }

    /// The type register as the province publishes it.
    ///
    /// # Errors
    /// [`StationCode::Unreachable`] and [`StationCode::BadAnswer`].
    pub async fn type_register(&self) -> Result<Vec<u8>, StationCode> {
        self.get(paths::TYPES, TYPE_REGISTER_BYTES_MAX).await
    }

    /// The trust list that replaced the roots with this fingerprint; none while they are in force.
    ///
    /// # Errors
    /// [`StationCode::Unreachable`] and [`StationCode::BadAnswer`].
    pub async fn next_roots(&self, fingerprint: &str) -> Result<Option<Vec<u8>>, StationCode> {
        let path = format!("{}{fingerprint}", paths::TRUST_NEXT);
        self.get_if_there(&path, TRUST_LIST_BYTES_MAX).await
    }

    /// The risk rules as the province publishes them; none where it has none.
    ///
    /// # Errors
    /// [`StationCode::Unreachable`] and [`StationCode::BadAnswer`].
    pub async fn risk_rules(&self) -> Result<Option<Vec<u8>>, StationCode> {
        self.get_if_there(paths::RISK_RULES, RISK_RULES_BYTES_MAX).await
    }

    /// The status manifest as the province publishes it.
    ///
    /// # Errors
    /// [`StationCode::Unreachable`] and [`StationCode::BadAnswer`].
    pub async fn status_manifest(&self) -> Result<Vec<u8>, StationCode> {
        self.get(paths::STATUS_MANIFEST, STATUS_MANIFEST_BYTES_MAX).await
    }

    /// A table or shard of the status lists.
    ///
    /// # Errors
    /// [`StationCode::Unreachable`] and [`StationCode::BadAnswer`].
    pub async fn status_piece(&self, piece: &Piece) -> Result<Vec<u8>, StationCode> {
        let path = format!("{}{}", paths::STATUS_PIECES, piece.name());
        self.get(&path, piece.bytes_max).await
    }

    /// The changes between two epochs.
    ///
    /// # Errors
    /// [`StationCode::Unreachable`] and [`StationCode::BadAnswer`], also when the province does not keep them.
    pub async fn status_delta(&self, from: u64, to: u64) -> Result<Vec<u8>, StationCode> {
        self.get(&format!("{}{from}/{to}", paths::STATUS_DELTAS), DELTA_BYTES_MAX)
            .await
    }

    /// Sends what is signed by its headers; the answer's status and body.
    ///
    /// # Errors
    /// [`StationCode::Unreachable`], and [`StationCode::BadAnswer`] for one that is longer than `bytes_max`.
    pub async fn post(
        &self,
        path: &str,
        headers: &[(&'static str, String)],
        body: impl Into<Body>,
        bytes_max: usize,
    ) -> Result<(u16, Vec<u8>), StationCode> {
        let mut request = self.client.post(format!("{}{path}", self.api_url));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let answer = request
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await
            .map_err(|_| StationCode::Unreachable)?;
        Ok((answer.status().as_u16(), limited(answer, bytes_max).await?))
    }

    async fn get(&self, path: &str, bytes_max: usize) -> Result<Vec<u8>, StationCode> {
        self.get_if_there(path, bytes_max)
            .await?
            .ok_or(StationCode::BadAnswer)
    }

    async fn get_if_there(&self, path: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, StationCode> {
        let url = format!("{}{path}", self.api_url);
        let answer = self
            .client
            .get(url)
            .send()
            .await
            .map_err(|_| StationCode::Unreachable)?;
        if answer.status() == reqwest::StatusCode::NOT_FOUND {
            return Ok(None);
        }
        if answer.status() != reqwest::StatusCode::OK {
            return Err(StationCode::BadAnswer);
        }
        limited(answer, bytes_max).await.map(Some)
    }
}

/// The body of an answer, which is no longer than that.
async fn limited(mut answer: Response, bytes_max: usize) -> Result<Vec<u8>, StationCode> {
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(|_| StationCode::Unreachable)? {
        if body.len() + piece.len() > bytes_max {
            return Err(StationCode::BadAnswer);
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}
