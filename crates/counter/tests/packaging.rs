//! The files that a desk is set up with: systemd takes the unit, and it starts this program with options that it has.
//! Where there is no systemd, on a Mac or on Windows, two tests say so.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::SystemTime;

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

/// What the kiosk did with a browser that only writes down how it was started and what it was given.
struct Kiosk {
    /// The words of each browser.
    words: Vec<String>,
    /// Each door with its rights and those of its folder, by its name.
    doors: BTreeMap<String, (String, String)>,
    /// What lies in the session's folder afterwards.
    left: usize,
    /// How often the script waited.
    waits: usize,
    /// Whether this folder's files tell that they were read.
    tells_reads: bool,
}

/// So often the script looks whether a door was read, before it takes it away all the same.
const LOOKS_MAX: usize = 60;

/// A browser that reads its page and stays until the page is gone.
const BROWSER: &str = r#"#!/bin/sh
for last; do :; done
door=${last#file://}
name=${door##*/}
stat -c '%a' "$door" "$(dirname "$door")" | tr '\n' ' ' >"$OUT/rights-$name"
cat "$door" >"$OUT/door-$name"
printf '%s\n' "$*" >"$OUT/words-$name"
while [ -e "$door" ]; do command -p sleep 0.1; done
"#;

/// The script's waiting: until each browser that it started has read its page, so that no time counts here.
const SLEEP: &str = r#"#!/bin/sh
echo >>"$OUT/waits"
for door in "$XDG_RUNTIME_DIR"/*/*.html; do
    while [ -e "$door" ] && [ ! -e "$OUT/words-${door##*/}" ]; do command -p sleep 0.1; done
done
"#;

/// Whether a file here can tell that it was read; where access times are not kept it cannot.
fn tells_reads(file: &Path) -> bool {
    let long_ago = SystemTime::UNIX_EPOCH;
    std::fs::write(file, "x").unwrap();
    let times = std::fs::FileTimes::new().set_accessed(long_ago);
    let open = std::fs::OpenOptions::new().write(true).open(file).unwrap();
    open.set_times(times).unwrap();
    std::fs::read(file).unwrap();
    std::fs::metadata(file).unwrap().accessed().unwrap() != long_ago
}

fn kiosk(address: &str, settings: Option<&str>) -> Kiosk {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for name in ["bin", "session", "out"] {
        std::fs::create_dir(at(name)).unwrap();
    }
    std::fs::write(at("page"), address).unwrap();
    if let Some(settings) = settings {
        std::fs::write(at("kiosk.conf"), settings).unwrap();
    }
    let script = std::fs::read_to_string(packaging("khyber-counter-kiosk")).unwrap();
    let script = script
        .replace("/run/khyber-counter/page", at("page").to_str().unwrap())
        .replace(
            "/etc/khyber-counter/kiosk.conf",
            at("kiosk.conf").to_str().unwrap(),
        );
    std::fs::write(at("kiosk"), script).unwrap();
    for (name, program) in [("bin/chromium", BROWSER), ("bin/sleep", SLEEP)] {
        std::fs::write(at(name), program).unwrap();
        std::fs::set_permissions(at(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:{}", at("bin").display(), std::env::var("PATH").unwrap());
    let output = Command::new("sh")
        .arg(at("kiosk"))
        .env("PATH", path)
        .env("HOME", folder.path())
        .env("XDG_RUNTIME_DIR", at("session"))
        .env("OUT", at("out"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", all(&output));
    let mut kiosk = Kiosk {
        words: Vec::new(),
        doors: BTreeMap::new(),
        left: std::fs::read_dir(at("session")).unwrap().count(),
        waits: std::fs::read_to_string(at("out/waits")).map_or(0, |waits| waits.lines().count()),
        tells_reads: tells_reads(&at("probe")),
    };
    for name in ["officer.html", "visitor.html"] {
        let text = |kind: &str| std::fs::read_to_string(at("out").join(format!("{kind}-{name}")));
        if let Ok(words) = text("words") {
            kiosk.words.push(words);
            let door = (text("door").unwrap(), text("rights").unwrap().trim().to_owned());
            kiosk.doors.insert(name.to_owned(), door);
        }
    }
    kiosk
}

#[test]
fn the_kiosk_opens_both_screens_and_the_token_is_on_no_command_line() {
    let token = "a1".repeat(32);
    let address = format!("http://127.0.0.1:7310/?token={token}");
    let kiosk_of = |settings| kiosk(&address, settings);
    let both = kiosk_of(Some("# the second screen\nvisitor_position=1024,0\n"));
    assert_eq!(both.words.len(), 2);
    for words in &both.words {
        assert!(words.contains("--kiosk") && words.contains("file://"), "{words}");
        assert!(!words.contains("token") && !words.contains(&token), "{words}");
    }
    assert!(both.words[1].contains("--window-position=1024,0") && both.words[1].contains("--user-data-dir="));
    for (name, url) in [
        ("officer.html", address.clone()),
        ("visitor.html", address.replace("/?", "/citizen?")),
    ] {
        let (door, rights) = &both.doors[name];
        assert!(door.contains(&format!("url={url}\"")), "{door}");
        assert_eq!(rights, "600 700", "nobody else reads it");
    }
    assert_eq!(both.left, 0, "what the browsers were given is gone");
    // A door goes once it was read: at most one wait for each browser. Where nobody can tell, it goes after the last look.
    let in_time = |kiosk: &Kiosk| {
        let browsers = kiosk.words.len();
        if kiosk.tells_reads {
            assert!(kiosk.waits <= browsers, "{} waits", kiosk.waits);
        } else {
            assert_eq!(kiosk.waits, LOOKS_MAX * browsers);
        }
    };
    in_time(&both);
    // One screen where none is named, or what is named is no place.
    for settings in [
        None,
        Some("visitor_position=left\n"),
        Some("visitor_position=1,2;id\n"),
    ] {
        let one = kiosk_of(settings);
        assert_eq!((one.words.len(), one.left), (1, 0), "{settings:?}");
        in_time(&one);
    }
}
