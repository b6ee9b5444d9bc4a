//! Inspecting, keys, requests, QR pictures, and everything that is not an answer.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

mod support;

use image::{GrayImage, Luma};
use serde_json::{Value, json};
use support::{AUDIENCE, NOW, Province, error, khyber};
use tempfile::TempDir;

#[test]
fn inspect_says_that_nothing_is_verified_and_masks_the_cnic() {
    let province = Province::new();
    province.request("identity");
    let text = province.identity();
    let shown = province.run(&["inspect"], &text).json();
    assert_eq!(shown["verified"], false);
    assert_eq!(shown["kind"], "presentation");
    assert_eq!(
        (&shown["headers"]["alg"], &shown["headers"]["typ"]),
        (&json!(-8), &json!(294))
    );
    assert_eq!(shown["binding"]["audience"], AUDIENCE);
    assert_eq!(shown["binding"]["iat"], 0);
    assert_eq!(shown["credential"]["headers"]["typ"], 293);
    assert_eq!(shown["credential"]["claims"]["identity"]["id"], "99999-*******-1");
    assert!(!shown.to_string().contains("9999912345671"));
    let revealed = province.run(&["inspect", "--reveal"], &text).json();
    assert_eq!(
        revealed["credential"]["claims"]["identity"]["id"],
        "9999912345671"
    );

    let timed = province.run(&["inspect"], province.timed()).json();
    assert_eq!(timed["binding"]["iat"], NOW);
    assert_eq!(timed["binding"]["exp"], "2026-03-01T09:31:00Z");

    let request = std::fs::read(province.path("request.kpr")).unwrap();
    let shown = province.run(&["inspect"], request).json();
    assert_eq!(
        (&shown["kind"], &shown["verified"], &shown["signed"]),
        (&json!("request"), &json!(false), &json!(true))
    );
    assert_eq!(shown["certificate"]["claims"]["name"]["en"], "Test desk");
    assert_eq!(shown["request"]["ask"], "identity");
}

#[test]
fn inspect_names_what_it_cannot_read() {
    let folder = TempDir::new().unwrap();
    for (text, code) in [
        ("", "nothing_read"),
        ("WIFI:T:WPA", "wrong_code"),
        ("گل", "wrong_code"),
        ("KP1:%%%", "malformed"),
        ("KP1:00", "malformed"),
        ("KPR:00", "request_malformed"),
        ("KPF:00", "malformed"),
        (&format!("KP1:{}", "0".repeat(9_000)), "too_large"),
    ] {
        assert_eq!(
            khyber(folder.path(), &["inspect"], text).error(),
            error(65, code),
            "{text}"
        );
    }
}

#[test]
fn a_request_has_a_fresh_nonce_unless_one_is_given() {
    let province = Province::new();
    let ask = ["request", "--ask", "age", "--audience", AUDIENCE, "--now", NOW];
    let (first, second) = (province.run(&ask, "").json(), province.run(&ask, "").json());
    assert_ne!(first["nonce"], second["nonce"]);
    assert_eq!(first["expires"], "2026-03-01T09:31:00Z");
    let given = [&ask[..], &["--nonce", "000102030405060708090a0b0c0d0e0f"]].concat();
    let (first, second) = (province.run(&given, "").json(), province.run(&given, "").json());
    assert_eq!(first, second);
    assert_eq!(first["nonce"], "000102030405060708090a0b0c0d0e0f");
    assert_eq!(first["check_code"].as_str().unwrap().len(), 2);
    assert_eq!(
        province.run(&[&ask[..], &["--nonce", "00"]].concat(), "").error(),
        error(65, "field_unreadable")
    );
}

