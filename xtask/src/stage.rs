//! The whole system on this machine in a folder that goes away: sandbox, province, counters, wallet.

use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::command;
use crate::package::{self, Parts};
use crate::process::Program;
use crate::workspace::{Profile, Workspace};

/// The service class of every desk here; the wallet names it in what it shows.
pub const AUDIENCE: &str = "kp:desk";
/// The officer of every desk here.
pub const OFFICER_NUMBER: &str = "1";
/// Their PIN.
pub const OFFICER_PIN: &str = "730942";
/// What every desk here is for unless it is started with another profile: it waits for what visitors show, so that a pass
/// that needs no question can be shown at once.
const PROFILE: &str = r#"{
  "version": 1,
  "id": "test",
  "name": { "en": "Domicile", "ur": "ڈومیسائل", "ps": "ډومیسایل" },
  "service": "public-counter",
  "ask": ["age", "residence", "identity"],
  "mode": "timed",
  "idle_minutes": 120
}
"#;

/// How a counter is started.
#[derive(Clone, Debug, Default)]
pub struct DeskOptions {
    /// A clock for libfaketime: `+181s`, or `2026-11-22 03:00:00` (UTC) for one that stands still.
    pub clock: Option<String>,
    /// Never looks for a network.
    pub offline: bool,
    /// Nobody may sign in yet.
    pub no_officer: bool,
    /// The service profile as JSON, in place of the one that desks here have.
    pub profile: Option<String>,
    /// Citizens may be enrolled there: its certificate says so, and it has the sandbox's reader of fingers.
    pub enrols: bool,
}

/// Everything that runs, and where it keeps its data.
#[derive(Debug)]
pub struct Stage {
    // In the order of their starting; they end before the folder goes.
    running: Vec<(String, Program)>,
    workspace: Workspace,
    profile: Profile,
    folder: TempDir,
    province_address: Option<String>,
    /// Whether the province asks who enrols with a phone for a code to their SIM.
    pub sim_codes: bool,
}

impl Stage {
    /// An empty stage.
    ///
    /// # Errors
    /// When there is no place for temporary files.
    pub fn open(workspace: &Workspace, profile: Profile) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("khyber-pass-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir()
            .context("no place for temporary files")?;
        Ok(Self {
            running: Vec::new(),
            workspace: workspace.clone(),
            profile,
            folder,
            province_address: None,
            sim_codes: false,
        })
    }

    /// The folder of everything here.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where one of our programs is.
    pub fn program_file(&self, name: &str) -> PathBuf {
        self.workspace.program(self.profile, name)
    }

    /// The province's signed configuration.
    pub fn config(&self) -> PathBuf {
        self.file("province.kpc")
    }

    /// A running program.
    ///
    /// # Errors
    /// When it does not run.
    pub fn program(&self, name: &str) -> anyhow::Result<&Program> {
        let found = self.running.iter().find(|(running, _)| running == name);
        found
            .map(|(_, program)| program)
            .with_context(|| format!("{name} does not run"))
    }

    /// A running program, to look whether it still does.
    pub fn program_mut(&mut self, name: &str) -> Option<&mut Program> {
        let found = self.running.iter_mut().find(|(running, _)| running == name);
        found.map(|(_, program)| program)
    }

    /// Starts the simulated NADRA and the province, makes the province's keys and configuration.
    ///
    /// # Errors
    /// When one of them does not start.
    pub fn start_servers(&mut self) -> anyhow::Result<()> {
        self.start_sandbox()?;
        let roots = self.file("roots.json");
        let seeds = command::output(self.command("sandbox").arg("--print-roots"))?;
        std::fs::write(&roots, seeds).context("the test roots could not be written")?;
        self.admin("init", &[("--roots", path(&roots))], None)?;
        self.start_province()?;
        let url = self.program("province")?.said("url")?;
        let out = path(&self.config());
        self.admin("config", &[("--api-url", url), ("--out", out)], None)?;
        Ok(())
    }

