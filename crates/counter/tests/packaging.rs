//! The files that a desk is set up with: systemd takes the unit, and it starts this program with options that it has.
//! Where there is no systemd, on a Mac or on Windows, two tests say so.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const PROGRAM: &str = env!("CARGO_BIN_EXE_counter");
/// Where the unit says that the program is.
const INSTALLED: &str = "/usr/bin/khyber-counter";
/// Tenths of what `systemd-analyze security` calls exposure, of 100.
const EXPOSURE_MAX: &str = "20";

fn packaging(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../packaging/counter")
        .join(name)
}

fn unit() -> String {
    std::fs::read_to_string(packaging("khyber-counter.service")).unwrap()
}

/// What systemd says of the unit with this program in it; none on a system that never has one.
fn systemd(arguments: &[&str], unit: &str) -> Option<Output> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("khyber-counter.service");
    std::fs::write(&file, unit.replace(INSTALLED, PROGRAM)).unwrap();
    match Command::new("systemd-analyze")
        .args(arguments)
        .arg(&file)
        .output()
    {
        Ok(output) => Some(output),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !cfg!(target_os = "linux") => {
            eprintln!("there is no systemd-analyze here; the unit was not checked");
            None
        }
        Err(error) => panic!("systemd-analyze, which `cargo xtask test` installs: {error}"),
    }
}

fn all(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

#[test]
fn systemd_takes_the_unit_without_a_word() {
    let Some(output) = systemd(&["verify"], &unit()) else {
        return;
    };
    let said = all(&output);
    // Its other lines are about units of this machine.
    let about_ours = said.lines().any(|line| line.contains("khyber-counter"));
    assert!(output.status.success() && !about_ours, "{said}");
    // The same look at a unit with a slip of the pen.
    let slip = unit().replace("ProtectSystem=strict", "ProtectSystems=strict");
    let said = all(&systemd(&["verify"], &slip).unwrap());
    assert!(said.contains("ProtectSystems"), "{said}");
}

#[test]
fn the_program_is_shut_in() {
    let limit = format!("--threshold={EXPOSURE_MAX}");
    let Some(output) = systemd(&["security", "--offline=true", &limit], &unit()) else {
        return;
    };
    assert!(output.status.success(), "{}", all(&output));
    let open = unit()
        .replace("ProtectSystem=strict\n", "")
        .replace("NoNewPrivileges=yes\n", "");
    let open = open
        .replace("SystemCallFilter", "#SystemCallFilter")
        .replace("Private", "#Private");
    let output = systemd(&["security", "--offline=true", &limit], &open).unwrap();
    assert!(!output.status.success(), "the limit is no limit");
}

#[test]
fn the_unit_starts_the_program_with_options_that_it_has() {
    let unit = unit();
    let start = unit.split("ExecStart=").nth(1).unwrap();
    let start = start.split("\n\n").next().unwrap().replace("\\\n", " ");
    let line = start.lines().next().unwrap();
    let mut words = line.split_whitespace();
    assert_eq!(words.next(), Some(INSTALLED));
    let folder = tempfile::tempdir().unwrap();
    // The same options with paths of this machine.
    let arguments: Vec<String> = words
        .map(|word| match word.strip_prefix('/') {
            Some(path) => folder.path().join(path).display().to_string(),
            None => word.replace(":7310", ":0"),
        })
        .collect();
    let output = Command::new(PROGRAM).args(&arguments).output().unwrap();
    // It gets as far as the files that are not there: every option was understood.
    let said = all(&output);
    assert!(
        said.contains("the province's configuration cannot be read"),
        "{said}"
    );
}

#[test]
fn the_browsers_policy_lets_this_desks_page_use_the_camera_and_no_other() {
    let policy = std::fs::read(packaging("khyber-counter-policy.json")).unwrap();
    let policy: serde_json::Value = serde_json::from_slice(&policy).unwrap();
    let listen = unit();
    let listen = listen
        .split("--listen ")
        .nth(1)
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap();
    assert_eq!(
        policy["VideoCaptureAllowedUrls"],
        serde_json::json!([format!("http://{listen}")])
    );
}
