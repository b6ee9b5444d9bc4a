//! The program as its operator runs it: configuration, signals, what it says of itself.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio_rustls::rustls::version::TLS13;

use crate::engine;
use crate::process::{PROGRAM, json, run, run_with};
use crate::tls;

/// A province on disk that nobody serves yet.
struct Made(TempDir);

impl Made {
    fn new() -> Self {
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

    fn folder(&self) -> &Path {
        self.0.path()
    }

    fn data(&self) -> String {
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
            .env("RUST_LOG", "info")
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
    let addresses: Vec<std::net::SocketAddr> = service.ready["urls"]
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
