//! Issue, present, verify: the three outcomes and their exit codes, through the real program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

mod support;

use serde_json::{Value, json};
use support::{AUDIENCE, LIST, NOW, Province, error, verdict};

const TIMED: [&str; 2] = ["--audience", AUDIENCE];
const ANSWER: [&str; 2] = ["--request", "request.kpr"];

#[test]
fn a_timed_age_pass_is_accepted_with_its_claims() {
    let province = Province::new();
    let ran = province.verify(&province.timed(), NOW, &TIMED);
    assert_eq!(ran.verdict(), verdict(0, "accepted", "accepted"));
    let json = ran.json();
    let mut claims = province.age_claims();
    claims["iss"] = "PK-KP".into();
    assert_eq!(json["claims"], claims);
    assert_eq!(json["issuer"], "Khyber Pakhtunkhwa (test)");
    assert_eq!(json["mode"], "timed");
    assert_eq!(json["replay"]["until"], "2026-03-01T09:38:00Z");
    assert_eq!(json["replay"]["key"].as_str().unwrap().len(), 64);
}

#[test]
fn a_stale_or_foreign_presentation_is_refused_with_exit_1() {
    let province = Province::new();
    let text = province.timed();
    let stale = province.verify(&text, "2026-03-01T09:33:01Z", &TIMED);
    assert_eq!(stale.verdict(), verdict(1, "refused", "stale"));
    assert_eq!(
        (&stale.json()["claims"], &stale.json()["issuer"]),
        (&Value::Null, &Value::Null)
    );
    let desk = province.verify(&text, NOW, &["--audience", "kp:other-desk"]);
    assert_eq!(desk.verdict(), verdict(1, "refused", "wrong_desk"));
    for (text, code) in [
        ("HC1:NOT OURS", "wrong_code"),
        ("KP1:", "malformed"),
        ("KP1:lower case", "malformed"),
        (&format!("KP1:{}", "0".repeat(1_000_000)), "too_large"),
    ] {
        assert_eq!(
            province.verify(text, NOW, &TIMED).verdict(),
            verdict(1, "refused", code)
        );
    }
    let bytes = province.run(&["verify", "--audience", AUDIENCE], [0xff, 0xfe, 0x00]);
    assert_eq!(bytes.verdict(), verdict(1, "refused", "wrong_code"));
}

#[test]
fn a_desk_that_cannot_know_says_undecided_with_exit_2() {
    let province = Province::new();
    let text = province.timed();
    let none = province.run(&["verify", "--audience", AUDIENCE, "--now", NOW], &text);
    assert_eq!(none.verdict(), verdict(2, "undecided", "no_trust_list"));
    province.sign_trust("trust.kpt", "2026-03-01T09:00:00Z");
    let old = province.verify(&text, NOW, &TIMED);
    assert_eq!(old.verdict(), verdict(2, "undecided", "trust_list_expired"));
    // Status without a trust list: nobody can say who signed it, and nothing is decided.
    let arguments = [
        "verify",
        "--status",
        "status.kpu",
        "--audience",
        AUDIENCE,
        "--now",
        NOW,
    ];
    assert_eq!(
        province.run(&arguments, &text).verdict(),
        verdict(2, "undecided", "no_trust_list")
    );
}

#[test]
fn an_identity_answers_a_certified_request_and_waits_for_the_face() {
    let province = Province::new();
    province.request("identity");
    let text = province.identity();
    let waiting = province.verify(&text, NOW, &ANSWER);
    assert_eq!(waiting.verdict(), verdict(2, "undecided", "face_not_compared"));
    let masked = province.verify(&text, NOW, &["--request", "request.kpr", "--face-compared"]);
    assert_eq!(masked.verdict(), verdict(0, "accepted", "accepted"));
    assert_eq!(masked.json()["claims"]["identity"]["id"], "99999-*******-1");
    let revealing = ["--request", "request.kpr", "--face-compared", "--reveal"];
    let compared = province.verify(&text, NOW, &revealing);
    assert_eq!(
        compared.json()["claims"]["identity"],
        province.identity_claims()["identity"]
    );
    assert_eq!(compared.json()["mode"], "request");

    let old = province.sign_then_verify_without_status(&text);
    assert_eq!(old, verdict(2, "undecided", "no_status_list"));

    // Another request of the same desk: the answer to the first one is worth nothing.
    province.request("identity");
    assert_eq!(
        province.verify(&text, NOW, &ANSWER).verdict(),
        verdict(1, "refused", "wrong_request")
    );
}

