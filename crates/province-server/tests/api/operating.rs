//! The program as its operator runs it: configuration, signals, what it says of itself.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use province_api::audit::AuditRequest;
use province_api::device_key::DeviceKeyRequest;
use province_api::paths;
use province_api::problem::ProblemCode;
use province_api::sync::{MobileRequest, SyncReply};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio_rustls::rustls::version::TLS13;

use crate::bench::Phone;
use crate::process::{PROGRAM, json, run, run_with};
use crate::served::Served;
use crate::sync::Known;
use crate::{engine, tls};

/// A province on disk that nobody serves yet.
pub struct Made(TempDir);

impl Made {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let roots = folder.path().join("roots.json");
        std::fs::write(&roots, sandbox::roots::root_seeds_json()).unwrap();
        let made = Self(folder);
        let words = [
            "init",
            "--status-shards",
            "1",
            "--status-shard-power",
            "8",
            "--roots",
        ];
        let data = made.data();
        json(&run(
            &[&words[..], &[roots.to_str().unwrap(), "--data", &data]].concat(),
            "",
        ));
        made
    }

    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    pub fn data(&self) -> String {
        self.folder().join("province").to_str().unwrap().to_owned()
    }

    /// Writes a configuration with these lines more.
    fn config(&self, more: &str) -> String {
        let file = self.folder().join("province.toml");
        let needed = format!("data = {:?}\nnadra_url = \"http://127.0.0.1:9\"\n", self.data());
        std::fs::write(&file, needed + more).unwrap();
        file.to_str().unwrap().to_owned()
    }

    fn database(&self) -> Vec<(&'static str, OsString)> {
        let url = engine::url(Path::new(&self.data()));
        url.into_iter().map(|url| ("DATABASE_URL", url.into())).collect()
    }

    fn serve(&self, more: &str) -> Running {
        let config = self.config(more);
        let mut child = Command::new(PROGRAM)
            .args(["serve", "--config", &config])
            .envs(self.database())
            .env("RUST_LOG", "province_server=debug")
            .stdout(Stdio::piped())
            .stderr(File::create(self.folder().join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        Running {
            child,
            ready: serde_json::from_str(&line).unwrap(),
        }
    }

    /// What the running service has logged; waits until this is in it.
    fn logged(&self, word: &str) -> String {
        loop {
            let said = std::fs::read_to_string(self.folder().join("log")).unwrap();
            if said.contains(word) {
                return said;
            }
            std::thread::yield_now();
        }
    }
}

struct Running {
    child: Child,
    ready: serde_json::Value,
}

impl Running {
    fn tell(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_configuration_with_five_faults_is_told_all_five_before_anything_starts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("province.toml");
    let text = "data = \"/nowhere/province\"\nnadra_url = \"http://nadra.example\"\nlisten = \"0.0.0.0:443\"\n\
                conections = 100\nlog_format = \"hunter2\"\n";
    std::fs::write(&file, text).unwrap();
    for command in ["config-check", "serve"] {
        let output = run(&[command, "--config", file.to_str().unwrap()], "");
        assert!(!output.status.success());
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(said["code"], "config_faults");
        let mut keys: Vec<_> = said["faults"]
            .as_array()
            .unwrap()
            .iter()
            .map(|fault| (fault["key"].as_str().unwrap(), fault["code"].as_str().unwrap()))
            .collect();
        keys.sort_unstable();
        assert_eq!(
            keys,
            [
                ("conections", "config_unknown"),
                ("data", "config_no_folder"),
                ("listen", "config_plain"),
                ("log_format", "config_value"),
                ("nadra_url", "config_value"),
            ]
        );
        let why = String::from_utf8(output.stderr).unwrap();
        assert_eq!(why.lines().count(), 6, "{why}");
        assert!(why.contains("log_format: it does not take this value; allowed: text or json"));
        assert!(!why.contains("hunter2"));
    }
}

#[test]
fn a_good_configuration_says_where_each_setting_was_given() {
    let made = Made::new();
    let config = made.config("connections = 100\n");
    let more = [("KHYBER_LOG_FORMAT", OsString::from("json"))];
    let said = json(&run_with(&["config-check", "--config", &config], "", &more));
    assert_eq!(
        said,
        serde_json::json!({ "done": true, "given": {
            "data": "file", "nadra_url": "file", "connections": "file", "log_format": "environment",
        } })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_serves_in_tls_at_every_address_and_takes_a_new_certificate_at_sighup() {
    let made = Made::new();
    let (old, new) = (tls::pair(), tls::pair());
    let files = tls::put(made.folder(), &old, &old);
    let service = made.serve(&format!(
        "listen = [\"127.0.0.1:0\", \"127.0.0.2:0\"]\ntls_certificate = {:?}\ntls_key = {:?}\n",
        files.certificate.display().to_string(),
        files.key.display().to_string()
    ));
    let addresses: Vec<SocketAddr> = service.ready["urls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|url| {
            url.as_str()
                .unwrap()
                .strip_prefix("https://")
                .unwrap()
                .parse()
                .unwrap()
        })
        .collect();
    assert_eq!(addresses.len(), 2);
    for address in &addresses {
        tls::connect(*address, &old, &TLS13).await.unwrap();
    }
    tls::put(made.folder(), &new, &old);
    service.tell(Signal::HUP);
    made.logged("tls_other_key");
    tls::connect(addresses[0], &old, &TLS13).await.unwrap();
    tls::put(made.folder(), &new, &new);
    service.tell(Signal::HUP);
    made.logged("new connections get the new certificate");
    tls::connect(addresses[1], &new, &TLS13).await.unwrap();
    assert!(tls::connect(addresses[0], &old, &TLS13).await.is_err());
}

/// The status and the body of an answer; `None` where none came, or not all of it.
fn ask(address: SocketAddr, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let status = answer.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))?;
    (length.parse() == Ok(body.len())).then(|| (status, body.to_owned()))
}

#[test]
fn whoever_is_told_to_end_says_so_first_and_then_gives_every_answer_that_it_made() {
    const CALLERS: usize = 8;
    let made = Made::new();
    let mut service = made.serve("drain_seconds = 2\nmetrics_listen = \"127.0.0.1:0\"\n");
    let url = service.ready["url"].as_str().unwrap();
    let address: SocketAddr = url.strip_prefix("http://").unwrap().parse().unwrap();
    let url = service.ready["metrics"].as_str().unwrap();
    let aside: SocketAddr = url.strip_prefix("http://").unwrap().parse().unwrap();
    assert_eq!(ask(address, "/metrics").unwrap().0, 404, "not where citizens ask");
    assert!(
        ask(aside, "/metrics")
            .unwrap()
            .1
            .contains("\nkhyber_ready{part=\"ending\"} 1\n")
    );

    // They ask until the door is closed: only then may a question stay without an answer.
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            std::thread::spawn(move || {
                let mut answers = 0;
                while let Some((status, body)) = ask(address, "/v1/health") {
                    assert_eq!((status, body.as_str()), (200, "{\"status\":\"ok\"}"));
                    answers += 1;
                }
                answers
            })
        })
        .collect();
    assert_eq!(ask(address, "/readyz").unwrap().0, 200);
    service.tell(Signal::TERM);
    while ask(address, "/readyz").unwrap().0 == 200 {}
    // It says that it will end and goes on answering: a balancer has the time to look elsewhere.
    assert_eq!(
        ask(aside, "/readyz").unwrap(),
        (
            503,
            "{\"ready\":false,\"failing\":[\"ending\"],\"nadra\":\"asked\"}".to_owned()
        )
    );
    assert_eq!(ask(address, "/v1/health").unwrap().0, 200);
    assert_eq!(ask(address, "/healthz"), Some((200, "ok".to_owned())));
    let answers: usize = callers.into_iter().map(|caller| caller.join().unwrap()).sum();
    assert!(service.child.wait().unwrap().success());
    let log = std::fs::read_to_string(made.folder().join("log")).unwrap();
    let answered = log
        .lines()
        .filter(|line| line.contains("answered") && line.contains(paths::HEALTH));
    // One more was asked for above.
    assert_eq!(answered.count(), answers + 1);
    assert!(answers > CALLERS, "{answers}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_life_is_logged_without_a_word_about_whose_it_is() {
    for format in ["text", "json"] {
        let served = Served::new(&[], vec![("KHYBER_LOG_FORMAT", format.into())]).await;
        let citizen = sandbox::citizens::numbered(0);
        let phone = served.enrolled(0).await;
        let form = serde_json::to_vec(&citizen.enrolment()).unwrap();
        let again: Result<serde_json::Value, _> =
            served.post(&Phone::new(78), paths::ENROLMENTS, &form).await;
        assert_eq!(again.unwrap_err(), ProblemCode::AlreadyEnrolled);
        served.drawn(&phone, 0, &["age", "identity"]).await.unwrap();
        let mobile = MobileRequest {
            mobile: "0311 765 4399".to_owned(),
        };
        let mobile = serde_json::to_vec(&mobile).unwrap();
        let _: serde_json::Value = served.post(&phone, paths::MOBILE, &mobile).await.unwrap();
        let question = serde_json::to_vec(&Known::default().request()).unwrap();
        let _: SyncReply = served.post(&phone, paths::SYNC, &question).await.unwrap();
        let question = serde_json::to_vec(&AuditRequest::default()).unwrap();
        let _: serde_json::Value = served.post(&phone, paths::AUDIT, &question).await.unwrap();
        let next = Phone::new(77);
        let change = DeviceKeyRequest::new(phone.key.verifying_key().as_bytes(), &next.key);
        let change = serde_json::to_vec(&change).unwrap();
        let _: serde_json::Value = served.post(&phone, paths::DEVICE_KEY, &change).await.unwrap();
        let mut said = Vec::new();
        for command in [
            &["suspend", "--reason", "lost"][..],
            &["resume"],
            &["revoke", "--reason", "fraud"],
        ] {
            let done = served.command(command, &citizen.cnic);
            assert!(done.status.success());
            said.extend(done.stderr);
        }
        let export = served.beside("export");
        served.done(&["audit", "export", "--out", export.to_str().unwrap()]);
        let export = std::fs::read_to_string(export).unwrap();
        let person = export.lines().find_map(|line| {
            let entry: serde_json::Value = serde_json::from_str(line).unwrap();
            Some(entry.get("person")?.as_str()?.to_owned())
        });

        said.extend(std::fs::read(served.beside("log")).unwrap());
        let said = String::from_utf8_lossy(&said);
        if format == "json" {
            let served_log = std::fs::read_to_string(served.beside("log")).unwrap();
            let lines: Vec<serde_json::Value> = served_log
                .lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect();
            let answered = lines.iter().find(|line| line["message"] == "answered").unwrap();
            assert!(answered["route"].is_string() && answered["status"].is_u64());
        }
        assert!(said.contains(paths::DEVICE_KEY), "nothing was logged");
        let digits: String = citizen.cnic.chars().filter(char::is_ascii_digit).collect();
        let mut secrets = vec![
            citizen.cnic.clone(),
            digits.clone(),
            format!("{}-{}-{}", &digits[..5], &digits[5..12], &digits[12..]),
            citizen.name_en.clone(),
            citizen.name_ur.clone(),
            citizen.guardian_name_en.clone(),
            citizen.guardian_name_ur.clone(),
            citizen.address.clone(),
            citizen.date_of_birth.clone(),
            "3117654399".to_owned(),
            "311 765 4399".to_owned(),
            citizen.mobile.trim_start_matches('0').to_owned(),
            person.unwrap(),
        ];
        for key in [&phone.key, &next.key] {
            let key = key.verifying_key();
            secrets.push(hex::encode(key.as_bytes()));
            secrets.push(hex::encode_upper(key.as_bytes()));
            secrets.push(URL_SAFE_NO_PAD.encode(key.as_bytes()));
        }
        for secret in secrets {
            assert!(secret.len() > 5, "{secret} says nothing");
            assert!(!said.contains(&secret), "{format}: {secret}");
        }
    }
}
