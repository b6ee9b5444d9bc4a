//! Updates that reach a desk without a network: codes on another screen, and files by the real program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod desk;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use counter::{StationCode, roots};
use credential::{StatusBundle, StatusDelta, StatusPurpose, TrustList};
use desk::published::next_list;
use desk::{Desk, LIST, Land, NOW, is, verdict};
use serde_json::Value;

/// The changes from what [`Desk::ready`] has: 600 turned bits, one of them the tests' citizen.
fn changes(land: &Land, to: u64) -> StatusBundle {
    let mut delta = StatusDelta::new(5, 6);
    let turned = (0..600).map(|n| n * 3 % 1024).filter(|n| *n != 77).chain([77]);
    let turned: std::collections::BTreeSet<u32> = turned.collect();
    delta
        .turn(LIST, StatusPurpose::Revoked, 1024, turned.iter().copied())
        .unwrap();
    let revoked: Vec<u32> = turned.into_iter().collect();
    StatusBundle {
        trust: vec![land.trust.clone()],
        manifest: land.status(to, &revoked).0,
        deltas: vec![delta],
        ..StatusBundle::default()
    }
}

fn codes(bundle: &StatusBundle, parity: usize) -> Vec<String> {
    let codes = bundle.to_codes(parity).unwrap();
    assert!(codes.len() > 2 && codes.iter().all(|code| code.starts_with("KPU:")));
    codes
}

fn update(state: &counter::types::ScanReply) -> Value {
    serde_json::to_value(&state.update).unwrap()
}

#[tokio::test]
async fn codes_on_another_screen_bring_a_desk_forward_and_leave_its_visitor_alone() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let codes = codes(&changes(&land, 6), 2);
    let needed = codes.len() - 2;
    // A question is open, and somebody has begun to answer it.
    let request = desk.ask("identity").await;
    let before = desk.state().await;
    // Any of them, in any order, each as often as it comes: the first two are never seen.
    for (number, code) in codes.iter().skip(2).rev().enumerate() {
        assert_eq!(desk.state().await["status"]["epoch"], 5);
        desk.frame(code).await;
        let reply = desk.frame(code).await;
        assert!(!reply.in_view, "an update is no visitor");
        let said = update(&reply);
        assert_eq!(
            (&said["have"], &said["needed"]),
            (&(number + 1).into(), &needed.into())
        );
        let done = number + 1 == needed;
        assert_eq!(said["state"], if done { "taken" } else { "reading" });
        assert!(said["code"].is_null());
    }
    let state = desk.state().await;
    assert_eq!(
        (&state["status"]["epoch"], &state["last_sync"]),
        (&6.into(), &NOW.into())
    );
    assert_eq!(
        (&state["request"], &state["visit"]),
        (&before["request"], &before["visit"])
    );
    // The answer to the question that was open all the time, by the new data.
    let reply = desk.text(&land.identity_answer(1, &request)).await;
    assert_eq!(verdict(&reply), is("refused", "revoked"));

    // The same screen goes on showing them; under a verdict too.
    let reply = desk.text(&codes[0]).await;
    assert_eq!(verdict(&reply), is("refused", "revoked"));
    assert_eq!(update(&reply)["state"], "taken");
    // A minute later nothing is said of it any more, and the same again is nothing new.
    desk.set_clock(NOW + 61);
    desk.next().await;
    for code in &codes {
        desk.text(code).await;
    }
    assert_eq!(update(&desk.text(&codes[0]).await)["state"], "unchanged");
}