    /// Starts the simulated NADRA.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start_sandbox(&mut self) -> anyhow::Result<()> {
        let command = self.command("sandbox");
        self.start("sandbox", &command)
    }

    /// Starts the province on its data; from the second time on at the same address, which the configuration names.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start_province(&mut self) -> anyhow::Result<()> {
        let nadra = self.program("sandbox")?.said("url")?;
        let token = self.program("sandbox")?.said("token")?;
        let listen = self
            .province_address
            .clone()
            .unwrap_or_else(|| "127.0.0.1:0".to_owned());
        let mut command = self.command("province-server");
        command.arg("serve").arg("--data").arg(self.file("province"));
        command.args(["--listen", &listen, "--nadra", &nadra]);
        command.env("NADRA_TOKEN", token);
        command.env("KHYBER_SIM_CODES", if self.sim_codes { "needed" } else { "off" });
        self.start("province", &command)?;
        let url = self.program("province")?.said("url")?;
        self.province_address = url.strip_prefix("http://").map(str::to_owned);
        Ok(())
    }

    /// One of the province's admin commands; what it printed.
    ///
    /// # Errors
    /// When it does not succeed.
    pub fn admin(
        &self,
        name: &str,
        options: &[(&str, String)],
        stdin: Option<&str>,
    ) -> anyhow::Result<Value> {
        let words: Vec<&str> = options
            .iter()
            .flat_map(|(option, value)| [*option, value.as_str()])
            .collect();
        self.admin_words(name, &words, stdin)
    }

    fn admin_words(&self, name: &str, words: &[&str], stdin: Option<&str>) -> anyhow::Result<Value> {
        let mut command = self.command("province-server");
        command.arg(name).arg("--data").arg(self.file("province"));
        command.args(words);
        let output = with_input(command, stdin).with_context(|| format!("province-server {name} failed"))?;
        last_json(&output).with_context(|| format!("province-server {name} did not print JSON"))
    }

    /// Ends the passes of the citizen with this number.
    ///
    /// # Errors
    /// When the province does not know it.
    pub fn revoke(&self, cnic: &str) -> anyhow::Result<Value> {
        // The number is not on the command line, which other users can read.
        self.admin_words("revoke", &["--reason", "fraud"], Some(cnic))
    }

    /// Suspends the passes of the citizen with this number, or lifts that.
    ///
    /// # Errors
    /// When the province does not know it.
    pub fn suspend(&self, cnic: &str, suspended: bool) -> anyhow::Result<Value> {
        if suspended {
            self.admin_words("suspend", &["--reason", "lost"], Some(cnic))
        } else {
            self.admin("resume", &[], Some(cnic))
        }
    }

    /// An update for desks without a network: the changes since an epoch, or everything; where it lies.
    ///
    /// # Errors
    /// When the province does not write it.
    pub fn bundle(&self, from: Option<u64>) -> anyhow::Result<PathBuf> {
        let out =
            self.file(&from.map_or_else(|| "whole.kpu".to_owned(), |epoch| format!("from-{epoch}.kpu")));
        let (from, place) = (from.map(|epoch| epoch.to_string()), path(&out));
        let words = match &from {
            Some(epoch) => vec!["--from", epoch, "--out", &place],
            None => vec!["--whole", "--out", &place],
        };
        self.admin_words("bundle", &words, None)?;
        Ok(out)
    }

    /// Grants a citizen a document: `form` is `{"cnic", "vct", "fields"}` as JSON.
    ///
    /// # Errors
    /// When the province does not take it.
    pub fn grant(&self, form: &str) -> anyhow::Result<Value> {
        self.admin("grant", &[], Some(form))
    }

    /// The package of a desk with the counter of this stage, and everything that the province publishes at the moment;
    /// the archive.
    ///
    /// # Errors
    /// When it cannot be packed.
    pub fn package(&self) -> anyhow::Result<PathBuf> {
        let (program, snapshot, config) = (self.program_file("counter"), self.bundle(None)?, self.config());
        let parts = Parts {
            program: &program,
            snapshot: &snapshot,
            config: &config,
        };
        package::pack(&self.workspace, &parts, &self.file("package"))
    }

    /// Ends an enrolment, so that the citizen may enrol on another device.
    ///
    /// # Errors
    /// When the province does not know the number.
    pub fn release(&self, cnic: &str) -> anyhow::Result<Value> {
        self.admin("release", &[], Some(cnic))
    }

    /// Starts a counter; one that was here before goes on with its data.
    ///
    /// # Errors
    /// When the province gives it no certificate, or it does not start.
    pub fn start_desk(&mut self, name: &str, options: &DeskOptions) -> anyhow::Result<()> {
        let data = self.file(name);
        let certificate = self.file(&format!("{name}.certificate"));
        if !certificate.is_file() {
            self.certify(&data, &certificate, options.enrols)?;
            if !options.no_officer {
                self.add_officer(&data)?;
            }
        }
        let profile = self.file(&format!("{name}.profile.json"));
        let text = options.profile.as_deref().unwrap_or(PROFILE);
        std::fs::write(&profile, text).context("the profile could not be written")?;
        let mut command = self.command("counter");
        command
            .arg("serve")
            .arg("--data")
            .arg(&data)
            .arg("--config")
            .arg(self.config());
        command
            .arg("--certificate")
            .arg(&certificate)
            .arg("--profile")
            .arg(&profile)
            .args(["--listen", "127.0.0.1:0"]);
        if options.offline {
            command.arg("--offline");
        }
        if options.enrols {
            let sandbox = self.program("sandbox")?.ready();
            let reader = json!({ "url": sandbox.get("url"), "token": sandbox.get("token") });
            let file = self.file(&format!("{name}.reader.json"));
            std::fs::write(&file, reader.to_string()).context("the reader's file could not be written")?;
            command.arg("--reader").arg(file);
        }
        if let Some(clock) = &options.clock {
            set_clock(&mut command, clock)?;
        }
        self.start(name, &command)
    }

    /// The test officer, who may do everything at the desk.
    fn add_officer(&self, data: &Path) -> anyhow::Result<()> {
        let mut command = self.command("counter");
        command.args([
            "officer",
            "add",
            "--number",
            OFFICER_NUMBER,
            "--name",
            "Test officer",
        ]);
        command.args(["--role", "supervisor", "--data"]).arg(data);
        // The PIN is not on the command line, which other users can read.
        with_input(command, Some(OFFICER_PIN)).map(drop)
    }

    fn certify(&self, data: &Path, certificate: &Path, enrols: bool) -> anyhow::Result<()> {
        let printed = command::output(self.command("counter").arg("key").arg("--data").arg(data))?;
        let key = last_json(printed.as_bytes())
            .and_then(|value| Some(value.get("public_key")?.as_str()?.to_owned()))
            .context("counter key did not print a public key")?;
        self.certify_key(key, certificate, enrols)
    }

    /// A certificate for a desk with this key in hex; where it lies.
    ///
    /// # Errors
    /// When the province does not give one.
    pub fn certificate(&self, key: &str) -> anyhow::Result<PathBuf> {
        let out = self.file("desk.certificate");
        self.certify_key(key.to_owned(), &out, false)?;
        Ok(out)
    }

    fn certify_key(&self, key: String, certificate: &Path, enrols: bool) -> anyhow::Result<()> {
        let enrolling = if enrols { ",assisted-enrolment" } else { "" };
        let text = |text: &str| text.to_owned();
        self.admin(
            "counter-certificate",
            &[
                ("--key", key),
                ("--name-en", text("Service Centre Peshawar")),
                ("--name-ur", text("سروس سینٹر پشاور")),
                ("--name-ps", text("د خدمتونو مرکز پېښور")),
                ("--audience", text(AUDIENCE)),
                ("--purpose-en", text("Domicile")),
                ("--purpose-ur", text("ڈومیسائل")),
                ("--purpose-ps", text("ډومیسایل")),
                ("--allow", format!("age,residence,identity,name-photo{enrolling}")),
                ("--days", text("365")),
                ("--out", path(certificate)),
            ],
            None,
        )
        .map(drop)
    }

    /// Starts the wallet's screens behind loopback HTTP.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start_preview(&mut self, name: &str, clock: Option<&str>) -> anyhow::Result<()> {
        let mut command = self.command("preview");
        command
            .arg("--data")
            .arg(self.file(name))
            .arg("--config")
            .arg(self.config());
        if let Some(clock) = clock {
            set_clock(&mut command, clock)?;
        }
        self.start(name, &command)
    }

    /// The wallet's window as a command with its data and configuration set.
    pub fn window(&self, name: &str) -> Command {
        let mut command = self.command("khyber-pass");
        command
            .env("KHYBER_DATA", self.file(name))
            .env("KHYBER_CONFIG", self.config());
        command
    }

    /// Opens the wallet's window.
    ///
    /// # Errors
    /// When it does not start.
    pub fn open_window(&mut self, name: &str) -> anyhow::Result<()> {
        let window = Program::window(name, &self.window(name), &self.log(name))?;
        self.running.push((name.to_owned(), window));
        Ok(())
    }

    /// Ends a program; its data stay.
    ///
    /// # Errors
    /// When it does not run.
    pub fn stop(&mut self, name: &str) -> anyhow::Result<()> {
        let place = self.running.iter().position(|(running, _)| running == name);
        let place = place.with_context(|| format!("{name} does not run"))?;
        self.running.remove(place).1.stop();
        Ok(())
    }

    fn start(&mut self, name: &str, command: &Command) -> anyhow::Result<()> {
        ensure!(self.program(name).is_err(), "{name} runs already");
        let program = Program::start(name, command, &self.log(name))?;
        self.running.push((name.to_owned(), program));
        Ok(())
    }

    fn command(&self, name: &str) -> Command {
        Command::new(self.program_file(name))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn log(&self, name: &str) -> PathBuf {
        self.file(&format!("{name}.log"))
    }
}

