//! Missing system packages: named and installed with apt, or, where there is no apt, listed.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

/// What xtask says on stderr when only the programs of one folder are there; it cannot succeed without the others.
fn said(arguments: &[&str], programs: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(arguments)
        .env("PATH", programs)
        .output()
        .unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

fn program(folder: &Path, name: &str, script: &str) {
    let file = folder.join(name);
    fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn without_apt_every_command_lists_what_it_needs() {
    let empty = tempfile::tempdir().unwrap();
    for (arguments, package) in [
        (&["demo", "--headless"][..], "libwebkit2gtk-4.1-dev"),
        (&["test"], "webkit2gtk-driver"),
        (&["test"], "chromium"),
        (&["bench", "window"], "xvfb"),
        (&["check"], "build-essential"),
    ] {
        let said = said(arguments, empty.path());
        assert!(
            said.contains("no apt") && said.contains(package),
            "{arguments:?}: {said}"
        );
    }
}

#[test]
fn with_apt_only_what_is_missing_is_named_and_installed() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    program(
        folder.path(),
        "dpkg-query",
        r#"[ "$3" = chromium ] || printf installed"#,
    );
    program(
        folder.path(),
        "apt-get",
        &format!(r#"[ "$1" = --version ] || echo "$@" >> {}"#, log.display()),
    );
    program(folder.path(), "sudo", r#"exec "$@""#);
    let said = said(&["test"], folder.path());
    assert!(
        said.contains("xtask: installing with apt-get: chromium\n"),
        "{said}"
    );
    let ran = fs::read_to_string(log).unwrap();
    assert!(
        ran.ends_with("install --quiet --yes --no-install-recommends chromium\n"),
        "{ran}"
    );
    assert!(ran.starts_with("update"), "{ran}");
}