#[tokio::test]
async fn a_new_register_and_new_rules_and_changed_roots_travel_as_codes_too() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    assert_eq!(desk.app.station().take_risk_rules(&land.rules(3)), Ok(true));
    // The list that names other roots, and one after it that those signed.
    let held = land.trust();
    let change = next_list(&land, &held, Some([1, 2, 4]), &[1, 2]);
    let changed = TrustList::verify(&change, &roots::pinned().unwrap(), Some(&held)).unwrap();
    let newest = next_list(&land, &changed, None, &[2, 4]);
    let update = StatusBundle {
        trust: vec![change, newest],
        types: Some(land.types(2, &[])),
        rules: Some(land.rules(4)),
        ..changes(&land, 6)
    };
    let before = update.encode().len() - changes(&land, 6).encode().len();
    let codes = codes(&update, 2);
    assert!(
        codes.len() <= 50 && before > 16_668,
        "{} codes, {before} bytes",
        codes.len()
    );
    for (number, code) in codes.iter().skip(1).enumerate() {
        let state = desk.state().await;
        let numbers = (
            &state["trust"]["sequence"],
            &state["rules"]["sequence"],
            &state["status"]["epoch"],
        );
        assert_eq!(numbers, (&3.into(), &3.into(), &5.into()), "{number}");
        if update_state(&desk.frame(code).await) == "taken" {
            break;
        }
    }
    let state = desk.state().await;
    assert_eq!(
        (
            &state["trust"]["sequence"],
            &state["rules"]["sequence"],
            &state["status"]["epoch"]
        ),
        (&5.into(), &4.into(), &6.into())
    );
    assert_eq!(
        desk.app.station().take_type_register(&land.types(1, &[])),
        Err(StationCode::TypesRolledBack)
    );

    // Rules and register reach a desk of another day as well, whose changes these are not.
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let elsewhere = StatusBundle {
        deltas: vec![StatusDelta::new(8, 9)],
        types: Some(land.types(2, &[])),
        rules: Some(land.rules(4)),
        ..changes(&land, 9)
    };
    let mut said = Value::Null;
    for text in elsewhere.to_codes(0).unwrap() {
        said = self::update(&desk.text(&text).await);
    }
    assert_eq!(said["code"], "station_update_other_start");
    let state = desk.state().await;
    assert_eq!(
        (&state["rules"]["sequence"], &state["status"]["epoch"]),
        (&4.into(), &5.into())
    );
}

fn update_state(reply: &counter::types::ScanReply) -> String {
    update(reply)["state"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn only_an_update_that_brought_something_moves_when_the_desk_last_heard() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let heard = async || desk.state().await["last_sync"].clone();
    let take = |bundle: &StatusBundle, at: u64| {
        desk.set_clock(at);
        desk.app
            .station()
            .take_carried(&bundle.encode(), credential::Timestamp::from_unix(at))
    };
    assert!(heard().await.is_null());
    take(&changes(&land, 6), NOW).unwrap();
    assert_eq!(heard().await, NOW);
    // The same stick again a day later, an older one, and one whose rules are older: none says how new the desk's data are.
    assert!(!take(&changes(&land, 6), NOW + 86_400).unwrap().anything());
    let older = StatusBundle {
        manifest: land.status(4, &[]).0,
        ..changes(&land, 6)
    };
    assert_eq!(take(&older, NOW + 86_401), Err(StationCode::StatusRolledBack));
    desk.app.station().take_risk_rules(&land.rules(5)).unwrap();
    let mixed = StatusBundle {
        rules: Some(land.rules(4)),
        types: Some(land.types(2, &[])),
        ..changes(&land, 6)
    };
    assert_eq!(take(&mixed, NOW + 86_402), Err(StationCode::RulesRolledBack));
    assert_eq!(heard().await, NOW);
    let fresh = StatusBundle {
        rules: Some(land.rules(6)),
        ..changes(&land, 6)
    };
    assert!(take(&fresh, NOW + 86_403).unwrap().rules);
    assert_eq!(heard().await, NOW + 86_403);
}

#[tokio::test]
async fn codes_of_a_forged_or_another_days_update_are_refused_with_a_code() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let other_start = StatusBundle {
        deltas: vec![StatusDelta::new(8, 9)],
        ..changes(&land, 9)
    };
    let forger = Land {
        issuer: credential::SecretKey::from_seed([66; 32]),
        ..Land::new()
    };
    let of_forger = StatusBundle {
        trust: Vec::new(),
        ..changes(&forger, 6)
    };
    for (bundle, code) in [
        (other_start, "station_update_other_start"),
        (of_forger, "station_status_refused"),
    ] {
        let mut said = Value::Null;
        for text in bundle.to_codes(0).unwrap() {
            said = update(&desk.text(&text).await);
        }
        assert_eq!((&said["state"], &said["code"]), (&"refused".into(), &code.into()));
        assert_eq!(desk.state().await["status"]["epoch"], 5);
    }
    // Frames that no update has: nothing comes of them.
    let reply = desk.text("KPU:NOTHING").await;
    assert_eq!(desk.state().await["visit"]["state"], "nothing");
    assert_eq!(update(&reply)["state"], "refused", "still the last one");
    // A good one is taken after all that.
    for code in codes(&changes(&land, 6), 0) {
        desk.text(&code).await;
    }
    assert_eq!(desk.state().await["status"]["epoch"], 6);
}

#[tokio::test]
async fn nobody_reads_codes_at_a_desk_at_which_nobody_signed_in() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    drop(Desk::ready(&land, folder.path()));
    let desk = Desk::closed(&land, folder.path(), None);
    for code in codes(&changes(&land, 6), 0) {
        let call = serde_json::json!({ "text": code });
        assert_eq!(
            desk.json("/api/text", call).await.1["code"],
            "station_nobody_signed_in"
        );
    }
    assert_eq!(desk.state().await["status"]["epoch"], 5);
}

