//! A desk, a province and a phone in a temporary folder, all through the real program.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

pub const NOW: &str = "2026-03-01T09:30:00Z";
pub const AUDIENCE: &str = "kp:test-desk";
pub const LIST: &str = "id";

/// SHA-256 of `khyber pass test root 1` and `2`: public, so that anybody may sign test data.
const ROOT_SEEDS: [&str; 2] = [
    "5f889b24c85811144ac3ed2981e44b89d8b4e705236fd1b17288056055c66a9c",
    "6333568d66357952303da60e477fd18066b147b1dea13822b911840ab7ffcba2",
];

pub struct Ran {
    pub exit: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// The JSON on stdout.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("{} {}", self.stdout, self.stderr))
    }

    /// Exit code and the stable code of the error on stderr.
    pub fn error(&self) -> (i32, String) {
        let error: Value = serde_json::from_str(&self.stderr).unwrap_or_else(|_| panic!("{}", self.stderr));
        assert!(!error["error"]["message"].as_str().unwrap().is_empty());
        assert_eq!(self.stdout, "", "nothing on stdout beside an error");
        (self.exit, error["error"]["code"].as_str().unwrap().to_owned())
    }

    /// Exit code, verdict and code of an answer.
    pub fn verdict(&self) -> (i32, String, String) {
        let json = self.json();
        let text = |name: &str| json[name].as_str().unwrap().to_owned();
        (self.exit, text("verdict"), text("code"))
    }
}

pub fn verdict(exit: i32, verdict: &str, code: &str) -> (i32, String, String) {
    (exit, verdict.to_owned(), code.to_owned())
}

pub fn error(exit: i32, code: &str) -> (i32, String) {
    (exit, code.to_owned())
}