impl Drop for Stage {
    /// The last one first, so that nobody complains about a server that went away.
    fn drop(&mut self) {
        while let Some((_, mut program)) = self.running.pop() {
            program.stop();
        }
    }
}

/// Runs a command with this line or nothing on its standard input; what it printed.
fn with_input(mut command: Command, line: Option<&str>) -> anyhow::Result<Vec<u8>> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("it could not be started")?;
    if let (Some(mut pipe), Some(line)) = (child.stdin.take(), line) {
        writeln!(pipe, "{line}").context("it does not listen")?;
    }
    let output = child.wait_with_output().context("it could not be waited for")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}", errors.trim());
    Ok(output.stdout)
}

/// Puts another clock round a program. Only the time of day: timers go on as they are.
fn set_clock(command: &mut Command, clock: &str) -> anyhow::Result<()> {
    let library = std::fs::read_dir("/usr/lib")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("faketime/libfaketimeMT.so.1"))
        .find(|file| file.is_file())
        .context("libfaketime is not there (Debian package faketime)")?;
    command
        .env("LD_PRELOAD", library)
        .env("FAKETIME", clock)
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .env("DONT_FAKE_MONOTONIC", "1")
        .env("TZ", "UTC");
    Ok(())
}

fn path(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The last line as JSON.
fn last_json(printed: &[u8]) -> Option<Value> {
    let line = std::str::from_utf8(printed)
        .ok()?
        .lines()
        .rfind(|line| !line.trim().is_empty())?;
    serde_json::from_str(line).ok()
}