#[test]
fn what_became_of_an_update_is_in_the_scan_log() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let mut station = desk.app.station();
    let now = credential::Timestamp::from_unix(NOW);
    station.take_carried(b"a letter", now).unwrap_err();
    station.take_carried(&changes(&land, 6).encode(), now).unwrap();
    station.take_carried(&changes(&land, 6).encode(), now).unwrap();
    let log = desk::file_of(&station.export_log(now).unwrap());
    let log = String::from_utf8(log).unwrap();
    let mut codes = Vec::new();
    for line in log.lines() {
        let entry: Value = serde_json::from_str(line).unwrap();
        if entry["event"] == "update" {
            codes.push(entry["code"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(codes, ["station_update_unreadable", "changed", "unchanged"]);
}

/// `counter import`, the real program.
fn import(data: &Path, file: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_counter"))
        .arg("import")
        .arg("--data")
        .arg(data)
        .arg(file)
        .output()
        .unwrap()
}

#[tokio::test]
async fn the_import_command_takes_a_good_file_and_refuses_others_with_their_codes() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let data = folder.path();
    drop(Desk::closed(&land, data, None));
    let file = data.join("update.kpu");
    let run = |bundle: &StatusBundle| {
        std::fs::write(&file, bundle.encode()).unwrap();
        import(data, &file)
    };
    let said = |output: &Output| String::from_utf8(output.stdout.clone()).unwrap();
    let why = |output: &Output| String::from_utf8(output.stderr.clone()).unwrap();

    let whole = whole(&land, 5, &[]);
    let output = run(&whole);
    assert!(output.status.success(), "{}", why(&output));
    let expected = serde_json::json!({ "trust_changed": true, "types_changed": true, "status_changed": true, "rules_changed": true });
    assert_eq!(serde_json::from_str::<Value>(&said(&output)).unwrap(), expected);
    let output = run(&changes(&land, 6));
    let expected = serde_json::json!({ "trust_changed": false, "types_changed": false, "status_changed": true, "rules_changed": false });
    assert_eq!(serde_json::from_str::<Value>(&said(&output)).unwrap(), expected);

    let older = run(&whole);
    assert!(!older.status.success() && said(&older).is_empty());
    assert!(
        why(&older).contains("station_status_rolled_back"),
        "{}",
        why(&older)
    );
    std::fs::write(&file, b"a letter").unwrap();
    let unreadable = import(data, &file);
    assert!(!unreadable.status.success());
    assert!(why(&unreadable).contains("station_update_unreadable"));
    let missing = import(data, &data.join("nothing.kpu"));
    assert!(!missing.status.success() && why(&missing).contains("cannot be read"));

    // The desk starts with what the good files brought.
    let desk = Desk::empty(&land, data);
    assert_eq!(desk.state().await["status"]["epoch"], 6);
}

/// The desk holds rules of the tests' province.
fn desk_rules(land: &Land, data: &Path) {
    let desk = Desk::closed(land, data, None);
    let mut station = desk.app.station();
    station.take_trust_list(&land.trust).unwrap();
    station.take_risk_rules(&land.rules(2)).unwrap();
}

/// `counter profile set`, the real program.
fn set_profile(data: &Path, ask: &[&str]) -> Output {
    let file = data.join("profile.json");
    let names = serde_json::json!({ "en": "Domicile", "ur": "ڈومیسائل", "ps": "ډومیسایل" });
    let profile = serde_json::json!({ "version": 1, "id": "domicile", "name": names, "service": "general", "ask": ask });
    std::fs::write(&file, profile.to_string()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_counter"));
    command.args(["profile", "set", "--data"]).arg(data);
    command.arg("--file").arg(file).output().unwrap()
}

#[tokio::test]
async fn a_desk_whose_profile_asks_who_somebody_is_takes_an_update_too() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let data = folder.path();
    drop(Desk::closed(&land, data, None));
    // It says what the desk's rule would refuse, and keeps the profile: the rule may change any day.
    desk_rules(&land, data);
    let said = set_profile(data, &["identity", "residence"]);
    assert!(said.status.success());
    let said: Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!(
        said,
        serde_json::json!({ "kept": true, "misfits": [{ "ask": "residence", "code": "station_rule_takes_not" }] })
    );
    let refused = set_profile(data, &[]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("`ask`"));
    assert!(set_profile(data, &["identity"]).status.success());
    let file = data.join("update.kpu");
    std::fs::write(&file, whole(&land, 5, &[]).encode()).unwrap();
    let output = import(data, &file);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let desk = Desk::empty(&land, data);
    let state = desk.state().await;
    assert_eq!(state["status"]["epoch"], 5);
    assert_eq!(state["desk"]["profile"]["ask"], serde_json::json!(["identity"]));
}

/// Everything as one update: what ships with the program.
fn whole(land: &Land, epoch: u64, revoked: &[u32]) -> StatusBundle {
    let (manifest, list) = land.status(epoch, revoked);
    let shards = (0..4).map(|number| list.encoded(number).unwrap()).collect();
    StatusBundle {
        trust: vec![land.trust.clone()],
        types: Some(land.types(1, &[])),
        rules: Some(land.rules(3)),
        lists: BTreeMap::from([(
            LIST.to_owned(),
            BTreeMap::from([(StatusPurpose::Revoked, shards)]),
        )]),
        manifest,
        ..StatusBundle::default()
    }
}

#[tokio::test]
async fn a_part_that_is_older_stops_none_of_the_others() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let now = credential::Timestamp::from_unix(NOW);
    let mixed = whole(&land, 4, &[]).encode();
    let carried = desk.app.station().take_carried(&mixed, now);
    assert_eq!(carried, Err(StationCode::StatusRolledBack));
    let state = desk.state().await;
    assert_eq!(
        (&state["status"]["epoch"], &state["rules"]["sequence"]),
        (&5.into(), &3.into())
    );
    // The same with the program: what is newer is taken, and it is said so.
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::ready(&land, folder.path());
    let taken = desk.app.station().take_snapshot(&mixed, now).unwrap().unwrap();
    assert!(taken.rules && !taken.status);
}

#[tokio::test]
async fn a_snapshot_is_taken_where_it_is_newer_and_changes_nothing_otherwise() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let desk = Desk::closed(&land, folder.path(), None);
    let now = credential::Timestamp::from_unix(NOW);
    let take = |bundle: &StatusBundle| desk.app.station().take_snapshot(&bundle.encode(), now);
    // Signed by somebody else, or nothing at all: the desk has nothing then either.
    let forger = Land {
        issuer: credential::SecretKey::from_seed([66; 32]),
        ..Land::new()
    };
    let of_forger = StatusBundle {
        trust: vec![land.trust.clone()],
        types: None,
        rules: None,
        ..whole(&forger, 5, &[])
    };
    assert_eq!(take(&of_forger), Err(StationCode::StatusRefused));
    let nothing = desk.app.station().take_snapshot(b"a letter", now);
    assert_eq!(nothing, Err(StationCode::UpdateUnreadable));
    assert_eq!(desk.state().await["status"]["state"], "missing");

    let taken = take(&whole(&land, 5, &[])).unwrap().unwrap();
    assert!(taken.types && taken.status && taken.rules);
    let state = desk.state().await;
    assert_eq!(
        (&state["status"]["epoch"], &state["rules"]["sequence"]),
        (&5.into(), &3.into())
    );
    assert!(state["last_sync"].is_null(), "the desk has asked nobody");
    assert_eq!(take(&whole(&land, 5, &[])), Ok(None));
    // What came in since is not gone back behind.
    desk.app
        .station()
        .take_carried(&whole(&land, 6, &[77]).encode(), now)
        .unwrap();
    assert_eq!(take(&whole(&land, 5, &[])), Ok(None));
    assert_eq!(desk.state().await["status"]["epoch"], 6);
    assert!(take(&whole(&land, 7, &[77])).unwrap().unwrap().status);
}

#[test]
fn the_program_says_at_its_start_what_became_of_its_snapshot() {
    let (land, folder) = (Land::new(), tempfile::tempdir().unwrap());
    let data = folder.path();
    drop(Desk::closed(&land, data, None));
    let snapshot = data.join("snapshot.kpu");
    let start = || {
        let mut child = Command::new(env!("CARGO_BIN_EXE_counter"))
            .args(["serve", "--offline", "--audience", desk::AUDIENCE, "--data"])
            .arg(data)
            .arg("--snapshot")
            .arg(&snapshot)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        serde_json::from_str::<Value>(&line).unwrap()["snapshot"].clone()
    };
    assert_eq!(start(), "station_update_unreadable", "there is none");
    std::fs::write(&snapshot, whole(&land, 5, &[]).encode()).unwrap();
    assert_eq!(start(), "taken");
    assert_eq!(start(), "older");
    std::fs::write(&snapshot, b"a letter").unwrap();
    assert_eq!(start(), "station_update_unreadable");
}
