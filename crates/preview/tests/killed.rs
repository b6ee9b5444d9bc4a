//! The real program, killed at any moment of an enrolment with a real province over real sockets: nothing is lost and
//! nothing is done twice.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

#[path = "../../../tests/soak.rs"]
mod soak;

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use credential::Timestamp;
use getrandom::SysRng;
use province_server::AppParts;
use province_server::admin::Office;
use province_server::nadra::{HttpNadra, TIME_LIMIT};
use province_server::randomness::Randomness;
use province_server::store::person;
use rand_core::{Rng as _, UnwrapErr};
use serde_json::{Value, json};
use soak::soak;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use ureq::Agent;

const PIN: &str = "246810";
/// Lives of the program in one enrolment.
const LIVES: usize = 5;
/// An undisturbed enrolment is over well before.
const MOMENT_MS_MAX: u32 = 600;

/// A province and its NADRA, behind sockets of their own.
struct Province {
    runtime: Runtime,
    office: Office,
    config: PathBuf,
    _folder: TempDir,
}

impl Province {
    fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("province.kpc");
        let office = runtime.block_on(async {
            let randomness = || Randomness::new(UnwrapErr(SysRng));
            let data = folder.path().join("province");
            let made = Office::make(&data, &sandbox::roots::ROOT_SEEDS, &randomness(), now()).await;
            let office = made.unwrap().0;
            let nadra = sandbox::nadra::router(Arc::new(sandbox::nadra::Nadra::new()));
            let nadra = format!("http://{}", serve(nadra).await);
            let address = serve(province_server::app(AppParts {
                store: office.store().clone(),
                keys: office.keys().serving().unwrap(),
                nadra: Arc::new(HttpNadra::new(&nadra, None, TIME_LIMIT).unwrap()),
                clock: Arc::new(now),
                randomness: randomness(),
            }))
            .await;
            let signed = office.config(&format!("http://{address}"), now()).unwrap();
            std::fs::write(&config, signed).unwrap();
            office
        });
        Self {
            runtime,
            office,
            config,
            _folder: folder,
        }
    }

    /// How many are enrolled.
    fn people(&self) -> u64 {
        self.runtime.block_on(async {
            let mut database = self.office.store().read().await.unwrap();
            person::count(&mut database).await.unwrap()
        })
    }
}

async fn serve(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

#[expect(
    clippy::disallowed_methods,
    reason = "the program under test reads the clock too"
)]
fn now() -> Timestamp {
    Timestamp::from_unix(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs())
}

/// One life of the program.
struct Life {
    program: Child,
    url: String,
    token: String,
}

impl Life {
    fn begin(data: &Path, config: &Path) -> Self {
        let mut program = Command::new(env!("CARGO_BIN_EXE_preview"))
            .arg("--data")
            .arg(data)
            .arg("--config")
            .arg(config)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(program.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let text = |key: &str| ready[key].as_str().unwrap().to_owned();
        Self {
            url: text("url"),
            token: text("token"),
            program,
        }
    }

    /// Calls a command on another thread; nothing is answered if the program dies.
    fn call(&self, command: &str, arguments: Value) -> JoinHandle<Option<Value>> {
        let agent: Agent = Agent::config_builder().http_status_as_error(false).build().into();
        let call = agent
            .post(format!("{}/invoke/{command}", self.url))
            .header("X-Khyber-Token", &self.token);
        std::thread::spawn(move || call.send_json(arguments).ok()?.body_mut().read_json().ok())
    }

    fn ok(&self, command: &str, arguments: Value) -> Value {
        let answer = self.call(command, arguments).join().unwrap().unwrap();
        assert!(answer["error"].is_null(), "{command}: {}", answer["error"]);
        answer["ok"].clone()
    }

    /// SIGKILL: the program can do nothing about it.
    fn kill(&mut self) {
        self.program.kill().unwrap();
        self.program.wait().unwrap();
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

#[test]
fn an_enrolment_killed_at_any_moment_goes_on_and_is_done_once() {
    soak(|| {
        let province = Province::start();
        let data = tempfile::tempdir().unwrap();
        let mut life = Life::begin(data.path(), &province.config);
        life.ok("create_vault", json!({ "pin": PIN }));
        let citizen = life.ok("test_citizens", json!({}))[0].clone();
        life.ok("save_draft", json!({ "draft": citizen["draft"] }));
        life.ok("set_photo", json!({ "bytes": citizen["portrait"] }));

        let mut moments = Vec::new();
        for _ in 0..LIVES {
            moments.push(UnwrapErr(SysRng).next_u32() % MOMENT_MS_MAX);
            let enrolling = life.call("enrol", json!({}));
            // Nothing waits for this: the moment is what is tested.
            std::thread::sleep(Duration::from_millis(moments[moments.len() - 1].into()));
            life.kill();
            enrolling.join().unwrap();

            life = Life::begin(data.path(), &province.config);
            let state = life.ok("unlock", json!({ "pin": PIN }));
            if state["enrolment"] == "draft" {
                let draft = life.ok("draft", json!({}));
                assert_eq!(draft["cnic"], citizen["draft"]["cnic"], "{moments:?}");
                assert_eq!(draft["has_photo"], true, "{moments:?}");
            }
            assert!(province.people() <= 1, "{moments:?}");
        }

        let state = life.ok("enrol", json!({}));
        assert_eq!(state["enrolment"], "enrolled", "after {moments:?}: {state}");
        let home = life.ok("home", json!({}));
        assert!(home["card"].is_object(), "{moments:?}");
        let passes = home["passes"].as_array().unwrap();
        let stock: Vec<_> = passes
            .iter()
            .map(|pass| (&pass["left"], &pass["total"]))
            .collect();
        let whole = [10, 10, 5, 2].map(|number| json!(number));
        let whole: Vec<_> = whole.iter().map(|number| (number, number)).collect();
        assert_eq!(stock, whole, "after {moments:?}");
        assert_eq!(province.people(), 1, "after {moments:?}");
    });
}