/// Runs `khyber` in a folder.
pub fn khyber(folder: &Path, arguments: &[&str], stdin: impl AsRef<[u8]>) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_khyber"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut to = child.stdin.take().unwrap();
    // A command that fails early closes its stdin before all is written.
    let _ = to.write_all(stdin.as_ref());
    drop(to);
    let output = child.wait_with_output().unwrap();
    Ran {
        exit: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Keys, trust list, status bundle and a desk's certificate.
pub struct Province {
    folder: TempDir,
}

impl Province {
    pub fn new() -> Self {
        let province = Self {
            folder: TempDir::new().unwrap(),
        };
        for (name, seed) in ["root-1.key", "root-2.key"].iter().zip(ROOT_SEEDS) {
            std::fs::write(province.path(name), seed).unwrap();
        }
        for name in ["issuer", "ca", "status", "desk", "holder"] {
            province.done(&["key", "new", "--out", &format!("{name}.key")], "");
        }
        province.sign_trust("trust.kpt", "2026-03-31T00:00:00Z");
        province.sign_status(&[]);
        let certificate = json!({
            "name": {"en": "Test desk", "ur": "ٹیسٹ ڈیسک", "ps": "د ازموینې مېز"},
            "purpose": {"en": "Trying it out"},
            "audience": AUDIENCE,
            "allowed": ["identity", "age"],
            "holder": province.public_key("desk"),
            "iat": "2026-01-01T00:00:00Z",
            "exp": "2027-01-01T00:00:00Z",
        });
        let sign = ["certificate", "sign", "--key", "ca.key", "--out", "desk.cert"];
        province.done(&sign, certificate.to_string());
        province
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn run(&self, arguments: &[&str], stdin: impl AsRef<[u8]>) -> Ran {
        khyber(self.folder.path(), arguments, stdin)
    }

    /// Runs what must succeed.
    pub fn done(&self, arguments: &[&str], stdin: impl AsRef<[u8]>) -> String {
        let ran = self.run(arguments, stdin);
        assert_eq!(ran.exit, 0, "{arguments:?}: {}", ran.stderr);
        ran.stdout
    }

    pub fn public_key(&self, name: &str) -> String {
        let shown: Value =
            serde_json::from_str(&self.done(&["key", "show", "--key", &format!("{name}.key")], "")).unwrap();
        shown["public_key"].as_str().unwrap().to_owned()
    }

    pub fn sign_trust(&self, out: &str, exp: &str) {
        let key = |name: &str, allowed: &[&str]| {
            json!({
                "key": self.public_key(name),
                "allowed": allowed,
                "nbf": "2026-01-01T00:00:00Z",
                "exp": "2028-01-01T00:00:00Z",
                "iss": "Khyber Pakhtunkhwa (test)",
            })
        };
        let content = json!({
            "sequence": 1,
            "iat": "2026-03-01T00:00:00Z",
            "exp": exp,
            "keys": [
                key("issuer", &["age", "residence", "identity"]),
                key("ca", &["counter-certificate"]),
                key("status", &["status-manifest"]),
            ],
        });
        let sign = [
            "trust",
            "sign",
            "--root",
            "root-1.key",
            "--root",
            "root-2.key",
            "--out",
            out,
        ];
        self.done(&sign, content.to_string());
    }

    pub fn sign_status(&self, revoked: &[u32]) {
        let content = json!({
            "epoch": 1,
            "iat": "2026-03-01T00:00:00Z",
            "exp": "2026-03-08T00:00:00Z",
            "lists": {LIST: {"shards": 4, "shard_bits": 256, "revoked": revoked, "suspended": []}},
        });
        let sign = ["status", "sign", "--key", "status.key", "--out", "status.kpu"];
        self.done(&sign, content.to_string());
    }

    pub fn age_claims(&self) -> Value {
        json!({
            "iat": "2026-02-28",
            "exp": "2026-03-30",
            "holder": self.public_key("holder"),
            "vct": "age",
            "facts": {"over_18": true, "over_60": false},
        })
    }

    pub fn identity_claims(&self) -> Value {
        json!({
            "iat": "2026-02-28",
            "exp": "2027-02-28",
            "holder": self.public_key("holder"),
            "vct": "identity",
            "identity": {
                "id": "9999912345671",
                "full_name": "GUL KHAN",
                "full_name_local": "گل خان",
                "local_language": "ur",
                "date_of_birth": "19900102",
                "gender": "male",
            },
            "status": {"index": 77, "uri": LIST},
            "facts": {"district": "peshawar", "photo_sha256": "ab".repeat(32), "guardian_relation": "father"},
        })
    }

    pub fn issue(&self, claims: &Value) -> String {
        self.done(&["issue", "--key", "issuer.key"], claims.to_string())
    }

    /// The text of a timed presentation of an age pass made at [`NOW`].
    pub fn timed(&self) -> String {
        let present = [
            "present",
            "--key",
            "holder.key",
            "--audience",
            AUDIENCE,
            "--now",
            NOW,
            "--text",
        ];
        self.done(&present, self.issue(&self.age_claims()))
    }

    /// Puts a certified request for `ask` into `request.kpr`.
    pub fn request(&self, ask: &str) {
        let request = [
            "request",
            "--ask",
            ask,
            "--audience",
            AUDIENCE,
            "--key",
            "desk.key",
            "--certificate",
            "desk.cert",
            "--now",
            NOW,
            "--text",
        ];
        std::fs::write(self.path("request.kpr"), self.done(&request, "")).unwrap();
    }

    /// The text of an identity presented to `request.kpr`.
    pub fn identity(&self) -> String {
        let present = [
            "present",
            "--key",
            "holder.key",
            "--request",
            "request.kpr",
            "--trust",
            "trust.kpt",
            "--now",
            NOW,
            "--text",
        ];
        self.done(&present, self.issue(&self.identity_claims()))
    }

    /// `khyber verify` for this desk, with trust list and status bundle, at a moment.
    pub fn verify(&self, text: &str, now: &str, more: &[&str]) -> Ran {
        let mut arguments = vec![
            "verify",
            "--trust",
            "trust.kpt",
            "--status",
            "status.kpu",
            "--now",
            now,
        ];
        arguments.extend(more);
        self.run(&arguments, text)
    }
}
