//! Who sat at the desk and what was changed there is in its log; only who is signed in gets the log and the sheet.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod desk;

use axum::body::Body;
use counter::profile::Profile;
use counter::store::Store;
use counter::{key, types::Role};
use credential::Timestamp;
use desk::{Desk, Land, NOW, NUMBER, PIN, officer};
use scan_log::{Code, Event, Expected};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

const HOUR: u64 = 3_600;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix(seconds)
}

fn unmanned() -> (Land, TempDir, Desk) {
    let (land, folder) = (Land::new(), tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    desk.app.station().sign_out(at(NOW)).unwrap();
    desk.session.lock().unwrap().clear();
    (land, folder, desk)
}

async fn sign_in(desk: &Desk, number: &str, pin: &str) -> String {
    let body = json!({ "number": number, "pin": pin });
    let (_, reply) = desk.json("/api/officers/sign-in", body).await;
    if let Some(session) = reply["session"].as_str() {
        session.clone_into(&mut desk.session.lock().unwrap());
    }
    reply["code"].as_str().unwrap_or("in").to_owned()
}

/// The entries, of a log that is whole: event, code, officer, profile, and what else each is about.
fn entries(desk: &Desk, now: u64) -> Vec<String> {
    let file = desk::file_of(&desk.app.station().export_log(at(now)).unwrap());
    let keys = [credential::SecretKey::from_seed([7; 32]).public()];
    let report = scan_log::verify(
        &file[..],
        &Expected {
            keys: &keys,
            seal: None,
        },
    )
    .unwrap();
    assert_eq!(report.code(), Code::Whole, "{:?}", report.findings);
    // The profile of the tests' desks without the digits of its file.
    let text = String::from_utf8(file)
        .unwrap()
        .replace(desk::walk_in().stamp(), "tests");
    let lines = text.lines().filter(|line| !line.starts_with("{\"seal\""));
    lines
        .map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            ["event", "code", "officer", "profile", "about"]
                .map(|name| line[name].as_str().unwrap_or("-").to_owned())
                .join(" ")
        })
        .collect()
}

fn profile(ask: &str) -> Vec<u8> {
    json!({
        "version": 1, "id": "domicile", "service": "domicile", "ask": [ask],
        "name": { "en": "Domicile", "ur": "ڈومیسائل", "ps": "ډومیسایل" },
    })
    .to_string()
    .into_bytes()
}

#[tokio::test]
async fn who_sat_there_and_what_was_changed_are_entries_of_their_own() {
    let (land, _folder, desk) = unmanned();
    let first = entries(&desk, NOW).len();
    desk.app.station().start_log(at(NOW)).unwrap();
    assert_eq!(sign_in(&desk, NUMBER, "918273").await, "wrong_pin");
    assert_eq!(sign_in(&desk, NUMBER, PIN).await, "in");
    let add = json!({ "number": "8", "name": "B. C.", "role": "officer", "pin": "663108" });
    desk.json("/api/officers/add", add).await;
    desk.text(&land.age_code(1, NOW)).await;
    // The page was lost, and the officer goes on.
    assert_eq!(sign_in(&desk, NUMBER, PIN).await, "in");
    // Officer 8 takes over, with a PIN that a supervisor chose.
    assert_eq!(sign_in(&desk, "8", "663108").await, "in");
    desk.json("/api/officers/pin", json!({ "old": null, "pin": "815903" }))
        .await;
    desk.text(&land.age_code(2, NOW)).await;
    desk.call("POST", "/api/officers/sign-out", &[], Body::empty())
        .await;
    assert_eq!(sign_in(&desk, NUMBER, PIN).await, "in");
    let of = |more: Value| {
        let mut call = json!({ "number": "8" });
        call.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        call
    };
    desk.json("/api/officers/reset-pin", of(json!({ "pin": "604213" })))
        .await;
    desk.json("/api/officers/set-active", of(json!({ "active": false })))
        .await;
    desk.json("/api/officers/set-active", of(json!({ "active": true })))
        .await;
    let mut station = desk.app.station();
    station.stop_log(at(NOW + 60)).unwrap();
    drop(station);
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        &entries(&desk, NOW + 60)[first..],
        [
            &format!("start - - tests {version}"),
            "sign_in wrong_pin - tests 7",
            "sign_in signed_in 7 tests -",
            "officers added 7 tests 8",
            "visit accepted 7 tests -",
            "sign_in resumed 7 tests -",
            "sign_out hand_over 7 tests -",
            "sign_in signed_in 8 tests -",
            "officers pin_changed 8 tests 8",
            "visit accepted 8 tests -",
            "sign_out sign_out 8 tests -",
            "sign_in signed_in 7 tests -",
            "officers pin_reset 7 tests 8",
            "officers stopped 7 tests 8",
            "officers allowed 7 tests 8",
            "sign_out stop 7 tests -",
            "stop - - tests -",
            "export - - tests -",
        ]
    );
}

