//! The programs themselves: a service in one process, its operator's commands in others.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use credential::{StatusManifest, StatusSet, TrustList};
use rustix::process::{Pid, Signal, kill_process};

use crate::bench::{Phone, citizen_number, test_roots};
use crate::engine;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_province-server");

/// A service that ends with the test.
pub struct Service {
    child: Child,
    address: String,
}

impl Service {
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Tells it to end in order; how it ended.
    pub fn told_to_end(&mut self) -> ExitStatus {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
        self.child.wait().unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What tells a program of this data folder's database.
pub fn database(data: Option<&Path>) -> Option<(&'static str, String)> {
    Some(("DATABASE_URL", engine::url(data?)?))
}

pub fn run(arguments: &[&str], stdin: &str) -> Output {
    run_with(arguments, stdin, &[])
}

/// The same with these in its environment.
pub fn run_with(arguments: &[&str], stdin: &str, environment: &[(&str, OsString)]) -> Output {
    let data = arguments.iter().skip_while(|word| **word != "--data").nth(1);
    let mut child = Command::new(PROGRAM)
        .args(arguments)
        .envs(database(data.map(Path::new)))
        .envs(environment.iter().cloned())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads no stdin may have ended already.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

pub fn json(output: &Output) -> serde_json::Value {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

pub fn serve(data: &Path, nadra: &str, log: Stdio) -> Service {
    serve_with(data, nadra, log, &[])
}

/// The same with these in its environment.
pub fn serve_with(data: &Path, nadra: &str, log: Stdio, environment: &[(&str, OsString)]) -> Service {
    try_serve(data, nadra, log, environment).expect("it serves")
}

/// The same; `None` if it ended before it served.
pub fn try_serve(data: &Path, nadra: &str, log: Stdio, environment: &[(&str, OsString)]) -> Option<Service> {
    let mut child = Command::new(PROGRAM)
        .args(["serve", "--nadra", nadra, "--data"])
        .arg(data)
        .envs(database(Some(data)))
        .env("RUST_LOG", "trace")
        .env("KHYBER_SIM_CODES", "off")
        .envs(environment.iter().cloned())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    if line.is_empty() {
        child.wait().unwrap();
        return None;
    }
    let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(ready["ready"], true);
    let address = ready["url"].as_str().unwrap().strip_prefix("http://").unwrap();
    Some(Service {
        address: address.to_owned(),
        child,
    })
}

pub fn get(service: &Service, path: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(&service.address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        service.address
    )
    .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200 "));
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    answer.split_off(end + 4)
}

#[test]
fn commands_work_while_the_service_runs_and_its_answers_follow_them() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("province");
    let roots = folder.path().join("roots.json");
    std::fs::write(&roots, sandbox::roots::root_seeds_json()).unwrap();
    let (data_text, roots_text) = (data.to_str().unwrap(), roots.to_str().unwrap());
    let made = json(&run(&["init", "--data", data_text, "--roots", roots_text], ""));
    assert_eq!(made, serde_json::json!({ "sequence": 1, "epoch": 1 }));

    let service = serve(&data, "http://127.0.0.1:9", Stdio::null());
    let first = TrustList::verify(&get(&service, "/v1/trust-list"), &test_roots(), None).unwrap();
    let next = json(&run(&["trust", "--data", data_text], ""));
    assert_eq!(next["sequence"], 2);
    let second = get(&service, "/v1/trust-list");
    let second = TrustList::verify(&second, &test_roots(), Some(&first)).unwrap();
    assert_eq!(second.sequence(), 2);

    let manifest = get(&service, "/v1/status-manifest");
    let manifest = StatusManifest::verify(&manifest, &second, None).unwrap();
    let mut status = StatusSet::new(manifest);
    while let Some(piece) = status.missing().first() {
        let path = format!("/v1/status/pieces/{}", piece.name());
        status.add(piece, &get(&service, &path)).unwrap();
    }

    let out = folder.path().join("province.kpc");
    let url = format!("http://{}", service.address);
    let config = [
        "config",
        "--data",
        data_text,
        "--api-url",
        &url,
        "--out",
        out.to_str().unwrap(),
    ];
    json(&run(&config, ""));
    assert!(!std::fs::read(out).unwrap().is_empty());

    // Nobody is enrolled: said in JSON, and by the exit code. The number is nowhere in it.
    for command in [
        &["revoke", "--reason", "fraud"][..],
        &["release"],
        &["suspend", "--reason", "lost"],
        &["resume"],
    ] {
        let words = [command, &["--data", data_text]].concat();
        let output = run(&words, "99999-0000001-1\n");
        assert!(!output.status.success());
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(said["code"], "not_enrolled");
        let all = [output.stdout, output.stderr].concat();
        assert!(!String::from_utf8_lossy(&all).contains("0000001"));
    }
    let again = run(&["init", "--data", data_text, "--roots", roots_text], "");
    assert!(!again.status.success());
}

#[test]
fn every_command_closes_the_database_behind_it() {
    if !engine::is_sqlite() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("province");
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(file("roots"), sandbox::roots::root_seeds_json()).unwrap();
    std::fs::write(file("nonsense"), "nonsense").unwrap();
    // The write-ahead log goes when the last connection closes in order, and only then.
    let ends = |words: &[&str], expected: &[&str]| {
        let output = run(
            &[words, &["--data", data.to_str().unwrap()]].concat(),
            "99999-0000001-1\n",
        );
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let all = format!("{words:?}: {said} {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(
            output.status.code(),
            Some(i32::from(!expected.is_empty())),
            "{all}"
        );
        for code in expected {
            assert!(said.contains(&format!("\"code\":\"{code}\"")), "{all}");
        }
        for suffix in ["-wal", "-shm"] {
            assert!(!data.join(format!("province.sqlite{suffix}")).exists(), "{all}");
        }
    };
    let roots = file("roots");
    let small = ["--status-shards", "1", "--status-shard-power", "8"];
    ends(&[&["init", "--roots", &roots], &small[..]].concat(), &[]);
    ends(&["init", "--roots", &roots], &["key_files"]);
    ends(
        &[
            "config",
            "--api-url",
            "http://127.0.0.1:1",
            "--out",
            &file("config"),
        ],
        &[],
    );
    for words in [
        &["revoke", "--reason", "fraud"][..],
        &["suspend", "--reason", "lost"],
        &["resume"],
        &["release"],
        &["withdraw", "--vct", "domicile", "--reason", "superseded"],
    ] {
        ends(words, &["not_enrolled"]);
    }
    let nothing = format!("bulk approve --by two --id {:032} --people-sha256 {:064}", 0, 0);
    ends(&nothing.split(' ').collect::<Vec<_>>(), &["bulk_not_found"]);
    ends(&["card", "--out", &file("card")], &["not_enrolled"]);
    ends(
        &["paper", "--vct", "domicile", "--out", &file("paper")],
        &["not_enrolled"],
    );
    ends(&["consume", "--list", "stamp", "--index", "7"], &[]);
    ends(&["consume", "--list", "none", "--index", "7"], &["no_such_place"]);
    ends(
        &["types", "--file", &file("nonsense")],
        &["types_file_unreadable"],
    );
    ends(&["key", "list"], &[]);
    ends(&["key", "add", "--allow", "age,residence"], &[]);
    ends(&["key", "add", "--allow", "age,risk-rules"], &["key_kinds_mixed"]);
    ends(
        &["key", "add", "--allow", "age", "--days", "105000000000"],
        &["key_days"],
    );
    ends(
        &["key", "retire", "--key", "0", "--from", "2026-03-01"],
        &["no_such_key"],
    );
    ends(&["trust"], &[]);
    ends(&["trust", "--draft", &file("draft")], &[]);
    ends(&["trust", "--signed", &file("nonsense")], &["trust_malformed"]);
    ends(&["bundle", "--whole", "--out", &file("bundle")], &[]);
    let desk = [
        "counter-certificate",
        "--name-en",
        "Desk",
        "--audience",
        "kp:desk",
        "--purpose-en",
        "Test",
    ];
    let key = hex::encode(Phone::new(1).key.verifying_key().as_bytes());
    let out = file("certificate");
    let desk = [&desk[..], &["--allow", "age", "--key", &key, "--out", &out]].concat();
    ends(&desk, &[]);
    ends(
        &[&desk[..], &["--days", "401"]].concat(),
        &["certificate_too_long"],
    );
    // One that does not even open.
    let keys = data.join("keys");
    std::fs::copy(keys.join("root-1.age"), keys.join("issuer.age")).unwrap();
    ends(&["key", "list"], &["key_files"]);
}

#[test]
fn a_list_that_leaves_desks_undecided_needs_a_word_more() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("province");
    let roots = folder.path().join("roots.json");
    let out = folder.path().join("out.kpu");
    std::fs::write(&roots, sandbox::roots::root_seeds_json()).unwrap();
    let data = data.to_str().unwrap();
    let go = |words: &[&str]| run(&[words, &["--data", data]].concat(), "");
    let init = ["init", "--roots", roots.to_str().unwrap()];
    json(&go(&[
        &init[..],
        &["--status-shards", "1", "--status-shard-power", "8"],
    ]
    .concat()));
    let keys = json(&go(&["key", "list"]));
    let of_rules = |key: &&serde_json::Value| key["allowed"] == serde_json::json!(["risk-rules"]);
    let key = keys["keys"].as_array().unwrap().iter().find(of_rules).unwrap();
    let stolen = ["key", "compromise", "--from", "2026-03-01", "--key"];
    json(&go(&[&stolen[..], &[key["key"].as_str().unwrap()]].concat()));
    let refused = |words: &[&str], code: &str| {
        let output = go(words);
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(
            (output.status.success(), said["code"].as_str()),
            (false, Some(code))
        );
        let why = String::from_utf8(output.stderr).unwrap();
        assert!(why.contains("--regardless"), "{why}");
    };
    refused(&["trust"], "trust_leaves_undecided");
    let done = json(&go(&["trust", "--regardless"]));
    assert_eq!(done["undecided"], serde_json::json!(["risk-rules"]));
    assert!(done["todo"].as_str().unwrap().contains("cannot decide"));
    let whole = ["bundle", "--whole", "--out", out.to_str().unwrap()];
    refused(&whole, "rules_key_revoked");
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        2,
        "nothing was written"
    );
    let written = json(&go(&[&whole[..], &["--regardless"]].concat()));
    assert_eq!(written["not_taken"], "rules_key_revoked");
    json(&go(&["key", "add", "--allow", "risk-rules"]));
    let done = json(&go(&["trust"]));
    assert_eq!(
        (&done["sequence"], &done["signed_anew"]),
        (&3.into(), &serde_json::json!(["risk-rules"]))
    );
    assert!(json(&go(&whole))["not_taken"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
#[expect(
    clippy::disallowed_methods,
    reason = "the program reads the machine's clock, so its caller has to"
)]
async fn the_log_names_nobody_at_its_most_talkative() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("province");
    let roots = folder.path().join("roots.json");
    std::fs::write(&roots, sandbox::roots::root_seeds_json()).unwrap();
    let (data_text, roots_text) = (data.to_str().unwrap(), roots.to_str().unwrap());
    json(&run(&["init", "--data", data_text, "--roots", roots_text], ""));
    let nadra = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nadra_url = format!("http://{}", nadra.local_addr().unwrap());
    let app = sandbox::nadra::router(std::sync::Arc::new(sandbox::nadra::Nadra::new()));
    tokio::spawn(async move { axum::serve(nadra, app).await });
    let log = folder.path().join("log");
    let service = serve(
        &data,
        &nadra_url,
        Stdio::from(std::fs::File::create(&log).unwrap()),
    );

    let citizen = citizen_number(0);
    let body = serde_json::to_vec(&citizen.enrolment()).unwrap();
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let signed = province_api::signature::sign(
        &Phone::new(1).key,
        "POST",
        province_api::paths::ENROLMENTS,
        &body,
        &"ab".repeat(16),
        now.as_secs(),
        &[1; 16],
    );
    let url = format!("http://{}{}", service.address, province_api::paths::ENROLMENTS);
    let mut request = reqwest::Client::builder()
        .no_proxy()
        .build()
        .unwrap()
        .post(url)
        .body(body);
    for (name, value) in signed {
        request = request.header(name, value);
    }
    assert_eq!(request.send().await.unwrap().status().as_u16(), 200);
    let revoked = run(
        &["revoke", "--reason", "fraud", "--data", data_text],
        &citizen.cnic,
    );
    assert_eq!(json(&revoked)["done"], true);
    drop(service);

    let said = [std::fs::read(&log).unwrap(), revoked.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains("answered"), "nothing was logged");
    for secret in [
        &citizen.cnic,
        &citizen.name_en,
        &citizen.name_ur,
        &citizen.guardian_name_en,
        &citizen.address,
        &citizen.date_of_birth,
        &"3000000011".to_owned(),
    ] {
        assert!(!said.contains(secret.as_str()));
    }
}