#[test]
fn trust_show_prints_what_was_signed() {
    let province = Province::new();
    let shown = province
        .run(&["trust", "show", "--trust", "trust.kpt"], "")
        .json();
    assert_eq!(
        (&shown["verified"], &shown["root_kind"]),
        (&json!(true), &json!("test"))
    );
    assert_eq!(
        shown["trust"]["keys"][1]["allowed"],
        json!(["counter-certificate"])
    );

    // The next list names the hash of the one before; the old one may not follow it.
    let mut next = shown["trust"].clone();
    next["sequence"] = 2.into();
    next["previous"] = shown["sha256"].clone();
    let sign = [
        "trust",
        "sign",
        "--root",
        "root-1.key",
        "--root",
        "root-2.key",
        "--out",
        "next.kpt",
    ];
    province.done(&sign, next.to_string());
    province.done(
        &["trust", "show", "--trust", "next.kpt", "--previous", "trust.kpt"],
        "",
    );
    let back = ["trust", "show", "--trust", "trust.kpt", "--previous", "next.kpt"];
    assert_eq!(province.run(&back, "").error(), error(65, "trust_older"));
    let one = ["trust", "sign", "--root", "root-1.key", "--out", "one.kpt"];
    assert_eq!(province.run(&one, next.to_string()).error(), error(64, "usage"));
}

