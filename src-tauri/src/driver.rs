//! The network: does what the wallet's sync asks for, one request after the other.
//!
//! The wallet says what to send and what an answer means; here are only the socket and its limits.
//! The wallet is free while a request is on its way, so that a citizen can show a pass meanwhile.

use std::time::Duration;

use credential::Timestamp;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Method, Response};
use tokio::sync::Mutex;
use wallet::screen::SyncReport;
use wallet::screen::lost::LostTold;
use wallet::{Failure, HttpRequest, HttpResponse, LostReport, UiCode, UiError, Wallet};

use crate::app::{App, Moment, Rng};

/// Longest wait for one answer, whatever the wallet would allow.
const TIME_LIMIT_MAX: Duration = Duration::from_secs(30);
/// Longest wait for a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// Largest answer, whatever the wallet would allow.
const RESPONSE_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Most requests of one run: an application, an artefact of each kind, a list for each issuer.
const REQUESTS_MAX: usize = 200;
/// The same for everybody: what tells versions apart also tells people apart.
const USER_AGENT: &str = "khyber-pass";

/// The HTTP client; one run at a time.
pub struct Driver {
    client: Client,
    one_run: Mutex<()>,
}

impl Driver {
    /// A client that follows no redirects, keeps no cookies and asks no proxy. When the province names TLS roots (X.509,
    /// DER), chains end in one of them and in no other, and nothing is sent without TLS; else the platform's roots count.
    ///
    /// # Errors
    ///
    /// When there is no TLS on this device, or a root cannot be read.
    pub fn new(tls_roots: &[Vec<u8>]) -> Result<Self, reqwest::Error> {
        let mut client = Client::builder();
        if !tls_roots.is_empty() {
            let roots: Result<Vec<_>, _> = tls_roots.iter().map(|der| Certificate::from_der(der)).collect();
            client = client.tls_certs_only(roots?).https_only(true);
        }
        let client = client
            .user_agent(USER_AGENT)
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_LIMIT)
            .timeout(TIME_LIMIT_MAX)
            .build()?;
        Ok(Self {
            client,
            one_run: Mutex::new(()),
        })
    }

    /// Starts a run in the wallet and carries it through.
    ///
    /// # Errors
    ///
    /// The wallet's: what stopped the run.
    pub async fn run(
        &self,
        app: &App,
        start: impl FnOnce(&mut Wallet, Moment<'_>) -> Result<(), UiError> + Send + 'static,
    ) -> Result<SyncReport, UiError> {
        let _one_run = self.one_run.lock().await;
        app.unattended(start).await?;
        for _ in 0..REQUESTS_MAX {
            let Some(request) = app
                .unattended(|wallet, at| wallet.next_request(at.now, at.rng))
                .await?
            else {
                return app.unattended(|wallet, at| wallet.finish_run(at.now)).await;
            };
            match self.send(request).await {
                Ok(response) => {
                    app.unattended(move |wallet, at| wallet.on_response(&response, at.now))
                        .await?;
                }
                Err(failure) => {
                    app.unattended(move |wallet, at| wallet.on_failure(failure, at.now))
                        .await?;
                }
            }
        }
        Err(UiCode::AnswerInvalid.into())
    }

    /// Sends a report of a lost phone: no run, no vault.
    ///
    /// # Errors
    ///
    /// What the province or the network said.
    pub async fn tell(
        &self,
        report: &mut LostReport,
        now: impl Fn() -> Timestamp,
        rng: &mut Rng,
    ) -> Result<LostTold, UiError> {
        while let Some(request) = report.next_request(now(), rng) {
            match self.send(request).await {
                Ok(response) => report.on_response(&response, now()),
                Err(failure) => report.on_failure(failure),
            }
        }
        report.finish()
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Failure> {
        let method = Method::from_bytes(request.method.as_bytes()).map_err(|_| Failure::Unreachable)?;
        let time_limit = Duration::from_secs(request.time_limit_seconds.into()).min(TIME_LIMIT_MAX);
        let sent = self
            .client
            .request(method, &request.url)
            .headers(headers(&request.headers)?)
            .timeout(time_limit)
            .body(request.body)
            .send()
            .await;
        answer(
            sent.map_err(|error| failure(&error))?,
            request.response_bytes_max.min(RESPONSE_BYTES_MAX),
        )
        .await
    }
}

fn headers(pairs: &[(String, String)]) -> Result<HeaderMap, Failure> {
    pairs
        .iter()
        .map(|(name, value)| {
            Some((
                name.parse::<HeaderName>().ok()?,
                HeaderValue::from_str(value).ok()?,
            ))
        })
        .collect::<Option<_>>()
        .ok_or(Failure::Unreachable)
}

/// Reads an answer, unpacked, but never more of it than is allowed: a small answer may unpack to a huge one.
async fn answer(mut response: Response, bytes_max: usize) -> Result<HttpResponse, Failure> {
    let status = response.status().as_u16();
    // A header that is no text is as good as none.
    let headers = response
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
        .collect();
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(|error| failure(&error))? {
        if body.len() + part.len() > bytes_max {
            return Err(Failure::AnswerTooLarge);
        }
        body.extend_from_slice(&part);
    }
    Ok(HttpResponse {
        status,
        headers,
        body,
    })
}

fn failure(error: &reqwest::Error) -> Failure {
    if error.is_timeout() {
        Failure::TimedOut
    } else {
        Failure::Unreachable
    }
}

#[cfg(test)]
mod tls;

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]

    use std::io::{Read as _, Write as _};
    use std::net::{SocketAddr, TcpListener};
    use std::sync::mpsc;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    /// A server for one request: gives the answer and hands over what it was sent.
    fn serve(answer: &'static [u8]) -> (SocketAddr, mpsc::Receiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (heard, hearing) = mpsc::channel();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = vec![0; 4096];
            let length = stream.read(&mut request).unwrap();
            heard
                .send(String::from_utf8_lossy(&request[..length]).into_owned())
                .unwrap();
            stream.write_all(answer).unwrap();
            // An empty answer means: never answer. The client goes away first.
            if answer.is_empty() {
                let _ = stream.read(&mut request);
            }
        });
        (address, hearing)
    }

    fn request(address: SocketAddr) -> HttpRequest {
        HttpRequest {
            method: "GET",
            url: format!("http://{address}/v1/trust-list"),
            path: "/v1/trust-list".into(),
            headers: vec![("x-test".into(), "yes".into())],
            body: Vec::new(),
            response_bytes_max: 10,
            time_limit_seconds: 1,
        }
    }

    fn send(request: HttpRequest) -> Result<HttpResponse, Failure> {
        tauri::async_runtime::block_on(Driver::new(&[]).unwrap().send(request))
    }

    #[test]
    fn answer_comes_back_with_status_headers_and_body() {
        let (address, heard) = serve(b"HTTP/1.1 503 x\r\nRetry-After: 5\r\nContent-Length: 4\r\n\r\nwait");
        let response = send(request(address)).unwrap();
        assert_eq!(
            (response.status, response.body.as_slice()),
            (503, b"wait".as_slice())
        );
        assert!(response.headers.contains(&("retry-after".into(), "5".into())));
        let sent = heard.recv().unwrap().to_lowercase();
        assert!(
            sent.contains("x-test: yes") && sent.contains("user-agent: khyber-pass\r\n"),
            "{sent}"
        );
    }

    #[test]
    fn redirect_is_an_answer_and_is_not_followed() {
        let (address, _heard) =
            serve(b"HTTP/1.1 302 x\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(send(request(address)).unwrap().status, 302);
    }

    #[test]
    fn packed_answers_are_unpacked_and_the_limit_is_for_what_comes_out() {
        for (length, expected) in [(10, Ok(vec![7; 10])), (1 << 20, Err(Failure::AnswerTooLarge))] {
            let mut packed = GzEncoder::new(Vec::new(), Compression::best());
            packed.write_all(&vec![7; length]).unwrap();
            let packed = packed.finish().unwrap();
            let head = format!(
                "HTTP/1.1 200 x\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
                packed.len()
            );
            let (address, received) = serve([head.as_bytes(), &packed].concat().leak());
            assert_eq!(send(request(address)).map(|answer| answer.body), expected);
            let sent = received.recv().unwrap().to_lowercase();
            assert!(sent.contains("accept-encoding: gzip"), "{sent}");
        }
    }

    #[test]
    fn too_long_silent_and_absent_answers_are_told_apart() {
        let (long, _heard) = serve(b"HTTP/1.1 200 x\r\nContent-Length: 11\r\n\r\n01234567890");
        assert_eq!(send(request(long)), Err(Failure::AnswerTooLarge));
        let (silent, _heard) = serve(b"");
        assert_eq!(send(request(silent)), Err(Failure::TimedOut));
        let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert_eq!(send(request(gone)), Err(Failure::Unreachable));
    }
}
