//! `cargo xtask bench [AREA]`: figures as ratios to a floor or a peer that ran beside them, in release.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use crate::packages::{self, Packages, Purpose};
use crate::report::say;
use crate::workspace::{Profile, Workspace};
use crate::{command, peer, programs, screens, test};

/// Measure in release.
#[derive(Args)]
pub struct Bench {
    /// Only this area
    #[arg(value_enum)]
    area: Option<Area>,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Area {
    /// Verifying, against its two bare signature checks; sizes of codes; status lists of the whole province; the time of a
    /// camera's frame
    Credential,
    /// How many poor camera pictures are read, beside zxing-cpp on the same pictures
    Camera,
    /// Opening the vault, what Argon2id costs, and searching a long past, against plain SQLite; bytes of a sync and of an
    /// enrolment, memory, and a slow network where there is root
    Wallet,
    /// Issuing a batch of passes, against its bare signatures; reads and syncs, against bare handlers
    Province,
    /// What all phones at once do to the province after an outage, by the wallet's own waits
    Storm,
    /// The catalogue's bytes and a month's changes, and searching it with mistakes, against a bare FTS5 match
    Services,
    /// Unlock to QR on the screen, in the real window
    Window,
}

/// One figure as a bench program prints it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Measured {
    value: f64,
    unit: String,
    limit: Option<f64>,
    better: Better,
    /// What the value was compared with, in words: `2 x verify_strict: 88.1 us`.
    #[serde(default)]
    floor: Option<String>,
}

/// One figure in `target/bench/AREA.json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Figure {
    value: f64,
    unit: String,
    limit: Option<f64>,
    better: Better,
    holds: bool,
    /// What it was compared with, peers among it.
    floor: Option<String>,
}

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Better {
    Lower,
    Higher,
}

impl Bench {
    /// Measures, prints the table, writes the files.
    ///
    /// # Errors
    /// When something cannot be measured, or a figure does not hold its limit.
    pub fn run(&self, workspace: &Workspace, packages: Packages) -> anyhow::Result<()> {
        let areas = match self.area {
            Some(area) => vec![area],
            None => Area::value_variants().to_vec(),
        };
        let window = areas.contains(&Area::Window);
        packages::ensure(packages, if window { Purpose::Test } else { Purpose::Build })?;
        let mut failed = Vec::new();
        for area in areas {
            let measured = area
                .measure(workspace)
                .with_context(|| format!("{} was not measured", area.name()))?;
            let figures = judge(&measured);
            print(area, &measured, &figures);
            write(workspace, area, &figures)?;
            let missed = figures.iter().filter(|(_, figure)| !figure.holds);
            failed.extend(missed.map(|(name, _)| name.clone()));
        }
        if !failed.is_empty() {
            bail!("beyond the limit: {}", failed.join(", "));
        }
        Ok(())
    }
}

impl Area {
    fn name(self) -> &'static str {
        match self {
            Self::Credential => "credential",
            Self::Camera => "camera",
            Self::Wallet => "wallet",
            Self::Province => "province",
            Self::Storm => "storm",
            Self::Services => "services",
            Self::Window => "window",
        }
    }

    fn measure(self, workspace: &Workspace) -> anyhow::Result<BTreeMap<String, Measured>> {
        say(&format!("measuring: {}", self.name()));
        match self {
            Self::Credential => {
                let mut all = figures(&mut bench(workspace, "credential", "verify"))?;
                all.extend(figures(&mut bench(workspace, "credential", "status"))?);
                all.extend(figures(camera(workspace).args(["--", "frames"]))?);
                Ok(all)
            }
            Self::Camera => figures(camera(workspace).args(["--", "rates"])),
            Self::Wallet => {
                let mut all = figures(&mut bench(workspace, "wallet", "unlock"))?;
                all.extend(figures(&mut bench(workspace, "wallet", "vault"))?);
                screens::build(workspace)?;
                programs::build(workspace, Profile::Release)?;
                all.extend(figures(&mut wire(workspace))?);
                Ok(all)
            }
            Self::Province => {
                let mut all = figures(&mut bench(workspace, "province-server", "issue"))?;
                all.extend(figures(&mut bench(workspace, "province-server", "serve"))?);
                all.extend(figures(&mut bench(workspace, "province-server", "work"))?);
                Ok(all)
            }
            Self::Services => figures(&mut bench(workspace, "wallet", "services")),
            Self::Storm => figures(&mut bench(workspace, "wallet", "storm")),
            Self::Window => figures(&mut window(workspace)?),
        }
    }
}

/// Runs a program whose last line is figures.
fn figures(command: &mut Command) -> anyhow::Result<BTreeMap<String, Measured>> {
    let printed = command::output(command)?;
    let line = printed.lines().rfind(|line| line.starts_with('{'));
    let line = line.context("no figures were printed")?;
    serde_json::from_str(line).with_context(|| format!("these are not figures: {line}"))
}

fn bench(workspace: &Workspace, package: &str, name: &str) -> Command {
    let mut cargo = workspace.cargo();
    cargo.args(["bench", "--quiet", "--package", package, "--bench", name]);
    cargo
}

