//! Where there is no apt, the list of what to install is printed and nothing else happens.
#![allow(clippy::unwrap_used)]

use std::process::Command;

fn said_without_apt(arguments: &[&str]) -> String {
    let empty = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(arguments)
        .env("PATH", empty.path())
        .output()
        .unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn demo_and_test_name_the_packages_they_need() {
    for (arguments, package) in [
        (&["demo", "--headless"][..], "libwebkit2gtk-4.1-dev"),
        (&["test"], "webkit2gtk-driver"),
        (&["test"], "chromium"),
        (&["bench", "window"], "xvfb"),
        (&["check"], "build-essential"),
    ] {
        let said = said_without_apt(arguments);
        assert!(
            said.contains("no apt") && said.contains(package),
            "{arguments:?}: {said}"
        );
    }
}
