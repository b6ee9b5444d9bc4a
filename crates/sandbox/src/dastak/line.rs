//! How the simulated Dastak reaches the province: over HTTP, or as a test has it.

use std::time::Duration;

use ed25519_dalek::SigningKey;
use province_api::signature::{self, Target};

/// Longest wait for an answer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(3);

/// A signed request.
#[derive(Clone, Debug)]
pub struct Call {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The path, and what follows its question mark.
    pub path: String,
    /// The headers of the signature and of the write.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// Carries a call and brings its answer; nothing where nobody can say what became of it.
pub trait Line {
    /// Carries one.
    fn carry(&mut self, call: Call) -> impl Future<Output = Option<Answer>>;
}

/// The province by its address.
#[derive(Clone, Debug)]
pub struct HttpLine {
    url: String,
    client: reqwest::Client,
}

impl HttpLine {
    /// To the province at this address, without a slash at its end.
    ///
    /// # Errors
    /// If no client can be made on this machine.
    pub fn new(url: &str) -> reqwest::Result<Self> {
        let client = reqwest::Client::builder().no_proxy().timeout(ANSWER_TIME_MAX);
        Ok(Self {
            url: url.to_owned(),
            client: client.build()?,
        })
    }
}

impl Line for HttpLine {
    async fn carry(&mut self, call: Call) -> Option<Answer> {
        let url = format!("{}{}", self.url, call.path);
        let mut request = match call.method {
            "GET" => self.client.get(url),
            _ => self.client.post(url).body(call.body),
        };
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        let answer = request.send().await.ok()?;
        Some(Answer {
            status: answer.status().as_u16(),
            body: answer.bytes().await.ok()?.to_vec(),
        })
    }
}

/// Signs as a system of the province.
#[derive(Debug)]
pub(super) struct Pen {
    key: SigningKey,
    /// The last number that was drawn.
    drawn: u128,
}

impl Pen {
    /// Draws its numbers from `seed` on.
    pub(super) const fn new(key: SigningKey, seed: u64) -> Self {
        Self {
            key,
            drawn: (seed as u128) << 64,
        }
    }

    /// Sixteen bytes that were not drawn before.
    pub(super) const fn draw(&mut self) -> [u8; 16] {
        self.drawn += 1;
        self.drawn.to_be_bytes()
    }

    /// A call under this idempotency key, signed at this moment.
    pub(super) fn sign(
        &mut self,
        method: &'static str,
        path: &str,
        body: &[u8],
        key: &[u8; 16],
        now: u64,
    ) -> Call {
        let nonce = self.draw();
        let (plain, query) = path
            .split_once('?')
            .map_or((path, None), |(path, query)| (path, Some(query)));
        let target = Target {
            method,
            path: plain,
            query,
        };
        Call {
            method,
            path: path.to_owned(),
            headers: signature::sign_as_system(&self.key, &target, body, &hex::encode(key), now, &nonce),
            body: body.to_vec(),
        }
    }
}