/// The real wallet and the real province, side by side; built as the programs are, so that nothing is compiled twice.
fn wire(workspace: &Workspace) -> Command {
    let mut cargo = workspace.cargo();
    cargo.args(["bench", "--quiet"]);
    cargo.args(programs::SELECTION.iter().filter(|word| **word != "--bins"));
    cargo.args(["--bench", "wire"]);
    // An optimised build keeps no keys in files unless a measurement with test citizens asks for it.
    cargo.env("KHYBER_BENCH", "1");
    cargo
}

/// Poor pictures, and zxing-cpp beside us where it can be had.
fn camera(workspace: &Workspace) -> Command {
    let mut command = bench(workspace, "qr", "camera");
    if let Some(python) = peer::zxing_cpp(workspace) {
        command.env("KHYBER_PEER_PYTHON", python);
    }
    command
}

/// The window under a virtual display, driven and measured from inside its page.
fn window(workspace: &Workspace) -> anyhow::Result<Command> {
    screens::build(workspace)?;
    screens::install(workspace, "tests/e2e")?;
    programs::build(workspace, Profile::Release)?;
    let wallet = figures(&mut bench(workspace, "wallet", "unlock"))?;
    let argon2id = wallet
        .get("argon2id")
        .context("the wallet's bench did not measure Argon2id")?;
    let mut node = Command::new("xvfb-run");
    node.args([
        "--auto-servernum",
        "--server-args=-screen 0 1280x1024x24",
        "node",
        "bench-window.mjs",
    ]);
    node.current_dir(workspace.path("tests/e2e"));
    node.env("KHYBER_XTASK", workspace.program(Profile::Debug, "xtask"));
    node.env("KHYBER_TAURI_DRIVER", test::driver(workspace)?);
    node.env("KHYBER_ARGON2ID_MS", argon2id.value.to_string());
    // The measured build is an optimised one, which keeps no keys in files unless it is told that this is a measurement.
    node.env("KHYBER_BENCH", "1");
    Ok(node)
}

fn judge(measured: &BTreeMap<String, Measured>) -> BTreeMap<String, Figure> {
    let judged = measured.iter().map(|(name, measured)| {
        let holds = measured.limit.is_none_or(|limit| match measured.better {
            Better::Lower => measured.value <= limit,
            Better::Higher => measured.value >= limit,
        });
        let figure = Figure {
            value: measured.value,
            unit: measured.unit.clone(),
            limit: measured.limit,
            better: measured.better,
            holds,
            floor: measured.floor.clone(),
        };
        (name.clone(), figure)
    });
    judged.collect()
}

fn print(area: Area, measured: &BTreeMap<String, Measured>, figures: &BTreeMap<String, Figure>) {
    println!("\n{}", area.name());
    println!(
        "{:<34} {:>16} {:<34} {:>8} {:>8}  holds",
        "figure", "value", "floor or peer", "ratio", "limit"
    );
    for (name, figure) in figures {
        let ratio = if figure.unit == "ratio" {
            format!("{:.2}", figure.value)
        } else {
            "-".to_owned()
        };
        let value = if figure.unit == "ratio" {
            "-".to_owned()
        } else {
            format!("{} {}", short(figure.value), figure.unit)
        };
        let floor = measured
            .get(name)
            .and_then(|measured| measured.floor.as_deref())
            .unwrap_or("-");
        let limit = figure.limit.map_or_else(|| "-".to_owned(), short);
        let holds = match (figure.limit, figure.holds) {
            (None, _) => "-",
            (Some(_), true) => "yes",
            (Some(_), false) => "NO",
        };
        println!("{name:<34} {value:>16} {floor:<34} {ratio:>8} {limit:>8}  {holds}");
    }
}

/// As many digits as mean something.
fn short(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn write(workspace: &Workspace, area: Area, figures: &BTreeMap<String, Figure>) -> anyhow::Result<()> {
    let folder = workspace.target("bench");
    let file = folder.join(format!("{}.json", area.name()));
    fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let text = serde_json::to_string_pretty(figures).context("the figures are not JSON")?;
    fs::write(&file, text + "\n").with_context(|| format!("{} cannot be written", file.display()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;

    #[test]
    fn a_figure_holds_up_to_and_with_its_limit() {
        let measured = serde_json::from_str(
            r#"{"a":{"value":1.15,"unit":"ratio","limit":1.15,"better":"lower","floor":"2 x x"},
                "b":{"value":1.16,"unit":"ratio","limit":1.15,"better":"lower"},
                "c":{"value":9,"unit":"1/s","limit":10,"better":"higher"},
                "d":{"value":80.5,"unit":"ms","limit":null,"better":"lower"}}"#,
        );
        let figures = judge(&measured.unwrap());
        let holds: Vec<bool> = figures.values().map(|figure| figure.holds).collect();
        assert_eq!(holds, [true, false, false, true]);
        assert_eq!(
            serde_json::to_value(&figures["a"]).unwrap(),
            serde_json::json!({ "value": 1.15, "unit": "ratio", "limit": 1.15, "better": "lower", "holds": true, "floor": "2 x x" })
        );
    }

    #[test]
    fn numbers_are_as_short_as_they_can_be() {
        assert_eq!([short(1.0), short(1.1), short(88.126)], ["1", "1.1", "88.13"]);
    }
}