#[test]
fn a_key_file_is_never_written_over_and_only_its_owner_reads_it() {
    let province = Province::new();
    let before = std::fs::read(province.path("holder.key")).unwrap();
    assert_eq!(
        province.run(&["key", "new", "--out", "holder.key"], "").error(),
        error(74, "write_failed")
    );
    assert_eq!(std::fs::read(province.path("holder.key")).unwrap(), before);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(province.path("holder.key"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert_ne!(province.public_key("holder"), province.public_key("issuer"));
}

#[test]
fn wrong_use_is_64_wrong_data_65_a_missing_file_66() {
    let province = Province::new();
    for usage in [
        &[][..],
        &["accept"],
        &["verify", "--audience", AUDIENCE, "--now", "yesterday"],
        &["present", "--key", "holder.key"],
        &[
            "present",
            "--key",
            "holder.key",
            "--audience",
            AUDIENCE,
            "--request",
            "r",
        ],
        &["request", "--ask", "AGE", "--audience", AUDIENCE],
        &[
            "request",
            "--ask",
            "age",
            "--audience",
            AUDIENCE,
            "--certificate",
            "desk.cert",
        ],
        &["issue", "--key"],
        &["qr", "encode", "--level", "H"],
    ] {
        assert_eq!(province.run(usage, "").error(), error(64, "usage"), "{usage:?}");
    }
    // What is printed needs neither; a presentation needs one of them.
    assert_eq!(
        province.run(&["verify"], province.timed()).error(),
        error(64, "usage")
    );
    province.request("age");
    let both = [
        "verify",
        "--request",
        "request.kpr",
        "--audience",
        "kp:other-desk",
    ];
    assert_eq!(province.run(&both, "").error(), error(64, "usage"));
    for nothing in ["", "\n", " \r\n"] {
        for command in [&["verify", "--audience", AUDIENCE][..], &["inspect"]] {
            assert_eq!(province.run(command, nothing).error(), error(65, "nothing_read"));
        }
    }
    let missing = ["verify", "--trust", "nowhere.kpt", "--audience", AUDIENCE];
    assert_eq!(province.run(&missing, "").error(), error(66, "no_input"));
    for (claims, code) in [
        ("{", "json_unreadable"),
        ("{}", "json_unreadable"),
        (
            r#"{"iat":"2026-01-01","exp":"2026-02-30","vct":"age"}"#,
            "field_unreadable",
        ),
        (
            r#"{"iat":"2026-01-01","exp":"2026-02-01","vct":"Age"}"#,
            "field_unreadable",
        ),
        (
            r#"{"iat":"2026-01-01","exp":"2026-01-01","vct":"age"}"#,
            "issue_never_valid",
        ),
        (
            r#"{"iat":"2026-01-01","exp":"2026-02-01","vct":"age","cnic":"9999912345671"}"#,
            "json_unreadable",
        ),
        (
            r#"{"iat":"2026-01-01","exp":"2026-02-01","vct":"identity","identity":{"id":"17101"}}"#,
            "field_unreadable",
        ),
    ] {
        let ran = province.run(&["issue", "--key", "issuer.key"], claims);
        assert!(!ran.stderr.contains("9999912345671"));
        assert_eq!(ran.error(), error(65, code), "{claims}");
    }
    std::fs::write(province.path("bad.key"), "secret").unwrap();
    let ran = province.run(&["key", "show", "--key", "bad.key"], "");
    assert!(!ran.stderr.contains("secret"));
    assert_eq!(ran.error(), error(65, "field_unreadable"));
}

#[test]
fn help_is_no_error_and_describes_the_status_bundle() {
    let folder = TempDir::new().unwrap();
    let help = khyber(folder.path(), &["verify", "--help"], "");
    assert_eq!((help.exit, help.stderr.as_str()), (0, ""));
    assert!(help.stdout.contains("khyber status"), "{}", help.stdout);
    assert_eq!(khyber(folder.path(), &["--version"], "").exit, 0);
}

#[test]
fn a_text_goes_through_png_and_svg_and_back() {
    let province = Province::new();
    let text = province.timed();
    let encode = ["qr", "encode", "--png", "code.png", "--svg", "code.svg"];
    let made = province.run(&encode, &text).json();
    assert!(made["version"].as_u64().unwrap() <= 11, "{made}");
    assert_eq!(province.done(&["qr", "decode", "code.png"], ""), text);
    assert_eq!(
        province.done(
            &["qr", "decode", "-"],
            std::fs::read(province.path("code.png")).unwrap()
        ),
        text
    );

    let svg = std::fs::read_to_string(province.path("code.svg")).unwrap();
    drawn(&svg).save(province.path("drawn.png")).unwrap();
    assert_eq!(province.done(&["qr", "decode", "drawn.png"], ""), text);

    let medium = province.run(&["qr", "encode", "--level", "m"], &text).json();
    assert!(medium["version"].as_u64() > made["version"].as_u64());
    assert_eq!(made["path"].as_str().unwrap().chars().next(), Some('M'));
}

/// Draws the rectangles of our SVG, four pixels for each unit.
fn drawn(svg: &str) -> GrayImage {
    let between = |text: &str, from: &str, to: &str| -> String {
        let start = text.find(from).unwrap() + from.len();
        text[start..].split(to).next().unwrap().to_owned()
    };
    let side: u32 = between(svg, "viewBox=\"0 0 ", " ").parse().unwrap();
    let path = between(svg, "<path fill=\"#000\" d=\"", "\"");
    let mut picture = GrayImage::from_pixel(side * 4, side * 4, Luma([255]));
    for rectangle in path.split_terminator('z') {
        let (x, rest) = rectangle[1..].split_once(' ').unwrap();
        let (y, rest) = rest.split_once('h').unwrap();
        let (run, _) = rest.split_once('v').unwrap();
        let (x, y, run): (u32, u32, u32) = (x.parse().unwrap(), y.parse().unwrap(), run.parse().unwrap());
        for (px, py) in (x * 4..(x + run) * 4).flat_map(|px| (y * 4..y * 4 + 4).map(move |py| (px, py))) {
            picture.put_pixel(px, py, Luma([0]));
        }
    }
    picture
}

#[test]
fn a_picture_without_a_code_or_no_picture_is_65() {
    let province = Province::new();
    GrayImage::from_pixel(64, 64, Luma([255]))
        .save(province.path("white.png"))
        .unwrap();
    assert_eq!(
        province.run(&["qr", "decode", "white.png"], "").error(),
        error(65, "no_code_found")
    );
    assert_eq!(
        province.run(&["qr", "decode", "trust.kpt"], "").error(),
        error(65, "picture_unreadable")
    );
    assert_eq!(
        province.run(&["qr", "encode"], "").error(),
        error(65, "qr_text_empty")
    );
    assert_eq!(
        province.run(&["qr", "encode"], "a".repeat(5_000)).error(),
        error(65, "qr_text_too_long")
    );
    let huge = ["qr", "encode", "--png", "huge.png", "--scale", "1000"];
    assert_eq!(
        province.run(&huge, "KP1:").error(),
        error(65, "qr_scale_out_of_range")
    );
}

#[test]
fn what_verify_prints_under_claims_can_be_issued_again() {
    let province = Province::new();
    let ran = province.verify(&province.timed(), NOW, &["--audience", AUDIENCE]);
    let again: Value = serde_json::from_str(&province.issue(&ran.json()["claims"])).unwrap();
    let first: Value = serde_json::from_str(&province.issue(&province.age_claims())).unwrap();
    assert_eq!(again, first);
}