impl Province {
    fn sign_then_verify_without_status(&self, text: &str) -> (i32, String, String) {
        let arguments = [
            "verify",
            "--trust",
            "trust.kpt",
            "--now",
            NOW,
            "--request",
            "request.kpr",
        ];
        self.run(&arguments, text).verdict()
    }
}

#[test]
fn a_revoked_identity_is_refused_and_taking_it_back_accepts_it() {
    let province = Province::new();
    province.request("identity");
    let text = province.identity();
    let answer = ["--request", "request.kpr", "--face-compared"];
    let set = [
        "status",
        "set",
        "--status",
        "status.kpu",
        "--trust",
        "trust.kpt",
        "--key",
        "status.key",
        "--list",
        LIST,
        "--index",
        "77",
        "--now",
        NOW,
    ];
    province.done(&set, "");
    assert_eq!(
        province.verify(&text, NOW, &answer).verdict(),
        verdict(1, "refused", "revoked")
    );
    let show = ["status", "show", "--status", "status.kpu", "--trust", "trust.kpt"];
    let shown: Value = serde_json::from_str(&province.done(&show, "")).unwrap();
    assert_eq!(
        (&shown["epoch"], &shown["lists"][LIST]["revoked"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(shown["exp"], "2026-03-08T09:30:00Z");

    province.done(&[&set[..], &["--clear"]].concat(), "");
    assert_eq!(
        province.verify(&text, NOW, &answer).verdict(),
        verdict(0, "accepted", "accepted")
    );
    province.done(&[&set[..], &["--as", "suspended"]].concat(), "");
    assert_eq!(
        province.verify(&text, NOW, &answer).verdict(),
        verdict(1, "refused", "suspended")
    );
    let consumed = province.run(&[&set[..], &["--as", "consumed"]].concat(), "");
    assert_eq!(consumed.error(), error(65, "status_unknown_list"));
    let outside = [&set[..11], &["1024", "--now", NOW]].concat();
    assert_eq!(province.run(&outside, "").error(), error(65, "field_unreadable"));
}

#[test]
fn changes_bring_a_desk_from_one_bundle_to_the_next_and_no_other() {
    let province = Province::new();
    let copy = |from: &str, to: &str| std::fs::copy(province.path(from), province.path(to)).unwrap();
    let with = |command: &str, status: &'static str| {
        ["status", command, "--status", status, "--trust", "trust.kpt"].map(str::to_owned)
    };
    let run = |first: &[String], more: &[&str]| {
        let first: Vec<&str> = first.iter().map(String::as_str).collect();
        province.run(&[&first[..], more].concat(), "")
    };
    copy("status.kpu", "old.kpu");
    for index in ["77", "5", "1023"] {
        let set = [
            "--key",
            "status.key",
            "--list",
            LIST,
            "--index",
            index,
            "--now",
            NOW,
        ];
        run(&with("set", "status.kpu"), &set);
    }
    let made = run(
        &with("changes", "old.kpu"),
        &["--to", "status.kpu", "--out", "changes.kpu"],
    )
    .json();
    assert_eq!(
        (&made["from"], &made["to"], &made["changes"]),
        (&json!(1), &json!(4), &json!(3))
    );
    let size = std::fs::metadata(province.path("changes.kpu")).unwrap().len();
    assert_eq!(made["size_bytes"], size);
    let codes = province.done(
        &["status", "frames", "changes.kpu", "--parity", "2", "--png", "."],
        "",
    );
    let texts: Vec<&str> = codes.lines().collect();
    assert!(texts.len() >= 3 && texts.iter().all(|text| text.starts_with("KPU:")));
    assert_eq!(
        province.done(&["qr", "decode", "001.png"], "").trim_end(),
        texts[1]
    );
    // Changes alone are no status data, and they fit one start only.
    let shown = run(&with("show", "changes.kpu"), &[]);
    assert_eq!(shown.error(), error(65, "status_other_start"));
    run(&with("apply", "old.kpu"), &["--update", "changes.kpu"]);
    assert_eq!(
        std::fs::read(province.path("old.kpu")).unwrap(),
        std::fs::read(province.path("status.kpu")).unwrap()
    );
    province.sign_status(&[9]);
    let other = run(&with("apply", "status.kpu"), &["--update", "changes.kpu"]);
    assert_eq!(other.error(), error(65, "status_list_differs"));
}

#[test]
fn a_trust_list_or_status_that_does_not_verify_is_an_error_and_not_left_out() {
    let province = Province::new();
    let text = province.timed();
    let mut list = std::fs::read(province.path("trust.kpt")).unwrap();
    *list.last_mut().unwrap() ^= 1;
    std::fs::write(province.path("flipped.kpt"), &list).unwrap();
    let verify = |trust: &str, status: &str, more: &[&str]| {
        let given = [
            "verify",
            "--trust",
            trust,
            "--status",
            status,
            "--now",
            NOW,
            "--audience",
            AUDIENCE,
        ];
        province.run(&[&given[..], more].concat(), &text).error()
    };
    assert_eq!(
        verify("flipped.kpt", "status.kpu", &[]),
        error(65, "trust_too_few_signatures")
    );

    // The right signatures, but other roots are believed.
    let keys = ["issuer", "ca", "desk"].map(|name| province.public_key(name));
    let roots = json!({"kind": "real", "roots": keys});
    std::fs::write(province.path("roots.json"), roots.to_string()).unwrap();
    let believed = ["--roots", "roots.json"];
    assert_eq!(
        verify("trust.kpt", "status.kpu", &believed),
        error(65, "trust_too_few_signatures")
    );

    // A list whose bits are not those that were signed.
    let mut bundle = std::fs::read(province.path("status.kpu")).unwrap();
    *bundle.last_mut().unwrap() ^= 1;
    std::fs::write(province.path("status-2.kpu"), &bundle).unwrap();
    assert!(verify("trust.kpt", "status-2.kpu", &[]).1.starts_with("status_"));
}

#[test]
fn a_personal_pass_is_not_presented_without_a_certified_request() {
    let province = Province::new();
    let issued = province.issue(&province.identity_claims());
    let timed = [
        "present",
        "--key",
        "holder.key",
        "--audience",
        AUDIENCE,
        "--now",
        NOW,
    ];
    assert_eq!(
        province.run(&timed, &issued).error(),
        error(65, "present_request_required")
    );
    let unsigned = [
        "request",
        "--ask",
        "identity",
        "--audience",
        AUDIENCE,
        "--now",
        NOW,
        "--text",
    ];
    std::fs::write(province.path("request.kpr"), province.done(&unsigned, "")).unwrap();
    let answer = [
        "present",
        "--key",
        "holder.key",
        "--request",
        "request.kpr",
        "--now",
        NOW,
    ];
    assert_eq!(
        province.run(&answer, &issued).error(),
        error(65, "request_not_certified")
    );
    let other = [
        "present",
        "--key",
        "desk.key",
        "--audience",
        AUDIENCE,
        "--now",
        NOW,
    ];
    let age = province.issue(&province.age_claims());
    assert_eq!(province.run(&other, &age).error(), error(65, "present_wrong_key"));
}
