//! `cargo xtask stage`: the stage under the orders of another program, one line of JSON each way.
//!
//! The end-to-end tests use it, so that the system they test is put together by the same lines as the demo.
//! Orders: `{"do":"servers"}`, `desk`, `preview`, `window`, `stop`, `sandbox`, `province`, `revoke`, `suspend`, `bundle`,
//! `certificate`, `package`, `release`, `grant`.
//! It ends, and with it everything it started, when its standard input ends.

use std::io::{BufRead as _, Write as _};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::{Map, Value, json};

use crate::process;
use crate::stage::{DeskOptions, OFFICER_NUMBER, OFFICER_PIN, Stage};
use crate::workspace::{Profile, Workspace};

/// How often we look whether somebody stopped us.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Start the programs and take orders as lines of JSON.
#[derive(Args)]
pub struct StageShell {
    /// Programs of a release build
    #[arg(long)]
    release: bool,
}

impl StageShell {
    /// Takes orders until standard input ends.
    ///
    /// # Errors
    /// When there is no place for temporary files or nobody listens.
    pub fn run(&self, workspace: &Workspace) -> anyhow::Result<()> {
        process::stop_on_signals()?;
        let profile = if self.release {
            Profile::Release
        } else {
            Profile::Debug
        };
        take_orders(&mut Stage::open(workspace, profile)?)
    }
}

fn take_orders(stage: &mut Stage) -> anyhow::Result<()> {
    answer(&json!({
        "ready": true,
        "folder": stage.folder(),
        "config": stage.config(),
        "khyber": stage.program_file("khyber"),
    }))?;
    // On a thread of its own: somebody may stop us while nobody says anything.
    let (sender, orders) = channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    loop {
        let line = match orders.recv_timeout(LOOK_EVERY) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) if !process::stopping() => continue,
            Err(_) => return Ok(()),
        };
        answer(&match obey(stage, &line) {
            Ok(value) => json!({ "ok": value }),
            Err(error) => json!({ "error": format!("{error:#}") }),
        })?;
    }
}

fn obey(stage: &mut Stage, line: &str) -> anyhow::Result<Value> {
    let order: Map<String, Value> = serde_json::from_str(line).context("not a JSON object")?;
    let text = |key: &str| order.get(key).and_then(Value::as_str);
    let name = |key: &str| text(key).with_context(|| format!("the order has no {key}"));
    let ready = |stage: &Stage, name: &str| Ok(stage.program(name)?.ready().clone());
    match name("do")? {
        "servers" => {
            stage.sim_codes = order.get("sim_codes") == Some(&Value::Bool(true));
            stage.start_servers()?;
            Ok(json!({ "sandbox": ready(stage, "sandbox")?, "province": ready(stage, "province")? }))
        }
        "sandbox" => {
            stage.start_sandbox()?;
            ready(stage, "sandbox")
        }
        "province" => {
            stage.start_province()?;
            ready(stage, "province")
        }
        "desk" => {
            let options = DeskOptions {
                clock: text("clock").map(str::to_owned),
                offline: order.get("offline") == Some(&Value::Bool(true)),
                no_officer: order.get("officer") == Some(&Value::Bool(false)),
                enrols: order.get("enrols") == Some(&Value::Bool(true)),
                profile: order
                    .get("profile")
                    .filter(|one| one.is_object())
                    .map(Value::to_string),
            };
            stage.start_desk(name("name")?, &options)?;
            let mut ready = ready(stage, name("name")?)?;
            if let Some(fields) = ready.as_object_mut() {
                let officer = json!({ "number": OFFICER_NUMBER, "pin": OFFICER_PIN });
                fields.insert("officer".to_owned(), officer);
            }
            Ok(ready)
        }
        "preview" => {
            stage.start_preview(name("name")?, text("clock"))?;
            ready(stage, name("name")?)
        }
        "window" => {
            let command = stage.window(name("name")?);
            let environment: Map<String, Value> = command
                .get_envs()
                .map(|(key, value)| {
                    let value = value.unwrap_or_default().to_string_lossy().into_owned();
                    (key.to_string_lossy().into_owned(), Value::String(value))
                })
                .collect();
            Ok(json!({ "program": command.get_program().to_string_lossy(), "environment": environment }))
        }
        "stop" => stage.stop(name("name")?).map(|()| Value::Null),
        "revoke" => stage.revoke(name("cnic")?),
        "suspend" => stage.suspend(name("cnic")?, order.get("suspended") == Some(&Value::Bool(true))),
        "bundle" => Ok(json!(stage.bundle(order.get("from").and_then(Value::as_u64))?)),
        "grant" => {
            let form = order.get("form").context("the order has no form")?;
            stage.grant(&form.to_string())
        }
        "certificate" => Ok(json!(stage.certificate(name("key")?)?)),
        "package" => Ok(json!(stage.package()?)),
        "release" => stage.release(name("cnic")?),
        other => bail!("there is no order `{other}`"),
    }
}

fn answer(value: &Value) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{value}")
        .and_then(|()| out.flush())
        .context("nobody listens")
}
