//! The files that a server is set up with: systemd takes the unit, and this program takes unit, configuration and what the
//! container says.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::operating::Made;
use crate::process::{PROGRAM, json, run_with};

const INSTALLED: &str = "/usr/bin/province-server";
/// Tenths of what `systemd-analyze security` calls exposure, of 100.
const EXPOSURE_MAX: &str = "25";

fn packaging(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../packaging/province")
        .join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(packaging(name)).unwrap()
}

/// What systemd says of this unit.
fn systemd(arguments: &[&str], unit: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("khyber-province.service");
    fs::write(&file, unit.replace(INSTALLED, PROGRAM)).unwrap();
    let output = Command::new("systemd-analyze")
        .args(arguments)
        .arg(&file)
        .output();
    output.expect("systemd-analyze, which `cargo xtask test` installs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

#[test]
fn systemd_takes_the_unit_and_shuts_the_program_in() {
    let unit = text("khyber-province.service");
    let output = systemd(&["verify"], &unit);
    let about_ours = said(&output).lines().any(|line| line.contains("khyber-province"));
    assert!(output.status.success() && !about_ours, "{}", said(&output));
    let slip = unit.replace("ProtectSystem=strict", "ProtectSystems=strict");
    assert!(said(&systemd(&["verify"], &slip)).contains("ProtectSystems"));

    let limit = format!("--threshold={EXPOSURE_MAX}");
    let security = ["security", "--offline=true", &limit];
    let output = systemd(&security, &unit);
    assert!(output.status.success(), "{}", said(&output));
    let open = unit
        .replace("SystemCallFilter", "#SystemCallFilter")
        .replace("Protect", "#Protect");
    assert!(
        !systemd(&security, &open).status.success(),
        "the limit is no limit"
    );
}

#[test]
fn the_packaged_configuration_is_a_good_one_also_with_what_it_leaves_out() {
    let made = Made::new();
    let sample = text("province.toml").replace("/var/lib/khyber-province", &made.data());
    let file = made.folder().join("sample.toml");
    let check = |text: &str, more: &[(&str, OsString)]| {
        fs::write(&file, text).unwrap();
        json(&run_with(
            &["config-check", "--config", file.to_str().unwrap()],
            "",
            more,
        ))
    };
    assert_eq!(check(&sample, &[])["done"], true);
    // Its lines that are commented out name settings that there are.
    let keys: Vec<&str> = sample
        .lines()
        .filter_map(|line| line.strip_prefix('#')?.split_once(" = ").map(|(key, _)| key))
        .collect();
    assert_eq!(keys.len(), 5);
    for key in keys {
        let is_one = province_server::config::SETTINGS
            .iter()
            .any(|setting| setting.key == key);
        assert!(is_one, "{key}");
    }
}

#[test]
fn what_the_container_says_is_enough_to_serve_with_where_nadra_and_the_proxy_are_named() {
    let container = text("Containerfile");
    let made = Made::new();
    let mut environment = vec![
        ("KHYBER_PLAIN".to_owned(), OsString::from("behind-proxy")),
        (
            "KHYBER_NADRA_URL".to_owned(),
            OsString::from("https://nadra.example"),
        ),
    ];
    for word in container.split_whitespace() {
        if let Some((name, value)) = word.split_once('=')
            && name.starts_with("KHYBER_")
            && !environment.iter().any(|(other, _)| other == name)
        {
            let value = value.replace("/var/lib/khyber-province", &made.data());
            environment.push((name.to_owned(), value.into()));
        }
    }
    assert_eq!(environment.len(), 5);
    let environment: Vec<(&str, OsString)> = environment
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    assert_eq!(json(&run_with(&["config-check"], "", &environment))["done"], true);
    // Not as root, and nothing but this program.
    assert!(container.contains("\nUSER 65532:65532\n"));
    assert!(container.contains(&format!("ENTRYPOINT [\"{INSTALLED}\"]\nCMD [\"serve\"]\n")));
}

/// What every Debian has, and OpenSSL's `libcrypto`, with which passkeys are verified.
const SYSTEM: [&str; 5] = [
    "libc.so.6",
    "libcrypto.so.3",
    "libgcc_s.so.1",
    "libm.so.6",
    "ld-linux",
];

#[test]
fn the_program_needs_libraries_of_the_system_alone() {
    // Of binutils, without which nothing was linked here.
    let output = Command::new("readelf")
        .args(["--dynamic", PROGRAM])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let said = said(&output);
    let needed: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("(NEEDED)"))
        .filter_map(|line| line.split_once('[')?.1.strip_suffix(']'))
        .collect();
    assert!(needed.contains(&"libc.so.6"), "{said}");
    for library in needed {
        assert!(SYSTEM.iter().any(|one| library.starts_with(one)), "{library}");
    }
    // None is looked for elsewhere than where the system has its own.
    assert!(!said.contains("(RPATH)") && !said.contains("(RUNPATH)"), "{said}");
}
