//! What a desk takes unasked and what it asks for, by its profile, its certificate and the province's rule.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod desk;

use std::collections::BTreeMap;
use std::process::Command;

use counter::profile::Profile;
use counter::types::ScanReply;
use credential::{AgeLimits, DAY, Mode, Names, RiskRule, RiskRules, RulesContent, Timestamp, Vct};
use desk::{Desk, Land, NOW, is, profile_file, verdict};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

/// Where an age says "older than 18" (docs/format.cddl).
const OVER_18: u8 = 1;

fn desk_with(mode: &str, ask: &[&str]) -> (Land, TempDir, Desk) {
    let (land, folder) = (Land::new(), tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let profile = Profile::parse(&profile_file("asking", "general", mode, ask)).unwrap();
    desk.app.station().use_profile(profile).unwrap();
    (land, folder, desk)
}

/// The three ways in which a code gets to the desk: camera, picture, USB scanner.
async fn shown(desk: &Desk, way: usize, text: &str) -> ScanReply {
    match way {
        0 => desk.frame(text).await,
        1 => desk.picture(text).await,
        _ => desk.text(text).await,
    }
}

#[tokio::test]
async fn a_desk_in_request_mode_takes_no_timed_code_however_it_is_shown() {
    let (land, _folder, desk) = desk_with("request", &["age", "identity"]);
    for way in 0..3 {
        let code = land.age_code(10 + way as u64, NOW);
        let reply = shown(&desk, way, &code).await;
        assert_eq!(verdict(&reply), is("refused", "request_required"), "{way}");
        assert!(reply.claims.is_empty());
        desk.next().await;
        // The same pass in answer to a question, and then the phone's next timed code.
        let request = desk.ask("age").await;
        let answer = land.answer(&land.age(10 + way as u64), &request);
        assert_eq!(
            verdict(&shown(&desk, way, &answer).await),
            is("accepted", "accepted")
        );
        desk.next().await;
        assert_eq!(
            verdict(&shown(&desk, way, &code).await),
            is("refused", "request_required")
        );
        desk.next().await;
    }
    // While a question is open, and when its time is over.
    let request = desk.ask("age").await;
    let timed = land.age_code(20, NOW);
    assert_eq!(verdict(&desk.frame(&timed).await), is("refused", "wrong_request"));
    desk.next().await;
    desk.set_clock(NOW + 61);
    let late = land.answer(&land.age(21), &request);
    assert_eq!(verdict(&desk.frame(&late).await), is("refused", "stale"));
    desk.next().await;
    let timed = land.age_code(22, NOW + 61);
    assert_eq!(
        verdict(&desk.frame(&timed).await),
        is("refused", "request_required")
    );
    // What is wrong in itself is still called what it is, and paper is as it was.
    desk.next().await;
    let thief = Land {
        issuer: credential::SecretKey::from_seed([66; 32]),
        ..Land::new()
    };
    let forged = thief.age_code(23, NOW + 61);
    assert_eq!(
        verdict(&desk.frame(&forged).await),
        is("undecided", "unknown_issuer")
    );
    for (printed, expected) in Land::printed(3).iter().zip([
        is("undecided", "paper_not_presence"),
        is("accepted", "document_only"),
    ]) {
        desk.next().await;
        assert_eq!(verdict(&desk.frame(printed).await), expected);
    }
}

#[tokio::test]
async fn a_desk_without_a_profile_asks_too() {
    let (land, folder) = (Land::new(), tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let certificate = land.certificate(&credential::SecretKey::from_seed([7; 32]));
    let claims = credential::CounterCertificateClaims::read_unverified(&certificate).unwrap();
    let profile = Profile::of_certificate(Some(&claims));
    desk.app.station().use_profile(profile).unwrap();
    assert_eq!(
        verdict(&desk.text(&land.age_code(1, NOW)).await),
        is("refused", "request_required")
    );
    let request = desk.ask("age").await;
    assert_eq!(
        verdict(&desk.text(&land.answer(&land.age(2), &request)).await),
        is("accepted", "accepted")
    );
}

#[tokio::test]
async fn a_kiosk_at_which_nobody_signed_in_follows_its_profile_too() {
    for (mode, expected) in [
        ("request", is("refused", "request_required")),
        ("timed", is("accepted", "accepted")),
    ] {
        let (land, _folder, desk) = desk_with(mode, &["age"]);
        let mut file: Value =
            serde_json::from_slice(&profile_file("kiosk", "general", mode, &["age"])).unwrap();
        file["unattended"] = json!(["age"]);
        let profile = Profile::parse(file.to_string().as_bytes()).unwrap();
        desk.app.station().use_profile(profile).unwrap();
        desk.app.station().sign_out(Timestamp::from_unix(NOW)).unwrap();
        desk.session.lock().unwrap().clear();
        for way in 0..3 {
            let code = land.age_code(30 + way as u64, NOW);
            assert_eq!(verdict(&shown(&desk, way, &code).await), expected, "{mode} {way}");
            desk.next().await;
        }
    }
}

/// Rules with one service, `general`.
fn rules(sequence: u64, takes: &[Vct], mode: Mode, assurance_min: u8, must: &[u8]) -> Vec<u8> {
    let ages = AgeLimits {
        green: 5 * DAY,
        amber: 10 * DAY,
    };
    let facts: BTreeMap<u8, bool> = must.iter().map(|fact| (*fact, true)).collect();
    let asked = takes.iter().filter(|_| !facts.is_empty());
    let of_all = asked.map(|kind| (*kind, facts.clone())).collect();
    let content = RulesContent {
        sequence,
        iat: Timestamp::from_unix(NOW - DAY),
        exp: Timestamp::from_unix(NOW + 90 * DAY),
        rules: vec![RiskRule {
            service: "general".into(),
            name: Names::new("Test service", "آزمائشی خدمت", "ازمایښتي خدمت"),
            takes: takes.to_vec(),
            mode,
            assurance_min,
            status_age: ages,
            trust_age: ages,
            must: of_all,
        }],
    };
    RiskRules::sign(&content, &Land::new().issuer).unwrap()
}

#[tokio::test]
async fn what_the_rule_refuses_is_said_and_never_asked() {
    let (land, _folder, desk) = desk_with("timed", &["identity", "age", "name-photo"]);
    let misfits = async || {
        let state = desk.state().await;
        let misfits = state["desk"]["misfits"].as_array().unwrap().clone();
        let short = |one: &Value| {
            format!(
                "{} {}",
                one["ask"].as_str().unwrap_or("-"),
                one["code"].as_str().unwrap()
            )
        };
        misfits.iter().map(short).collect::<Vec<_>>()
    };
    let asked = async |ask: &str| {
        let (_, reply) = desk.json("/api/request", json!({ "ask": ask })).await;
        reply["code"].as_str().unwrap_or("asked").to_owned()
    };
    let take = |bytes: &[u8]| assert_eq!(desk.app.station().take_risk_rules(bytes), Ok(true));
    let all = [Vct::IDENTITY, Vct::AGE, Vct::NAME_PHOTO];
    assert!(misfits().await.is_empty(), "without rules everything is taken");
    take(&rules(1, &all, Mode::Timed, 0, &[]));
    assert!(misfits().await.is_empty());
    assert_eq!(
        asked("residence").await,
        "station_may_not_ask",
        "the profile does not ask it"
    );
    assert_eq!(asked("boat-permit").await, "station_may_not_ask", "nor that");

    take(&rules(2, &[Vct::IDENTITY, Vct::NAME_PHOTO], Mode::Timed, 0, &[]));
    assert_eq!(misfits().await, ["age station_rule_takes_not"]);
    assert_eq!(asked("age").await, "station_rule_takes_not");
    assert_eq!(asked("identity").await, "asked");
    // As the verifier has it: no such answer is accepted.
    assert_eq!(desk.json("/api/request/cancel", Value::Null).await.0, 200);
    assert_eq!(
        verdict(&desk.text(&land.age_code(1, NOW)).await),
        is("refused", "wrong_pass")
    );
    desk.next().await;

    // A level of proofing is in the identity alone; of other kinds it is that of the kind.
    take(&rules(3, &all, Mode::Timed, 3, &[]));
    assert_eq!(
        misfits().await,
        ["age station_rule_assurance", "name-photo station_rule_assurance"]
    );
    assert_eq!(asked("age").await, "station_rule_assurance");
    assert_eq!(asked("identity").await, "asked");
    desk.json("/api/request/cancel", Value::Null).await;
    assert_eq!(
        verdict(&desk.text(&land.age_code(2, NOW)).await),
        is("refused", "assurance_too_low")
    );

    // What only an age says.
    take(&rules(4, &all, Mode::Timed, 0, &[OVER_18]));
    assert_eq!(
        misfits().await,
        [
            "identity station_rule_not_said",
            "name-photo station_rule_not_said"
        ]
    );
    assert_eq!(asked("age").await, "asked");
    desk.json("/api/request/cancel", Value::Null).await;

    take(&rules(5, &all, Mode::Request, 0, &[]));
    assert_eq!(misfits().await, ["- station_rule_wants_question"]);
    assert_eq!(asked("age").await, "asked", "the officer may ask each one");
}

#[tokio::test]
async fn a_gate_whose_rule_does_not_take_staff_says_so() {
    let (_land, _folder, desk) = desk_with("timed", &["age"]);
    let mut file: Value =
        serde_json::from_slice(&profile_file("gate", "general", "timed", &["name-photo"])).unwrap();
    file["gate"] = json!({ "name_photo_one_in": 2 });
    let gate = Profile::parse(file.to_string().as_bytes()).unwrap();
    let mut station = desk.app.station();
    station.use_profile(gate).unwrap();
    let codes = |station: &counter::station::Station| {
        let misfits = station.misfits();
        misfits
            .into_iter()
            .map(|one| one.ask.unwrap_or_default())
            .collect::<Vec<_>>()
    };
    station
        .take_risk_rules(&rules(1, &[Vct::NAME_PHOTO], Mode::Timed, 0, &[]))
        .unwrap();
    assert_eq!(codes(&station), ["staff"]);
    let staff = Vct::parse("staff").unwrap();
    station
        .take_risk_rules(&rules(2, &[Vct::NAME_PHOTO, staff], Mode::Timed, 0, &[]))
        .unwrap();
    assert!(codes(&station).is_empty());
}

#[test]
fn a_profile_that_the_certificate_does_not_allow_is_refused_before_it_is_kept() {
    let (land, folder) = (Land::new(), tempdir().unwrap());
    let data = folder.path();
    drop(Desk::closed(&land, data, None));
    let certificate = data.join("desk.cert");
    let key = credential::SecretKey::from_seed([7; 32]);
    std::fs::write(&certificate, land.certificate(&key)).unwrap();
    let profile = data.join("new.json");
    let kept = || {
        let store = counter::store::Store::open(&data.join("counter.sqlite"), &key).unwrap();
        store.profile().unwrap()
    };
    let bad = profile_file("new", "general", "request", &["age", "residence"]);
    std::fs::write(&profile, &bad).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_counter"))
        .args(["serve", "--offline", "--data"])
        .arg(data)
        .arg("--certificate")
        .arg(&certificate)
        .arg("--profile")
        .arg(&profile)
        .output()
        .unwrap();
    let why = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && output.stdout.is_empty());
    assert!(why.contains("`residence`"), "{why}");
    assert_eq!(kept(), None);
}
