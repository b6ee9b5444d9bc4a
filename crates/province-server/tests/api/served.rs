//! A province as a program of its own, and phones that speak with it over HTTP by the machine's clock.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::sync::Arc;

use credential::{
    Code, Context, Expect, StatusManifest, StatusSet, Timestamp, TrustList, present_timed, verify,
};
use province_api::passes::{Challenge, PassesReply};
use province_api::problem::{Problem, ProblemCode};
use province_api::{Bytes, paths};
use tempfile::TempDir;

use crate::bench::{Phone, test_roots};
use crate::process::{self, Service, json, serve_with};

/// How many citizens NADRA knows.
const CITIZENS: u32 = 20;

/// A province that serves until it is dropped.
pub struct Served {
    folder: TempDir,
    environment: Vec<(&'static str, OsString)>,
    nadra: String,
    service: Option<Service>,
    client: reqwest::Client,
}

#[expect(
    clippy::disallowed_methods,
    reason = "the program reads the machine's clock, so its caller has to"
)]
pub fn now() -> Timestamp {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Timestamp::from_unix(now.unwrap().as_secs())
}

impl Served {
    /// Makes a province with these words more for `init`, and serves it.
    pub async fn new(init: &[&str], environment: Vec<(&'static str, OsString)>) -> Self {
        let nadra = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let nadra_url = format!("http://{}", nadra.local_addr().unwrap());
        let app = sandbox::nadra::router(Arc::new(sandbox::nadra::Nadra::new().with_numbered(CITIZENS)));
        tokio::spawn(async move { axum::serve(nadra, app).await });
        let mut served = Self {
            folder: tempfile::tempdir().unwrap(),
            environment,
            nadra: nadra_url,
            service: None,
            // Commands run between requests for longer than the province keeps a connection that waits.
            client: reqwest::Client::builder()
                .no_proxy()
                .pool_max_idle_per_host(0)
                .build()
                .unwrap(),
        };
        let roots = served.folder.path().join("roots.json");
        std::fs::write(&roots, sandbox::roots::root_seeds_json()).unwrap();
        let made = ["init", "--roots", roots.to_str().unwrap()];
        let small = ["--status-shards", "1", "--status-shard-power", "8"];
        json(&served.command(&[&made[..], &small, init].concat(), ""));
        served.start();
        served
    }

    /// The same province served from another folder, which `bring` fills from this one's; what it gives is in the environment.
    pub fn restored(&self, bring: impl FnOnce(&Path, &Path) -> Vec<(&'static str, OsString)>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let environment = bring(&self.data(), &folder.path().join("province"));
        let mut served = Self {
            folder,
            environment,
            nadra: self.nadra.clone(),
            service: None,
            client: self.client.clone(),
        };
        served.start();
        served
    }

    /// Tells the service to end in order; how it ended. What it said is in `log`.
    pub fn told_to_end(&mut self) -> ExitStatus {
        self.service.take().unwrap().told_to_end()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.beside("log")).unwrap()
    }

    /// The status and the body of a page of the operator's.
    pub async fn page(&self, path: &str) -> (u16, String) {
        let reply = self.client.get(self.url(path)).send().await.unwrap();
        (reply.status().as_u16(), reply.text().await.unwrap())
    }

    fn start(&mut self) {
        let (data, nadra) = (self.data(), self.nadra.clone());
        let log = File::create(self.beside("log")).unwrap();
        self.service = Some(serve_with(&data, &nadra, Stdio::from(log), &self.environment));
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("province")
    }

    /// A file beside the data.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs an operator's command.
    pub fn command(&self, words: &[&str], stdin: &str) -> Output {
        let data = self.data();
        let all = [words, &["--data", data.to_str().unwrap()]].concat();
        process::run_with(&all, stdin, &self.environment)
    }

    /// Runs one that must succeed; what it says.
    pub fn done(&self, words: &[&str]) -> serde_json::Value {
        json(&self.command(words, ""))
    }

    /// Where it is, without a slash at its end.
    pub fn address(&self) -> String {
        self.service.as_ref().unwrap().url()
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address())
    }

