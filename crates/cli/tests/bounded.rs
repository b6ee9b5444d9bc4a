//! Hostile input under a hard limit of memory: whatever comes, the program answers with a code and is not killed.
#![cfg(target_os = "linux")] // elsewhere a process cannot be given such a limit
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::io::Write as _;
use std::process::{Command, Stdio};

use credential::base45;
use serde_json::Value;
use support::*;

/// Address space for input of ordinary size, in KiB: the program itself takes about half.
const SMALL_KIB: usize = 32 * 1024;
/// For input as large as is read at all (64 MiB): twice that while it grows, and itself.
const LARGE_KIB: usize = 320 * 1024;

/// Runs `khyber` with so much address space and no more; its exit code and the stable code it gave.
fn within(kib: usize, province: &Province, arguments: &[&str], stdin: &[u8]) -> (i32, String) {
    let mut child = Command::new("sh")
        .args(["-c", r#"ulimit -v "$0" && exec "$@""#, &kib.to_string()])
        .arg(env!("CARGO_BIN_EXE_khyber"))
        .args(arguments)
        .current_dir(province.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that has read enough closes its side.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    let output = child.wait_with_output().unwrap();
    let printed = if output.stdout.is_empty() {
        &output.stderr
    } else {
        &output.stdout
    };
    let json: Value = serde_json::from_slice(printed).unwrap_or_else(|_| {
        panic!(
            "{arguments:?}: {} {}",
            output.status,
            String::from_utf8_lossy(printed)
        )
    });
    let code = json["code"].as_str().or(json["error"]["code"].as_str());
    (output.status.code().unwrap(), code.unwrap().to_owned())
}

/// CBOR that promises or nests more than there is.
fn monsters() -> Vec<Vec<u8>> {
    let promised = [0x5b, 0x7b, 0x9b, 0xbb, 0xdb]
        .iter()
        .flat_map(|head| {
            [[0xff; 8], [0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff]].map(|length| (*head, length))
        })
        .map(|(head, length)| [&[head][..], &length].concat());
    let nested = [0x81_u8, 0xa1, 0xd2, 0x9f, 0xbf].map(|head| vec![head; 3_000]);
    // The frame of a signed message, with a monster for its payload.
    let inside = [
        &[0xd2, 0x84, 0x43, 0xa1, 0x01, 0x27, 0xa0, 0x5b][..],
        &[0x00, 0x00, 0x0f],
        &[0xff; 5],
    ]
    .concat();
    promised.chain(nested).chain([inside]).collect()
}

#[test]
fn codes_that_promise_more_than_they_hold() {
    let province = Province::new();
    for monster in monsters() {
        for prefix in ["KP1:", "KPR:", "KPF:"] {
            let text = format!("{prefix}{}", base45::encode(&monster));
            let (exit, code) = within(SMALL_KIB, &province, &["inspect"], text.as_bytes());
            assert!(exit == 0 || exit == 65, "{prefix} {code}");
            let verify = ["verify", "--audience", AUDIENCE, "--trust", "trust.kpt"];
            let (exit, code) = within(SMALL_KIB, &province, &verify, text.as_bytes());
            assert_eq!(exit, 1, "{prefix} {code}");
        }
        std::fs::write(province.path("monster"), &monster).unwrap();
        for files in [
            ["--trust", "monster"],
            ["--status", "monster"],
            ["--request", "monster"],
        ] {
            let verify = [
                &["verify", "--audience", AUDIENCE, "--trust", "trust.kpt"][..],
                &files,
            ]
            .concat();
            let (exit, code) = within(SMALL_KIB, &province, &verify, b"KP1:00");
            assert!(exit == 64 || exit == 65, "{files:?} {exit} {code}");
        }
    }
}

#[test]
fn texts_without_an_end() {
    let province = Province::new();
    let verify = ["verify", "--audience", AUDIENCE, "--trust", "trust.kpt"];
    let megabyte = format!("KP1:{}", "0".repeat(1_000_000));
    assert_eq!(
        within(SMALL_KIB, &province, &verify, megabyte.as_bytes()),
        (1, "too_large".to_owned())
    );
    let endless = vec![b'0'; 70 * 1024 * 1024];
    for command in [
        &verify[..],
        &["inspect"],
        &["qr", "decode", "-"],
        &["issue", "--key", "issuer.key"],
    ] {
        let (exit, code) = within(LARGE_KIB, &province, command, &endless);
        assert_eq!((exit, &code[..]), (65, "input_too_large"), "{command:?}");
    }
}