#[tokio::test]
async fn a_shift_that_nobody_ended_is_ended_in_the_log_and_never_in_the_past() {
    let (land, folder, desk) = unmanned();
    assert_eq!(sign_in(&desk, NUMBER, PIN).await, "in");
    let request = desk.ask("identity").await;
    desk.text(&land.identity_answer(1, &request)).await;
    // Away for an hour; in between the province was asked.
    desk.app
        .station()
        .log_event(Event::Sync, Some("unchanged"), at(NOW + HOUR / 2))
        .unwrap();
    desk.app.station().look_after_log(at(NOW + HOUR)).unwrap();
    let all = entries(&desk, NOW + HOUR);
    assert_eq!(
        &all[all.len() - 4..],
        [
            "sync unchanged 7 tests trust.3:types.1:status.5",
            "visit photo_incomplete 7 tests -",
            "sign_out idle 7 tests -",
            "export - - tests -",
        ],
        "no clock was set back"
    );
    desk.wait_until(NOW + HOUR);
    assert_eq!(sign_in(&desk, NUMBER, PIN).await, "in");
    drop(desk);
    // The power fails.
    let desk = Desk::closed(&land, folder.path(), None);
    desk.app.station().start_log(at(NOW + 2 * HOUR)).unwrap();
    desk.app
        .station()
        .open_officers(String::new, at(NOW + 2 * HOUR))
        .unwrap();
    let all = entries(&desk, NOW + 2 * HOUR);
    assert_eq!(all[all.len() - 2], "sign_out restart 7 tests -");
}

#[tokio::test]
async fn another_profile_is_an_entry_and_stands_in_all_that_follow() {
    let (land, folder, desk) = unmanned();
    drop(desk);
    let keep = |bytes: &[u8]| {
        let key = key::load(folder.path()).unwrap();
        let mut store = Store::open(&folder.path().join("counter.sqlite"), &key).unwrap();
        store
            .put_profile(bytes, &Profile::parse(bytes).unwrap(), at(NOW))
            .unwrap();
    };
    for bytes in [profile("age"), profile("age"), profile("identity")] {
        keep(&bytes);
    }
    let desk = Desk::empty(&land, folder.path());
    let all = entries(&desk, NOW);
    let settings: Vec<_> = all.iter().filter(|entry| entry.starts_with("settings")).collect();
    let stamps = [profile("age"), profile("identity")].map(|bytes| {
        let digest = hex::encode(&desk::sha256(&bytes)[..4]);
        format!("domicile.{digest}")
    });
    assert_eq!(
        settings,
        [
            &format!("settings profile - {} -", stamps[0]),
            &format!("settings profile - {} -", stamps[1])
        ],
        "the same file once more is no change, and a name alone does not make a profile"
    );
    assert_eq!(all.last().unwrap(), &format!("export - 7 {} -", stamps[1]));
}

#[tokio::test]
async fn an_update_that_was_carried_here_is_an_entry_also_when_it_is_refused() {
    let (_land, _folder, desk) = unmanned();
    let (status, reply) = desk.call("POST", "/api/update", &[], "no update").await;
    assert_eq!(
        (status.as_u16(), reply["code"].as_str()),
        (422, Some("station_update_unreadable"))
    );
    let all = entries(&desk, NOW);
    assert_eq!(
        all[all.len() - 2],
        "update station_update_unreadable - tests trust.3:types.1:status.5"
    );
}

#[tokio::test]
async fn log_and_sheet_are_for_who_is_signed_in_and_officers_for_supervisors() {
    let (_land, _folder, desk) = unmanned();
    let sheet = json!({ "day": "2026-11-22" });
    let ask = async || {
        let mut answers = Vec::new();
        for (path, body) in [
            ("/api/log/export", Value::Null),
            ("/api/gate/sheet", sheet.clone()),
            (
                "/api/officers/add",
                json!({ "number": "9", "name": "C. D.", "role": "officer", "pin": "663108" }),
            ),
            (
                "/api/officers/set-active",
                json!({ "number": "7", "active": false }),
            ),
            (
                "/api/officers/reset-pin",
                json!({ "number": "7", "pin": "604213" }),
            ),
        ] {
            let (status, reply) = desk.json(path, body).await;
            answers.push((
                status.as_u16(),
                reply["code"].as_str().unwrap_or_default().to_owned(),
            ));
        }
        answers
    };
    let before = entries(&desk, NOW).len();
    let nobody = (401, "station_nobody_signed_in".to_owned());
    assert_eq!(ask().await, vec![nobody; 5]);
    "0f0f".clone_into(&mut desk.session.lock().unwrap());
    let over = (401, "station_session_over".to_owned());
    assert_eq!(ask().await, vec![over; 5]);
    assert_eq!(entries(&desk, NOW).len(), before + 1, "nothing was handed out");
    desk.session.lock().unwrap().clear();

    desk.app
        .station()
        .add_officer(&officer("8", Role::Officer, "815903"), at(NOW))
        .unwrap();
    assert_eq!(sign_in(&desk, "8", "815903").await, "in");
    let supervisors = (403, "station_not_supervisor".to_owned());
    let done = (200, String::new());
    assert_eq!(
        ask().await,
        [vec![done; 2], vec![supervisors; 3]].concat(),
        "an officer hands out log and sheet, and changes nobody"
    );
    let all = entries(&desk, NOW);
    assert_eq!(
        &all[all.len() - 3..all.len() - 1],
        ["export - 8 tests -", "sheet - 8 tests 2026-11-22"]
    );
}
