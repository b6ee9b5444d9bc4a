//! The preview as a program: what it says, what it refuses, and how it ends.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

//! The real program: its screens, its commands and who may call them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use ureq::http::Response;
use ureq::{Agent, Body};

/// A running preview with an empty data folder; it ends with the test.
struct Preview {
    program: Child,
    url: String,
    token: String,
    data: tempfile::TempDir,
}

impl Preview {
    fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut program = Command::new(env!("CARGO_BIN_EXE_preview"))
            .arg("--data")
            .arg(data.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(program.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(ready["ready"], true);
        let text = |key: &str| ready[key].as_str().unwrap().to_owned();
        assert_eq!(text("page"), format!("{}/?token={}", text("url"), text("token")));
        assert_eq!(text("token").len(), 64);
        Self {
            url: text("url"),
            token: text("token"),
            program,
            data,
        }
    }

    fn page(&self, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
        let mut request = agent().get(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.call().unwrap()
    }

    fn invoke(&self, command: &str, arguments: &Value, headers: &[(&str, &str)]) -> Response<Body> {
        let mut request = agent().post(format!("{}/invoke/{command}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send_json(arguments).unwrap()
    }

    fn answer(&self, command: &str, arguments: &Value) -> Value {
        let mut response = self.invoke(command, arguments, &[("X-Khyber-Token", &self.token)]);
        assert_eq!(response.status(), 200);
        response.body_mut().read_json().unwrap()
    }
}

impl Drop for Preview {
    fn drop(&mut self) {
        self.program.kill().unwrap();
        self.program.wait().unwrap();
    }
}

fn agent() -> Agent {
    Agent::config_builder().http_status_as_error(false).build().into()
}

#[test]
fn browser_gets_the_screens_under_the_apps_policy_and_calls_its_commands() {
    let preview = Preview::start();
    let mut page = preview.page("/?token=whatever", &[]);
    assert_eq!(page.status(), 200);
    let policy = page.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.contains("connect-src 'self'") && policy.contains("default-src 'self'"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe") && !policy.contains("ipc:"), "{policy}");
    let html = page.body_mut().read_to_string().unwrap();
    let script = html.split("src=\"").nth(1).unwrap().split('"').next().unwrap();
    let script = preview.page(script.trim_start_matches('.'), &[]);
    assert_eq!(script.headers()["content-type"], "text/javascript");

    let state = preview.answer("app_state", &json!({}));
    assert_eq!(state["ok"]["mark"], "test");
    assert_eq!(state["ok"]["lock"], "empty");
    assert_eq!(
        preview.answer("home", &json!({}))["error"]["code"],
        "vault_missing"
    );
    assert_eq!(
        preview.answer("test_citizens", &json!({}))["ok"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
}

#[test]
fn nobody_else_calls_a_command() {
    let preview = Preview::start();
    let token = ("X-Khyber-Token", preview.token.as_str());
    let wrong = "0".repeat(64);
    for (headers, status) in [
        (vec![], 401),
        (vec![("X-Khyber-Token", wrong.as_str())], 401),
        (vec![token, ("Origin", "https://evil.example")], 403),
        (vec![token, ("Origin", "null")], 403),
        (vec![token, ("Host", "evil.example")], 421),
    ] {
        let answer = preview.invoke("app_state", &json!({}), &headers);
        assert_eq!(answer.status(), status, "{headers:?}");
    }
    assert_eq!(preview.page("/", &[("Host", "evil.example")]).status(), 421);
    assert_eq!(
        preview.page("/", &[("Origin", "https://evil.example")]).status(),
        403
    );
    assert_eq!(
        preview
            .invoke("app_state", &json!({}), &[token, ("Origin", &preview.url)])
            .status(),
        200
    );
}

#[test]
fn a_caller_without_the_token_is_turned_away_before_its_body_is_read() {
    let preview = Preview::start();
    let host = preview.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    // The body never comes: whoever waits for it waits for ever.
    write!(
        stream,
        "POST /invoke/app_state HTTP/1.1\r\nHost: {host}\r\nContent-Length: 20000000\r\n\r\n"
    )
    .unwrap();
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    assert!(line.starts_with("HTTP/1.1 401 "), "{line}");
}

#[test]
fn what_the_app_does_not_permit_is_not_called() {
    let preview = Preview::start();
    for command in ["no_such_command", "plugin:app|version", "plugin:window|close"] {
        let answer = preview.answer(command, &json!({}));
        assert!(
            answer["error"].as_str().unwrap().contains("not allowed"),
            "{answer}"
        );
    }
    let answer = preview.answer("unlock", &json!({}));
    assert!(answer["error"].as_str().unwrap().contains("pin"), "{answer}");
}

#[test]
fn what_cannot_start_says_why_and_does_not_panic() {
    let running = Preview::start();
    let file = running.data.path().join("file");
    std::fs::write(&file, b"no folder").unwrap();
    for (data, code) in [(running.data.path(), "already_open"), (&file, "storage_failed")] {
        let mut second = Command::new(env!("CARGO_BIN_EXE_preview"));
        let ended = second.arg("--data").arg(data).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(1), "{said}");
        assert!(said.contains(code) && !said.contains("panicked"), "{said}");
        assert!(ended.stdout.is_empty());
    }
    assert_eq!(running.answer("app_state", &json!({}))["ok"]["lock"], "empty");
}