    pub async fn get(&self, path: &str) -> Vec<u8> {
        let reply = self.client.get(self.url(path)).send().await.unwrap();
        assert_eq!(reply.status().as_u16(), 200, "{path}");
        reply.bytes().await.unwrap().to_vec()
    }

    /// Sends a request that was made for a router; what came back, which is no refusal.
    pub async fn send(&self, request: axum::http::Request<axum::body::Body>) -> Vec<u8> {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let url = self.url(&parts.uri.to_string());
        let call = self.client.request(parts.method, url).headers(parts.headers);
        let reply = call.body(body).send().await.unwrap();
        assert_eq!(reply.status().as_u16(), 200);
        reply.bytes().await.unwrap().to_vec()
    }

    pub async fn post<T: serde::de::DeserializeOwned>(
        &self,
        phone: &Phone,
        path: &str,
        body: &[u8],
    ) -> Result<T, ProblemCode> {
        let signed = phone.signed(path, body, &phone.idempotency_key(), now().unix());
        let mut request = self.client.post(self.url(path)).body(body.to_vec());
        for (name, value) in signed.headers() {
            request = request.header(name.as_str(), value.as_bytes());
        }
        let reply = request.send().await.unwrap();
        let done = reply.status().is_success();
        let bytes = reply.bytes().await.unwrap();
        if done {
            Ok(serde_json::from_slice(&bytes).unwrap())
        } else {
            Err(serde_json::from_slice::<Problem>(&bytes).unwrap().code)
        }
    }

    /// An enrolled phone of the numbered citizen, below [`CITIZENS`].
    pub async fn enrolled(&self, citizen: u8) -> Phone {
        let phone = Phone::new(citizen + 1);
        let enrolment = sandbox::citizens::numbered(citizen.into()).enrolment();
        let body = serde_json::to_vec(&enrolment).unwrap();
        let _: serde_json::Value = self.post(&phone, paths::ENROLMENTS, &body).await.unwrap();
        phone
    }

    /// Draws a batch, with the holder keys from `first` on.
    pub async fn drawn(&self, phone: &Phone, first: u64, types: &[&str]) -> Result<PassesReply, ProblemCode> {
        let challenge: Challenge = self.post(phone, paths::CHALLENGES, b"").await?;
        let wanted = phone.wanted(&challenge.challenge, first, types);
        let body = serde_json::to_vec(&wanted).unwrap();
        self.post(phone, paths::PASSES, &body).await
    }

    /// The published trust list, verified as an app does.
    pub async fn trust(&self) -> TrustList {
        TrustList::verify(&self.get(paths::TRUST_LIST).await, &test_roots(), None).unwrap()
    }

    /// The published status, verified as a counter does.
    pub async fn status(&self, trust: &TrustList) -> StatusSet {
        let manifest = self.get(paths::STATUS_MANIFEST).await;
        let mut set = StatusSet::new(StatusManifest::verify(&manifest, trust, None).unwrap());
        while let Some(piece) = set.missing().first() {
            let bytes = self
                .get(&format!("{}{}", paths::STATUS_PIECES, piece.name()))
                .await;
            set.add(piece, &bytes).unwrap();
        }
        set
    }

    /// What a desk with this province's newest data says to a pass that is shown without being asked for.
    pub async fn verdict(&self, phone: &Phone, index: u64, pass: &Bytes) -> Code {
        let trust = self.trust().await;
        let status = self.status(&trust).await;
        let shown = present_timed(&pass.0, &phone.holder(index), "kp:test-desk", now()).unwrap();
        let context = Context {
            now: now(),
            trust: Some(&trust),
            status: Some(&status),
            types: None,
            expect: Expect::Timed {
                audience: "kp:test-desk",
            },
            rule: None,
        };
        verify(&shown, &context).code
    }
}
