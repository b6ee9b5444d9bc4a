//! `cargo xtask demo`: everything on this machine, with or without screens.

use std::env;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use serde_json::{Value, json};

use crate::api::Desk;
use crate::packages::{self, Packages, Purpose};
use crate::process::Program;
use crate::report::say;
use crate::stage::{DeskOptions, OFFICER_NUMBER, OFFICER_PIN, Stage};
use crate::workspace::{Profile, Workspace};
use crate::{headless, process, programs, screens};

/// How often we look whether somebody pressed Ctrl-C or a program ended.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Start everything on this machine.
#[derive(Args)]
pub struct Demo {
    /// Walk the whole journey by itself, print each step, and end
    #[arg(long)]
    headless: bool,
    /// Show the wallet in a browser even where there is a display
    #[arg(long, conflicts_with = "headless")]
    preview: bool,
    /// Start the programs as they were built before
    #[arg(long)]
    no_build: bool,
}

impl Demo {
    /// Builds what is not built, starts everything, and ends it at Ctrl-C.
    ///
    /// # Errors
    /// When something cannot be built or does not start, or a step of the journey comes out wrong.
    pub fn run(&self, workspace: &Workspace, packages: Packages) -> anyhow::Result<()> {
        if !self.no_build {
            packages::ensure(packages, Purpose::Build)?;
            screens::build(workspace)?;
            programs::build(workspace, Profile::Debug)?;
        }
        process::stop_on_signals()?;
        let stage = Stage::open(workspace, Profile::Debug)?;
        if self.headless {
            return headless::run(stage);
        }
        self.with_screens(workspace, stage)
    }

    fn with_screens(&self, workspace: &Workspace, mut stage: Stage) -> anyhow::Result<()> {
        say("starting sandbox, province, counter and wallet");
        stage.start_servers()?;
        stage.start_desk("counter", &DeskOptions::default())?;
        let desk = Desk::of(stage.program("counter")?)?.signed_in()?;
        desk.post("sync", &json!({}))?;
        desk.post("officers/sign-out", &json!({}))?;
        let window = has_display() && !self.preview;
        if window {
            stage.open_window("wallet")?;
        } else {
            stage.start_preview("wallet", None)?;
        }
        println!("{}", walk_through(workspace, &stage, window)?);
        wait(&mut stage, window)?;
        say("stopping everything");
        Ok(())
    }
}

fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Until Ctrl-C; tells when a program ended by itself. A window that could not be opened gives way to the browser.
fn wait(stage: &mut Stage, window: bool) -> anyhow::Result<()> {
    let mut window = window;
    let mut watched = vec!["sandbox", "province", "counter", "wallet"];
    while !process::stopping() {
        let mut ended = Vec::new();
        watched.retain(|name| {
            let status = stage.program_mut(name).map(Program::ended);
            let Some(Some(status)) = status else {
                return status.is_some();
            };
            ended.push((*name, status));
            false
        });
        for (name, status) in ended {
            if name != "wallet" || !window {
                let folder = stage.folder().display();
                say(&format!("{name} ended; see its log in {folder}"));
            } else if status.success() {
                say("the wallet's window was closed; the rest runs on until Ctrl-C");
            } else {
                window = false;
                watched.push("wallet");
                stage.stop("wallet")?;
                stage.start_preview("wallet", None)?;
                let page = stage.program("wallet")?.said("page")?;
                say(&format!(
                    "no window could be opened on this display; the wallet is in the browser: {page}"
                ));
            }
        }
        std::thread::sleep(LOOK_EVERY);
    }
    Ok(())
}

fn walk_through(workspace: &Workspace, stage: &Stage, window: bool) -> anyhow::Result<String> {
    let page = |name: &str, key: &str| stage.program(name).and_then(|program| program.said(key));
    let wallet = if window {
        "a window on this display".to_owned()
    } else {
        page("wallet", "page")?
    };
    let province = stage.program("province")?;
    let citizens = citizens(&workspace.path("assets/test-citizens/citizens.json"))?;
    Ok(format!(
        "
Khyber Pass runs on this machine. Everything here is a test, not issued by the Government.

  wallet    {wallet}
  counter   {counter}
  officer   number {OFFICER_NUMBER}, PIN {OFFICER_PIN} (test): sign in at the counter with them
  province  {province}
  NADRA     {nadra} (simulated)
  data      {data} (removed at the end)

Three test citizens, whom the wallet offers at its first question (\"Use a test citizen\"):
{citizens}
  1. Wallet: choose a language and a PIN (such as 246810), then a test citizen, look it through and press \"Send\".
     The simulated NADRA confirms, and the province sends signed passes.
  2. Wallet: \"Show\", then \"Age\". A code fills the screen and renews itself.
  3. Counter: sign in as the test officer, then hold that code into the webcam, or drop a picture of the screen onto the page: accepted. Do it again with
     the same picture: refused, because it was used.
  4. Counter: ask for \"Identity\". Wallet: \"Scan\" the counter's code, or choose a picture of it; compare who asks and the
     two digits, press \"Show this\", and hold the moving code into the webcam. Counter: compare the face; then it turns green.
  5. Revoke the citizen you chose, then press \"Update\" at the counter and do step 4 again: refused.
       echo CNIC | {admin} revoke --data {data}/province
  6. End the province and do step 2 and 3 again: wallet and counter go on working without it.
       kill {process}

Ctrl-C ends everything.",
        counter = page("counter", "page")?,
        province = page("province", "url")?,
        nadra = page("sandbox", "url")?,
        data = stage.folder().display(),
        admin = stage.program_file("province-server").display(),
        process = province.id(),
    ))
}

/// A line for each citizen.
fn citizens(file: &Path) -> anyhow::Result<String> {
    let read = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let citizens: Vec<Value> = serde_json::from_str(&read).context("the test citizens are not JSON")?;
    let text = |citizen: &Value, key: &str| {
        citizen
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    Ok(citizens.iter().fold(String::new(), |lines, citizen| {
        let name = text(citizen, "name_en");
        let born = text(citizen, "date_of_birth");
        format!(
            "{lines}  {name:<14} CNIC {} (test)  born {born}  {}\n",
            text(citizen, "cnic"),
            text(citizen, "district")
        )
    }))
}
